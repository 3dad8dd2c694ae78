"""Discounts with a name in the catalogue: offered while they run, changed by newer versions, and swept off."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from outbox import catalogue_schema
from outbox.capabilities import Arithmetic, Capabilities
from outbox.catalogue import Catalogue
from outbox.catalogue_discounts import DiscountCounts
from outbox.connector import Answer, Refused, Request
from outbox.feeds import Feed, FeedRules, Page, PulledDiscount
from outbox.pull import Wishes, pull

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
async def catalogue(tmp_path: Path) -> AsyncIterator[Catalogue]:
    opened = Catalogue(tmp_path)
    await opened.open()
    yield opened
    await opened.close()


def a_discount(number: int, percent: str | None = "10", **more: Any) -> PulledDiscount:
    return PulledDiscount(f"d{number}", more.pop("version", "1"), f"Discount {number}", percent, **more)


async def give(catalogue: Catalogue, *discounts: PulledDiscount, gone: tuple[str, ...] = (), cloud: str = "sq") -> None:
    page = Page((), gone, "c", more=False, discounts=discounts)
    await catalogue.apply_page(cloud, Feed.DISCOUNTS, page)


def offered(catalogue: Catalogue, at: datetime = NOW, clouds: tuple[str, ...] = ("sq", "woo")) -> dict[str, Any]:
    return {one.name: one.percent or one.amount for one in catalogue.discounts(clouds, at)}


async def test_what_a_cloud_gives_is_offered_until_it_is_deleted(catalogue: Catalogue) -> None:
    await give(catalogue, a_discount(1), a_discount(2, None, amount=500))
    assert offered(catalogue) == {"Discount 1": "10", "Discount 2": 500}
    await give(catalogue, a_discount(1, "15", version="3"), gone=("d2", "never there"))
    await give(catalogue, a_discount(1, "12", version="2"))
    assert offered(catalogue) == {"Discount 1": "15"}
    assert offered(catalogue, clouds=("woo",)) == {}


async def test_it_is_offered_between_its_dates_alone(catalogue: Catalogue) -> None:
    since, until = "2026-11-21T12:00:00+00:00", "2026-11-21T13:00:00+00:00"
    await give(catalogue, a_discount(1, since=since, until=until))
    at = datetime(2026, 11, 21, 13, tzinfo=UTC)
    seen = [bool(offered(catalogue, at + timedelta(minutes=by))) for by in (-61, -60, -1, 0)]
    assert seen == [False, True, True, False]
    assert catalogue.discounts(["sq"], NOW)[0].until == until


async def test_what_no_till_can_hold_is_counted_and_not_offered(catalogue: Catalogue) -> None:
    await give(catalogue, a_discount(1), a_discount(2, trouble="it asks for a PIN"))
    assert offered(catalogue) == {"Discount 1": "10"}
    assert catalogue.discount_counts("sq") == DiscountCounts(usable=1, left_out=1)
    assert catalogue.discount_counts("woo") == DiscountCounts()


class Giver:
    """A cloud whose discounts have no tombstones, as connector and as line."""

    base_url = "http://127.0.0.1:9"
    capabilities = Capabilities(frozenset(), Arithmetic.NONE, feeds=(FeedRules(Feed.DISCOUNTS, tombstones=False),))

    def __init__(self) -> None:
        self.given: list[PulledDiscount] = []

    def credentials(self, *_: object) -> dict[str, str]:
        return {}

    def pull(self, feed: Feed, cursor: str | None) -> Request:
        return Request("GET", "/")

    def page(self, feed: Feed, cursor: str | None, answer: Answer) -> Page:
        return Page((), (), "c", more=False, discounts=tuple(self.given))

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        return Answer(200, {}, b"{}")


async def test_a_sweep_takes_off_what_is_gone_and_asks_before_it_takes_most(catalogue: Catalogue) -> None:
    cloud: Any = Giver()
    sweep = Wishes(sweep=[Feed.DISCOUNTS])
    cloud.given = [a_discount(number) for number in range(50)] + [a_discount(99, trouble="it asks for a PIN")]
    first = await pull("sq", cloud, cloud, catalogue, lambda: NOW)
    assert (first.discounts, first.left_out, first.ended) == (50, {"it asks for a PIN": 1}, None)
    assert first.troubles == ("discounts left out, 1 of them: it asks for a PIN",)
    cloud.given = [a_discount(number, version="0") for number in range(45)]  # older than known, and there all the same
    swept = await pull("sq", cloud, cloud, catalogue, lambda: NOW, wishes=sweep)
    assert (swept.gone, swept.ended, len(offered(catalogue))) == (6, None, 45)
    cloud.given = [a_discount(1)]
    stopped = await pull("sq", cloud, cloud, catalogue, lambda: NOW, wishes=sweep)
    assert isinstance(stopped.ended, Refused)
    assert "44 of 45 discounts" in stopped.ended.reason
    assert len(offered(catalogue)) == 45
    let_go = await pull("sq", cloud, cloud, catalogue, lambda: NOW, wishes=Wishes(sweep=[Feed.DISCOUNTS], let_go=True))
    assert (let_go.gone, let_go.ended, list(offered(catalogue))) == (44, None, ["Discount 1"])
    assert let_go.to_json()["deleted"] == 44


async def test_a_file_of_before_gets_its_table(tmp_path: Path) -> None:
    older = sqlite3.connect(tmp_path / "catalogue.db")
    older.executescript(
        "".join(catalogue_schema.MIGRATIONS[:3])
        + f"pragma application_id = {catalogue_schema.APPLICATION_ID}; pragma user_version = 3; "
        "insert into item (sku, name, price, unit, source) values ('A', 'Mug', 1, 'each', 'x')"
    )
    older.close()
    catalogue = Catalogue(tmp_path)
    await catalogue.open()
    try:
        await give(catalogue, a_discount(1))
        assert (catalogue.count(), list(offered(catalogue))) == (1, ["Discount 1"])
    finally:
        await catalogue.close()
