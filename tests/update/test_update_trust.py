"""Whom a PC believes: releases by the maker's own tools, and everything that can be wrong with where they come from."""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from agent.update import fetch, release, sources
from agent.update.refusal import Expired, NoRoom, NotFit, NotTrusted, SourceGone, UpdateRefused
from agent.update.trust import Repository
from outbox.session import Network
from tests.update.maker import CHANNEL, RELEASES, Maker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    made = Maker(tmp_path / "maker")
    made.release("1.1.0", notes="Faster.")
    return made


class Pc:
    """The agent's side of a PC: its state folder, and the root it was shipped with."""

    def __init__(self, folder: Path, root: bytes) -> None:
        self.state = folder / "state"
        self.state.mkdir(parents=True)
        self.root = root

    def bring(self, where: Path | str, **more: Any) -> release.Release:
        scratch = fetch.folder_of(self.state)
        source = sources.source(str(where), scratch, Network())
        try:
            return fetch.bring(source, self.state, self.root, "1.0.0", free=lambda _: 2**40, **more)
        finally:
            source.close()

    def again(self, name: str) -> release.Release:
        """Have root verify what was fetched, from a trust of its own."""
        own = self.state.parent / name
        own.mkdir(exist_ok=True)
        source = sources.Folder(self.state / "update" / "fetched", own)
        repository = Repository(source, own / "trust", self.root)
        found = repository.newest(CHANNEL)
        repository.fetch(found, own / "archive.zip")
        assert (own / "archive.zip").stat().st_size > 0
        return found


@pytest.fixture
def pc(tmp_path: Path, maker: Maker) -> Pc:
    return Pc(tmp_path / "pc", maker.root)


def test_a_release_from_a_folder_is_brought_and_verified_again_by_root(pc: Pc, maker: Maker) -> None:
    found = pc.bring(maker.repository)
    assert (found.version, found.notes) == ("1.1.0", "Faster.")
    assert pc.again("own") == found
    maker.release("1.2.0")
    maker.renew()
    assert pc.bring(maker.repository).version == "1.2.0"
    assert pc.again("own").version == "1.2.0"
    assert pc.bring(maker.repository).version == "1.2.0"  # once more: nothing is fetched a second time
    assert pc.again("own").version == "1.2.0"


def test_keys_that_were_changed_are_followed_by_a_pc_that_was_off_meanwhile(pc: Pc, maker: Maker) -> None:
    pc.bring(maker.repository)
    new = maker.folder / "new-keys"
    RELEASES.make_keys(new)
    RELEASES.rotate(maker.repository, maker.keys, new)
    maker.keys = new
    maker.release("1.2.0")
    assert pc.bring(maker.repository).version == "1.2.0"
    assert pc.again("own").version == "1.2.0"  # root's trust begins at the first root, and comes along


def test_a_wrong_signature_is_not_believed(pc: Pc, maker: Maker, tmp_path: Path) -> None:
    thief = Maker(tmp_path / "thief")
    thief.release("6.6.6")
    with pytest.raises(NotTrusted, match="not signed by those whom this PC trusts"):
        pc.bring(thief.repository)
    timestamp = maker.repository / "metadata" / "timestamp.json"
    said = json.loads(timestamp.read_text("utf-8"))
    said["signed"]["version"] += 1
    timestamp.write_text(json.dumps(said), "utf-8")
    with pytest.raises(NotTrusted, match="not signed"):
        pc.bring(maker.repository)
    assert not (pc.state / "update" / "fetched").exists()


def test_other_bytes_under_a_signed_name_are_not_believed(pc: Pc, maker: Maker) -> None:
    (archive,) = (maker.repository / "targets").rglob("*.zip")
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 1
    archive.write_bytes(content)
    with pytest.raises(NotTrusted, match="not what was signed"):
        pc.bring(maker.repository)
    archive.write_bytes(content + b"more")
    with pytest.raises(UpdateRefused, match="longer than"):
        pc.bring(maker.repository)
    assert not (pc.state / "update" / "fetched").exists()


