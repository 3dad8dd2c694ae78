"""The local catalogue: items, their barcodes, and how the clouds call them. It can always be rebuilt."""

from __future__ import annotations

import contextlib
import logging
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from outbox import catalogue_discounts, catalogue_feeds, gtin
from outbox.catalogue_discounts import DiscountCounts
from outbox.catalogue_feeds import Place
from outbox.catalogue_file import CatalogueFile
from outbox.catalogue_schema import (
    CatalogueBusy,
    CatalogueDamaged,
    CatalogueError,
    CatalogueNewer,
    CatalogueTaken,
    CatalogueUnusable,
)
from outbox.catalogue_search import fts_query
from outbox.connector import ItemRef
from outbox.ids import new_id
from outbox.item import HERE, Item, kept_here_words

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Generator, Iterable, Sequence
    from pathlib import Path

    from outbox.catalogue_feeds import Swept
    from outbox.catalogue_import import ImportResult
    from outbox.catalogue_pull import PullCounts
    from outbox.discount import NamedDiscount
    from outbox.feeds import Feed, Page

__all__ = [
    "Catalogue",
    "CatalogueBusy",
    "CatalogueDamaged",
    "CatalogueError",
    "CatalogueNewer",
    "CatalogueTaken",
    "CatalogueUnusable",
    "Item",
]

CANDIDATES_MAX = 200  # matches ranked for one search; ranking all of a broad one takes 300 ms
LIST_MAX = 1_000  # items in one answer
CATEGORIES_MAX = 500  # more keys than anyone finds anything on

_COLUMNS = (
    "item.id, item.sku, item.name, item.price, item.tax, item.category, item.unit, item.stock, item.min_age, "
    "item.track, item.deposit, item.deposit_tax"
)
_ITEM = f"SELECT {_COLUMNS} FROM item"
_BY_SKU = f"{_ITEM} WHERE sku = ? AND NOT deleted"
_BY_BARCODE = f"{_ITEM} JOIN barcode ON barcode.item = item.id WHERE barcode.code = ? AND NOT deleted"
_EXACT = f"{_ITEM} WHERE NOT deleted AND (sku = ? OR id IN (SELECT barcode.item FROM barcode WHERE barcode.code = ?))"
_AFTER = f"{_ITEM} WHERE sku > ? AND NOT deleted ORDER BY sku LIMIT ?"
_IN_CATEGORY = f"{_ITEM} WHERE category IS ? AND NOT deleted ORDER BY name, id LIMIT ? OFFSET ?"
_CATEGORIES = """
    WITH RECURSIVE one (name) AS (
        SELECT min(category) FROM item WHERE NOT deleted
        UNION ALL SELECT (SELECT min(category) FROM item WHERE category > one.name AND NOT deleted)
        FROM one WHERE one.name IS NOT NULL
    ) SELECT name FROM one WHERE name IS NOT NULL LIMIT ?
"""  # from one category to the next by its index: as quick with 100,000 items as with ten
_MATCHING = f"{_ITEM} WHERE id IN (SELECT rowid FROM item_text WHERE item_text MATCH ? LIMIT {CANDIDATES_MAX})"

_log = logging.getLogger("stillopen.catalogue")


