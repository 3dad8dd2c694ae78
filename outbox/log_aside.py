"""The log of a journal that is not there any more, beside a copy that was put in its place.

SQLite knows a write-ahead log by its name alone. After a power cut one stays; whoever then puts a backup back over
`journal.db` has the copy and the log of another file, and SQLite would write the one into the other. A journal that
has a log says so in its header, which was synced before the log's first byte; a copy says that it has none.
"""

from __future__ import annotations

import logging
from itertools import count
from typing import TYPE_CHECKING

from outbox.errors import JournalUnavailable
from outbox.folder_sync import sync_folder

if TYPE_CHECKING:
    from pathlib import Path

HEADER_VERSIONS_AT = 18  # https://sqlite.org/fileformat.html section 1.3: who may write it, who may read it
NO_LOG = b"\x01\x01"  # anybody: there is no log beside it

_log = logging.getLogger("stillopen.journal")


def is_foreign(journal: Path) -> bool:
    """Return whether the log beside a journal is another one's. Raises `OSError`.

    Not to be asked where this very process has the journal open: SQLite's locks on a file go when it is closed here.
    """
    log = journal.with_name(f"{journal.name}-wal")
    try:
        if log.stat().st_size == 0:
            return False
    except FileNotFoundError:
        return False
    # The log first, the header second: what another program turns into a journal in between is none the less its own.
    try:
        with journal.open("rb") as file:
            file.seek(HEADER_VERSIONS_AT)
            return file.read(len(NO_LOG)) in (NO_LOG, b"")
    except FileNotFoundError:  # SQLite would begin a new journal, and delete the log
        return True


def take(journal: Path) -> Path | None:
    """Take the log of another journal aside and return where it is kept. To be called before SQLite opens the file.

    Raises `JournalUnavailable` where it cannot be taken away: the file must not be opened beside it.
    """
    try:
        if not is_foreign(journal):
            return None
        kept = _free(journal)
        for ending in ("-shm", "-wal"):  # the log last: as long as it lies there, the next start does this again
            part = journal.with_name(journal.name + ending)
            if part.exists():
                part.rename(kept.with_name(kept.name + ending))
        sync_folder(journal.parent)
    except OSError as error:
        raise JournalUnavailable(
            f"{journal}-wal is the log of another journal and cannot be taken away: {error}",
            hint="Move it and the -shm beside it out of the state folder yourself, and keep both; then start again.",
        ) from error
    log = kept.with_name(f"{kept.name}-wal")
    _log.warning(
        "%s is a copy that was put back, or new; the log of the journal that was there before is kept as %s. "
        "What was sold after the copy was made may be in it: keep it together with the damaged file.",
        journal,
        log,
    )
    return log


def _free(journal: Path) -> Path:
    """Return a name that nothing has yet, as that of the journal the log belongs to."""
    return next(
        kept
        for number in count(1)
        if not any(
            (kept := journal.with_name(f"{journal.name}-before-{number}")).with_name(kept.name + ending).exists()
            for ending in ("", "-shm", "-wal")
        )
    )
