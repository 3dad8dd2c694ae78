"""What can go wrong with the journal and the catalogue, and what to do then.

OutboxError               has `.hint`: the next step
├── JournalUnavailable    it can't be opened: no such folder, no permission, a network drive
│   ├── StateInUse        another agent holds this state folder
│   ├── JournalMissing    there is none yet
│   ├── JournalUnread     this user, or this moment, cannot read it: nothing is known of what is in it
│   ├── JournalNewer      a newer version of Stillopen wrote it
│   ├── JournalDamaged    it is not what was written
│   └── JournalUnsafe     the file system does not give what "paid" promises
├── JournalFull           the disk is full; the change does not count; asked for again, it is made once
├── BackupFailed          no copy of it could be made; it is not affected
└── JournalUnclear        the disk or the memory failed while committing: written or not is not known
"""

from __future__ import annotations

PUT_BACK = (  # how a backup is put back: words for the end of a hint
    "Stop the agent, copy the whole state folder to keep it, remove journal.db with the -wal and -shm beside it, and "
    "copy the newest backup to journal.db"
)


class OutboxError(Exception):
    """Something about what is kept on disk; `hint` is the next step."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class JournalUnavailable(OutboxError):
    """The journal cannot be opened."""


class StateInUse(JournalUnavailable):
    """Another agent is running on this state folder."""


class JournalMissing(JournalUnavailable):
    """There is no journal in that folder."""


class JournalUnread(JournalUnavailable):
    """It cannot be read by this user, or not now. What is in it may be whole."""


class JournalNewer(JournalUnavailable):
    """Written by a newer version; this one would not understand all of it."""


class JournalDamaged(JournalUnavailable):
    """The file, or its chain, is not what was written."""


class JournalUnsafe(JournalUnavailable):
    """A setting that durability rests on did not hold."""


class JournalFull(OutboxError):
    """No room left on the disk. This change does not count; ask again under the same id. Those before are safe."""


class BackupFailed(OutboxError):
    """A copy of the journal could not be made, or does not hold. The journal itself is not affected."""


class JournalUnclear(OutboxError):
    """The disk or the memory failed at the commit: whether it was written shows once the file was opened again."""
