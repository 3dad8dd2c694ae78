"""A sale as a value: what is being rung, and the JSON row that brings it back after a power cut.

A sale holds what was entered and nothing that can be worked out from it; `pricing` works out the rest.
Prices, names and tax rates are copied in when a line is added, so that a basket never changes by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from agent.about import PLAIN_LINE, PLAIN_SALE, AboutLine, AboutSale
from agent.card_payment import AtReader, TakenCard
from agent.json_row import Row
from agent.taken_back import TakenBack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

TEXTS_MAX = 4096  # decimals remembered as texts, some 100 bytes each: quantities and rates recur
FORMAT = 1  # of the JSON row; a newer one was written by a newer program and is refused


class State(StrEnum):
    """Where a sale is in its life."""

    OPEN = "open"
    PARKED = "parked"
    COMPLETED = "completed"
    VOIDED = "voided"


class Unit(StrEnum):
    """What a quantity counts."""

    EACH = "each"
    KG = "kg"


class TenderType(StrEnum):
    """How money changes hands."""

    CASH = "cash"
    CARD = "card"  # on a terminal of its own, whose slip's number comes here; or by a reader of a cloud's


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A tax, or a group of them. `rate` in per cent; a group's is what its `parts` come to together.

    `included`: in the price, or on top of it; None: as the sale's prices are. `compound`: on the price and on
    the taxes named before it in its group.
    """

    code: str
    name: str
    rate: Decimal
    included: bool | None = None
    compound: bool = False
    parts: tuple[TaxRate, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `price` in minor units per unit; `list_price` is the catalogue's, where that is not `price`.

    A deposit is a line of its own: `deposit_of` is the line it follows. `empties`: a deposit that is given back,
    the one line whose price is below 0.
    """

    id: str
    sku: str | None
    name: str
    quantity: Decimal
    unit: Unit
    price: int
    tax: TaxRate | None
    list_price: int | None = None
    price_reason: str | None = None
    barcode: str | None = None
    gs1: Mapping[str, str] = field(default_factory=dict)
    expiry: date | None = None  # the last day it could be sold, as its barcode says
    expired_reason: str | None = None  # why it was sold after that
    add_on: str | None = None  # the 2 or 5 digits beside its EAN
    category: str | None = None  # the catalogue's, for the reports of shifts
    about: AboutLine = PLAIN_LINE
    deposit_of: str | None = None
    empties: bool = False

    @property
    def is_deposit(self) -> bool:
        """Whether it is money for a bottle or a crate, which no discount is given on."""
        return self.empties or self.deposit_of is not None


@dataclass(frozen=True, slots=True)
class Discount:
    """A `percent` or an `amount` (exactly one is set) off one line, or off the whole sale."""

    id: str
    percent: Decimal | None
    amount: int | None
    line: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Tender:
    """Money handed over: all of it, change not yet taken off. `tip` is on top of `amount` and no part of the sale."""

    id: str
    type: TenderType
    amount: int
    reference: str | None = None
    tip: int = 0
    card: TakenCard | None = None  # charged by a cloud, through its reader


@dataclass(frozen=True, slots=True)
class Exemption:
    """Why a customer pays no tax; `certificate` is the number they showed."""

    reason: str
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Sale:
    """What is being rung at one till. The `_made` counts keep an id from being given twice."""

    id: str
    till: str
    currency: str
    prices_include_tax: bool
    opened_at: str
    state: State = State.OPEN
    label: str | None = None
    lines: tuple[Line, ...] = ()
    discounts: tuple[Discount, ...] = ()
    tenders: tuple[Tender, ...] = ()
    lines_made: int = 0
    discounts_made: int = 0
    tenders_made: int = 0
    about: AboutSale = PLAIN_SALE
    exemption: Exemption | None = None
    taken_back: TakenBack | None = None  # in exchange for the lines
    training: bool = False  # it counts nowhere
    at_reader: AtReader | None = None  # a card payment whose end is not known

    def to_json(self) -> dict[str, Any]:
        """Return the sale as JSON values."""
        return {
            "format": FORMAT,
            "id": self.id,
            "till": self.till,
            "currency": self.currency,
            "prices_include_tax": self.prices_include_tax,
            "opened_at": self.opened_at,
            "state": self.state.value,
            "label": self.label,
            "lines": [_line_to_json(line) for line in self.lines],
            "discounts": [_discount_to_json(discount) for discount in self.discounts],
            "tenders": [_tender_to_json(tender) for tender in self.tenders],
            "lines_made": self.lines_made,
            "discounts_made": self.discounts_made,
            "tenders_made": self.tenders_made,
            **self.about.to_json(),
            "exemption": None
            if self.exemption is None
            else {"reason": self.exemption.reason, "certificate": self.exemption.certificate},
            **({} if self.taken_back is None else {"taken_back": self.taken_back.to_json()}),
            **({"training": True} if self.training else {}),
            **({} if self.at_reader is None else {"at_reader": self.at_reader.to_json()}),
        }

    @classmethod
    def from_json(cls, value: object) -> Sale:
        """Read what `to_json` wrote. Raises `ValueError` naming what does not fit."""
        try:
            row = Row(value)
            if row.whole("format") != FORMAT:
                raise ValueError(f"its format is {row.whole('format')}, this program reads {FORMAT}")
            sale = cls(
                id=row.text("id"),
                till=row.text("till"),
                currency=row.text("currency"),
                prices_include_tax=row.flag("prices_include_tax"),
                opened_at=row.text("opened_at"),
                state=State(row.text("state")),
                label=row.text_or_none("label"),
                lines=tuple(_line_from_json(line) for line in row.rows("lines")),
                discounts=tuple(_discount_from_json(discount) for discount in row.rows("discounts")),
                tenders=tuple(_tender_from_json(tender) for tender in row.rows("tenders")),
                lines_made=row.whole("lines_made"),
                discounts_made=row.whole("discounts_made"),
                tenders_made=row.whole("tenders_made"),
                about=AboutSale.from_json(row),
                exemption=_exemption_from_json(row.row_or_none("exemption")),
                taken_back=TakenBack.from_json(row.row_or_none("taken_back")),
                training=row.flag_or_none("training") or False,
                at_reader=AtReader.from_json(row.row_or_none("at_reader")),
            )
            known = {line.id for line in sale.lines}
            if any(line.deposit_of not in known for line in sale.lines if line.deposit_of is not None):
                raise ValueError("a deposit is for a line that is not there")
            if any(discount.line not in known for discount in sale.discounts if discount.line is not None):
                raise ValueError("a discount is on a line that is not there")
        except (ValueError, TypeError) as error:
            raise ValueError(f"this is no open sale that can be read: {error}") from error
        return sale


@lru_cache(maxsize=TEXTS_MAX)
def decimal_text(value: Decimal | None) -> str | None:
    """Write a quantity, rate or percent the one way it is written: `2`, `1.25`, never `2.0` or `2E+1`."""
    return None if value is None else f"{value.normalize():f}"


# Field by field: `dataclasses.asdict` takes ten times as long, at every scan.


def _line_to_json(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "sku": line.sku,
        "name": line.name,
        "quantity": decimal_text(line.quantity),
        "unit": line.unit.value,
        "price": line.price,
        "tax": None if line.tax is None else _tax_to_json(line.tax),
        "list_price": line.list_price,
        "price_reason": line.price_reason,
        "barcode": line.barcode,
        "gs1": dict(line.gs1),
        "expiry": None if line.expiry is None else line.expiry.isoformat(),
        "expired_reason": line.expired_reason,
        "add_on": line.add_on,
        "category": line.category,
        **line.about.to_json(),
        "deposit_of": line.deposit_of,
        "empties": line.empties,
    }


def _tax_to_json(tax: TaxRate) -> dict[str, Any]:
    row: dict[str, Any] = {"code": tax.code, "name": tax.name, "rate": decimal_text(tax.rate)}
    if tax.included is not None:
        row["included"] = tax.included
    if tax.compound:
        row["compound"] = True
    if tax.parts:
        row["parts"] = [_tax_to_json(part) for part in tax.parts]
    return row


def _discount_to_json(discount: Discount) -> dict[str, Any]:
    return {
        "id": discount.id,
        "percent": decimal_text(discount.percent),
        "amount": discount.amount,
        "line": discount.line,
        "reason": discount.reason,
    }


def _tender_to_json(tender: Tender) -> dict[str, Any]:
    return {
        "id": tender.id,
        "type": tender.type.value,
        "amount": tender.amount,
        "reference": tender.reference,
        "tip": tender.tip,
        **({} if tender.card is None else {"card": tender.card.to_json()}),
    }


def _line_from_json(row: Row) -> Line:
    tax = row.row_or_none("tax")
    gs1 = row.row_or_none("gs1") or Row({})
    expiry = row.text_or_none("expiry")
    return Line(
        id=row.text("id"),
        sku=row.text_or_none("sku"),
        name=row.text("name"),
        quantity=row.decimal("quantity"),
        unit=Unit(row.text("unit")),
        price=row.whole("price"),
        tax=None if tax is None else _tax_from_json(tax),
        list_price=row.whole_or_none("list_price"),
        price_reason=row.text_or_none("price_reason"),
        barcode=row.text_or_none("barcode"),
        gs1={key: gs1.text(key) for key in gs1.fields},
        expiry=None if expiry is None else date.fromisoformat(expiry),
        expired_reason=row.text_or_none("expired_reason"),
        add_on=row.text_or_none("add_on"),
        category=row.text_or_none("category"),
        about=AboutLine.from_json(row),
        deposit_of=row.text_or_none("deposit_of"),
        empties=row.flag_or_none("empties") or False,
    )


def _tax_from_json(row: Row) -> TaxRate:
    return TaxRate(
        code=row.text("code"),
        name=row.text("name"),
        rate=row.decimal("rate"),
        included=row.flag_or_none("included"),
        compound=row.flag_or_none("compound") or False,
        parts=tuple(_tax_from_json(part) for part in row.rows_or_none("parts")),
    )


def _exemption_from_json(row: Row | None) -> Exemption | None:
    return None if row is None else Exemption(row.text("reason"), row.text_or_none("certificate"))


def _discount_from_json(row: Row) -> Discount:
    return Discount(
        id=row.text("id"),
        percent=None if row.fields.get("percent") is None else row.decimal("percent"),
        amount=row.whole_or_none("amount"),
        line=row.text_or_none("line"),
        reason=row.text_or_none("reason"),
    )


def _tender_from_json(row: Row) -> Tender:
    return Tender(
        id=row.text("id"),
        type=TenderType(row.text("type")),
        amount=row.whole("amount"),
        reference=row.text_or_none("reference"),
        tip=row.whole_or_none("tip") or 0,
        card=TakenCard.from_json(row.row_or_none("card")),
    )
