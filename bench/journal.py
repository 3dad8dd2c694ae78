"""The journal alone: one ready-made record to fsync, without the till's own work around it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

from bench import backlog, bare, crowd
from bench.rounds import Contender, Role, in_turns
from outbox import chain, schema
from outbox.journal import Journal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    import aiosqlite

    from bench.effort import Effort
    from bench.rounds import Figure, Samples
    from outbox.record import Draft, Record

WRITES_A_SALE = 2  # in a block, for each sale of the sale benches: the record is written faster than it is made


async def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Measure with 1, 6 and 64 writers at once."""
    async with AsyncExitStack() as stack:
        bench = _Bench(folder)
        await bench.journal.open()
        stack.push_async_callback(bench.journal.close)
        bench.alone = schema.connect(folder / "alone.db")
        stack.callback(bench.alone.close)
        bench.alone.execute("pragma synchronous = full")
        bench.common = await stack.enter_async_context(bare.aiosqlite_table(folder / "aiosqlite.db"))
        bench.table = stack.enter_context(bare.sqlite_table(folder / "bare.db"))
        bench.end = stack.enter_context(bare.append_only(folder / "append.bin"))
        bench.ring = stack.enter_context(bare.ring(folder / "ring.bin"))
        bench.body = (await bench.journal.write(partial(_append, draft=bench.drafts(1, 1)[0]))).canonical_body()
        found = []
        for tills, sales in zip(crowd.TILLS, effort.sales, strict=True):
            case = f"journal: a record of {len(bench.body):,} bytes to fsync, {tills} writing"
            found += await in_turns(case, bench.contenders(tills, WRITES_A_SALE * sales), effort.rounds)
        return found


class _Bench:
    alone: sqlite3.Connection
    common: aiosqlite.Connection
    table: sqlite3.Connection
    end: int
    ring: int
    body: bytes

    def __init__(self, folder: Path) -> None:
        self.journal = Journal(folder / "state")

    def drafts(self, tills: int, each: int) -> list[Draft]:
        fields = backlog.body()
        return [backlog.draft(f"till-{number % tills + 1}", fields) for number in range(tills * each)]

    def contenders(self, tills: int, each: int) -> list[Contender]:
        async def ours() -> Samples:
            return await crowd.together(tills, self.drafts(tills, each), self._write)

        async def alone() -> Samples:
            return crowd.in_place(tills, self.drafts(tills, each), self._commit)

        async def aio() -> Samples:
            return await crowd.together(tills, range(tills * each), lambda _: bare.commit_async(self.common, self.body))

        def bytes_(do: Callable[[bytes], None]) -> Callable[[], Awaitable[Samples]]:
            async def block() -> Samples:
                return crowd.in_place(tills, [self.body] * tills * each, do)

            return block

        return [
            Contender("Journal.write of chain.append", Role.OURS, ours),
            Contender("the same on a bare connection, a commit each", Role.PEER, alone),
            Contender("aiosqlite on one connection, insert and commit", Role.PEER, aio),
            Contender(
                "bare SQLite, WAL, FULL, the same bytes in a row", Role.PEER, bytes_(partial(bare.commit, self.table))
            ),
            Contender("append and fdatasync", Role.LIMIT, bytes_(partial(bare.append, self.end))),
            Contender("overwrite in place and fdatasync", Role.LIMIT, bytes_(partial(bare.overwrite, self.ring))),
        ]

    async def _write(self, draft: Draft) -> Record:
        return await self.journal.write(partial(_append, draft=draft))

    def _commit(self, draft: Draft) -> None:
        self.alone.execute("begin immediate")
        chain.append(self.alone, draft)
        self.alone.execute("commit")


def _append(connection: sqlite3.Connection, draft: Draft) -> Record:
    return chain.append(connection, draft)[0]
