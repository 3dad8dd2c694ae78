"""That an image of the whole disk was put back on it, noted in the journal by a person; the next start goes by it.

Such an image brings back whatever a journal knows itself by (`epoch`), so that nothing but a person can tell.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from outbox import epoch, log_again, log_aside, schema
from outbox.errors import JournalUnsafe
from outbox.group_commit import Raised, commit_twice
from outbox.hand_over import hand_over, refuse_link
from outbox.journal import FILE, LOCK

if TYPE_CHECKING:
    from pathlib import Path

_PARTS = (FILE, f"{FILE}-wal", f"{FILE}-wal-new", f"{FILE}-shm")  # what opening the journal may write


def note(state: Path) -> None:
    """Note it in the journal of a state folder that the caller holds; it is on the disk then. Raises `OutboxError`."""
    try:
        for name in _PARTS:
            refuse_link(state / name, state)
    except OSError as error:
        raise JournalUnsafe(
            f"{error.filename} is not written: {error.strerror}", hint="Look where it leads, and remove it."
        ) from error
    try:
        log_aside.take(state / FILE)
        log_again.make_certain(state / FILE)
        with closing(schema.connect(state / FILE)) as connection:
            (noted,) = commit_twice(connection, [epoch.say_put_back])
            if isinstance(noted, Raised):
                raise noted.error
    finally:
        for name in (*_PARTS, LOCK):
            if (state / name).exists():
                hand_over(state / name, state)
