from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outbox import chain, schema
from outbox.journal import Journal
from outbox.record import GENESIS, Kind, canonical, link
from tests.outbox.facts import draft, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


async def test_sequence_and_receipt_numbers_have_no_gap_per_till(journal: Journal) -> None:
    for till, kind in (("a", Kind.SALE), ("b", Kind.SALE), ("a", Kind.VOID), ("a", Kind.REFUND), ("b", Kind.DRAWER)):
        await write(journal, draft(kind, till=till))
    found = [(r.till, r.till_seq, r.receipt_number) for r in chain.oldest_first(journal.reader)]
    assert found == [
        ("a", 1, "A-000001"),
        ("b", 1, "B-000001"),
        ("a", 2, None),
        ("a", 3, "A-000002"),
        ("b", 2, None),
    ]
    assert chain.verify(journal.reader).broken is None


async def test_the_same_draft_twice_is_one_record(journal: Journal) -> None:
    wanted = draft()
    first, again = await write(journal, wanted), await write(journal, wanted)
    assert first == again
    assert chain.verify(journal.reader).records == 1


async def test_a_change_that_fails_after_its_record_leaves_no_gap(journal: Journal) -> None:
    def fails(connection: sqlite3.Connection) -> None:
        chain.append(connection, draft())
        raise RuntimeError("the rest of the change failed")

    with pytest.raises(RuntimeError):
        await journal.write(fails)
    record = await write(journal, draft())
    assert (record.till_seq, record.receipt_number) == (1, "TILL-1-000001")


async def test_a_record_is_what_was_written_and_hashes_to_what_it_says(journal: Journal) -> None:
    record = await write(journal, draft(note="Müller & Söhne € 3"))
    assert chain.by_id(journal.reader, record.id) == record
    assert chain.by_seq(journal.reader, record.seq) == record
    assert chain.by_receipt_number(journal.reader, " till-1-000001 ") == record
    assert record.prev_hash == GENESIS
    assert record.hash == link(GENESIS, canonical(record.body))
    assert record.body["receipt_number"] == "TILL-1-000001"


@pytest.mark.parametrize("sql", ["update record set body = '{}'", "delete from record"])
async def test_the_file_itself_refuses_to_change_a_record(journal: Journal, sql: str) -> None:
    await write(journal, draft())
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        await journal.write(lambda connection: connection.execute(sql))


async def tampered(tmp_path: Path, sql: str) -> chain.Verified:
    journal = Journal(tmp_path)
    await journal.open()
    for n in range(5):
        await write(journal, draft(Kind.SALE, n=n))
    await journal.close()
    connection = sqlite3.connect(tmp_path / "journal.db")
    connection.executescript(f"drop trigger record_no_update; drop trigger record_no_delete; {sql}")
    connection.close()
    reader = schema.connect_to_read(tmp_path / "journal.db")
    try:
        return chain.verify(reader)
    finally:
        reader.close()


@pytest.mark.parametrize(
    ("sql", "seq", "words"),
    [
        ("update record set body = replace(body, '1250', '1251') where seq = 3", 3, "hash differs"),
        ("delete from record where seq = 2", 3, "does not follow"),
        ("update record set receipt_number = 'TILL-1-000009' where seq = 4", 4, "receipt_number"),
        ("update record set till_seq = 77 where seq = 5", 5, "till_seq"),
        ("update record set occurred_at = '2020-01-01' where seq = 1", 1, "occurred_at"),
        ("update record set kind = 'void' where seq = 2", 2, "kind"),
        ("update record set hash = zeroblob(32) where seq = 5", 5, "hash differs"),
        ("update record set prev_hash = zeroblob(32) where seq = 2", 2, "does not follow"),
    ],
)
async def test_the_first_record_that_does_not_hold_is_named(tmp_path: Path, sql: str, seq: int, words: str) -> None:
    found = await tampered(tmp_path, sql)
    assert found.broken is not None
    assert found.broken.seq == seq
    assert words in found.broken.reason
    assert found.records == seq - 1 - (sql.startswith("delete"))


