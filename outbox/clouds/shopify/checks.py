"""Whether the configuration fits the shop: currency, taxes, location, scopes, and what tenders are called there.

Source: the schema 2026-07, `Shop`, `Location`, `AppInstallation.accessScopes`; shopify.dev, "Access scopes".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outbox.clouds.shopify.answer import OLD_ORDERS, read, version_note
from outbox.clouds.shopify.catalogue import ANY_TAG
from outbox.clouds.shopify.plan import Place, ask, inner, nodes, onward
from outbox.clouds.shopify.queries import LOCATIONS, SCOPES, SHOP
from outbox.mapping import Finding, Level, Question

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from outbox.clouds import StoreFacts
    from outbox.connector import Answer
    from outbox.mapping import Declared

PAGE_LOCATIONS = 100


@dataclass(frozen=True, slots=True)
class ShopifyChecks:
    """Asks one shop."""

    store: StoreFacts
    declared: Declared
    place: Place
    taxes: Mapping[str, str]
    scopes: Sequence[str]  # what the app has to be allowed

    def questions(self) -> Sequence[Question]:
        """Return what to ask: the shop itself first."""
        return (
            Question("shop", ask(SHOP, {})),
            Question("scopes", ask(SCOPES, {})),
            _locations(None),
        )

    def findings(self, name: str, answer: Answer) -> Sequence[Finding | Question]:
        """Read an answer."""
        data = read(answer, None)
        if not isinstance(data, dict):
            return (Finding(Level.WRONG, data.reason),)
        if name == "scopes":
            return tuple(_scopes(inner(data, "currentAppInstallation"), self.scopes))
        if name == "locations":
            return tuple(self._location(inner(data, "locations")))
        note = version_note(answer)
        versions = () if note is None else (Finding(Level.NOTE, note),)
        return (*self._shop(inner(data, "shop")), *self._taxes(), *self._tenders(), *versions)

    def _shop(self, shop: Mapping[str, Any]) -> Iterator[Finding]:
        if not shop:
            yield Finding(Level.WRONG, "the answer shows no shop: check base_url")
            return
        currency, included = shop.get("currencyCode"), shop.get("taxesIncluded")
        if currency == self.store.currency:
            yield Finding(Level.GOOD, f"{shop.get('name')}: its currency is the store's, {currency}")
        else:
            text = (
                f"the shop's currency is {currency}, the store's {self.store.currency}: set the store's to the shop's"
            )
            yield Finding(Level.WRONG, text)
        words = {True: "include taxes", False: "are without taxes"}
        if included is self.store.prices_include_tax:
            yield Finding(Level.GOOD, f"prices {words[included]} there and here")
        elif isinstance(included, bool):
            yield Finding(
                Level.WRONG,
                f"the shop's prices {words[included]}, the store's {words[not included]}: pulled prices would be rung "
                "wrong; set prices_include_tax in [store] to what the shop has",
            )

    def _taxes(self) -> Iterator[Finding]:
        codes = [tax.code for tax in self.declared.taxes]
        unknown = sorted(set(self.taxes) - set(codes))
        if unknown:
            yield Finding(Level.WRONG, f"`taxes` names {', '.join(unknown)}, and the store has no such tax codes")
        if codes and ANY_TAG not in self.taxes.values():
            yield Finding(
                Level.NOTE,
                "taxable products with none of the tags in `taxes` are pulled with no tax code of their own, so they "
                "bear the store's default_tax",
                f'taxes = {{ {_key(codes[0])} = "{ANY_TAG}" }}',
            )

    def _tenders(self) -> Iterator[Finding]:
        named = {one: self.place.gateway(one) for one in self.declared.tenders}
        same = [one for one, gateway in named.items() if one == gateway]
        if same:
            yield Finding(
                Level.NOTE,
                f"{', '.join(same)}: shown at Shopify under the till's own names; `tenders` gives them others",
            )

    def _location(self, connection: Mapping[str, Any]) -> Iterator[Finding | Question]:
        found = nodes(connection)
        mine = next((one for one in found if one.get("id") == self.place.location_id), None)
        after = onward(connection)
        if mine is None and after is not None:
            yield _locations(after)
            return
        open_ones = [one for one in found if one.get("isActive")]
        if mine is None:
            named = ", ".join(f"{one.get('name')} ({one.get('id')})" for one in open_ones) or "none"
            proposal = f'location_id = "{open_ones[0].get("id")}"' if len(open_ones) == 1 else ""
            text = f"the shop has no location {self.place.location_id}; it has {named}"
            yield Finding(Level.WRONG, text, proposal)
        elif not mine.get("isActive"):
            yield Finding(
                Level.WRONG, f"the location {mine.get('name')} is closed at Shopify: open it, or name another"
            )
        else:
            yield Finding(Level.GOOD, f"the location is {mine.get('name')}")
            if len(open_ones) > 1 and self.place.stock == "order":
                yield Finding(
                    Level.NOTE,
                    f"the shop has {len(open_ones)} locations: after the first sale, see that its stock was taken from "
                    f"{mine.get('name')}; the setting below takes it from there in any case",
                    'stock = "adjust"',
                )


def _scopes(installed: Mapping[str, Any], needed: Sequence[str]) -> Iterator[Finding]:
    handles = {str(one.get("handle")) for one in nodes(installed.get("accessScopes"))}
    missing = [one for one in needed if one not in handles and one.replace("read_", "write_") not in handles]
    if missing:
        yield Finding(Level.WRONG, f"the app lacks the scopes {', '.join(missing)}: allow it these, install it again")
    else:
        yield Finding(Level.GOOD, "the app may do all that is needed")
    if OLD_ORDERS not in handles:
        yield Finding(
            Level.NOTE,
            f"without the scope {OLD_ORDERS} the app sees orders of the last 60 days: a refund of an older sale is to "
            "be entered at Shopify by hand",
        )


def _locations(after: str | None) -> Question:
    return Question("locations", ask(LOCATIONS, {"first": PAGE_LOCATIONS, "after": after}))


def _key(code: str) -> str:
    return code if code.replace("-", "").replace("_", "").isalnum() and code.isascii() else f'"{code}"'
