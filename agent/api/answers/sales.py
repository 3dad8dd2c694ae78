"""Sales as they are shown, and the records they become."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from agent.api.answers.fields import Amount, DecimalText, PrintState, Signed, Time


class Note(BaseModel):
    """What a cashier wrote; `printed`: on the receipt, too."""

    text: str
    printed: bool


class Person(BaseModel):
    """Who did something."""

    id: str
    name: str


class AgeCheck(BaseModel):
    """That the customer is at least `age`: how and by whom that was made sure of."""

    age: int
    how: Literal["seen", "document"]
    by: Person
    at: Time


class SaleCustomer(BaseModel):
    """Whom the sale is for, as the receipt shows it."""

    id: str
    name: str
    number: str | None


class Parked(BaseModel):
    """Who put the sale aside."""

    by: Person
    at: Time


class LineTax(BaseModel):
    """One tax's share of a line."""

    code: str
    rate: DecimalText
    amount: Amount


class Line(BaseModel):
    """A line: `total` is quantity times price less its own discount, `net` less its share of the sale's too.

    `tax_amount` is the sum of its `taxes`. From whom no tax is taken, `tax_relief` is what comes off the price. A
    deposit is the line behind its item's (`deposit_of`); `empties` give one back, at a price below 0.
    """

    id: str
    sku: str | None
    name: str
    quantity: DecimalText
    unit: Literal["each", "kg"]
    price: Amount
    list_price: Amount | None
    price_reason: str | None
    discount: Amount
    sale_discount: Amount
    total: Amount
    net: Amount
    tax: str | None
    tax_amount: Amount
    tax_relief: Amount
    taxes: list[LineTax]
    deposit_of: str | None
    empties: bool
    barcode: str | None
    lot: str | None
    serial: str | None
    expiry: str | None
    expired_reason: str | None
    note: Note | None = None
    min_age: int | None = None
    age_check: AgeCheck | None = None
    track: Literal["lot", "serial"] | None = None
    add_on: str | None
    category: str | None
    issue: str | None


class Discount(BaseModel):
    """A discount; `amount` is what it comes to now."""

    id: str
    percent: DecimalText | None
    amount: Amount
    line: str | None
    reason: str | None


class Tax(BaseModel):
    """One tax's share of a sale: in the prices (`included`) or on top; `compound`: its base holds those before it.

    An `exempt` customer's rate and amount are 0.
    """

    code: str
    name: str
    rate: DecimalText
    base: Amount
    amount: Amount
    included: bool
    compound: bool = False
    exempt: bool = False


class Exemption(BaseModel):
    """Why a customer pays no tax."""

    reason: str
    certificate: str | None


class TakenCard(BaseModel):
    """A card that a cloud charged through a reader: what is kept of it, and no more."""

    provider: str
    payment: str
    attempt: str
    brand: str | None
    last4: str | None


class AtReader(BaseModel):
    """A card payment under way: so much of the sale waits for it."""

    id: str
    amount: Amount


class Tender(BaseModel):
    """Money taken, or in a record what an exchange set off: `record` is the other one's id then."""

    id: str
    type: Literal["cash", "card", "exchange"]
    amount: Amount
    reference: str | None
    tip: Amount
    card: TakenCard | None = None


class TakenLine(BaseModel):
    """A line that comes back: `line` is its id on its receipt."""

    line: str
    name: str
    quantity: DecimalText
    unit: Literal["each", "kg"]
    price: Amount
    total: Amount


class TakenBack(BaseModel):
    """What comes back in exchange. Of its `credit`, `credited` pays for this sale, the rest is `paid_out`."""

    receipt_number: str
    lines: list[TakenLine]
    credit: Amount
    credited: Amount
    paid_out: Amount
    tender: Literal["cash", "card"]
    reason: str | None
    allowed_by: Signed | None = None  # whose leave it had, or whoever took it back


class Sale(BaseModel):
    """A sale as it is now."""

    id: str
    till: str
    state: Literal["open", "parked", "completed", "voided"]
    currency: str
    prices_include_tax: bool
    lines: list[Line]
    discounts: list[Discount]
    subtotal: Amount
    taxes: list[Tax]
    exemption: Exemption | None
    tax_relief: Amount
    total: Amount
    rounding: Amount
    tenders: list[Tender]
    tips: Amount
    paid: Amount
    due: Amount
    change: Amount
    label: str | None
    opened_at: Time
    taken_back: TakenBack | None = None
    training: bool
    note: Note | None = None
    customer: SaleCustomer | None = None
    parked: Parked | None = None
    card_payment: AtReader | None = None


class Record(BaseModel):
    """An immutable fact, and how its receipt is doing. A sale or refund has a sale's fields as well.

    Its lines leave out what they have none of: marks, deposit, category, tax relief; its taxes, what is false.
    """

    id: str
    kind: Literal["sale", "refund", "void", "drawer", "cash", "shift_open", "shift_close"]
    till: str
    receipt_number: str | None
    occurred_at: Time
    print: PrintState | None
    cashier: Signed | None = None  # null in records of before there were any
    authorized_by: Signed | None = None  # who gave leave, where it was needed


class RefundPreview(BaseModel):
    """What a refund would come to: `paid` is what would be handed back."""

    currency: str
    lines: list[dict[str, Any]]
    subtotal: Amount
    taxes: list[Tax]
    total: Amount
    rounding: Amount
    tenders: list[Tender]
    paid: Amount


class Sales(BaseModel):
    """Several sales."""

    sales: list[Sale]


class Records(BaseModel):
    """A page of records; `next` is the `before` of the next page, null on the last."""

    records: list[Record]
    next: int | None
