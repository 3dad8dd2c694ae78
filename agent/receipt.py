"""A record as a printed receipt: a document of values, the same at 32, 42 and 48 columns.

Only what is in the record is printed: a copy, years later, says what the first print said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from agent import words
from drivers.printer.document import (
    Align,
    Barcode,
    Cut,
    Document,
    Feed,
    Image,
    Item,
    Row,
    Rule,
    Symbology,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo

    Body = Mapping[str, Any]

NARROWEST_COLUMNS = 32  # 58 mm paper; a total in double width must fit half of it
INDENT = 2  # columns, for what belongs to the line above
TAX_MARKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class ReceiptStore:
    """What the store's receipts have in common. `header` and `footer` are lines."""

    name: str
    header: tuple[str, ...]
    footer: tuple[str, ...]
    locale: str
    timezone: tzinfo


def receipt_document(
    record: Body, store: ReceiptStore, *, copy: bool, logo: bytes | None = None, anchor: str | None = None
) -> Document:
    """Return the receipt of a sale's or a refund's record. A copy says so, top and bottom.

    `logo` is a PNG; `anchor` is what the journal's chain holds at this record.
    """
    return Document(tuple(_Receipt(record, store, anchor).items(copy=copy, logo=logo)))


class _Receipt:
    """One record on its way to paper."""

    def __init__(self, record: Body, store: ReceiptStore, anchor: str | None) -> None:
        self.record = record
        self.store = store
        self.anchor = anchor
        self.words = words.words(store.locale)
        self.is_refund = record["kind"] == "refund"

    def items(self, *, copy: bool, logo: bytes | None) -> Iterator[Item]:
        """Return what to print, top to bottom."""
        mark = Text(f"* {self.words.copy} *", Align.CENTER, bold=True, width=2, height=2)
        if copy:
            yield mark
        if logo is not None:
            yield Image(logo)
        yield from self.head()
        yield Rule()
        yield from self.lines()
        yield Rule()
        yield from self.sums()
        yield from self.tenders()
        if self.record["prices_include_tax"]:
            yield from self.taxes()
        yield from self.foot()
        if copy:
            yield mark
        yield Cut()

    def head(self) -> Iterator[Item]:
        """Return who sold it, and which receipt this is."""
        for at, line in enumerate(self.store.header or (self.store.name,)):
            yield Text(line, Align.CENTER, bold=at == 0)
        yield Feed()
        if self.is_refund:
            yield Text(self.words.refund, Align.CENTER, bold=True, height=2)
            yield Row(self.words.for_receipt, self.record["original"]["receipt_number"])
            if self.record["reason"]:
                yield Text(f"{self.words.reason}: {self.record['reason']}")
        local = datetime.fromisoformat(self.record["occurred_at"]).astimezone(self.store.timezone)
        yield Row(self.words.receipt, self.record["receipt_number"])
        yield Row(f"{self.words.till} {self.record['till']}", words.time_text(local, self.store.locale))

    def lines(self) -> Iterator[Item]:
        """Return the lines that were bought, or brought back."""
        amounts = [self.amount(_gross(line)) for line in self.record["lines"]]
        widest = max(map(len, amounts), default=0)
        for line, amount in zip(self.record["lines"], amounts, strict=True):
            mark = self.tax_mark(line["tax"], line["tax_rate"])
            yield Row(line["name"], f"{mark} {amount:>{widest}}" if mark else amount)
            if line["quantity"] != "1" or line["unit"] != "each":
                yield Text(" " * INDENT + self.quantity(line))
            if line.get("price_reason"):
                yield Text(f"{' ' * INDENT}{self.words.regular_price} {self.amount(line['list_price'])}")
            if line.get("issue"):
                yield Text(f"{' ' * INDENT}{self.words.issue} {line['issue']}")
            yield from self.discounts(line["id"], line["discount"])

    def sums(self) -> Iterator[Item]:
        """Return the way from the lines to what is to be paid."""
        record = self.record
        off = sum(line["sale_discount"] for line in record["lines"])
        if off or not record["prices_include_tax"]:
            yield Row(self.words.subtotal, self.amount(record["subtotal"]))
        yield from self.discounts(None, off)
        if not record["prices_include_tax"]:
            yield from self.taxes()
        yield self.total(self.words.total, words.money_text(record["total"], record["currency"], self.store.locale))
        if record["rounding"]:
            yield Row(self.words.rounding, self.amount(record["rounding"]))
            label = self.words.to_pay_back if self.is_refund else self.words.to_pay
            yield Row(label, self.amount(record["total"] + record["rounding"]), bold=True)

    def total(self, label: str, amount: str) -> Row:
        """Return the largest line: double in height, and in width too where that fits the narrowest paper."""
        fits = len(label) + 1 + len(amount) <= NARROWEST_COLUMNS // 2
        return Row(label, amount, bold=True, width=2 if fits else 1, height=2)

    def tenders(self) -> Iterator[Item]:
        """Return how it was paid, and the change."""
        for tender in self.record["tenders"]:
            yield Row(getattr(self.words, tender["type"]), self.amount(tender["amount"]))
            if tender["reference"]:
                yield Text(f"{' ' * INDENT}{tender['reference']}")
        if self.record.get("change"):
            yield Row(self.words.change, self.amount(self.record["change"]), bold=True)

    def taxes(self) -> Iterator[Item]:
        """Return each rate with its base and its amount."""
        if self.record["prices_include_tax"] and self.record["taxes"]:
            yield Rule()
        for tax in self.record["taxes"]:
            rate = f"{words.decimal_in(self.store.locale, tax['rate'])}%"
            name = tax["name"].replace(" %", "%")
            name = tax["name"] if rate in name else f"{tax['name']} {rate}"
            mark = self.tax_mark(tax["code"], tax["rate"])
            left = f"{mark} {name}" if mark else name
            base = f"{self.words.net} {self.amount(tax['base'])}"
            amount = self.amount(tax["amount"])
            if len(f"{left} ({base}) {amount}") <= NARROWEST_COLUMNS:
                yield Row(f"{left} ({base})", amount)
            else:
                yield Row(left, amount)
                yield Text(" " * INDENT + base)

    def foot(self) -> Iterator[Item]:
        """Return the store's last words, and the number again for a scanner."""
        if self.store.footer:
            yield Feed()
        for line in self.store.footer:
            yield Text(line, Align.CENTER)
        if self.anchor is not None:
            yield Feed()
            yield Row(self.words.anchor, self.anchor)
        number = self.record["receipt_number"]
        if number.isascii() and number.isprintable():  # what CODE 128 holds
            yield Feed()
            yield Barcode(Symbology.CODE128, number)

    def discounts(self, line: str | None, amount: int) -> Iterator[Item]:
        """Return what was taken off a line, or off the whole sale: one by one in a sale, in one in a refund."""
        if self.is_refund:
            if amount:
                yield Row(self.words.discount, self.amount(-amount), indent=0 if line is None else INDENT)
            return
        for discount in self.record["discounts"]:
            if discount["line"] == line and discount["amount"]:
                percent = discount["percent"]
                rate = "" if percent is None else f" {words.decimal_in(self.store.locale, percent)}%"
                yield Row(
                    f"{self.words.discount}{rate}",
                    self.amount(-discount["amount"]),
                    indent=0 if line is None else INDENT,
                )

    def quantity(self, line: Body) -> str:
        """Write `2 x 1.25`, or `1.234 kg x 3.99`."""
        unit = "" if line["unit"] == "each" else f" {line['unit']}"
        quantity = words.decimal_in(self.store.locale, line["quantity"])
        return f"{quantity}{unit} x {self.amount(line['price'])}"

    def tax_mark(self, code: str | None, rate: str | None) -> str:
        """Return the letter that ties a line to its rate; none where one rate holds for all there is."""
        taxes = [(tax["code"], tax["rate"]) for tax in self.record["taxes"]]
        untaxed = any(line["tax"] is None for line in self.record["lines"])
        if (code, rate) not in taxes or (len(taxes) == 1 and not untaxed):
            return ""
        return TAX_MARKS[taxes.index((code, rate)) % len(TAX_MARKS)]

    def amount(self, amount: int) -> str:
        """Write an amount in the record's currency with no symbol."""
        return words.amount_text(amount, self.record["currency"], self.store.locale)


def _gross(line: Body) -> int:
    return int(line["total"]) + int(line["discount"])
