"""Devices, what they answer to a test, and what goes over their wires."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from agent.api.answers.claims import HeldDevice
from agent.api.answers.fields import DecimalText, Time


class DeviceNotice(BaseModel):
    """What a person should know of a device that works, and the next step."""

    code: Literal["unwritten-letters"]
    detail: str
    hint: str


class Device(BaseModel):
    """What is known about one device now, and which front end has claimed it."""

    name: str
    kind: str
    port: str
    state: Literal["stopped", "opening", "ready", "lost"]
    since: Time
    error: str | None
    hint: str | None
    notices: list[DeviceNotice]
    claim: HeldDevice | None


class Devices(BaseModel):
    """Every device."""

    devices: list[Device]


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


class Shown(BaseModel):
    """What a customer display shows now: its upper and its lower line."""

    display: str
    shows: list[str]


class GivenBack(BaseModel):
    """Nobody has claimed the device any more."""

    device: str
    claim: None


class Pressed(BaseModel):
    """The scale shows what was asked of it."""

    device: str
    next: str


class DeviceTest(BaseModel):
    """What the test did, in words to compare with what one sees."""
