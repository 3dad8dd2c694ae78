"""The write-ahead log that an earlier run left, written to the disk once more before anything is taken from it.

After an fsync that failed the kernel takes pages for written that the disk never got. Read back they look right,
and no later fsync writes them. A journal that is folded in from such a log is damaged by a power cut in the middle
of it: the file has been changed, and the log that should mend it is not there. So the log is copied, synced, and
put in its own place; a cut leaves the one or the other, and either is sound.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
from typing import TYPE_CHECKING

from outbox.folder_sync import sync_folder

if TYPE_CHECKING:
    from pathlib import Path

_READERS_FROM, _READERS_BYTES = 0x40000002, 510  # where SQLite's readers lock (its os.h: SHARED_FIRST, SHARED_SIZE)

_log = logging.getLogger("stillopen.journal")


def make_certain(journal: Path) -> None:
    """Put a synced copy of the journal's log in its place. To be called before SQLite opens the file.

    Where that cannot be done (no room, somebody reads the file), the log stays as it is, and that is said.
    """
    log, new = journal.with_name(f"{journal.name}-wal"), journal.with_name(f"{journal.name}-wal-new")
    try:
        if not log.exists() or log.stat().st_size == 0:
            return
        if _is_read(journal):
            _log.info("Another program reads %s: its log is used as it is.", journal)
            return
        shutil.copyfile(log, new)
        shutil.copymode(log, new)
        with new.open("r+b") as file:
            os.fsync(file.fileno())
        new.replace(log)
        sync_folder(log.parent)
    except OSError as error:
        new.unlink(missing_ok=True)
        _log.warning("The journal's log could not be written again (%s) and is used as it is.", error)


def _is_read(journal: Path) -> bool:
    """Return whether another program has the journal open. On Windows it cannot be replaced then, and says so."""
    if sys.platform == "win32":
        return False
    import fcntl

    with journal.open("r+b") as file:  # closing it drops this process's locks on the file, of which there are none yet
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _READERS_BYTES, _READERS_FROM)
        except OSError:
            return True
    return False
