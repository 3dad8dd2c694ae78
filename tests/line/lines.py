"""Lines that are half dead, on 127.0.0.1: they take a connection and then lie, each in its own way."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HERE = Path(__file__).parent
FOREIGN = HERE / "foreign.pem"  # for portal.invalid, signed by itself; its key is nobody's
EXPIRED = HERE / "expired.pem"  # for 127.0.0.1, and ran out in 2021

PAGE = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 14\r\n\r\n<h1>Wi-Fi</h1>"
REDIRECT = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/login\r\ncontent-length: 0\r\n\r\n"
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
SUCCESS = b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsuccess\n"
HALF = b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsuc"


@dataclass
class Far:
    """The far end. `says` is what it answers a request with; nothing: it stays silent. It can be changed."""

    says: bytes
    port: int = 0
    asked: list[str] = field(default_factory=list)  # `METHOD /path`, each with `+auth` where credentials came
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while True:
                    head = (await reader.readuntil(b"\r\n\r\n")).decode()
                    method, path, _ = head.split("\r\n")[0].split(" ")
                    secret = any(line.lower().startswith(("authorization", "cookie")) for line in head.split("\r\n"))
                    self.asked.append(f"{method} {path}{'+auth' if secret else ''}")
                    if self.says:
                        writer.write(
                            self.says if method != "HEAD" else self.says.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
                        )
                    if self.says == HALF:
                        return
        finally:
            self._open.discard(task)
            writer.transport.abort()

    async def hang_up(self) -> None:
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)


@contextlib.asynccontextmanager
async def far_end(says: bytes, *, certificate: Path | None = None) -> AsyncIterator[Far]:
    """Listen on a port of its own, with TLS where there is a certificate."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    far = Far(says)
    server = await asyncio.start_server(far.serve, "127.0.0.1", 0, ssl=context)
    far.port = server.sockets[0].getsockname()[1]
    try:
        yield far
    finally:
        server.close()
        await far.hang_up()
        await server.wait_closed()


async def nobody() -> int:
    """Return a port that refuses."""
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = int(server.sockets[0].getsockname()[1])
    server.close()
    await server.wait_closed()
    return port
