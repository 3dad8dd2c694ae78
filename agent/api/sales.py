"""Sales: opening one, changing it, taking money, and closing it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent import attending
from agent.about import How
from agent.api.refunds import OF_A_RECEIPT
from agent.api.route import Route
from agent.problem import conflict
from agent.staff.actions import Action
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call
    from agent.counter import Counter
    from agent.till import Tills


async def create(call: Call) -> Reply:
    """Open a sale on a till."""
    return await call.app.counters.at(call.body.till).ringing.open_sale(call.body.till, key=call.key)


async def view(call: Call) -> Reply:
    """Return a sale as it is now."""
    return Reply(HTTPStatus.OK, _counter(call).tills.view_sale(call.path["sale"]))


async def change(call: Call) -> Reply:
    """Write a note on the sale."""
    note, sale = call.body.note, call.path["sale"]
    return await attending.note(_tills(call), sale, note.text, printed=note.printed, key=call.key)


async def check_age(call: Call) -> Reply:
    """Note that the customer is old enough."""
    age, how = call.body.age, How(call.body.how)
    return await attending.check_age(_tills(call), call.path["sale"], age, how, key=call.key, by=call.by)


async def give_customer(call: Call) -> Reply:
    """Say whom the sale is for."""
    customer = call.app.customers.view(call.body.customer)
    return await attending.give_customer(_tills(call), call.path["sale"], customer, key=call.key, by=call.by)


async def drop_customer(call: Call) -> Reply:
    """Say that the sale is for nobody who is known."""
    return await attending.give_customer(_tills(call), call.path["sale"], None, key=call.key, by=call.by)


def _tills(call: Call) -> Tills:
    return call.app.counters.of_sale(call.path["sale"]).tills


async def add_line(call: Call) -> Reply:
    """Add a line."""
    return await _counter(call).ringing.add_line(call.path["sale"], call.body, key=call.key, by=call.by)


async def change_line(call: Call) -> Reply:
    """Change a line's quantity or price."""
    return await _counter(call).ringing.change_line(
        call.path["sale"], call.path["line"], call.body, key=call.key, by=call.by
    )


async def remove_line(call: Call) -> Reply:
    """Take a line out."""
    return await _counter(call).ringing.remove_line(call.path["sale"], call.path["line"], key=call.key, by=call.by)


async def add_discount(call: Call) -> Reply:
    """Give a discount."""
    return await _counter(call).ringing.add_discount(call.path["sale"], call.body, key=call.key, by=call.by)


async def remove_discount(call: Call) -> Reply:
    """Take a discount back."""
    return await _counter(call).ringing.remove_discount(call.path["sale"], call.path["discount"], key=call.key)


async def add_tender(call: Call) -> Reply:
    """Take money; what cannot be taken now is refused with what can."""
    call.app.outage.check_tender(call.body.type)
    if call.body.type == "card_reader":
        raise conflict(
            "card-at-reader", "A card at the reader is begun with POST /v1/sales/{sale}/card-payments, and is no slip."
        )
    return await _counter(call).ringing.add_tender(call.path["sale"], call.body, key=call.key)


async def remove_tender(call: Call) -> Reply:
    """Give money back before the sale is complete."""
    return await _counter(call).ringing.remove_tender(call.path["sale"], call.path["tender"], key=call.key, by=call.by)


async def complete(call: Call) -> Reply:
    """Make the sale a fact; answers after the fsync."""
    return await _counter(call).closing.complete(call.path["sale"], key=call.key, by=call.by)


async def park(call: Call) -> Reply:
    """Put the sale aside."""
    return await _counter(call).ringing.park(call.path["sale"], call.body.label, key=call.key, by=call.by)


async def resume(call: Call) -> Reply:
    """Take a parked sale up again."""
    return await _counter(call).ringing.resume(call.path["sale"], key=call.key)


async def void(call: Call) -> Reply:
    """Give the sale up."""
    return await _counter(call).closing.void(call.path["sale"], call.body.reason, key=call.key, by=call.by)


async def take_back(call: Call) -> Reply:
    """Say what comes back in exchange for what is being rung."""
    return await _counter(call).returns.take_back(call.path["sale"], call.body, key=call.key, by=call.by)


async def keep_goods(call: Call) -> Reply:
    """Take nothing back after all."""
    return await _counter(call).returns.keep_goods(call.path["sale"], key=call.key)


def _counter(call: Call) -> Counter:
    return call.app.counters.of_sale(call.path["sale"])


_OF_A_SALE = ("no-such-sale", "sale-closed", "sale-not-open")
_TO_ANSWER = ("age-not-checked", "mark-needed")
_OF_A_LINE = (*_OF_A_SALE, "no-such-line")
WHAT_TO_RING = (
    "receipt-scanned",
    "no-such-item",
    "no-such-barcode",
    "scan-refused",
    "two-items",
    "expired",
    "serial-twice",
    "too-many-lines",
    "weight-needed",
    "sold-by-weight",
    "not-weighed",
    "no-deposit",
)

