"""What is wrong with a configuration: every problem at once, each with its place and its cure.

ConfigInvalid            `.problems`: all of them, in the order of the file
└── ConfigMissing        there is no such file
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

FOUND_CHARS_MAX = 60  # of a wrong value; enough to recognise it, short enough for one line

_URL_LOGIN = re.compile(r"//[^/\s]*@")  # a password may stand there

Loc = tuple[str | int, ...]  # a path into the file: ("till", 1, "printer") is the second till's printer


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong at `loc`. `fix` says what to write instead; `found` never holds a secret."""

    loc: Loc
    found: str
    fix: str
    code: str = "invalid"  # or "secret-missing", "kind-broken": the file is right, what it points at is not


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """A finding with its place in the file, ready to be shown. `line` counts from 1."""

    file: Path
    line: int | None
    key: str
    found: str
    fix: str
    code: str = "invalid"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else f"{self.file}"
        key = f" {self.key}:" if self.key else ""
        return f"{place}:{key} found {self.found}; {self.fix}"

    def to_json(self) -> dict[str, Any]:
        """Return the problem as `check --json` prints it."""
        return {
            "file": str(self.file),
            "line": self.line,
            "key": self.key,
            "found": self.found,
            "fix": self.fix,
            "code": self.code,
        }


class ConfigInvalid(Exception):
    """The configuration cannot be used."""

    def __init__(self, problems: Sequence[ConfigProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class ConfigMissing(ConfigInvalid):
    """There is no configuration file at the place named."""


def shown(value: object) -> str:
    """Return a value from the file as a person would recognise it, cut to `FOUND_CHARS_MAX`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, str):
        visible = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in value)
        visible = _URL_LOGIN.sub("//…@", visible)
        return f'"{_cut(visible)}"'
    return _cut(str(value))


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Return `did you mean "x"? ` for a word close to one of `words`, otherwise nothing."""
    from difflib import get_close_matches  # not while all is well

    by_fold = {known.casefold(): known for known in words}
    close = get_close_matches(word.casefold()[:FOUND_CHARS_MAX], by_fold, n=1)
    return f'did you mean "{by_fold[close[0]]}"? ' if close else ""


def _cut(text: str) -> str:
    return text if len(text) <= FOUND_CHARS_MAX else text[: FOUND_CHARS_MAX - 1] + "…"
