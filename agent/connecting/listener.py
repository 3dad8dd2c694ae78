"""The address on this PC that a cloud's sign-in page comes back to (RFC 8252, 7.3): open for one answer, then gone.

Only the browser of this PC reaches it, and only the answer to the sign-in that was begun counts: any other page that
calls it is sent away, and ends nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from outbox.auth.oauth2 import SignInFailed, SignInForeign, read_redirect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from outbox.auth.oauth2 import Begun

HEAD_BYTES_MAX = 16 * 1024  # a code and a state are a few hundred bytes; browsers add a few thousand
HEAD_S = 10.0  # for a browser on this PC to send one request
_PAGE = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>Stillopen</title>"
    "<body><h1>{title}</h1><p>{text}</p></body></html>"
)


class Busy(Exception):
    """Another program has the port."""


class Listener:
    """Waits for the one answer. Use it as `async with listening(…)`."""

    def __init__(self, begun: Begun, redirect_url: str) -> None:
        parts = urlsplit(redirect_url)
        self._begun = begun
        self._path = parts.path or "/"
        port = parts.port or 80
        self._hosts = {f"{host}{suffix}" for host in ("127.0.0.1", "localhost", "[::1]") for suffix in _suffixes(port)}
        self._answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def code(self, wait_s: float) -> str:
        """Return the code. Raises `SignInFailed`, also when nobody came in that time."""
        try:
            async with asyncio.timeout(wait_s):
                return await self._answer
        except TimeoutError:
            raise SignInFailed(
                f"nobody finished signing in within {wait_s / 60:g} minutes",
                hint="Begin again; on a PC without a browser, with --paste.",
            ) from None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(HEAD_S):
                head = await reader.readuntil(b"\r\n\r\n")
            status, title, text = self._judge(head.decode("latin-1"))
            page = _PAGE.format(title=title, text=text).encode()
            writer.write(
                f"HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {len(page)}\r\n"
                "cache-control: no-store\r\nreferrer-policy: no-referrer\r\ncontent-security-policy: default-src 'none'"
                "\r\nconnection: close\r\n\r\n".encode()
                + page
            )
            await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    def _judge(self, head: str) -> tuple[str, str, str]:
        asked, *lines = head.split("\r\n")
        words = asked.split(" ")
        host = next((line[5:].strip() for line in lines if line.lower().startswith("host:")), "")
        target = urlsplit(words[1]) if len(words) == len(("GET", "/", "HTTP/1.1")) else urlsplit("")
        if words[0] != "GET" or host.lower() not in self._hosts or target.path != self._path:
            return "404 Not Found", "Nothing here", "Stillopen waits for the answer of a sign-in, and for nothing else."
        try:
            code = read_redirect(self._begun, f"?{target.query}")
        except SignInForeign:
            return "400 Bad Request", "Not this one", "This answer is not of the sign-in that is waited for now."
        except SignInFailed as error:
            if not self._answer.done():
                self._answer.set_exception(error)
            return "200 OK", "Not signed in", "Stillopen says in its window what to do. You can close this page."
        if not self._answer.done():
            self._answer.set_result(code)
        return "200 OK", "Signed in", "Stillopen goes on in its window. You can close this page."


def _suffixes(port: int) -> tuple[str, ...]:
    return (f":{port}", "") if port == 80 else (f":{port}",)  # noqa: PLR2004 - http's own port is not said


@contextlib.asynccontextmanager
async def listening(begun: Begun, redirect_url: str) -> AsyncIterator[Listener]:
    """Listen at the port of a redirect address, on this PC alone. Raises `Busy`."""
    parts = urlsplit(redirect_url)
    # A browser may take `localhost` for either address; not every PC has the second.
    hosts = [parts.hostname or ""] if parts.hostname != "localhost" else ["127.0.0.1", "::1"]
    listener, servers = Listener(begun, redirect_url), list[asyncio.Server]()
    try:
        for host in hosts:
            try:
                servers.append(await asyncio.start_server(listener.serve, host, parts.port or 80, limit=HEAD_BYTES_MAX))
            except OSError as error:
                if host != "::1":
                    raise Busy(f"the port {parts.port or 80} of this PC cannot be listened at") from error
        yield listener
    finally:
        for server in servers:
            server.close()
        for server in servers:
            await server.wait_closed()
