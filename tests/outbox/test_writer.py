from __future__ import annotations

import asyncio
import sqlite3
import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

from outbox.errors import JournalDamaged, JournalFull, JournalUnclear
from outbox.writer import (
    BATCH_MAX,
    BEHIND_ROWS_MAX,
    FOLD_PAGES,
    FOLD_PAGES_MAX,
    IDLE_FOLD_PAGES,
    PAGES_A_COMMIT,
    Writer,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path


@pytest.fixture
async def writer(tmp_path: Path) -> AsyncIterator[Writer]:
    opened = Writer(tmp_path / "journal.db")
    await opened.open()
    await opened.write(lambda tx: tx.execute("create table t(n integer primary key)").close())
    yield opened
    await opened.close()


def insert(n: int) -> Callable[[sqlite3.Connection], int]:
    def change(connection: sqlite3.Connection) -> int:
        connection.execute("insert into t(n) values (?)", (n,))
        return n

    return change


def rows(writer: Writer) -> list[int]:
    connection = sqlite3.connect(writer._path)
    try:
        return [row[0] for row in connection.execute("select n from t order by n")]
    finally:
        connection.close()


async def test_a_change_is_on_the_disk_for_others_before_its_writer_is_told(writer: Writer) -> None:
    assert await writer.write(insert(7)) == 7
    assert rows(writer) == [7]


async def test_many_changes_share_commits_and_all_are_there_in_order(writer: Writer) -> None:
    commits: list[str] = []
    await writer.write(lambda tx: tx.set_trace_callback(commits.append))
    count = 3 * BATCH_MAX
    assert await asyncio.gather(*(writer.write(insert(n)) for n in range(count))) == list(range(count))
    await writer.write(lambda tx: tx.set_trace_callback(None))
    assert rows(writer) == list(range(count))
    # what waits while one commit runs goes into the next: far fewer commits than changes
    assert sum(statement.lower() == "commit" for statement in commits) <= 5


async def test_whoever_stands_waiting_goes_first_and_what_nobody_waits_for_in_small_parts(writer: Writer) -> None:
    commits: list[list[int]] = [[]]
    held, go_on = threading.Event(), threading.Event()

    def seen(n: int) -> Callable[[sqlite3.Connection], None]:
        return lambda _: commits[-1].append(n)

    def hold(connection: sqlite3.Connection) -> None:
        connection.set_trace_callback(lambda sql: commits.append([]) if sql.lower() == "commit" else None)
        held.set()
        go_on.wait()

    asked = [writer.submit(hold)]
    await asyncio.to_thread(held.wait)
    asked += [writer.submit(seen(n), behind_rows=BEHIND_ROWS_MAX - 8) for n in (1, 2, 3)]
    asked += [writer.submit(seen(n), behind_rows=1) for n in range(4, 14)]
    asked += [writer.submit(seen(n)) for n in (100, 101)]
    go_on.set()
    await asyncio.gather(*asked)
    await writer.write(lambda connection: connection.set_trace_callback(None))
    assert [made for made in commits if made] == [[100, 101], [1], [2], [3, *range(4, 12)], [12, 13]]


async def test_whoever_keeps_asking_does_not_shut_out_what_nobody_waits_for(writer: Writer) -> None:
    behind = asyncio.create_task(writer.write(insert(0), behind_rows=BEHIND_ROWS_MAX))
    count = 0
    async with asyncio.timeout(10):  # or it never has its turn
        while not behind.done():
            first, second = (asyncio.create_task(writer.write(insert(count + n))) for n in (1, 2))
            await asyncio.wait([first, second], return_when=asyncio.FIRST_COMPLETED)
            count += 2
            await asyncio.gather(first, second)
    assert await behind == 0


async def test_a_change_that_raises_undoes_only_itself(writer: Writer) -> None:
    def bad(connection: sqlite3.Connection) -> None:
        connection.execute("insert into t(n) values (100)")
        raise ValueError("no")

    results = await asyncio.gather(
        writer.write(insert(1)), writer.write(bad), writer.write(insert(2)), return_exceptions=True
    )
    assert results[0] == 1
    assert isinstance(results[1], ValueError)
    assert results[2] == 2
    assert rows(writer) == [1, 2]


async def test_a_constraint_that_fails_undoes_only_its_change(writer: Writer) -> None:
    await writer.write(insert(1))
    results = await asyncio.gather(writer.write(insert(1)), writer.write(insert(2)), return_exceptions=True)
    assert isinstance(results[0], sqlite3.IntegrityError)
    assert rows(writer) == [1, 2]


async def test_a_caller_that_is_cancelled_does_not_stop_its_change(writer: Writer) -> None:
    task = asyncio.create_task(writer.write(insert(5)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await writer.write(insert(6))
    assert rows(writer) == [5, 6]


async def test_closing_waits_for_what_was_asked_for(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "journal.db")
    await writer.open()
    await writer.write(lambda tx: tx.execute("create table t(n integer primary key)").close())
    asked = [asyncio.create_task(writer.write(insert(n), behind_rows=n % 2 * BEHIND_ROWS_MAX)) for n in range(20)]
    await asyncio.sleep(0)
    await writer.close()
    assert [await task for task in asked] == list(range(20))
    assert rows(writer) == list(range(20))


async def test_a_full_disk_loses_nothing_that_was_told_and_says_what_to_do(writer: Writer) -> None:
    await writer.write(insert(1))
    pages = await writer.write(lambda tx: tx.execute("pragma page_count").fetchone()[0])
    await writer.write(lambda tx: tx.execute(f"pragma max_page_count = {pages}").fetchone())

    def large(connection: sqlite3.Connection) -> None:
        connection.execute("create table big(b blob)")
        connection.execute("insert into big values (zeroblob(1000000))")

    with pytest.raises(JournalFull) as full:
        await writer.write(large)
    assert "Free some space" in full.value.hint
    assert writer.fault is None
    await writer.write(lambda tx: tx.execute(f"pragma max_page_count = {pages + 1000}").fetchone())
    await writer.write(insert(2))
    assert rows(writer) == [1, 2]


DISK_ERROR = sqlite3.OperationalError("disk I/O error")


class Flaky:
    """A connection whose COMMIT fails so many times, as a broken disk's does unless another error is named."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        failures: int,
        error: Exception = DISK_ERROR,
    ) -> None:
        self._connection = connection
        self.failures = failures
        self._error = error

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    @property
    def total_changes(self) -> int:
        return self._connection.total_changes

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        if sql == "commit" and self.failures:
            self.failures -= 1
            raise self._error
        return self._connection.execute(sql, *args)

    def close(self) -> None:
        self._connection.close()


async def test_a_commit_that_fails_once_is_made_again_whole(writer: Writer) -> None:
    assert writer._connection is not None
    writer._connection._connection = cast("sqlite3.Connection", Flaky(writer._connection._conn, 1))
    assert await writer.write(insert(1)) == 1
    assert rows(writer) == [1]


async def test_a_commit_that_keeps_failing_stops_everything_loudly(
    writer: Writer, caplog: pytest.LogCaptureFixture
) -> None:
    assert writer._connection is not None
    writer._connection._connection = cast("sqlite3.Connection", Flaky(writer._connection._conn, 2))
    results = await asyncio.gather(writer.write(insert(1)), writer.write(insert(2)), return_exceptions=True)
    assert [type(result) for result in results] == [JournalUnclear, JournalUnclear]
    assert isinstance(writer.fault, JournalUnclear)
    with pytest.raises(JournalUnclear, match="disk failed"):
        await writer.write(insert(3))
    assert "Selling has stopped" in caplog.text


async def test_memory_that_runs_out_once_costs_nothing(writer: Writer) -> None:
    assert writer._connection is not None
    writer._connection._connection = cast("sqlite3.Connection", Flaky(writer._connection._conn, 1, MemoryError()))
    assert await writer.write(insert(1)) == 1
    assert rows(writer) == [1]


async def test_without_memory_everybody_is_told_and_it_goes_on_once_it_was_opened_again(writer: Writer) -> None:
    assert writer._connection is not None
    writer._connection._connection = cast("sqlite3.Connection", Flaky(writer._connection._conn, 2, MemoryError()))
    async with asyncio.timeout(10):
        results = await asyncio.gather(writer.write(insert(1)), writer.write(insert(2)), return_exceptions=True)
    assert [type(result) for result in results] == [JournalUnclear, JournalUnclear]
    assert isinstance(writer.fault, JournalUnclear)
    assert "no memory left" in str(writer.fault)
    assert "restart it" in writer.fault.hint
    assert not writer.precedence.taken
    await writer.reopen(lambda _: None)
    await writer.go_on(lambda tx: tx.execute("insert into t(n) values (3)").close())
    assert await writer.write(insert(4)) == 4
    assert rows(writer) == [3, 4]


async def test_a_program_that_holds_the_journal_is_named_and_no_disk_is_blamed(writer: Writer) -> None:
    await writer.write(lambda tx: tx.execute("pragma busy_timeout = 20").close())
    other = sqlite3.connect(writer._path, isolation_level=None)
    try:
        other.execute("begin immediate")
        with pytest.raises(JournalUnclear, match="another program holds") as refused:
            await writer.write(insert(1))
    finally:
        other.close()
    assert "a database tool" in refused.value.hint
    await writer.reopen(lambda _: None)
    await writer.go_on(lambda tx: tx.execute("insert into t(n) values (2)").close())
    assert rows(writer) == [2]


async def test_what_nobody_foresaw_is_told_to_whoever_waits_and_stops_nothing(
    writer: Writer, caplog: pytest.LogCaptureFixture
) -> None:
    assert writer._connection is not None
    bug = ZeroDivisionError("nobody foresaw it")
    writer._connection._connection = cast("sqlite3.Connection", Flaky(writer._connection._conn, 1, bug))
    async with asyncio.timeout(10):
        results = await asyncio.gather(writer.write(insert(1)), writer.write(insert(2)), return_exceptions=True)
    assert list(results) == [bug, bug]
    assert "A fault while writing the journal" in caplog.text
    assert not writer.precedence.taken
    assert await writer.write(insert(3)) == 3
    assert rows(writer) == [3]


async def test_damage_met_while_writing_stops_everything_loudly(writer: Writer) -> None:
    sql = "select rootpage from sqlite_master where name = 't'"
    page = await writer.write(lambda tx: tx.execute(sql).fetchone()[0])
    await writer.close()
    content = bytearray(writer._path.read_bytes())
    content[(page - 1) * 4096 : (page - 1) * 4096 + 64] = b"\xff" * 64
    writer._path.write_bytes(content)
    await writer.open()
    with pytest.raises(JournalDamaged, match="damaged"):
        await writer.write(insert(-1))
    with pytest.raises(JournalDamaged):
        await writer.write(insert(-2))


async def folded_in(writer: Writer) -> None:
    async with asyncio.timeout(10):
        while writer._pages:
            await asyncio.sleep(0.01)


async def written(writer: Writer, pages: int) -> None:
    """Write, one after the other, until the log is taken to hold so many pages."""
    while writer._pages < pages:
        await writer.write(insert(-1000 - writer._pages))


def folds(statements: list[str]) -> int:
    return sum("wal_checkpoint" in statement for statement in statements)


async def test_the_log_is_folded_in_when_nobody_is_there(writer: Writer) -> None:
    statements: list[str] = []
    await writer.write(lambda tx: tx.set_trace_callback(statements.append))
    await written(writer, IDLE_FOLD_PAGES)
    assert folds(statements) == 0
    await folded_in(writer)
    assert folds(statements) == 1
    await writer.write(insert(-1))
    assert writer._pages == PAGES_A_COMMIT


async def test_a_longer_log_is_folded_in_between_two_changes(writer: Writer) -> None:
    statements: list[str] = []
    await writer.write(lambda tx: tx.set_trace_callback(statements.append))
    await written(writer, FOLD_PAGES - PAGES_A_COMMIT)
    assert folds(statements) == 0
    await writer.write(insert(-1))
    await writer.write(insert(-2))
    assert folds(statements) == 1


async def test_while_somebody_stands_waiting_the_log_may_get_longer_still(writer: Writer) -> None:
    statements: list[str] = []
    await writer.write(lambda tx: tx.set_trace_callback(statements.append))
    with writer.precedence.ahead():
        await written(writer, FOLD_PAGES_MAX - PAGES_A_COMMIT)
        assert folds(statements) == 0
        await writer.write(insert(-1))
        await writer.write(insert(-2))
        assert folds(statements) == 1


async def test_who_comes_while_the_log_is_folded_in_is_served_after_it(writer: Writer) -> None:
    await written(writer, IDLE_FOLD_PAGES)
    while writer._draining is not None:
        await asyncio.sleep(0)
    writer._fold_in()
    assert writer._draining is not None
    assert await writer.write(insert(-1)) == -1
    assert writer._pages == PAGES_A_COMMIT  # since the checkpoint that was under way


@pytest.mark.parametrize("error", [sqlite3.OperationalError("disk I/O error"), MemoryError()], ids=repr)
async def test_a_log_that_cannot_be_folded_in_stops_no_sale(
    writer: Writer, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    class NoCheckpoint(Flaky):
        def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
            if "checkpoint" in sql:
                raise error
            return super().execute(sql, *args)

    assert writer._connection is not None
    writer._connection._connection = cast("sqlite3.Connection", NoCheckpoint(writer._connection._conn, 0))
    await written(writer, IDLE_FOLD_PAGES)
    await folded_in(writer)
    assert await writer.write(insert(-1)) == -1
    assert writer.fault is None
    assert "tried again later" in caplog.text


async def test_what_waits_when_the_disk_fails_is_refused_and_not_lost_sight_of(writer: Writer) -> None:
    assert writer._connection is not None
    writer._connection._connection = cast("sqlite3.Connection", Flaky(writer._connection._conn, 2))
    asked = [asyncio.ensure_future(writer.write(insert(n))) for n in range(BATCH_MAX + 5)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(result) for result in results} == {JournalUnclear}
    assert rows(writer) == []
