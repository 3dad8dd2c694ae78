"""After a COMMIT of which nobody knows: the journal is opened again, looked at, written to, and only then sold into."""

from __future__ import annotations

import logging
import sqlite3
from typing import TYPE_CHECKING, Any, cast

import pytest

from outbox import chain, schema
from outbox.errors import JournalDamaged, JournalFull, JournalUnavailable, JournalUnclear
from outbox.ids import new_id
from tests.outbox.facts import draft, write
from tests.outbox.failing_disk import Failing, damage, fail

if TYPE_CHECKING:
    from outbox.journal import Journal

AT = "2026-11-20T10:00:00+00:00"


@pytest.fixture
async def stopped(journal: Journal) -> Journal:
    await write(journal, draft())
    fail(journal, "lost", "lost")
    with pytest.raises(JournalUnclear):
        await write(journal, draft())
    return journal


@pytest.mark.parametrize("ends", [("lost", "lost"), ("lost", "kept"), ("kept", "lost"), ("kept", "kept")])
async def test_the_same_sale_asked_for_again_is_there_once_whatever_the_disk_did(
    journal: Journal, ends: tuple[str, str]
) -> None:
    await write(journal, draft())
    fail(journal, *ends)
    sale = draft(record_id=new_id())
    with pytest.raises(JournalUnclear) as unclear:
        await write(journal, sale)
    assert "by itself" in unclear.value.hint
    await journal.stopped()
    await journal.reopen()
    kept = chain.by_id(journal.reader, sale.id) is not None
    assert kept == ("kept" in ends)
    with pytest.raises(JournalUnclear):  # looked at, and not yet written to
        await write(journal, sale)
    await journal.go_on(AT)
    assert journal.fault is None
    record = await write(journal, sale)
    assert (record.seq, record.receipt_number) == (2, "TILL-1-000002")
    assert [one.id for one in chain.oldest_first(journal.reader)].count(sale.id) == 1
    assert chain.verify(journal.reader).broken is None
    assert journal.reader.execute("select value from upkeep where what = 'reopened'").fetchone() == (AT,)


async def test_readers_read_on_while_it_is_away_and_see_what_is_there_afterwards(stopped: Journal) -> None:
    before = stopped.reader
    assert stopped.path.exists()
    hidden = stopped.path.rename(stopped.path.with_name("taken away"))
    stopped.path.mkdir()  # what is at its place cannot be opened
    with pytest.raises(JournalUnavailable):
        await stopped.reopen()
    assert stopped.reader is before
    assert chain.verify(before).records == 1
    with pytest.raises(JournalUnclear):
        await write(stopped, draft())
    stopped.path.rmdir()
    hidden.rename(stopped.path)
    await stopped.reopen()
    await stopped.go_on(AT)
    assert stopped.reader is not before
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        before.execute("select 1")
    await write(stopped, draft())
    assert chain.verify(stopped.reader).records == 2


async def test_a_disk_that_fails_again_at_the_line_written_first_keeps_selling_stopped(stopped: Journal) -> None:
    await stopped.reopen()
    fail(stopped, "lost", "lost")
    with pytest.raises(JournalUnclear):
        await stopped.go_on(AT)
    assert stopped.fault is not None
    await stopped.reopen()
    await stopped.go_on(AT)
    assert stopped.fault is None


async def test_a_disk_without_room_for_the_line_keeps_selling_stopped(
    stopped: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stopped.reopen()
    connection = stopped._writer._connection
    assert connection is not None
    full = Failing(connection._conn, "lost", "lost")

    def no_room(sql: str, *args: Any) -> sqlite3.Cursor:
        if sql == "commit":
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return full._connection.execute(sql, *args)

    monkeypatch.setattr(full, "execute", no_room)
    connection._connection = cast("sqlite3.Connection", full)
    with pytest.raises(JournalFull):
        await stopped.go_on(AT)
    assert isinstance(stopped.fault, JournalUnclear)


async def test_a_line_that_cannot_be_written_for_another_reason_is_no_success(stopped: Journal) -> None:
    await stopped.reopen()

    def refused(_: sqlite3.Connection) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await stopped._writer.go_on(refused)
    assert isinstance(stopped.fault, JournalUnclear)


async def test_damage_found_then_is_for_good(stopped: Journal, caplog: pytest.LogCaptureFixture) -> None:
    damage(stopped)
    with pytest.raises(JournalDamaged, match="record 1 does not hold"):
        await stopped.reopen()
    assert isinstance(stopped.fault, JournalDamaged)
    assert "record 1 does not hold" in caplog.text
    with pytest.raises(JournalDamaged):
        await write(stopped, draft())
    with pytest.raises(AssertionError, match="not unclear"):
        await stopped.reopen()


@pytest.mark.parametrize(
    ("code", "kind"), [(sqlite3.SQLITE_CORRUPT, JournalDamaged), (sqlite3.SQLITE_IOERR, JournalUnavailable)]
)
async def test_only_what_says_so_is_damage(
    stopped: Journal, monkeypatch: pytest.MonkeyPatch, code: int, kind: type[Exception]
) -> None:
    def fails(*_: object, **__: object) -> None:
        error = sqlite3.DatabaseError("it cannot be read")
        error.sqlite_errorcode = code
        raise error

    monkeypatch.setattr(chain, "verify", fails)
    with pytest.raises(kind, match="cannot be read"):
        await stopped.reopen()
    assert isinstance(stopped.fault, JournalDamaged) is (kind is JournalDamaged)


async def test_a_connection_that_cannot_even_be_closed_is_let_go(
    stopped: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    connection = stopped._writer._connection
    assert connection is not None
    real = cast("Failing", connection._conn)

    class Stuck(Failing):
        def close(self) -> None:
            real.close()
            raise sqlite3.OperationalError("unable to close")

    connection._connection = cast("sqlite3.Connection", Stuck(real._connection))
    with caplog.at_level(logging.DEBUG, "stillopen.journal"):
        await stopped.reopen()
    assert "could not be closed cleanly" in caplog.text
    await stopped.go_on(AT)
    await write(stopped, draft())


async def test_the_ordinary_opening_is_what_opens_it_again(stopped: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = tuple(row for row in schema._PRAGMAS if row[0] != "synchronous")
    with monkeypatch.context() as patch:
        patch.setattr(schema, "_PRAGMAS", (*wanted, ("synchronous", "NORMAL", 3)))
        with pytest.raises(JournalUnavailable, match="synchronous at 1 instead of 3"):
            await stopped.reopen()
    await stopped.reopen()
    assert stopped.log_bytes == 0  # folded in and cut to nothing: what was unclear in it is gone for good
    await stopped.go_on(AT)
