"""How commands speak: answers on stdout, trouble and its next step on stderr, and the exit codes."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

OK = 0
FAILED = 1  # a check failed, or what was asked for is not there
WRONG = 2  # wrong usage or configuration


class CommandError(Exception):
    """A command cannot do what was asked. `hint` is the next step."""

    def __init__(self, message: str, *, hint: str = "", code: int = FAILED) -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code


def say(text: str = "") -> None:
    """Print a line of the answer."""
    print(text)


def say_json(value: Any) -> None:
    """Print the answer for a program."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def complain(message: str, hint: str = "") -> None:
    """Print trouble, and the next step on a line of its own."""
    print(f"stillopen: {message}", file=sys.stderr)
    if hint:
        print(f"  next: {hint}", file=sys.stderr)


def complain_plainly(text: str) -> None:
    """Print a line of trouble that names itself."""
    print(text, file=sys.stderr)


def survive_any_terminal() -> None:
    """Let a terminal that lacks a character (a Windows code page) show an escape instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
