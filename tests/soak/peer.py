"""A process beside the agent's: it says hello, takes words from standard input, and writes its report at the end.

It ends with its input, so that nothing is left behind by a run that was itself killed.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

END = "end"


def say(value: Any) -> None:
    """Write one JSON line for whoever started this process."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


async def obey(words: dict[str, Callable[[], Any]]) -> None:
    """Do what is told and say what came of it, until told to end. Raises `EOFError` where nobody is there any more."""
    while (word := (await asyncio.to_thread(sys.stdin.readline)).strip()) != END:
        if not word:
            raise EOFError("the run that started this process is gone")
        say(words[word]())


def report(file: Path, value: Any) -> None:
    """Write the report, and say that it is there."""
    file.write_text(json.dumps(value), encoding="utf-8")
    say(str(file))
