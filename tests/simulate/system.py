"""What a PC's system does around a process that dies: cables go quiet, files close, locks are free again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.simulated.bench import Bench

if TYPE_CHECKING:
    import asyncio
    import contextvars
    import sqlite3
    from collections.abc import Callable, Coroutine, Iterable
    from pathlib import Path
    from random import Random

    from agent.app import App
    from drivers.simulated.wire import WireEnd

    Outside = Callable[[Coroutine[None, None, WireEnd]], asyncio.Task[WireEnd]]

TORN_BYTES_MAX = 3 * 4120  # some frames of the log, as SQLite lays it out: 24 bytes and a page of 4,096


class StoreBench(Bench):
    """A bench whose devices outlive the agent that opens them. `outside` runs what does not die with it."""

    def __init__(self, outside: Outside) -> None:
        super().__init__()
        self._outside = outside
        self.opening: dict[str, asyncio.Task[WireEnd]] = {}

    async def open(self, name: str) -> WireEnd:
        task = self._outside(super().open(name))
        self.opening[name] = task
        try:
            return await task
        finally:
            self.opening.pop(name, None)

    def cut(
        self, names: Iterable[str], openings: dict[str, asyncio.Task[WireEnd]], context: contextvars.Context
    ) -> None:
        """Let go of devices, also of those that were just being opened."""
        for name in names:
            opening = openings.get(name)
            if opening is not None:
                opening.add_done_callback(_cut, context=context.copy())
            wire = self.wire(name)
            if wire is not None:
                wire.cut()


def close_files(app: App, files: list[sqlite3.Connection]) -> None:
    """Close what a dead agent had open. The reader goes last: SQLite would fold the log in after a writer."""
    for file in files:
        file.close()
    files.clear()
    reader, app.journal._reader = app.journal._reader, None
    if reader is not None:
        reader.close()
    app.catalogue._file._let_go()
    if app.journal._lock is not None:
        app.journal._lock.release()


def tear(state: Path, random: Random) -> None:
    """Leave at the log's end what a write that was cut off leaves there: tests/powercut does it in earnest."""
    log = state / "journal.db-wal"
    if log.exists():
        with log.open("ab") as file:
            file.write(random.randbytes(random.randint(1, TORN_BYTES_MAX)))


def _cut(opening: asyncio.Task[WireEnd]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().cut()
