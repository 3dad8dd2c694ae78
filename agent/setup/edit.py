"""Changing single values of a TOML text, so that everything else in it stays as somebody wrote it. Pure.

EditRefused      the text says it in a way that is not changed here; `.hint` is what to write by hand
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.config.lines import VALUE_PART, end_of_statement, key_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.config.problems import Loc

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BEFORE_VALUE = re.compile(r"""[ \t]*(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_.\- \t])+=[ \t]*""")


class EditRefused(Exception):
    """A value cannot be changed where it stands. `hint` is what to write there by hand."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Edited:
    """A text, and the comments that stood in what was written anew: `line 7: # the old one`."""

    text: str
    gone: tuple[str, ...] = ()


def with_value(text: str, loc: Loc, value: object) -> Edited:
    """Return the text with `value` at `loc`, a key of a table that is there; None takes the key out.

    Raises `EditRefused`. The value is read back: what came out otherwise is refused, too.
    """
    line = key_lines(text).get(loc)
    if line is None and value is None:
        return Edited(text)
    edited = _with_key(text, loc, value) if line is None else _replaced(text, line, loc, value)
    wanted = _put(tomllib.loads(text), loc, value)
    if _read(edited.text) != wanted:
        at = f"line {line}" if line is not None else "its section"
        raise EditRefused(
            f"{at} is written in a way that is not changed here", hint=f"write there by hand: {_line(loc[-1], value)}"
        )
    return edited


def with_section(text: str, name: str, values: Mapping[str, object], *, array: bool) -> Edited:
    """Return the text with one more `[[name]]`, behind the last one, or with a `[name]` at its end."""
    head = f"[[{name}]]" if array else f"[{name}]"
    section = "\n".join([head, *(_line(key, value) for key, value in values.items() if value is not None)]) + "\n"
    lines = text.split("\n")
    of_it = [line for loc, line in key_lines(text).items() if loc[0] == name] if array else []
    if of_it:
        end = text.count("\n", 0, end_of_statement(text, _line_start(lines, max(of_it))[0])) + 1
        made = "\n".join([*lines[:end], "", *section.rstrip("\n").split("\n"), *lines[end:]])
    else:
        made = text.rstrip("\n") + ("\n\n" if text.strip() else "") + section
    made = made if made.endswith("\n") else made + "\n"
    raw = tomllib.loads(text)
    there = raw.get(name, [] if array else {})
    given = {key: value for key, value in values.items() if value is not None}
    if not isinstance(there, list if array else dict) or _read(made) != raw | {
        name: [*there, given] if array else given
    }:
        raise EditRefused(f"{head} cannot be added to what is there", hint=f"add it by hand:\n{section}")
    return Edited(made)


def toml(value: object) -> str:
    """Write a value as TOML, on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(each) for each in value) + "]"
    return _text(value)


def _replaced(text: str, line: int, loc: Loc, value: object) -> Edited:
    lines = text.split("\n")
    start, _ = _line_start(lines, line)
    before = _BEFORE_VALUE.match(text, start)
    if before is None:  # a header: the key is a table
        raise EditRefused(f"line {line} begins a section", hint=f"write there by hand: {_line(loc[-1], value)}")
    end = end_of_statement(text, before.end())
    spans = _comments(text, before.end(), end)
    tail_at = spans[-1][0] if spans and spans[-1][1] == end else end
    old = text[before.end() : tail_at]
    behind = text[before.end() + len(old.rstrip()) : end]
    if value is None:
        gone = [text[at:to] for at, to in spans]
        made = text[:start] + text[min(end + 1, len(text)) :]
    else:
        gone = [text[at:to] for at, to in spans if to <= tail_at]
        new = toml(value)
        if "#" in behind:  # the comment keeps its column as far as there is room
            room = len(behind) - len(behind.lstrip(" ")) + len(old.rstrip()) - len(new)
            behind = " " * max(1, room) + behind.lstrip(" ")
        made = text[: before.end()] + new + behind + text[end:]
    return Edited(made, tuple(f"line {line}: {comment}" for comment in gone))


def _with_key(text: str, loc: Loc, value: object) -> Edited:
    """Add a key behind the last one of its own table."""
    table = loc[:-1]
    known = key_lines(text)
    rows = text.split("\n")
    own = [line for at, line in known.items() if at == table or (at[:-1] == table and isinstance(at[-1], str))]
    lines = [line for line in own if line == known.get(table) or not rows[line - 1].lstrip().startswith("[")]
    if not lines:
        raise EditRefused("its section is not there", hint=f"write by hand: {_line(loc[-1], value)}")
    at = text.count("\n", 0, end_of_statement(text, _line_start(rows, max(lines))[0])) + 1
    return Edited("\n".join([*rows[:at], _line(loc[-1], value), *rows[at:]]))


def _line(key: str | int, value: object) -> str:
    return f"{_key(str(key))} = {toml(value)}"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(value: object) -> str:
    """Write what JSON and TOML write alike; JSON leaves DEL as it is, and TOML takes none."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _line_start(lines: list[str], number: int) -> tuple[int, str]:
    return sum(len(line) + 1 for line in lines[: number - 1]), lines[number - 1]


def _comments(text: str, position: int, end: int) -> list[tuple[int, int]]:
    """Return where comments stand between two places."""
    found = []
    while position < end:
        part = VALUE_PART.match(text, position)
        assert part is not None
        if part[0].startswith("#"):
            found.append((position, part.end()))
        position = part.end()
    return found


def _put(raw: dict[str, Any], loc: Loc, value: object) -> dict[str, Any]:
    """Change a parsed file in place, as the text is to be changed."""
    table: Any = raw
    for step in loc[:-1]:
        table = table[step]
    if value is None:
        table.pop(loc[-1], None)
    else:
        table[loc[-1]] = json.loads(json.dumps(value))  # as TOML has it: lists and no tuples
    return raw


def _read(text: str) -> object:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
