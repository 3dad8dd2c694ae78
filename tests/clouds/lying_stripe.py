"""A Stripe that can lie: its books and readers over HTTP, judged by Stripe's own description where it is at hand.

async with serving(stripe := LyingStripe()) as base_url:
    stripe.faults.add("hang", on="POST /v1/refunds", after=True)

Keys are kept for a day with what was answered first, refusals and 500s included; the same key with other parameters is
refused. `stored_500` lies once: the request fails inside, and so does every repeat under its key.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from tests.clouds.lying_stripe_books import Books, No
from tests.clouds.lying_stripe_reader import Readers
from tests.clouds.serving import Faults, commit_fault, read_body
from tests.clouds.serving import asked as what_was_asked
from tests.clouds.stripe_spec import STRIPE, decoded, stripe_faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

Object = dict[str, Any]
KEY = "sk_test_stillopen"
KEY_LIFE = timedelta(days=1)


@dataclass
class LyingStripe:
    """One account. `requests` and `spec_faults` tell what was asked and what was wrong with it."""

    key: str = KEY
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    books: Books = field(default_factory=Books)
    readers: Readers = field(default_factory=Readers)
    faults: Faults = field(default_factory=Faults)
    requests: list[str] = field(default_factory=list)
    spec_faults: list[str] = field(default_factory=list)
    forbidden: tuple[str, ...] = ()  # parts of paths that the key has no permission for
    stored_500: list[str] = field(default_factory=list)  # parts of requests that fail inside, once each
    _kept: dict[str, tuple[datetime, tuple[str, str], int, bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.books.now = lambda: self.now()  # noqa: PLW0108 - the clock is looked up when it is read
        self.readers.books = self.books

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = (await read_body(receive)).decode()
        asked = what_was_asked(scope)
        self.requests.append(asked)
        fault = self.faults.due(asked, after=False)
        if fault is not None:
            await commit_fault(fault, b"{}", receive, send)
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status, said, replayed = self._keyed(scope["method"], asked, body, headers)
        after = self.faults.due(asked, after=True)
        if after is not None:
            await commit_fault(after, said, receive, send)
            return
        answer = [
            (b"content-type", b"application/json"),
            (b"date", format_datetime(self.now(), usegmt=True).encode()),
            (b"request-id", b"req_1"),
        ]
        if replayed:
            answer.append((b"idempotent-replayed", b"true"))
        await send({"type": "http.response.start", "status": status, "headers": answer})
        await send({"type": "http.response.body", "body": said})

    def _keyed(self, method: str, asked: str, body: str, headers: dict[str, str]) -> tuple[int, bytes, bool]:
        """Answer, or answer again what the key was answered first."""
        key = headers.get("idempotency-key") if method == "POST" else None
        kept = None if key is None else self._kept.get(key)
        if kept is not None and self.now() - kept[0] <= KEY_LIFE:
            if kept[1] != (asked, body):
                no = No("idempotency_error", "Keys for idempotent requests can only be used with the same parameters",
                        kind="idempotency_error")  # fmt: skip
                return no.status, no.body, False
            return kept[2], kept[3], True
        try:
            self._let_in(method, asked, body, headers)
        except No as no:  # nothing was begun: no key is kept
            return no.status, no.body, False
        failing = next((part for part in self.stored_500 if part in asked), None)
        if failing is not None:
            self.stored_500.remove(failing)
            status, said = 500, No("api_error", "An unknown error occurred", kind="api_error").body
        else:
            try:
                status, said = 200, json.dumps(self._route(method, asked, body)).encode()
            except No as no:
                status, said = no.status, no.body
        if key is not None:
            self._kept[key] = (self.now(), (asked, body), status, said)
        return status, said, False

    def forget_500s(self) -> None:
        """Mend what failed inside: such keys are new again."""
        self._kept = {key: kept for key, kept in self._kept.items() if kept[2] < 500}

    def _let_in(self, method: str, asked: str, body: str, headers: dict[str, str]) -> None:
        if headers.get("authorization") != f"Bearer {self.key}":
            raise No("api_key_invalid", "Invalid API Key provided", status=401)
        if headers.get("stripe-version") != "2026-10-28.endive":
            raise No("invalid_version", "no such version")
        if any(part in asked for part in self.forbidden):
            raise No("permission", "The provided key does not have the required permissions", status=403)
        if method == "POST" and headers.get("content-type") != "application/x-www-form-urlencoded":
            raise No("invalid_content_type", "a form was expected")
        if STRIPE.exists() and (faults := stripe_faults(method, asked.partition(" ")[2], body)):
            self.spec_faults += faults
            raise No("parameter_unknown", faults[0])

    def _route(self, method: str, asked: str, body: str) -> Object:
        path, _, query = asked.partition(" ")[2].partition("?")
        parts = path.removeprefix("/v1/").split("/")
        fields = decoded(body if method == "POST" else query)
        if parts[0] == "terminal":
            return self.readers.answer(method, parts[2:], fields)
        if method == "GET":  # a customer at the reader goes on meanwhile
            self.readers.tick()
        books = self.books
        acts: dict[tuple[str, ...], Callable[[str], Object]] = {
            ("POST", "payment_intents"): lambda _: books.create_intent(fields),
            ("GET", "payment_intents", "*"): lambda it: books.shown(books.intent(it), fields),
            ("POST", "payment_intents", "*"): lambda it: books.update_intent(it, fields),
            ("POST", "payment_intents", "*", "cancel"): books.cancel_intent,
            ("POST", "payment_intents", "*", "capture"): lambda it: books.shown(books.capture_intent(it), fields),
            ("POST", "refunds"): lambda _: books.create_refund(fields),
            ("GET", "refunds", "*"): books.refund,
            ("GET", "refunds"): lambda _: books.listed(books.refunds, fields),
            ("POST", "payment_records", "report_payment"): lambda _: books.report_payment(fields),
            ("POST", "payment_records", "*", "report_refund"): lambda it: books.report_refund(it, fields),
            ("GET", "payment_records"): lambda _: books.listed(books.records, fields),
            ("GET", "payment_records", "*"): books.record,
            ("GET", "payment_intents"): lambda _: books.listed_intents(fields),
            ("GET", "account"): lambda _: books.account,
        }
        name = parts[1] if len(parts) > 1 and "_" in parts[1] and parts[1] != "report_payment" else ""
        act = acts.get((method, *("*" if name and part == name else part for part in parts)))
        if act is None:
            raise No("resource_missing", f"Unrecognized request URL ({method}: {path})", status=404)
        return act(name)
