"""Items made at a till: what was scanned, is in no catalogue, and is to be known from now on.

They are the store's own word. An import or a pull that names one leaves it as it is and says so; a person lets it go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outbox.catalogue_schema import CatalogueTaken
from outbox.item import HERE

if TYPE_CHECKING:
    import sqlite3

    from outbox.item import Item


def make(connection: sqlite3.Connection, item: Item) -> Item:
    """Add an item with its barcodes in one transaction; the very same one again changes nothing.

    Raises `CatalogueTaken`, which leaves the transaction open: the connection is closed then, which takes it back.
    """
    connection.execute("BEGIN IMMEDIATE")
    row = _one(
        connection, "SELECT id, deleted, source, name, price, tax, category, unit FROM item WHERE sku = ?", item.sku
    )
    fields = (item.name, item.price, item.tax, item.category, item.unit)
    if row is not None and not row[1] and (row[2] != HERE or row[3:] != fields):
        raise _taken(f"the sku {item.sku}", item.sku, row[3])
    if row is None:
        added = connection.execute(
            "INSERT INTO item (name, price, tax, category, unit, sku, source) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*fields, item.sku, HERE),
        )
        assert added.lastrowid is not None  # SQLite sets it for every INSERT
        row_id = added.lastrowid
    else:
        row_id = row[0]
        connection.execute(
            "UPDATE item SET name = ?, price = ?, tax = ?, category = ?, unit = ?, source = ?, deleted = 0, "
            "stock = NULL, min_age = NULL, track = NULL, deposit = NULL, deposit_tax = NULL WHERE id = ?",
            (*fields, HERE, row_id),
        )
    for code in item.barcodes:
        owner = _one(
            connection,
            "SELECT item.id, sku, name FROM barcode JOIN item ON item.id = barcode.item WHERE code = ?",
            code,
        )
        if owner is not None and owner[0] != row_id:
            raise _taken(f"the barcode {code}", owner[1], owner[2])
        connection.execute("INSERT OR IGNORE INTO barcode (code, item) VALUES (?, ?)", (code, row_id))
    connection.execute("COMMIT")
    return item


def unmake(connection: sqlite3.Connection, sku: str) -> bool:
    """Take an item made here out of sale, so that what comes from elsewhere counts again; False for any other."""
    connection.execute("BEGIN IMMEDIATE")
    row = _one(connection, "SELECT id FROM item WHERE sku = ? AND source = ? AND NOT deleted", sku, HERE)
    if row is not None:
        connection.execute("DELETE FROM barcode WHERE item = ?", row)
        connection.execute("UPDATE item SET deleted = 1, source = 'gone' WHERE id = ?", row)
    connection.execute("COMMIT")
    return row is not None


def _taken(what: str, sku: str, name: str) -> CatalogueTaken:
    return CatalogueTaken(f"{what} is {name}'s already", hint=f"ring {sku} instead, or give another", item=sku)


def _one(connection: sqlite3.Connection, query: str, *values: Any) -> Any:
    return connection.execute(query, values).fetchone()
