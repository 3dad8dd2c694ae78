"""A card payment at a reader as a value, and as a row of the journal's file: where it is, and how it ended.

    creating ──> handing ──> at_reader ──> capturing ──> taken ──> giving_back ──> given_back
        │           │            │             │
        └───────────┴────────────┴─────────────┴──> calling_off ──> declined, cancelled, failed

`unknown` is the one end that a person has to look up: this journal was put back, or copied, meanwhile.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from agent.problem import not_found
from outbox.card_reader import Asked, Card

if TYPE_CHECKING:
    import sqlite3

_EPOCH = "coalesce((select max(number) from epoch), 0)"


class State(StrEnum):
    """Where a card payment is. The first six are open: its end is not known yet."""

    CREATING = "creating"  # it is being made at the cloud: nothing can be charged
    HANDING = "handing"  # the reader is being told
    AT_READER = "at_reader"  # the customer is at the reader
    CAPTURING = "capturing"  # the bank agreed; it is being charged
    CALLING_OFF = "calling_off"  # it is being made sure that it is never charged
    GIVING_BACK = "giving_back"  # it was charged, and the money is going back
    TAKEN = "taken"  # charged: a tender of its sale
    DECLINED = "declined"  # the bank or the reader refused the card; nothing was charged
    CANCELLED = "cancelled"  # by the customer or the cashier; nothing was charged
    FAILED = "failed"  # for another reason; nothing was charged
    GIVEN_BACK = "given_back"  # it was charged, and the money went back
    UNKNOWN = "unknown"  # to be looked up at the cloud by a person


OPEN = frozenset(
    {State.CREATING, State.HANDING, State.AT_READER, State.CAPTURING, State.CALLING_OFF, State.GIVING_BACK}
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One card payment. `ends_as` is what it is called off as; `left`: its sale went on without it."""

    id: str
    sale: str
    till: str
    cloud: str
    reader: str
    amount: int  # minor units
    currency: str
    made_at: str
    state: State = State.CREATING
    payment: str | None = None  # the cloud's id of it
    ends_as: State = State.CANCELLED
    left: bool = False
    charged: int = 0  # minor units, once it is taken
    card: Card | None = None
    reason: str | None = None  # why it ended so, or is being called off
    hint: str | None = None  # the next step
    by: str = ""  # who asked for it
    told: bool = True  # False: a person has not seen yet how it ended after its sale had gone on

    @property
    def open(self) -> bool:
        """Whether its end is not known yet."""
        return self.state in OPEN

    @property
    def asked(self) -> Asked:
        """What the cloud is asked for."""
        return Asked(self.id, self.sale, self.till, self.reader, self.amount)

    def view(self, trouble: str | None = None) -> dict[str, Any]:
        """Return it as the local API shows it. `trouble`: why the cloud cannot be asked now."""
        shown = {"brand": None, "last4": None} if self.card is None else asdict(self.card)
        return {
            "id": self.id,
            "sale": self.sale,
            "till": self.till,
            "cloud": self.cloud,
            "state": str(self.state),
            "open": self.open,
            "amount": self.amount,
            "currency": self.currency,
            "charged": self.charged,
            "brand": shown["brand"],
            "last4": shown["last4"],
            "payment": self.payment,
            "reason": self.reason,
            "hint": self.hint,
            "trouble": trouble if self.open else None,
            "left": self.left,
            "made_at": self.made_at,
        }


def save(connection: sqlite3.Connection, attempt: Attempt, at: str) -> Attempt:
    """Write an attempt as it now is, and return it."""
    fields = asdict(attempt) | {"state": str(attempt.state), "ends_as": str(attempt.ends_as)}
    connection.execute(
        "insert into card_attempt(id, sale, till, open, told, epoch, updated_at, document) "
        f"values (?, ?, ?, ?, ?, {_EPOCH}, ?, ?) on conflict(id) do update set sale = excluded.sale, "
        "open = excluded.open, told = excluded.told, updated_at = excluded.updated_at, document = excluded.document",
        (attempt.id, attempt.sale, attempt.till, attempt.open, attempt.told, at, json.dumps(fields)),
    )
    return attempt


def find(connection: sqlite3.Connection, attempt_id: str) -> Attempt | None:
    """Return an attempt, or None."""
    row = connection.execute("select document from card_attempt where id = ?", (attempt_id,)).fetchone()
    return None if row is None else _read(row[0])


def of_sale(connection: sqlite3.Connection, sale_id: str, attempt_id: str) -> Attempt:
    """Return a sale's attempt. Raises `Problem`."""
    attempt = find(connection, attempt_id)
    if attempt is None or attempt.sale != sale_id:
        raise not_found("card-payment", "This sale has no such card payment: begin one.")
    return attempt


def open_ones(connection: sqlite3.Connection) -> list[Attempt]:
    """Return those whose end is not known, oldest first."""
    rows = connection.execute("select document from card_attempt where open = 1 order by till, id").fetchall()
    return [_read(document) for (document,) in rows]


def at_till(connection: sqlite3.Connection, till: str) -> list[Attempt]:
    """Return a till's open ones, oldest first."""
    rows = connection.execute("select document from card_attempt where open = 1 and till = ? order by id", (till,))
    return [_read(document) for (document,) in rows.fetchall()]


def untold(connection: sqlite3.Connection, till: str) -> list[Attempt]:
    """Return a till's ended ones that a person has to be told of, oldest first."""
    rows = connection.execute("select document from card_attempt where told = 0 and till = ? order by id", (till,))
    return [attempt for (document,) in rows.fetchall() if not (attempt := _read(document)).open]


def of_another_epoch(connection: sqlite3.Connection, attempt_id: str) -> bool:
    """Say whether this journal was put back, or copied, since the attempt was made."""
    row = connection.execute(f"select epoch <> {_EPOCH} from card_attempt where id = ?", (attempt_id,)).fetchone()
    return row is not None and bool(row[0])


def forget(connection: sqlite3.Connection, before: str, limit: int) -> int:
    """Drop ended ones that were last changed before a time (RFC 3339, UTC), up to `limit`; returns how many."""
    return connection.execute(
        "delete from card_attempt where id in (select id from card_attempt where open = 0 and told = 1 "
        "and updated_at < ? limit ?)",
        (before, limit),
    ).rowcount


def _read(document: str) -> Attempt:
    fields = json.loads(document)
    card = fields.pop("card")
    attempt = Attempt(**fields)
    return replace(
        attempt,
        state=State(attempt.state),
        ends_as=State(attempt.ends_as),
        card=None if card is None else Card(**card),
    )
