"""OAuth 2.0 (RFC 6749) with PKCE (RFC 7636) as values: what is asked, and what the answers mean. Pure.

    SignInError           has `.hint`: the next step
    ├── SignInFailed      the person said no, or what was pasted is no answer
    │   └── SignInForeign it is the answer to another sign-in than the one that was begun
    ├── TokenRefused      the cloud takes neither the code nor the refresh token: a person has to sign in again
    └── TokenTrouble      no token this time, and nothing is known to be wrong: ask again

What a cloud writes into an error is not shown: it may quote the very secret it was sent.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from outbox.auth.tokens import Tokens, runs_out
from outbox.connector import Request
from outbox.retry_after import asked_to_wait, http_date
from outbox.session import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pydantic import SecretStr

    from outbox.connector import Answer

STATE_BYTES = 32  # 256 bits: a page that did not begin this sign-in cannot answer it
VERIFIER_BYTES = 32  # 43 characters, RFC 7636's least, and what it recommends
_CODE = re.compile(r"[a-z_]{1,40}\Z")  # RFC 6749's error codes, and the vendors' own
_REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)  # 5.2, and Square's 403
_ASK_AGAIN = ("temporarily_unavailable", "server_error", "slow_down", "rate_limited")


class SignInError(Exception):
    """A sign-in, or a token's renewal, that did not succeed. `hint` is the next step."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class SignInFailed(SignInError):
    """The person said no, or what came back has no code in it."""


class SignInForeign(SignInFailed):
    """What came back is the answer to another sign-in."""


class TokenRefused(SignInError):
    """The cloud itself said no. `code` is its word for it, or its status."""

    def __init__(self, message: str, *, hint: str, code: str) -> None:
        super().__init__(message, hint=hint)
        self.code = code


