"""The catalogue on a real file: found, imported all or nothing, pulled, damaged, shared."""

import asyncio
import contextlib
import os
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import filelock
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outbox import catalogue_file, catalogue_import, catalogue_schema
from outbox.catalogue import (
    Catalogue,
    CatalogueBusy,
    CatalogueDamaged,
    CatalogueNewer,
    CatalogueUnusable,
    Item,
)
from outbox.catalogue_import import ImportResult
from outbox.catalogue_pull import PullCounts
from outbox.connector import ItemRef
from outbox.feeds import Feed, Page, PulledItem

HEADER = "sku,name,price,tax,barcode,category,unit,stock\n"
MUG = HEADER + "MUG,Mug blue,12.50,standard,4006381333931|M-1,Kitchen,each,5\n"


@pytest.fixture
async def catalogue(tmp_path: Path) -> AsyncIterator[Catalogue]:
    found = Catalogue(tmp_path)
    await found.open()
    yield found
    await found.close()


async def put(catalogue: Catalogue, text: str | Path, *, dry_run: bool = False) -> ImportResult:
    return await catalogue.import_csv(text, currency="EUR", taxes=["standard", "reduced"], dry_run=dry_run)


def names(folder: Path, pattern: str) -> list[str]:
    return sorted(path.name for path in folder.glob(pattern))


# --- looking up ---


async def test_an_item_is_found_in_every_way(catalogue: Catalogue) -> None:
    await put(catalogue, MUG)
    mug = Item("MUG", "Mug blue", 1250, "standard", "Kitchen", "each", Decimal(5), ("04006381333931", "M-1"))
    assert catalogue.item("MUG") == mug
    assert catalogue.by_barcode(["nothing", "M-1"]) == mug
    assert catalogue.by_barcode(["04006381333931"]) == mug
    assert catalogue.items() == [mug]
    for typed in ("MUG", "mu", "blue mug", "kitch", "4006381333931", "M-1"):
        assert catalogue.search(typed) == [mug], typed
    assert mug.to_json()["stock"] == "5"


async def test_what_is_not_there_is_not_found(catalogue: Catalogue) -> None:
    assert catalogue.item("x") is None
    assert catalogue.by_barcode([]) is None
    assert catalogue.by_barcode(["x"]) is None
    assert catalogue.search("xx") == []
    assert catalogue.search("") == []
    assert catalogue.items() == []
    assert catalogue.place("x", Feed.ITEMS).cursor is None
    assert catalogue.refs("x", ["y"]) == {}
    assert catalogue.count() == 0


async def test_half_a_surrogate_pair_is_in_no_catalogue(catalogue: Catalogue) -> None:
    assert catalogue.item("\ud800") is None
    assert catalogue.search("\ud800aa") == []


async def test_accents_need_not_be_typed(catalogue: Catalogue) -> None:
    await put(catalogue, "sku,name,price\nA,Crème brûlée,1\nB,Nestlé Müsli,1\n")
    assert [item.sku for item in catalogue.search("creme bru")] == ["A"]
    assert [item.sku for item in catalogue.search("musli")] == ["B"]
    assert [item.sku for item in catalogue.search("MÜSLI")] == ["B"]


async def test_the_best_match_comes_first(catalogue: Catalogue) -> None:
    await put(catalogue, "sku,name,price\n1,Tea mug,1\n2,Mug red,1\n3,Mug blue,1\nmug,Cup,1\n")
    assert [item.sku for item in catalogue.search("mug")] == ["mug", "3", "2", "1"]
    assert [item.sku for item in catalogue.search("mug", limit=2)] == ["mug", "3"]
    assert catalogue.search("mug", limit=-1) == []


async def test_items_are_listed_page_by_page(catalogue: Catalogue) -> None:
    await put(catalogue, "sku,name,price\n" + "".join(f"{i:03},Mug,1\n" for i in range(25)))
    pages, after = [], None
    while page := catalogue.items(after, 10):
        pages.append(len(page))
        after = page[-1].sku
    assert pages == [10, 10, 5]
    assert catalogue.count() == 25


