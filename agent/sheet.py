"""What every receipt has: the shop, its number, who served whom, its marks, and its foot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from agent import words
from drivers.printer.document import Align, Barcode, Feed, Item, Row, Symbology, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo

    Body = Mapping[str, Any]

INDENT = 2  # columns, for what belongs to the line above


@dataclass(frozen=True, slots=True)
class ReceiptStore:
    """What the store's receipts have in common. `header` and `footer` are lines."""

    name: str
    header: tuple[str, ...]
    footer: tuple[str, ...]
    locale: str
    timezone: tzinfo


def training_mark(said: words.ReceiptWords) -> Iterator[Item]:
    """Return what says that this is no receipt at all."""
    yield Text(f"* {said.training} *", Align.CENTER, bold=True, width=2, height=2)
    yield Text(said.training_how, Align.CENTER)


class Sheet:
    """One record on its way to paper. `anchor` is what the journal's chain holds at it; None: it is not printed.

    `cashier` is the name of who signed in to make it; None: nobody did.
    """

    def __init__(
        self, record: Body, store: ReceiptStore, anchor: str | None = None, cashier: str | None = None
    ) -> None:
        self.record = record
        self.store = store
        self.anchor = anchor
        self.cashier = cashier
        self.words = words.words(store.locale)

    def marks(self, *, copy: bool) -> Iterator[Item]:
        """Return what nobody may overlook: that it is a copy, that it is no receipt at all."""
        if copy:
            yield Text(f"* {self.words.copy} *", Align.CENTER, bold=True, width=2, height=2)
        if self.record.get("training"):
            yield from training_mark(self.words)

    def shop(self) -> Iterator[Item]:
        """Return whose receipt it is."""
        for at, line in enumerate(self.store.header or (self.store.name,)):
            yield Text(line, Align.CENTER, bold=at == 0)
        yield Feed()

    def refunded(self) -> Iterator[Item]:
        """Return what a refund takes back, and why."""
        original = self.record["original"]
        if original is None:
            yield Text(self.words.without_receipt)
        else:
            yield Row(self.words.for_receipt, original["receipt_number"])
        if self.record["reason"]:
            yield Text(f"{self.words.reason}: {self.record['reason']}")

    def number(self) -> Iterator[Item]:
        """Return which receipt this is, where and when."""
        local = datetime.fromisoformat(self.record["occurred_at"]).astimezone(self.store.timezone)
        yield Row(self.words.receipt, self.record["receipt_number"])
        yield Row(f"{self.words.till} {self.record['till']}", words.time_text(local, self.store.locale))
        if self.record.get("offline"):
            yield Text(self.words.offline)

    def people(self) -> Iterator[Item]:
        """Return who served whom, where they have names, and what was written on the sale."""
        customer = self.record.get("customer")
        if self.cashier is not None:
            yield Row(self.words.cashier, self.cashier)
        if customer is not None:
            yield Row(self.words.customer, customer["name"])
            if customer["number"]:
                yield Text(f"{' ' * INDENT}{customer['number']}")
        yield from self.note(self.record, indent=0)

    def note(self, of: Body, *, indent: int) -> Iterator[Item]:
        """Return what somebody wrote there for the customer."""
        note = of.get("note")
        if note is not None and note["printed"]:
            yield Text(f"{' ' * indent}{note['text']}")

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

    def amount(self, amount: int) -> str:
        """Write an amount in the record's currency with no symbol."""
        return words.amount_text(amount, self.record["currency"], self.store.locale)