@pytest.mark.parametrize(
    ("change", "words"),
    [({"till_seq": 7}, "from number 1 to 7"), ({"receipt_number": "TILL-1-000007"}, "from receipt 1 to 7")],
)
async def test_a_gap_is_found_even_where_every_hash_was_made_anew(
    tmp_path: Path, change: dict[str, object], words: str
) -> None:
    journal = Journal(tmp_path)
    await journal.open()
    first, second = await write(journal, draft()), await write(journal, draft())
    await journal.close()
    text = canonical(second.body | change)
    connection = sqlite3.connect(tmp_path / "journal.db")
    connection.execute("drop trigger record_no_update")
    column, value = next(iter(change.items()))
    connection.execute(
        f"update record set body = ?, hash = ?, {column} = ? where seq = 2",
        (text.decode(), link(first.hash, text), value),
    )
    connection.commit()
    found = chain.verify(connection)
    connection.close()
    assert found.broken is not None
    assert words in found.broken.reason


async def test_a_body_that_is_no_json_is_named_and_not_a_crash(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open()
    await write(journal, draft())
    await journal.close()
    connection = sqlite3.connect(tmp_path / "journal.db")
    connection.execute("drop trigger record_no_update")
    connection.execute("update record set body = 'no json', hash = ?", (link(GENESIS, b"no json"),))
    found = chain.verify(connection)
    connection.close()
    assert found.broken is not None
    assert "not JSON" in found.broken.reason


async def test_the_newest_can_be_verified_alone(journal: Journal) -> None:
    for _ in range(7):
        await write(journal, draft())
    assert chain.verify(journal.reader, last=3).records == 3
    assert chain.verify(journal.reader, last=100).records == 7


async def test_pages_of_the_newest(journal: Journal) -> None:
    for n in range(5):
        await write(journal, draft(Kind.VOID if n == 2 else Kind.SALE, till="a" if n % 2 else "b"))
    assert [r.seq for r in chain.newest(journal.reader, 2)] == [5, 4]
    assert [r.seq for r in chain.newest(journal.reader, 9, before=4)] == [3, 2, 1]
    assert [r.seq for r in chain.newest(journal.reader, 9, till="b", kinds=frozenset({Kind.SALE}))] == [5, 1]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), _JSON, max_size=5))
def test_canonical_bytes_are_one_for_one_with_the_value(body: dict[str, object]) -> None:
    text = canonical(body)
    assert json.loads(text) == body
    assert canonical(dict(reversed(list(json.loads(text).items())))) == text


@pytest.mark.parametrize("body", [{"a": 1.0}, {"a": {"b": [1, 0.5]}}, {"a": float("nan")}])
def test_a_float_never_gets_into_a_record(body: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="never a float"):
        canonical(body)


_PLACES = st.sampled_from(
    [
        lambda value: {"a": value},
        lambda value: {"a": [value]},
        lambda value: {"a": ["x", value]},
        lambda value: {"a": {"b": [1, {"c": value}]}, "z": "1.5"},
        lambda value: {'"': value, "\\": "e+"},
    ]
)


@settings(deadline=None, max_examples=200)
@given(st.floats(), _PLACES)
def test_no_float_of_any_size_gets_in_at_any_place(value: float, place: Callable[[object], dict[str, object]]) -> None:
    with pytest.raises(TypeError, match="never a float"):
        canonical(place(value))


@settings(deadline=None, max_examples=200)
@given(st.text('0123456789.eE+-:,["\\{} ', max_size=30), _PLACES)
def test_text_that_looks_like_a_float_is_text(value: str, place: Callable[[object], dict[str, object]]) -> None:
    assert json.loads(canonical(place(value))) == place(value)


@pytest.mark.parametrize(
    ("text", "letters", "number"),
    [
        ("TILL-1-000123", "", 123),
        ("TILL-1-KX000124", "KX", 124),
        ("T-1000000", "", 1_000_000),
        ("none", "", 0),
        ("TILL-1-", "", 0),
    ],
)
def test_a_receipt_number_tells_its_epoch_and_its_count(text: str, letters: str, number: int) -> None:
    assert chain.number_of(text) == (letters, number)


async def test_several_records_of_one_change_follow_each_other_and_so_does_what_comes_after_one_undone(
    journal: Journal,
) -> None:
    def three(connection: sqlite3.Connection) -> None:
        first, _ = chain.append(connection, draft(till="new"))
        connection.execute("savepoint inner")
        chain.append(connection, draft())
        connection.execute("rollback to inner")
        second, _ = chain.append(connection, draft(till="new"))
        assert (second.prev_hash, second.till_seq, second.receipt_number) == (first.hash, 2, "NEW-000002")

    await journal.write(three)
    assert chain.verify(journal.reader) == chain.Verified(2, chain.newest(journal.reader, 1)[0].hash.hex(), None)