# --- importing ---


async def test_an_import_adds_changes_and_leaves(catalogue: Catalogue) -> None:
    first = await put(catalogue, "sku,name,price\nA,Mug,1\nB,Cup,1\n")
    assert (first.rows, first.added, first.changed, first.unchanged) == (2, 2, 0, 0)
    second = await put(catalogue, "sku,name,price\nA,Mug,2\nC,Pot,1\n")
    assert (second.rows, second.added, second.changed, second.unchanged) == (2, 1, 1, 0)
    again = await put(catalogue, "sku,name,price\nA,Mug,2\nC,Pot,1\n")
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)
    assert [(item.sku, item.price) for item in catalogue.items()] == [("A", 200), ("B", 100), ("C", 100)]


async def test_a_column_that_is_not_given_stays_and_an_empty_cell_empties(catalogue: Catalogue) -> None:
    await put(catalogue, MUG)
    before = catalogue.item("MUG")
    assert before is not None
    await put(catalogue, "sku,name,price\nMUG,Mug red,13\n")
    assert catalogue.item("MUG") == replace(before, name="Mug red", price=1300)
    await put(catalogue, HEADER + "MUG,Mug red,13,,,,,\n")
    assert catalogue.item("MUG") == Item("MUG", "Mug red", 1300)
    assert catalogue.by_barcode(["M-1"]) is None
    assert catalogue.search("kitchen") == []


async def test_one_wrong_row_and_nothing_is_written(catalogue: Catalogue) -> None:
    await put(catalogue, MUG)
    result = await put(catalogue, "sku,name,price\nMUG,Changed,1\nA,Added,1\nB,,1\n")
    assert not result.ok
    assert [problem.line for problem in result.problems] == [4]
    assert [item.name for item in catalogue.items()] == ["Mug blue"]


async def test_a_dry_run_counts_and_writes_nothing(catalogue: Catalogue) -> None:
    result = await put(catalogue, MUG, dry_run=True)
    assert (result.ok, result.added, result.to_json()["dry_run"]) == (True, 1, True)
    assert catalogue.items() == []


async def test_twice_in_one_file(catalogue: Catalogue) -> None:
    result = await put(catalogue, "sku,name,price,barcode\nA,Mug,1,x|x\nB,Cup,1,y|x\nA,Pot,1,\n")
    assert [(one.line, one.column) for one in result.problems] == [(3, "barcode"), (4, "sku")]
    assert all("line 2" in one.fix for one in result.problems)


async def test_a_barcode_of_another_item(catalogue: Catalogue) -> None:
    await put(catalogue, "sku,name,price,barcode\nA,Mug,1,x\nB,Cup,1,y\n")
    (taken,) = (await put(catalogue, "sku,name,price,barcode\nC,Pot,1,x\n")).problems
    assert (taken.line, taken.column, "A" in taken.fix) == (2, "barcode", True)
    assert (await put(catalogue, "sku,name,price,barcode\nC,Pot,1,x\nA,Mug,1,\n")).ok, "the file takes it from A"
    assert (await put(catalogue, "sku,name,price,barcode\nB,Cup,1,x\nC,Pot,1,y\n")).ok, "the file swaps two"
    assert [item.barcodes for item in catalogue.items()] == [(), ("x",), ("y",)]


async def test_a_barcode_whose_item_is_in_the_file_with_another_fault(catalogue: Catalogue) -> None:
    await put(catalogue, "sku,name,price,barcode\nA,Mug,1,x\n")
    result = await put(catalogue, "sku,name,price,barcode\nB,Pot,1,x\nA,,1,\n")
    assert [(one.line, one.column) for one in result.problems] == [(3, "name")]


