"""`STATE/head`: a note beside the journal of how far it had come, for the day an older journal is put back.

It is written after what it says is on the disk, when nobody waits. It may be old, and it may be lost: then it
merely knows less. It is never ahead of the journal, unless that lost something.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outbox.record import GENESIS

if TYPE_CHECKING:
    from pathlib import Path

FILE = "head"
BYTES_MAX = 16_384  # some 600 epochs of two letters take 4,000; what is larger is none of ours

_log = logging.getLogger("stillopen.journal")


@dataclass(frozen=True, slots=True)
class Head:
    """The newest record, and every epoch there has been here, the first one ("") first and the present one last."""

    seq: int  # 0: there is no record yet
    hash: str  # in hex
    epochs: tuple[str, ...]

    def to_text(self) -> str:
        """Return what the file holds."""
        return json.dumps({"seq": self.seq, "hash": self.hash, "epochs": self.epochs})


def of(connection: sqlite3.Connection) -> Head:
    """Return how far a journal has come."""
    row = connection.execute("select seq, hash from record where seq = (select max(seq) from record)").fetchone()
    seq, own_hash = row or (0, GENESIS)
    epochs = [""]
    for letters, others in connection.execute("select letters, others from epoch order by number").fetchall():
        epochs += [*others.split(), letters]
    return Head(seq, own_hash.hex(), tuple(epochs))


def from_text(text: str) -> Head | None:
    """Return what a file says; None where that is nothing."""
    try:
        value = json.loads(text)
        head = Head(value["seq"], value["hash"], tuple(value["epochs"]))
    except (ValueError, LookupError, TypeError):
        return None
    sound = type(head.seq) is int and all(isinstance(text, str) for text in (head.hash, *head.epochs))
    return head if sound and head.epochs else None


def read(state: Path) -> str | None:
    """Return the file's text; None where there is none, or it cannot be read."""
    try:
        with (state / FILE).open("rb") as file:
            return file.read(BYTES_MAX).decode()
    except (OSError, UnicodeDecodeError):
        return None


class Keeper:
    """Keeps the side file of the journal in the folder `state`, once `judged` is set: until then it is evidence."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self.judged = False

    def keep(self, connection: sqlite3.Connection) -> None:
        """Note how far the journal has come. Never fails: the next time will do."""
        if not self.judged:
            return
        new = self._state / f"{FILE}.new"
        try:
            text = of(connection).to_text()
            if text != read(self._state):
                new.write_text(text, "ascii")
                new.replace(self._state / FILE)
        except (OSError, sqlite3.Error, MemoryError) as error:
            _log.debug("The side file of the journal could not be written: %s", error)
