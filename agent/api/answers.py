"""The shapes of the local API's answers, for the OpenAPI document, /docs and the tests that hold them.

Answers are made by the till and the journal as plain JSON; nothing passes through these models on its
way out. An answer may have more fields than are named here, never fewer.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

Amount = Annotated[int, Field(description="integer minor units of `currency`")]
DecimalText = Annotated[str, Field(description="a decimal number as text", examples=["2", "0.350"])]
Time = Annotated[str, Field(description="RFC 3339 with an offset", json_schema_extra={"format": "date-time"})]
PrintState = Literal["printed", "not_printed", "unknown", "pending"]


class Line(BaseModel):
    """A line: `total` is quantity times price less its own discount, `net` less its share of the sale's too."""

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
    barcode: str | None
    lot: str | None
    serial: str | None
    expiry: str | None
    expired_reason: str | None


class Discount(BaseModel):
    """A discount; `amount` is what it comes to now."""

    id: str
    percent: DecimalText | None
    amount: Amount
    line: str | None
    reason: str | None


class Tax(BaseModel):
    """One rate's share of a sale."""

    code: str
    name: str
    rate: DecimalText
    base: Amount
    amount: Amount


class Tender(BaseModel):
    """Money taken."""

    id: str
    type: Literal["cash", "card"]
    amount: Amount
    reference: str | None


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
    total: Amount
    rounding: Amount
    tenders: list[Tender]
    paid: Amount
    due: Amount
    change: Amount
    label: str | None
    opened_at: Time


class Record(BaseModel):
    """An immutable fact, and how its receipt is doing. A sale or refund has a sale's fields as well."""

    id: str
    kind: Literal["sale", "refund", "void", "drawer", "cash", "shift_open", "shift_close"]
    till: str
    receipt_number: str | None
    occurred_at: Time
    print: PrintState | None


class Till(BaseModel):
    """A till, its devices and its open sale."""

    id: str
    sale: Sale | None


class Tills(BaseModel):
    """Every till."""

    tills: list[Till]


class Sales(BaseModel):
    """Several sales."""

    sales: list[Sale]


class Records(BaseModel):
    """A page of records; `next` is the `before` of the next page, null on the last."""

    records: list[Record]
    next: int | None


class Item(BaseModel):
    """An item of the catalogue."""

    sku: str
    name: str
    price: Amount
    tax: str | None
    barcodes: list[str]
    category: str | None
    unit: Literal["each", "kg"]
    stock: DecimalText | None


class Items(BaseModel):
    """Several items, the best match first."""

    items: list[Item]


class ShiftRecord(BaseModel):
    """The record of a shift's opening or closing; a closing has the report's figures, `counted` and `over`."""

    id: str
    kind: Literal["shift_open", "shift_close"]
    till: str
    occurred_at: Time
    currency: str
    float: Amount
    anchor: str  # the beginning of the record's hash: `stillopen journal verify --anchor` finds it again


class ShiftReport(BaseModel):
    """A shift's figures so far; amounts in minor units."""

    till: str
    currency: str
    opened_at: Time
    expected_cash: Amount


class HeldDevice(BaseModel):
    """Who holds a device; `until` is null for as long as the holder's WebSocket is open."""

    device: str
    holder: str
    until: Time | None


class Device(BaseModel):
    """What is known about one device now, and which front end has claimed it."""

    name: str
    kind: str
    port: str
    state: Literal["stopped", "opening", "ready", "lost"]
    since: Time
    error: str | None
    hint: str | None
    claim: HeldDevice | None


class Claim(HeldDevice):
    """The caller's own claim: `id` is what its requests name."""

    id: str
    lease_s: int


class Claims(BaseModel):
    """Everything that is claimed."""

    claims: list[HeldDevice]


class Devices(BaseModel):
    """Every device."""

    devices: list[Device]


class ModeSwitch(BaseModel):
    """Where a scanner's manual has the barcode that switches it to a `mode`. `seen`: it was read there."""

    mode: Literal["usb_com", "hid_pos"]
    chapter: str
    heading: str
    seen: bool


