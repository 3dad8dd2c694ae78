"""`complete` to fsync: a sale of five lines becomes a record, with its receipt job, its delivery and its answer."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Self

from agent import open_sales
from agent.app import App
from agent.config import load
from bench import backlog, bare, crowd, receiver, shop
from bench.rounds import Contender, Role, in_turns
from bench.rows import Rows
from outbox.answers import Key
from outbox.ids import new_id
from outbox.session import open_client

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    import aiosqlite

    from bench.effort import Effort
    from bench.rounds import Figure, Samples

LINES = 5
BATCH = 50  # records in a request of the lane
UNDER_WAY_WAIT_S = 30.0  # for a lane to make its first delivery
POLL_S = 0.002
BESIDE_A_COPY = 2  # sales before it is looked whether the copy is still made: so few may be made after it

_notes: list[str] = []


def notes() -> list[str]:
    """Return what the table has no column for."""
    return list(_notes)


async def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Measure 1, 6 and 64 tills: alone, then while a lane drains a backlog to a receiver; then 1 beside a copy."""
    _notes.clear()
    open_client(1)  # reads the certificates, once for the process: a tenth of a second that no sale waits for
    async with AsyncExitStack() as stack:
        cloud = await stack.enter_async_context(receiver.running())
        most = max(tills * sales for tills, sales in zip(crowd.TILLS, effort.sales, strict=True))
        shop_ = await stack.enter_async_context(_Shop(folder, f"{cloud}/records", tills=most))
        bench = _Bench(shop_, stack.enter_context((await shop_.rows()).file(folder / "rows.db")))
        bench.common = await stack.enter_async_context(bare.aiosqlite_table(folder / "aiosqlite.db"))
        bench.table = stack.enter_context(bare.sqlite_table(folder / "bare.db"))
        bench.end = stack.enter_context(bare.append_only(folder / "append.bin"))
        bench.ring = stack.enter_context(bare.ring(folder / "ring.bin"))
        title = f"complete to fsync: a sale of {LINES} lines, {len(bench.payload):,} bytes"
        found = []
        for tills, sales in zip(crowd.TILLS, effort.sales, strict=True):
            found += await in_turns(f"{title}, {crowd.called(tills)}", bench.alone(tills, sales), effort.rounds)
        for tills, sales in zip(crowd.TILLS, effort.sales, strict=True):
            case = f"{title}, {crowd.called(tills)}, while a lane drains"
            found += await in_turns(case, bench.beside(tills, sales, effort.draining), effort.rounds)
        bench.copied = await stack.enter_async_context(_copied(folder / "copied", f"{cloud}/records", effort))
        case = f"{title}, {crowd.called(1)}, while the journal is copied"
        found += await in_turns(case, bench.beside_a_copy(effort.sales[0]), effort.rounds)
        return found


@asynccontextmanager
async def _copied(folder: Path, cloud: str, effort: Effort) -> AsyncIterator[_Shop]:
    """Open a shop of its own whose journal a copy is made of: as large as is said, whatever was sold before."""
    copies = (folder / "copies").resolve()  # in stillopen.toml a path is one beside that file
    await asyncio.to_thread(copies.mkdir, parents=True)
    log = logging.getLogger("stillopen.backup")
    level = log.level
    log.setLevel(logging.CRITICAL)  # that they are on the same disk: here the sale and the copy are to share one
    try:
        async with _Shop(folder, cloud, tills=effort.sales[0], copies=copies) as shop_:
            await backlog.fill(shop_.app.journal, effort.copied, {})
            yield shop_
    finally:
        log.setLevel(level)


