"""Items made at a till: the store's own word, which no import and no pull overwrites without a word."""

from __future__ import annotations

import logging
import sqlite3
from typing import TYPE_CHECKING

import pytest

from outbox import catalogue_schema
from outbox.catalogue import Catalogue, CatalogueTaken, Item
from outbox.feeds import Feed, Page, PulledItem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from outbox.catalogue_import import ImportResult

CODE = "04006381333931"
JAM = Item("here-1", "Jam", 350, "reduced", "Pantry", barcodes=(CODE,))


@pytest.fixture
async def catalogue(tmp_path: Path) -> AsyncIterator[Catalogue]:
    opened = Catalogue(tmp_path)
    await opened.open()
    yield opened
    await opened.close()


async def put(catalogue: Catalogue, text: str) -> ImportResult:
    result = await catalogue.import_csv(text, currency="EUR", taxes={"reduced"})
    assert result.ok, result.to_json()
    return result


async def test_the_next_scan_knows_it_and_making_it_twice_is_once(catalogue: Catalogue) -> None:
    assert await catalogue.make(JAM) == JAM
    assert await catalogue.make(JAM) == JAM
    assert catalogue.by_barcode([CODE]) == JAM
    assert catalogue.count() == 1
    assert catalogue.made_here("here-1")
    assert not catalogue.made_here("other")


async def test_what_another_item_has_already_is_refused_and_named(catalogue: Catalogue) -> None:
    await put(catalogue, "sku,name,price,barcode\nA,Mug,1,4006381333931\n")
    with pytest.raises(CatalogueTaken) as taken:
        await catalogue.make(JAM)
    assert taken.value.item == "A"
    with pytest.raises(CatalogueTaken):
        await catalogue.make(Item("A", "Jam", 350))
    assert catalogue.item("here-1") is None
    assert catalogue.count() == 1


async def test_an_import_leaves_it_and_says_so(catalogue: Catalogue) -> None:
    await catalogue.make(JAM)
    result = await put(catalogue, "sku,name,price,barcode\nA,Other jam,1,4006381333931\nhere-1,Third,9,\n")
    assert sorted(result.kept_here) == ["here-1"]
    assert catalogue.by_barcode([CODE]) == JAM
    assert catalogue.item("A") is not None
    again = await put(catalogue, "sku,name,price\nB,Mug,1\n")
    assert again.kept_here == []


async def test_a_pull_leaves_it_and_says_so(catalogue: Catalogue, caplog: pytest.LogCaptureFixture) -> None:
    await catalogue.make(JAM)
    page = [PulledItem("r1", None, "A", "Other jam", 100, barcodes=(CODE,)), PulledItem("r2", None, "here-1", "X", 1)]
    with caplog.at_level(logging.WARNING):
        counts = await catalogue.apply_page("square", Feed.ITEMS, Page(tuple(page), (), "c1", more=False))
    assert counts.kept_here == {"here-1"}
    assert (counts.added, counts.unchanged, counts.barcodes_moved) == (1, 1, 0)
    assert "here-1" in caplog.text
    assert "cloud pull NAME --all" in caplog.text
    assert catalogue.by_barcode([CODE]) == JAM


async def test_let_go_it_comes_from_a_cloud_with_all_that_the_cloud_has(catalogue: Catalogue) -> None:
    await catalogue.make(JAM)
    page = Page((PulledItem("r1", "5", "here-1", "The cloud's", 250),), (), "c1", more=False)
    await catalogue.apply_page("square", Feed.ITEMS, page)
    assert await catalogue.unmake("here-1")
    await catalogue.apply_page("square", Feed.ITEMS, Page((), (), "c2", more=False))  # nothing has changed since
    assert catalogue.item("here-1") is None
    await catalogue.begin_sweep("square", Feed.ITEMS)
    await catalogue.apply_page("square", Feed.ITEMS, page)
    found = catalogue.item("here-1")
    assert found is not None
    assert found.name == "The cloud's"


async def test_let_go_it_makes_room_for_what_comes_from_elsewhere(catalogue: Catalogue) -> None:
    await catalogue.make(JAM)
    assert await catalogue.unmake("here-1")
    assert not await catalogue.unmake("here-1")
    assert catalogue.by_barcode([CODE]) is None
    await put(catalogue, "sku,name,price,barcode\nA,Other jam,1,4006381333931\nhere-1,Third,9,\n")
    found = catalogue.by_barcode([CODE])
    assert found is not None
    assert found.sku == "A"
    assert not catalogue.made_here("here-1")
    assert not await catalogue.unmake("A")


async def test_categories_and_what_is_in_them(catalogue: Catalogue) -> None:
    await put(catalogue, "sku,name,price,category\n3,Pear,1,Fruit\n1,Apple,1,Fruit\n2,Mug,1,Kitchen\n4,Odd,1,\n")
    assert catalogue.categories() == ["Fruit", "Kitchen"]
    assert [item.name for item in catalogue.in_category("Fruit")] == ["Apple", "Pear"]
    assert [item.name for item in catalogue.in_category("Fruit", offset=1)] == ["Pear"]
    assert [item.name for item in catalogue.in_category(None)] == ["Odd"]
    assert catalogue.in_category("None such") == []


async def test_a_file_of_the_version_before_is_brought_up_to_date(tmp_path: Path) -> None:
    older = sqlite3.connect(tmp_path / "catalogue.db")
    older.executescript(
        f"{catalogue_schema.MIGRATIONS[0]} pragma application_id = {catalogue_schema.APPLICATION_ID}; "
        "pragma user_version = 1; insert into item (sku, name, price, unit, source) values ('A', 'Mug', 1, 'each', 'x')"
    )
    older.close()
    catalogue = Catalogue(tmp_path)
    await catalogue.open()
    assert catalogue.item("A") == Item("A", "Mug", 1)
    await catalogue.close()
