"""Whether the configuration fits the seller's account: the location, its currency, permissions, taxes and units.

Source: Square's API description 2025-08-20, `Location`, `RetrieveTokenStatusResponse`, `CatalogTax`,
`CatalogMeasurementUnit`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from outbox.clouds.square.answer import read
from outbox.clouds.square.plan import HEADERS
from outbox.clouds.square.sign_in import SCOPES
from outbox.connector import Request
from outbox.mapping import Finding, Level, Question
from outbox.record import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from outbox.clouds import StoreFacts
    from outbox.connector import Answer
    from outbox.mapping import Declared

PAGE_OBJECTS = 1000  # Square's largest page, and all that is looked at: a seller has a handful of taxes and units


@dataclass(frozen=True, slots=True)
class SquareChecks:
    """Asks one seller's account."""

    location_id: str
    store: StoreFacts
    declared: Declared
    taxes: Mapping[str, str]
    kilograms: Sequence[str]
    customers: bool

    def questions(self) -> Sequence[Question]:
        """Return what to ask: the location first."""
        return (
            Question("location", Request("GET", f"/v2/locations/{self.location_id}", b"", HEADERS)),
            Question("permissions", Request("POST", "/oauth2/token/status", b"", HEADERS)),
            Question("objects", Request("POST", "/v2/catalog/search", canonical(_OBJECTS), HEADERS)),
        )

    def findings(self, name: str, answer: Answer) -> Sequence[Finding | Question]:
        """Read an answer."""
        body = read(answer, None)
        if not isinstance(body, dict):
            return (Finding(Level.WRONG, f"{_ASKED.get(name, 'taxes and units')}: {body.reason}"),)
        if name == "location":
            return tuple(self._location(body.get("location")))
        if name == "permissions":
            return tuple(self._permissions(body.get("scopes")))
        objects = body.get("objects")
        there = {one["id"]: one for one in objects or () if isinstance(one, dict) and isinstance(one.get("id"), str)}
        return (*self._taxes(there), *self._units(there))

    def _location(self, location: Any) -> Iterator[Finding]:
        if not isinstance(location, dict):
            yield Finding(Level.WRONG, "the answer shows no location: check base_url and location_id")
            return
        name = location.get("name") or self.location_id
        if location.get("status") == "INACTIVE":
            yield Finding(Level.WRONG, f"the location {name} is not active: activate it at Square, or name another")
        currency = location.get("currency")
        if currency == self.store.currency:
            yield Finding(Level.GOOD, f"the location is {name}, and its currency is the store's, {currency}")
        else:
            text = f"the location's currency is {currency}, the store's {self.store.currency}: they have to be the same"
            yield Finding(Level.WRONG, text)

    def _permissions(self, scopes: Any) -> Iterator[Finding]:
        wanted = {scope for scope in SCOPES if self.customers or not scope.startswith("CUSTOMERS_")}
        missing = sorted(wanted - set(scopes if isinstance(scopes, list) else ()))
        if missing:
            text = f"the token lacks {', '.join(missing)}: allow that to the application, then connect again"
            yield Finding(Level.WRONG, text)
        else:
            yield Finding(Level.GOOD, "the token has the permissions that are needed")

    def _taxes(self, objects: Mapping[str, dict[str, Any]]) -> Iterator[Finding]:
        there = {id_: one for id_, one in objects.items() if one.get("type") == "TAX"}
        for code, ids in self.taxes.items():
            gone = [id_ for id_ in ids.split("+") if id_ not in there]
            if gone:
                yield Finding(Level.WRONG, f"tax {code}: Square has no tax {', '.join(gone)}")
        lacking = [tax for tax in self.declared.taxes if tax.code not in self.taxes]
        proposed = {code: id_ for code, id_ in self.taxes.items() if all(one in there for one in id_.split("+"))}
        for tax in lacking:
            same = [id_ for id_, one in there.items() if _rate(one) == tax.rate]
            if len(same) == 1:
                proposed[tax.code] = same[0]
            else:
                many = f"{len(same)} taxes" if same else "no tax"
                text = f"tax {tax.code}: Square has {many} of {tax.rate} %; name the one that is meant in taxes"
                yield Finding(Level.NOTE, text)
        if proposed.keys() - self.taxes.keys():
            line = ", ".join(f"{code} = {json.dumps(id_)}" for code, id_ in proposed.items())
            yield Finding(Level.NOTE, "items with these taxes of Square's can be pulled", f"taxes = {{ {line} }}")
        elif self.taxes and not lacking:
            yield Finding(Level.GOOD, "every tax of the store has one at Square")

    def _units(self, objects: Mapping[str, dict[str, Any]]) -> Iterator[Finding]:
        kilograms = [id_ for id_, one in objects.items() if _is_kilogram(one)]
        gone = [id_ for id_ in self.kilograms if id_ not in objects]
        if gone:
            yield Finding(Level.WRONG, f"kilograms: Square has no unit {', '.join(gone)}")
        if set(kilograms) - set(self.kilograms):
            text = "items that Square sells by the kilogram can be pulled"
            yield Finding(Level.NOTE, text, f"kilograms = {json.dumps(sorted(kilograms))}")


_ASKED = {"location": "the location", "permissions": "the token's permissions"}
_OBJECTS = {"object_types": ["TAX", "MEASUREMENT_UNIT"], "limit": PAGE_OBJECTS}


def _rate(value: Mapping[str, Any]) -> Decimal | None:
    tax = value.get("tax_data")
    try:
        return Decimal(str(tax.get("percentage"))) if isinstance(tax, dict) else None
    except InvalidOperation:
        return None


def _is_kilogram(value: Mapping[str, Any]) -> bool:
    unit = value.get("measurement_unit_data")
    measured = unit.get("measurement_unit") if isinstance(unit, dict) else None
    return isinstance(measured, dict) and measured.get("weight_unit") == "METRIC_KILOGRAM"