def test_half_a_download_is_none(pc: Pc, maker: Maker) -> None:
    (archive,) = (maker.repository / "targets").rglob("*.zip")
    content = archive.read_bytes()
    archive.write_bytes(content[: len(content) // 2])
    with pytest.raises(NotTrusted, match="not what was signed"):
        pc.bring(maker.repository)
    archive.write_bytes(content)
    assert pc.bring(maker.repository).version == "1.1.0"


def test_what_was_fetched_and_changed_on_the_disk_is_not_believed_by_root(pc: Pc, maker: Maker) -> None:
    pc.bring(maker.repository)
    (archive,) = (pc.state / "update" / "fetched" / "targets").rglob("*.zip")
    archive.write_bytes(archive.read_bytes()[:-1] + b"\0")
    with pytest.raises(NotTrusted, match="not what was signed"):
        pc.again("own")


def test_root_follows_no_link_of_the_agents(pc: Pc, maker: Maker, tmp_path: Path) -> None:
    pc.bring(maker.repository)
    (archive,) = (pc.state / "update" / "fetched" / "targets").rglob("*.zip")
    archive.rename(tmp_path / "elsewhere.zip")
    archive.symlink_to(tmp_path / "elsewhere.zip")
    with pytest.raises(SourceGone, match="cannot be read"):
        pc.again("own")


def test_older_releases_shown_again_are_not_believed(pc: Pc, maker: Maker, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(maker.repository, old)
    maker.release("1.2.0")
    assert pc.bring(maker.repository).version == "1.2.0"
    with pytest.raises(NotTrusted, match="older than what this PC has seen before"):
        pc.bring(old)
    # and a mixture of the two times
    shutil.copyfile(maker.repository / "metadata" / "timestamp.json", old / "metadata" / "timestamp.json")
    other = Pc(tmp_path / "other", maker.root)
    with pytest.raises(SourceGone):
        other.bring(old)


def test_releases_that_nobody_renews_run_out_and_the_clock_is_named(pc: Pc, maker: Maker) -> None:
    maker.renew(now=LONG_AGO)
    with pytest.raises(Expired, match=r"has run out .*this PC's clock says") as refused:
        pc.bring(maker.repository)
    assert "set this PC's clock" in refused.value.hint
    maker.renew()
    assert pc.bring(maker.repository).version == "1.1.0"


def test_a_root_that_has_run_out_is_said_and_its_successor_followed(pc: Pc, maker: Maker) -> None:
    maker.renew("root", now=LONG_AGO)
    with pytest.raises(Expired):
        pc.bring(maker.repository)
    maker.renew("root")
    assert pc.bring(maker.repository).version == "1.1.0"


def test_a_clock_that_is_years_ahead_bricks_nothing(pc: Pc, maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ahead:
        @staticmethod
        def now(zone: Any = None) -> datetime:
            return datetime.now(zone) + timedelta(days=5000)

    with monkeypatch.context() as patch:
        patch.setattr("tuf.ngclient._internal.trusted_metadata_set.datetime.datetime", Ahead)
        with pytest.raises(Expired):
            pc.bring(maker.repository)
    assert pc.bring(maker.repository).version == "1.1.0"  # set right, it goes on from where it was


def test_trust_that_a_power_cut_left_half_written_is_made_anew(pc: Pc, maker: Maker) -> None:
    pc.bring(maker.repository)
    trust = pc.state / "update" / "trust"
    for name in ("timestamp.json", "snapshot.json", "targets.json"):
        (trust / name).write_bytes(b"")
    (trust / "root_history" / "1.root.json").write_bytes(b"\0" * 100)
    assert pc.bring(maker.repository).version == "1.1.0"
    with pytest.raises(NotTrusted, match="came with this installation is none"):
        Pc(pc.state / "x", b"{}").bring(maker.repository)


def test_a_release_that_is_not_newer_or_not_for_this_pc_is_not_brought(pc: Pc, maker: Maker) -> None:
    scratch = fetch.folder_of(pc.state)
    with pytest.raises(NotFit, match="the newest release is"):
        fetch.bring(sources.source(str(maker.repository), scratch, Network()), pc.state, pc.root, "1.1.0")
    found = release.Release("2.0.0", *release.this_pc(), "a.zip", 1, 1, ("3.9",))
    with pytest.raises(NotFit, match=r"this PC has 3\.11"):
        release.must_fit(found, "1.0.0", python="3.11")
    with pytest.raises(NotFit, match="is for windows on vax"):
        release.must_fit(release.Release("2.0.0", "windows", "vax", "a.zip", 1, 1, ()), "1.0.0")


def test_a_full_disk_is_said_before_anything_is_fetched(pc: Pc, maker: Maker) -> None:
    scratch = fetch.folder_of(pc.state)
    source = sources.source(str(maker.repository), scratch, Network())
    with pytest.raises(NoRoom, match="the disk has 0 MB"):
        fetch.bring(source, pc.state, pc.root, "1.0.0", free=lambda _: 0)


def test_a_stick_that_is_not_there_or_was_pulled(pc: Pc, maker: Maker, tmp_path: Path) -> None:
    with pytest.raises(SourceGone, match=r"holds no releases"):
        pc.bring(tmp_path / "nowhere")
    source = sources.Folder(maker.repository, fetch.folder_of(pc.state))
    maker.repository.rename(tmp_path / "pulled")
    with pytest.raises(SourceGone, match="is not there"):
        fetch.newest(source, pc.state, pc.root)


WHOLE = {
    "version": "1.1.0", "system": "linux", "machine": "amd64", "archive": "a.zip", "unpacked_bytes": 1, "files": 1,
    "pythons": [], "notes": "",
}  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        "",
        [],
        {},
        {**WHOLE, "more": 1},
        {**WHOLE, "version": "../1.1.0"},
        {**WHOLE, "version": "1.1.0.2"},  # the folder of 1.1.0, a second time
        {**WHOLE, "version": "1.1"},
        {**WHOLE, "archive": "../a.zip"},
        {**WHOLE, "unpacked_bytes": 1e30},
        {**WHOLE, "files": 0},
        {**WHOLE, "notes": None},
        {**WHOLE, "pythons": 3},
    ],
)
def test_a_signed_release_that_is_none_is_its_makers_fault(said: object) -> None:
    with pytest.raises(NotTrusted, match="signed, and is not one"):
        release.parse(json.dumps(said).encode())


def test_what_no_store_would_take_is_not_released(maker: Maker) -> None:
    with pytest.raises(RELEASES.Wrong, match=r"'1\.2' has not three numbers"):
        maker.release("1.2")


# --- over a line ---


class _Quiet(http.server.SimpleHTTPRequestHandler):
    cut_after: int | None = None  # bytes of a body, and then the line goes

    def log_message(self, *_: object) -> None:
        pass

    def copyfile(self, source: Any, outputfile: Any) -> None:
        if type(self).cut_after is not None and self.path.endswith(".zip"):
            outputfile.write(source.read(type(self).cut_after))
            self.connection.close()
            return
        super().copyfile(source, outputfile)


@contextmanager
def served(folder: Path, cut_after: int | None = None) -> Iterator[str]:
    handler = type("Handler", (_Quiet,), {"cut_after": cut_after})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(folder))) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            serving.join()


