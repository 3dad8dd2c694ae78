"""Scan byte to event: what a cashier feels between the beep and the line on the screen."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import threading
import time
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Self

from agent import api_token
from agent.app import App
from agent.config import load
from agent.server import Server
from bench import bare, shop
from bench.rounds import Contender, Role, in_turns
from drivers.device import DeviceState
from drivers.ports import open_port
from drivers.scanner.scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from bench.effort import Effort
    from bench.rounds import Figure, Samples

BASKET = 10  # scans before the sale is given up and the next begins: an ordinary basket
READY_WAIT_S = 10.0  # for a scanner on a pty to be opened


async def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Measure up to the decoded scan, then up to the event, which comes after the basket is on the disk."""
    if sys.platform == "win32":
        return []  # there is no pty to stand in for a serial line
    scans = effort.baskets * BASKET
    async with AsyncExitStack() as stack:
        lines = [stack.enter_context(Pty()) for _ in range(4)]
        ring = _Ring(lines[0], folder)
        await stack.enter_async_context(ring)
        await ring.basket(ring.next_event)  # brings up everything that is made at the first scan
        decoded = await stack.enter_async_context(_Decoded(lines[1]))
        ringing = await stack.enter_async_context(_Reader(lines[2]))
        peer = stack.enter_context(_PySerial(lines[3]))
        table = stack.enter_context(bare.sqlite_table(folder / "bare.db", "full"))
        document = b"x" * ring.document_bytes
        bare_scan = partial(_block, ringing.scan, scans)
        committed = partial(_block, ringing.scan, scans, after=lambda: bare.commit(table, document))
        hops = await in_turns(
            "scan: byte on the line to decoded scan (nothing written)",
            [
                Contender("Scanner to its listener", Role.OURS, partial(_block, decoded.scan, scans)),
                Contender("pyserial's ReaderThread and LineReader", Role.PEER, partial(_block, peer.scan, scans)),
                Contender("bare pty: os.read on a thread, call_soon_threadsafe", Role.LIMIT, bare_scan),
            ],
            effort.rounds,
        )
        events = await in_turns(
            f"scan: byte on the line to event, the basket of 1 to {BASKET} lines on the disk",
            [
                Contender("event in the agent", Role.OURS, partial(ring.block, effort.baskets)),
                Contender("WebSocket frame at a front end", Role.OURS, partial(ring.frames, effort.baskets)),
                Contender("bare pty and a bare commit (WAL, FULL) of the basket", Role.LIMIT, committed),
            ],
            effort.rounds,
        )
        return hops + events


async def _block(
    scan: Callable[[bytes], Awaitable[None]], scans: int, *, after: Callable[[], None] | None = None
) -> Samples:
    samples = []
    for code in itertools.islice(_CODES, scans):
        started = time.perf_counter()
        await scan(code + b"\r")
        if after is not None:
            after()
        samples.append((time.perf_counter() - started) * 1e6)
    return {"µs": samples}


_CODES: Iterator[bytes] = itertools.cycle(code.encode() for code in shop.barcodes())


class Pty:
    """A pseudo terminal; `name` is the end a scanner is opened at."""

    def __enter__(self) -> Self:
        import tty

        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.name = os.ttyname(self.slave)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.master)
        os.close(self.slave)


