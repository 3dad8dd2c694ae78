"""A first pull of a whole catalogue, then of what changed: time, CPU, memory, and what a sale feels of it meanwhile.

The pages are a Square's, made beforehand and handed over at once: what is left is reading them, and the catalogue's
file. The limit is reading the same JSON and as many bare inserts, a commit a page.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import resource
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.pulling import SWEEP_REST_S
from bench import backlog
from bench.rounds import Contender, Role, in_turns
from outbox import chain
from outbox.catalogue import Catalogue
from outbox.clouds import StoreFacts, make
from outbox.clouds.square import Settings
from outbox.connector import Answer
from outbox.journal import Journal
from outbox.pull import WITHOUT_WISHES, Wishes, pull

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from bench.effort import Effort
    from bench.rounds import Figure, Samples
    from outbox.connector import Request
    from outbox.record import Draft, Record

PAGE_ITEMS = 500  # what the connector asks Square for
CHANGED = 100
SALE_EVERY_S = 0.02  # of the sales beside a pull: many more than a store has
BESIDE_NOTHING_S = 5.0  # for how long sales are made with no pull beside them
STORE = StoreFacts("store-1", "EUR", prices_include_tax=True, timezone="Europe/Berlin")
MIB = 1024.0**2

_folders = itertools.count(1)


class Pages:
    """A session whose answers are ready: page after page, and then what changed."""

    def __init__(self, items: int) -> None:
        numbers = range(items)
        starts = range(0, items, PAGE_ITEMS)
        self.bodies = [_page(numbers[start : start + PAGE_ITEMS], more=start + PAGE_ITEMS < items) for start in starts]
        self.changed = _page(range(min(CHANGED, items)), more=False, price=77)
        self.rss_max = 0.0  # MiB, of this process, seen at any page

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:  # noqa: ARG002 - a session's
        """Answer a catalogue page."""
        self.rss_max = max(self.rss_max, resident_mib())
        body = json.loads(request.body)
        if "begin_time" in body:
            return Answer(200, {}, self.changed)
        return Answer(200, {}, self.bodies[int(body.get("cursor", "0"))])


async def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Measure the first pull, then the changes, then sales beside it."""
    pages = Pages(effort.pulled_items)
    whole = f"first pull of {effort.pulled_items:,} items, {PAGE_ITEMS} a page"
    bench = _Bench(folder, pages)
    found = await in_turns(
        whole,
        [
            Contender("outbox.pull of Square's pages", Role.OURS, bench.first),
            Contender("json.loads and bare inserts, a commit a page", Role.LIMIT, bench.bare),
        ],
        effort.pulls,
        warm=False,
    )
    found += await in_turns(
        f"{CHANGED} of them changed", [Contender("outbox.pull", Role.OURS, bench.changes)], effort.pulls, warm=False
    )
    found += await in_turns(
        "a sale's record to fsync",
        [
            Contender("beside a first pull as the agent makes it", Role.OURS, partial(bench.sales, beside=True)),
            Contender("beside nothing", Role.PEER, partial(bench.sales, beside=False)),
        ],
        effort.pulls,
        warm=False,
    )
    return found


