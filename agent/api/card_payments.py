"""Card payments at a till's reader: begun, followed, cancelled, left behind."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.route import Route
from agent.staff.actions import Action
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def begin(call: Call) -> Reply:
    """Ask for a card at the reader; in training it is taken at once, and nothing is sent."""
    sale, amount = call.path["sale"], call.body.amount
    counter = call.app.counters.of_sale(sale)
    if counter.tills.store.training:
        return await call.app.cards.train(sale, amount, key=call.key, tills=counter.tills)
    call.app.cards.reader_of(call.app.tills.view_sale(sale)["till"])
    call.app.outage.check_tender("card_reader")
    return await call.app.cards.begin(sale, amount, key=call.key, by=call.by)


async def view(call: Call) -> Reply:
    """Return a payment as it is now."""
    sale = call.path["sale"]
    return Reply(HTTPStatus.OK, call.app.cards.view(sale, call.path["payment"], call.app.counters.of_sale(sale).tills))


async def cancel(call: Call) -> Reply:
    """Call it off, or give the money back."""
    sale, payment = call.path["sale"], call.path["payment"]
    tills = call.app.counters.of_sale(sale).tills
    if tills.store.training:
        return await call.app.cards.train_back(sale, payment, key=call.key, tills=tills)
    return await call.app.cards.cancel(sale, payment, key=call.key, by=call.by)


async def leave(call: Call) -> Reply:
    """Go on without it."""
    return await call.app.cards.leave(call.path["sale"], call.path["payment"], key=call.key, by=call.by)


async def told(call: Call) -> Reply:
    """Note that somebody has read how it ended."""
    return await call.app.cards.told(call.path["sale"], call.path["payment"], key=call.key)


_ONE = ("no-such-card-payment",)

ROUTES = (
    Route(
        "POST",
        "/v1/sales/{sale}/card-payments",
        begin,
        "Ask for a card at the till's reader; what it comes to is a tender of the sale once it is charged",
        "CardPayment",
        status=HTTPStatus.ACCEPTED,
        body="NewCardPayment",
        problems=(
            "no-such-sale",
            "sale-closed",
            "sale-not-open",
            "sale-empty",
            "age-not-checked",
            "mark-needed",
            "nothing-due",
            "card-over-due",
            "card-amount",
            "card-payment-open",
            "no-card-reader",
            "reader-busy",
            "tender-unavailable",
            "too-many-tenders",
            "shift-needed",
        ),
        action=Action.SELL,
    ),
    Route(
        "GET",
        "/v1/sales/{sale}/card-payments/{payment}",
        view,
        "A card payment as it is now",
        "CardPayment",
        problems=_ONE,
    ),
    Route(
        "DELETE",
        "/v1/sales/{sale}/card-payments/{payment}",
        cancel,
        "Cancel at the reader; of a card that is charged, give the money back while the sale is open",
        "CardPayment",
        status=HTTPStatus.ACCEPTED,
        problems=(*_ONE, "card-payment-ending", "card-payment-open", "sale-closed", "sale-not-open"),
        action=Action.SELL,
    ),
    Route(
        "POST",
        "/v1/sales/{sale}/card-payments/{payment}/leave",
        leave,
        "Go on with the sale while the payment's end is not known: it is called off, or given back, once it can be",
        "CardPayment",
        problems=_ONE,
        action=Action.CARD_LEAVE,
    ),
    Route(
        "POST",
        "/v1/sales/{sale}/card-payments/{payment}/told",
        told,
        "Note that somebody has read how a payment ended that its sale had gone on without",
        "CardPayment",
        problems=(*_ONE, "card-payment-open"),
        action=Action.SELL,
    ),
)
