"""Who this file and this PC are: what is a move, what is none, and what is not asked at all."""

from __future__ import annotations

import struct
import sys
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from outbox import home, machine, place, schema
from outbox.home import Home, Witnesses, learnt, moves, seen
from outbox.machine import Machine, hardware_cards

if TYPE_CHECKING:
    from pathlib import Path

SALT = bytes(16)
ID, CARD, OTHER_CARD = "0123456789abcdef0123456789abcdef", "02:00:00:00:00:01", "02:00:00:00:00:02"
HERE = Witnesses("12", "1790000000000000000", ID, frozenset({CARD}))
ON_EXT4 = "22 1 254:0 / / rw,relatime - ext4 /dev/root rw\n"

COPY, ANOTHER_PC = "its file is a copy", "this is another PC"


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (HERE, []),
        # the file
        (replace(HERE, inode="13"), [COPY]),
        (replace(HERE, born="1790000000000000001"), [COPY]),
        (replace(HERE, inode="13", born=None), [COPY]),
        (replace(HERE, inode=None, born=None), []),
        (replace(HERE, born=None), []),
        # the PC
        (replace(HERE, machine="f" * 32), [ANOTHER_PC]),
        (replace(HERE, cards=frozenset({OTHER_CARD})), [ANOTHER_PC]),
        (replace(HERE, cards=frozenset({CARD, OTHER_CARD})), []),
        (replace(HERE, cards=frozenset()), []),
        (replace(HERE, machine=None), []),
        (replace(HERE, machine=None, cards=frozenset({OTHER_CARD})), []),  # cards alone say too little
        (replace(HERE, inode="13", machine="f" * 32), [COPY, ANOTHER_PC]),
    ],
)
def test_a_move_is_told_whichever_way_round_and_a_silent_witness_tells_none(now: Witnesses, found: list[str]) -> None:
    assert list(moves(seen(HERE, SALT), seen(now, SALT))) == found
    assert list(moves(seen(now, SALT), seen(HERE, SALT))) == found


def test_cards_may_be_changed_one_by_one() -> None:
    both, other = replace(HERE, cards=frozenset({CARD, OTHER_CARD})), replace(HERE, cards=frozenset({OTHER_CARD}))
    kept = seen(HERE, SALT)
    for now in (both, other):
        assert not list(moves(kept, seen(now, SALT)))
        kept = learnt(kept, seen(now, SALT))
    assert list(moves(kept, seen(HERE, SALT))) == [ANOTHER_PC]


def test_what_is_silent_now_is_kept_as_it_was() -> None:
    kept = seen(HERE, SALT)
    assert learnt(kept, seen(Witnesses(None, None, None, frozenset()), SALT)) == kept


def test_a_home_is_what_it_was_when_read_back_and_no_raw_name_is_in_it(tmp_path: Path) -> None:
    connection = schema.connect(tmp_path / "journal.db")
    assert home.read(connection) is None
    for now in (seen(HERE, b"salt"), Home(b"salt", None, None, None, frozenset())):
        home.keep(connection, now)
        assert home.read(connection) == now
    home.keep(connection, seen(HERE, b"salt"))
    row = repr(connection.execute("select * from home").fetchone())
    connection.close()
    assert ID not in row
    assert CARD not in row
    assert seen(HERE, b"salt") != seen(HERE, b"another")


# --- the file ---


def test_a_file_is_the_same_when_written_to_and_renamed_and_another_when_copied(tmp_path: Path) -> None:
    if place.file_system(tmp_path) not in machine.LASTING_FILE_SYSTEMS:
        pytest.skip(f"{tmp_path} is on a file system whose inodes do not last")
    one = tmp_path / "journal.db"
    one.write_bytes(b"1")
    before = home.look(one)
    assert before.inode is not None
    one.write_bytes(b"more")
    one.rename(tmp_path / "renamed.db")
    assert home.look(tmp_path / "renamed.db") == before
    one.write_bytes(b"more")
    assert home.look(one) != before


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert home.look(tmp_path / "none.db").inode is None


@pytest.mark.parametrize("kind", ["vfat", "exfat", "fuseblk", "ntfs3", "overlay", "9p", None])
def test_where_inodes_do_not_last_the_file_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str | None
) -> None:
    (tmp_path / "journal.db").write_bytes(b"1")
    monkeypatch.setattr(place, "file_system", lambda _, mounts=None: kind)
    assert home.look(tmp_path / "journal.db") == Witnesses(None, None, None, frozenset())


def test_where_the_system_does_not_tell_a_birth_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ctypes

    class Old:
        def __init__(self, name: str | None) -> None:
            assert name is None

    (tmp_path / "journal.db").write_bytes(b"1")
    assert home._born(tmp_path / "none.db") is None
    with monkeypatch.context() as patched:
        patched.setattr(ctypes, "CDLL", Old)
        assert home._born(tmp_path / "journal.db") is None
        patched.setattr(sys, "platform", "win32")
        assert home._born(tmp_path / "journal.db") is None


