"""Square's discounts with a name, as its library has them: a percentage or an amount.

One whose value is typed at the register, or that asks for more than the till knows, is left out, with the reason.
Source: Square's API description 2025-08-20, `CatalogDiscount`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outbox.clouds.square.search import Hits, hits, inner, is_at, search, version_of
from outbox.discount import amount_of, name_of, percent_of
from outbox.feeds import Page, PulledDiscount

if TYPE_CHECKING:
    from outbox.connector import Answer, Refused, Request, Retry, Unauthorized

_VARIABLE = frozenset({"VARIABLE_PERCENTAGE", "VARIABLE_AMOUNT"})
_BEFORE_TAX = "MODIFY_TAX_BASIS"  # and where nothing is said


@dataclass(frozen=True, slots=True)
class SquareDiscounts:
    """Reads one location's discounts."""

    location_id: str
    currency: str

    def request(self, cursor: str | None) -> Request:
        """Return the request for the page after `cursor`."""
        return search(("DISCOUNT",), cursor)

    def page(self, cursor: str | None, answer: Answer) -> Page | Retry | Unauthorized | Refused:
        """Read a page."""
        found = hits(cursor, answer)
        return self._page(found) if isinstance(found, Hits) else found

    def _page(self, found: Hits) -> Page:
        gone, given = [], []
        for value in found.objects:
            if value.get("type") != "DISCOUNT" or not isinstance(value.get("id"), str):
                continue
            if value.get("is_deleted") or not is_at(value, self.location_id):
                gone.append(value["id"])
            else:
                given.append(self._discount(value))
        return Page((), tuple(gone), found.cursor.text(), more=found.more, discounts=tuple(given))

    def _discount(self, value: dict[str, Any]) -> PulledDiscount:
        of, name = inner(value, "discount_data"), value["id"]
        try:
            name = name_of(of.get("name"))
            percent, amount = self._off(of)
        except ValueError as error:
            return PulledDiscount(value["id"], version_of(value), name, trouble=str(error))
        return PulledDiscount(value["id"], version_of(value), name, percent, amount)

    def _off(self, of: dict[str, Any]) -> tuple[str | None, int | None]:
        """Return the percentage or the amount. Raises `ValueError` with why a till cannot hold it."""
        kind = of.get("discount_type")
        if of.get("pin_required"):
            raise ValueError("Square asks for a PIN for it; what needs more than a cashier here is [staff]'s to say")
        if (of.get("modify_tax_basis") or _BEFORE_TAX) != _BEFORE_TAX:
            raise ValueError("it comes off after tax; a till's discounts come off before")
        if kind in _VARIABLE:
            raise ValueError("its value is typed at the register: type it at the till, with that reason")
        if kind == "FIXED_PERCENTAGE":
            if inner(of, "maximum_amount_money").get("amount"):
                raise ValueError("it takes off a certain amount at most, which a till does not watch")
            return percent_of(of.get("percentage")), None
        money = inner(of, "amount_money")
        if money.get("currency") != self.currency:
            raise ValueError(f"its amount is in {money.get('currency')}, the store's currency is {self.currency}")
        return None, amount_of(money.get("amount"))
