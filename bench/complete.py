"""`complete` to fsync: a sale of five lines becomes a record, with its receipt job, its delivery and its answer."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

import aiosqlite

from agent import open_sales
from agent.app import App
from agent.config import load
from bench import bare, shop
from bench.rounds import Contender, Role, in_turns
from outbox.answers import Key
from outbox.ids import new_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from bench.effort import Effort
    from bench.rounds import Figure, Samples

LINES = 5
TILLS = 8


async def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Measure one till, then eight at once."""
    async with AsyncExitStack() as stack:
        shop_ = await stack.enter_async_context(_Shop(folder, tills=TILLS * effort.sales))
        payload = await shop_.payload()
        bench = _Bench(shop_, payload, effort.sales)
        bench.full = stack.enter_context(bare.sqlite_table(folder / "full.db", "full"))
        bench.extra = stack.enter_context(bare.sqlite_table(folder / "extra.db", "extra"))
        bench.file = stack.enter_context(bare.append_only(folder / "append.bin"))
        bench.common = await stack.enter_async_context(aiosqlite.connect(folder / "aiosqlite.db"))
        await bench.prepare()
        title = f"complete to fsync: a sale of {LINES} lines, {len(payload):,} bytes"
        one = await in_turns(f"{title}, 1 till", bench.contenders(1), effort.rounds)
        eight = await in_turns(f"{title}, {TILLS} tills at once", bench.contenders(TILLS), effort.rounds)
        return one + eight


class _Shop:
    """An agent with its journal open and nothing else running, so that only closing is measured.

    It has a till for every sale of a block: a till has one open sale at a time.
    """

    def __init__(self, folder: Path, *, tills: int) -> None:
        text = shop.configuration(tills=tills, printer="tcp://127.0.0.1:9", webhook="http://127.0.0.1:9/records")
        self.app = App(load(shop.write_configuration(folder, text)), folder / "state")
        self.tills = [till.id for till in self.app.config.tills]

    async def __aenter__(self) -> Self:
        await self.app.journal.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.app.journal.close()

    async def payload(self) -> bytes:
        """Return what one `complete` puts on the disk: the record's body and the answer kept."""
        (sale_id,) = await self.open_sales(1)
        await self.complete(sale_id)
        reader = self.app.journal.reader
        (record,) = reader.execute("select body from record where id = ?", (sale_id,)).fetchone()
        (answer,) = reader.execute("select body from answer").fetchone()
        for table in ("delivery", "print_job"):
            (rows,) = reader.execute(f"select count(*) from {table}").fetchone()
            assert rows == 1, f"the sale was to leave a row in {table}"
        return f"{record}{answer}".encode()

    async def open_sales(self, count: int) -> list[str]:
        """Put paid sales on the disk, a till each; return their ids."""
        sales = [shop.paid_sale(till, LINES) for till in self.tills[:count]]

        def change(connection: sqlite3.Connection) -> None:
            for sale in sales:
                open_sales.save(connection, sale, shop.AT)

        await self.app.journal.write(change)
        return [sale.id for sale in sales]

    async def complete(self, sale_id: str) -> None:
        """Complete a sale as the local API does."""
        reply = await self.app.closing.complete(sale_id, key=Key("bench", new_id(), sale_id))
        assert reply.body["receipt_number"]


class _Bench:
    full: sqlite3.Connection
    extra: sqlite3.Connection
    common: aiosqlite.Connection
    file: int

    def __init__(self, shop_: _Shop, payload: bytes, sales: int) -> None:
        self._shop = shop_
        self._payload = payload
        self._sales = sales

    async def prepare(self) -> None:
        await self.common.execute("pragma journal_mode = wal")
        await self.common.execute("pragma synchronous = full")
        await self.common.execute("create table fact(id integer primary key, body blob not null)")
        await self.common.commit()

    def contenders(self, tills: int) -> list[Contender]:
        async def ours() -> Samples:
            sales = await self._shop.open_sales(tills * self._sales)
            return await _shared(tills, sales, self._shop.complete)

        def bare_(work: Callable[[], None]) -> Callable[[], Awaitable[Samples]]:
            """One after the other, in place: for many tills no faster, and each would wait for the others' turns."""

            async def block() -> Samples:
                samples = dict(_sequential(self._sales * tills, work))
                if tills > 1:
                    del samples["µs"]  # the wait for one's turn is not in it
                return samples

            return block

        async def aio() -> Samples:
            return await _shared(tills, [""] * tills * self._sales, self._aiosqlite)

        return [
            Contender("App.closing.complete", Role.OURS, ours),
            Contender("aiosqlite on one connection, insert and commit", Role.PEER, aio),
            Contender("bare SQLite, WAL, FULL", Role.PEER, bare_(lambda: bare.commit(self.full, self._payload))),
            Contender("bare SQLite, WAL, EXTRA", Role.PEER, bare_(lambda: bare.commit(self.extra, self._payload))),
            Contender("append and fdatasync", Role.LIMIT, bare_(lambda: bare.append(self.file, self._payload))),
        ]

    async def _aiosqlite(self, _: str) -> None:
        await self.common.execute("insert into fact(body) values (?)", (self._payload,))
        await self.common.commit()


async def _shared(tills: int, work: Sequence[str], do: Callable[[str], Awaitable[None]]) -> Samples:
    """Let `tills` tasks do the work, each one after the other; return each one's time and the rate of all."""
    samples: list[float] = []

    async def till(mine: Sequence[str]) -> None:
        for one in mine:
            started = time.perf_counter()
            await do(one)
            samples.append((time.perf_counter() - started) * 1e6)

    began, cpu = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as group:
        for number in range(tills):
            group.create_task(till(work[number::tills]))
    return _with_rates(samples, began, cpu)


def _sequential(count: int, work: Callable[[], None]) -> Samples:
    samples = []
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(count):
        started = time.perf_counter()
        work()
        samples.append((time.perf_counter() - started) * 1e6)
    return _with_rates(samples, began, cpu)


def _with_rates(samples: list[float], began: float, cpu: float) -> Samples:
    """Add what holds on any disk: the CPU time of a sale, in all threads."""
    count = len(samples)
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {"µs": samples, "sales/s": [count / took], "CPU µs/sale": [cpu * 1e6 / count]}
