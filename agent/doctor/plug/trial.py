"""The trial itself: sells into test journals beside the real one until it is stopped, and opens them after the cut.

A test journal is the agent's own: the same folder's disk, the same opening, writer, pragmas and facts. While the
counter is being told of one sale the next are sold, so that the disk is as busy as it can be when the power goes.
"""

from __future__ import annotations

import asyncio
import platform
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agent.doctor.plug.count import TRIAL_CHARS, TRIAL_LETTERS, is_trial, machine_name
from agent.doctor.plug.verdict import There
from agent.facts import Facts, TillSetup
from outbox import chain, clock, schema
from outbox.errors import JournalDamaged, OutboxError
from outbox.folder_sync import sync_folder
from outbox.ids import new_id
from outbox.journal import FILE, Journal
from outbox.record import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from agent.doctor.plug.counters import Counter
    from agent.facts import Written

FOLDER = "pull-the-plug"  # in the state folder, so that it is on the journal's own disk
TRIAL_SALES = 50_000  # some 200 MB; then the next test journal is begun and this one goes
LINES_MAX = 40  # of most sales: 0.5 to 7 KB, one to three blocks of the log
LARGE_EVERY = 50  # one sale in so many is
LARGE_LINES = 400  # 60 KB: its commit is a dozen blocks, which a cut may fall between

_TILL = TillSetup("plug")
_FACTS = Facts("pull-the-plug", {})


def trials(root: Path) -> list[str]:
    """Return the trials whose test journals are on the disk."""
    if not root.is_dir():
        return []
    return sorted(path.name for path in root.iterdir() if path.is_dir() and is_trial(path.name))


def remove(root: Path, trial: str) -> None:
    """Remove a test journal. Raises `OSError`."""
    shutil.rmtree(root / trial)


@dataclass(slots=True)
class Trial:
    """Sells until `stop` is set. `root` is the folder of the test journals, which is there."""

    root: Path
    counter: Counter
    stop: asyncio.Event
    progress: Callable[[str, int], None]
    random: Random
    sales_max: int = TRIAL_SALES
    boot: Callable[[], str] = clock.boot_id
    machine: Callable[[], str] = platform.node

    async def run(self) -> int:
        """Sell in one test journal after another, end in order and leave none. Returns how many were acknowledged.

        Raises `OutboxError` where the disk itself says no, and `CounterTrouble`; the test journals then stay.
        """
        total = 0
        while not self.stop.is_set():
            name = self._new_name()
            _durable_folder(self.root / name)
            journal = Journal(self.root / name)
            await journal.open()
            try:
                await self.counter.begin(name, self.boot(), machine_name(self.machine()))
                total += await self._sell_in(journal, name)
                if self.stop.is_set():
                    await self.counter.end(name)
            finally:
                await journal.close()
        for name in trials(self.root):
            await asyncio.to_thread(remove, self.root, name)
        return total

    async def _sell_in(self, journal: Journal, name: str) -> int:
        """Sell in one test journal. Those before it go when the counter has heard of its first sale, not before."""
        number = 0
        earlier = [trial for trial in trials(self.root) if trial != name]
        telling: asyncio.Task[None] | None = None
        try:
            while number < self.sales_max and not self.stop.is_set():
                number = (await journal.write(_sale(name, number + 1, self.random))).record.till_seq
                self.progress(name, number)
                if telling is not None and not telling.done():
                    continue
                if telling is not None:
                    await telling
                    while earlier:
                        await asyncio.to_thread(remove, self.root, earlier.pop())
                telling = asyncio.create_task(self.counter.acknowledged(number), name="tell the counter")
            if telling is not None:
                await telling
                await self.counter.acknowledged(number)
        finally:
            if telling is not None:
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)
        return number

    def _new_name(self) -> str:
        taken = trials(self.root)
        while True:
            name = "".join(self.random.choices(TRIAL_LETTERS, k=TRIAL_CHARS))
            if name not in taken:
                return name


async def look(root: Path, trial: str) -> There:
    """Open a test journal with the agent's own opening, and follow its chain from the first sale.

    Raises `OutboxError` where it cannot be opened for a reason that is not damage.
    """
    if not (root / trial / FILE).exists():
        return There(0)
    journal = Journal(root / trial)
    try:
        await journal.open()
    except JournalDamaged as error:
        return There(_whole(root / trial / FILE), fault=str(error))
    try:
        found = chain.verify(journal.reader)
        newest = chain.newest(journal.reader, 1)
        boot = newest[0].body["clock"]["boot"] if newest else None
        fault = None if found.broken is None else f"sale {found.records + 1} does not hold: {found.broken.reason}"
        return There(found.records, boot, fault)
    finally:
        await journal.close()


def _whole(path: Path) -> int:
    """Return how many sales of a damaged journal can be read before the damage."""
    try:
        with closing(schema.connect_to_read(path)) as reader:
            return chain.verify(reader).records
    except (OutboxError, sqlite3.DatabaseError):
        return 0


def _sale(trial: str, number: int, random: Random) -> Callable[[sqlite3.Connection], Written]:
    """Return the change that writes one sale; the same whenever it is run."""
    lines = LARGE_LINES if random.randrange(LARGE_EVERY) == 0 else random.randint(1, LINES_MAX)
    prices = [random.randint(1, 9_999) for _ in range(lines)]
    body: dict[str, Any] = {
        "trial": trial,
        "number": number,
        "currency": "EUR",
        "lines": [
            {"name": f"Thing {price}", "sku": f"T-{price:04d}", "quantity": "1", "price": price, "total": price}
            for price in prices
        ],
        "total": sum(prices),
        "tenders": [{"type": "cash", "amount": sum(prices)}],
    }
    record_id, at = new_id(), datetime.now(UTC)

    def change(connection: sqlite3.Connection) -> Written:
        return _FACTS.write(connection, _TILL, Kind.SALE, record_id, at, body)

    return change


def _durable_folder(folder: Path) -> None:
    """Make a folder that is still there after a power cut, as the agent's own has been for long."""
    folder.mkdir(mode=0o700)
    for path in (folder, folder.parent, folder.parent.parent):
        sync_folder(path)
