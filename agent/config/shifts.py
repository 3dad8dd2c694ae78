"""What only the store's currency can tell of `[shift]`: whether its amounts are amounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.config.currencies import CURRENCIES
from agent.config.problems import Finding, shown
from outbox import money

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.config.problems import Loc


def shifts(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield the amounts that the currency has no coins for."""
    store, shift = raw.get("store"), raw.get("shift")
    currency = store.get("currency") if isinstance(store, dict) else None
    if not isinstance(shift, dict) or not isinstance(currency, str) or currency not in CURRENCIES:
        return
    yield from _amount(("shift", "reason_above"), shift.get("reason_above"), currency, least=0)
    values = shift.get("denominations")
    for at, value in enumerate(values if isinstance(values, list) else ()):
        yield from _amount(("shift", "denominations", at), value, currency, least=1)


def _amount(loc: Loc, text: object, currency: str, *, least: int) -> Iterator[Finding]:
    if not isinstance(text, str) or not text.replace(".", "", 1).isdecimal():
        return  # its own section says so
    try:
        minor = money.parse_amount(text, currency)
    except ValueError as error:
        yield Finding(loc, shown(text), f"write an amount: {error}")
        return
    if minor < least:
        yield Finding(loc, shown(text), f'write what it is worth, like "{money.format_amount(50, currency)}"')
