"""One HTTP exchange with a cloud, over httpx: limits, time-outs, and what an error says about the far side.

    ExchangeError       has `.hint`: the next step
    ├── NotSent         nothing left this machine: no name, no route, refused, no TLS, a URL that is not allowed
    └── AnswerLost      the request, or part of it, may have been received and have taken effect

Redirects are not followed (a body may only go where it was meant to), cookies are not kept, and neither
headers nor bodies are ever logged. Proxies come from the configuration or the environment, but never for this machine
itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from outbox.connector import Answer
from outbox.retry_after import parse_retry_after

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import httpx

    from outbox.connector import Request

__all__ = [
    "AnswerLost",
    "ExchangeError",
    "Network",
    "NotSent",
    "Session",
    "open_client",
    "parse_retry_after",
    "url_fault",
]

CONNECT_S = 10.0  # a name, a TCP and a TLS handshake; a line slower than this carries no sale either
READ_S = 30.0  # between two pieces of an answer; clouds in trouble take this long to say so
WRITE_S = 30.0  # between two pieces of a request
POOL_S = 30.0  # for a connection of ours to become free
EXCHANGE_S = 120.0  # all of it: a byte every few seconds must not hold a delivery for hours
KEEPALIVE_S = 20.0  # shorter than the idle limit of any load balancer met, so that we close first
ANSWER_BYTES_MAX = 16 * 1024 * 1024  # a catalogue page of 1,000 items is about 3 MiB


class ExchangeError(Exception):
    """An exchange that did not come to its end; `hint` is the next step."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class NotSent(ExchangeError):
    """Nothing left this machine."""


class AnswerLost(ExchangeError):
    """Something may have been received there."""


def url_fault(url: str) -> str | None:
    """Return what is wrong with a cloud's URL, or None: it must be https, or http to this very machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "it is not a URL; write it like https://connect.example.com"
    if parts.scheme not in ("http", "https") or not host:
        return "it is not a URL; write it like https://connect.example.com"
    if parts.username or parts.password:
        return "a password in a URL ends up in logs; name it as a secret instead"
    if parts.fragment:
        return "what follows a # is never sent; leave it away"
    if parts.scheme == "http" and not is_loopback(host):
        return "it must begin with https://; plain http is only for this very machine"
    return None


def is_loopback(host: str) -> bool:
    """Return whether a URL's host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Network:
    """How the clouds are reached. None: as the environment says."""

    proxy: str | None = None  # for every address but this machine's own
    ca_file: Path | None = None  # certificates in PEM to trust, beside the usual ones


def open_client(parallel: int, network: Network = Network()) -> httpx.AsyncClient:
    """Return a client with this module's limits, for at most `parallel` exchanges at once."""
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    import httpx

    # httpx writes every URL into its log, and a webhook's URL is a secret.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    return httpx.AsyncClient(
        verify=_tls(network.ca_file),
        proxy=network.proxy,
        timeout=httpx.Timeout(connect=CONNECT_S, read=READ_S, write=WRITE_S, pool=POOL_S),
        limits=httpx.Limits(max_connections=parallel, max_keepalive_connections=parallel, keepalive_expiry=KEEPALIVE_S),
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        # An answer that is small on the wire and huge unpacked is refused by never asking for packing.
        headers={"user-agent": "Stillopen", "accept": "application/json", "accept-encoding": "identity"},
        mounts={f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")},
    )


@cache
def _tls(ca_file: Path | None) -> ssl.SSLContext:
    """Return what every client checks certificates by; reading the roots takes a tenth of a second."""
    import httpx

    context = httpx.create_ssl_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:  # an SSLError is one; its own words name no file
            raise ValueError(f"{ca_file} holds no certificates in PEM ({error.strerror or error})") from error
    return context


class Session:
    """Exchanges with one cloud. Use it as `async with`, or call `aclose` when done."""

    def __init__(
        self,
        client: Callable[[int], httpx.AsyncClient] = open_client,
        *,
        parallel: int = 4,
        exchange_s: float = EXCHANGE_S,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
    ) -> None:
        self._factory = client
        self._parallel = parallel
        self._exchange_s = exchange_s
        self._answer_bytes_max = answer_bytes_max
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections. The next exchange opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        """Send one request and return the whole answer, whatever its status. Raises `NotSent` or `AnswerLost`."""
        fault = url_fault(base_url)
        if fault is not None:
            raise NotSent(f"the cloud's address cannot be used: {fault}", hint="Mend it in stillopen.toml.")
        client = await self._opened()
        import httpx  # there by now: `_opened` had it imported where nobody waits

        host = urlsplit(base_url).hostname
        line = f"Check the line and that {host} is the right address; sales go on meanwhile."
        try:
            async with asyncio.timeout(self._exchange_s):
                return await self._send(client, base_url + request.path, request, headers)
        except (httpx.LocalProtocolError, UnicodeEncodeError):
            raise NotSent(  # with nothing of the error, which quotes the header
                f"what is sent to {host} with each request cannot be sent: it is not one line of plain characters",
                hint="Copy the cloud's secret once more, alone and whole; stillopen check says which one it is.",
            ) from None
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            raise NotSent(f"{host} was not reached: {_why(error)}", hint=line) from error
        except httpx.PoolTimeout as error:
            raise NotSent(f"no connection to {host} became free", hint="It is tried again.") from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise NotSent(f"{host} cannot be called: {_why(error)}", hint="Check the cloud's address.") from error
        except TimeoutError as error:
            raise AnswerLost(f"{host} did not finish its answer in {self._exchange_s:g} s", hint=line) from error
        except httpx.HTTPError as error:
            raise AnswerLost(f"the answer of {host} was lost: {_why(error)}", hint=line) from error

    async def _opened(self) -> httpx.AsyncClient:
        async with self._opening:  # the first exchanges come together
            if self._client is None:
                try:
                    # On a thread: the import and the roots to trust take a fifth of a second, and tills are selling.
                    self._client = await asyncio.to_thread(self._factory, self._parallel)
                except (ImportError, ValueError, OSError) as error:  # a proxy, or roots to trust, that cannot be used
                    raise NotSent(
                        f"no connection can be made: {_why(error)}",
                        hint="Check [network] in stillopen.toml, and HTTPS_PROXY, ALL_PROXY and SSL_CERT_FILE in the "
                        "service's environment.",
                    ) from error
            return self._client

    async def _send(self, client: httpx.AsyncClient, url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        asked = client.build_request(
            request.method, url, content=request.body or None, headers=dict(request.headers) | dict(headers)
        )
        body = bytearray()
        async with contextlib.aclosing(await client.send(asked, stream=True)) as response:
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > self._answer_bytes_max:
                    raise AnswerLost(
                        f"the answer is larger than {self._answer_bytes_max} bytes",
                        hint="No cloud answers a sale like that: check that base_url is the cloud's API.",
                    )
        return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, bytes(body))


def _why(error: Exception) -> str:
    """Return the error in words, with its kind: httpx leaves many messages empty."""
    text = str(error)
    return f"{text} ({type(error).__name__})" if text else type(error).__name__
