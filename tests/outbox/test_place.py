from __future__ import annotations

import ctypes
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace

import pytest

from outbox import place
from outbox.errors import JournalUnsafe
from outbox.journal import Journal

MOUNTS = """\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:26 / /srv/shop\\040data rw - nfs4 server:/shop rw
31 30 0:27 / /srv/shop\\040data/local rw - ext4 /dev/sdb1 rw
32 22 0:28 / /media/stick rw - vfat /dev/sdc1 rw
a line that is none
33 22 0:29 / /home/x/box rw - fuse.sshfs x:/ rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib/stillopen", "ext4"),
        ("/srv/shop data/state", "nfs4"),
        ("/srv/shop data/local/state", "ext4"),
        ("/srv/shop", "ext4"),
        ("/media/stick", "vfat"),
        ("/home/x/box/y", "fuse.sshfs"),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(folder: str, kind: str) -> None:
    assert place.file_system(Path(folder), MOUNTS) == kind


@pytest.mark.parametrize(
    "kind",
    ["cifs", "fuse.glusterfs", "fuse.ceph-fuse", "fuse.vmhgfs-fuse", "fuse.gvfsd-fuse", "fuse.rclone", "gcsfuse"],
)
def test_so_is_each_kind_of_network_drive_by_the_name_that_it_has_in_the_table_of_mounts(kind: str) -> None:
    mounts = f"{MOUNTS}34 22 0:30 / /srv/far rw - {kind} far rw\n"
    with pytest.raises(JournalUnsafe, match=f"network drive .{kind}"):
        place.check(Path("/srv/far/state"), mounts=mounts, platform="linux")


@pytest.mark.parametrize("kind", ["ext4", "fuseblk", "fuse.mergerfs", "zfs"])
def test_a_disk_of_this_pc_that_a_program_serves_is_taken(kind: str) -> None:
    place.check(Path("/srv/near"), mounts=f"{MOUNTS}34 22 0:30 / /srv/near rw - {kind} x rw\n", platform="linux")


@pytest.mark.parametrize(("left", "program"), [(".stfolder", "Syncthing"), (".sync/IgnoreList", "Resilio Sync")])
def test_a_folder_that_a_program_synchronises_under_another_name_is_refused(
    tmp_path: Path, left: str, program: str
) -> None:
    (tmp_path / left).parent.mkdir(exist_ok=True)
    (tmp_path / left).touch()
    with pytest.raises(JournalUnsafe, match=f"which {program} synchronises"):
        place.check(tmp_path / "shop" / "state", mounts=MOUNTS, platform="linux")


@pytest.mark.parametrize("folder", ["/srv/shop data/state", "/home/x/box"])
def test_a_network_drive_is_refused(folder: str) -> None:
    with pytest.raises(JournalUnsafe, match="network drive") as refused:
        place.check(Path(folder), mounts=MOUNTS, platform="linux")
    assert "--state" in refused.value.hint


@pytest.mark.parametrize("name", ["OneDrive", "OneDrive - Corner Shop", "Dropbox", "Dropbox (Shop)", "Google Drive"])
def test_a_synchronised_folder_is_refused(name: str) -> None:
    with pytest.raises(JournalUnsafe, match="synchronises"):
        place.check(Path("/home/x") / name / "stillopen", mounts=MOUNTS, platform="linux")


@pytest.mark.parametrize(("there", "why"), [("nas", "network drive"), ("Dropbox", "synchronises")])
def test_neither_is_one_that_a_link_leads_to(tmp_path: Path, there: str, why: str) -> None:
    (tmp_path / there).mkdir()
    (tmp_path / "state").symlink_to(tmp_path / there, target_is_directory=True)
    mounts = f"{MOUNTS}34 22 0:30 / {tmp_path}/nas rw - nfs4 nas:/x rw\n"
    with pytest.raises(JournalUnsafe, match=why):
        place.check(tmp_path / "state" / "stillopen", mounts=mounts, platform="linux")


def test_a_disk_of_this_pc_is_taken() -> None:
    place.check(Path("/var/lib/stillopen"), mounts=MOUNTS, platform="linux")
    place.check(Path("/srv/shop data/local"), mounts=MOUNTS, platform="linux")
    place.check(Path("/nowhere"), mounts="", platform="linux")  # what cannot be told is not refused


def test_where_the_mounts_cannot_be_read_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: object) -> str:
        raise OSError("no /proc")

    monkeypatch.setattr(Path, "read_text", unreadable)
    place.check(tmp_path, platform="linux")


@pytest.mark.parametrize(("kind", "refused"), [(3, False), (4, True)])
def test_on_windows_the_drive_is_asked_what_it_is(monkeypatch: pytest.MonkeyPatch, kind: int, *, refused: bool) -> None:
    asked: list[str] = []

    class Kernel:
        def GetDriveTypeW(self, drive: str) -> int:  # noqa: N802 - Windows' name
            asked.append(drive)
            return kind

    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=Kernel()), raising=False)
    assert place._is_remote_on_windows(PureWindowsPath("D:/shop/state")) is refused
    assert asked == ["D:\\"]
    assert place._is_remote_on_windows(PureWindowsPath(r"\\server\share\state"))
    monkeypatch.setattr(place, "_is_remote_on_windows", lambda _: refused)
    if refused:
        with pytest.raises(JournalUnsafe, match="network drive"):
            place.check(Path("/shop"), platform="win32")
    else:
        place.check(Path("/shop"), platform="win32")


async def test_the_journal_is_not_opened_there(tmp_path: Path) -> None:
    with pytest.raises(JournalUnsafe):
        await Journal(tmp_path / "Dropbox" / "state").open()
    assert not (tmp_path / "Dropbox").exists()