# --- the PC ---


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a Linux PC's root with a machine id and one built-in card."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/machine-id").write_text(f"{ID}\n")
    plug(tmp_path, "enp3s0", "pci", CARD)
    return tmp_path


def plug(root: Path, name: str, bus: str, address: str, *, assigned: str = "0") -> None:
    """Put a network card into a PC as sysfs shows it."""
    card = root / "sys/class/net" / name
    (root / "sys/bus" / bus).mkdir(parents=True, exist_ok=True)
    (card / "device").mkdir(parents=True)
    (card / "device/subsystem").symlink_to(root / "sys/bus" / bus)
    (card / "address").write_text(f"{address}\n")
    (card / "addr_assign_type").write_text(f"{assigned}\n")


def look(root: Path, mounts: str = ON_EXT4) -> Machine:
    return machine.look(root, mounts=mounts)


def test_a_pc_is_its_machine_id_and_its_own_cards(root: Path) -> None:
    plug(root, "wlan0", "sdio", OTHER_CARD)
    assert look(root) == Machine(ID, frozenset({CARD, OTHER_CARD}))


@pytest.mark.parametrize(
    ("bus", "address", "assigned"),
    [
        ("usb", OTHER_CARD, "0"),  # a dongle is carried about
        ("pci", OTHER_CARD, "1"),  # a random address
        ("pci", OTHER_CARD, "3"),  # an address that a program set, as it hides a wireless card's own
        ("pci", "00:00:00:00:00:00", "0"),
    ],
)
def test_cards_that_may_change_are_not_counted(root: Path, bus: str, address: str, assigned: str) -> None:
    plug(root, "eth7", bus, address, assigned=assigned)
    assert look(root).cards == {CARD}


def test_interfaces_without_a_device_are_no_cards(root: Path) -> None:
    (root / "sys/class/net/docker0").mkdir()
    (root / "sys/class/net/docker0/address").write_text(OTHER_CARD)
    (root / "sys/class/net/eth9/device").mkdir(parents=True)  # and one that was just pulled out
    assert look(root).cards == {CARD}


@pytest.mark.parametrize("marker", [".dockerenv", "run/.containerenv", "run/systemd/container"])
def test_in_a_container_nothing_is_said(root: Path, marker: str) -> None:
    (root / marker).parent.mkdir(parents=True, exist_ok=True)
    (root / marker).write_text("")
    assert look(root) == Machine(None, frozenset())


@pytest.mark.parametrize("text", ["uninitialized\n", "", f"{ID}0\n", "é" * 16])
def test_a_machine_id_that_is_none_yet_is_none(root: Path, text: str) -> None:
    (root / "etc/machine-id").write_text(text)
    assert look(root).id is None


def test_a_machine_id_that_is_made_anew_at_every_start_is_none(root: Path) -> None:
    file = root / "etc/machine-id"
    assert look(root, f"{ON_EXT4}30 22 0:25 /machine-id {file} ro - tmpfs tmpfs rw\n").id is None
    assert look(root, "22 1 0:30 / / rw - overlay overlay rw\n").id is None
    file.unlink()
    assert look(root).id is None


def test_this_pc_can_be_looked_at() -> None:
    found = machine.look()
    assert found.id is None or len(found.id) == 32
    assert found == machine.look()


# --- the cards of Windows: an array of MIB_IF_ROW2 ---


def row(guid: str, address: bytes, *, kind: int = 6, flags: int = 1, length: int = 6) -> bytes:
    name = "Ethernet".encode("utf-16-le")
    content = struct.pack("<QL16s514s514sL32s32s", 1, 2, uuid.UUID(guid).bytes_le, name, name, length, b"", address)
    content += struct.pack("<7LB3x", 1500, kind, 0, 0, 0, 0, 0, flags)
    content += struct.pack("<3L16sL4x20Q", 1, 1, 1, b"", 1, *range(20))
    assert len(content) == 1352
    return content


def test_the_cards_of_windows_are_the_hardware_with_an_address_of_its_own() -> None:
    guid = "12345678-1234-5678-1234-56789abcdef0"
    address = bytes.fromhex("020000000001")
    other = bytes.fromhex("020000000002")
    rows = (
        row(guid, address)
        + row(guid, other, flags=0)  # a bridge, a tunnel, a filter
        + row(guid, other, kind=24)  # the loopback
        + row(guid, other, length=0)
        + row(guid, bytes(6))
        + row(guid, other, kind=71)
    )
    name = "{12345678-1234-5678-1234-56789ABCDEF0}"
    assert list(hardware_cards(rows)) == [(name, "02:00:00:00:00:01"), (name, "02:00:00:00:00:02")]
    assert list(hardware_cards(rows[:-1])) == [(name, "02:00:00:00:00:01")]
    assert list(hardware_cards(b"")) == []
