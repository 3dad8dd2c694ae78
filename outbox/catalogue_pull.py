"""A page pulled from a cloud, into the catalogue together with the cursor that stands after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from outbox import catalogue_discounts, gtin
from outbox import catalogue_feeds as feeds
from outbox.catalogue_feeds import Swept
from outbox.feeds import Feed
from outbox.item import HERE

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Sequence

    from outbox.feeds import Page, PulledItem, PulledStock


@dataclass(slots=True)
class PullCounts:
    """What a page changed. `barcodes_moved`: taken from another item, since the newest word holds.

    `kept_here`: the skus of items made at a till that the page would have changed.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    deleted: int = 0
    barcodes_moved: int = 0
    counted: int = 0  # items whose stock changed
    kept_here: set[str] = field(default_factory=set)


def apply_page(
    connection: sqlite3.Connection, cloud: str, feed: Feed, page: Page, *, above: Collection[str] = ()
) -> PullCounts:
    """Apply a page in one transaction; applied again, it changes nothing.

    What it raises leaves the transaction open: the connection is closed then, which takes it back.
    A tombstone, or a new sku, takes an item out of sale only where this cloud wrote it last. `above` are the clouds
    whose word on an item stands above this one's.
    """
    connection.execute("BEGIN IMMEDIATE")
    mark = feeds.place(connection, cloud, feed).mark
    applying = _Page(connection, cloud, mark, above)
    if feed is Feed.ITEMS:
        applying.items(page.items, page.tombstones)
    elif feed is Feed.DISCOUNTS:
        catalogue_discounts.apply(connection, cloud, page.discounts, page.tombstones, mark)
    applying.stock(page.stock)
    feeds.keep_cursor(connection, cloud, feed, page.cursor)
    connection.execute("COMMIT")
    return applying.counts


def end_sweep(connection: sqlite3.Connection, cloud: str, feed: Feed, at: str, *, let_go: bool) -> Swept:
    """Take off what a sweep of items or discounts has not seen, unless it is too much; `let_go`: however much it is."""
    connection.execute("BEGIN IMMEDIATE")
    mark, known = feeds.place(connection, cloud, feed).mark, 0
    gone: list[str] = []
    if feed is Feed.ITEMS:
        gone, known = _unseen(connection, cloud, mark)
    elif feed is Feed.DISCOUNTS:
        gone, known = catalogue_discounts.unseen(connection, cloud, mark)
    if mark is None:  # another program has ended this sweep meanwhile: there is nothing to compare with
        gone = []
    stopped = not let_go and feeds.too_many(len(gone), known)
    page = _Page(connection, cloud, mark, ())
    for remote_id in () if stopped else gone:
        if feed is Feed.ITEMS:
            page.bury(remote_id)
        else:
            catalogue_discounts.forget(connection, cloud, remote_id)
    feeds.end_sweep(connection, cloud, feed, at)
    connection.execute("COMMIT")
    return Swept(len(gone), known, stopped)


def _unseen(db: sqlite3.Connection, cloud: str, mark: str | None) -> tuple[list[str], int]:
    """Return the ids of items that a sweep has not seen, and how many there are in all."""
    (known,) = db.execute("SELECT count(*) FROM cloud_item WHERE cloud = ?", (cloud,)).fetchone()
    gone = db.execute("SELECT remote_id FROM cloud_item WHERE cloud = ? AND mark IS NOT ?", (cloud, mark))
    return [remote_id for (remote_id,) in gone.fetchall()], known


