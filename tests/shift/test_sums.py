"""A shift's sums: what is kept and added to is what a plain walk over the journal comes to."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.shift import kept, sums
from outbox import chain, schema
from outbox.ids import new_id
from outbox.record import Draft, Kind, Record
from tests.shift.records import events

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

TILLS = st.sampled_from(("till-1", "till-2"))


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    opened = schema.connect(_journal(tmp_path_factory.mktemp("journal")))
    yield opened
    opened.close()


def _journal(folder: Path) -> Path:
    return folder / "journal.db"


def write(connection: sqlite3.Connection, kind: Kind, body: dict[str, Any], till: str = "till-1") -> Record:
    draft = Draft(new_id(), kind, till, f"2026-11-21T{10 + len(body) % 3}:00:00.000+01:00", "2026-11-21", body)
    record, _ = chain.append(connection, draft)
    kept.take(connection, record)
    return record


def walked(connection: sqlite3.Connection, opened: Record) -> dict[str, Any]:
    """The oracle: every record of the journal since the opening, counted with nothing of the code under test."""
    found: Counter[str] = Counter()
    for record in chain.oldest_first(connection, opened.seq):
        if record.till != opened.till:
            continue
        body, kind = record.body, record.kind
        if kind in (Kind.SALE, Kind.REFUND):
            name = "sales" if kind is Kind.SALE else "refunds"
            found.update({name: 1, f"{name}_total": body["total"]})
            _count_money(found, body, 1 if kind is Kind.SALE else -1)
        elif kind is Kind.VOID:
            found.update({"voids": 1, "voids_total": body["total"]})
        elif kind is Kind.CASH:
            name = {"in": "paid_in", "out": "paid_out", "drop": "drops"}[body["direction"]]
            found.update({name: 1, f"{name}_total": body["amount"]})
        elif kind is Kind.DRAWER and body["for"] is None:
            found["no_sales"] += 1
    return {name: value for name, value in found.items() if value}


def _count_money(found: Counter[str], body: dict[str, Any], sign: int) -> None:
    found["rounding"] += sign * body["rounding"]
    found["cash"] -= sign * body.get("change", 0)
    for tender in body["tenders"]:
        found["tips"] += sign * tender.get("tip", 0)
        if tender["type"] != "exchange":
            found[tender["type"]] += sign * (tender["amount"] + tender.get("tip", 0))
    for tax in body["taxes"]:
        found[f"tax {tax['code']} {tax['rate']}"] += sign * tax["amount"]
        found[f"base {tax['code']} {tax['rate']}"] += sign * tax["base"]
    for line in body["lines"]:
        found[f"category {line.get('category') or ''}"] += sign * line["net"]


def flat(shown: dict[str, Any]) -> dict[str, Any]:
    found = {name: shown[name] for name in shown if isinstance(shown[name], int) and not name.startswith("discounts")}
    for tax in shown["taxes"]:
        found[f"tax {tax['code']} {tax['rate']}"] = tax["amount"]
        found[f"base {tax['code']} {tax['rate']}"] = tax["base"]
    for one in shown["categories"]:
        found[f"category {one['category']}"] = one["total"]
    return {name: value for name, value in found.items() if value}


@settings(max_examples=100, deadline=None)
@given(day=st.lists(st.tuples(TILLS, events), max_size=25), every=st.integers(1, 30), at=st.integers(0, 24))
def test_kept_sums_are_those_of_a_walk_however_often_they_are_kept(
    connection: sqlite3.Connection, day: list[Any], every: int, at: int
) -> None:
    before, kept.KEPT_EVERY = kept.KEPT_EVERY, every
    connection.execute("begin")
    try:
        opened = write(connection, Kind.SHIFT_OPEN, {"float": 0})
        for place, (till, (kind, body)) in enumerate(day):
            write(connection, kind, body, till)
            if place == at:  # asking changes nothing
                kept.figures(connection, "till-1")
        found = kept.figures(connection, "till-1")
        assert flat(sums.shown(found)) == walked(connection, opened)
        assert json.loads(json.dumps(found)) == found
        by_cashier = sums.shown(found)["cashiers"]
        for name in ("sales", "sales_total", "refunds", "refunds_total", "voids", "no_sales", "cash", "card"):
            assert sum(one[name] for one in by_cashier) == found[name], name
        assert sum(one["sales"] for one in sums.shown(found)["hours"]) == found["sales"]
    finally:
        connection.execute("rollback")
        kept.KEPT_EVERY = before


def test_a_report_over_many_records_reads_no_more_than_those_since_it_was_kept(
    connection: sqlite3.Connection,
) -> None:
    asked: list[str] = []
    sale = {"total": 100, "rounding": 0, "tenders": [{"type": "cash", "amount": 100}], "taxes": [], "change": 0}
    sale["lines"] = [{"net": 100, "discount": 0, "sale_discount": 0}]
    connection.execute("begin")
    try:
        opened = write(connection, Kind.SHIFT_OPEN, {"float": 0})
        for _ in range(kept.KEPT_EVERY * 10):
            write(connection, Kind.SALE, sale)
        (upto,) = connection.execute("select upto from shift where till = 'till-1'").fetchone()
        last = opened.till_seq + kept.KEPT_EVERY * 10
        assert last - upto < kept.KEPT_EVERY
        connection.set_trace_callback(asked.append)
        assert kept.figures(connection, "till-1")["sales"] == kept.KEPT_EVERY * 10
        connection.set_trace_callback(None)
        plan = [row[3] for sql in asked for row in connection.execute(f"explain query plan {sql}").fetchall()]
        assert plan
        assert not [step for step in plan if "SCAN" in step or "TEMP B-TREE" in step], plan
    finally:
        connection.set_trace_callback(None)
        connection.execute("rollback")


def test_an_opening_of_before_shifts_were_kept_is_found(tmp_path: Path) -> None:
    old = schema.MIGRATIONS
    schema.MIGRATIONS = old[:1]
    try:
        before = schema.connect(tmp_path / "journal.db")
    finally:
        schema.MIGRATIONS = old
    for seq, (till, kind) in enumerate((("a", "shift_open"), ("a", "shift_close"), ("b", "shift_open"), ("a", "sale"))):
        row = (f"id{seq}", kind, till, seq, "2026-11-21T10:00:00.000+01:00", "{}", b"", b"")
        before.execute(
            "insert into record(id, kind, till, till_seq, occurred_at, body, prev_hash, hash) "
            "values (?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
    before.close()
    after = schema.connect(tmp_path / "journal.db")
    assert (kept.current(after, "a"), kept.current(after, "b")) == (None, "id2")
    assert kept.figures(after, "b") == sums.nothing()
    after.close()
