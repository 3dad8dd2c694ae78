"""Whatever is typed becomes a query that FTS5 takes, with each word one token."""

import sqlite3
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outbox.catalogue_search import TOKENS_MAX, fts_query


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("mug", '"mug"*'),
        ("blue mu", '"blue"* "mu"*'),
        ("a mug", '"mug"*'),
        ("1.5l", '"5l"*'),
        ("a", None),
        ("", None),
        ('"; DROP', '"DROP"*'),
        ("NEAR(x* OR", '"NEAR"* "OR"*'),
        ("Cre\u0300me", '"Crème"*'),
        ("q\u0301u", '"qu"*'),
        (" ".join(["word"] * 20), " ".join(['"word"*'] * TOKENS_MAX)),
    ],
)
def test_queries(typed: str, query: str | None) -> None:
    assert fts_query(typed) == query


@pytest.fixture(scope="module")
def index() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE words USING fts5 (word, detail=column, prefix='2 3 4',"
        " tokenize='unicode61 remove_diacritics 2')"
    )
    yield connection
    connection.close()


def test_every_letter_of_unicode_stays_one_token(index: sqlite3.Connection) -> None:
    wide = (range(0x3400, 0xA000), range(0xAC00, 0xE000), range(0x17000, sys.maxunicode))  # alike, and many
    points = [point for point in range(0x17000) if not any(point in block for block in wide)]
    points += [point for block in wide for point in block[::50] if not 0xD800 <= point < 0xE000]
    queries = [query for point in points if (query := fts_query(f"a{chr(point)}b"))]
    assert len(queries) > 10_000
    for at in range(0, len(queries), 400):
        index.execute("SELECT 1 FROM words WHERE words MATCH ?", (" OR ".join(queries[at : at + 400]),)).fetchall()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_no_text_is_a_broken_query(index: sqlite3.Connection, typed: str) -> None:
    if (query := fts_query(typed)) is not None:
        index.execute("SELECT 1 FROM words WHERE words MATCH ?", (query,)).fetchall()