def source_of(cloud: str) -> str:
    """Return how an item names the cloud that wrote it last."""
    return f"cloud:{cloud}"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an item is, and how it was before."""

    id: int
    was_there: bool
    fields_changed: bool
    barcodes: frozenset[str]
    left_alone: bool = False  # made at a till, or another cloud's word stands above


class _Page:
    """The changes of one page, inside its transaction."""

    def __init__(self, connection: sqlite3.Connection, cloud: str, mark: str | None, above: Collection[str]) -> None:
        self.counts = PullCounts()
        self._db = connection
        self._cloud = cloud
        self._source = source_of(cloud)
        self._mark = mark
        self._above = above

    def items(self, items: Sequence[PulledItem], tombstones: Sequence[str]) -> None:
        """Bury what was deleted, then add or change what was sent."""
        for remote_id in tombstones:
            self.bury(remote_id)
        newest = [item for item in items if not self._is_old(item)]
        self.counts.unchanged += len(items) - len(newest)
        places = [self.place(item) for item in newest]
        for place in places:
            if not place.left_alone:
                self._db.execute("DELETE FROM barcode WHERE item = ?", (place.id,))
        for place, item in zip(places, newest, strict=True):
            self.give_barcodes(place, item)

    def stock(self, stock: Sequence[PulledStock]) -> None:
        """Set how much there is of the items that are this cloud's."""
        for one in stock:
            self.counts.counted += self._db.execute(
                "UPDATE item SET stock = ? WHERE source = ? AND stock IS NOT ?1 AND sku = "
                "(SELECT sku FROM cloud_item WHERE cloud = ? AND remote_id = ?)",
                (None if one.quantity is None else f"{one.quantity:f}", self._source, self._cloud, one.remote_id),
            ).rowcount

    def bury(self, remote_id: str) -> None:
        """Take an item that the cloud deleted out of sale."""
        row = self._one("SELECT sku FROM cloud_item WHERE cloud = ? AND remote_id = ?", self._cloud, remote_id)
        if row is None:
            return
        self._db.execute("DELETE FROM cloud_item WHERE cloud = ? AND remote_id = ?", (self._cloud, remote_id))
        self._retire(row[0])

    def place(self, item: PulledItem) -> _Place:
        """Add the item, or change what differs, and remember the cloud's name for it."""
        self._know(item)
        fields = (item.name, item.price, item.tax, item.category, item.unit)
        row = self._one("SELECT id, deleted, name, price, tax, category, unit FROM item WHERE sku = ?", item.sku)
        if row is not None and self._made_here(row[0]):
            self.counts.kept_here.add(item.sku)
            return _Place(row[0], was_there=True, fields_changed=False, barcodes=frozenset(), left_alone=True)
        if row is not None and self._is_of_one_above(item.sku):
            return _Place(row[0], was_there=True, fields_changed=False, barcodes=frozenset(), left_alone=True)
        if row is None:
            added = self._db.execute(
                "INSERT INTO item (name, price, tax, category, unit, sku, source) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*fields, item.sku, self._source),
            )
            assert added.lastrowid is not None  # SQLite sets it for every INSERT
            return _Place(added.lastrowid, was_there=False, fields_changed=True, barcodes=frozenset())
        self._db.execute(
            "UPDATE item SET name = ?, price = ?, tax = ?, category = ?, unit = ?, source = ?, deleted = 0 "
            "WHERE id = ?",
            (*fields, self._source, row[0]),
        )
        codes = self._db.execute("SELECT code FROM barcode WHERE item = ?", (row[0],))
        return _Place(row[0], not row[1], row[2:] != fields, frozenset(code for (code,) in codes))

    def give_barcodes(self, place: _Place, item: PulledItem) -> None:
        """Give the item its barcodes, from whoever has them but what was made at a till; count what became of it."""
        if place.left_alone:
            self.counts.unchanged += 1
            return
        codes = frozenset(gtin.barcode_key(code) for code in item.barcodes if code)
        for code in codes:
            owner = self._one("SELECT item FROM barcode WHERE code = ?", code)
            if owner is not None and self._made_here(owner[0]):
                self.counts.kept_here.add(self._one("SELECT sku FROM item WHERE id = ?", owner[0])[0])
                continue
            self.counts.barcodes_moved += owner is not None and owner[0] != place.id
            self._db.execute("INSERT OR REPLACE INTO barcode (code, item) VALUES (?, ?)", (code, place.id))
        if not place.was_there:
            self.counts.added += 1
        elif place.fields_changed or codes != place.barcodes:
            self.counts.changed += 1
        else:
            self.counts.unchanged += 1

    def _know(self, item: PulledItem) -> None:
        key = (self._cloud, item.remote_id)
        row = self._one("SELECT sku FROM cloud_item WHERE cloud = ? AND remote_id = ?", *key)
        self._db.execute(
            "INSERT OR REPLACE INTO cloud_item (cloud, remote_id, version, sku, mark) VALUES (?, ?, ?, ?, ?)",
            (*key, item.version, item.sku, self._mark),
        )
        if row is not None and row[0] != item.sku:
            self._retire(row[0])

    def _retire(self, sku: str) -> None:
        """Take an item out of sale, unless something else still stands behind it."""
        row = self._one(
            "SELECT id FROM item WHERE sku = ? AND source = ? AND NOT deleted "
            "AND NOT EXISTS (SELECT 1 FROM cloud_item WHERE cloud_item.sku = item.sku)",
            sku,
            self._source,
        )
        if row is not None:
            self._db.execute("UPDATE item SET deleted = 1 WHERE id = ?", row)
            self._db.execute("DELETE FROM barcode WHERE item = ?", row)
            self.counts.deleted += 1

    def _is_old(self, item: PulledItem) -> bool:
        """Return whether a newer version of an item is known; a sweep has seen it all the same."""
        key = (self._cloud, item.remote_id)
        row = self._one("SELECT version FROM cloud_item WHERE cloud = ? AND remote_id = ?", *key)
        old = row is not None and feeds.older(item.version, row[0])
        if old and self._mark is not None:
            self._db.execute("UPDATE cloud_item SET mark = ? WHERE cloud = ? AND remote_id = ?", (self._mark, *key))
        return old

    def _is_of_one_above(self, sku: str) -> bool:
        """Return whether a cloud whose word stands above wrote the item, and still has it."""
        return any(
            self._one(
                "SELECT 1 FROM item JOIN cloud_item ON cloud_item.sku = item.sku AND cloud_item.cloud = ? "
                "WHERE item.sku = ? AND item.source = ? AND NOT item.deleted",
                cloud,
                sku,
                source_of(cloud),
            )
            for cloud in self._above
        )

    def _made_here(self, row_id: int) -> bool:
        return self._one("SELECT 1 FROM item WHERE id = ? AND source = ?", row_id, HERE) is not None

    def _one(self, query: str, *values: Any) -> Any:
        return self._db.execute(query, values).fetchone()
