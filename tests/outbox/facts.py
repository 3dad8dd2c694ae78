"""Records for tests: the shapes the till writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outbox import chain, deliveries
from outbox.ids import new_id
from outbox.record import Draft, Kind, Record

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from outbox.journal import Journal

AT = "2026-11-20T10:00:00.000+01:00"


def draft(kind: Kind = Kind.SALE, *, till: str = "till-1", record_id: str | None = None, **body: Any) -> Draft:
    return Draft(
        id=record_id or new_id(),
        kind=kind,
        till=till,
        occurred_at=AT,
        business_date=AT[:10],
        body={"currency": "EUR", "total": 1250, "lines": [], **body},
    )


async def write(journal: Journal, wanted: Draft, clouds: Mapping[str, frozenset[Kind]] | None = None) -> Record:
    def change(connection: sqlite3.Connection) -> Record:
        record, new = chain.append(connection, wanted)
        if new:
            deliveries.queue(connection, record, clouds or {})
        return record

    return await journal.write(change)
