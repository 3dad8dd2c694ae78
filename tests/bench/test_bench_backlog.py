from __future__ import annotations

from typing import TYPE_CHECKING

from bench import backlog
from outbox import chain
from outbox.journal import Journal
from outbox.record import Kind

if TYPE_CHECKING:
    from pathlib import Path

CLOUDS = {"cloud": frozenset(Kind), "other": frozenset({Kind.SALE})}


async def test_a_backlog_verifies_as_if_it_had_been_sold_and_every_sale_is_queued_for_every_cloud(
    tmp_path: Path,
) -> None:
    journal = Journal(tmp_path / "state")
    await journal.open()
    try:
        await backlog.fill(journal, 40, CLOUDS)
        await backlog.fill(journal, 3, CLOUDS)
        await backlog.fill(journal, 0, CLOUDS)
        found = chain.verify(journal.reader)
        assert (found.records, found.broken) == (43, None)
        queued = journal.reader.execute(
            "select cloud, count(*), count(distinct record_seq), count(distinct chain) from delivery "
            "join record on record.seq = record_seq and record.id = chain and record.till = stream group by cloud"
        ).fetchall()
        assert queued == [("cloud", 43, 43, 43), ("other", 43, 43, 43)]
        counted = journal.reader.execute("select cloud, state, count from delivery_count").fetchall()
        assert counted == [("cloud", "waiting", 43), ("other", "waiting", 43)]
    finally:
        await journal.close()


async def test_a_till_sells_on_where_the_backlog_ends(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "state")
    await journal.open()
    try:
        await backlog.fill(journal, 20, CLOUDS)
        draft = backlog.draft("till-2", backlog.body())
        record, new = await journal.write(lambda connection: chain.append(connection, draft))
        assert new
        assert (record.till_seq, record.receipt_number) == (5, "TILL-2-000005")
        found = chain.verify(journal.reader)
        assert (found.records, found.broken) == (21, None)
    finally:
        await journal.close()