class _Bench:
    def __init__(self, folder: Path, pages: Pages) -> None:
        self._folder = folder
        self._pages = pages
        given = {"base_url": "http://127.0.0.1:9", "token": "x", "location_id": "L1", "stock": "none"}
        settings = Settings.model_validate(given | {"taxes": {"standard": "T"}})
        self._connector = make("square", settings, STORE)

    async def _opened(self) -> Catalogue:
        state = self._folder / f"state-{next(_folders)}"
        state.mkdir()
        catalogue = Catalogue(state)
        await catalogue.open()
        return catalogue

    async def _pull(self, catalogue: Catalogue, wishes: Wishes = WITHOUT_WISHES) -> None:
        pulled = await pull("square", self._connector, self._pages, catalogue, wishes=wishes)
        assert pulled.ended is None, pulled.ended
        assert pulled.items, "nothing was pulled"

    async def first(self) -> Samples:
        """Pull everything into an empty catalogue."""
        catalogue = await self._opened()
        try:
            self._pages.rss_max = before = resident_mib()
            samples = await _timed(partial(self._pull, catalogue))
            assert catalogue.count() == sum(len(json.loads(body)["objects"]) for body in self._pages.bodies)
        finally:
            await catalogue.close()
        return {
            "s": [samples["s"]],
            "CPU s": [samples["CPU s"]],
            "MiB more at its most": [self._pages.rss_max - before],
        }

    async def changes(self) -> Samples:
        """Pull what changed into a full one."""
        catalogue = await self._opened()
        try:
            await self._pull(catalogue)
            samples = await _timed(partial(self._pull, catalogue))
        finally:
            await catalogue.close()
        return {"ms": [samples["s"] * 1e3], "CPU ms": [samples["CPU s"] * 1e3]}

    async def bare(self) -> Samples:
        """Read the same pages and insert as many rows."""

        async def work() -> None:
            await asyncio.to_thread(self._insert, self._folder / f"bare-{next(_folders)}.db")

        samples = await _timed(work)
        return {"s": [samples["s"]], "CPU s": [samples["CPU s"]]}

    def _insert(self, file: Path) -> None:
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("CREATE TABLE item (sku TEXT PRIMARY KEY, name TEXT, price INTEGER, barcode TEXT)")
            for body in self._pages.bodies:
                connection.execute("BEGIN")
                connection.executemany("INSERT INTO item VALUES (?, ?, ?, ?)", map(_row, json.loads(body)["objects"]))
                connection.execute("COMMIT")

    async def sales(self, *, beside: bool) -> Samples:
        """Write a record every so often, while a catalogue is pulled or for as long as that takes."""
        catalogue = await self._opened()
        journal = Journal(self._folder / f"journal-{next(_folders)}")
        await journal.open()
        try:
            wishes = Wishes(rest=lambda: asyncio.sleep(SWEEP_REST_S))
            pulling = asyncio.create_task(self._pull(catalogue, wishes) if beside else asyncio.sleep(BESIDE_NOTHING_S))
            samples: list[float] = []
            drafts = itertools.count()
            while not pulling.done():
                draft = backlog.draft(f"till-{next(drafts) % 3 + 1}", backlog.body())
                began = time.perf_counter()
                await journal.write(partial(_append, draft=draft))
                samples.append((time.perf_counter() - began) * 1e3)
                await asyncio.sleep(SALE_EVERY_S)
            await pulling
        finally:
            await journal.close()
            await catalogue.close()
        return {"ms": samples}


async def _timed(work: Callable[[], Awaitable[None]]) -> dict[str, float]:
    cpu, began = time.process_time(), time.perf_counter()
    await work()
    return {"s": time.perf_counter() - began, "CPU s": time.process_time() - cpu}


def _append(connection: sqlite3.Connection, draft: Draft) -> Record:
    return chain.append(connection, draft)[0]


def _page(numbers: Sequence[int], *, more: bool, price: int = 250) -> bytes:
    page: dict[str, Any] = {"objects": [_item(number, price) for number in numbers]}
    if more:
        page["cursor"] = str(numbers[-1] // PAGE_ITEMS + 1)
    return json.dumps(page | {"latest_time": datetime(2026, 11, 21, tzinfo=UTC).isoformat()}).encode()


def _item(number: int, price: int) -> dict[str, Any]:
    common = {"updated_at": "2026-11-20T10:00:00Z", "version": 1_700_000_000_000, "present_at_all_locations": True}
    variation = {
        "item_id": f"I{number}",
        "name": "Regular",
        "sku": f"SKU-{number:06}",
        "upc": f"{4_000_000_000_000 + number}",
        "pricing_type": "FIXED_PRICING",
        "price_money": {"amount": price, "currency": "EUR"},
    }
    made = {"type": "ITEM_VARIATION", "id": f"V{number}", "item_variation_data": variation, **common}
    data = {"name": f"Item {number} of a shop with many", "tax_ids": ["T"], "variations": [made]}
    return {"type": "ITEM", "id": f"I{number}", "item_data": data, **common}


def _row(value: Mapping[str, Any]) -> tuple[str, str, int, str]:
    variation = value["item_data"]["variations"][0]["item_variation_data"]
    return variation["sku"], value["item_data"]["name"], variation["price_money"]["amount"], variation["upc"]


def resident_mib() -> float:
    """Return what of this process is in memory, in MiB."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:  # not Linux: its most so far
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB
