"""A record as a printed receipt: a document of values, the same at 32, 42 and 48 columns.

Only what is in the record is printed: a copy, years later, says what the first print said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent import words
from agent.sheet import INDENT, ReceiptStore, Sheet
from drivers.printer.document import Align, Cut, Document, Image, Item, Row, Rule, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Body = Mapping[str, Any]

__all__ = ["ReceiptStore", "receipt_document"]

NARROWEST_COLUMNS = 32  # 58 mm paper; a total in double width must fit half of it
TAX_MARKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def receipt_document(
    record: Body,
    store: ReceiptStore,
    *,
    copy: bool,
    logo: bytes | None = None,
    anchor: str | None = None,
    back: Body | None = None,
    cashier: str | None = None,
) -> Document:
    """Return the receipt of a sale's or a refund's record. A copy says so, top and bottom; training in the middle, too.

    `logo` is a PNG; `anchor` is what the journal's chain holds at this record; `back` is the refund's record of a
    sale that is an exchange, which is on the same paper; `cashier` is the name of who signed in to make it.
    """
    return Document(tuple(_Receipt(record, store, anchor, back, cashier).items(copy=copy, logo=logo)))


class _Receipt(Sheet):
    """One record on its way to paper, and in an exchange the refund that is on it as well."""

    def __init__(
        self, record: Body, store: ReceiptStore, anchor: str | None, back: Body | None, cashier: str | None
    ) -> None:
        super().__init__(record, store, anchor, cashier)
        self.is_refund = record["kind"] == "refund"
        self.back = None if back is None else _Receipt(back, store, None, None, None)

    def items(self, *, copy: bool, logo: bytes | None) -> Iterator[Item]:
        """Return what to print, top to bottom."""
        yield from self.marks(copy=copy)
        if logo is not None:
            yield Image(logo)
        yield from self.head()
        yield Rule()
        if self.back is not None:
            yield Text(self.words.taken_back, bold=True)
            yield from self.back.lines(sign=-1)
            yield from self.back.taxes(included=True, sign=-1)
            yield from self.back.taxes(included=False, sign=-1)
            yield Row(self.words.credit, self.amount(-self.record["exchange"]["credit"]), bold=True)
            yield Rule()
        yield from self.lines()
        yield Rule()
        yield from self.marks(copy=False)
        yield from self.sums()
        yield from self.tenders()
        included = list(self.taxes(included=True))
        if included:
            yield Rule()
            yield from included
        yield from self.foot()
        yield from self.marks(copy=copy)
        yield Cut()

    def head(self) -> Iterator[Item]:
        """Return who sold it, and which receipt this is."""
        yield from self.shop()
        if self.back is not None:
            yield Text(self.words.exchange, Align.CENTER, bold=True, height=2)
            yield from self.back.refunded()
            yield Row(self.words.refund_receipt, self.back.record["receipt_number"])
        elif self.is_refund:
            yield Text(self.words.refund, Align.CENTER, bold=True, height=2)
            yield from self.refunded()
        yield from self.number()
        yield from self.people()

    def lines(self, sign: int = 1) -> Iterator[Item]:
        """Return the lines that were bought, or brought back; `sign` -1: beside what was bought."""
        amounts = [self.amount(sign * _gross(line)) for line in self.record["lines"]]
        widest = max(map(len, amounts), default=0)
        for line, amount in zip(self.record["lines"], amounts, strict=True):
            mark = self.tax_mark(line)
            text = f"{mark} {amount:>{widest}}" if mark else amount
            yield Row(self.name(line), text, indent=INDENT if line.get("deposit_of") else 0)
            if line.get("issue"):
                yield Text(f"{' ' * INDENT}{self.words.issue} {line['issue']}")
            if line["quantity"] != "1" or line["unit"] != "each":
                yield Text(" " * INDENT + self.quantity(line))
            if line.get("price_reason"):
                yield Text(f"{' ' * INDENT}{self.words.regular_price} {self.amount(line['list_price'])}")
            yield from self.note(line, indent=INDENT)
            yield from self.discounts(line["id"], line["discount"], sign)

    def name(self, line: Body) -> str:
        """Return what a line is called; a deposit stands under its item, and needs no name of its own."""
        if line.get("deposit_of"):
            return self.words.deposit
        return f"{self.words.empties} {line['name']}" if line.get("empties") else str(line["name"])

    def sums(self) -> Iterator[Item]:
        """Return the way from the lines to what is to be paid."""
        record = self.record
        off = sum(line["sale_discount"] for line in record["lines"])
        relief = sum(line.get("tax_relief", 0) for line in record["lines"])
        on_top = list(self.taxes(included=False))
        if off or relief or on_top:
            yield Row(self.words.subtotal, self.amount(record["subtotal"]))
        yield from self.discounts(None, off)
        if relief:
            yield Row(self.words.tax_relief, self.amount(-relief))
        yield from on_top
        yield self.total(self.words.total, words.money_text(record["total"], record["currency"], self.store.locale))
        if record.get("exemption"):
            certificate = record["exemption"]["certificate"]
            yield Text(f"{self.words.exempt}: {record['exemption']['reason']}")
            if certificate:
                yield Text(f"{' ' * INDENT}{certificate}")
        if record["rounding"]:
            yield Row(self.words.rounding, self.amount(record["rounding"]))
            label = self.words.to_pay_back if self.is_refund else self.words.to_pay
            yield Row(label, self.amount(record["total"] + record["rounding"]), bold=True)

    def total(self, label: str, amount: str) -> Row:
        """Return the largest line: double in height, and in width too where that fits the narrowest paper."""
        fits = len(label) + 1 + len(amount) <= NARROWEST_COLUMNS // 2
        return Row(label, amount, bold=True, width=2 if fits else 1, height=2)

    def card(self, tender: Mapping[str, Any]) -> str:
        """Return which card it was, where a reader of the till's took it, or that the till never saw it."""
        card = tender.get("card")
        if card is None:
            return self.words.own_terminal
        return f"{(card['brand'] or '').title()} **** {card['last4'] or ''}".strip()

    def tenders(self) -> Iterator[Item]:
        """Return how it was paid, the change, and what an exchange gave back."""
        for tender in self.record["tenders"]:
            yield Row(self.words.tender(tender["type"]), self.amount(tender["amount"]))
            if tender["type"] == "card":
                yield Text(f"{' ' * INDENT}{self.card(tender)}")
            if tender["reference"]:
                yield Text(f"{' ' * INDENT}{tender['reference']}")
            if tender.get("tip"):
                yield Row(self.words.tip, self.amount(tender["tip"]), indent=INDENT)
        if self.record.get("change"):
            yield Row(self.words.change, self.amount(self.record["change"]), bold=True)
        if self.back is not None and self.record["exchange"]["paid_out"]:
            given = self.record["exchange"]
            label = f"{self.words.to_pay_back} ({self.words.tender(given['tender'])})"
            yield Row(label, self.amount(given["paid_out"]), bold=True)

    def taxes(self, *, included: bool, sign: int = 1) -> Iterator[Item]:
        """Return each rate that is in the prices, or on top of them, with its base and its amount."""
        for tax in self.record["taxes"]:
            if tax.get("included", self.record["prices_include_tax"]) is not included:
                continue
            rate = f"{words.decimal_in(self.store.locale, tax['rate'])}%"
            name = tax["name"].replace(" %", "%")
            name = tax["name"] if rate in name else f"{tax['name']} {rate}"
            mark = self.mark_of((tax["code"], tax["rate"]))
            left = f"{mark} {name}" if mark else name
            base = f"{self.words.net} {self.amount(sign * tax['base'])}"
            amount = self.amount(sign * tax["amount"])
            if len(f"{left} ({base}) {amount}") <= NARROWEST_COLUMNS:
                yield Row(f"{left} ({base})", amount)
            else:
                yield Row(left, amount)
                yield Text(" " * INDENT + base)

    def discounts(self, line: str | None, amount: int, sign: int = 1) -> Iterator[Item]:
        """Return what was taken off a line, or off the whole sale: one by one in a sale, in one in a refund."""
        if self.is_refund:
            if amount:
                yield Row(self.words.discount, self.amount(-sign * amount), indent=0 if line is None else INDENT)
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

    def tax_mark(self, line: Body) -> str:
        """Return the letters that tie a line to its rates; none where the same hold for all there is."""
        return "".join(self.mark_of(rate) for rate in _rates(line))

    def mark_of(self, rate: tuple[str | None, str | None]) -> str:
        """Return a rate's letter; none where it needs none."""
        taxes = [(tax["code"], tax["rate"]) for tax in self.record["taxes"]]
        if rate not in taxes or len({frozenset(_rates(line)) for line in self.record["lines"]}) == 1:
            return ""
        return TAX_MARKS[taxes.index(rate) % len(TAX_MARKS)]


def _gross(line: Body) -> int:
    return int(line["total"]) + int(line["discount"])


def _rates(line: Body) -> list[tuple[str | None, str | None]]:
    """Return the line's rates by code and per cent; records of before there were several have one."""
    if "taxes" in line:
        return [(tax["code"], tax["rate"]) for tax in line["taxes"]]
    return [] if line["tax"] is None else [(line["tax"], line["tax_rate"])]
