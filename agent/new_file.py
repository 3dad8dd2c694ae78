"""A file that a person is given: there whole and on its disk, or not there at all; and readable by nobody else."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from outbox.folder_sync import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PART = ".part"


@contextmanager
def new_file(file: Path, *, lot: Callable[[int], bytes] = os.urandom) -> Iterator[Path]:
    """Yield an empty file beside `file` to be written; what is in it at the end gets that name.

    Raises `FileExistsError` where something has the name already, or `OSError`. Nothing is left of what was broken off.
    """
    if os.path.lexists(file):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(file))
    part = file.with_name(f"{file.name}.{lot(4).hex()}{PART}")  # by lot: two of one name are not each other's half
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield part
        with part.open("r+b") as written:
            os.fsync(written.fileno())
        _named(part, file)
    finally:
        with suppress(OSError):  # its disk was pulled out
            part.unlink(missing_ok=True)
    with suppress(OSError):  # some network drives know no such thing, and have no name to lose
        sync_folder(file.parent)


def _named(part: Path, file: Path) -> None:
    """Give it its name, and take it from nobody."""
    try:
        os.link(part, file)
    except FileExistsError:
        raise
    except OSError:  # a stick's file system has no links; its rename would write over what came since the first look
        if os.path.lexists(file):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(file)) from None
        part.rename(file)
