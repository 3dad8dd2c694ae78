from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from outbox import answers, chain, schema
from outbox.answers import Key, Reply
from outbox.errors import (
    JournalDamaged,
    JournalNewer,
    JournalUnavailable,
    JournalUnsafe,
    StateInUse,
)
from outbox.journal import Journal
from tests.outbox.facts import draft, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


async def reopened(tmp_path: Path) -> Journal:
    journal = Journal(tmp_path)
    await journal.open()
    return journal


async def test_one_agent_a_state_folder(journal: Journal, tmp_path: Path) -> None:
    with pytest.raises(StateInUse, match="another agent is running") as refused:
        await Journal(tmp_path).open()
    assert "--state" in refused.value.hint


async def test_what_durability_rests_on_is_in_force(journal: Journal) -> None:
    def pragmas(connection: sqlite3.Connection) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "application_id", "user_version")
        return {name: connection.execute(f"pragma {name}").fetchone()[0] for name in names}

    assert await journal.write(pragmas) == {
        "journal_mode": "wal",
        "synchronous": 3,
        "foreign_keys": 1,
        "application_id": schema.APPLICATION_ID,
        "user_version": len(schema.MIGRATIONS),
    }
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        journal.reader.execute("delete from till")


async def test_selling_is_refused_where_a_setting_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = tuple(row for row in schema._PRAGMAS if row[0] != "synchronous")
    monkeypatch.setattr(schema, "_PRAGMAS", (*wanted, ("synchronous", "NORMAL", 3)))
    with pytest.raises(JournalUnsafe, match="synchronous at 1 instead of 3"):
        await Journal(tmp_path).open()
    monkeypatch.undo()
    await (await reopened(tmp_path)).close()  # and the refusal let the folder go


async def test_a_newer_file_is_refused_and_not_touched(tmp_path: Path) -> None:
    await (await reopened(tmp_path)).close()
    connection = sqlite3.connect(tmp_path / "journal.db")
    connection.execute("pragma user_version = 99")
    connection.close()
    before = (tmp_path / "journal.db").read_bytes()
    with pytest.raises(JournalNewer, match="newer Stillopen"):
        await Journal(tmp_path).open()
    assert (tmp_path / "journal.db").read_bytes() == before


async def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "journal.db")
    connection.execute("create table photos(id)")
    connection.close()
    with pytest.raises(JournalDamaged, match="not a journal"):
        await Journal(tmp_path).open()


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to look" * 50, b"SQLite format 3\0" * 300]
)
async def test_a_damaged_file_gets_a_clear_error_and_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "journal.db").write_bytes(content)
    with pytest.raises(JournalDamaged) as refused:
        await Journal(tmp_path).open()
    assert "backup" in refused.value.hint
    assert (tmp_path / "journal.db").read_bytes() == content


async def test_damage_in_the_middle_of_the_file_is_found_at_the_start(tmp_path: Path) -> None:
    journal = await reopened(tmp_path)
    for n in range(200):
        await write(journal, draft(text="x" * 300, n=n))
    await journal.close()
    path = tmp_path / "journal.db"
    content = bytearray(path.read_bytes())
    at = content.find(b'"n":150')
    content[at : at + 7] = b'"n":151'
    path.write_bytes(content)
    with pytest.raises(JournalDamaged, match="record 151 does not hold"):
        await Journal(tmp_path).open()


async def test_whoever_reads_it_while_it_is_opened_holds_up_no_store_and_is_named_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "stillopen.journal")  # what ran before may have set another
    monkeypatch.setattr(schema, "BUSY_TIMEOUT_MS", 20)
    journal = await reopened(tmp_path)
    await write(journal, draft(n=1))
    with closing(schema.connect_to_read(journal.path)) as reader:
        reader.execute("begin")
        assert reader.execute("select count(*) from record").fetchone() == (1,)
        await write(journal, draft(n=2))
        await journal.close()
        assert "Another program reads" not in caplog.text
        journal = await reopened(tmp_path)
    assert caplog.text.count("Another program reads") == 1
    await write(journal, draft(n=3))
    await journal.close()
    await (await reopened(tmp_path)).close()
    assert caplog.text.count("Another program reads") == 1


async def test_a_truncated_file_is_damaged_not_a_crash(tmp_path: Path) -> None:
    journal = await reopened(tmp_path)
    for n in range(100):
        await write(journal, draft(text="x" * 500, n=n))
    await journal.close()
    path = tmp_path / "journal.db"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(JournalUnavailable):
        await Journal(tmp_path).open()


