"""Feeds with and without tombstones, pulled by sweeps that break off, go on, and never empty a shelf unasked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from outbox.capabilities import Arithmetic, Capabilities
from outbox.catalogue import Catalogue
from outbox.catalogue_feeds import Swept
from outbox.connector import Answer, Refused, Request, Retry
from outbox.feeds import Feed, FeedRules, Page, PulledCustomer, PulledItem, PulledStock
from outbox.pull import Wishes, pull
from outbox.session import AnswerLost

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


@dataclass
class Shop:
    """A cloud with a shelf: as its own connector, and as the line to it. It lists `size` things a page, by id."""

    tombstones: bool = False
    changes: bool = True
    size: int = 3
    shelf: dict[str, PulledItem] = field(default_factory=dict)
    counted: dict[str, Decimal | None] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)  # ids, since the last sweep began
    asked: list[str] = field(default_factory=list)
    fails_after: int | None = None  # so many pages

    base_url = "http://127.0.0.1:9"

    @property
    def capabilities(self) -> Capabilities:
        rules = (FeedRules(Feed.ITEMS, self.tombstones, self.changes), FeedRules(Feed.STOCK, tombstones=False))
        return Capabilities(frozenset(), Arithmetic.NONE, feeds=rules)

    def put(self, remote_id: str, price: int = 100, *, version: str | None = "1", sku: str | None = None) -> None:
        sku = sku or remote_id.upper()
        self.shelf[remote_id] = PulledItem(remote_id, version, sku, f"Thing {remote_id}", price)
        self.changed.append(remote_id)

    # --- as a connector ---

    def credentials(self, *_: object) -> dict[str, str]:
        return {}

    def pull(self, feed: Feed, cursor: str | None) -> Request:
        return Request("GET", f"/{feed}?after={cursor or ''}")

    def page(self, feed: Feed, cursor: str | None, answer: Answer) -> Page:
        body = json.loads(answer.body)
        if feed is Feed.STOCK:
            told = tuple(PulledStock(one, None if n is None else Decimal(n)) for one, n in body["stock"])
            return Page((), (), body["cursor"], body["more"], stock=told)
        items = tuple(PulledItem(**{**one, "barcodes": tuple(one["barcodes"])}) for one in body["items"])
        return Page(items, (), body["cursor"], body["more"])

    # --- as the line, and the server behind it ---

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        if self.fails_after is not None:
            if not self.fails_after:
                raise AnswerLost("planted", hint="")
            self.fails_after -= 1
        self.asked.append(request.path)
        feed, _, after = request.path.removeprefix("/").partition("?after=")
        return Answer(200, {}, json.dumps(self._stock() if feed == "stock" else self._items(after)).encode())

    def _stock(self) -> dict[str, Any]:
        told = [(one, None if n is None else str(n)) for one, n in self.counted.items()]
        return {"stock": told, "cursor": "s", "more": False}

    def _items(self, after: str) -> dict[str, Any]:
        if after.startswith("since"):
            found = [self.shelf[one] for one in self.changed if one in self.shelf]
            return self._told(found, f"since{len(self.asked)}", more=False)
        ids = sorted(one for one in self.shelf if one > after)
        found = [self.shelf[one] for one in ids[: self.size]]
        if len(ids) > self.size:
            return self._told(found, ids[self.size - 1], more=True)
        self.changed.clear()
        return self._told(found, f"since{len(self.asked)}", more=False)

    @staticmethod
    def _told(found: list[PulledItem], cursor: str, *, more: bool) -> dict[str, Any]:
        fields = ("remote_id", "version", "sku", "name", "price", "barcodes")
        items = [{name: getattr(one, name) for name in fields} for one in found]
        return {"items": items, "cursor": cursor, "more": more}


@pytest.fixture
async def catalogue(tmp_path: Path) -> AsyncIterator[Catalogue]:
    catalogue = Catalogue(tmp_path)
    await catalogue.open()
    yield catalogue
    await catalogue.close()


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    for number in range(8):
        shop.put(f"i{number}")
    return shop


async def pulled(catalogue: Catalogue, shop: Shop, name: str = "shop", wishes: Wishes | None = None) -> Any:
    return await pull(name, shop, shop, catalogue, lambda: NOW, wishes=wishes or Wishes())  # type: ignore[arg-type]  # what of a connector a pull uses


def skus(catalogue: Catalogue) -> list[str]:
    return [item.sku for item in catalogue.items()]


async def test_the_first_pull_is_a_sweep_and_then_only_changes_are_asked_for(catalogue: Catalogue, shop: Shop) -> None:
    first = await pulled(catalogue, shop)
    shop.asked.clear()
    shop.put("i3", 333, version="2")
    then = await pulled(catalogue, shop)

    assert (first.items, first.ended, len(skus(catalogue))) == (8, None, 8)
    assert (then.items, then.ended) == (1, None)
    item = catalogue.item("I3")
    assert item is not None
    assert item.price == 333
    assert shop.asked[0].startswith("/items?after=since")
    place = catalogue.place("shop", Feed.ITEMS)
    assert (place.mark, place.swept_at) == (None, NOW.isoformat())


async def test_a_sweep_takes_off_what_is_gone_and_spares_what_others_have(catalogue: Catalogue, shop: Shop) -> None:
    await pulled(catalogue, shop)
    other = Shop()
    other.put("x1", sku="I2")
    await pulled(catalogue, other, "other")
    for gone in ("i1", "i2"):
        del shop.shelf[gone]

    unseen = await pulled(catalogue, shop)
    swept = await pulled(catalogue, shop, wishes=Wishes(sweep=tuple(Feed)))

    assert (unseen.gone, swept.gone) == (0, 2)
    assert skus(catalogue) == ["I0", "I2", "I3", "I4", "I5", "I6", "I7"]


async def test_a_sweep_that_breaks_off_goes_on_where_it_was(catalogue: Catalogue, shop: Shop) -> None:
    await pulled(catalogue, shop)
    del shop.shelf["i0"]
    shop.fails_after = 2
    broken = await pulled(catalogue, shop, wishes=Wishes(sweep=tuple(Feed)))
    assert isinstance(broken.ended, Retry)
    assert "I0" in skus(catalogue), "nothing is taken off before all of it was seen"
    shop.fails_after = None
    shop.asked.clear()

    went_on = await pulled(catalogue, shop)

    assert (went_on.ended, went_on.gone) == (None, 1)
    assert shop.asked[0] == "/items?after=i6"
    assert "I0" not in skus(catalogue)


async def test_a_cloud_that_cannot_say_what_changed_is_swept_each_time(catalogue: Catalogue, shop: Shop) -> None:
    shop.changes = False
    await pulled(catalogue, shop)
    del shop.shelf["i5"]

    assert (await pulled(catalogue, shop)).gone == 1
    assert "I5" not in skus(catalogue)


async def test_a_sweep_that_would_take_off_more_than_half_stops_and_asks(catalogue: Catalogue) -> None:
    shop = Shop(size=50)
    for number in range(60):
        shop.put(f"i{number:02}")
    await pulled(catalogue, shop)
    shop.shelf = {one: item for one, item in shop.shelf.items() if one < "i20"}

    stopped = await pulled(catalogue, shop, wishes=Wishes(sweep=tuple(Feed)))
    assert isinstance(stopped.ended, Refused)
    assert "40 of 60" in stopped.ended.reason
    assert "--let-go" in stopped.ended.hint
    assert len(skus(catalogue)) == 60
    assert (await pulled(catalogue, shop)).ended is None, "what changes is pulled all the same"

    asked = await pulled(catalogue, shop, wishes=Wishes(sweep=tuple(Feed), let_go=True))
    assert (asked.ended, asked.gone, len(skus(catalogue))) == (None, 40, 20)


async def test_an_older_version_overwrites_no_newer_one(catalogue: Catalogue, shop: Shop) -> None:
    shop.put("i1", 900, version="10")
    await pulled(catalogue, shop)
    shop.put("i1", 100, version="9")
    await pulled(catalogue, shop)
    item = catalogue.item("I1")
    assert item is not None
    assert item.price == 900
    shop.put("i1", 950, version="10")  # the same one: what this store makes of it may have changed
    await pulled(catalogue, shop)
    item = catalogue.item("I1")
    assert item is not None
    assert item.price == 950


async def test_of_two_clouds_with_one_sku_the_first_in_the_configuration_is_right(catalogue: Catalogue) -> None:
    first, second = Shop(), Shop()
    first.put("a", 100, sku="MUG")
    second.put("b", 200, sku="MUG")
    below = Wishes(sweep=tuple(Feed), above=("first",))
    await pulled(catalogue, second, "second", below)
    await pulled(catalogue, first, "first")
    await pulled(catalogue, second, "second", below)

    item = catalogue.item("MUG")
    assert item is not None
    assert item.price == 100
    assert set(catalogue.refs("second", ["MUG"])) == {"MUG"}, "its records are linked at both all the same"

    first.shelf.clear()
    await pulled(catalogue, first, "first", Wishes(sweep=tuple(Feed)))
    await pulled(catalogue, second, "second", below)
    item = catalogue.item("MUG")
    assert item is not None
    assert item.price == 200, "the first has none any more"


async def test_stock_is_of_the_cloud_whose_item_it_is(catalogue: Catalogue, shop: Shop) -> None:
    shop.counted = {"i1": Decimal("2.5"), "i2": Decimal(7), "nobody": Decimal(1)}
    await pulled(catalogue, shop)
    await catalogue.import_csv("sku,name,price\nI2,Mine,1\n", currency="EUR", taxes=())
    shop.counted = {"i1": None, "i2": Decimal(9)}
    before = catalogue.item("I1")
    told = await pulled(catalogue, shop)

    assert before is not None
    assert before.stock == Decimal("2.5")
    assert told.stock == 2
    one, two = catalogue.item("I1"), catalogue.item("I2")
    assert one is not None
    assert two is not None
    assert (one.stock, two.stock) == (None, Decimal(7)), "I2 is the import's now"


async def test_a_page_applied_again_changes_nothing(catalogue: Catalogue, shop: Shop) -> None:
    await pulled(catalogue, shop)
    page = Page(tuple(shop.shelf.values()), (), "c", more=False)
    counts = await catalogue.apply_page("shop", Feed.ITEMS, page)

    assert (counts.unchanged, counts.changed, counts.added, counts.deleted) == (8, 0, 0, 0)
    again = await catalogue.apply_page("shop", Feed.ITEMS, replace(page, items=page.items[:1]))
    assert again.unchanged == 1


# --- customers, and clouds that misbehave ---


class People:
    """A list of customers in memory: who was taken, and what a sweep is to find gone."""

    def __init__(self, swept: Swept) -> None:
        self.taken: list[tuple[str, str | None]] = []
        self.swept = swept
        self.marks: list[str] = []

    async def take(
        self, cloud: str, customers: Sequence[PulledCustomer], tombstones: Sequence[str], *, mark: str | None
    ) -> int:
        self.taken += [(one.remote_id, mark) for one in customers]
        return len(customers)

    async def sweep_off(self, cloud: str, mark: str, *, let_go: bool) -> Swept:
        self.marks.append(mark)
        return self.swept


class Clients(Shop):
    """A cloud that gives customers alone; `pages` are their cursors, one a page."""

    pages: tuple[str, ...] = ("p1", "p2", "end")

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(frozenset(), Arithmetic.NONE, feeds=(FeedRules(Feed.CUSTOMERS, tombstones=False),))

    def page(self, feed: Feed, cursor: str | None, answer: Answer) -> Page:
        at = self.pages.index(cursor) + 1 if cursor in self.pages[:-1] else 0
        customers = (PulledCustomer(f"c{at}", None, "Somebody"),)
        return Page((), (), self.pages[at], more=at < len(self.pages) - 1, customers=customers)


async def test_customers_are_pulled_by_whoever_keeps_their_list(catalogue: Catalogue) -> None:
    clients, people, rests = Clients(), People(Swept(2, 5)), []

    async def rest() -> None:
        rests.append(1)

    async def pulling(**more: Any) -> Any:
        return await pull("shop", clients, clients, catalogue, lambda: NOW, **more)  # type: ignore[arg-type]  # what of a connector a pull uses

    assert (await pulling()).pages == 0, "nobody keeps them here"
    first = await pulling(customers=people, wishes=Wishes(rest=rest))
    assert (first.customers, first.gone, first.ended, len(rests)) == (3, 2, None, 2)
    assert {mark for _, mark in people.taken} == set(people.marks)
    people.swept = Swept(40, 50, stopped=True)
    stopped = await pulling(customers=people, wishes=Wishes(sweep=(Feed.CUSTOMERS,)))
    assert isinstance(stopped.ended, Refused)
    assert "40 of 50 customers" in stopped.ended.reason


async def test_a_cloud_that_goes_round_in_circles_is_left(catalogue: Catalogue) -> None:
    clients = Clients()
    clients.pages = ("p1", "p2", "p1", "p2", "end")
    told = await pull("shop", clients, clients, catalogue, lambda: NOW, customers=People(Swept(0, 0)))  # type: ignore[arg-type]  # likewise
    assert isinstance(told.ended, Retry)
    assert "again and again" in told.ended.reason


async def test_a_feed_that_is_named_and_not_given_is_no_fault(catalogue: Catalogue) -> None:
    shop = Shop()
    shop.pull = lambda feed, cursor: None  # type: ignore[assignment, method-assign, return-value]  # a connector that contradicts itself
    told = await pulled(catalogue, shop)
    assert isinstance(told.ended, Refused)


async def test_an_older_version_is_seen_by_a_sweep_all_the_same(catalogue: Catalogue, shop: Shop) -> None:
    shop.put("i1", 900, version="2026-11-21T10:00:00Z")
    await pulled(catalogue, shop)
    shop.put("i1", 100, version="2026-11-20T10:00:00Z")
    swept = await pulled(catalogue, shop, wishes=Wishes(sweep=tuple(Feed)))

    item = catalogue.item("I1")
    assert item is not None
    assert (item.price, swept.gone) == (900, 0)
