"""Writing the parts into one file, readable by nobody else on this PC."""

from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from agent.bundle.parts import Part


def write(file: Path, parts: Iterable[Part]) -> dict[str, int]:
    """Write a zip of the parts; returns their sizes in bytes. Raises `FileExistsError` or `OSError`."""
    sizes: dict[str, int] = {}
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name, text in parts:
                bundle.writestr(name, text)
                sizes[name] = len(text.encode())
    except BaseException:  # a full disk, or Ctrl-C: half a bundle would be sent and cannot be read
        file.unlink(missing_ok=True)
        raise
    return sizes
