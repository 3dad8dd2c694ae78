"""What a person or a front end enters, checked once: texts, quantities, percents, amounts.

Everything here raises `Problem` with status 422, whose detail says how to write it instead.
"""

from __future__ import annotations

import re
from decimal import Decimal

from agent.card_guard import refuse_card_data
from agent.problem import invalid
from agent.sale import TenderType, Unit
from outbox.money import AMOUNT_MAX, format_amount

QUANTITY_MAX = Decimal(10_000)  # of one line; more is a barcode scanned into the quantity field
KG_DECIMALS = 3  # grams: what a shop's scale shows
REASON_CHARS_MAX = 200  # four lines on the widest receipt
PERCENT_DECIMALS = 4  # finer than any discount that is advertised

_DECIMAL = re.compile(r"\d{1,12}(?:\.\d{1,12})?", re.ASCII)


def text(field: str, value: object, *, chars_max: int) -> str:
    """Return a free text without the spaces around it: not empty, no card data, storable as UTF-8."""
    if not isinstance(value, str) or not value.strip():
        raise invalid("text-needed", f"{field} is empty: write a few words.", field=field)
    value = value.strip()
    if len(value) > chars_max:
        raise invalid("text-too-long", f"{field} is longer than {chars_max} characters.", field=field)
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can spell and UTF-8 can't
        raise invalid("text-unreadable", f"{field} holds a broken character: write it again.", field=field) from None
    refuse_card_data(field, value)
    return value


def text_or_none(field: str, value: object, *, chars_max: int) -> str | None:
    """Return like `text`, or `None` for `None` and for an empty text."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return text(field, value, chars_max=chars_max)


def quantity(value: object, unit: Unit) -> Decimal:
    """Read a quantity of that unit from a decimal string: whole pieces, or kilograms to the gram."""
    number = _decimal(value)
    if number is None or number <= 0:
        raise invalid(
            "quantity", 'The quantity is a decimal string greater than 0, such as "2" or "1.250".', field="quantity"
        )
    if number > QUANTITY_MAX:
        raise invalid(
            "quantity-too-large",
            f"The quantity is more than {QUANTITY_MAX}: check it, or split it over several lines.",
            field="quantity",
        )
    if unit is Unit.EACH and number != number.to_integral_value():
        raise invalid(
            "quantity-not-whole",
            "This item is sold by the piece: give a whole quantity. If it is sold by weight, "
            "set its unit to kg in the catalogue.",
            field="quantity",
        )
    if round(number, KG_DECIMALS) != number:
        raise invalid(
            "quantity-too-fine", f"A weight has at most {KG_DECIMALS} decimals: give it to the gram.", field="quantity"
        )
    return number.normalize()


def percent(value: object) -> Decimal:
    """Read a percentage greater than 0 and at most 100 from a decimal string."""
    number = _decimal(value)
    if number is None or not 0 < number <= 100 or round(number, PERCENT_DECIMALS) != number:  # noqa: PLR2004 - per cent
        raise invalid(
            "percent",
            'The percentage is a decimal string greater than 0 and at most 100, such as "10" or "12.5".',
            field="percent",
        )
    return number.normalize()


def amount(field: str, value: object, currency: str, *, least: int = 0) -> int:
    """Check an amount: an integer of minor units from `least` to `AMOUNT_MAX`."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= AMOUNT_MAX:
        raise invalid(
            "amount",
            f"{field} is a whole number of minor units from {least} to {AMOUNT_MAX}: "
            f"write 1250 for {format_amount(1250, currency)} {currency}.",
            field=field,
        )
    return value


def tender_type(value: object) -> TenderType:
    """Read `cash` or `card`."""
    if not isinstance(value, str) or value not in set(TenderType):
        raise invalid("tender-type", 'A tender\'s type is "cash" or "card".', field="type")
    return TenderType(value)


def _decimal(value: object) -> Decimal | None:
    return Decimal(value) if isinstance(value, str) and _DECIMAL.fullmatch(value) else None
