"""What was answered where the agent may not write its configuration: kept until an administrator has taken it up.

It holds for the configuration that it was made upon. Once another one stands there, taken up or changed by hand, it is
past, and what is answered then begins from that.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from outbox.folder_sync import sync_folder

if TYPE_CHECKING:
    from pathlib import Path

KEPT = "setup.toml"  # in the state folder: the whole configuration, as `stillopen config import` takes it
_UPON = "setup.upon"  # beside it: the hashes of what it was made upon, and of itself


def keep(state: Path, text: str, upon: str) -> Path:
    """Keep a configuration that was made upon another; returns where. Raises `OSError`."""
    kept = state / KEPT
    for path, said in ((state / _UPON, _bond(upon, text)), (kept, text)):
        made = path.with_name(path.name + ".new")
        with made.open("wb") as file:
            file.write(said.encode())
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    sync_folder(state)
    return kept


def waiting(state: Path, upon: str) -> str | None:
    """Return what waits to be taken up in place of `upon`; None where nothing does."""
    try:
        text = (state / KEPT).read_bytes().decode()
        bond = (state / _UPON).read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return None
    return text if bond == _bond(upon, text) else None


def forget(state: Path) -> None:
    """Let go of what is kept: it is asked for no more. What cannot be deleted is bound to nothing any more."""
    for name in (_UPON, KEPT):
        with suppress(OSError):
            (state / name).unlink()


def _bond(upon: str, text: str) -> str:
    return "\n".join(hashlib.sha256(one.encode()).hexdigest() for one in (upon, text))
