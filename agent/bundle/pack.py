"""Writing the parts into one file, whole and readable by nobody else on this PC."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from agent.new_file import new_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from agent.bundle.parts import Part


def write(file: Path, parts: Iterable[Part]) -> dict[str, int]:
    """Write a zip of the parts; returns their sizes in bytes. Raises `FileExistsError` or `OSError`."""
    sizes: dict[str, int] = {}
    with new_file(file) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in parts:
            bundle.writestr(name, text)
            sizes[name] = len(text.encode())
    return sizes
