"""The sales being rung, on disk: a reload, a dead browser or a power cut brings the basket back.

What counts is the document on the disk. The sale that was last written is remembered beside its text, so that it
is not parsed anew while the disk still holds that very text.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agent.sale import Sale

if TYPE_CHECKING:
    import sqlite3

REMEMBERED_MAX = 1_000  # sales, some 5 KB each: what every till rings, and more parked than a store has room for

_remembered: dict[str, tuple[str, Sale]] = {}  # by the sale's id; changed on the journal's thread only
_as_json = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


def save(connection: sqlite3.Connection, sale: Sale, at: str) -> None:
    """Write the sale as it now is."""
    document = _as_json(sale.to_json())
    connection.execute(
        "insert into open_sale(id, till, state, document, updated_at) values (?, ?, ?, ?, ?) "
        "on conflict(id) do update set state = excluded.state, document = excluded.document, "
        "updated_at = excluded.updated_at",
        (sale.id, sale.till, sale.state.value, document, at),
    )
    if len(_remembered) >= REMEMBERED_MAX:
        _remembered.clear()
    _remembered[sale.id] = (document, sale)


def take(connection: sqlite3.Connection, sale_id: str) -> Sale | None:
    """Take a sale off the open ones, since it becomes a record in this change; None where it is not one of them."""
    sale = find(connection, sale_id)
    if sale is not None:
        connection.execute("delete from open_sale where id = ?", (sale_id,))
        _remembered.pop(sale_id, None)
    return sale


def find(connection: sqlite3.Connection, sale_id: str) -> Sale | None:
    """Return an open or parked sale, or None."""
    row = connection.execute("select id, document from open_sale where id = ?", (sale_id,)).fetchone()
    return _read(*row) if row else None


def current(connection: sqlite3.Connection, till: str) -> Sale | None:
    """Return the till's open sale, or None."""
    row = connection.execute("select id, document from open_sale where till = ? and state = 'open'", (till,)).fetchone()
    return _read(*row) if row else None


def parked(connection: sqlite3.Connection, till: str) -> list[Sale]:
    """Return the till's parked sales, oldest first."""
    rows = connection.execute(
        "select id, document from open_sale where till = ? and state = 'parked' order by id", (till,)
    ).fetchall()
    return [_read(*row) for row in rows]


def _read(sale_id: str, document: str) -> Sale:
    """Return the sale that a document holds. Raises `ValueError` where it holds none."""
    text, sale = _remembered.get(sale_id, (None, None))
    if sale is not None and text == document:
        return sale
    return Sale.from_json(json.loads(document))
