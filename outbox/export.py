"""Records as lines of a file: what an export holds, for whoever reads it without this program."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from outbox import chain, delivery_views

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from outbox.record import Record

_PAGE = 500


def exported(record: Record) -> dict[str, Any]:
    """Return a record as an export's line holds it: the body that was hashed, its place and its link."""
    return record.body | {"seq": record.seq, "prev_hash": record.prev_hash.hex(), "hash": record.hash.hex()}


def undelivered(reader: sqlite3.Connection, cloud: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield every delivery that has not come to its good end, oldest first."""
    after = 0
    while page := delivery_views.listed(reader, cloud=cloud, after=after, limit=_PAGE):
        yield from (delivery for delivery in page if delivery["state"] != "delivered")
        after = page[-1]["id"]


def delivery_line(reader: sqlite3.Connection, delivery: dict[str, Any]) -> str:
    """Return a delivery with its record, as JSON on one line."""
    record = chain.by_id(reader, delivery["record_id"])
    assert record is not None, "a delivery refers to a record that is never deleted"
    line = {"cloud": delivery["cloud"], "state": delivery["state"], "record": exported(record)}
    return json.dumps(line, ensure_ascii=False)