def test_a_release_from_a_server_is_the_same(pc: Pc, maker: Maker) -> None:
    with served(maker.folder) as url:
        assert pc.bring(f"{url}/repository").version == "1.1.0"
        with pytest.raises(SourceGone, match="404"):
            pc.bring(f"{url}/elsewhere")
    assert pc.again("own").version == "1.1.0"
    with pytest.raises(SourceGone, match="could not be read"):
        pc.bring(f"{url}/repository")


def test_a_line_that_goes_in_mid_download_leaves_nothing(pc: Pc, maker: Maker) -> None:
    with served(maker.repository, cut_after=100) as url, pytest.raises(SourceGone, match="could not be read"):
        pc.bring(url)
    assert not (pc.state / "update" / "fetched").exists()
    with served(maker.repository) as url:
        assert pc.bring(url).version == "1.1.0"


def test_an_address_that_is_no_safe_one_is_refused(pc: Pc) -> None:
    with pytest.raises(SourceGone, match="must begin with https"):
        pc.bring("http://updates.example.com/stillopen")


def test_the_maker_is_told_what_is_wrong(
    maker: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = RELEASES.main
    assert run(["keys", str(maker.keys)]) == 1  # never over others
    (tmp_path / "checkout" / ".git").mkdir(parents=True)
    assert run(["keys", str(tmp_path / "checkout" / "keys")]) == 1
    assert run(["begin", str(maker.repository), "--keys", str(maker.keys)]) == 1
    assert "inside a git checkout" in capsys.readouterr().err
    monkeypatch.setenv("STILLOPEN_KEY_PASSPHRASE", "correct horse")
    locked = tmp_path / "locked"
    assert run(["keys", str(locked)]) == 0
    assert b"ENCRYPTED" in (locked / "root.pem").read_bytes()
    assert (locked / "root.pem").stat().st_mode & 0o777 == 0o600
    assert run(["begin", str(tmp_path / "other"), "--keys", str(locked)]) == 0
    monkeypatch.delenv("STILLOPEN_KEY_PASSPHRASE")
    assert run(["renew", str(tmp_path / "other"), "--keys", str(locked)]) == 1
    assert "STILLOPEN_KEY_PASSPHRASE" in capsys.readouterr().err
