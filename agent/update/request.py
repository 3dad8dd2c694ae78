"""What the agent's user asks of root, by a file in the state folder that a unit waits for.

The folder is the agent's, so root takes nothing from it on trust: a link is not followed, what is there is read once,
and it is only ever one of three words. What it leads to is verified from root's own trust (installer.py).
"""

from __future__ import annotations

import contextlib
import os
import shutil
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "update"  # in the state folder: everything of updates that is the agent's
FETCHED = "fetched"  # in it: a repository with one release, for root to verify again
COPY = "copy"  # in it: journal and catalogue, for a version to be tried on
FILE = "asked"
_BYTES_MAX = 32
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class Asked(StrEnum):
    """What root is to do."""

    STAGE = "stage"
    APPLY = "apply"
    BACK = "back"


def ask(state: Path, asked: Asked) -> None:
    """Ask for it. Raises `OSError`."""
    folder = state / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = folder / f"{FILE}.new"
    made.write_text(asked, encoding="ascii")
    made.replace(folder / FILE)


def clear_fetched(state: Path) -> None:
    """Take away what was fetched for root: it runs by now."""
    for name in (FETCHED, f"{FETCHED}.new"):
        shutil.rmtree(state / FOLDER / name, ignore_errors=True)


def is_asked(state: Path) -> bool:
    """Say whether something is asked for that nobody has taken up yet."""
    return (state / FOLDER / FILE).exists()


def withdraw(state: Path) -> None:
    """Ask for nothing any more."""
    with contextlib.suppress(OSError):
        (state / FOLDER / FILE).unlink()


def take(state: Path) -> Asked | None:
    """Return what is asked for, and take it away, so that it is done once; None where it is nothing that is known."""
    file = state / FOLDER / FILE
    text = b""
    with contextlib.suppress(OSError):
        opened = os.open(file, _FLAGS)
        try:
            text = os.read(opened, _BYTES_MAX)
        finally:
            os.close(opened)
    withdraw(state)
    try:
        return Asked(text.decode("ascii", "replace").strip())
    except ValueError:
        return None