class TokenTrouble(SignInError):
    """No token this time; `after_s` is what the cloud asked to wait."""

    def __init__(self, message: str, *, hint: str, after_s: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.after_s = after_s


@dataclass(frozen=True, slots=True)
class SignIn:
    """How one kind of cloud gives tokens.

    With `authorize_url` a person signs in at that page; without it this program is the one that signs in, with
    `client_id` and `client_secret` (the client credentials grant).
    """

    token_url: str
    client_id: str
    client_secret: SecretStr | None = None  # None: a public client, which PKCE protects
    authorize_url: str | None = None
    redirect_url: str = ""  # as it is registered at the cloud; a loopback address is listened at, another is pasted
    scopes: tuple[str, ...] = ()
    scope_separator: str = " "
    pkce: bool = True
    as_json: bool = False  # token requests are JSON, not a form
    own_fields: tuple[tuple[str, str], ...] = ()  # of token requests, beyond the RFC's
    own_headers: tuple[tuple[str, str], ...] = ()  # likewise; none of them secret
    rotates: bool = False  # each refresh token is good for one use
    forgives: bool = False  # and a used one still is, until its successor has been used
    life_s: float | None = None  # of an access token, where answers do not say it
    header: str = "authorization"  # by which a token is shown
    scheme: str = "Bearer "  # what stands before it there

    @property
    def by_person(self) -> bool:
        """Whether a person has to sign in."""
        return self.authorize_url is not None

    @property
    def listens(self) -> bool:
        """Whether the cloud's page comes back to this very machine (RFC 8252, 7.3)."""
        parts = urlsplit(self.redirect_url)
        return parts.scheme == "http" and parts.hostname is not None and is_loopback(parts.hostname)

    def shown(self, token: str) -> dict[str, str]:
        """Return the header that shows a token."""
        return {self.header: f"{self.scheme}{token}"}


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that a person is at: where to send them, and what only this program knows of it."""

    url: str
    state: str
    verifier: str | None

    def __repr__(self) -> str:
        """Return words without what is secret."""
        return "Begun()"


def begin(sign_in: SignIn, random: Callable[[int], bytes] = secrets.token_bytes) -> Begun:
    """Begin a sign-in (RFC 6749, 4.1.1; RFC 7636, 4.3)."""
    assert sign_in.authorize_url is not None, "nobody signs in to this cloud in person"
    state, verifier = _text(random(STATE_BYTES)), _text(random(VERIFIER_BYTES)) if sign_in.pkce else None
    asked = {
        "response_type": "code",
        "client_id": sign_in.client_id,
        "redirect_uri": sign_in.redirect_url,
        "scope": sign_in.scope_separator.join(sign_in.scopes),
        "state": state,
    }
    if verifier is not None:
        asked |= {"code_challenge": _text(hashlib.sha256(verifier.encode()).digest()), "code_challenge_method": "S256"}
    joint = "&" if "?" in sign_in.authorize_url else "?"
    return Begun(sign_in.authorize_url + joint + urlencode({k: v for k, v in asked.items() if v}), state, verifier)


def read_redirect(begun: Begun, text: str) -> str:
    """Return the code out of the address that the cloud's page came back to, heard or pasted. Raises `SignInFailed`."""
    text = text.strip()
    said = parse_qs(urlsplit(text).query if "?" in text else text)
    state, code, error = ((said.get(name) or [""])[0] for name in ("state", "code", "error"))
    if not secrets.compare_digest(state.encode(), begun.state.encode()):
        raise SignInForeign(
            "what came back does not belong to this sign-in", hint="Begin again, and use the page that opens then."
        )
    if error == "access_denied":
        raise SignInFailed("the sign-in was declined there", hint="Begin again and allow what Stillopen asks for.")
    if error or not code:
        raise SignInFailed(
            f"the cloud's page ended without a code ({error if _CODE.match(error) else 'no reason given'})",
            hint="Check the client id, the redirect address registered there, and the scopes; then begin again.",
        )
    return code


def code_request(sign_in: SignIn, begun: Begun, code: str) -> Request:
    """Return the request that turns a code into tokens (RFC 6749, 4.1.3)."""
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": sign_in.redirect_url}
    return _request(sign_in, fields | ({"code_verifier": begun.verifier} if begun.verifier else {}))


def client_request(sign_in: SignIn) -> Request:
    """Return the request by which this program itself signs in (RFC 6749, 4.4.2)."""
    return _request(
        sign_in, {"grant_type": "client_credentials", "scope": sign_in.scope_separator.join(sign_in.scopes)}
    )


def refresh_request(sign_in: SignIn, refresh: str) -> Request:
    """Return the request that renews the tokens (RFC 6749, 6)."""
    return _request(sign_in, {"grant_type": "refresh_token", "refresh_token": refresh})


def _request(sign_in: SignIn, fields: dict[str, str]) -> Request:
    secret = {} if sign_in.client_secret is None else {"client_secret": sign_in.client_secret.get_secret_value()}
    whole = {"client_id": sign_in.client_id} | secret | {k: v for k, v in fields.items() if v}
    whole |= dict(sign_in.own_fields)
    body = json.dumps(whole) if sign_in.as_json else urlencode(whole)
    kind = "application/json" if sign_in.as_json else "application/x-www-form-urlencoded"
    parts = urlsplit(sign_in.token_url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return Request("POST", path, body.encode(), (("content-type", kind), *sign_in.own_headers))


def read_tokens(sign_in: SignIn, answer: Answer, now: datetime, before: Tokens | None = None) -> Tokens:
    """Read what a token request brought (RFC 6749, 5). `before` are the tokens that are renewed.

    Raises `TokenRefused` or `TokenTrouble`.
    """
    body = answer.json()
    if answer.status != HTTPStatus.OK:
        raise _refusal(answer, body, now)
    access, refresh = body.get("access_token"), body.get("refresh_token")
    if not isinstance(access, str) or not access.isprintable() or not access:
        raise TokenTrouble(
            "the sign-in's answer has no token in it",
            hint="Check the line (a proxy or a login page may have answered) and the cloud's address.",
        )
    said = http_date(answer.headers.get("date", "")) or now
    scope = body.get("scope")
    return Tokens(
        access,
        refresh if isinstance(refresh, str) and refresh else before.refresh if before else None,
        runs_out(body.get("expires_in", sign_in.life_s), body.get("expires_at"), said),
        runs_out(body.get("refresh_token_expires_in"), body.get("refresh_token_expires_at"), said)
        or (before.refresh_expires_at if before and not refresh else None),
        now,
        (said - now).total_seconds(),
        tuple(re.split(r"[ ,]+", scope)) if isinstance(scope, str) and scope else sign_in.scopes,
    )


def _refusal(answer: Answer, body: dict[str, Any], now: datetime) -> SignInError:
    said = body.get("error") or body.get("type")
    code = said if isinstance(said, str) and _CODE.match(said) else None
    if answer.status not in _REFUSALS or not body or code in _ASK_AGAIN:
        return TokenTrouble(
            f"no token was given (HTTP {answer.status})",
            hint="It is asked for again.",
            after_s=asked_to_wait(answer, now),
        )
    hint = "Sign in again: stillopen cloud connect."
    if code in ("invalid_client", "unauthorized_client"):
        hint = "Check the client id and its secret in stillopen.toml, then sign in again: stillopen cloud connect."
    elif code == "invalid_scope":
        hint = "Allow the application these permissions at the cloud, then sign in again: stillopen cloud connect."
    return TokenRefused(
        f"the cloud does not accept the sign-in ({code or f'HTTP {answer.status}'})",
        hint=hint,
        code=code or str(int(answer.status)),
    )


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