ROUTES = (
    Route(
        "POST",
        "/v1/sales",
        create,
        "Open a sale; 200 and the open one where the till has one",
        "Sale",
        status=201,
        body="NewSale",
        problems=("no-such-till",),
        action=Action.SELL,
    ),
    Route("GET", "/v1/sales/{sale}", view, "A sale as it is now", "Sale", problems=("no-such-sale",)),
    Route(
        "PATCH",
        "/v1/sales/{sale}",
        change,
        "Write a note on the whole sale",
        "Sale",
        body="SaleChange",
        problems=(*_OF_A_SALE, "card-data"),
        action=Action.SELL,
    ),
    Route(
        "POST",
        "/v1/sales/{sale}/age",
        check_age,
        "Note that the customer's age was made sure of; no birth date is taken",
        "Sale",
        body="NewAgeCheck",
        problems=_OF_A_SALE,
        action=Action.AGE_CHECK,
    ),
    Route(
        "POST",
        "/v1/sales/{sale}/customer",
        give_customer,
        "Say whom the sale is for",
        "Sale",
        body="ForCustomer",
        problems=(*_OF_A_SALE, "no-such-customer"),
        action=Action.SELL,
    ),
    Route(
        "DELETE",
        "/v1/sales/{sale}/customer",
        drop_customer,
        "Take the customer off the sale",
        "Sale",
        problems=_OF_A_SALE,
        action=Action.SELL,
    ),
    Route(
        "POST",
        "/v1/sales/{sale}/lines",
        add_line,
        "Add an item by barcode or sku, or an open item by name and price",
        "Sale",
        body="NewLine",
        problems=(*_OF_A_SALE, *WHAT_TO_RING, "quantity", "no-such-tax", "card-data"),
        action=Action.SELL,
    ),
    Route(
        "PATCH",
        "/v1/sales/{sale}/lines/{line}",
        change_line,
        "Change a line's quantity, its price with a reason, its note, its lot or its serial number",
        "Sale",
        body="LineChange",
        problems=(*_OF_A_LINE, "quantity", "deposit-follows", "deposit-fixed", "card-data"),
        action=Action.SELL,
    ),
    Route(
        "DELETE",
        "/v1/sales/{sale}/lines/{line}",
        remove_line,
        "Take a line out, with its deposit",
        "Sale",
        problems=(*_OF_A_LINE, "deposit-follows"),
        action=Action.LINE_VOID,
    ),
    Route(
        "POST",
        "/v1/sales/{sale}/discounts",
        add_discount,
        "Give a discount on a line, or on the whole sale",
        "Sale",
        body="NewDiscount",
        problems=(*_OF_A_LINE, "discount-too-large", "too-many-discounts", "deposit-fixed", "card-data"),
        action=Action.SELL,
    ),
    Route(
        "DELETE",
        "/v1/sales/{sale}/discounts/{discount}",
        remove_discount,
        "Take a discount back",
        "Sale",
        problems=(*_OF_A_SALE, "no-such-discount"),
        action=Action.SELL,
    ),
    Route(
        "POST",
        "/v1/sales/{sale}/tenders",
        add_tender,
        "Take money: cash, or a card payment that its terminal has made",
        "Sale",
        body="NewTender",
        problems=(
            *_OF_A_SALE,
            "sale-empty",
            *_TO_ANSWER,
            "nothing-due",
            "card-over-due",
            "tender-unavailable",
            "card-at-reader",
            "card-payment-open",
            "too-many-tenders",
            "card-data",
        ),
        action=Action.SELL,
    ),
    Route(
        "DELETE",
        "/v1/sales/{sale}/tenders/{tender}",
        remove_tender,
        "Give a tender back before the sale is complete",
        "Sale",
        problems=(*_OF_A_SALE, "no-such-tender", "card-charged"),
        action=Action.SELL,
    ),
    Route(
        "POST",
        "/v1/sales/{sale}/complete",
        complete,
        "Make a paid sale a record; answers after it is on the disk",
        "Record",
        problems=(
            *_OF_A_SALE,
            *_TO_ANSWER,
            "sale-empty",
            "sale-not-paid",
            "card-payment-open",
            "disk-full",
            "disk-unclear",
        ),
        action=Action.SELL,
    ),
    Route(
        "POST",
        "/v1/sales/{sale}/park",
        park,
        "Put a sale aside",
        "Sale",
        body="Park",
        problems=(*_OF_A_SALE, "sale-empty", "card-payment-open", "card-data"),
        action=Action.SELL,
    ),
    Route(
        "POST",
        "/v1/sales/{sale}/resume",
        resume,
        "Take a parked sale up again",
        "Sale",
        problems=("no-such-sale", "sale-closed", "sale-not-parked", "till-busy"),
        action=Action.SELL,
    ),
    Route(
        "POST",
        "/v1/sales/{sale}/void",
        void,
        "Give a sale up",
        "Record",
        body="Void",
        problems=(*_OF_A_SALE, "card-data"),
        action=Action.SALE_VOID,
    ),
    Route(
        "PUT",
        "/v1/sales/{sale}/taken-back",
        take_back,
        "Take goods of another receipt back in exchange; in place of what was taken back before",
        "Sale",
        body="TakeBack",
        problems=(*_OF_A_SALE, *OF_A_RECEIPT, "cards-over-total", "card-data"),
        action=Action.REFUND,
    ),
    Route(
        "DELETE",
        "/v1/sales/{sale}/taken-back",
        keep_goods,
        "Take nothing back after all",
        "Sale",
        problems=(*_OF_A_SALE, "nothing-taken-back", "cards-over-total"),
        action=Action.SELL,
    ),
)
