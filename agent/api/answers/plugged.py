"""What is plugged into this PC."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


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
