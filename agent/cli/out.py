"""How commands speak: answers on stdout or in a file, trouble and its next step on stderr, and the exit codes."""

from __future__ import annotations

import errno
import io
import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.new_file import new_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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


@contextmanager
def giving(file: Path) -> Iterator[Path]:
    """Yield where to write what `file` is to hold; see `new_file`. Raises `CommandError`."""
    with writing(file), new_file(file) as part:
        yield part


@contextmanager
def writing(file: Path) -> Iterator[None]:
    """Say of a new file that cannot be made why not, and the next step. Raises `CommandError`."""
    try:
        yield
    except FileExistsError:
        raise CommandError(f"{file} is there already", hint="name another file, or remove that one") from None
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise CommandError(
            f"{file} cannot be written: {error.strerror or error}",
            hint="free some space there, or name a file on another disk" if full else "name another file or folder",
        ) from error


def give(lines: Iterable[str], file: str | None) -> None:
    """Write lines of an answer to the screen, or into a new file. Raises `CommandError`."""
    if file is None:
        sys.stdout.writelines(lines)
        return
    with giving(Path(file)) as part, part.open("w", encoding="utf-8") as target:
        target.writelines(lines)


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
