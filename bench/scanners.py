"""Scanners side by side: bytes on their lines to the frame that a front end hears, one attached and ten."""

from __future__ import annotations

import asyncio
import itertools
import json
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
from bench.scan import BASKET, Pty, until_ready

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from websockets.asyncio.client import ClientConnection
    from websockets.asyncio.server import ServerConnection

    from bench.effort import Effort
    from bench.rounds import Figure, Samples

ATTACHED = 10
LIMIT = "bare ptys, each os.read on a thread; a bare commit (WAL, FULL); a bare WebSocket"
_CODES: Iterator[bytes] = itertools.cycle(code.encode() for code in shop.barcodes())


async def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Measure one scanner, then ten in turn, then ten at once."""
    if sys.platform == "win32":
        return []  # there is no pty to stand in for a serial line
    figures = []
    async with AsyncExitStack() as stack:
        for count, in_order in ((1, True), (ATTACHED, True), (ATTACHED, False)):
            there = folder / f"{count}-{in_order}"
            there.mkdir()
            ours = await stack.enter_async_context(_Agent(there, count))
            await ours.baskets(1, in_order=in_order)  # brings up everything that is made at the first scan
            limit = await stack.enter_async_context(_Bare(there, count, await ours.document_bytes()))
            how = "" if count == 1 else (", scanned in turn" if in_order else ", scanned at once")
            figures += await in_turns(
                f"scanners: byte on the line to WebSocket frame, {count} attached{how}",
                [
                    Contender(name, role, partial(one.baskets, effort.baskets, in_order=in_order))
                    for name, role, one in (("frame at a front end", Role.OURS, ours), (LIMIT, Role.LIMIT, limit))
                ],
                effort.rounds,
            )
    return figures


class _Lines:
    """So many scanners' ends of the cable, and a front end's end of a WebSocket."""

    def __init__(self, count: int) -> None:
        self.ptys = [Pty() for _ in range(count)]
        self.stack = AsyncExitStack()
        self.socket: ClientConnection

    async def baskets(self, count: int, *, in_order: bool) -> Samples:
        """Ring baskets; return how long each scan took until its frame was heard."""
        samples: list[float] = []
        lines = range(len(self.ptys))
        for _ in range(count):
            for turn in range(BASKET):
                samples += await self._scan([turn % len(lines)] if in_order else lines)
            await self.give_up()
        return {"µs": samples}

    async def give_up(self) -> None:
        """End the baskets."""

    async def _scan(self, group: Sequence[int]) -> list[float]:
        began: dict[str, float] = {}
        for number in group:
            began[f"till-{number + 1}"] = time.perf_counter()
            os.write(self.ptys[number].master, next(_CODES) + b"\r")
        samples = []
        while began:
            frame = str(await self.socket.recv())
            heard = time.perf_counter()
            if frame.startswith('{"type":"scan"'):
                samples.append((heard - began.pop(json.loads(frame)["till"])) * 1e6)
        return samples


class _Agent(_Lines):
    """A whole agent with a till for each scanner, in this process."""

    def __init__(self, folder: Path, count: int) -> None:
        super().__init__(count)
        self._folder = folder

    async def __aenter__(self) -> Self:
        import websockets

        text = shop.configuration(scanners=[f"serial://{self.stack.enter_context(pty).name}" for pty in self.ptys])
        self._app = App(load(shop.write_configuration(self._folder, text)), self._folder / "state")
        await self.stack.enter_async_context(self._app)
        server = Server(self._app)
        await server.start()
        self.stack.push_async_callback(server.stop)
        await self._app.catalogue.import_csv(shop.catalogue_csv(), currency="EUR", taxes=set(shop.RULES.taxes))
        for scanner in self._app.devices.scanners.values():
            await until_ready(scanner)
        headers = {"Authorization": f"Bearer {api_token.read(self._folder / 'state')}"}
        connecting = websockets.connect(
            f"ws://localhost:{server.port}/v1/events", proxy=None, additional_headers=headers
        )
        self.socket = await self.stack.enter_async_context(connecting)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stack.aclose()

    async def give_up(self) -> None:
        open_sales = [self._app.tills.view(till.id)["sale"] for till in self._app.config.tills]
        for sale in open_sales:
            await self._app.closing.void(sale["id"], "bench", key=None)
        left = len(open_sales)
        while left:
            frame = str(await self.socket.recv())
            left -= '"type":"sale"' in frame and '"state":"voided"' in frame

    async def document_bytes(self) -> int:
        """Return how large a basket of one line is on the disk."""
        await self._scan([0])
        (size,) = self._app.journal.reader.execute("select max(length(document)) from open_sale").fetchone()
        await self._app.closing.void(self._app.tills.view("till-1")["sale"]["id"], "bench", key=None)
        return int(size)


class _Bare(_Lines):
    """The least there can be: a thread a line, a word to the loop, a commit in place, a frame."""

    def __init__(self, folder: Path, count: int, document_bytes: int) -> None:
        super().__init__(count)
        self._file = folder / "bare.db"
        self._document = b"x" * document_bytes
        self._accepted = asyncio.Event()
        self._to_front_end: ServerConnection
        self._table: sqlite3.Connection

    async def __aenter__(self) -> Self:
        import websockets

        self._table = self.stack.enter_context(bare.sqlite_table(self._file, "full"))
        server = await self.stack.enter_async_context(websockets.serve(self._serve, "127.0.0.1", 0))
        port = next(iter(server.sockets)).getsockname()[1]
        self.socket = await self.stack.enter_async_context(websockets.connect(f"ws://127.0.0.1:{port}", proxy=None))
        await self._accepted.wait()
        self._loop = asyncio.get_running_loop()
        for number, pty in enumerate(self.ptys, 1):
            thread = threading.Thread(target=self._read, args=(self.stack.enter_context(pty), f"till-{number}"))
            thread.start()
            self.stack.push_async_callback(asyncio.to_thread, thread.join)
            self.stack.callback(os.write, pty.master, b"\x04\r")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stack.aclose()

    async def _serve(self, connection: ServerConnection) -> None:
        self._to_front_end = connection
        self._accepted.set()
        await connection.wait_closed()

    def _read(self, pty: Pty, till: str) -> None:
        data = b""
        while b"\x04" not in data:
            data = os.read(pty.slave, 4096)
            self._loop.call_soon_threadsafe(self._heard, till)

    def _heard(self, till: str) -> None:
        bare.commit(self._table, self._document)
        telling = asyncio.ensure_future(self._to_front_end.send(f'{{"type":"scan","till":"{till}"}}'))
        telling.add_done_callback(_told)


def _told(telling: asyncio.Future[None]) -> None:
    telling.result()
