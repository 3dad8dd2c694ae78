"""What only the store's currency can tell: whether the amounts of the file are amounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.config.currencies import CURRENCIES
from agent.config.problems import Finding, shown
from outbox import money

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.config.problems import Loc


def amounts(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield the amounts that the currency has no coins for, or that no till takes."""
    store, shift = raw.get("store"), raw.get("shift")
    if not isinstance(store, dict):
        return
    currency = store.get("currency")
    if not isinstance(currency, str) or currency not in CURRENCIES:
        return
    yield from _cash_rounding(store.get("cash_rounding"), currency)
    most = store.get("refund_without_receipt_max")
    yield from _amount(("store", "refund_without_receipt_max"), most, currency, least=0)
    if not isinstance(shift, dict):
        return
    yield from _amount(("shift", "reason_above"), shift.get("reason_above"), currency, least=0)
    values = shift.get("denominations")
    for at, value in enumerate(values if isinstance(values, list) else ()):
        yield from _amount(("shift", "denominations", at), value, currency, least=1)


def _cash_rounding(coin: object, currency: str) -> Iterator[Finding]:
    like = f'the smallest coin, like cash_rounding = "{money.format_amount(5, currency)}", or leave the key out'
    yield from _amount(("store", "cash_rounding"), coin, currency, least=1, what="the smallest coin", like=like)


def _amount(
    loc: Loc, text: object, currency: str, *, least: int, what: str = "an amount", like: str | None = None
) -> Iterator[Finding]:
    if not isinstance(text, str) or not text.replace(".", "", 1).isdecimal():
        return  # its own section says so
    try:
        minor = money.parse_amount(text, currency)
    except ValueError as error:
        yield Finding(loc, shown(text), f"write {what}: {error}")
        return
    if minor < least:
        cure = like or f'what it is worth, like "{money.format_amount(50, currency)}"'
        yield Finding(loc, shown(text), f"write {cure}")
