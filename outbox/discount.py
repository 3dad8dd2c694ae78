"""A discount with a name, as a cloud gives it and a cashier chooses it: what of it a till can hold.

A till takes a percentage or an amount off a line or the sale, and knows nothing else that a discount may hang on.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from outbox.money import AMOUNT_MAX, parse_amount

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME_CHARS_MAX = 200  # what a till takes as a discount's reason
PERCENT_MAX = 100
PERCENT_PLACES_MAX = 4  # what a till takes; finer than any discount that is advertised


@dataclass(frozen=True, slots=True)
class NamedDiscount:
    """One that can be given now: by `percent` (a decimal string) or `amount` (minor units), until `until` (UTC)."""

    cloud: str
    id: str  # the cloud's own
    name: str
    percent: str | None
    amount: int | None
    until: str | None

    def to_json(self) -> dict[str, Any]:
        """Return it as the local API shows it."""
        return asdict(self)


def name_of(text: object) -> str:
    """Return a name as a till can show it. Raises `ValueError` where there is none."""
    seen = "".join(one for one in text if one.isprintable() or one.isspace()) if isinstance(text, str) else ""
    name = " ".join(seen.split())[:NAME_CHARS_MAX].strip()
    if not name:
        raise ValueError("it has no name")
    return name


def percent_of(text: object) -> str:
    """Return a percentage as a decimal string. Raises `ValueError` where a till takes none such."""
    try:
        percent = Decimal(str(text)).normalize()
    except InvalidOperation:
        raise ValueError("it says no percentage") from None
    if not percent.is_finite() or not 0 < percent <= PERCENT_MAX or round(percent, PERCENT_PLACES_MAX) != percent:
        raise ValueError("it takes off a percentage that no till takes: more than 0, at most 100, with four decimals")
    return f"{percent:f}"


def amount_of(amount: object) -> int:
    """Return an amount in minor units. Raises `ValueError` where it takes nothing off."""
    if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount <= AMOUNT_MAX:
        raise ValueError("it takes no amount off")
    return amount


def written_amount(text: object, currency: str) -> int:
    """Return an amount that is written as a decimal, in minor units. Raises `ValueError`."""
    return amount_of(parse_amount(str(text), currency))


def moment_of(text: object) -> str | None:
    """Return a time as RFC 3339 in UTC, to the second, so that such times sort as text; None for none.

    One without an offset is UTC. Raises `ValueError` where it is no time.
    """
    if text is None or text == "":
        return None
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        raise ValueError(f"{text} is no time") from None
    return stamp(at if at.tzinfo is not None else at.replace(tzinfo=UTC))


def stamp(at: datetime) -> str:
    """Return a time as `moment_of` does."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def each_name_once(found: Iterable[NamedDiscount], clouds: Iterable[str]) -> list[NamedDiscount]:
    """Return discounts by name: of a name that several clouds have, those of the one that stands first in `clouds`."""
    place = {cloud: n for n, cloud in enumerate(clouds)}
    known = [discount for discount in found if discount.cloud in place]
    first: dict[str, int] = {}
    for discount in known:
        key = discount.name.casefold()
        first[key] = min(first.get(key, place[discount.cloud]), place[discount.cloud])
    kept = [one for one in known if place[one.cloud] == first[one.name.casefold()]]
    return sorted(kept, key=lambda one: (one.name.casefold(), one.name, one.id))