async def test_more_problems_than_are_named_are_counted(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue_import, "PROBLEMS_MAX", 3)
    result = await put(catalogue, "sku,name,price\n" + ",x,1\n" * 10)
    assert (len(result.problems), result.problems_unnamed) == (3, 7)


async def test_a_large_file_is_streamed(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    path.write_text("sku,name,price,barcode\n" + "".join(f"S{i},Item {i},1.{i % 90 + 10},L{i}\n" for i in range(5_000)))
    assert (await put(catalogue, path)).added == 5_000
    found = catalogue.by_barcode(["L4999"])
    assert found is not None
    assert found.sku == "S4999"
    assert len(catalogue.search("item")) == 20


async def test_line_ends_of_an_old_mac_in_a_file(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "mac.csv"
    path.write_bytes("sku,name,price\rA,Käse,1\rB,Mug,1\r".encode())
    assert (await put(catalogue, path)).added == 2
    assert [item.name for item in catalogue.items()] == ["Käse", "Mug"]


async def test_a_file_that_is_not_there(catalogue: Catalogue, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await put(catalogue, tmp_path / "none.csv")
    assert (await put(catalogue, MUG)).ok, "the lock is free again"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200).map(lambda tail: b"sku,name,price,barcode\nA,Mug,1,\n" + tail))
def test_any_file_is_imported_whole_or_not_at_all(tmp_path: Path, content: bytes) -> None:
    async def check() -> None:
        catalogue = Catalogue(tmp_path)
        await catalogue.open()
        before = catalogue.count()
        path = tmp_path / "any.csv"
        path.write_bytes(content)
        result = await put(catalogue, path)
        assert result.ok == (not result.problems)
        if result.ok:
            assert result.rows == result.added + result.changed + result.unchanged
            assert catalogue.count() == before + result.added
        else:
            assert catalogue.count() == before
        await catalogue.close()

    asyncio.run(check())


# --- pulling ---


def pulled(remote_id: str, sku: str, *barcodes: str, name: str = "Mug", price: int = 100) -> PulledItem:
    return PulledItem(remote_id, "v1", sku, name, price, barcodes=barcodes)


async def apply(
    catalogue: Catalogue, cloud: str, items: Sequence[PulledItem], tombstones: Sequence[str], cursor: str
) -> PullCounts:
    page = Page(tuple(items), tuple(tombstones), cursor, more=False)
    return await catalogue.apply_page(cloud, Feed.ITEMS, page)


async def test_a_page_and_its_cursor_are_one(catalogue: Catalogue) -> None:
    page = [pulled("r1", "A", "4006381333931"), pulled("r2", "B")]
    assert await apply(catalogue, "square", page, [], "c1") == PullCounts(added=2)
    assert catalogue.place("square", Feed.ITEMS).cursor == "c1"
    assert catalogue.place("other", Feed.ITEMS).cursor is None
    assert catalogue.refs("square", ["A", "B", "C"]) == {"A": ItemRef("r1", "v1"), "B": ItemRef("r2", "v1")}
    assert catalogue.refs("other", ["A"]) == {}
    assert await apply(catalogue, "square", page, [], "c2") == PullCounts(unchanged=2)
    changed = [pulled("r1", "A", "x"), pulled("r2", "B", price=200)]
    assert await apply(catalogue, "square", changed, [], "c3") == PullCounts(changed=2)
    assert catalogue.by_barcode(["04006381333931"]) is None
    assert catalogue.place("square", Feed.ITEMS).cursor == "c3"


async def test_a_page_that_fails_leaves_the_cursor(catalogue: Catalogue) -> None:
    await apply(catalogue, "square", [pulled("r1", "A")], [], "c1")
    broken = replace(pulled("r2", "B"), unit="box")
    with pytest.raises(CatalogueUnusable):
        await apply(catalogue, "square", [pulled("r1", "A", price=5), broken], ["r1"], "c2")
    assert catalogue.place("square", Feed.ITEMS).cursor == "c1"
    assert [item.price for item in catalogue.items()] == [100]


async def test_a_tombstone_takes_the_item_out_of_sale(catalogue: Catalogue) -> None:
    await apply(catalogue, "square", [pulled("r1", "A", "x"), pulled("r2", "B")], [], "c1")
    assert (await apply(catalogue, "square", [], ["r1", "unknown"], "c2")).deleted == 1
    assert (await apply(catalogue, "square", [], ["r1"], "c2")).deleted == 0
    assert catalogue.item("A") is None
    assert catalogue.by_barcode(["x"]) is None
    assert [item.sku for item in catalogue.search("mug")] == ["B"]
    assert catalogue.count() == 1
    assert (await apply(catalogue, "square", [pulled("r1", "A", "x")], [], "c3")).added == 1
    assert [item.sku for item in catalogue.search("mug")] == ["A", "B"]


async def test_a_tombstone_spares_what_an_import_wrote_last_or_another_cloud_has(catalogue: Catalogue) -> None:
    await apply(catalogue, "square", [pulled("r1", "A"), pulled("r2", "B")], [], "c1")
    await apply(catalogue, "shop", [pulled("s2", "B")], [], "c1")
    await put(catalogue, "sku,name,price\nA,Mine,1\n")
    assert (await apply(catalogue, "square", [], ["r1", "r2"], "c2")).deleted == 0
    assert [item.sku for item in catalogue.items()] == ["A", "B"]


async def test_a_cloud_that_renames_a_sku(catalogue: Catalogue) -> None:
    await apply(catalogue, "square", [pulled("r1", "OLD", "x")], [], "c1")
    assert (await apply(catalogue, "square", [pulled("r1", "NEW", "x")], [], "c2")) == PullCounts(added=1, deleted=1)
    assert [item.sku for item in catalogue.items()] == ["NEW"]
    assert catalogue.refs("square", ["OLD"]) == {}


async def test_the_newest_word_on_a_barcode_holds(catalogue: Catalogue) -> None:
    await put(catalogue, "sku,name,price,barcode\nA,Mug,1,x\n")
    assert (await apply(catalogue, "square", [pulled("r2", "B", "x", "")], [], "c1")).barcodes_moved == 1
    assert [item.barcodes for item in catalogue.items()] == [(), ("x",)]


async def test_an_import_takes_the_barcode_of_an_item_that_is_gone_and_brings_it_back(catalogue: Catalogue) -> None:
    await apply(catalogue, "square", [pulled("r1", "A", "x")], [], "c1")
    await apply(catalogue, "square", [], ["r1"], "c2")
    assert (await put(catalogue, "sku,name,price,barcode\nB,Cup,1,x\n")).ok
    result = await put(catalogue, "sku,name,price\nA,Mug,1\n")
    assert (result.changed, result.added) == (1, 0)
    assert [item.sku for item in catalogue.search("mug")] == ["A"]


# --- the file ---


async def test_another_program_imports_while_this_one_reads(catalogue: Catalogue, tmp_path: Path) -> None:
    await put(catalogue, MUG)
    assert catalogue.item("MUG") is not None
    other = Catalogue(tmp_path)
    await other.open()
    await put(other, "sku,name,price\nA,Added elsewhere,1\n")
    await other.close()
    assert catalogue.item("A") is not None
    assert [item.sku for item in catalogue.search("elsewhere")] == ["A"]


async def test_writers_wait_for_each_other(catalogue: Catalogue) -> None:
    texts = [f"sku,name,price\nS{i},Mug,1\n" for i in range(10)]
    results = await asyncio.gather(*(put(catalogue, text) for text in texts))
    assert all(result.added == 1 for result in results)
    assert catalogue.count() == 10


async def test_a_writer_that_waits_too_long_says_so(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue_file, "WRITE_WAIT_S", 0.05)
    with filelock.FileLock(tmp_path / "catalogue.lock"), pytest.raises(CatalogueBusy) as caught:
        await put(catalogue, MUG)
    assert "wait" in caught.value.hint


async def test_a_state_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "none").touch()
    with pytest.raises(CatalogueUnusable) as caught:
        await Catalogue(tmp_path / "none").open()
    assert "--state" in caught.value.hint


