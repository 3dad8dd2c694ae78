"""The line between the store and its cloud, with a plug: a TCP relay that can really be cut.

While it is cut nothing listens, so connecting is refused, and what was under way is torn off in
mid-word. The port number stays ours, so that the same address works when it is plugged in again.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys

HOST = "127.0.0.1"
CHUNK_BYTES = 16 * 1024
BACKLOG = 64


class Line:
    """Relays a port of its own to `target_port`, both on this PC."""

    def __init__(self, target_port: int) -> None:
        self.port = 0  # known once plugged in
        self._target_port = target_port
        self._server: asyncio.Server | None = None
        self._held: socket.socket | None = None  # bound, not listening: keeps the number while the line is cut
        self._relays: set[asyncio.Task[None]] = set()

    @property
    def plugged(self) -> bool:
        """Whether anything gets through."""
        return self._server is not None

    async def plug(self) -> None:
        """Let connections through. Does nothing where it is plugged in."""
        if self._server is not None:
            return
        listener = self._held or _bound(self.port)
        self._held = None
        self.port = int(listener.getsockname()[1])
        self._server = await asyncio.start_server(self._relay, sock=listener, backlog=BACKLOG)

    async def cut(self) -> None:
        """Tear off what is connected and refuse what comes. Does nothing where it is cut."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        self._held = _bound(self.port)
        for relay in self._relays:
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)

    async def close(self) -> None:
        """Cut it and give the port number back."""
        await self.cut()
        if self._held is not None:
            self._held.close()
            self._held = None

    async def _relay(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._relays.add(task)
        far_out: asyncio.StreamWriter | None = None
        try:
            far, far_out = await asyncio.open_connection(HOST, self._target_port)
            async with asyncio.TaskGroup() as both:
                both.create_task(_pump(near, far_out))
                both.create_task(_pump(far, near_out))
        except* (OSError, asyncio.CancelledError):
            pass  # an end is gone, or the line was cut: either way both ends are torn off below
        finally:
            self._relays.discard(task)
            near_out.transport.abort()
            if far_out is not None:
                far_out.transport.abort()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while chunk := await source.read(CHUNK_BYTES):
        sink.write(chunk)
        await sink.drain()
    with contextlib.suppress(OSError):  # the other end may be gone already
        sink.write_eof()


def _bound(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":  # there it would share the port; here it only forgives connections just ended
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.setblocking(False)
    return listener
