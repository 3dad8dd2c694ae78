"""Sales: lines, discounts, tenders, refunds."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from agent.api.bodies.fields import (
    NO_CARD_DATA,
    Amount,
    Body,
    Code,
    DecimalText,
    Id,
    Label,
    Name,
    PositiveAmount,
    Reason,
    Reference,
    ScanText,
    plain,
)
from agent.particulars import MARK_CHARS_MAX, NOTE_CHARS_MAX
from outbox.item import MIN_AGE_MAX

NoteText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=NOTE_CHARS_MAX, pattern=r"^[^\x00-\x1f\x7f]*$"),
    NO_CARD_DATA,
]

Mark = Annotated[str, plain(MARK_CHARS_MAX), NO_CARD_DATA, Field(description="as it stands on the pack")]

REFUND_LINES_MAX = 1_000  # more than any sale has lines
_ALL_BUT_ONE = 2  # of the three ways to say what comes back
REFUND_ITEMS_MAX = 100  # more than one person carries to a counter without a receipt


class NewSale(Body):
    """Open a sale on a till."""

    till: Id


class NewLine(Body):
    """Exactly one of `barcode`, `sku`, or `name` with `price`.

    With a barcode or sku, `price` overrides the catalogue's and needs a `price_reason`. `tax` belongs to
    an open item (name and price) only; without it the store's default tax applies. `expired_reason` belongs
    to a barcode. With `pieces`, `quantity` counts pieces, and an item that is sold by weight is refused: 2 of it
    would be 2 kg. With `empties`, the item's deposit is given back instead.
    """

    barcode: ScanText | None = None
    sku: Code | None = None
    name: Name | None = None
    price: Amount | None = None
    tax: Code | None = None
    quantity: DecimalText | None = None
    pieces: bool = False
    price_reason: Reason | None = None
    expired_reason: Reason | None = None
    empties: bool = False

    @model_validator(mode="after")
    def _one_way_to_say_what(self) -> Self:
        named = [field for field in ("barcode", "sku", "name") if getattr(self, field) is not None]
        if len(named) != 1:
            raise ValueError(
                "give exactly one of barcode, sku, or name with price"
                + (f", not {' and '.join(named)} together" if named else "")
            )
        if self.empties and (self.name is not None or self.price is not None):
            raise ValueError("what empties give is in the catalogue; give a barcode or sku, and no price")
        if self.expired_reason is not None and self.barcode is None:
            raise ValueError("only a barcode says until when it may be sold; leave expired_reason out")
        if self.name is not None:
            if self.price is None:
                raise ValueError("an open item needs a price beside its name")
            if self.price_reason is not None:
                raise ValueError("an open item has no price to override; leave price_reason out")
            return self
        if self.tax is not None:
            raise ValueError("tax comes from the catalogue for a barcode or sku; leave it out")
        _overrides(self.price, self.price_reason)
        return self


class NewNote(Body):
    """What a cashier writes beside a line or a sale; an empty `text` takes it off. `printed`: on the receipt, too."""

    text: NoteText
    printed: bool = False


class SaleChange(Body):
    """What is written beside the whole sale."""

    note: NewNote


class NewAgeCheck(Body):
    """Somebody made sure that the customer is `age` or more: plainly so (`seen`), or by a date in a `document`."""

    age: Annotated[int, Field(ge=1, le=MIN_AGE_MAX, description="years")]
    how: Literal["seen", "document"]


class LineChange(Body):
    """At least one of `quantity`, `price` with its `price_reason`, `note`, `lot` and `serial`."""

    quantity: DecimalText | None = None
    price: Amount | None = None
    price_reason: Reason | None = None
    note: NewNote | None = None
    lot: Mark | None = None
    serial: Mark | None = None

    @model_validator(mode="after")
    def _something_changes(self) -> Self:
        if all(value is None for value in (self.quantity, self.price, self.note, self.lot, self.serial)):
            raise ValueError("give a quantity, a price with its price_reason, a note, a lot or a serial number")
        _overrides(self.price, self.price_reason)
        return self


def _overrides(price: int | None, reason: str | None) -> None:
    if price is not None and reason is None:
        raise ValueError("a price that overrides the catalogue's needs a price_reason")
    if price is None and reason is not None:
        raise ValueError("a price_reason needs the price it is for")


class NewDiscount(Body):
    """Exactly one of `percent` and `amount`; off one `line`, or off the whole sale without it."""

    percent: DecimalText | None = None
    amount: PositiveAmount | None = None
    line: Id | None = None
    reason: Reason | None = None

    @model_validator(mode="after")
    def _percent_or_amount(self) -> Self:
        if (self.percent is None) == (self.amount is None):
            raise ValueError("give exactly one of percent and amount")
        return self


class NewTender(Body):
    """Money taken: cash in the hand, or a card payment that the terminal has already made.

    What a cloud has to agree to (`card_reader`, `gift_card`, `points`) is taken where one does, and refused elsewhere.
    """

    type: Literal["cash", "card", "card_reader", "gift_card", "points"]
    amount: PositiveAmount
    reference: Reference | None = None
    tip: Annotated[Amount, Field(description="on top of `amount`, in minor units")] = 0


class NewExemption(Body):
    """Why the customer pays no tax, and the number of what they showed."""

    reason: Reason
    certificate: Reference | None = None


class Park(Body):
    """Put a sale aside; `label` is what the cashier finds it by."""

    label: Label | None = None


class Void(Body):
    """Give up a sale on which nothing was paid."""

    reason: Reason | None = None


class RefundLine(Body):
    """One line of the original sale; all of it that is left where no `quantity` is given."""

    line: Id
    quantity: DecimalText | None = None


class RefundTender(Body):
    """How the money goes back; an `amount`, where given, must be exactly what is due back."""

    type: Literal["cash", "card"]
    amount: PositiveAmount | None = None
    reference: Reference | None = None


class RefundItem(Body):
    """Exactly one of `barcode`, `sku`, or `name` with `price`; beside a barcode or sku, `price` is what was paid."""

    barcode: ScanText | None = None
    sku: Code | None = None
    name: Name | None = None
    price: Amount | None = None
    tax: Code | None = None
    quantity: DecimalText | None = None

    @model_validator(mode="after")
    def _one_way_to_say_what(self) -> Self:
        named = [field for field in ("barcode", "sku", "name") if getattr(self, field) is not None]
        if len(named) != 1:
            raise ValueError("give exactly one of barcode, sku, or name with price")
        if self.name is not None and self.price is None:
            raise ValueError("goods by name need the price that was paid")
        if self.name is None and self.tax is not None:
            raise ValueError("tax comes from the catalogue for a barcode or sku; leave it out")
        return self


class NewRefund(Body):
    """Take back a sale rung on this agent, in part (`lines`) or all of it that is left.

    Or, without a receipt and for a `reason`, `items`, or what is rung in an open `sale`. `till` says whose drawer
    pays; without it, the till that rang the sale. With `items` it is needed.
    """

    receipt_number: Id | None = None
    till: Id | None = None
    lines: Annotated[list[RefundLine], Field(min_length=1, max_length=REFUND_LINES_MAX)] | None = None
    items: Annotated[list[RefundItem], Field(min_length=1, max_length=REFUND_ITEMS_MAX)] | None = None
    sale: Id | None = None
    tender: RefundTender
    reason: Reason | None = None

    @model_validator(mode="after")
    def _by_receipt_or_by_item(self) -> Self:
        if [self.receipt_number, self.items, self.sale].count(None) != _ALL_BUT_ONE:
            raise ValueError("give exactly one of receipt_number, items and sale")
        if self.receipt_number is not None:
            return self
        if self.lines is not None:
            raise ValueError("lines are those of a receipt; leave them out")
        if self.reason is None:
            raise ValueError("without a receipt, give a reason")
        if self.items is not None and self.till is None:
            raise ValueError("items need the till whose drawer pays")
        return self


class TakeBack(Body):
    """Goods that come back in exchange for what is being rung: lines of a sale, or all of it that is left.

    `tender` is how what they are worth more than the new goods is given back; without it, as the sale was paid.
    """

    receipt_number: Id
    lines: Annotated[list[RefundLine], Field(min_length=1, max_length=REFUND_LINES_MAX)] | None = None
    tender: Literal["cash", "card"] | None = None
    reason: Reason | None = None