class Catalogue:
    """The catalogue of the state folder `state`. Not open until `open`; looked up from one thread."""

    def __init__(self, state: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._file = CatalogueFile(state, now)

    async def open(self) -> None:
        """Open the file, made if need be; a damaged one is set aside. Raises `CatalogueError`."""
        await self._file.open()

    async def close(self) -> None:
        """Let go of the file once nothing is being written. May be called twice."""
        await self._file.close()

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._file.path

    @property
    def trouble(self) -> str | None:
        """What befell the file, with the next step, until items are written again."""
        return self._file.trouble

    # --- looking up ---

    def item(self, sku: str) -> Item | None:
        """Return the item with that sku."""
        return self._file.read(lambda db: _first(db, _BY_SKU, sku), None)

    def by_barcode(self, candidates: Sequence[str]) -> Item | None:
        """Return the item of the first candidate that is known: GTIN-14s, or the text of what is no GTIN."""

        def look(db: sqlite3.Connection) -> Item | None:
            found = (_first(db, _BY_BARCODE, code) for code in candidates)
            return next((item for item in found if item is not None), None)

        return self._file.read(look, None)

    def search(self, text: str, limit: int = 20) -> list[Item]:
        """Find items as one types: by sku or barcode exactly, by words of name and category from two letters."""
        typed = text.strip()

        def look(db: sqlite3.Connection) -> list[Item]:
            rows = db.execute(_EXACT, (typed, gtin.barcode_key(typed))).fetchall()
            if (query := fts_query(typed)) is not None:
                matching = db.execute(_MATCHING, (query,)).fetchall()
                rows += sorted(matching, key=lambda row: _rank(row, typed.casefold()))
            by_id = {row[0]: row for row in reversed(rows)}  # the exact ones' rows stay, each once
            order = list(dict.fromkeys(row[0] for row in rows))[: max(limit, 0)]
            return [_item(db, by_id[each]) for each in order]

        return self._file.read(look, [])

    def items(self, after: str | None = None, limit: int = 100) -> list[Item]:
        """Return items in the order of their skus, those that follow `after`."""
        values = (after or "", min(max(limit, 0), LIST_MAX))
        return self._file.read(lambda db: [_item(db, row) for row in db.execute(_AFTER, values).fetchall()], [])

    def categories(self) -> list[str]:
        """Return the categories there are items in, by name."""
        return self._file.read(lambda db: [name for (name,) in db.execute(_CATEGORIES, (CATEGORIES_MAX,))], [])

    def in_category(self, category: str | None, *, limit: int = 100, offset: int = 0) -> list[Item]:
        """Return a category's items by name; those in none for None."""
        values = (category, min(max(limit, 0), LIST_MAX), max(offset, 0))
        return self._file.read(lambda db: [_item(db, row) for row in db.execute(_IN_CATEGORY, values).fetchall()], [])

    def made_here(self, sku: str) -> bool:
        """Say whether that item was made at a till, and not imported or pulled."""
        query = "SELECT 1 FROM item WHERE sku = ? AND source = ? AND NOT deleted"
        return self._file.read(lambda db: db.execute(query, (sku, HERE)).fetchone(), None) is not None

    def count(self) -> int:
        """Return how many items are for sale."""
        query = "SELECT count(*) FROM item WHERE NOT deleted"
        return self._file.read(lambda db: int(db.execute(query).fetchone()[0]), 0)

    def place(self, cloud: str, feed: Feed) -> Place:
        """Return how far a cloud's feed was pulled."""
        return self._file.read(partial(catalogue_feeds.place, cloud=cloud, feed=feed), Place())

    def refs(self, cloud: str, skus: Iterable[str]) -> dict[str, ItemRef]:
        """Return how a cloud calls those of the items it knows."""
        query = "SELECT remote_id, version FROM cloud_item WHERE sku = ? AND cloud = ? ORDER BY remote_id LIMIT 1"

        def look(db: sqlite3.Connection) -> dict[str, ItemRef]:
            rows = {sku: db.execute(query, (sku, cloud)).fetchone() for sku in skus}
            return {sku: ItemRef(*row) for sku, row in rows.items() if row is not None}

        return self._file.read(look, {})

    def discounts(self, clouds: Sequence[str], at: datetime) -> list[NamedDiscount]:
        """Return the named discounts of these clouds that can be given now; of one name, the first cloud's."""
        return self._file.read(partial(catalogue_discounts.offered, clouds=clouds, at=at), [])

    def discount_counts(self, cloud: str) -> DiscountCounts:
        """Return how many named discounts a cloud gives, and how many of them no till can hold."""
        return self._file.read(partial(catalogue_discounts.counts, cloud=cloud), DiscountCounts())

    # --- writing ---

    async def import_csv(
        self, source: Path | str, *, currency: str, taxes: Collection[str], dry_run: bool = False
    ) -> ImportResult:
        """Import a file, or CSV text, all or nothing; items it does not name stay. Raises `CatalogueError`.

        What is wrong in the file is in the result, and then nothing was written. `dry_run` writes nothing.
        """
        from outbox.catalogue_csv import read_csv  # a till that starts imports nothing, and is not to wait for this
        from outbox.catalogue_import import import_rows

        def work(db: sqlite3.Connection) -> ImportResult:
            with contextlib.closing(_lines(source)) as lines:
                return import_rows(db, read_csv(lines, currency=currency, taxes=taxes), dry_run=dry_run)

        return await self._file.write(work)

    async def apply_page(self, cloud: str, feed: Feed, page: Page, *, above: Collection[str] = ()) -> PullCounts:
        """Commit a pulled page together with its cursor; `above`: the clouds whose word stands above this one's.

        Raises `CatalogueError`.
        """
        from outbox.catalogue_pull import apply_page

        counts = await self._file.write(partial(apply_page, cloud=cloud, feed=feed, page=page, above=above))
        if counts.kept_here:
            _log.warning("%s has items of ours. %s", cloud, kept_here_words(counts.kept_here))
        return counts

    async def begin_sweep(self, cloud: str, feed: Feed) -> None:
        """Begin to go through all of a feed. Raises `CatalogueError`."""
        await self._file.write(partial(catalogue_feeds.begin_sweep, cloud=cloud, feed=feed, mark=new_id()))

    async def end_sweep(self, cloud: str, feed: Feed, *, at: str, let_go: bool = False) -> Swept:
        """Take off what the sweep has not seen, and go on with changes. Raises `CatalogueError`."""
        from outbox.catalogue_pull import end_sweep

        return await self._file.write(partial(end_sweep, cloud=cloud, feed=feed, at=at, let_go=let_go))

    async def make(self, item: Item) -> Item:
        """Add an item at a till; the very same one again changes nothing. Raises `CatalogueTaken`."""
        from outbox.catalogue_made import make

        return await self._file.write(partial(make, item=item))

    async def unmake(self, sku: str) -> bool:
        """Take an item that was made at a till out of sale; False where it was not made here."""
        from outbox.catalogue_made import unmake

        return await self._file.write(partial(unmake, sku=sku))


def _first(db: sqlite3.Connection, query: str, key: str) -> Item | None:
    row = db.execute(query, (key,)).fetchone()
    return None if row is None else _item(db, row)


def _item(db: sqlite3.Connection, row: tuple[Any, ...]) -> Item:
    row_id, sku, name, price, tax, category, unit, stock, *more = row
    codes = db.execute("SELECT code FROM barcode WHERE item = ? ORDER BY code", (row_id,)).fetchall()
    kept = None if stock is None else Decimal(stock)
    return Item(sku, name, price, tax, category, unit, kept, tuple(code for (code,) in codes), *more)


def _rank(row: tuple[Any, ...], typed: str) -> tuple[bool, str, str]:
    """Order matches: names that begin as typed, then by name."""
    name = row[2].casefold()
    return (not name.startswith(typed), name, row[1])


def _lines(source: Path | str) -> Generator[bytes, None, None]:
    """Yield a file's, or a text's, lines, none much longer than `catalogue_csv.LINE_BYTES_MAX`. Raises `OSError`.

    Lines end with CR, LF or both: Excel on a Mac still writes CR alone. Latin-1 gives every byte back
    as it was.
    """
    if isinstance(source, str):
        yield from source.encode("utf-8", "surrogatepass").splitlines(keepends=True)
        return
    from outbox.catalogue_csv import LINE_BYTES_MAX

    with source.open(encoding="latin-1") as file:
        while line := file.readline(LINE_BYTES_MAX + 1):
            yield line.encode("latin-1")
