"""What an administrator makes in the service's folder becomes the service's own; nothing else does.

Whoever owns a folder may lay a link in it where root is about to write, and would be given what that leads to.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def refuse_link(path: Path, folder: Path) -> None:
    """Raise `OSError` where root would follow a link in a folder of another user's."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return
    if path.is_symlink() and folder.stat().st_uid != 0:
        raise OSError(errno.ELOOP, "it is a link, which root follows in no folder of another user's", str(path))


def hand_over(path: Path, folder: Path) -> None:
    """Give what root made to the owner of a folder; of a link itself, and never what it leads to. Raises `OSError`."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return
    owner = folder.stat()
    os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
