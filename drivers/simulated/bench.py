"""The bench that simulated devices stand on: `sim://NAME` finds them here, and they can be unplugged.

`serve_tcp` and `serve_pty` put the same devices at the end of a real socket or a real tty.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

from drivers.errors import PortLost, PortUnavailable, WriteStalled
from drivers.ports.fd import FdLine
from drivers.ports.threaded import start_port
from drivers.ports.wake import Wake
from drivers.simulated.wire import WIRE_BYTES_MAX, Faults, WireEnd, null_modem

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.port import Port

CLOSE_WAIT_S = 1.0  # a device may be in the middle of something that takes no notice of its wire
READ_BYTES_MAX = 4096  # one read by a simulated device on a socket


class Peer(Protocol):
    """A simulated device: it speaks the real codec from the other end of a wire."""

    async def serve(self, port: Port) -> None:
        """Be the device at the end of `port` until it is lost. May be called again for the next one."""
        ...


@dataclass(slots=True)
class _Place:
    """A device on the bench, and the wire to it while somebody has it open."""

    peer: Peer
    to_device: Faults
    to_host: Faults
    capacity: int
    plugged: bool = True
    wire: WireEnd | None = None
    serving: asyncio.Task[None] | None = None


class Bench:
    """Simulated devices by name."""

    def __init__(self) -> None:
        self._places: dict[str, _Place] = {}

    def add(
        self,
        name: str,
        peer: Peer,
        *,
        to_device: Faults | None = None,
        to_host: Faults | None = None,
        capacity: int = WIRE_BYTES_MAX,
    ) -> None:
        """Put a device on the bench, plugged in, at the end of wires with these faults."""
        self._places[name] = _Place(peer, to_device or Faults(), to_host or Faults(), capacity)

    async def open(self, name: str) -> WireEnd:
        """Return the host's end of a new wire to a device.

        Raises `PortUnavailable`, and once what the device died of, if it did.
        """
        place = self._places.get(name)
        if place is None or not place.plugged:
            raise PortUnavailable(
                f"sim://{name} is not there",
                hint=f"Plug it in on the bench, or use one of: {', '.join(sorted(self._places)) or 'none'}.",
            )
        if place.serving is not None:
            if place.wire is not None and not place.wire.lost:
                raise PortUnavailable(
                    f"sim://{name} is held by another program", hint="Close the port that has it open."
                )
            # A device notices that its wire is gone, and is in one place at a time.
            await asyncio.wait({place.serving})
            ended, place.serving = place.serving, None
            ended.result()
        host, device = null_modem(
            f"sim://{name}", to_device=place.to_device, to_host=place.to_host, capacity=place.capacity
        )
        place.wire = host
        place.serving = asyncio.create_task(_serve(place.peer, device), name=f"sim://{name}")
        return host

    def wire(self, name: str) -> WireEnd | None:
        """Return the host's end of the wire to a device, while one is open: its `faults` may be set."""
        wire = self._places[name].wire
        return None if wire is None or wire.lost else wire

    def unplug(self, name: str) -> None:
        """Pull the device's plug: its wire is lost, and it cannot be opened."""
        place = self._places[name]
        place.plugged = False
        if place.wire is not None:
            place.wire.cut()

    def plug(self, name: str) -> None:
        """Plug the device in again."""
        self._places[name].plugged = True

    async def close(self) -> None:
        """Unplug everything and wait for it. Raises what a simulated device died of, if one did."""
        for name in self._places:
            self.unplug(name)
        tasks = {place.serving for place in self._places.values() if place.serving is not None}
        if not tasks:
            return
        _, busy = await asyncio.wait(tasks, timeout=CLOSE_WAIT_S)
        for task in busy:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome


async def _serve(peer: Peer, port: Port) -> None:
    """Run a device at the end of a wire. A lost wire is the normal end; anything else is its bug."""
    try:
        with contextlib.suppress(PortLost):
            await peer.serve(port)
    finally:
        await port.close()


class Served:
    """A device at the end of a real wire: `url` opens it, `close` takes it away."""

    def __init__(self, url: str, stop: Callable[[], None], tasks: set[asyncio.Task[None]]) -> None:
        self.url = url
        self._stop = stop
        self._tasks = tasks

    async def close(self) -> None:
        """Take it away and wait for it. Raises what the simulated device died of, if it did."""
        self._stop()
        while tasks := set(self._tasks):
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)  # unlike awaiting each, this does not mistake our own end for its end
            self._tasks -= tasks
            for task in tasks:
                if not task.cancelled():
                    task.result()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


async def serve_tcp(peer: Peer, host: str = "127.0.0.1", port: int = 0) -> Served:
    """Serve a device on TCP, one connection after another or several at once; `url` is `tcp://host:port`."""
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_serve(peer, _StreamPort(f"tcp://{host}#device", reader, writer)))
        tasks.add(task)

    # The read limit is what the device holds unread: small, so that its not reading is felt as on a real one.
    server = await asyncio.start_server(connected, host, port, limit=READ_BYTES_MAX)
    number = server.sockets[0].getsockname()[1]
    return Served(f"tcp://{host}:{number}", server.close, tasks)


async def serve_pty(peer: Peer, *, baud: int = 9600) -> Served:
    """Serve a device on a pseudo-terminal; `url` is `serial:///dev/pts/N?baud=...`.

    As on a real serial line, the device does not notice who opens and closes the other end, and what it sent
    before the port was opened is thrown away at opening. Raises `PortUnavailable` on Windows.
    """
    if sys.platform == "win32":
        raise PortUnavailable(
            "Windows has no pseudo-terminals", hint="Serve the simulated device over TCP instead (serve_tcp, --tcp)."
        )
    import tty  # POSIX only

    device, host = os.openpty()
    tty.setraw(host)
    os.set_blocking(device, False)
    path = os.ttyname(host)
    port = await start_port(f"{path}#device", lambda: FdLine(path, device, Wake()))
    # `host` stays open here: without it the device's end would be lost whenever the host closes its own.
    task = asyncio.create_task(_serve(peer, port), name=path)
    stack = contextlib.ExitStack()
    stack.callback(os.close, host)
    return Served(f"serial://{path}?baud={baud}", stack.close, {task})


class _StreamPort:
    """A `Port` over asyncio's streams, for a simulated device on a socket."""

    def __init__(self, url: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.url = url
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        """Wait for bytes and return at least one. Raises `PortLost`."""
        try:
            data = await self._reader.read(READ_BYTES_MAX)
        except OSError as error:
            raise PortLost(f"{self.url}: {error}") from error
        if not data:
            raise PortLost(f"{self.url}: the host closed the connection")
        return data

    async def write(self, data: bytes, *, timeout_s: float) -> None:
        """Return when the socket took all of `data`. Raises `WriteStalled` or `PortLost`."""
        transport = self._writer.transport
        transport.set_write_buffer_limits(high=0)
        try:
            self._writer.write(data)
            async with asyncio.timeout(timeout_s):
                await self._writer.drain()
        except TimeoutError:
            left = transport.get_write_buffer_size()
            raise WriteStalled(f"{self.url}: the host takes nothing", written=len(data) - left) from None
        except OSError as error:
            raise PortLost(f"{self.url}: {error}") from error

    async def close(self) -> None:
        """Let go."""
        self._writer.close()
        with contextlib.suppress(OSError):  # the host was quicker
            await self._writer.wait_closed()
