"""Print to the cut: a receipt of 30 lines over a wire that carries only so much, against the wire's own floor."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from bench import escpos_peer
from bench.receipt import LINES, german, logo, rendered
from bench.rounds import Contender, Role, in_turns
from drivers.device import DeviceState
from drivers.ports.open import open_port
from drivers.printer.outcome import Result
from drivers.printer.printer import Printer
from drivers.printer.settings import PrinterSettings
from drivers.simulated.bench import serve_tcp
from drivers.simulated.printer import SimulatedPrinter

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from bench.effort import Effort
    from bench.rounds import Figure, Samples
    from drivers.device import DeviceView
    from drivers.port import Port
    from drivers.printer.document import Document

FAST_BYTES_S = 4_000_000  # what a network printer's own interface takes in
SLOW_BYTES_S = 960  # 9,600 baud: eight bits, a start and a stop each
PIECE_S = 0.001  # a piece of what is on the wire; shorter sleeps last as long
TO_CUT, TO_WORD = "ms to the cut", "ms until it is known"


async def measure(_folder: Path, effort: Effort) -> list[Figure]:
    """Measure text and text with a logo over either wire."""
    found: list[Figure] = []
    text, picture = german(None), german(logo())
    for name, document, rate, rounds, samples in (
        ("4 MB/s, text", text, FAST_BYTES_S, effort.rounds, effort.wire_receipts),
        ("4 MB/s, with a logo", picture, FAST_BYTES_S, effort.rounds, effort.wire_receipts),
        ("9,600 baud, text", text, SLOW_BYTES_S, effort.wire_slow, 1),
        ("9,600 baud, with a logo", picture, SLOW_BYTES_S, effort.wire_slow_logos, 1),
    ):
        if rounds:
            fast = rate == FAST_BYTES_S  # a round to warm up would be a minute of a slow wire
            found += await _case(f"wire: {LINES} lines over {name}", document, rate, rounds, samples, warm=fast)
    return found


def notes() -> list[str]:
    """Return what to know when reading it."""
    return [
        "The floor is arithmetic: the receipt's bytes at the wire's rate.",
        "The simulated printer looks at every byte in Python, which is most of the time over the fast wire.",
        "Ours asks how the printer is before the receipt and where it is at both ends: what it takes to know.",
        "python-escpos' connection is open already, and it knows nothing of a receipt that it has written.",
    ]


async def _case(name: str, document: Document, rate: int, rounds: int, samples: int, *, warm: bool) -> list[Figure]:
    floor = len(rendered(document, PrinterSettings().dialect()))
    async with contextlib.AsyncExitStack() as stack:
        ours = await stack.enter_async_context(_ours(rate))
        theirs = await stack.enter_async_context(_escpos(rate))
        bare = await stack.enter_async_context(_bare(rate))
        calls = escpos_peer.script(document)
        ready = rendered(document, PrinterSettings().dialect())
        return await in_turns(
            name,
            [
                Contender("document to the cut, and the printer's word", Role.OURS, partial(ours, document, samples)),
                Contender("python-escpos' Network", Role.PEER, partial(theirs, calls, samples)),
                Contender("a bare socket, our bytes made before", Role.LIMIT, partial(bare, ready, samples)),
                Contender("the wire's own floor for our bytes", Role.LIMIT, partial(_floor, floor, rate)),
            ],
            rounds,
            warm=warm,
        )


@dataclass(frozen=True, slots=True)
class _Paced:
    """A printer at the end of a wire that carries so many bytes a second, each way."""

    machine: SimulatedPrinter
    bytes_s: int

    async def serve(self, port: Port) -> None:
        await self.machine.serve(_PacedPort(port, self.bytes_s))


class _PacedPort:
    def __init__(self, port: Port, bytes_s: int) -> None:
        self.url = port.url
        self._port = port
        self._bytes_s = bytes_s
        self._piece = max(1, round(bytes_s * PIECE_S))
        self._waiting = b""
        self._in_until = self._out_until = 0.0  # when what went over the wire has arrived

    async def read(self) -> bytes:
        if not self._waiting:
            self._waiting = await self._port.read()
            self._in_until = max(self._in_until, time.perf_counter())
        arrived, self._waiting = self._waiting[: self._piece], self._waiting[self._piece :]
        self._in_until = await self._carry(self._in_until, len(arrived))
        return arrived

    async def write(self, data: bytes, *, timeout_s: float) -> None:
        self._out_until = await self._carry(max(self._out_until, time.perf_counter()), len(data))
        await self._port.write(data, timeout_s=timeout_s)

    async def close(self) -> None:
        await self._port.close()

    async def _carry(self, begins: float, count: int) -> float:
        """Wait until the wire has carried bytes that begin then; return when that was to be, however late it is."""
        until = begins + count / self._bytes_s
        await asyncio.sleep(max(0.0, until - time.perf_counter()))
        return until


class _Cuts:
    """When the printer cut."""

    def __init__(self, machine: SimulatedPrinter) -> None:
        self._machine = machine
        self._cut = asyncio.Event()
        self._at = 0.0
        machine.on_event = self._happened

    def _happened(self, event: str) -> None:
        if event == "receipt":
            self._at = time.perf_counter()
            self._machine.receipts.clear()
            self._cut.set()

    async def after(self, began: float) -> float:
        """Wait for a cut; return how many ms after `began` it came."""
        await self._cut.wait()
        self._cut.clear()
        return (self._at - began) * 1000


@contextlib.asynccontextmanager
async def _served(rate: int) -> Any:
    machine = SimulatedPrinter()
    async with await serve_tcp(_Paced(machine, rate)) as served:
        yield served.url, _Cuts(machine)


@contextlib.asynccontextmanager
async def _ours(rate: int) -> Any:
    async with _served(rate) as (url, cuts):
        ready = asyncio.Event()

        def on_state(view: DeviceView) -> None:
            if view.state is DeviceState.READY:
                ready.set()

        printer = Printer("receipt", partial(open_port, url), PrinterSettings(), on_state, port=url)
        running = asyncio.create_task(printer.run())
        await ready.wait()

        async def block(document: Document, samples: int) -> Samples:
            to_cut, to_word = [], []
            for _ in range(samples):
                began = time.perf_counter()
                outcome = await printer.print(document, before_first_byte=_nothing)
                to_word.append((time.perf_counter() - began) * 1000)
                assert outcome.result is Result.PRINTED, outcome
                to_cut.append(await cuts.after(began))
            return {TO_CUT: to_cut, TO_WORD: to_word}

        yield block
        running.cancel()
        await asyncio.wait({running})


@contextlib.asynccontextmanager
async def _escpos(rate: int) -> Any:
    from escpos.printer import Network

    async with _served(rate) as (url, cuts):
        host, _, port = url.removeprefix("tcp://").rpartition(":")
        printer = Network(host, int(port), profile=escpos_peer.PROFILE)
        await asyncio.to_thread(printer.open)
        dummy = escpos_peer.printer()

        async def block(calls: list[list[Any]], samples: int) -> Samples:
            def print_it() -> None:
                printer._raw(escpos_peer.output(dummy, calls))  # noqa: SLF001 - what its every method ends in

            return {TO_CUT: await _cut_after(lambda: asyncio.to_thread(print_it), cuts, samples)}

        yield block
        await asyncio.to_thread(printer.close)


@contextlib.asynccontextmanager
async def _bare(rate: int) -> Any:
    async with _served(rate) as (url, cuts):
        host, _, port = url.removeprefix("tcp://").rpartition(":")
        with _connected(host, int(port)) as sock:

            async def block(stream: bytes, samples: int) -> Samples:
                return {TO_CUT: await _cut_after(lambda: asyncio.to_thread(sock.sendall, stream), cuts, samples)}

            yield block


@contextlib.contextmanager
def _connected(host: str, port: int) -> Iterator[socket.socket]:
    with socket.create_connection((host, port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield sock


async def _cut_after(send: Callable[[], Awaitable[None]], cuts: _Cuts, samples: int) -> list[float]:
    found = []
    for _ in range(samples):
        began = time.perf_counter()
        await send()
        found.append(await cuts.after(began))
    return found


async def _floor(size: int, rate: int) -> Samples:
    return {TO_CUT: [size / rate * 1000]}


async def _nothing() -> None: ...
