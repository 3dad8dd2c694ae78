"""From what a scanner read, or a person typed, to the item it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from agent.about import Track
from agent.basket import Product
from agent.card_guard import refuse_card_data
from agent.marks import Marks
from agent.problem import Problem, conflict, invalid, not_found
from agent.sale import Unit
from drivers.scanner.code_ids import CodeIds
from drivers.scanner.decode import decode
from drivers.scanner.scan import Reason, Refusal, Scan
from outbox.money import decimals

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from drivers.scanner.embedded import Template
    from outbox.catalogue import Catalogue
    from outbox.item import Item

_COUPONS = ("005", "0981", "0982", "0983", "0984", "099")  # GS1 prefixes 050 to 059, 981 to 984, 99; as GTIN-14s
UPC_E_DIGITS = 8

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

    def quantity_beside(self, given: str | None) -> str | None:
        """Return how much is rung where somebody `given` a quantity, or nobody has. Raises `Problem`.

        A label that has a weight or a price is of one pack: how many packs there are, their labels say.
        """
        own = self.quantity if self.label_price is None else "1"
        if given is not None and own is not None and Decimal(given) != Decimal(own):
            raise invalid(
                "quantity",
                f"The label of {self.product.name} has a weight or a price of its own: scan each pack by itself, with "
                "no quantity before it.",
                field="quantity",
            )
        return given or self.quantity

    def marks(self, today: date, expired_reason: str | None) -> Marks:
        """Return what it says of the very piece, as it is sold `today`. Raises `Problem` for one past its day."""
        marks = Marks(self.scan.gs1, self.scan.expiry, expired_reason, self.scan.add_on)
        return marks.on(today, self.product.name, self.scan.raw)


def product_of(item: Item) -> Product:
    """Copy from the catalogue what a line keeps."""
    return Product(
        sku=item.sku,
        name=item.name,
        price=item.price,
        tax=item.tax,
        unit=Unit(item.unit),
        category=item.category,
        min_age=item.min_age,
        track=None if item.track is None else Track(item.track),
        deposit=item.deposit,
        deposit_tax=item.deposit_tax,
    )


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


def must_be_by_piece(product: Product, label_price: int | None) -> None:
    """Refuse so many pieces of what is sold by weight, unless each has its price on it. Raises `Problem`."""
    if product.unit is Unit.KG and label_price is None:
        raise invalid(
            "sold-by-weight",
            f"{product.name} is sold by weight: weigh it by itself, with no number of pieces before it.",
            field="quantity",
            name=product.name,
        )


def by_barcode(
    catalogue: Catalogue,
    data: str,
    templates: Sequence[Template],
    currency: str,
    *,
    code_ids: CodeIds = CodeIds.AIM,
) -> Read:
    """Decode what was scanned and find its item. Raises `Problem`."""
    scan = decode(data.encode(), templates, price_decimals=decimals(currency), code_ids=code_ids.table)
    return by_scan(catalogue, scan)


def read_code(data: str, currency: str) -> str:
    """Return what a scanned code is filed under in the catalogue. Raises `Problem` for what is no barcode."""
    scan = decode(data.encode(), (), price_decimals=decimals(currency))
    if isinstance(scan, Refusal):
        raise refused(scan)
    refuse_card_data("barcode", scan.text)
    return scan.candidates[0]


def by_scan(catalogue: Catalogue, scan: Scan | Refusal) -> Read:
    """Find a decoded scan's item. Raises `Problem`."""
    if isinstance(scan, Refusal):
        raise refused(scan)
    if scan.rivals:
        _must_be_one(catalogue, scan)
    item = catalogue.by_barcode(scan.candidates)
    if item is None:
        raise _unknown(catalogue, scan)
    quantity = None
    if scan.weight is not None:
        quantity = f"{scan.weight:f}"
    elif scan.quantity is not None:
        quantity = str(scan.quantity)
    return Read(scan=scan, product=product_of(item), quantity=quantity, label_price=scan.price)


def refused(scan: Refusal) -> Problem:
    """Say why a scan is none, and what to do."""
    return invalid("scan-refused", f"{_WHY[scan.reason]} {scan.hint}", reason=str(scan.reason))


def _must_be_one(catalogue: Catalogue, scan: Scan) -> None:
    """Refuse eight digits that are the EAN-8 of one item and the UPC-E of another."""
    found = {item.sku: item.name for code in scan.rivals if (item := catalogue.by_barcode([code])) is not None}
    if len(found) > 1:
        (first, one), (second, other) = found.items()
        raise conflict(
            "two-items",
            f"{scan.text} is the EAN-8 of {one} and the UPC-E of {other}: switch AIM identifiers on in the scanner, "
            f"and ring this one by its sku, {first} or {second}.",
            skus=list(found),
        )


def _unknown(catalogue: Catalogue, scan: Scan) -> Problem:
    """Say that no item has that barcode, and what to do about it."""
    refuse_card_data("scan", scan.text)  # the refusal repeats the text, and refusals are kept
    detail = "ring it as an open item (name, price, tax), or add it to the catalogue."
    if scan.gtin is not None and scan.gtin.startswith(_COUPONS):
        detail = "it is a coupon. Give it as a discount, with the coupon as its reason."
    elif scan.gtin is not None and len(scan.text) == UPC_E_DIGITS and scan.gtin != scan.text.zfill(14):
        filed = catalogue.by_barcode([scan.text.zfill(14)])
        if filed is not None:
            detail = (
                f"it is a UPC-E, and the catalogue has {filed.name} under these digits as an EAN-8. Write it there as "
                f"{scan.gtin[2:]}."
            )
    return not_found("barcode", f"No item has the barcode {scan.text!r}: {detail}", barcode=scan.text)
