"""The package's own script, on a PC that updates have brought a newer version to; and a purge that keeps a journal."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LINUX = Path(__file__).parents[2] / "packaging/linux"
SHELL, TAG = shutil.which("sh"), f"cp{sys.version_info.major}{sys.version_info.minor}"
PROGRAMS = {
    "install": '#!/bin/sh\nfor it; do at=$it; done\nmkdir -p "$at"\n',  # as whoever runs this: nobody else's is made
    **dict.fromkeys(("systemd-sysusers", "deb-systemd-helper", "deb-systemd-invoke", "sync"), "#!/bin/sh\nexit 0\n"),
}

pytestmark = pytest.mark.skipif(
    SHELL is None or any(shutil.which(name) is None for name in ("dpkg", "flock")), reason="dpkg's scripts are Debian's"
)


class Pc:
    """A Debian PC under a folder, with the package unpacked that is to be configured."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.all = root / "usr/lib/stillopen"
        self.own = root / "var/lib/stillopen-update"
        for folder in (self.all, self.own, root / "bin", root / "etc/stillopen", root / "var/lib/stillopen"):
            folder.mkdir(parents=True)
        (root / "etc/stillopen/stillopen.toml").touch()
        self._whole(self.all / "package")
        for name, text in PROGRAMS.items():
            (root / "bin" / name).write_text(text)
            (root / "bin" / name).chmod(0o755)
        (root / "bin/python3").symlink_to(sys.executable)

    def _whole(self, folder: Path) -> None:
        made = folder / "common/agent/__pycache__"
        made.mkdir(parents=True)
        (made / f"x.cpython-{TAG[2:]}.pyc").touch()
        (folder / TAG).mkdir()

    def has(self, *versions: str) -> None:
        """Put versions beside each other; the last one is in force, and found well."""
        for version in versions:
            self._whole(self.all / version)
        for link in ("current", "steady"):
            (self.all / link).symlink_to(versions[-1])

    def run(self, script: str, *words: str, version: str = "1.1.0", wait_s: int = 900) -> tuple[int, str]:
        """Run one of the package's scripts; returns its exit code and what it said."""
        text = (LINUX / script).read_text("utf-8").replace("@VERSION@", version)
        text = text.replace("wait_s=900", f"wait_s={wait_s}")
        for there in ("/usr/lib/stillopen", "/var/lib/stillopen", "/etc/stillopen", "/run/systemd/system"):
            text = text.replace(there, f"{self.root}{there}")
        file = self.root / script
        file.write_text(text)
        command = ["/usr/bin/env", f"PATH={self.root}/bin:/usr/bin:/bin", str(SHELL), str(file), *words]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        return done.returncode, done.stderr

    def configured(self, before: str, version: str = "1.1.0") -> str:
        """Configure a package where dpkg had `before`; returns what it said."""
        code, said = self.run("postinst", "configure", before, version=version)
        assert code == 0, said
        return said

    @property
    def current(self) -> str:
        return str((self.all / "current").readlink())

    @property
    def versions(self) -> set[str]:
        return {entry.name for entry in self.all.iterdir() if not entry.is_symlink()} - {"package"}


@pytest.fixture
def pc(tmp_path: Path) -> Pc:
    return Pc(tmp_path)


@pytest.mark.parametrize("before", ["1.0.0", "1.1.0", ""])
def test_what_an_update_has_brought_stays_in_force_over_an_older_package(pc: Pc, before: str) -> None:
    pc.has("1.0.0", "1.2.0.2")
    said = pc.configured(before)
    assert (pc.current, (pc.all / "steady").exists()) == ("1.2.0.2", True)
    assert pc.versions == {"1.0.0", "1.2.0.2"}  # the one to go back to, too
    assert "1.2.0 to this PC, which is newer than this package: it stays in force" in said
    assert "stillopen update back" in said


def test_an_older_package_over_a_newer_one_is_meant_so(pc: Pc) -> None:
    pc.has("1.2.0")
    assert pc.configured("1.2.0") == ""
    assert (pc.current, pc.versions) == ("1.1.0", {"1.1.0", "1.2.0"})
    assert not (pc.all / "steady").exists()


@pytest.mark.parametrize(("there", "name"), [("1.0.0", "1.1.0"), ("1.1.0", "1.1.0.2"), ("1.0.9.3", "1.1.0")])
def test_a_package_that_is_not_older_is_put_in_force(pc: Pc, there: str, name: str) -> None:
    pc.has(there)
    pc.configured("1.0.0")
    assert (pc.current, pc.versions) == (name, {there, name})


def test_an_update_made_for_another_python_is_not_kept(pc: Pc) -> None:
    pc.has("1.2.0")
    (pc.all / "1.2.0" / TAG).rename(pc.all / "1.2.0" / "cp300")
    pc.configured("1.0.0")
    assert pc.current == "1.1.0"


def test_while_an_update_is_at_work_the_package_waits_and_then_refuses(pc: Pc) -> None:
    pc.has("1.0.0")
    with (pc.own / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as an update holds it
        code, said = pc.run("postinst", "configure", "1.0.0", wait_s=0)
    assert (code, pc.current) == (1, "1.0.0")
    assert "an update is under way" in said
    assert "sudo dpkg --configure stillopen" in said
    pc.configured("1.0.0")
    assert pc.current == "1.1.0"


@pytest.mark.parametrize("anyway", [True, False])
def test_a_purge_leaves_a_journal_that_could_not_be_read(pc: Pc, *, anyway: bool) -> None:
    state = pc.root / "var/lib/stillopen"
    (state / "journal.db").write_bytes(b"not a database")
    if anyway:
        (pc.root / "etc/stillopen/remove-anyway").touch()
    for name in ("getent", "userdel", "groupdel"):  # this machine's users are not this PC's
        (pc.root / "bin" / name).write_text("#!/bin/sh\nexit 1\n")
        (pc.root / "bin" / name).chmod(0o755)
    code, said = pc.run("postrm", "purge")
    assert (code, state.exists(), "stays" in said) == (0, anyway, anyway)
    assert not (pc.root / "etc/stillopen").exists()


def test_the_leave_to_remove_it_ends_with_the_next_installation(pc: Pc) -> None:
    (pc.root / "etc/stillopen/remove-anyway").touch()
    pc.configured("")
    assert not (pc.root / "etc/stillopen/remove-anyway").exists()
