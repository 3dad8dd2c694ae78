"""The contract between the till and a cloud that takes cards at the till, by a reader that the cloud itself drives.

As `connector`, the code for one kind of cloud is pure: it makes requests and reads answers. The till writes each step
down before it sends it and follows the payment to its end (`agent/cards`). What the till rests on: a payment made at
the cloud is charged at most once however often it is handed to a reader, and once it is called off it never is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from outbox.connector import Refused, Retry, Unauthorized, Unclear

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from outbox.connector import Answer, Request

Trouble = Retry | Unauthorized | Refused | Unclear


class Phase(StrEnum):
    """Where a payment is at the cloud."""

    WAITING = "waiting"  # not charged: no card was accepted for it
    UNDER_WAY = "under_way"  # a card is being asked for it: it may become anything
    AUTHORISED = "authorised"  # the card's bank agreed; nothing is charged before it is captured
    CHARGED = "charged"
    OFF = "off"  # called off: it can never be charged any more


@dataclass(frozen=True, slots=True)
class Card:
    """What may be kept of a card: its brand, its last four digits and the bank's approval code. Never more."""

    brand: str | None
    last4: str | None
    approval: str | None


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as the cloud has it now. `amount` in minor units: what was charged, or what is to be."""

    id: str
    phase: Phase
    amount: int
    given_back: int = 0
    card: Card | None = None
    why: str | None = None  # the newest card was refused


@dataclass(frozen=True, slots=True)
class AtReader:
    """What a reader is doing. `payment` is the newest that it was handed; `failed`: why it ended without a card."""

    online: bool | None  # None: the cloud does not say
    payment: str | None
    busy: bool  # it is still at that payment
    failed: str | None = None
    by_customer: bool = False  # they called it off at the reader


@dataclass(frozen=True, slots=True)
class Asked:
    """A card payment that a till asks for: `id` is ours, made before anything is sent."""

    id: str
    sale: str
    till: str
    reader: str
    amount: int  # minor units


class CardReaders(Protocol):
    """What one cloud's code says of its readers."""

    provider: str  # as a tender that was taken so names it
    by_till: Mapping[str, str]  # tills that have a reader, and its id at the cloud
    captures_later: bool  # whether a payment is authorised first, and charged by `capture`

    def amount_fault(self, amount: int) -> str | None:
        """Return why so much cannot be charged, in words for a cashier, or None."""
        ...

    def create(self, asked: Asked) -> Request:
        """Return the request that makes the payment: asked again, it makes no second one."""
        ...

    def hand(self, asked: Asked, payment: str) -> Request:
        """Return the request that hands a payment to the reader."""
        ...

    def watch(self, asked: Asked) -> Request:
        """Return the request that asks what the reader is doing."""
        ...

    def look(self, payment: str) -> Request:
        """Return the request that asks what became of a payment."""
        ...

    def stop(self, asked: Asked) -> Request:
        """Return the request that makes the reader drop what it is at, whosever that is."""
        ...

    def call_off(self, payment: str) -> Request:
        """Return the request after which a payment can never be charged."""
        ...

    def capture(self, payment: str) -> Request:
        """Return the request that charges what was authorised."""
        ...

    def give_back(self, asked: Asked, payment: str) -> Request:
        """Return the request that gives all of a charged payment back: asked again within a day, once."""
        ...

    def payment(self, answer: Answer, now: datetime) -> Payment | Trouble:
        """Read the answer to `create`, `look`, `call_off` and `capture`."""
        ...

    def at_reader(self, answer: Answer, now: datetime) -> AtReader | Trouble:
        """Read the answer to `hand`, `watch` and `stop`."""
        ...

    def given_back(self, answer: Answer, now: datetime) -> int | Trouble:
        """Read the answer to `give_back`: minor units."""
        ...


@runtime_checkable
class TakesCards(Protocol):
    """A connector whose cloud takes cards at the till."""

    card_readers: CardReaders