async def test_a_file_of_a_newer_version_is_refused_and_kept(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "catalogue.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(CatalogueNewer, match="99"):
        await Catalogue(tmp_path).open()
    assert names(tmp_path, "*.db") == ["catalogue.db"]


async def test_another_programs_database_is_refused_and_kept(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "catalogue.db") as connection:
        connection.execute("PRAGMA application_id = 7")
    connection.close()
    with pytest.raises(CatalogueUnusable, match="another program"):
        await Catalogue(tmp_path).open()


async def test_an_empty_file_becomes_a_catalogue(tmp_path: Path) -> None:
    (tmp_path / "catalogue.db").touch()
    catalogue = Catalogue(tmp_path)
    await catalogue.open()
    assert (await put(catalogue, MUG)).ok
    assert catalogue.trouble is None
    await catalogue.close()


async def test_what_is_no_database_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "catalogue.db").write_bytes(b"this is no database" * 1000)
    catalogue = Catalogue(tmp_path)
    await catalogue.open()
    assert catalogue.trouble is not None
    assert "import the items again" in catalogue.trouble
    assert catalogue.items() == []
    (aside,) = names(tmp_path, "catalogue-damaged-*.db")
    assert (tmp_path / aside).read_bytes().startswith(b"this is no database")
    assert (await put(catalogue, MUG)).ok
    assert catalogue.trouble is None
    await catalogue.close()


