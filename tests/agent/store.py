"""A whole agent on simulated devices, in process: what the till's tests ring at."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from agent.api.bodies import NewLine, NewTender
from agent.app import App
from agent.config import load
from drivers.simulated.bench import Bench
from drivers.simulated.printer import SimulatedPrinter
from drivers.simulated.scanner import SimulatedScanner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from agent.cards.follow import Pace

MUG, TEA = "4006381333931", "96385074"
CONFIG = """
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"
locale = "de_DE"
default_tax = "standard"
[[till]]
id = "till-1"
scanner = "counter"
printer = "receipt"
drawer = "drawer"
[[till]]
id = "till-2"
[[scanner]]
name = "counter"
port = "sim://counter"
duplicate_window_ms = 0
templates = ["20IIIIIWWWWWC"]
[[printer]]
name = "receipt"
port = "sim://receipt"
fence = "gs_h"
wait_s = 60
[[drawer]]
name = "drawer"
printer = "receipt"
[[tax]]
code = "standard"
rate = "19"
[[tax]]
code = "reduced"
rate = "7"
"""
ITEMS = f"""sku,name,price,tax,barcode,unit
MUG,Becher,12.50,standard,{MUG},each
TEA,Tee,3.20,reduced,{TEA},each
APPLES,Äpfel,2.99,reduced,00123,kg
"""
WAIT_S = 15.0


@dataclass
class Clock:
    """The time, which moves by itself and when told to."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def forward(self, **by: float) -> None:
        self.ahead += timedelta(**by)


@dataclass
class Shop:
    """A running agent and what stands around it."""

    app: App
    printer: SimulatedPrinter
    scanner: SimulatedScanner
    bench: Bench
    clock: Clock
    events: list[dict[str, Any]] = field(default_factory=list)

    def told(self, kind: str) -> list[dict[str, Any]]:
        """Return the events of a type, oldest first."""
        return [event for event in self.events if event["type"] == kind]

    async def until(self, happened: Callable[[], Any]) -> Any:
        """Wait until something is so."""
        async with asyncio.timeout(WAIT_S):
            while not (found := happened()):
                await asyncio.sleep(0.005)
        return found

    async def connected(self) -> None:
        """Wait until the printer has answered."""
        await self.until(lambda: self.app.devices.printers["receipt"].status.online is not None)

    async def sale(self, *skus: str, till: str = "till-1") -> dict[str, Any]:
        """Ring items; returns the sale."""
        sale = (await self.app.ringing.open_sale(till, key=None)).body
        for sku in skus or ("MUG",):
            quantity = "1.234" if sku == "APPLES" else None
            wanted = NewLine(sku=sku, quantity=quantity)
            sale = (await self.app.ringing.add_line(sale["id"], wanted, key=None)).body
        return sale

    async def sold(self, *skus: str, till: str = "till-1", card: bool = False) -> dict[str, Any]:
        """Sell items for exact cash (or on a card); returns the record."""
        sale = await self.sale(*skus, till=till)
        tender = NewTender(type="card" if card else "cash", amount=sale["due"])
        await self.app.ringing.add_tender(sale["id"], tender, key=None)
        return (await self.app.closing.complete(sale["id"], key=None)).body

    def print_state(self, record: dict[str, Any]) -> tuple[str, str | None]:
        """Return what is known of a record's receipt, and why."""
        found = self.app.records.get(record["receipt_number"])
        return found["print"], found["print_reason"]

    async def ended(self, record: dict[str, Any]) -> str:
        """Wait until the receipt's way has ended."""
        await self.until(lambda: self.print_state(record)[0] != "pending")
        return self.print_state(record)[0]


@asynccontextmanager
async def opened(
    folder: Path,
    *,
    printer: SimulatedPrinter | None = None,
    config: str = CONFIG,
    clock: Clock | None = None,
    card_pace: Pace | None = None,
    need_secrets: bool = True,
) -> AsyncIterator[Shop]:
    """Run an agent on the state in `folder`; called again, it is the same agent restarted."""
    file = folder / "stillopen.toml"
    file.write_text(config, "utf-8")
    bench, scanner, clock = Bench(), SimulatedScanner(), clock or Clock()
    printer = printer or SimulatedPrinter()
    bench.add("receipt", printer)
    bench.add("counter", scanner)
    app = App(load(file, need_secrets=need_secrets), folder / "state", bench=bench, now=clock, card_pace=card_pace)
    shop = Shop(app, printer, scanner, bench, clock)
    hearing = asyncio.create_task(hear(app, shop.events))
    try:
        async with app:
            if not app.catalogue.count():
                result = await app.catalogue.import_csv(ITEMS, currency="EUR", taxes={"standard", "reduced"})
                assert result.ok, result.to_json()
            yield shop
    finally:
        hearing.cancel()
        await bench.close()


async def hear(app: App, events: list[dict[str, Any]]) -> None:
    """Keep every event, oldest first."""
    subscription = app.events.subscribe("a test")
    while True:
        events.append(json.loads(await subscription.next()))
