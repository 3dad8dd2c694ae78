"""A receipt to give away with a present: what it was, with no prices, and the number to bring it back by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent import words
from agent.sheet import ReceiptStore, Sheet
from drivers.printer.document import Align, Cut, Document, Image, Item, Row, Rule, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Body = Mapping[str, Any]


def gift_document(record: Body, store: ReceiptStore, *, copy: bool, logo: bytes | None = None) -> Document:
    """Return the gift receipt of a sale's record. `logo` is a PNG."""
    return Document(tuple(_Gift(record, store).items(copy=copy, logo=logo)))


class _Gift(Sheet):
    """A sale on its way to paper, for somebody who need not know what it cost."""

    def items(self, *, copy: bool, logo: bytes | None) -> Iterator[Item]:
        """Return what to print, top to bottom."""
        yield from self.marks(copy=copy)
        if logo is not None:
            yield Image(logo)
        yield from self.shop()
        yield Text(self.words.gift, Align.CENTER, bold=True, height=2)
        yield from self.number()
        yield Rule()
        for line in self.record["lines"]:
            if line.get("deposit_of") is None and not line.get("empties"):
                unit = "" if line["unit"] == "each" else f" {line['unit']}"
                yield Row(line["name"], f"{words.decimal_in(self.store.locale, line['quantity'])}{unit}")
        yield Rule()
        yield Text(self.words.gift_how, Align.CENTER)
        yield from self.foot()
        yield from self.marks(copy=copy)
        yield Cut()