async def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(JournalUnavailable, match="cannot be used") as refused:
        await Journal(tmp_path / "file" / "state").open()
    assert "STILLOPEN_STATE" in refused.value.hint


def test_reading_where_there_is_no_journal_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(JournalUnavailable, match="no journal") as refused:
        schema.connect_to_read(tmp_path / "journal.db")
    assert "stillopen run" in refused.value.hint


async def test_records_are_there_after_a_restart_and_can_be_read_beside_the_agent(tmp_path: Path) -> None:
    journal = await reopened(tmp_path)
    first = await write(journal, draft())
    other = schema.connect_to_read(tmp_path / "journal.db")
    assert chain.by_id(other, first.id) == first
    other.close()
    await journal.close()
    alone = schema.connect_to_read(tmp_path / "journal.db")  # no agent is running
    assert chain.by_id(alone, first.id) == first
    alone.close()
    journal = await reopened(tmp_path)
    second = await write(journal, draft())
    assert second.prev_hash == first.hash
    await journal.close()


async def test_an_answer_is_kept_with_its_effect_and_over_a_restart(tmp_path: Path) -> None:
    key = Key("local", "k1", "digest")
    journal = await reopened(tmp_path)
    assert journal.answer(key) is None

    def fails(connection: sqlite3.Connection) -> None:
        answers.keep(connection, key, Reply(200, {"n": 1}), "2026-11-20T10:00:00+00:00")
        raise RuntimeError("the effect failed")

    with pytest.raises(RuntimeError):
        await journal.write(fails)
    assert journal.answer(key) is None
    await journal.keep_answer(key, Reply(201, {"n": 2}), "2026-11-20T10:00:00+00:00")
    await journal.keep_answer(key, Reply(500, {"n": 3}), "2026-11-20T10:00:01+00:00")
    await journal.close()
    journal = await reopened(tmp_path)
    assert journal.answer(key) == (Reply(201, {"n": 2}), True)
    assert journal.answer(Key("local", "k1", "another")) == (Reply(201, {"n": 2}), False)
    assert journal.answer(Key("somebody else", "k1", "digest")) is None
    assert await journal.write(lambda tx: answers.forget(tx, "2026-11-20T10:00:00+00:00", 9)) == 0
    assert await journal.write(lambda tx: answers.forget(tx, "2026-11-21T10:00:00+00:00", 9)) == 1
    await journal.close()


@pytest.mark.parametrize("open_it", [schema.connect, schema.connect_to_read])
def test_a_folder_in_the_journals_place_is_a_clear_error(
    tmp_path: Path, open_it: Callable[[Path], sqlite3.Connection]
) -> None:
    (tmp_path / "journal.db").mkdir()
    with pytest.raises(JournalUnavailable) as refused:
        open_it(tmp_path / "journal.db")
    assert refused.value.hint


async def test_damage_that_shows_while_reading_at_the_start_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def malformed(*_: object, **__: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr(chain, "verify", malformed)
    with pytest.raises(JournalDamaged, match="malformed"):
        await Journal(tmp_path).open()
    monkeypatch.undo()
    journal = await reopened(tmp_path)  # the folder was let go
    await journal.close()
    await journal.close()


def test_a_journal_that_another_program_holds_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    schema.connect(tmp_path / "journal.db").close()
    monkeypatch.setattr(schema, "BUSY_TIMEOUT_MS", 1)
    holder = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    holder.execute("pragma locking_mode = exclusive")
    holder.execute("begin exclusive")
    try:
        with pytest.raises(JournalUnavailable, match="locked") as refused:
            schema.connect(tmp_path / "journal.db")
        assert "no other program" in refused.value.hint
    finally:
        holder.close()


def test_damage_behind_the_first_page_is_found_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    schema.connect(path).close()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(JournalDamaged):
        schema.connect(path)


def test_what_is_no_database_is_not_read_either(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_bytes(b"not a database at all, but long enough to look" * 50)
    with pytest.raises(JournalDamaged):
        schema.connect_to_read(tmp_path / "journal.db")
    connection = sqlite3.connect(tmp_path / "photos.db")
    connection.execute("create table photos(id)")
    connection.close()
    with pytest.raises(JournalDamaged, match="not a journal"):
        schema.connect_to_read(tmp_path / "photos.db")
