"""The door: who may call the local API, decided from a request's headers alone.

Three questions, in this order:

1. `Host`: was it sent to us by a name of ours? A foreign name that resolves to this PC (DNS rebinding)
   makes a web page look like one of ours.
2. `Origin`: does a browser say which page sent it? Only our own pages and `[api] origins` may.
3. Who is it? A program with the token in `STATE/api-token`, or a front end that was paired. A paired
   secret holds for the origin it was given to and no other, and our own page's is a cookie that no
   script can read. No secret is ever taken from a URL.

Listening on loopback comes before all of this, and is not enough: every page in the shop's browser and
every user of the PC reaches loopback too.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING

from agent import api_token
from agent.pairing_code import PairingCode
from agent.pairings import OWN_PAGE, PROGRAM, Pairings
from agent.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from agent.permits import Permit
    from outbox.journal import Journal

SUBPROTOCOL = "stillopen.v1"  # what a WebSocket that carries its token as a subprotocol speaks
_BEARER_SUBPROTOCOL = "bearer."
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - recognised, not bound
_READING = frozenset({"GET", "HEAD"})
_HTTP_PORT = 80  # the one a Host header may leave out

LOCAL = "local"  # the caller that holds the token of STATE/api-token

_log = logging.getLogger("stillopen.door")


class Sender(StrEnum):
    """Where a request comes from, by its Origin."""

    PROGRAM = "program"  # no Origin
    OWN_PAGE = "own_page"
    FRONT_END = "front_end"  # one of [api] origins


@dataclass(frozen=True, slots=True)
class Caller:
    """Who was let in. `id` is stable over restarts; idempotency keys are kept by it.

    `permit` is what it may use; None: everything.
    """

    id: str
    permit: Permit | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """What of a request decides; header values as sent, None where absent."""

    method: str
    host: str | None
    origin: str | None = None
    fetch_site: str | None = None  # Sec-Fetch-Site
    authorization: str | None = None
    cookies: Mapping[str, str] = field(default_factory=dict)
    subprotocols: Sequence[str] = ()
    websocket: bool = False


class Door:
    """Decides who may call. `port` is what the server listens on, set before it answers anything."""

    def __init__(self, *, host: str, origins: Sequence[str], state: Path, journal: Journal) -> None:
        self.port: int | None = None
        self.pairings = Pairings(journal)
        self.code = PairingCode()
        self._host = host.lower()
        self._origins = frozenset(origin.lower() for origin in origins)
        self._state = state
        self._token_hash = b""

    def open(self) -> None:
        """Read or make the token, and read the pairings; the journal is open by now. Raises `OSError`."""
        self._token_hash = api_token.digest(api_token.read_or_make(self._state))
        self.pairings.load()

    def change_token(self) -> None:
        """Make the token anew: another program has our port, and may have been sent the one before."""
        try:
            self._token_hash = api_token.digest(api_token.renew(self._state))
        except OSError as error:
            _log.warning("The token of %s could not be made anew: %s. Next: delete that file.", self._state, error)
        else:
            _log.warning(
                "Another program has the agent's port. Whoever called there may have sent it the token of this PC, so "
                "there is a new one in %s: programs must read it again.",
                self._state / api_token.FILE,
            )

    def prove(self, nonce: str, address: tuple[str, int]) -> str:
        """Return the proof that this agent knows the token, for who asked at `address`."""
        from agent.proof import proof  # a till sells before anybody asks

        return proof(self._token_hash, nonce, address)

    @property
    def cookie(self) -> str:
        """The name of our pages' cookie. Browsers share cookies over a host's ports, hence the port in it."""
        return f"stillopen-{self.port}"

    def check_host(self, host: str | None) -> None:
        """Raise `Problem` unless the request was sent to a name of ours."""
        if self._is_ours(host):
            return
        raise Problem(
            HTTPStatus.MISDIRECTED_REQUEST,
            "wrong-host",
            f"this agent answers as http://localhost:{self.port}, not as {_shown(host)}; call it by that name"
            " (a name of your own: set it as `[api] host` in stillopen.toml)",
        )

    def sender(self, ask: Ask) -> Sender:
        """Say where the request comes from. Raises `Problem` for a page of a foreign origin."""
        if ask.origin is None:
            return Sender.PROGRAM
        origin = ask.origin.lower()
        if ask.host is not None and origin == f"http://{ask.host.lower()}":
            return Sender.OWN_PAGE
        if origin in self._origins:
            return Sender.FRONT_END
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "foreign-origin",
            f"pages of {_shown(ask.origin)} may not call this agent; to allow it, add that origin to the key "
            "`[api] origins` in stillopen.toml and restart the agent",
        )

    def caller(self, ask: Ask) -> Caller | None:
        """Say who calls, or None where no credentials came. Raises `Problem` for credentials that hold no more.

        `check_host` and `sender` have passed by now.
        """
        token = _bearer(ask)
        if token is not None:
            return self._by_token(token, ask)
        secret = ask.cookies.get(self.cookie)
        if secret is None:
            return None
        return self._by_cookie(secret, ask)

    def _by_token(self, token: str, ask: Ask) -> Caller:
        if hmac.compare_digest(api_token.digest(token), self._token_hash):
            return Caller(LOCAL)
        pairing = self.pairings.find(token)
        if pairing is None or pairing.origin == OWN_PAGE:
            raise _unauthorized(
                "invalid-token",
                "that token opens nothing (any more): read STATE/api-token again, or pair again with a code "
                "from `stillopen pair`",
            )
        origin = PROGRAM if ask.origin is None else ask.origin.lower()
        if pairing.origin != origin:
            raise _unauthorized(
                "invalid-token",
                "that token was given to another origin and holds for that one only: pair this front end "
                "with a code of its own from `stillopen pair`",
            )
        return Caller(pairing.id, pairing.permit)

    def _by_cookie(self, secret: str, ask: Ask) -> Caller | None:
        pairing = self.pairings.find(secret)
        if pairing is None or pairing.origin != OWN_PAGE:
            return None  # an old cookie is no credentials at all: the page then asks for a code
        if ask.origin is not None:
            from_own_page = ask.origin.lower() == f"http://{(ask.host or '').lower()}"
        else:  # browsers name the Origin of everything but plain reading
            from_own_page = (
                ask.method in _READING and not ask.websocket and ask.fetch_site in {None, "same-origin", "none"}
            )
        if not from_own_page:
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "not-from-our-page",
                "the till page's cookie holds for requests of the till page itself; a program uses the token in "
                "STATE/api-token",
            )
        return Caller(pairing.id)

    def _is_ours(self, host: str | None) -> bool:
        if host is None or self.port is None:
            return False
        name, port = _split_host(host.lower())
        if port != self.port:
            return False
        if name in _LOOPBACK_NAMES or name in {self._host, f"[{self._host}]"}:
            return True
        # Listening on every address: an address cannot be rebound, only a name can.
        return self._host in WILDCARDS and _is_address(name)


def _split_host(host: str) -> tuple[str, int | None]:
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]"):
        return host, _HTTP_PORT
    return name, int(port) if port.isascii() and port.isdigit() and len(port) <= len("65535") else None


def _is_address(name: str) -> bool:
    bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        return False
    return True


def _bearer(ask: Ask) -> str | None:
    if ask.authorization is not None:
        scheme, _, token = ask.authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _unauthorized(
                "invalid-token", "write the header as `Authorization: Bearer TOKEN`; nothing else is taken"
            )
        return token.strip()
    if ask.websocket:
        for protocol in ask.subprotocols:
            if protocol.startswith(_BEARER_SUBPROTOCOL):
                return protocol.removeprefix(_BEARER_SUBPROTOCOL)
    return None


def not_paired() -> Problem:
    """Nobody said who they are."""
    return _unauthorized(
        "not-paired",
        "this needs credentials: a program sends the token in STATE/api-token as `Authorization: Bearer TOKEN`; "
        "a front end is paired once with a code from `stillopen pair` (POST /v1/pairings)",
    )


def _unauthorized(code: str, detail: str) -> Problem:
    return Problem(HTTPStatus.UNAUTHORIZED, code, detail)


def _shown(value: str | None) -> str:
    """Quote a header's value for an answer or a log, cut short."""
    return "a request without one" if value is None else repr(value[:100])
