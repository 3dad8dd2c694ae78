"""What the local API takes: one strict model a request body.

Unknown fields, numbers written as text, fractions of a cent and texts without end are refused, all of
them at once, each naming its field. Money is an integer count of the store's minor units; a quantity
or a rate is a decimal string. Whether a thing makes sense (is there such an item, is that much due) is
the till's question, not asked here.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from agent.basket import NAME_CHARS_MAX, REASON_CHARS_MAX
from agent.checkout import LABEL_CHARS_MAX, REFERENCE_CHARS_MAX
from agent.claims import LEASE_S_DEFAULT, LEASE_S_MAX, WAIT_S_MAX
from agent.pairing_code import CODE_DIGITS
from drivers.printer.document import ITEMS_MAX, RAW_BYTES_MAX
from outbox.money import AMOUNT_MAX

CODE_CHARS_MAX = 256  # a sku or a tax code; no shop's own numbering is longer
SCAN_CHARS_MAX = 4_096  # the largest GS1 symbol holds 3,116; more is noise
ID_CHARS_MAX = 64  # the agent's own ids are 36 characters, a till's at most 12
DECIMAL_CHARS_MAX = 20  # keeps a quantity times an amount exact
WEIGH_S_MAX = 10  # a pan that does not come to rest by then is being leant on
REFUND_LINES_MAX = 1_000  # more than any sale has lines

Amount = Annotated[int, Field(ge=0, le=AMOUNT_MAX, description="integer minor units of the store's currency")]
PositiveAmount = Annotated[
    int, Field(gt=0, le=AMOUNT_MAX, description="integer minor units of the store's currency, more than 0")
]
# ASCII digits only: a pattern's \d would take every script's digits
DecimalText = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)?$", max_length=DECIMAL_CHARS_MAX),
    Field(description="a decimal number as text, such as 2 or 0.350", examples=["2", "0.350"]),
]
_PLAIN = r"^[^\x00-\x1f\x7f]+$"  # no control characters: these texts are printed


def _plain(longest: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=longest, pattern=_PLAIN)


Code = Annotated[str, _plain(CODE_CHARS_MAX)]
Id = Annotated[str, _plain(ID_CHARS_MAX)]
Name = Annotated[str, _plain(NAME_CHARS_MAX)]
Reason = Annotated[str, _plain(REASON_CHARS_MAX)]
Label = Annotated[str, _plain(LABEL_CHARS_MAX)]
Reference = Annotated[
    str,
    _plain(REFERENCE_CHARS_MAX),
    Field(description="the terminal's slip number or the like; never a card number"),
]
ClaimId = Annotated[Id, Field(description="the caller's own claim of the device, where it is claimed")]
RawBytes = Annotated[
    str,
    StringConstraints(min_length=1),
    Field(description=f"at most {RAW_BYTES_MAX} bytes, as base64", examples=["SGVsbG8KHVYA"]),
]
ScanText = Annotated[str, StringConstraints(min_length=1, max_length=SCAN_CHARS_MAX)]


class Body(BaseModel):
    """What every request body keeps to."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NewSale(Body):
    """Open a sale on a till."""

    till: Id


class Scan(Body):
    """A barcode as if the till's scanner had read it; a GS1 separator is the character U+001D.

    `expired_reason` says why it is sold where it is past its day, as `expired` refused it.
    """

    data: ScanText
    expired_reason: Reason | None = None


class NewLine(Body):
    """Exactly one of `barcode`, `sku`, or `name` with `price`.

    With a barcode or sku, `price` overrides the catalogue's and needs a `price_reason`. `tax` belongs to
    an open item (name and price) only; without it the store's default tax applies. `expired_reason` belongs
    to a barcode.
    """

    barcode: ScanText | None = None
    sku: Code | None = None
    name: Name | None = None
    price: Amount | None = None
    tax: Code | None = None
    quantity: DecimalText | None = None
    price_reason: Reason | None = None
    expired_reason: Reason | None = None

    @model_validator(mode="after")
    def _one_way_to_say_what(self) -> Self:
        named = [field for field in ("barcode", "sku", "name") if getattr(self, field) is not None]
        if len(named) != 1:
            raise ValueError(
                "give exactly one of barcode, sku, or name with price"
                + (f", not {' and '.join(named)} together" if named else "")
            )
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


