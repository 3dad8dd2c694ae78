"""From what a scanner read, or a person typed, to the item it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.basket import Product
from agent.card_guard import refuse_card_data
from agent.problem import invalid, not_found
from agent.sale import Unit
from drivers.scanner.decode import decode
from drivers.scanner.scan import Reason, Refusal, Scan
from outbox.money import decimals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.scanner.embedded import Template
    from outbox.catalogue import Catalogue
    from outbox.item import Item


_WHY = {
    Reason.EMPTY: "The scan was empty.",
    Reason.CHECK_DIGIT: "The check digit is wrong.",
    Reason.LENGTH: "It has not as many digits as its kind of barcode has.",
    Reason.GS1: "It says that it is GS1, and is not.",
    Reason.VERIFIER: "The digit that guards the weight or price on the label is wrong.",
    Reason.ADD_ON_ALONE: "Only the small bars beside the code were read.",
    Reason.AMBIGUOUS: "Its digits and those of the small bars beside it cannot be told apart.",
    Reason.TWO_CODES: "Two codes were read as one.",
    Reason.PARITY: "The scanner and its port are set differently.",
    Reason.NOISE: "The line from the scanner is disturbed, or set differently.",
    Reason.OVERLONG: "It is too long.",
    Reason.HALF: "Only a part of it came.",
    Reason.CARD: "That was the magnetic stripe of a card.",
}


@dataclass(frozen=True, slots=True)
class Read:
    """A scan and the product it found. `quantity` (kg) and `label_price` (minor units) are the label's own."""

    scan: Scan
    product: Product
    quantity: str | None
    label_price: int | None


def product_of(item: Item) -> Product:
    """Copy from the catalogue what a line keeps."""
    return Product(sku=item.sku, name=item.name, price=item.price, tax=item.tax, unit=Unit(item.unit))


def by_sku(catalogue: Catalogue, sku: str) -> Product:
    """Return the item with that sku. Raises `Problem`."""
    item = catalogue.item(sku)
    if item is None:
        raise not_found(
            "item",
            f"The catalogue has no item with the sku {sku!r}: search it by name, import it with "
            "`stillopen catalogue import`, or ring it as an open item (name, price, tax).",
        )
    return product_of(item)


def by_barcode(catalogue: Catalogue, data: str, templates: Sequence[Template], currency: str) -> Read:
    """Decode what was scanned and find its item. Raises `Problem`."""
    return by_scan(catalogue, decode(data.encode(), templates, price_decimals=decimals(currency)))


def by_scan(catalogue: Catalogue, scan: Scan | Refusal) -> Read:
    """Find a decoded scan's item. Raises `Problem`."""
    if isinstance(scan, Refusal):
        raise invalid("scan-refused", f"{_WHY[scan.reason]} {scan.hint}", reason=str(scan.reason))
    item = catalogue.by_barcode(scan.candidates)
    if item is None:
        refuse_card_data("scan", scan.text)  # the refusal below repeats the text, and refusals are kept
        raise not_found(
            "barcode",
            f"No item has the barcode {scan.text!r}: ring it as an open item (name, price, tax), or add it to the "
            "catalogue.",
            barcode=scan.text,
        )
    quantity = None
    if scan.weight is not None:
        quantity = f"{scan.weight:f}"
    elif scan.quantity is not None:
        quantity = str(scan.quantity)
    return Read(scan=scan, product=product_of(item), quantity=quantity, label_price=scan.price)