class _Ring:
    """A whole agent with its scanner on a pty; every scan is rung, and the sale given up after a basket."""

    def __init__(self, line: Pty, folder: Path) -> None:
        text = shop.configuration(scanners=[f"serial://{line.name}"])
        self._app = App(load(shop.write_configuration(folder, text)), folder / "state")
        self._server = Server(self._app)
        self._line = line
        self._state = folder / "state"

    async def __aenter__(self) -> Self:
        await self._app.start()
        await self._server.start()
        await self._app.catalogue.import_csv(shop.catalogue_csv(), currency="EUR", taxes=set(shop.RULES.taxes))
        await until_ready(self._app.devices.scanners["counter-1"])
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop()
        await self._app.stop()

    async def block(self, baskets: int) -> Samples:
        samples: list[float] = []
        for _ in range(baskets):
            samples += await self.basket(self.next_event)
        return {"µs": samples}

    async def frames(self, baskets: int) -> Samples:
        """Do the same with a front end listening over the WebSocket, in this very process and thread."""
        import websockets

        samples: list[float] = []
        token = api_token.read(self._state)
        url = f"ws://localhost:{self._server.port}/v1/events"
        headers = {"Authorization": f"Bearer {token}"}
        async with websockets.connect(url, proxy=None, additional_headers=headers) as socket:

            async def next_frame() -> str:
                return str(await socket.recv())

            for _ in range(baskets):
                samples += await self.basket(next_frame)
                while '"type":"sale"' not in (last := await next_frame()) or '"state":"voided"' not in last:
                    pass  # what giving the sale up has told
        return {"µs": samples}

    async def basket(self, hear: Callable[[], Awaitable[str]]) -> list[float]:
        """Scan a basket and give the sale up; return how long each scan took to be heard of."""
        samples = []
        self._subscription = self._app.events.subscribe("bench")
        for code in itertools.islice(_CODES, BASKET):
            started = time.perf_counter()
            os.write(self._line.master, code + b"\r")
            while not (await hear()).startswith('{"type":"scan"'):
                pass
            samples.append((time.perf_counter() - started) * 1e6)
        self._app.events.unsubscribe(self._subscription)
        sale = self._app.tills.view("till-1")["sale"]
        (self.document_bytes,) = self._app.journal.reader.execute("select length(document) from open_sale").fetchone()
        await self._app.closing.void(sale["id"], "bench", key=None)
        return samples

    async def next_event(self) -> str:
        return await self._subscription.next()


class _Decoded:
    """A scanner with nothing behind it."""

    def __init__(self, line: Pty) -> None:
        self._line = line
        self._heard = asyncio.Event()
        self._scanner = Scanner("bench", partial(open_port, f"serial://{line.name}"), lambda _: self._heard.set())

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self._scanner.run())
        await until_ready(self._scanner)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    async def scan(self, code: bytes) -> None:
        self._heard.clear()
        os.write(self._line.master, code)
        await self._heard.wait()


class _Reader:
    """The least there can be: a thread that reads, and a word to the loop."""

    def __init__(self, line: Pty) -> None:
        self._line = line
        self._heard = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._read, daemon=True)

    async def __aenter__(self) -> Self:
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        os.write(self._line.master, b"\x04\r")
        await asyncio.to_thread(self._thread.join)

    async def scan(self, code: bytes) -> None:
        self._heard.clear()
        os.write(self._line.master, code)
        await self._heard.wait()

    def _read(self) -> None:
        data = b""
        while b"\x04" not in data:
            data = os.read(self._line.slave, 4096)
            self._loop.call_soon_threadsafe(self._heard.set)


class _PySerial:
    """pyserial's own way: its thread, its line protocol, and a word to the loop."""

    def __init__(self, line: Pty) -> None:
        self._line = line
        self._heard = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> Self:
        import serial
        import serial.threaded

        heard, loop = self._heard, self._loop

        class Lines(serial.threaded.LineReader):
            TERMINATOR = b"\r"

            def handle_line(self, line: str) -> None:  # noqa: ARG002 - that it came is all that is asked
                loop.call_soon_threadsafe(heard.set)

        self._port = serial.Serial(self._line.name)
        self._thread = serial.threaded.ReaderThread(self._port, Lines)
        self._thread.start()
        self._thread.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.close()

    async def scan(self, code: bytes) -> None:
        self._heard.clear()
        os.write(self._line.master, code)
        await self._heard.wait()


async def until_ready(scanner: Scanner) -> None:
    """Wait for a scanner to be opened."""
    async with asyncio.timeout(READY_WAIT_S):
        while scanner.view.state is not DeviceState.READY:  # noqa: ASYNC110 - once, before anything is measured
            await asyncio.sleep(0.01)
