"""The cloud's books against the journal: each fact once with its sums, or the exact difference before a person."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outbox.feeds import Feed
from outbox.record import Kind
from tests.clouds.conformance.agent_life import NAME
from tests.clouds.conformance.contract import Booked, Books, moves_in_words
from tests.clouds.conformance.shop import ITEMS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from outbox.catalogue import Catalogue
    from tests.clouds.conformance.contract import CloudUnderTest
    from tests.clouds.conformance.shop import Shop

_DELIVERIES = (
    "select delivery.id, delivery.state, drift, notes, code, hint, last_error, record.id, record.kind, record.body "
    "from delivery join record on record.seq = delivery.record_seq order by delivery.id"
)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery with its record, as a person can see it."""

    number: int
    state: str
    drift: int
    notes: tuple[str, ...]
    code: str | None
    hint: str | None
    last_error: str | None
    record: str
    kind: Kind
    body: Mapping[str, Any]


class Judge:
    """Holds one cloud to the journal."""

    def __init__(self, cloud: CloudUnderTest, shop: Shop, violate: Callable[[str], None]) -> None:
        self.shelf = {item.sku: item.price for item in ITEMS}  # what the cloud's own office has, by sku
        self.offers: dict[int, tuple[str, str | None, int | None]] = {}  # and its discounts: name, percent, amount
        self._cloud = cloud
        self._shop = shop
        self._violate = violate
        self._caps = cloud.connector.capabilities
        self._gives_discounts = any(rules.feed is Feed.DISCOUNTS for rules in self._caps.feeds)
        self._gives_items = any(rules.feed is Feed.ITEMS for rules in self._caps.feeds)

    # --- while it is quiet ---

    def left(self, reader: sqlite3.Connection) -> list[str]:
        """Return what is neither delivered nor rightly parked."""
        every = list(_read(reader, "delivery.state <> 'delivered'"))
        parked = {one.record for one in every if self._rightly_parked(one)}
        return [
            f"{one.kind} {_name(one)} is {one.state}: {one.last_error}"
            for one in every
            if one.record not in parked and (one.body.get("original") or {}).get("id") not in parked  # it waits for it
        ]

    def to_release(self, reader: sqlite3.Connection) -> list[int]:
        """Return what a person lets go again, after what was refused is mended."""
        return [one.number for one in _read(reader, "delivery.state = 'parked'") if not self._rightly_parked(one)]

    def catalogue(self, catalogue: Catalogue, now: datetime) -> None:
        """The till has the cloud's prices and discounts, and nothing that is not sold any more."""
        if self._gives_discounts:
            offered = sorted((one.name, one.percent, one.amount) for one in catalogue.discounts([NAME], now))
            if offered != sorted(self.offers.values()):
                self._violate(f"the discounts {offered} are not the cloud's: {sorted(self.offers.values())}")
        if not self._gives_items:
            return
        here = {item.sku: item.price for item in catalogue.items(limit=1_000)}
        if here != self.shelf:
            apart = dict(sorted(set(here.items()) ^ set(self.shelf.items()))[:4])
            self._violate(f"the catalogue is not the cloud's: {apart}")
        counted = self._cloud.books().stock
        if counted is None or not any(rules.feed is Feed.STOCK for rules in self._caps.feeds):
            return
        stock = {item.sku: item.stock for item in catalogue.items(limit=1_000) if item.stock is not None}
        if stock != counted:
            differs = sorted(set(stock.items()) ^ set(counted.items()))[:4]
            self._violate(f"the catalogue's stock is not the cloud's: {differs}")

    # --- in the evening ---

    def evening(self, reader: sqlite3.Connection, *, quiet: bool, whole: bool) -> None:
        """What counts as delivered is there, once. When it was quiet, nothing else is, and the stock is right."""
        books = self._cloud.books()
        every = list(_read(reader))
        for one in every:
            if one.state == "delivered":
                for fault in self._faults(one, books):
                    self._violate(f"{one.kind} {_name(one)}: {fault}")
            elif one.state == "parked" and not (one.last_error and one.hint):
                self._violate(f"{one.kind} {_name(one)} is parked and nobody is told why")
        for fault in self._nothing_else({one.record for one in every}, books):
            self._violate(fault)
        if quiet or whole:
            self._stock(every, books)

    def _nothing_else(self, known: set[str], books: Books) -> Iterator[str]:
        for fault in self._cloud.spec_faults()[:3]:
            yield f"the vendor's description has something against what was sent: {fault}"
        for record in (books.sales.keys() | books.refunds.keys()) - known:
            yield f"the cloud has {record}, which the journal has not"
        for strange in books.strange[:3]:
            yield f"the cloud has what is of no record: {strange}"
        for customer, times in books.customers.items():
            if times > 1:
                yield f"customer {customer} is there {times} times"

    def _faults(self, one: Delivered, books: Books) -> Iterator[str]:
        wanted, tenders = _paid(one.body, one.kind)
        found = (books.sales if one.kind is Kind.SALE else books.refunds).get(one.record, [])
        if one.kind is Kind.REFUND and not wanted and not found:
            return  # there is nothing to tell of a refund of nothing
        if not found and one.notes and one.drift == -wanted:
            return  # the system keeps nothing of such a record, and a person is told so, with all of it as drift
        if len(found) != 1 or not found[0].whole:
            yield f"it counts as delivered and is there {len(found)} times: {found[:2]}"
            return
        booked = found[0]
        if booked.total is not None and booked.total - wanted != one.drift:
            yield f"{booked.total} is booked for {wanted}, and the drift says {one.drift}"
        if abs(one.drift) > len(one.body["lines"]) + len(one.body["taxes"]) and not one.notes:
            yield f"a drift of {one.drift} is more than rounding, and no note says why"
        yield from self._what_nobody_was_told(one, booked, tenders)

    def _what_nobody_was_told(self, one: Delivered, booked: Booked, tenders: Mapping[str, int]) -> Iterator[str]:
        """Yield each difference that no note names, by its amount."""
        body = one.body
        if booked.tenders is not None and dict(booked.tenders) != dict(tenders):
            apart = [amount for amount in tenders.values() if amount not in booked.tenders.values()]
            if not one.notes or not all(self._told(one, amount) for amount in apart):
                yield f"it was paid by {dict(tenders)}, booked as {dict(booked.tenders)}, and the notes are {one.notes}"
        if booked.tenders is None and one.kind is Kind.SALE and len(tenders) > 1 and not one.notes:
            yield "it was paid in several ways, of which the cloud keeps none, and no note says so"
        tax = sum(int(entry["amount"]) for entry in body["taxes"])
        if booked.tax is not None and booked.tax != tax and not self._told(one, tax):
            yield f"{booked.tax} is booked as tax of {tax}, and no note says so: {one.notes}"
        if one.kind is not Kind.SALE:
            return
        tip = int(body.get("tips") or 0)
        if tip and booked.tip != tip and not self._told(one, tip):
            yield f"a tip of {tip} is booked as {booked.tip}, and no note says so: {one.notes}"
        customer = (body.get("customer") or {}).get("id")
        if self._caps.customers and customer is not None and booked.customer != customer and not one.notes:
            yield f"it is for customer {customer} and booked for {booked.customer}"
        if booked.sold_at is not None and booked.sold_at[:19] != body["occurred_at"][:19]:
            yield f"it was made at {body['occurred_at']} and is booked at {booked.sold_at}"

    @staticmethod
    def _told(one: Delivered, amount: int) -> bool:
        """Return whether a note names an amount, in minor units or as a decimal."""
        forms = {str(amount), f"{amount / 100:.2f}", f"{amount / 100:.2f}".replace(".", ",")}
        return any(form in note.replace(";", " ").replace("€", " ") for form in forms for note in one.notes)

    def _stock(self, every: list[Delivered], books: Books) -> None:
        """What is counted has moved by what was sold and came back, less what notes ask a person for."""
        if books.stock is None:
            return
        expected = {item.sku: Decimal(item.stock) for item in ITEMS if item.stock is not None}
        for one in every:
            if one.state != "delivered":
                continue
            moved: Counter[str] = Counter()
            for line in one.body["lines"]:
                if line["sku"] in expected:
                    moved[line["sku"]] += Decimal(line["quantity"])  # type: ignore[assignment]  # decimals add
            sign = -1 if one.kind is Kind.SALE else 1
            by_hand = moves_in_words(one.notes)
            for sku, quantity in moved.items():
                expected[sku] += sign * quantity - by_hand.get(sku, 0)
        here = {sku: quantity for sku, quantity in books.stock.items() if sku in expected}
        if here != expected:
            apart = {sku: f"{here.get(sku)}, not {expected[sku]}" for sku in expected if here.get(sku) != expected[sku]}
            self._violate(f"the cloud's stock is {apart}")

    def _rightly_parked(self, one: Delivered) -> bool:
        return one.state == "parked" and self._cloud.cannot(one.body)


def _read(reader: sqlite3.Connection, where: str = "true") -> Iterator[Delivered]:
    for row in reader.execute(_DELIVERIES.replace(" order by", f" where {where} order by")).fetchall():
        number, state, drift, notes, code, hint, error, record, kind, body = row
        said = tuple(json.loads(notes)) if notes else ()
        yield Delivered(number, state, drift or 0, said, code, hint, error, record, Kind(kind), json.loads(body))


def _name(one: Delivered) -> str:
    return f"{one.body['receipt_number']} ({one.record})"


def _paid(body: Mapping[str, Any], kind: Kind) -> tuple[int, Counter[str]]:
    """Return what a record came to in the end, and by which tenders: change is cash that went back."""
    tenders: Counter[str] = Counter()
    for tender in body["tenders"]:
        tenders[tender["type"]] += int(tender["amount"])
    if kind is Kind.SALE:
        tenders["cash"] -= int(body["change"])
    total = int(body["total"]) + int(body.get("rounding") or 0)
    return total, Counter({how: amount for how, amount in tenders.items() if amount})
