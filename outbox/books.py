"""What a cloud has in its own books: what a kind of cloud can be asked of a day, and what its answers hold.

`stillopen reconcile` asks, and compares with the journal (`outbox/reconcile.py`). A kind takes part by a function
`books(settings, store) -> Books` in its module: pure, like its connector, and it asks for nothing that changes
anything there. What a cloud's list leaves out (its clock, its paging, its archive) is asked for by its id, so that
"it is not there" is never said on the word of a list alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from outbox.connector import Answer, Refused, Request, Retry, Unauthorized
    from outbox.record import Kind, Record


class Standing(StrEnum):
    """Whether an entry counts there."""

    BOOKED = "booked"
    OPEN = "open"  # begun and not paid or not finished there
    CANCELLED = "cancelled"  # there, and counts for nothing


@dataclass(frozen=True, slots=True)
class Entry:
    """One sale or refund, or one part of it, as a cloud has it."""

    remote_id: str
    kind: Kind
    record_id: str | None  # ours, as it is kept there; None: it is not a till's of ours (an online order)
    receipt_number: str | None  # likewise
    total: int | None  # minor units, never below 0: what was paid, or given back; None: it does not say
    currency: str | None  # ISO 4217
    standing: Standing
    part: str = ""  # where a record becomes several entries there (one a payment), which of them: the same each time
    chain: str | None = None  # the chain's hash at the record, in hex, as it went there with it; None: it has none


@dataclass(frozen=True, slots=True)
class Listing:
    """What an answer holds, and what is to be asked next: its further pages, or what only it shows how to ask."""

    entries: tuple[Entry, ...] = ()
    further: tuple[Request, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivered:
    """A record that a cloud took, by our book. `refs` are what its steps brought back."""

    record: Record
    remote_id: str | None
    refs: Mapping[str, str]
    sale_refs: Mapping[str, str]  # a refund's sale: what its delivery brought back


class Books(Protocol):
    """What a kind of cloud can be asked about what it has booked. It has no state: any answer may be read alone."""

    def between(self, since: datetime, until: datetime) -> Sequence[Request]:
        """Return what to ask for everything that was made there from `since` to `until` (both UTC, by its clock).

        It may answer with more than that, and with what is not ours.
        """
        ...

    def one(self, delivered: Delivered) -> Sequence[Request]:
        """Return what to ask for one record's entries alone, by their ids there."""
        ...

    def read(self, request: Request, answer: Answer, now: datetime) -> Listing | Retry | Unauthorized | Refused:
        """Read an answer to a request of `between`, `one` or an earlier `Listing.further`.

        What there is none of by an id that was asked for is an empty `Listing`. `Retry`: it cannot be said now.
        """
        ...

    def due(self, record: Record) -> int | None:
        """Return what the entries of a record are to come to there, in minor units; None: nothing is to be there."""
        ...
