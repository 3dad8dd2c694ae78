"""Finding a receipt by what a customer remembers of it: the day, the amount, the card slip, their name.

Nothing is indexed for it: a bounded stretch of the journal is looked through at a time, by text first, and what
that leaves is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from outbox import chain
from outbox.record import NUMBERED

if TYPE_CHECKING:
    import sqlite3

    from outbox.record import Record

STRETCH = 20_000  # records in one look: some 30 MB, a tenth of a second on a slow disk; a shop's last month
_LIKE = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is remembered, None: nothing. `day` is YYYY-MM-DD in the store, `amount` in minor units.

    `amount` is what it came to, or one of its tenders; `text` is in the receipt's number, a tender's reference, or
    the customer's name or number.
    """

    day: str | None = None
    amount: int | None = None
    text: str | None = None

    def fits(self, record: Record) -> bool:
        """Say whether a record is one."""
        return (
            (self.day is None or record.occurred_at.startswith(self.day))
            and (self.amount is None or self.amount in _amounts(record))
            and (self.text is None or any(self.text.casefold() in said.casefold() for said in _texts(record)))
        )


@dataclass(frozen=True, slots=True)
class Found:
    """The receipts found, newest first; `next` is where the next look goes on, None at the journal's beginning."""

    records: list[Record]
    next: int | None


def receipts(
    connection: sqlite3.Connection,
    wanted: Wanted,
    limit: int,
    *,
    before: int | None = None,
    till: str | None = None,
    stretch: int = STRETCH,
) -> Found:
    """Return up to `limit` receipts that fit, from below the place `before`, `stretch` records down at most."""
    if before is None:
        (newest,) = connection.execute("select coalesce(max(seq), 0) from record").fetchone()
        before = newest + 1
    bottom = max(before - stretch, 1)
    where, values = ["seq < ?", "seq >= ?", "receipt_number is not null"], [before, bottom]
    for condition, value in _conditions(wanted, till):
        where.append(condition)
        values.append(value)
    rows = connection.execute(f"select seq from record where {' and '.join(where)} order by seq desc", values)
    found: list[Record] = []
    for (seq,) in rows.fetchall():
        record = chain.by_seq(connection, seq)
        if record is not None and record.kind in NUMBERED and wanted.fits(record):
            found.append(record)
            if len(found) == limit:
                return Found(found, seq if seq > 1 else None)
    return Found(found, bottom if bottom > 1 else None)


def _conditions(wanted: Wanted, till: str | None) -> list[tuple[str, str]]:
    """Return what SQLite can leave out without reading JSON; `Wanted.fits` has the last word."""
    conditions = []
    if till is not None:
        conditions.append(("till = ?", till))
    if wanted.day is not None:
        conditions.append(("substr(occurred_at, 1, 10) = ?", wanted.day))
    if wanted.amount is not None:
        conditions.append(("instr(body, ?)", f":{wanted.amount}"))
    if wanted.text is not None and wanted.text.isascii() and '"' not in wanted.text and "\\" not in wanted.text:
        conditions.append((r"body like ? escape '\'", f"%{wanted.text.translate(_LIKE)}%"))
    return conditions


def _amounts(record: Record) -> set[int]:
    body = record.body
    return {body["total"], *(tender["amount"] for tender in body["tenders"])}


def _texts(record: Record) -> list[str]:
    body = record.body
    customer = body.get("customer") or {}
    said = [
        record.receipt_number,
        *(tender.get("reference") for tender in body["tenders"]),
        customer.get("name"),
        customer.get("number"),
    ]
    return [text for text in said if text]
