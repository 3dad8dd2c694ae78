"""A whole agent with simulated devices, serving on a real socket: what the API's tests call."""

from __future__ import annotations

import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx
import websockets

from agent import api_token
from agent.app import App
from agent.config import load
from agent.server import Server
from drivers.simulated.bench import Bench
from drivers.simulated.printer import SimulatedPrinter
from drivers.simulated.scanner import SimulatedScanner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from starlette.routing import BaseRoute

    from drivers.simulated.bench import Peer

POS = "https://pos.example.com"  # a front end that may call
APPLE, MILK = "4006381333931", "96385074"  # barcodes

CONFIG = """
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"
default_tax = "standard"

[api]
port = 0
origins = ["https://pos.example.com"]

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

[[printer]]
name = "receipt"
port = "sim://receipt"

[[drawer]]
name = "drawer"
printer = "receipt"

[[tax]]
code = "standard"
rate = "19"
name = "VAT 19%"
"""
ITEMS = f"""sku,name,price,tax,barcode,unit
apple,Apple,0.50,standard,{APPLE},each
milk,"Milk ""fresh"", 1 l",1.19,standard,{MILK},each
a/b,Slashed,2.00,standard,,each
"""


@dataclass(slots=True)
class Shop:
    """A running agent. `client` calls it with the local token; `stranger` with nothing."""

    app: App
    server: Server
    client: httpx.AsyncClient
    stranger: httpx.AsyncClient
    printer: SimulatedPrinter
    scanner: SimulatedScanner
    token: str

    @property
    def own(self) -> str:
        """The origin of the agent's own pages."""
        return f"http://localhost:{self.server.port}"

    async def opened(self, till: str = "till-1") -> dict[str, Any]:
        """Open a sale."""
        return self.body(await self.client.post("/v1/sales", json={"till": till}))

    async def rung(self, barcode: str = APPLE, till: str = "till-1") -> dict[str, Any]:
        """Scan something."""
        return self.body(await self.client.post(f"/v1/tills/{till}/scan", json={"data": barcode}))

    async def sold(self, till: str = "till-1") -> dict[str, Any]:
        """Sell something; the record."""
        sale = await self.rung(till=till)
        paid = {"type": "cash", "amount": sale["due"]}
        self.body(await self.client.post(f"/v1/sales/{sale['id']}/tenders", json=paid))
        return self.body(await self.client.post(f"/v1/sales/{sale['id']}/complete"))

    def body(self, response: httpx.Response) -> dict[str, Any]:
        """Return an answer that is no refusal."""
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def events(self, **arguments: Any) -> websockets.connect:
        """Listen, with the local token if nothing else is said."""
        arguments.setdefault("additional_headers", {"Authorization": f"Bearer {self.token}"})
        return websockets.connect(f"ws://localhost:{self.server.port}/v1/events", proxy=None, **arguments)


@cache
def _no_tls() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # httpx would read 150 certificates for each client


def browser(**arguments: Any) -> httpx.AsyncClient:
    """Return a client that goes nowhere but to this PC."""
    return httpx.AsyncClient(verify=_no_tls(), trust_env=False, **arguments)


@asynccontextmanager
async def open_shop(
    folder: Path,
    *,
    config: str = CONFIG,
    extra_routes: Sequence[BaseRoute] = (),
    devices: Mapping[str, Peer] | None = None,
) -> AsyncIterator[Shop]:
    """Run an agent on the state in `folder`; called again, it is the same agent restarted."""
    file = folder / "stillopen.toml"
    file.write_text(config, "utf-8")
    bench, printer, scanner = Bench(), SimulatedPrinter(), SimulatedScanner()
    bench.add("receipt", printer)
    bench.add("counter", scanner)
    for name, device in (devices or {}).items():
        bench.add(name, device)
    app = App(load(file), folder / "state", bench=bench)
    try:
        async with app, Server(app, extra_routes=extra_routes) as server:
            await app.catalogue.import_csv(ITEMS, currency="EUR", taxes={"standard"})
            token = api_token.read(folder / "state")
            assert token is not None
            base = f"http://localhost:{server.port}"
            async with (
                browser(base_url=base, headers={"Authorization": f"Bearer {token}"}) as client,
                browser(base_url=base) as stranger,
            ):
                yield Shop(app, server, client, stranger, printer, scanner, token)
    finally:
        await bench.close()
