"""The audit trail on disk: only ever added to, and any tampering named."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from outbox import audit, schema
from outbox.record import GENESIS, link

ENTRIES = 5


@pytest.fixture
def trail(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(schema.connect(tmp_path / "journal.db")) as connection:
        for number in range(ENTRIES):
            audit.append(connection, {"action": "no_sale", "why": f"reason {number}"})
        yield connection


def without_triggers(connection: sqlite3.Connection) -> None:
    """As somebody does who has the file, and a program for it."""
    connection.execute("drop trigger audit_no_update")
    connection.execute("drop trigger audit_no_delete")


def test_entries_come_back_in_both_orders(trail: sqlite3.Connection) -> None:
    assert [entry["seq"] for entry in audit.oldest_first(trail)] == [1, 2, 3, 4, 5]
    assert [entry["seq"] for entry in audit.oldest_first(trail, after=3)] == [4, 5]
    assert [entry["seq"] for entry in audit.newest(trail, 2)] == [5, 4]
    assert [entry["why"] for entry in audit.newest(trail, 2, before=2)] == ["reason 0"]


def test_more_entries_than_a_page_are_followed(trail: sqlite3.Connection) -> None:
    for number in range(audit.PAGE):
        audit.append(trail, {"action": "no_sale", "why": str(number)})
    found = audit.verify(trail)
    assert (found.entries, found.broken) == (audit.PAGE + ENTRIES, None)
    assert len(list(audit.oldest_first(trail))) == audit.PAGE + ENTRIES


@pytest.mark.parametrize(
    "statement", ["update audit set body = '{}'", "delete from audit", "delete from audit where seq = 5"]
)
def test_nothing_is_changed_and_nothing_leaves(trail: sqlite3.Connection, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        trail.execute(statement)
    assert audit.verify(trail).entries == ENTRIES


def test_an_entry_that_was_changed_is_named(trail: sqlite3.Connection) -> None:
    without_triggers(trail)
    trail.execute("update audit set body = replace(body, 'reason 2', 'no reason') where seq = 3")
    found = audit.verify(trail)
    assert found.broken is not None
    assert (found.entries, found.broken.seq) == (2, 3)
    assert "not what was written" in found.broken.reason


def test_an_entry_that_was_written_anew_with_its_hash_is_named_by_the_next(trail: sqlite3.Connection) -> None:
    without_triggers(trail)
    text, prev_hash = (
        '{"action":"sell","seq":3}',
        trail.execute("select prev_hash from audit where seq = 3").fetchone()[0],
    )
    trail.execute("update audit set body = ?, hash = ? where seq = 3", (text, link(prev_hash, text.encode())))
    found = audit.verify(trail)
    assert found.broken is not None
    assert found.broken.seq == 4
    assert "does not follow" in found.broken.reason


def test_an_entry_that_was_taken_out_is_missed(trail: sqlite3.Connection) -> None:
    without_triggers(trail)
    trail.execute("delete from audit where seq = 2")
    found = audit.verify(trail)
    assert found.broken is not None
    assert (found.entries, found.broken.reason) == (1, "entry 2 is not there")


def test_a_file_of_before_there_was_a_trail_has_an_empty_one(trail: sqlite3.Connection) -> None:
    without_triggers(trail)
    trail.execute("drop table audit")
    assert audit.verify(trail) == audit.Verified(0, GENESIS.hex(), None)
    assert list(audit.oldest_first(trail)) == []


def test_a_float_is_no_entry(trail: sqlite3.Connection) -> None:
    with pytest.raises(TypeError):
        audit.append(trail, {"after": {"rate": 0.5}})
    assert audit.verify(trail).entries == ENTRIES
