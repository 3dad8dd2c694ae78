"""The demo's world: devices on a bench, a cloud, the line between, and what a visitor may do to them."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from agent.demo import shop
from agent.demo.cloud import CloudServer, DemoCloud
from agent.demo.faults import Faults
from agent.demo.line import Line
from agent.problem import conflict, not_found
from drivers.errors import PortError
from drivers.simulated.bench import Bench
from drivers.simulated.printer import Model, SimulatedPrinter
from drivers.simulated.scale import SimulatedScale
from drivers.simulated.scanner import SimulatedScanner

if TYPE_CHECKING:
    from pathlib import Path

    from drivers.simulated.printer import Receipt

SCAN_WAIT_S = 2.0  # for the agent to have the scanner open; it takes milliseconds
PICTURES_KEPT = 50  # drawn receipts; an older one is drawn again when it is looked at
RECEIPTS_KEPT = 200  # an afternoon's
ORDERS_SHOWN = 50


class World:
    """Everything around the agent. `folder` gets the configuration and the secret."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench()
        self.scanner = SimulatedScanner()
        self.scale = SimulatedScale()
        self._on_pan: str | None = None  # by its sku
        self.printer = SimulatedPrinter(Model(columns=shop.COLUMNS), on_event=self._happened)
        self.faults = Faults(self.printer, self.bench)
        self._folder = folder
        self._cloud: DemoCloud | None = None
        self._server: CloudServer | None = None
        self._line: Line | None = None
        self._receipts: OrderedDict[int, Receipt] = OrderedDict()
        self._cut_off = 0  # receipts so far
        self._pictures: OrderedDict[int, bytes] = OrderedDict()

    async def start(self) -> Path:
        """Put the devices on the bench and the cloud on its line; return the agent's configuration."""
        self.bench.add(shop.SCANNER, self.scanner)
        self.bench.add(shop.SCALE, self.scale)
        self.bench.add(shop.PRINTER, self.faults.cable)
        config = shop.write_configuration(self._folder, line_port=0)
        self._cloud = DemoCloud(shop.secret_of(self._folder))
        self._server = CloudServer(self._cloud)
        self._line = Line(await self._server.start())
        await self._line.plug()
        return shop.write_configuration(config.parent, line_port=self._line.port)

    async def stop(self) -> None:
        """Take everything down. May be called when only half of it came up."""
        await self.faults.stop()
        if self._line is not None:
            await self._line.close()
        if self._server is not None:
            await self._server.stop()
        await self.bench.close()

    # --- looking ---

    def view(self) -> dict[str, Any]:
        """Return everything a visitor can see, but the pictures."""
        cloud, line = self._running()
        newest = list(cloud.orders.values())[: -ORDERS_SHOWN - 1 : -1]
        return {
            "printer": {
                "receipts": list(self._receipts),
                "paper": not self.printer.paper_out,
                "cover_open": self.printer.cover_open,
                "power": self.printer.powered,
            },
            "faults": self.faults.view(),
            "drawer": {"open": self.printer.drawer_open, "openings": len(self.printer.kicks)},
            "scale": {"on": self._on_pan, "kg": shop.LOOSE.get(self._on_pan or "", "0.000")},
            "line": {"plugged": line.plugged},
            "cloud": {
                "trouble": str(cloud.trouble),
                "orders": [order.to_json() for order in newest],
                "count": len(cloud.orders),
                "doubles": cloud.doubles,
            },
        }

    async def picture(self, number: int) -> bytes:
        """Return a receipt as a PNG, drawn from the very bytes the printer got. Raises `Problem`."""
        receipt = self._receipts.get(number)
        if receipt is None:
            raise not_found("receipt-picture", f"The demo's printer has no receipt {number} (any more).")
        if number not in self._pictures:
            drawn = await asyncio.to_thread(self.printer.picture, receipt)
            self._pictures[number] = drawn
            while len(self._pictures) > PICTURES_KEPT:
                self._pictures.popitem(last=False)
        return self._pictures[number]

    # --- doing ---

    async def scan(self, code: str) -> None:
        """Hold a code before the scanner: its bytes go over its port, like a real one's. Raises `Problem`.

        A drawer still open is pushed shut first, as a cashier does before the next customer.
        """
        if self.printer.drawer_open:
            self.printer.close_drawer()
        try:
            async with asyncio.timeout(SCAN_WAIT_S):
                await self.scanner.scan(code)
        except (TimeoutError, PortError):
            raise conflict("scanner-not-read", "Nobody reads the demo's scanner just now: try again.") from None

    async def set_printer(self, *, paper: bool | None, cover_open: bool | None, power: bool | None) -> None:
        """Work the printer's switches; None leaves one as it is."""
        if paper is not None:
            (self.printer.load_paper if paper else self.printer.run_out_of_paper)()
        if cover_open is not None:
            (self.printer.open_cover if cover_open else self.printer.close_cover)()
        if power is True and not self.printer.powered:
            self.printer.power_on()
        elif power is False and self.printer.powered:
            await self.printer.power_off()

    def weigh(self, sku: str | None) -> None:
        """Put what lies beside the scale on its pan, in place of what is there; None clears it. Raises `Problem`."""
        if sku is not None and sku not in shop.LOOSE:
            raise not_found("loose-goods", f"Nothing with the sku {sku!r} lies beside the demo's scale.")
        self._on_pan = sku
        if sku is None:
            self.scale.lift()
        else:
            self.scale.put(shop.LOOSE[sku])

    def close_drawer(self) -> None:
        """Push the drawer shut."""
        self.printer.close_drawer()

    async def set_line(self, *, plugged: bool) -> None:
        """Pull the plug, or put it in."""
        _, line = self._running()
        await (line.plug() if plugged else line.cut())

    def cloud(self) -> DemoCloud:
        """Return the cloud, for its troubles."""
        return self._running()[0]

    def _running(self) -> tuple[DemoCloud, Line]:
        assert self._cloud is not None, "started first"
        assert self._line is not None, "started first"
        return self._cloud, self._line

    def _happened(self, event: str) -> None:
        if event == "status":
            self.faults.look()
        elif event == "receipt":
            self._cut_off += 1
            self._receipts[self._cut_off] = self.printer.receipts[-1]
            while len(self._receipts) > RECEIPTS_KEPT:
                self._receipts.popitem(last=False)