async def _damaged(tmp_path: Path) -> None:
    """Leave a catalogue whose header is sound and whose pages are not."""
    catalogue = Catalogue(tmp_path)
    await catalogue.open()
    await put(catalogue, "sku,name,price,barcode\n" + "".join(f"S{i},Item {i},1,L{i}\n" for i in range(2_000)))
    await catalogue.close()
    path = tmp_path / "catalogue.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(path.read_bytes())
    schema = 4096 * 2
    content[schema:] = b"\x5a" * (len(content) - schema)
    path.write_bytes(content)


async def test_damage_met_while_reading_ends_in_an_empty_catalogue(tmp_path: Path) -> None:
    await _damaged(tmp_path)
    catalogue = Catalogue(tmp_path)
    await catalogue.open()
    assert catalogue.by_barcode(["L5"]) is None
    assert catalogue.item("S5") is None
    assert catalogue.search("item") == []
    assert catalogue.trouble is not None
    assert names(tmp_path, "catalogue-damaged-*.db")
    assert (await put(catalogue, MUG)).ok
    assert catalogue.item("MUG") is not None
    await catalogue.close()


async def test_damage_met_while_writing_is_told_and_the_next_try_works(tmp_path: Path) -> None:
    await _damaged(tmp_path)
    catalogue = Catalogue(tmp_path)
    await catalogue.open()
    with pytest.raises(CatalogueDamaged) as caught:
        await put(catalogue, MUG)
    assert "again" in caught.value.hint
    assert (await put(catalogue, MUG)).ok
    assert catalogue.item("MUG") is not None
    await catalogue.close()