class LineChange(Body):
    """At least one of a new `quantity` and a new `price` with its `price_reason`."""

    quantity: DecimalText | None = None
    price: Amount | None = None
    price_reason: Reason | None = None

    @model_validator(mode="after")
    def _something_changes(self) -> Self:
        if self.quantity is None and self.price is None:
            raise ValueError("give a quantity, or a price with its price_reason")
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
    """Money taken: cash in the hand, or a card payment that the terminal has already made."""

    type: Literal["cash", "card"]
    amount: PositiveAmount
    reference: Reference | None = None


class Park(Body):
    """Put a sale aside; `label` is what the cashier finds it by."""

    label: Label | None = None


class Void(Body):
    """Give up a sale on which nothing was paid."""

    reason: Reason | None = None


class OpenDrawer(Body):
    """Open the drawer with no sale: the reason is kept in the journal."""

    reason: Reason
    claim: ClaimId | None = None


class Weigh(Body):
    """Weigh what lies on the till's scale; wait up to `wait_s` for it to come to rest."""

    wait_s: Annotated[int, Field(ge=1, le=WEIGH_S_MAX, description="seconds; 3 where it is left out")] = 3
    claim: ClaimId | None = None


class ClaimedDevice(Body):
    """The caller's claim of the device, where it is claimed."""

    claim: ClaimId | None = None


class RefundLine(Body):
    """One line of the original sale; all of it that is left where no `quantity` is given."""

    line: Id
    quantity: DecimalText | None = None


class RefundTender(Body):
    """How the money goes back; an `amount`, where given, must be exactly what is due back."""

    type: Literal["cash", "card"]
    amount: PositiveAmount | None = None
    reference: Reference | None = None


class NewRefund(Body):
    """Take back a sale rung on this agent, in part (`lines`) or all of it that is left.

    `till` says whose drawer pays; without it, the till that rang the sale.
    """

    receipt_number: Id
    till: Id | None = None
    lines: Annotated[list[RefundLine], Field(min_length=1, max_length=REFUND_LINES_MAX)] | None = None
    tender: RefundTender
    reason: Reason | None = None


class NewShift(Body):
    """Open a shift; `float` is the change money in the drawer."""

    till: Id
    float: Amount = 0


class CloseShift(Body):
    """Close the shift; `counted` is the cash in the drawer, null where nobody counted."""

    till: Id
    counted: Amount | None


class Teach(Body):
    """Teach a drawer: what its switch says now is what it says while the drawer is in this `position`."""

    position: Literal["open", "closed"]


class TurnTrace(Body):
    """Whether to keep what goes over the device's wire: in memory, for a quarter of an hour, never card data."""

    on: bool


class PrintJob(Body):
    """Either `document`, a list of items, each an object with a `type` (agent/api/README.md shows them), or `raw`.

    `raw` is ESC/POS. It may print, feed and cut: what opens a drawer, is obeyed out of turn or is not known is
    refused, and what asks the printer something is left out.
    """

    document: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=ITEMS_MAX)] | None = None
    raw: RawBytes | None = None
    claim: ClaimId | None = None

    @model_validator(mode="after")
    def _one_thing_to_print(self) -> Self:
        if (self.document is None) == (self.raw is None):
            raise ValueError("give exactly one of document and raw")
        return self

    @property
    def items(self) -> list[dict[str, Any]]:
        """The document; of raw bytes one that holds nothing else."""
        return self.document or [{"type": "raw", "content": self.raw}]


class NewClaim(Body):
    """Claim a printer, a drawer or a scale; `name` says to people who holds it, such as Kiosk 2.

    Where it is claimed already, wait up to `wait_s` for it. The claim runs out after `lease_s` unless it is
    renewed, or lasts as long as a WebSocket to `/v1/events?claim=ID` is open.
    """

    device: Id
    name: Label | None = None
    lease_s: Annotated[
        int, Field(ge=1, le=LEASE_S_MAX, description=f"seconds; {LEASE_S_DEFAULT} where it is left out")
    ] = LEASE_S_DEFAULT
    wait_s: Annotated[int, Field(ge=0, le=WAIT_S_MAX, description="seconds; 0 where it is left out")] = 0


class NewPairingCode(Body):
    """Open a code; `name` says which front end it is for."""

    name: Label | None = None


class NewPairing(Body):
    """The code that `stillopen pair` shows."""

    code: Annotated[str, StringConstraints(pattern=rf"^[0-9]{{{CODE_DIGITS}}}$"), Field(examples=["012345"])]


class Nothing(Body):
    """No fields: an empty body or `{}`."""
