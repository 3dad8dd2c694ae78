"""Where a journal is at home: in which file, on which PC. A copy finds itself elsewhere.

Each witness may be silent, and a silent one never speaks for a move. What names the PC is kept only as a hash
under a salt of the journal's own.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from outbox import machine, place

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

SALT_BYTES = 16
_WINDOWS_FILE_SYSTEMS = frozenset({"NTFS", "ReFS"})  # where a file keeps its id; FAT makes one up
_STATX_BTIME = 0x800  # linux/stat.h, as all that follows
_STATX_BYTES, _STATX_BTIME_AT = 256, 80
_AT_FDCWD = -100


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What can be seen now. None and the empty set: nothing."""

    inode: str | None
    born: str | None  # when that inode was made, since numbers are used again
    machine: str | None
    cards: frozenset[str]


@dataclass(frozen=True, slots=True)
class Home:
    """What was seen before, as the journal keeps it: `machine` and `cards` are hashes."""

    salt: bytes
    inode: str | None
    born: str | None
    machine: str | None
    cards: frozenset[str]


def look(journal: Path) -> Witnesses:
    """Return what can be seen of a journal's file and of this PC."""
    inode, born = _file(journal)
    pc = machine.look()
    return Witnesses(inode, born, pc.id, pc.cards)


def seen(witnesses: Witnesses, salt: bytes) -> Home:
    """Return what can be seen in the form in which it is kept."""
    return Home(
        salt,
        witnesses.inode,
        witnesses.born,
        None if witnesses.machine is None else _hashed(witnesses.machine, salt),
        frozenset(_hashed(card, salt) for card in witnesses.cards),
    )


def moves(home: Home, now: Home) -> Iterator[str]:
    """Yield in which ways a journal is not where it was."""
    same_inode = home.inode == now.inode or None in (home.inode, now.inode)
    same_birth = home.born == now.born or None in (home.born, now.born)
    if not (same_inode and same_birth):
        yield "its file is a copy"
    if None in (home.machine, now.machine):
        return
    same_cards = not home.cards or not now.cards or home.cards & now.cards
    if home.machine != now.machine or not same_cards:
        yield "this is another PC"


def learnt(home: Home, now: Home) -> Home:
    """Return a home that has not moved as it is to be kept: what is silent now is kept as it was."""
    return replace(
        now,
        inode=now.inode or home.inode,
        born=now.born or home.born,
        machine=now.machine or home.machine,
        cards=now.cards or home.cards,
    )


def read(connection: sqlite3.Connection) -> Home | None:
    """Return the home a journal has, or None: it is new, or of before there were any."""
    row = connection.execute("select salt, inode, born, machine, cards from home").fetchone()
    if row is None:
        return None
    salt, inode, born, pc, cards = row
    return Home(bytes(salt), inode, born, pc, frozenset(json.loads(cards)))


def keep(connection: sqlite3.Connection, home: Home) -> None:
    """Write a home down."""
    connection.execute(
        "insert or replace into home(one, salt, inode, born, machine, cards) values (1, ?, ?, ?, ?, ?)",
        (home.salt, home.inode, home.born, home.machine, json.dumps(sorted(home.cards))),
    )


def _hashed(text: str, salt: bytes) -> str:
    return hashlib.sha256(salt + text.encode()).hexdigest()


def _file(journal: Path) -> tuple[str | None, str | None]:
    """Return the file's id and birth, where the file system keeps them for as long as the file is there."""
    if not _lasting(journal):
        return None, None
    try:
        inode = journal.stat().st_ino
    except OSError:
        return None, None
    return str(inode) if inode else None, _born(journal)


def _lasting(journal: Path) -> bool:
    folder = journal.resolve().parent
    if sys.platform != "win32":
        return place.file_system(folder) in machine.LASTING_FILE_SYSTEMS
    import ctypes

    name = ctypes.create_unicode_buffer(64)
    told = ctypes.windll.kernel32.GetVolumeInformationW(f"{folder.drive}\\", None, 0, None, None, None, name, len(name))
    return bool(told) and name.value in _WINDOWS_FILE_SYSTEMS


def _born(journal: Path) -> str | None:
    """Return when the inode was made, in nanoseconds: by statx(2), which does not open the file.

    Opening and closing it would let go of SQLite's locks on it. On Windows its id is never used again, and a
    copy in the place of a deleted file is given that one's birth.
    """
    if sys.platform != "linux":
        return None
    import ctypes

    told = ctypes.create_string_buffer(_STATX_BYTES)
    try:
        failed = ctypes.CDLL(None).statx(_AT_FDCWD, os.fsencode(journal), 0, _STATX_BTIME, told)
    except AttributeError:  # a C library of before 2018
        return None
    mask = int.from_bytes(told.raw[:4], sys.byteorder)
    if failed or not mask & _STATX_BTIME:
        return None
    seconds = int.from_bytes(told.raw[_STATX_BTIME_AT : _STATX_BTIME_AT + 8], sys.byteorder)
    nanoseconds = int.from_bytes(told.raw[_STATX_BTIME_AT + 8 : _STATX_BTIME_AT + 12], sys.byteorder)
    return str(seconds * 1_000_000_000 + nanoseconds)