async def test_damage_that_cannot_be_set_aside_reads_as_empty(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    await _damaged(tmp_path)
    (tmp_path / "catalogue-damaged-20261120T140500000000Z.db").mkdir()
    catalogue = Catalogue(tmp_path, now=lambda: datetime(2026, 11, 20, 14, 5, tzinfo=UTC))
    await catalogue.open()
    assert catalogue.item("S5") is None
    assert catalogue.item("S6") is None
    assert catalogue.trouble is not None
    assert "cannot be set aside" in catalogue.trouble
    assert [record.levelname for record in caplog.records] == ["ERROR"], "said once, not at every scan"
    assert names(tmp_path, "catalogue.db") == ["catalogue.db"]
    await catalogue.close()


async def test_a_program_that_holds_the_file_without_the_lock(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue_schema, "WRITE_WAIT_S", 0.05)
    with contextlib.closing(sqlite3.connect(tmp_path / "catalogue.db", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(CatalogueBusy):
            await put(catalogue, MUG)
    assert (await put(catalogue, MUG)).ok


async def test_a_newer_version_that_takes_over_meanwhile(catalogue: Catalogue, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "catalogue.db")) as newer:
        newer.execute("PRAGMA user_version = 99")
    with pytest.raises(CatalogueNewer):
        await put(catalogue, MUG)


async def test_tables_that_somebody_dropped(catalogue: Catalogue, tmp_path: Path) -> None:
    assert catalogue.path == tmp_path / "catalogue.db"
    with contextlib.closing(sqlite3.connect(tmp_path / "catalogue.db")) as meddler:
        meddler.execute("DROP TABLE barcode")
    with pytest.raises(CatalogueUnusable):
        catalogue.by_barcode(["x"])


async def test_a_file_that_may_not_be_opened(tmp_path: Path) -> None:
    (tmp_path / "catalogue.db").mkdir()
    with pytest.raises(CatalogueUnusable) as caught:
        await Catalogue(tmp_path).open()
    assert "--state" in caught.value.hint


async def test_a_file_that_another_program_set_aside_is_left_for_the_new_one(tmp_path: Path) -> None:
    await _damaged(tmp_path)
    agent, other = Catalogue(tmp_path), Catalogue(tmp_path)
    await agent.open()
    await other.open()
    assert other.item("S5") is None
    assert (await put(other, MUG)).ok
    assert agent.item("MUG") is not None
    assert len(names(tmp_path, "catalogue-damaged-*.db")) == 1
    await agent.close()
    await other.close()


@pytest.mark.skipif(sys.platform == "win32", reason="a file in use cannot be removed there")
async def test_a_file_that_somebody_removed_is_made_again(catalogue: Catalogue, tmp_path: Path) -> None:
    await put(catalogue, MUG)
    for name in names(tmp_path, "catalogue.db*"):
        (tmp_path / name).unlink()
    assert catalogue.item("MUG") is None
    assert (await put(catalogue, MUG)).ok
    assert catalogue.item("MUG") is not None


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root gives files away")
async def test_what_root_makes_belongs_to_the_owner_of_the_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, 12_345, 12_345)
    catalogue = Catalogue(tmp_path)
    await catalogue.open()
    await put(catalogue, MUG)
    await catalogue.close()
    assert {(tmp_path / name).stat().st_uid for name in names(tmp_path, "*")} == {12_345}
    assert stat.S_ISREG((tmp_path / "catalogue.db").stat().st_mode)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root gives files away")
async def test_root_gives_away_nothing_that_a_link_in_that_folder_leads_to(tmp_path: Path) -> None:
    state, roots = tmp_path / "state", tmp_path / "roots"
    state.mkdir()
    roots.mkdir()
    os.chown(state, 12_345, 12_345)
    (roots / "there").write_text("root's own")
    for name in ("there", "not-yet"):
        (state / "catalogue.db").unlink(missing_ok=True)
        (state / "catalogue.db").symlink_to(roots / name)
        catalogue = Catalogue(state)
        with pytest.raises(CatalogueUnusable, match="it is a link") as refused:
            await put(catalogue, MUG)
        assert "remove it" in refused.value.hint
        await catalogue.close()
    (kept,) = roots.iterdir()
    assert (kept.read_text(), kept.stat().st_uid) == ("root's own", 0)


async def test_closing_twice(catalogue: Catalogue) -> None:
    await catalogue.close()
    await catalogue.close()