class PluggedDevice(BaseModel):
    """Something that is plugged in. `port` is its URL (null: it cannot be opened as it is); `lasting`: in any socket.

    `sure` is how sure `kind` and `what` are, `why` what says so. `configured_as` is its name in the configuration.
    """

    device: str
    way: Literal["serial", "usb_printer", "hid", "keyboard", "queue"]
    kind: Literal["scanner", "printer", "drawer", "scale", "card_reader", "adapter", "keyboard", "unknown"]
    sure: Literal["certain", "probable", "possible", "unknown"]
    what: str
    why: str
    next: str
    description: str | None
    manufacturer: str | None
    usb: str | None
    serial_number: str | None
    port: str | None
    lasting: bool
    also: list[str]
    configured_as: str | None
    held_by: list[str]
    configuration: list[str]
    switches: list[ModeSwitch]


class Unseen(BaseModel):
    """A kind of devices that could not be looked for."""

    way: str
    error: str
    hint: str


class Plugged(BaseModel):
    """What is plugged in."""

    devices: list[PluggedDevice]
    unseen: list[Unseen]


class WireEntry(BaseModel):
    """One read or write: its first bytes. `hidden`: it was part of what may be a card's number, and is forgotten."""

    at: Time
    direction: Literal["in", "out"]
    bytes: int
    hex: str
    text: str
    hidden: bool


class TracedScan(BaseModel):
    """What a scanner's frame was taken for: a scan, or `refused` with its reason."""

    at: Time
    raw: str
    hex: str
    text: str
    symbology: str | None
    gtin: str | None
    gs1: dict[str, str]
    refused: str | None
    hint: str | None


class Trace(BaseModel):
    """What goes over a device's wire while `on`; it ends by itself at `until`."""

    device: str
    on: bool
    until: Time | None
    wire: list[WireEntry]
    scans: list[TracedScan]


class Taught(BaseModel):
    """Half a lesson, or a whole one: `then` is the position to bring the drawer into next, null once it has learned."""

    device: str
    level: Literal["high", "low"]
    then: Literal["open", "closed"] | None
    open_level: Literal["high", "low"] | None
    next: str


class Weighed(BaseModel):
    """A weight that stood still, in kg for a line's `quantity`, and as the scale showed it."""

    till: str
    scale: str
    weight: DecimalText
    unit: Literal["kg"]
    shown: DecimalText
    shown_unit: Literal["kg", "g", "lb", "oz"]
    net: bool | None


class Pressed(BaseModel):
    """The scale shows what was asked of it."""

    device: str
    next: str


class DeviceTest(BaseModel):
    """What the test did, in words to compare with what one sees."""


class Job(BaseModel):
    """A print job: `state` says what the printer itself said, `reason` and `hint` why, and what a person should do."""

    id: str
    printer: str
    state: PrintState
    reason: str | None
    hint: str | None
    created_at: Time


class Delivery(BaseModel):
    """One record on its way to one cloud."""

    id: int
    cloud: str
    state: Literal["waiting", "sending", "delivered", "parked"]


class Outbox(BaseModel):
    """Counts by cloud and state, and a page of deliveries."""

    clouds: dict[str, Any]
    deliveries: list[Delivery]


class Notice(BaseModel):
    """What a person should know for as long as this journal is kept: since when, and what to do."""

    code: Literal["new-epoch"]
    since: Time
    detail: str
    hint: str


class Status(BaseModel):
    """The store as a whole. `backup` is null where no copies of the journal are configured."""

    selling: bool
    fault: str | None
    journal: dict[str, Any]
    backup: dict[str, Any] | None
    store: dict[str, Any]
    tills: list[Any]
    devices: list[Any]
    clouds: dict[str, Any] | list[Any]
    notices: list[Notice]


class Event(BaseModel):
    """One message of the WebSocket; each type has fields of its own."""

    type: Literal["scan", "sale", "record", "device", "print", "drawer", "delivery", "cloud", "shift"]
    at: Time


class Health(BaseModel):
    """Two words."""

    status: Literal["ok", "cannot sell"]


class PairingCode(BaseModel):
    """A code, good once."""

    code: str
    expires_in_s: int


class Pairing(BaseModel):
    """A front end that was let in; `origin` is `page`, `program` or the web front end's."""

    id: str
    origin: str
    name: str
    made_at: Time


class Paired(BaseModel):
    """The pairing, and its token, told this once; our own page gets a cookie instead."""

    pairing: Pairing
    token: str | None = None


class OnePairing(BaseModel):
    """A pairing."""

    pairing: Pairing


class Pairings(BaseModel):
    """Everyone who is paired."""

    pairings: list[Pairing]


class Finding(BaseModel):
    """One thing that is wrong with a request."""

    field: str
    found: str
    expected: str


class Problem(BaseModel):
    """RFC 9457. `code` is for programs, `detail` tells a person the next step."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[Finding] | None = None
