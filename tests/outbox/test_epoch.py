"""Copies and older journals put back, with real files; and all that must not be taken for one."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import sqlite3
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

import outbox.writer
from outbox import chain, epoch, head, home, schema
from outbox.epoch import EPOCHS, HERE, Surroundings
from outbox.errors import JournalDamaged, JournalFull, JournalUnsafe
from outbox.journal import FILE, Journal
from outbox.record import GENESIS, Kind, canonical, link
from tests.outbox import surroundings
from tests.outbox.facts import AT, draft, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from outbox.record import Record


@asynccontextmanager
async def opened(state: Path, around: Surroundings = HERE) -> AsyncIterator[Journal]:
    journal = Journal(state, around=around)
    await journal.open()
    try:
        yield journal
    finally:
        await journal.close()


async def sold(state: Path, count: int = 1, around: Surroundings = HERE) -> list[Record]:
    """Open a journal, sell, and close it."""
    async with opened(state, around) as journal:
        return [await write(journal, draft()) for _ in range(count)]


def letters(state: Path) -> list[str]:
    connection = schema.connect_to_read(state / FILE)
    try:
        return [row[0] for row in connection.execute("select letters from epoch order by number")]
    finally:
        connection.close()


def whys(state: Path) -> list[str]:
    connection = schema.connect_to_read(state / FILE)
    try:
        return [row[0] for row in connection.execute("select why from epoch order by number")]
    finally:
        connection.close()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "backup.db"


async def sold_on_after_a_backup(state: Path, backup: Path) -> None:
    await sold(state, 2)
    shutil.copyfile(state / FILE, backup)
    await sold(state, 3)


# --- what is a new epoch ---


async def test_a_copied_state_folder_numbers_its_receipts_apart_from_the_first(state: Path, tmp_path: Path) -> None:
    await sold(state, 2)
    shutil.copytree(state, tmp_path / "copy")
    (record,) = await sold(tmp_path / "copy")
    (began,) = letters(tmp_path / "copy")
    assert whys(tmp_path / "copy") == ["its file is a copy"]
    assert record.receipt_number == f"TILL-1-{began}000003"
    assert record.body["epoch"] == began
    (original,) = await sold(state)
    assert (original.receipt_number, original.body["epoch"]) == ("TILL-1-000003", "")
    for folder in (state, tmp_path / "copy"):
        async with opened(folder) as journal:
            assert chain.verify(journal.reader).broken is None
    assert letters(tmp_path / "copy") == [began]


async def test_an_older_journal_written_over_the_file_is_found_by_the_side_file(state: Path, backup: Path) -> None:
    await sold_on_after_a_backup(state, backup)
    shutil.copyfile(backup, state / FILE)  # the same inode
    (record,) = await sold(state)
    assert whys(state) == ["record 5 was here and is not any more"]
    assert record.receipt_number == f"TILL-1-{letters(state)[0]}000003"


async def test_an_older_journal_that_went_its_own_way_is_found_by_the_hash(state: Path, backup: Path) -> None:
    await sold_on_after_a_backup(state, backup)
    noted = head.read(state)
    shutil.copyfile(backup, state / FILE)
    (state / head.FILE).unlink()
    await sold(state, 4)
    (state / head.FILE).write_text(noted or "")
    await sold(state)
    assert whys(state) == ["record 5 was another one"]


async def test_a_file_that_takes_the_deleted_ones_inode_is_a_copy_all_the_same(state: Path) -> None:
    await sold(state)
    (state / head.FILE).unlink()
    content = (state / FILE).read_bytes()
    (state / FILE).unlink()
    (state / FILE).write_bytes(content)
    await sold(state)
    assert whys(state) == ["its file is a copy"]


async def test_a_journal_begun_anew_where_one_was_numbers_apart_from_it(state: Path) -> None:
    await sold(state, 2)
    (state / FILE).unlink()
    (record,) = await sold(state)
    assert record.receipt_number == f"TILL-1-{letters(state)[0]}000001"


async def test_another_pc_is_a_new_epoch_and_both_reasons_are_told(state: Path) -> None:
    await sold(state, 1, surroundings.still())
    other = replace(surroundings.HERE, inode="99", machine="f" * 32)
    await sold(state, 1, replace(surroundings.still(), look=lambda _: other))
    assert whys(state) == ["its file is a copy; this is another PC"]


async def test_a_backup_put_back_again_and_again_never_has_the_same_letters(state: Path, backup: Path) -> None:
    await sold_on_after_a_backup(state, backup)
    numbers = set()
    for _ in range(30):
        shutil.copyfile(backup, state / FILE)
        (record,) = await sold(state, 1, replace(HERE, lot=Random(1)))  # the worst of lots
        numbers.add(record.receipt_number)
    assert len(numbers) == 30


async def test_a_backup_of_before_an_epoch_is_found_though_no_record_is_missing(state: Path, backup: Path) -> None:
    await sold_on_after_a_backup(state, backup)
    shutil.copyfile(backup, state / FILE)
    await sold(state, 0)
    shutil.copyfile(backup, state / FILE)
    (before,) = json.loads(head.read(state) or "")["epochs"][1:]
    await sold(state, 0)
    assert whys(state) == [f"epoch {before} was here and is not any more"]
    assert letters(state) != [before]


# --- what is none ---


async def test_a_restart_or_another_name_for_the_folder_is_none(state: Path, tmp_path: Path) -> None:
    await sold(state)
    await sold(state)
    state.rename(tmp_path / "renamed")
    (record,) = await sold(tmp_path / "renamed")
    assert record.receipt_number == "TILL-1-000003"
    assert letters(tmp_path / "renamed") == []


async def test_a_new_till_and_a_clock_of_another_year_are_none(state: Path) -> None:
    await sold(state)
    async with opened(state, replace(HERE, now=lambda: surroundings.NOW.replace(year=2001))) as journal:
        record = await write(journal, draft(till="a-new-till-2"))
        assert record.receipt_number == "A-NEW-TILL-2-000001"
    assert letters(state) == []


@pytest.mark.parametrize(
    "content", [None, b"", b"{", b"[]", b'{"seq": 1}', b"\xff", b'{"seq":"1","hash":"","epochs":[""]}']
)
async def test_a_side_file_that_is_lost_or_spoilt_is_none(state: Path, content: bytes | None) -> None:
    await sold(state, 2)
    (state / head.FILE).unlink()
    if content is not None:
        (state / head.FILE).write_bytes(content)
    await sold(state)
    assert letters(state) == []
    assert head.from_text(head.read(state) or "") is not None  # and it is made anew


async def test_an_older_side_file_is_none(state: Path) -> None:
    await sold(state, 2)
    noted = head.read(state)
    await sold(state, 2)
    (state / head.FILE).write_text(noted or "")
    await sold(state)
    assert letters(state) == []


async def test_a_side_file_that_cannot_be_written_stops_nothing(state: Path) -> None:
    state.mkdir()
    (state / f"{head.FILE}.new").mkdir()
    await sold(state, 2)
    await sold(state)
    assert letters(state) == []


async def test_a_journal_of_before_there_were_homes_gets_one_and_goes_on(state: Path) -> None:
    state.mkdir()
    connection = sqlite3.connect(state / FILE)
    connection.executescript(
        f"{schema.MIGRATIONS[0]} pragma application_id = {schema.APPLICATION_ID}; pragma user_version = 1;"
    )
    columns = {"id": "1", "kind": "sale", "till": "till-1", "till_seq": 1, "receipt_number": "TILL-1-000001"}
    text = canonical(columns | {"occurred_at": AT})
    connection.execute("insert into till values ('till-1', 1, 1)")
    connection.execute(
        "insert into record values (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*columns.values(), AT, text.decode(), GENESIS, link(GENESIS, text)),
    )
    connection.commit()
    connection.close()
    (record,) = await sold(state)
    assert record.receipt_number == "TILL-1-000002"
    await sold(state)
    assert letters(state) == []


async def test_a_witness_that_falls_silent_is_not_forgotten(state: Path) -> None:
    here, silent = (
        surroundings.still(),
        replace(surroundings.HERE, inode=None, born=None, machine=None, cards=frozenset()),
    )
    await sold(state, 1, here)
    await sold(state, 1, replace(here, look=lambda _: silent))
    await sold(state, 1, here)
    assert letters(state) == []
    elsewhere = replace(surroundings.HERE, machine="f" * 32)
    await sold(state, 1, replace(here, look=lambda _: elsewhere))
    assert whys(state) == ["this is another PC"]


async def test_nothing_is_written_where_nothing_is_new(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await sold(state)

    def refused(*_: object) -> None:
        raise AssertionError("a start like any other writes no home")

    monkeypatch.setattr(home, "keep", refused)
    await sold(state, 0)


# --- once, whatever happens meanwhile ---


async def test_a_cut_before_the_side_file_is_made_anew_gives_no_second_epoch(state: Path, backup: Path) -> None:
    await sold_on_after_a_backup(state, backup)
    shutil.copyfile(backup, state / FILE)
    noted = head.read(state)
    await sold(state, 2)
    (state / head.FILE).write_text(noted or "")  # as a cut right after the commit leaves it
    await sold(state, 1)
    assert len(letters(state)) == 1


async def test_a_cut_before_the_commit_leaves_all_to_be_found_again(state: Path, backup: Path) -> None:
    await sold_on_after_a_backup(state, backup)
    shutil.copyfile(backup, state / FILE)
    noted = head.read(state)
    connection = schema.connect_to_read(state / FILE)

    async def cut(change: Callable[[sqlite3.Connection], None]) -> None:
        raise JournalFull("the disk is full", hint="")

    try:
        with pytest.raises(JournalFull):
            await epoch.settle(connection, cut, state / FILE, HERE)
    finally:
        connection.close()
    assert head.read(state) == noted
    await sold(state)
    assert len(letters(state)) == 1


async def test_a_journal_that_is_refused_leaves_the_side_file_as_evidence(state: Path, backup: Path) -> None:
    await sold_on_after_a_backup(state, backup)
    noted = head.read(state)
    backup.write_bytes(backup.read_bytes().replace(b'"total":1250', b'"total":1251', 1))
    shutil.copyfile(backup, state / FILE)
    with pytest.raises(JournalDamaged):
        await sold(state)
    assert head.read(state) == noted


async def test_the_change_comes_to_the_same_when_it_is_run_again(state: Path, backup: Path, tmp_path: Path) -> None:
    await sold_on_after_a_backup(state, backup)
    shutil.copyfile(backup, state / FILE)
    changes: list[Callable[[sqlite3.Connection], None]] = []

    async def kept(change: Callable[[sqlite3.Connection], None]) -> None:
        changes.append(change)

    reader = schema.connect_to_read(state / FILE)
    await epoch.settle(reader, kept, state / FILE, HERE)
    reader.close()
    (change,) = changes
    outcomes = []
    for name in ("first.db", "second.db"):
        shutil.copyfile(backup, tmp_path / name)
        connection = schema.connect(tmp_path / name)
        change(connection)
        outcomes.append([connection.execute(f"select * from {table}").fetchall() for table in ("epoch", "home")])
        connection.close()
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0]


async def test_when_all_letters_are_used_up_it_says_what_to_do(state: Path) -> None:
    await sold(state)
    text = head.Head(7, "00", ("", *EPOCHS)).to_text()
    (state / head.FILE).write_text(text)
    with pytest.raises(JournalUnsafe, match="576 times") as refused:
        await sold(state)
    assert "new till ids" in refused.value.hint
    assert len(text) < head.BYTES_MAX


# --- what goes with it ---


async def test_what_was_under_way_is_in_doubt(state: Path, tmp_path: Path) -> None:
    async with opened(state) as journal:
        clouds = {"hook": frozenset({Kind.SALE})}
        for _ in range(4):
            await write(journal, draft(), clouds)

        def under_way(tx: sqlite3.Connection) -> None:
            for number, name in enumerate(("waiting", "sending", "delivered", "parked"), start=1):
                tx.execute("update delivery set state = ? where id = ?", (name, number))
            for name in ("queued", "sending", "printed"):
                tx.execute(
                    "insert into print_job(id, printer, state, created_at, updated_at) values (?, 'p', ?, '', '')",
                    (name, name),
                )
            for sale_id, till, name in (("old-1", "a", "parked"), ("old-2", "a", "parked"), ("old-3", "b", "open")):
                document = json.dumps({"id": sale_id, "name": "Müller", "price": 5}, ensure_ascii=False)
                tx.execute("insert into open_sale values (?, ?, ?, ?, '')", (sale_id, till, name, document))

        await journal.write(under_way)
    shutil.copytree(state, tmp_path / "copy")
    async with opened(tmp_path / "copy") as journal:
        doubts = dict(journal.reader.execute("select state, doubt from delivery").fetchall())
        jobs = journal.reader.execute("select id, state, reason, hint from print_job order by id").fetchall()
        sales = journal.reader.execute("select id, till, state, document from open_sale order by id").fetchall()
    assert doubts == {"waiting": 1, "sending": 1, "delivered": 0, "parked": 1}
    assert [job[:2] for job in jobs] == [("printed", "printed"), ("queued", "unknown"), ("sending", "sending")]
    assert "put back" in jobs[1][2]
    assert "print a copy" in jobs[1][3]
    assert sorted((till, name) for _, till, name, _ in sales) == [("a", "parked"), ("a", "parked"), ("b", "open")]
    for sale_id, _, _, document in sales:
        assert json.loads(document) == {"id": sale_id, "name": "Müller", "price": 5}
        assert not sale_id.startswith("old")
    async with opened(state) as journal:
        assert journal.reader.execute("select max(doubt) from delivery").fetchone() == (0,)


async def test_a_person_is_told_once_in_the_log_and_for_good_in_the_status(
    state: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await sold(state)
    shutil.copytree(state, tmp_path / "copy")
    around = replace(HERE, now=lambda: surroundings.NOW)
    with caplog.at_level(logging.WARNING, "stillopen.journal"):
        await sold(tmp_path / "copy", 1, around)
        await sold(tmp_path / "copy", 1, around)
    (line,) = caplog.records
    (began,) = letters(tmp_path / "copy")
    assert f"(its file is a copy). Receipt numbers go on with the letters {began}." in line.getMessage()
    async with opened(tmp_path / "copy", around) as journal:
        (notice,) = epoch.notices(journal.reader)
    assert notice.pop("hint").startswith("If this PC's disk or its journal was put back")
    assert notice == {
        "code": "new-epoch",
        "since": "2026-11-20T09:00:00+00:00",
        "detail": "This journal was put back or copied (its file is a copy). "
        f"Receipt numbers go on with the letters {began}.",
    }


def test_a_receipt_number_fits_the_shortest_field_a_cloud_has_for_it() -> None:
    assert len(chain.receipt_number_of("x" * 12, 999_999, EPOCHS[0])) == 21
    assert len(set(EPOCHS)) == 576
    assert not set("IO") & set("".join(EPOCHS))


# --- the side file ---


async def test_the_side_file_follows_when_nobody_waits_and_when_it_is_closed(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox.writer, "IDLE_FOLD_PAGES", 3 * outbox.writer.PAGES_A_COMMIT)
    async with opened(state) as journal:
        assert noted(state).seq == 0
        for _ in range(3):
            await write(journal, draft())
        async with asyncio.timeout(10):
            while noted(state).seq < 3:
                await asyncio.sleep(0.01)
        newest = await write(journal, draft())
        assert noted(state).seq == 3
    assert noted(state) == head.Head(4, newest.hash.hex(), ("",))


def noted(state: Path) -> head.Head:
    found = head.from_text(head.read(state) or "")
    assert found is not None
    return found


def test_a_side_file_is_what_it_was_when_read_back() -> None:
    one = head.Head(7, "ab" * 32, ("", "KX", "AB"))
    assert head.from_text(one.to_text()) == one
    assert head.from_text('{"seq": true, "hash": "", "epochs": [""]}') is None
    assert head.from_text('{"seq": 1, "hash": "", "epochs": []}') is None
    assert head.from_text('{"seq": 1, "hash": "", "epochs": [1]}') is None


async def test_the_chain_says_where_an_epoch_comes_back_or_a_number_is_of_another(state: Path, tmp_path: Path) -> None:
    await sold(state, 2)
    shutil.copytree(state, tmp_path / "copy")
    await sold(tmp_path / "copy", 2)
    (began,) = letters(tmp_path / "copy")
    for change, words in (
        ({"epoch": ""}, f"its receipt number TILL-1-{began}000004 is not of epoch ''"),
        ({"epoch": "", "receipt_number": "TILL-1-000004"}, f"it goes back to epoch '' from '{began}'"),
        ({"receipt_number": "TILL-1-000004"}, f"its receipt number TILL-1-000004 is not of epoch '{began}'"),
        ({"receipt_number": "none"}, "from receipt 3 to 0"),
    ):
        found = rewritten(tmp_path / "copy" / FILE, 4, change)
        assert found.broken is not None
        assert found.broken.seq == 4
        assert words in found.broken.reason or "it goes back to epoch" in found.broken.reason


def rewritten(path: Path, seq: int, change: dict[str, Any]) -> chain.Verified:
    """Return what is found when a record was changed, and its hash made anew."""
    connection = sqlite3.connect(path)
    connection.execute("drop trigger if exists record_no_update")
    (text, prev_hash) = connection.execute("select body, prev_hash from record where seq = ?", (seq,)).fetchone()
    body = json.loads(text) | change
    content = canonical(body)
    connection.execute(
        "update record set body = ?, hash = ?, receipt_number = ? where seq = ?",
        (content.decode(), link(prev_hash, content), body["receipt_number"], seq),
    )
    try:
        return chain.verify(connection)
    finally:
        connection.rollback()
        connection.close()
