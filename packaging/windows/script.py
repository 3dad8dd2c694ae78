"""What the installer's script is given: every file in a fixed order, and whether Windows can hold their paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PATH_CHARS_MAX = 259  # MAX_PATH less its end: what programs see that do not ask for longer ones
HOME = r"C:\Program Files\Stillopen"
NAME_CHARS_MAX = 24  # of a version's folder while it is unpacked, with `.new`


class TooLong(Exception):
    """A path that Windows would refuse on the store's PC."""


def files(root: Path, target: str) -> str:
    r"""Return the script's lines that unpack every file under `root` into `target`, as $INSTDIR\1.0.0.new.

    makensis takes a folder in the order of the disk that it lies on; here the order is by name. Raises `TooLong`.
    """
    lines = []
    before = None
    for file in sorted(file for file in root.rglob("*") if file.is_file()):
        inner = file.relative_to(root)
        length = len(HOME) + NAME_CHARS_MAX + len(str(inner)) + 2  # with the backslashes between
        if length > PATH_CHARS_MAX:
            raise TooLong(f"{inner} would have a path of {length} characters, and Windows has {PATH_CHARS_MAX}")
        folder = quoted(target, inner.parent.parts)
        if folder != before:
            lines.append(f'SetOutPath "{folder}"')
            before = folder
        lines.append(f'File "{file}"')  # as it is: a name's $ means nothing here
    return "\n".join(lines) + "\n"


def quoted(target: str, parts: tuple[str, ...]) -> str:
    """Return a folder as NSIS reads it between double quotes: of `target` alone, a $ begins a variable."""
    return "\\".join((target, *(part.replace("$", "$$") for part in parts)))
