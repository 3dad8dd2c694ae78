"""The keyring: sealed, private, whole or not there, and clear about what to do when it cannot be opened."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import stat
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outbox.auth import keyring as keyring_
from outbox.auth import seal as seal_
from outbox.auth.credentials import Credentials
from outbox.auth.dpapi import Blob, DpapiSeal
from outbox.auth.keyring import CredentialsError, Keyring
from outbox.auth.seal import KeySeal, SealBroken, WrongKey
from outbox.auth.tokens import Tokens

SECRET = "sq0atp-planted-secret-4711"
KEPT = Credentials({"token": SECRET}, Tokens("access-" + SECRET, "refresh-" + SECRET))
POSIX = pytest.mark.skipif(os.name == "nt", reason="modes and folders as POSIX has them")


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "state", environ={})


def test_what_is_kept_comes_back_and_lies_nowhere_in_clear(keyring: Keyring, tmp_path: Path) -> None:
    assert keyring.read("square") is None
    assert keyring.stamp("square") is None
    keyring.write("square", KEPT)
    assert keyring.read("square") == KEPT
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"square", "credentials.key"}, "nothing half-written is left"
    assert all(SECRET.encode() not in path.read_bytes() for path in files)
    assert keyring.forget("square")
    assert not keyring.forget("square")
    assert keyring.read("square") is None


@POSIX
def test_files_and_folder_are_the_agents_alone(keyring: Keyring) -> None:
    keyring.write("square", KEPT)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (keyring.folder / "square", keyring.key_file)}
    assert modes == {"square": 0o600, "credentials.key": 0o600}
    assert stat.S_IMODE(keyring.folder.stat().st_mode) == 0o700


@POSIX
def test_a_key_that_others_could_read_is_private_again(keyring: Keyring, caplog: pytest.LogCaptureFixture) -> None:
    keyring.write("square", KEPT)
    keyring.key_file.chmod(0o644)
    assert keyring.read("square") == KEPT
    assert stat.S_IMODE(keyring.key_file.stat().st_mode) == 0o600
    assert "could be read by other users" in caplog.text


def test_every_change_changes_the_stamp(keyring: Keyring) -> None:
    keyring.write("square", KEPT)
    before = keyring.stamp("square")
    keyring.write("square", KEPT)
    assert keyring.stamp("square") != before


@pytest.mark.parametrize("spoil", [b"", b"garbage", b"{}", seal_.MAGIC, seal_.MAGIC + b"K"])
def test_a_damaged_file_names_the_command(keyring: Keyring, spoil: bytes) -> None:
    keyring.write("square", KEPT)
    (keyring.folder / "square").write_bytes(spoil)
    with pytest.raises(CredentialsError) as raised:
        keyring.read("square")
    assert "stillopen cloud connect square" in raised.value.hint


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(max_examples=100, deadline=None)
def test_not_one_bit_of_a_sealed_file_may_change(at: int, bit: int) -> None:
    seal = KeySeal(b"k" * 32)
    sealed = bytearray(seal_.close(b"clear text", "square", seal))
    sealed[at % len(sealed)] ^= 1 << bit
    with pytest.raises(SealBroken):
        seal_.open_with(bytes(sealed), "square", (seal,))


@given(cut=st.integers(0, 200))
@settings(max_examples=100, deadline=None)
def test_not_one_byte_of_a_sealed_file_may_be_missing(cut: int) -> None:
    seal = KeySeal(b"k" * 32)
    sealed = seal_.close(b"clear text", "square", seal)
    with pytest.raises(SealBroken):
        seal_.open_with(sealed[: cut % len(sealed)], "square", (seal,))


def test_a_file_of_another_cloud_does_not_open_under_this_name(keyring: Keyring) -> None:
    keyring.write("square", KEPT)
    (keyring.folder / "shopify").write_bytes((keyring.folder / "square").read_bytes())
    with pytest.raises(CredentialsError, match="damaged"):
        keyring.read("shopify")


def test_a_lost_key_is_said_to_be_lost(keyring: Keyring) -> None:
    keyring.write("square", KEPT)
    keyring.key_file.unlink()
    with pytest.raises(CredentialsError, match="a key that is not here") as raised:
        keyring.read("square")
    assert "stillopen cloud connect square" in raised.value.hint
    keyring.write("square", KEPT)
    assert keyring.read("square") == KEPT, "connected again, with a new key"


def test_a_key_file_without_a_key_seals_nothing(keyring: Keyring) -> None:
    keyring.folder.parent.mkdir()
    keyring.key_file.write_bytes(b"\n")
    with pytest.raises(CredentialsError, match="holds no key"):
        keyring.write("square", KEPT)


@pytest.mark.parametrize("name", ["stillopen-key", "stillopen_key"])
def test_the_services_own_key_is_used_where_there_is_one(tmp_path: Path, name: str) -> None:
    given_by_systemd = tmp_path / "run"
    given_by_systemd.mkdir()
    (given_by_systemd / name).write_bytes(os.urandom(32))
    state = tmp_path / "state"
    service = Keyring(state, environ={"CREDENTIALS_DIRECTORY": str(given_by_systemd)})
    service.write("square", KEPT)
    assert not service.key_file.exists(), "no key lies beside what it opens"
    person = Keyring(state, environ={})
    with pytest.raises(CredentialsError, match="stillopen-key"):
        person.read("square")
    person.write("shopify", KEPT)
    assert service.read("shopify") == KEPT, "what a technician connected opens in the service"
    service.write("shopify", KEPT)
    with pytest.raises(CredentialsError):
        person.read("shopify")


def test_a_disk_that_does_not_take_it_leaves_what_was_there(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring.write("square", KEPT)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CredentialsError, match="No space left"):
        keyring.write("square", Credentials())
    monkeypatch.undo()
    assert keyring.read("square") == KEPT
    assert sorted(path.name for path in keyring.folder.iterdir()) == ["square"]


def test_it_is_on_the_disk_before_it_has_its_name(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        order.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def renamed(self: Path, target: Path) -> Path:
        order.append(f"rename {target.name}")
        return replace(self, target)

    keyring.write("other", KEPT)  # the key is there
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    keyring.write("square", KEPT)
    assert order[:2] == ["file", "rename square"]
    assert os.name == "nt" or order[2:] == ["folder"]


def _hold(state: Path, ready: Any, done: Any) -> None:
    with Keyring(state, environ={}).alone("square"):
        ready.set()
        done.wait(30)


def test_another_process_waits_for_the_lock(keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = multiprocessing.get_context("spawn")
    ready, done = start.Event(), start.Event()
    other = start.Process(target=_hold, args=(tmp_path / "state", ready, done))
    other.start()
    try:
        assert ready.wait(30)
        monkeypatch.setattr(keyring_, "LOCK_WAIT_S", 0.05)
        with pytest.raises(CredentialsError, match="in use by another program"):
            keyring.lock("square")
    finally:
        done.set()
        other.join(30)
    monkeypatch.setattr(keyring_, "LOCK_WAIT_S", 30.0)
    with keyring.alone("square"):
        keyring.write("square", KEPT)


# --- Windows' own protection, with a crypt32 that does what the documentation says ---


class Crypt32:
    """CryptProtectData of a PC: what one PC protects, another does not open."""

    def __init__(self, pc: int) -> None:
        self.pc = pc
        self.handed_out: list[Any] = []
        self.flags: set[int] = set()
        self.freed = 0

    def CryptProtectData(self, data: Any, description: Any, entropy: Any, *rest: Any) -> int:  # noqa: N802 - its name
        assert description == "Stillopen"
        return self._answer(rest, b"PC%d" % self.pc + bytes(reversed(_bytes(data))) + b"|" + _bytes(entropy))

    def CryptUnprotectData(self, data: Any, description: Any, entropy: Any, *rest: Any) -> int:  # noqa: N802 - its name
        assert description is None
        sealed, _, with_entropy = _bytes(data).rpartition(b"|")
        if with_entropy != _bytes(entropy) or not sealed.startswith(b"PC%d" % self.pc):
            return 0
        return self._answer(rest, bytes(reversed(sealed[3:])))

    def _answer(self, rest: Any, content: bytes) -> int:
        reserved, prompt, flags, result = rest
        assert reserved is None
        assert prompt is None
        self.flags.add(flags)
        room = ctypes.create_string_buffer(content, len(content))
        self.handed_out.append(room)
        result.contents.size = len(content)
        result.contents.data = ctypes.cast(room, ctypes.POINTER(ctypes.c_ubyte))
        return 1

    def local_free(self, _: Any) -> None:
        self.freed += 1


def _bytes(blob: Any) -> bytes:
    assert isinstance(blob.contents, Blob)
    return ctypes.string_at(blob.contents.data, blob.contents.size)


def test_on_windows_the_pc_itself_seals(tmp_path: Path) -> None:
    pcs = [Crypt32(1), Crypt32(2)]
    here, there = (Keyring(tmp_path, windows=partial(DpapiSeal, pc, pc.local_free)) for pc in pcs)
    here.write("square", KEPT)
    assert here.read("square") == KEPT
    assert not here.key_file.exists()
    assert pcs[0].flags == {0x1 | 0x4}, "without a window, for the machine"
    assert pcs[0].freed == len(pcs[0].handed_out) == 2, "what Windows hands out is given back"
    with pytest.raises(CredentialsError, match="does not open it on this PC"):
        there.read("square")
    (tmp_path / "credentials" / "shopify").write_bytes((tmp_path / "credentials" / "square").read_bytes())
    with pytest.raises(CredentialsError):
        here.read("shopify")


def test_a_file_from_linux_is_of_another_key_on_windows(keyring: Keyring) -> None:
    keyring.write("square", KEPT)
    pc = Crypt32(1)
    with pytest.raises(CredentialsError, match="a key that is not here"):
        Keyring(keyring.folder.parent, windows=partial(DpapiSeal, pc, pc.local_free)).read("square")


def test_windows_that_protects_nothing_is_an_error(tmp_path: Path) -> None:
    class Broken(Crypt32):
        def CryptProtectData(self, *_: Any) -> int:  # noqa: N802 - its name
            return 0

    pc = Broken(1)
    with pytest.raises(CredentialsError, match="could not protect"):
        Keyring(tmp_path, windows=partial(DpapiSeal, pc, pc.local_free)).write("square", KEPT)


def test_the_wrong_key_is_told_apart_from_damage() -> None:
    sealed = seal_.close(b"x", "square", KeySeal(b"a" * 32))
    with pytest.raises(WrongKey):
        seal_.open_with(sealed, "square", (KeySeal(b"b" * 32),))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize(("link", "leads_to"), [("credentials", "folder"), ("credentials.key", "folder/key")])
def test_root_writes_deletes_and_gives_away_nothing_behind_a_link_of_the_services(
    tmp_path: Path, link: str, leads_to: str
) -> None:
    state, folder = tmp_path / "state", tmp_path / "folder"
    state.mkdir()
    folder.mkdir()
    os.chown(state, 12_345, 12_345)
    for name in ("square", "key"):
        (folder / name).write_text("root's own: " + SECRET)
        (folder / name).chmod(0o644)
    before = [(path, path.stat().st_mode, path.stat().st_uid, path.read_text()) for path in folder.iterdir()]
    (state / link).symlink_to(tmp_path / leads_to)
    keyring = Keyring(state, environ={})
    for change in (
        lambda: keyring.write("square", KEPT),
        lambda: keyring.forget("square"),
        lambda: keyring.lock("square"),
        lambda: keyring.read("square"),
    ):
        with pytest.raises(CredentialsError, match="it is a link"):
            change()
    assert [(path, path.stat().st_mode, path.stat().st_uid, path.read_text()) for path in folder.iterdir()] == before
    assert folder.stat().st_uid == 0


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")
def test_what_root_keeps_is_the_services_to_read(tmp_path: Path) -> None:
    os.chown(tmp_path, 12_345, 12_345)
    keyring = Keyring(tmp_path, environ={})
    with keyring.alone("square"):
        keyring.write("square", KEPT)
    assert {path.stat().st_uid for path in tmp_path.rglob("*")} == {12_345}