class _Shop:
    """An agent with its journal open and nothing running but, for some blocks, the lane of its cloud.

    It has a till for every sale of a block: a till has one open sale at a time.
    """

    def __init__(self, folder: Path, cloud: str, *, tills: int, copies: Path | None = None) -> None:
        tills = max(tills, backlog.TILLS)
        text = shop.configuration(tills=tills, printer="tcp://127.0.0.1:9", webhook=cloud, batch=BATCH, copies=copies)
        self.app = App(load(shop.write_configuration(folder, text)), folder / "state")
        self.tills = [till.id for till in self.app.config.tills]

    async def __aenter__(self) -> Self:
        await self.app.journal.open()
        await self.app.catalogue.open()
        await self.app.lanes.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.app.lanes.close()
        await self.app.catalogue.close()
        await self.app.journal.close()

    async def rows(self) -> Rows:
        """Complete a sale, and return what that put on the disk."""
        (sale_id,) = await self.open_sales(1)
        key = await self.complete(sale_id)
        return Rows(self.app.journal.reader, sale_id, key)

    async def open_sales(self, count: int) -> list[str]:
        """Put paid sales on the disk, a till each; return their ids."""
        sales = [shop.paid_sale(till, LINES) for till in self.tills[:count]]

        def change(connection: sqlite3.Connection) -> None:
            for sale in sales:
                open_sales.save(connection, sale, shop.AT)

        await self.app.journal.write(change)
        return [sale.id for sale in sales]

    async def complete(self, sale_id: str) -> str:
        """Complete a sale as the local API does; return the key that it was asked under."""
        key = Key("bench", new_id(), sale_id)
        reply = await self.app.closing.complete(sale_id, key=key)
        assert reply.body["receipt_number"]
        return key.key

    def count(self, state: str) -> int:
        """Return how many deliveries are in a state."""
        question = "select coalesce(sum(count), 0) from delivery_count where state = ?"
        (found,) = self.app.journal.reader.execute(question, (state,)).fetchone()
        return int(found)

    @asynccontextmanager
    async def draining(self, at_least: int) -> AsyncIterator[None]:
        """Let the lane run, with at least so many records waiting when it begins; yields once it delivers."""
        missing = at_least - self.count("waiting")
        if missing > 0:
            await backlog.fill(self.app.journal, missing, self.app.lanes.kinds)
        already = self.count("delivered")
        tasks = [asyncio.create_task(work, name=name) for name, work in self.app.lanes.tasks()]
        try:
            async with asyncio.timeout(UNDER_WAY_WAIT_S):
                while self.count("delivered") == already:  # noqa: ASYNC110 - an event would cost the lane
                    await asyncio.sleep(POLL_S)
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class _Bench:
    common: aiosqlite.Connection
    table: sqlite3.Connection
    end: int
    ring: int
    copied: _Shop

    def __init__(self, shop_: _Shop, rows: Rows) -> None:
        self._shop = shop_
        self._rows = rows
        self.payload = rows.payload

    def alone(self, tills: int, sales: int) -> list[Contender]:
        async def aio() -> Samples:
            return await crowd.together(
                tills, range(tills * sales), lambda _: bare.commit_async(self.common, self.payload)
            )

        return [
            Contender("App.closing.complete", Role.OURS, partial(self._ours, tills, sales)),
            Contender("aiosqlite on one connection, insert and commit", Role.PEER, aio),
            Contender("bare SQLite, WAL, FULL, the same rows", Role.PEER, self._bare(tills, sales, self._commit_rows)),
            Contender(
                "bare SQLite, WAL, FULL, the same bytes in a row", Role.PEER, self._bare(tills, sales, self._commit)
            ),
            *self._limits(tills, sales),
        ]

    def beside(self, tills: int, sales: int, waiting: int) -> list[Contender]:
        async def ours() -> Samples:
            async with self._shop.draining(waiting):
                before, began = self._shop.count("delivered"), asyncio.get_running_loop().time()
                samples = await self._ours(tills, sales)
                took = asyncio.get_running_loop().time() - began
                drained = self._shop.count("delivered") - before
                if not self._shop.count("waiting"):
                    note = f"complete: with {crowd.called(tills)}, the backlog was gone before the sales were made"
                    _notes[:] = [*(kept for kept in _notes if kept != note), note]
            return {**samples, "events/s meanwhile": [drained / took]}

        return [
            Contender("App.closing.complete, while the lane drains", Role.OURS, ours),
            Contender("App.closing.complete, alone", Role.OURS, partial(self._ours, tills, sales)),
            Contender("bare SQLite, WAL, FULL, the same rows", Role.PEER, self._bare(tills, sales, self._commit_rows)),
            *self._limits(tills, sales),
        ]

    def beside_a_copy(self, sales: int) -> list[Contender]:
        async def ours() -> Samples:
            copying = asyncio.create_task(self.copied.app.backups.make(), name="backup")
            samples: dict[str, list[float]] = {}
            while not copying.done():
                for unit, taken in (await _sold(self.copied, 1, BESIDE_A_COPY)).items():
                    samples.setdefault(unit, []).extend(taken)
            assert await copying, self.copied.app.backups.view()
            return samples

        return [
            Contender("App.closing.complete, while the copy is made and read again", Role.OURS, ours),
            Contender("App.closing.complete, alone", Role.OURS, partial(_sold, self.copied, 1, sales)),
            Contender("bare SQLite, WAL, FULL, the same rows", Role.PEER, self._bare(1, sales, self._commit_rows)),
            *self._limits(1, sales),
        ]

    async def _ours(self, tills: int, sales: int) -> Samples:
        return await _sold(self._shop, tills, sales)

    def _limits(self, tills: int, sales: int) -> list[Contender]:
        return [
            Contender("append and fdatasync", Role.LIMIT, self._bare(tills, sales, self._append)),
            Contender("overwrite in place and fdatasync", Role.LIMIT, self._bare(tills, sales, self._overwrite)),
        ]

    def _bare(self, tills: int, sales: int, work: Callable[[object], None]) -> Callable[[], Awaitable[Samples]]:
        async def block() -> Samples:
            return crowd.in_place(tills, range(tills * sales), work)

        return block

    def _commit_rows(self, _: object) -> None:
        self._rows.commit()

    def _commit(self, _: object) -> None:
        bare.commit(self.table, self.payload)

    def _append(self, _: object) -> None:
        bare.append(self.end, self.payload)

    def _overwrite(self, _: object) -> None:
        bare.overwrite(self.ring, self.payload)


async def _sold(shop_: _Shop, tills: int, sales: int) -> Samples:
    return await crowd.together(tills, await shop_.open_sales(tills * sales), shop_.complete)
