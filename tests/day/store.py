"""The store of the day: the real agent in a process of its own, and everything around it, which outlives it.

Scanner, scale and printer are at the end of real sockets, the cloud behind a line that can be cut. The agent is the
installed `stillopen run`; it is killed and started again over the same state folder.
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx

from agent.demo import shop
from agent.demo.line import Line
from drivers.simulated.bench import serve_tcp
from drivers.simulated.printer import Model, SimulatedPrinter
from drivers.simulated.scale import SimulatedScale
from drivers.simulated.scanner import SimulatedScanner
from tests.clouds.lying_webhook import SECRET, LyingWebhook
from tests.clouds.serving import serving
from tests.line.lines import EMPTY, REDIRECT, Far, far_end

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

COMMAND = Path(sys.executable).with_name("stillopen")
HEALTHY_S = 60.0  # a start takes under a second; beside other programs on a small machine, more
LOOK_S = 0.01

CONFIG = """
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"
locale = "de_DE"
default_tax = "standard"
cash_rounding = "0.05"
receipt_header = ["Corner Shop"]
[api]
port = {port}
[[till]]
id = "till-1"
scanner = "counter"
printer = "receipt"
drawer = "drawer"
scale = "scale"
[[scanner]]
name = "counter"
port = "{scanner}"
duplicate_window_ms = 0
templates = ["{template}"]
[[printer]]
name = "receipt"
port = "{printer}"
fence = "gs_h"
columns = 48
[[drawer]]
name = "drawer"
printer = "receipt"
left_open_s = 0
[[scale]]
name = "scale"
port = "{scale}"
[[tax]]
code = "standard"
rate = "19"
name = "VAT 19 %"
[[tax]]
code = "reduced"
rate = "7"
name = "VAT 7 %"
[[tax]]
code = "levy"
rate = "2"
name = "Levy 2 %"
included = false
[[tax]]
code = "levy_tax"
rate = "10"
name = "Tax on levy 10 %"
included = false
compound = true
[[tax]]
code = "bag"
parts = ["levy", "levy_tax"]
[[cloud]]
name = "cloud"
kind = "webhook"
url = "http://127.0.0.1:{line}/hook"
secret = {{ file = "secret" }}
[line]
probe_url = "http://127.0.0.1:{neutral}/"
[shift]
count_float = {count_float}
[staff]
discount_limit = "20"
"""

# Beside the demo's shelf: what a sale asks for, what has a deposit, and what is taxed on top, twice.
WINE, PHONE, SALMON, COLA, BAG = "4006381333931", "96385074", "04012345678901", "4011100091108", "4005500123453"
_MORE = (
    {"sku": "9001", "name": "Red wine, dry", "price": "5.99", "barcode": WINE, "category": "Drinks", "min_age": "18"},
    {"sku": "9002", "name": "Phone charger", "price": "19.90", "barcode": PHONE, "track": "serial"},
    {"sku": "9003", "name": "Smoked salmon", "price": "4.50", "barcode": SALMON, "tax": "reduced", "track": "lot"},
    {"sku": "9004", "name": "Cola 1 l", "price": "0.94", "barcode": COLA, "deposit": "0.25", "deposit_tax": "standard"},
    {"sku": "9005", "name": "Paper bag", "price": "0.30", "barcode": BAG, "tax": "bag"},
)
_COLUMNS = ("sku", "name", "price", "tax", "barcode", "category", "unit", "stock", "min_age", "track", "deposit",
            "deposit_tax")  # fmt: skip


def catalogue() -> str:
    """Return the catalogue as a file of a store's: the demo's shelf and what stands beside it."""
    rows = [*csv.DictReader(io.StringIO(shop.catalogue_csv())), *_MORE]
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({"tax": "standard", "unit": "each", **row} for row in rows)
    return text.getvalue()


class Ended(AssertionError):
    """The agent ended, and nobody had killed it."""


class Store:
    """Everything around the agent, and the agent's process."""

    def __init__(self, folder: Path, *, port: int, count_float: bool = True) -> None:
        self.folder = folder
        self.port = port
        self.kills = 0
        self.scanner = SimulatedScanner()
        self.scale = SimulatedScale()
        self.printer = SimulatedPrinter(Model(columns=48))
        self.cloud = LyingWebhook()
        self.line: Line
        self.neutral: Far  # the page that tells the internet from a cloud
        self._count_float = count_float
        self._held = contextlib.AsyncExitStack()
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as held:
            cloud = await held.enter_async_context(serving(self.cloud))
            self.line = Line(int(cloud.rpartition(":")[2]))
            held.push_async_callback(self.line.close)
            await self.line.plug()
            self.neutral = await held.enter_async_context(far_end(EMPTY))
            served = {
                name: await held.enter_async_context(await serve_tcp(peer))
                for name, peer in (("scanner", self.scanner), ("scale", self.scale), ("printer", self.printer))
            }
            text = CONFIG.format(
                port=self.port,
                line=self.line.port,
                neutral=self.neutral.port,
                template=shop.TEMPLATE,
                count_float=str(self._count_float).lower(),
                **{name: one.url for name, one in served.items()},
            )
            (self.folder / "stillopen.toml").write_text(text, encoding="utf-8")
            (self.folder / "secret").write_text(SECRET, encoding="ascii")
            (self.folder / "items.csv").write_text(catalogue(), encoding="utf-8")
            held.push_async_callback(self._leave_nothing)
            await self.command("catalogue", "import", str(self.folder / "items.csv"))
            await self.start()
            self._held = held.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._held.aclose()

    # --- the agent's process ---

    async def start(self) -> None:
        """Start the agent, and return at once."""
        with (self.folder / "agent.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(*self._arguments("run"), stdout=log, stderr=log)

    async def healthy(self) -> None:
        """Return when it sells. Raises `Ended`."""
        async with asyncio.timeout(HEALTHY_S), httpx.AsyncClient(trust_env=False) as client:
            while True:
                if self._process is None or self._process.returncode is not None:
                    raise Ended(self._log())
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"http://127.0.0.1:{self.port}/healthz")).status_code == 200:
                        return
                await asyncio.sleep(LOOK_S)

    async def kill(self) -> None:
        """`kill -9`, of this very process. Raises `Ended` where it was gone already."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.kill()
        if await self._process.wait() != -signal.SIGKILL:
            raise Ended(self._log())
        self.kills += 1

    async def stop(self) -> None:
        """End it as a service manager does."""
        assert self._process is not None
        self._process.terminate()
        if await self._process.wait() != 0:
            raise Ended(self._log())

    async def command(self, *words: str) -> str:
        """Run another command of it to its end, and return what it said. Raises `AssertionError` where it fails."""
        process = await asyncio.create_subprocess_exec(
            *self._arguments(*words), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        said, complained = await process.communicate()
        assert process.returncode == 0, f"stillopen {' '.join(words)}: {said.decode()}{complained.decode()}"
        return said.decode()

    async def code(self) -> str:
        """Return six digits that pair a browser, as a person on this PC gets them."""
        return str(json.loads(await self.command("pair", "--json"))["code"])

    async def records(self) -> list[dict[str, Any]]:
        """Return every record of the journal, once its chain was followed, oldest first."""
        await self.command("journal", "verify")
        return [json.loads(line) for line in (await self.command("journal", "export")).splitlines()]

    def same_in_cloud(self, records: list[dict[str, Any]]) -> None:
        """See that the cloud has each record of the journal once, as it is there, and nothing else."""
        there = self.cloud.records
        assert len({record["id"] for record in records}) == len(records)
        assert set(there) == {record["id"] for record in records}
        for record in records:
            body = there[record["id"]]
            differs = {name: (value, record.get(name)) for name, value in body.items() if record.get(name) != value}
            assert not differs, (record["kind"], differs)

    async def delivered(self) -> None:
        """Return once nothing waits for the cloud. Raises `AssertionError` where something was parked."""
        async with asyncio.timeout(HEALTHY_S):
            while True:
                cloud = json.loads(await self.command("outbox", "status", "--json"))["clouds"]["cloud"]
                assert cloud["parked"] == 0, cloud
                if cloud["waiting"] + cloud["sending"] == 0:
                    return

    async def _leave_nothing(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def _arguments(self, *words: str) -> list[str]:
        return [
            *(str(COMMAND), "--config", str(self.folder / "stillopen.toml"), "--state", str(self.folder / "state")),
            *words,
        ]

    def _log(self) -> str:
        return "the agent ended by itself:\n" + (self.folder / "agent.log").read_text("utf-8", "replace")[-4000:]

    # --- what a person does to the devices, and the weather to the line ---

    async def outage(self) -> None:
        """Cut the line to the cloud; what answers in the internet's place is the sign-in page of a guest network."""
        self.neutral.says = REDIRECT
        await self.line.cut()

    async def line_back(self) -> None:
        """Let everything through again."""
        self.neutral.says = EMPTY
        await self.line.plug()

    def shut_drawer(self) -> None:
        """Push the drawer shut."""
        self.printer.close_drawer()

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait for something out here to be so."""
        async with asyncio.timeout(HEALTHY_S):
            while not happened():
                await asyncio.sleep(LOOK_S)

    def paper(self, words: str) -> list[str]:
        """Return what came out of the printer with these words on it, in the order it came out."""
        texts = [self.printer.text(receipt) for receipt in self.printer.receipts]
        return [text for text in texts if words in text]
