"""Where each key of a TOML text stands: `tomllib` reads the values and keeps no line numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.config.problems import Loc

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_KEY_PART = re.compile(r"""[ \t]*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([A-Za-z0-9_-]+))[ \t]*""")
# Of a value: a string, a comment, what stands between, a bracket; its last alternative takes any character.
VALUE_PART = re.compile(
    r'''"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\#[^\n]*|[^"'\#\[\]{}\n]+|.''',
    re.DOTALL,
)


def key_lines(text: str) -> dict[Loc, int]:
    """Return the line, from 1, of every table and key of a text that `tomllib` has accepted.

    Elements of arrays of tables are counted from 0, as in the parsed value. Keys within inline tables
    and array items are not listed: `line_of` gives them their parent's line.
    """
    lines: dict[Loc, int] = {}
    elements: dict[Loc, int] = {}
    table: Loc = ()
    position, line = 0, 1
    while True:
        blank = _BLANK.match(text, position)
        assert blank is not None  # it matches nothing, too
        line += text.count("\n", position, blank.end())
        position = blank.end()
        if position >= len(text):
            return lines
        start = position
        brackets = 2 if text.startswith("[[", position) else 1 if text[position] == "[" else 0
        parts, position = _key(text, position + brackets)
        if brackets:
            table = _element_of(parts[:-1], elements) + tuple(parts[-1:])
            if brackets == 2:  # noqa: PLR2004 - [[ is two
                lines.setdefault(table, line)
                elements[table] = elements.get(table, -1) + 1
                table += (elements[table],)
            lines.setdefault(table, line)
        else:
            for count in range(1, len(parts) + 1):
                lines.setdefault(table + tuple(parts[:count]), line)
        position = end_of_statement(text, position)
        line += text.count("\n", start, position)


def line_of(loc: Loc, lines: dict[Loc, int]) -> int | None:
    """Return the line of `loc`, or of the nearest thing around it that has one."""
    for count in range(len(loc), 0, -1):
        if loc[:count] in lines:
            return lines[loc[:count]]
    return None


def _key(text: str, position: int) -> tuple[list[str], int]:
    parts: list[str] = []
    while part := _KEY_PART.match(text, position):
        parts.append(next(group for group in part.groups() if group is not None))
        position = part.end()
        if not text.startswith(".", position):
            break
        position += 1
    return parts, position


def _element_of(parts: list[str], elements: dict[Loc, int]) -> Loc:
    """Say which element of each array of tables a header's path goes through: the latest."""
    path: Loc = ()
    for part in parts:
        path += (part,)
        if path in elements:
            path += (elements[path],)
    return path


def end_of_statement(text: str, position: int) -> int:
    """Return where the statement's newline is: the first outside strings and brackets."""
    depth = 0
    while position < len(text):
        part = VALUE_PART.match(text, position)
        assert part is not None  # its last alternative takes any character
        if part[0] == "\n" and depth <= 0:
            return position
        depth += (part[0] in "[{") - (part[0] in "]}")
        position = part.end()
    return position
