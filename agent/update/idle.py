"""Whether anybody is at a till: what a switch to another version waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent import open_sales

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


def busy(reader: sqlite3.Connection, tills: Iterable[str]) -> str | None:
    """Return what is under way, for a person, or None: a sale with something in it, a card payment, a print in hand."""
    for till in tills:
        sale = open_sales.current(reader, till)
        if sale is not None and (sale.lines or sale.tenders):
            return f"a sale is open at {till}"
    row = reader.execute("select till from card_attempt where open = 1 limit 1").fetchone()
    if row is not None:
        return f"a card is being paid with at {row[0]}"
    row = reader.execute("select printer from print_job where state in ('queued', 'sending') limit 1").fetchone()
    if row is not None:
        return f"{row[0]} has something in hand"
    return None
