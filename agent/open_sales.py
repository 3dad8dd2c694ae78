"""The sales being rung, on disk: a reload, a dead browser or a power cut brings the basket back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agent.sale import Sale

if TYPE_CHECKING:
    import sqlite3


def save(connection: sqlite3.Connection, sale: Sale, at: str) -> None:
    """Write the sale as it now is."""
    connection.execute(
        "insert into open_sale(id, till, state, document, updated_at) values (?, ?, ?, ?, ?) "
        "on conflict(id) do update set state = excluded.state, document = excluded.document, "
        "updated_at = excluded.updated_at",
        (sale.id, sale.till, str(sale.state), json.dumps(sale.to_json(), ensure_ascii=False), at),
    )


def drop(connection: sqlite3.Connection, sale_id: str) -> None:
    """Forget a sale that has become a record."""
    connection.execute("delete from open_sale where id = ?", (sale_id,))


def find(connection: sqlite3.Connection, sale_id: str) -> Sale | None:
    """Return an open or parked sale, or None."""
    row = connection.execute("select document from open_sale where id = ?", (sale_id,)).fetchone()
    return Sale.from_json(json.loads(row[0])) if row else None


def current(connection: sqlite3.Connection, till: str) -> Sale | None:
    """Return the till's open sale, or None."""
    row = connection.execute("select document from open_sale where till = ? and state = 'open'", (till,)).fetchone()
    return Sale.from_json(json.loads(row[0])) if row else None


def parked(connection: sqlite3.Connection, till: str) -> list[Sale]:
    """Return the till's parked sales, oldest first."""
    rows = connection.execute(
        "select document from open_sale where till = ? and state = 'parked' order by id", (till,)
    ).fetchall()
    return [Sale.from_json(json.loads(row[0])) for row in rows]
