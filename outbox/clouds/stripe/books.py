"""What Stripe can be asked of its books: Payment Records, the payments of its readers, and the refunds it made itself.

Source: https://docs.stripe.com/api/payment-record/list, /api/payment_intents/list and /api/refunds/list; `reported_by`
as in its Python library 16.1.0. Lists show a thing as soon as it is made, by Stripe's clock, and keep it for ever.
A refund that was reported is no object there: its Payment Record shows what all of its refunds come to, and not which
they were. Such a one is in no list, and is asked for with what the record showed before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import TYPE_CHECKING, Any

from outbox.books import Entry, Listing, Standing
from outbox.clouds.answers import of_pull
from outbox.clouds.stripe.answer import MISSING, read
from outbox.clouds.stripe.entry import INTENTS, RECORDS, REFUNDS, Odd, entry, given_back
from outbox.clouds.stripe.money import as_kept, from_wire, to_wire
from outbox.clouds.stripe.plan import PAGE, next_page
from outbox.clouds.stripe.refund import back_after, given, parts
from outbox.clouds.stripe.sale import intent_of, paid
from outbox.connector import Refused, Request, Retry
from outbox.record import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from outbox.books import Delivered
    from outbox.clouds.stripe.plan import Place
    from outbox.connector import Answer, Unauthorized
    from outbox.record import Record

_MIRROR = "stripe"  # `reported_by` of the Payment Record that Stripe makes of a PaymentIntent, which tells it already


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reported(Request):
    """The request for a Payment Record on which a refund of ours was reported. Amounts are as Stripe writes them."""

    record_id: str
    receipt_number: str | None
    part: str
    before: int  # what it showed as given back before ours
    amount: int


class StripeBooks:
    """What one account can be asked."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def between(self, since: datetime, until: datetime) -> Sequence[Request]:
        """Return the three lists. They can be narrowed by time only: what is another's shows by its marks."""
        first, last = int(since.timestamp()), ceil(until.timestamp())
        listed = {"created": {"gte": first, "lte": last}, "limit": PAGE}
        return (
            self._get(RECORDS, {"created_after": first - 1, "created_before": last + 1, "limit": PAGE}),
            self._get(INTENTS, listed | {"expand": ["data.latest_charge"]}),  # which says what went back
            self._get(REFUNDS, listed),
        )

    def one(self, delivered: Delivered) -> Sequence[Request]:
        """Return what to ask for each payment or refund of a record."""
        refs = delivered.refs
        if delivered.record.kind is Kind.REFUND:
            made = [part for part in parts(delivered) if f"refund-{part.number}" in refs]
            by_stripe = (refs[f"refund-{part.number}"] for part in made if part.intent is not None)
            reported = dict.fromkeys(part.record for part in made if part.record is not None)
            return (
                *(self._get(f"{REFUNDS}/{refund}") for refund in by_stripe),
                *(self._reported(delivered, payment) for payment in reported),
            )
        asked = []
        for part in paid(delivered.record.body):
            if part.intent is not None:
                asked.append(self._get(f"{INTENTS}/{part.intent}"))
            elif f"record-{part.number}" in refs:
                asked.append(self._get(f"{RECORDS}/{refs[f'record-{part.number}']}"))
        return asked

    def read(self, request: Request, answer: Answer, now: datetime) -> Listing | Retry | Unauthorized | Refused:
        """Read a list's page, or what was asked for by its id."""
        body = read(answer, now)
        what, _, asked = request.path.partition("?")[0].removeprefix("/v1/").partition("/")
        if asked and isinstance(body, Refused) and body.code == MISSING and answer.status == HTTPStatus.NOT_FOUND:
            return Listing()
        if not isinstance(body, dict):
            return of_pull(body)
        try:
            if not asked:
                return self._page(request, what, body)
            if body.get("id") != asked:
                raise Odd("is about another id than was asked for")
            if isinstance(request, _Reported):
                return _ours(request, body)
            return Listing((entry(what, body, None),))
        except Odd as odd:
            return Retry(f"Stripe's answer {odd}")

    def due(self, record: Record) -> int | None:
        """Return what was paid with tips and without the change, or given back, as coarsely as Stripe keeps it.

        A refund with no receipt is of no payment there. Of one whose sale had less there than it gives back, it is
        more than Stripe was told: the delivery's drift says by how much.
        """
        body, currency = record.body, record.body["currency"]
        if record.kind is Kind.SALE:
            amounts = [part.amount for part in paid(body)]
        elif record.kind is Kind.REFUND:
            amounts = [int(one["amount"]) for one in given(record) if body.get("original") or intent_of(one)]
        else:
            return None
        return sum(as_kept(amount, currency) for amount in amounts) or None

    def _get(self, path: str, fields: Mapping[str, Any] | None = None) -> Request:
        return self._place.request("GET", f"/v1/{path}", fields or {})

    def _reported(self, delivered: Delivered, payment: str) -> _Reported:
        """Return what to ask for the parts of a refund on one Payment Record: it shows them as one amount."""
        record, asked = delivered.record, self._get(f"{RECORDS}/{payment}")
        ours = [part for part in parts(delivered) if part.record == payment]
        amount = sum(to_wire(part.amount, record.body["currency"]) for part in ours)
        return _Reported(
            asked.method,
            asked.path,
            asked.body,
            asked.headers,
            record_id=record.id,
            receipt_number=record.receipt_number,
            part=str(ours[0].number),
            before=back_after(delivered, ours[-1]) - amount,
            amount=amount,
        )

    def _page(self, request: Request, what: str, body: Mapping[str, Any]) -> Listing:
        listed, more = body.get("data"), body.get("has_more")
        if body.get("object") != "list" or not isinstance(listed, list) or not isinstance(more, bool):
            raise Odd("holds no list")
        found = [(entry(what, value, self._place.store), value) for value in listed]
        entries = tuple(one for one, value in found if value.get("reported_by") != _MIRROR)
        if not more:
            return Listing(entries)
        further = next_page(request, body, found[-1][0].remote_id) if found else None
        if further is None or further == request:
            raise Odd("says that there is more, and does not go on")
        return Listing(entries, (further,))


def _ours(request: _Reported, body: Mapping[str, Any]) -> Listing:
    """Return our share of what was given back there. What is more than that may be of later refunds."""
    back, currency = given_back(body)
    share = min(back - request.before, request.amount)
    if share <= 0:
        return Listing()
    of, number = request.record_id, request.receipt_number
    total = from_wire(share, currency)
    return Listing((Entry(body["id"], Kind.REFUND, of, number, total, currency, Standing.BOOKED, request.part),))
