"""Whether the configuration fits the shop: currency, how it taxes, its tax classes and rates, its payment methods."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from outbox.clouds.woocommerce.answer import read
from outbox.clouds.woocommerce.lines import STANDARD
from outbox.clouds.woocommerce.plan import listed
from outbox.clouds.woocommerce.plan import read as asked
from outbox.mapping import Finding, Level, Question
from outbox.money import decimals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from outbox.clouds import StoreFacts
    from outbox.connector import Answer
    from outbox.mapping import Declared

    Read = dict[str, Any] | list[Any]

RATES_MAX = 100  # of a shop; beyond, it sells in so many places that a person has to compare
_PATHS = {
    "currency": "/data/currencies/current",
    "general": "/settings/general",
    "tax": "/settings/tax",
    "classes": "/taxes/classes",
    "rates": f"/taxes?per_page={RATES_MAX}",
    "methods": "/payment_gateways",
}


class WooChecks:
    """Asks one shop."""

    def __init__(
        self, store: StoreFacts, declared: Declared, taxes: Mapping[str, str], tenders: Mapping[str, str]
    ) -> None:
        self._store = store
        self._declared = declared
        self._taxes = taxes
        self._tenders = tenders

    def questions(self) -> Sequence[Question]:
        """Return what to ask, in order."""
        return [Question(name, asked(path)) for name, path in _PATHS.items()]

    def findings(self, name: str, answer: Answer) -> Sequence[Finding | Question]:
        """Read the answer to a question."""
        value = read(answer, None)
        if not isinstance(value, dict | list):
            return [Finding(Level.WRONG, f"{name}: {value.reason}")]
        return {
            "currency": self._currency,
            "general": self._general,
            "tax": self._tax,
            "classes": self._classes,
            "rates": self._rates,
            "methods": self._methods,
        }[name](value)

    def _currency(self, value: Read) -> list[Finding]:
        code = value.get("code") if isinstance(value, dict) else None
        if code == self._store.currency:
            return [Finding(Level.GOOD, f"the shop accepts the key, and its currency is the store's, {code}")]
        return [
            Finding(Level.WRONG, f"the shop's currency is {code}, the store's {self._store.currency}: set both alike")
        ]

    def _general(self, value: Read) -> list[Finding]:
        settings, found = _settings(value), []
        if settings.get("woocommerce_calc_taxes") != "yes" and any(tax.rate for tax in self._declared.taxes):
            found.append(
                Finding(
                    Level.WRONG,
                    "the shop works no taxes out: each order is short of them, and a fee evens it out. Turn on "
                    "WooCommerce, Settings, General, Enable tax rates and calculations",
                )
            )
        places = settings.get("woocommerce_price_num_decimals")
        if places is not None and str(places) != str(decimals(self._store.currency)):
            found.append(
                Finding(
                    Level.WRONG,
                    f"the shop writes prices with {places} decimals, {self._store.currency} has "
                    f"{decimals(self._store.currency)}: totals are rounded there; set WooCommerce, Settings, General, "
                    "Number of decimals",
                )
            )
        return found or [Finding(Level.GOOD, "the shop works taxes out, to the currency's decimals")]

    def _tax(self, value: Read) -> list[Finding]:
        settings, found = _settings(value), []
        includes = settings.get("woocommerce_prices_include_tax") == "yes"
        if includes is not self._store.prices_include_tax:
            shop, store = ("with" if flag else "without" for flag in (includes, self._store.prices_include_tax))
            found.append(
                Finding(
                    Level.WRONG,
                    f"prices at the shop are {shop} tax, in the store {store}: pulled prices mean something else here. "
                    "Set `prices_include_tax` of [store], or WooCommerce, Settings, Tax, Prices entered with tax",
                )
            )
        if settings.get("woocommerce_tax_round_at_subtotal") != "yes":
            found.append(
                Finding(
                    Level.NOTE,
                    "the shop rounds taxes line by line, the till once a sale: they differ by a cent now and then, and "
                    "each time a note says so. Turn on WooCommerce, Settings, Tax, Round tax at subtotal level",
                )
            )
        return found or [Finding(Level.GOOD, "the shop's prices bear tax as the store's do, and it rounds as the till")]

    def _classes(self, value: Read) -> list[Finding]:
        rows = value if isinstance(value, list) else []
        slugs = {str(row.get("slug")) for row in rows if isinstance(row, dict)}
        wrong = [f'{code} = "{named}"' for code, named in self._taxes.items() if named not in slugs | {STANDARD}]
        missing = [tax.code for tax in self._declared.taxes if tax.code not in self._taxes]
        there = ", ".join(sorted(slugs | {STANDARD}))
        found = [
            Finding(Level.WRONG, f"the shop has no tax class for {line}: it has {there}; name one of them")
            for line in wrong
        ]
        if missing:
            # A table replaces the whole of the default: the proposal says again what is there.
            kept = {code: named for code, named in self._taxes.items() if named in slugs | {STANDARD}}
            rows_of = kept | dict.fromkeys(missing, STANDARD)
            proposal = ", ".join(f'{code} = "{named}"' for code, named in rows_of.items())
            found.append(
                Finding(
                    Level.WRONG,
                    f"no tax class is named for {', '.join(missing)}: sales with it are parked. The shop has {there}",
                    f"taxes = {{ {proposal} }}",
                )
            )
        return found or [Finding(Level.GOOD, "each tax code has a tax class of the shop's")]

    def _rates(self, value: Read) -> list[Finding]:
        rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
        found = []
        for tax in self._declared.taxes:
            named = self._taxes.get(tax.code)
            rates = [rate for row in rows if row.get("class") == named and (rate := _rate(row)) is not None]
            if named is None or tax.rate in rates or (not tax.rate and not rates):
                continue
            has = ", ".join(f"{rate.normalize():f}%" for rate in rates) or "none"
            found.append(
                Finding(
                    Level.NOTE if len(rates) > 1 else Level.WRONG,
                    f"{tax.code} is {tax.rate.normalize():f}% in the store, and the rates of its class {named} at the "
                    f"shop are: {has}. Orders are taxed by the shop's own place: compare the rate that holds there",
                )
            )
        if len(rows) == RATES_MAX:
            found.append(Finding(Level.NOTE, f"only the shop's first {RATES_MAX} tax rates were compared"))
        return found or [Finding(Level.GOOD, "the rates of the shop's tax classes are the store's")]

    def _methods(self, value: Read) -> list[Finding]:
        rows = listed({"rows": value}, "rows")
        known = {str(row.get("id")) for row in rows}
        missing = [f"{kind} = {named!r}" for kind, named in self._tenders.items() if named not in known]
        if missing:
            there = ", ".join(sorted(known)) or "none"
            return [
                Finding(
                    Level.NOTE,
                    f"the shop has no payment method for {', '.join(missing)}; orders show the word. It has {there}",
                )
            ]
        return [Finding(Level.GOOD, "each payment method that is named is the shop's")]


def _settings(value: Read) -> dict[str, Any]:
    rows = value if isinstance(value, list) else []
    return {str(row.get("id")): row.get("value") for row in rows if isinstance(row, dict)}


def _rate(row: Mapping[str, Any]) -> Decimal | None:
    try:
        return Decimal(str(row.get("rate")))
    except InvalidOperation:
        return None
