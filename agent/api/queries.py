"""What the local API takes after the question mark: one model a question. A token is never among it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from agent.api.bodies import Id
from outbox.item import CATEGORY_CHARS_MAX
from outbox.money import AMOUNT_MAX

PAGE_MAX = 500  # rows in one answer; the next page is one request away
PAGE_DEFAULT = 50
ITEMS_MAX = 100  # more than anyone reads while typing
ITEMS_DEFAULT = 20
SEARCH_CHARS_MAX = 200  # an item's whole name
ROW_MAX = 2**63 - 1  # the largest number SQLite counts rows with


class Query(BaseModel):
    """What every query keeps to; values are text in a URL, so they are read leniently."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoQuery(Query):
    """No parameters."""


class RecordsQuery(Query):
    """Records, the newest first."""

    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = PAGE_DEFAULT
    before: Annotated[int | None, Field(ge=1, le=ROW_MAX, description="`next` of the page before this one")] = None
    till: Id | None = None
    kind: Literal["sale", "refund", "void", "drawer", "cash", "shift_open", "shift_close"] | None = None
    day: Annotated[date | None, Field(description="receipts of this day in the store")] = None
    amount: Annotated[
        int | None, Field(ge=-AMOUNT_MAX, le=AMOUNT_MAX, description="receipts of this total, or with such a tender")
    ] = None
    q: Annotated[
        str | None,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=SEARCH_CHARS_MAX),
        Field(description="receipts with this in their number, a tender's reference, or the customer's name or number"),
    ] = None

    @property
    def searches(self) -> bool:
        """Whether it looks for receipts by what is remembered of them."""
        return self.day is not None or self.amount is not None or self.q is not None

    @model_validator(mode="after")
    def _receipts_only(self) -> Self:
        if self.searches and self.kind is not None:
            raise ValueError("only receipts are found by day, amount or text; leave kind out")
        return self


class ItemsQuery(Query):
    """Items whose name, sku or category has every word of `q`, each from its start."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=SEARCH_CHARS_MAX)] = ""
    limit: Annotated[int, Field(ge=1, le=ITEMS_MAX)] = ITEMS_DEFAULT
    category: Annotated[
        str | None,
        StringConstraints(max_length=CATEGORY_CHARS_MAX),
        Field(description="all of this category, by name, instead of `q`; empty: those in none"),
    ] = None
    offset: Annotated[int, Field(ge=0, le=ROW_MAX, description="how many of the category to leave out")] = 0


class CustomersQuery(Query):
    """Customers who have every word of `q` in their name, number, phone or e-mail."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=SEARCH_CHARS_MAX)] = ""
    limit: Annotated[int, Field(ge=1, le=ITEMS_MAX)] = ITEMS_DEFAULT


class OutboxQuery(Query):
    """Deliveries, the oldest first."""

    cloud: Id | None = None
    state: Literal["waiting", "sending", "delivered", "parked"] | None = None
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = PAGE_DEFAULT
    after: Annotated[int, Field(ge=0, le=ROW_MAX, description="`next` of the page before this one")] = 0


class MattersQuery(Query):
    """What stands before a person, the oldest first."""

    cloud: Id | None = None
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = PAGE_DEFAULT
    after: Annotated[int, Field(ge=0, le=ROW_MAX, description="`next` of the page before this one")] = 0


class ProofQuery(Query):
    """What the proof is made over."""

    nonce: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{22,64}$"), Field(description="your own, used once")
    ]


class LineQuery(Query):
    """The lamps, or the outage card."""

    look: Annotated[bool, Field(description="have the lines asked anew right after; what changes is an event")] = False


class EventsQuery(Query):
    """What a WebSocket is for, besides listening."""

    claim: Annotated[
        Id | None,
        Field(description="a claim of the caller's: it lasts as long as this WebSocket is open. May be repeated"),
    ] = None
    till: Annotated[
        Id | None,
        Field(description="the till this is before: while its pages are locked its own scanner rings nothing"),
    ] = None


class ShiftsQuery(Query):
    """Shifts that were closed, the newest first."""

    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = PAGE_DEFAULT
    before: Annotated[int | None, Field(ge=1, le=ROW_MAX, description="`next` of the page before this one")] = None
    till: Id | None = None


class AuditQuery(Query):
    """The audit trail, the newest first."""

    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = PAGE_DEFAULT
    before: Annotated[int | None, Field(ge=1, le=ROW_MAX, description="`next` of the page before this one")] = None


class ReportQuery(Query):
    """Which till's shift; may be left out where there is only one till."""

    till: Id | None = None
