"""The contract between the courier and the code for one kind of cloud.

A connector translates and does nothing else: it has no socket, no clock, no file and no state of its
own. It says which request comes next, reads an answer, and says what that answer means. The courier
does the rest for every cloud alike: it writes a request down before sending it (the body frozen, so
that a key is only ever replayed with the very same bytes), sends it, and after an unclear ending
either sends the same bytes again or looks first, as the step's `Idempotency` says.

One sale may need several requests (Square: an order, a payment a tender, then pay): `next_step` is
asked again after each, with everything earlier answers brought back in `fact.refs`. It must be
deterministic in its arguments: after a crash it is asked again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from outbox.capabilities import Capabilities
    from outbox.feeds import Feed, Page
    from outbox.record import Record
    from outbox.throttle import Throttle


class Idempotency(StrEnum):
    """How a cloud keeps one fact from becoming two records."""

    KEY_REPLAY = "key_replay"  # the same key answers the first answer again
    CLIENT_ID = "client_id"  # our id is the record's id
    UNIQUE_REJECT = "unique_reject"  # a second one is refused, and the refusal is recognisable
    UPSERT = "upsert"  # a second one overwrites the first with the same
    PROBE_FIRST = "probe_first"  # none of these: after an unclear end, look before sending again
    NONE = "none"  # it can't be doubled (reads; state that is set, not added to)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP exchange, without its credentials: those are added when it is sent and never stored."""

    method: str
    path: str  # what comes after the cloud's base_url, query included
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()  # none of them secret


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a delivery. `name` is unique within it; `key` is the cloud's idempotency key, if any."""

    name: str
    key: str
    idempotency: Idempotency
    request: Request
    key_life_s: float | None = None  # after this long unanswered, look first; None: a key never expires


@dataclass(frozen=True, slots=True)
class Complete:
    """Every step is done. `drift` is the cloud's total less the till's, in minor units."""

    remote_id: str | None
    drift: int = 0
    notes: tuple[str, ...] = ()  # what the cloud could not take, in words for a person


@dataclass(frozen=True, slots=True)
class ItemRef:
    """An item as the cloud knows it."""

    remote_id: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """Everything a connector may look at to say what comes next."""

    record: Record
    now: datetime  # UTC
    refs: Mapping[str, str] = field(default_factory=dict)  # what this delivery's earlier steps brought back
    sale_refs: Mapping[str, str] = field(default_factory=dict)  # a refund's sale: what its delivery brought back
    items: Mapping[str, ItemRef] = field(default_factory=dict)  # by sku, the record's items this cloud knows
    since: datetime | None = (
        None  # UTC; looking first: by the cloud's clock, before the step was first sent; or unknown
    )
    asked: Request | None = None  # looking first: what was answered; an empty list does not say what it lists
    customer: str | None = None  # what this cloud calls the record's customer, where they were pulled from it
    generation: int = 0  # how often a person released it after a refusal: a changed request needs a new key


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object, or an empty one where it is not: a verdict must not trip here."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


# --- what an answer means ---


@dataclass(frozen=True, slots=True)
class Done:
    """The step took effect, now or earlier. `refs` are kept for later steps; `note` is for a person."""

    refs: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """It did not take effect and nothing is wrong with the record: the line's or the cloud's trouble."""

    reason: str
    after_s: float | None = None  # what the cloud asked for


@dataclass(frozen=True, slots=True)
class Unauthorized:
    """The credentials were not accepted: the whole cloud pauses, selling does not."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The cloud itself said no to this record, for good: it is parked. `hint` says what to mend."""

    code: str
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """It may or may not have taken effect."""

    reason: str
    after_s: float | None = None  # what the cloud asked for


Outcome = Done | Retry | Unauthorized | Refused | Unclear


# --- what looking first means ---


@dataclass(frozen=True, slots=True)
class Found:
    """The earlier attempt did take effect."""

    refs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Absent:
    """It did not: sending again is safe.

    `lag_s`: what was done may stay out of sight there for so long. It counts only when still so that long after.
    """

    lag_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Unknown:
    """The look itself failed or proves nothing; look again later."""

    reason: str
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class LookOn:
    """It is not on this page, and there are more: `request` asks for the next."""

    request: Request


Sighting = Found | Absent | LookOn | Unknown | Unauthorized


# --- many records in one request ---


@dataclass(frozen=True, slots=True)
class Packed:
    """A record as it goes into a batch: its bytes, and what names it."""

    id: str
    kind: str
    receipt_number: str | None
    text: str  # the canonical body
    hash: bytes  # its link in the journal's chain


class Packer(Protocol):
    """How a cloud takes many records in one request.

    Such a cloud must drop, record by record and for ever, what it has seen before: after a lost answer a batch
    is sent again, and after a refusal in halves, until the one at fault is found.
    """

    size: int  # records in one request, at most

    def pack(self, records: Sequence[Packed]) -> Step:
        """Return the one request that takes these, oldest first."""
        ...

    def verdict(self, records: Sequence[Packed], answer: Answer, now: datetime) -> Outcome:
        """Say what an answer means for all of them; `Refused`: none took effect, as one of them cannot be taken."""
        ...

    def complete(self, record: Packed) -> Complete:
        """Return how the delivery of one of them ended, once the whole batch is `Done`."""
        ...


class Connector(Protocol):
    """The code for one kind of cloud, made from that cloud's section of the configuration."""

    base_url: str
    capabilities: Capabilities

    @property
    def packer(self) -> Packer | None:
        """Return how it takes many records in one request, or None: one at a time."""
        ...

    @property
    def throttle(self) -> Throttle | None:
        """Return what the cloud says of its limits, or None: it says nothing, and its 429 is heeded alone."""
        ...

    def next_step(self, fact: Fact) -> Step | Complete | Refused:
        """Return what comes next; `Refused` where the record can never become a request (a mapping is missing)."""
        ...

    def verdict(self, step: Step, fact: Fact, answer: Answer) -> Outcome:
        """Say what an answer means: the connector decides, since 200 may be failure and 400 success."""
        ...

    def probe(self, step: Step, fact: Fact) -> Request | None:
        """Return the request that looks whether `step` took effect, or None where there is no way to look."""
        ...

    def sighting(self, step: Step, fact: Fact, answer: Answer) -> Sighting:
        """Say what the answer to a probe, or to its next page, shows.

        Compares our id in what came back, and never trusts that something did.
        """
        ...

    def credentials(self, request: Request, key: str, now: datetime) -> dict[str, str]:
        """Return the headers that prove who is sending, for this request now. Never stored, never logged."""
        ...

    def pull(self, feed: Feed, cursor: str | None) -> Request | None:
        """Return the request for the page of a feed after `cursor` (None: all of it, from the start).

        None where the cloud has no such feed.
        """
        ...

    def page(self, feed: Feed, cursor: str | None, answer: Answer) -> Page | Retry | Unauthorized | Refused:
        """Read a page of a feed."""
        ...
