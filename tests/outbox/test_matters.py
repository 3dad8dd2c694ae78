"""What stands before a person: listed and counted from an index, ticked off once, and not sent any more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from outbox import deliveries, delivery_views, matters
from outbox.connector import Idempotency, Request, Step
from outbox.deliveries import OpenStep
from outbox.matters import CannotSettle, Nowhere, OnItsWay, Settled
from outbox.record import Kind
from tests.outbox.facts import draft, write

if TYPE_CHECKING:
    from outbox.journal import Journal

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SEEN = Settled(NOW.isoformat(), "Ada", "corrected there by hand")
ALL = frozenset({Kind.SALE, Kind.REFUND})
STEP = OpenStep(Step("make", "k", Idempotency.PROBE_FIRST, Request("POST", "/x")), False, NOW.isoformat(), None)


async def sold(journal: Journal, *clouds: str) -> list[int]:
    record = await write(journal, draft(), dict.fromkeys(clouds or ("shop",), ALL))
    rows = journal.reader.execute("select id from delivery where record_seq = ? order by id", (record.seq,))
    return [row[0] for row in rows]


async def deliver(journal: Journal, number: int, *, drift: int = 0, notes: tuple[str, ...] = ()) -> None:
    await journal.write(lambda tx: deliveries.delivered(tx, number, "R1", drift, notes, NOW))


async def park(journal: Journal, number: int) -> None:
    await journal.write(lambda tx: deliveries.parked(tx, number, "NOT_MAPPED", "no such tax", "Map it."))


async def test_what_was_refused_and_what_differs_is_listed_and_nothing_else(journal: Journal) -> None:
    good, apart, noted, refused, waiting = [(await sold(journal))[0] for _ in range(5)]
    await deliver(journal, good)
    await deliver(journal, apart, drift=-3)
    await deliver(journal, noted, notes=("a tip of 100 is not there",))
    await park(journal, refused)

    found = matters.listed(journal.reader)

    assert [(one["id"], one["matter"]) for one in found] == [
        (apart, "differs"),
        (noted, "differs"),
        (refused, "parked"),
    ]
    assert found[2]["hint"] == "Map it."
    assert matters.count(journal.reader, "shop") == 3
    assert matters.count(journal.reader, "another") == 0
    assert [one["id"] for one in matters.listed(journal.reader, after=apart, limit=1)] == [noted]
    assert waiting not in {one["id"] for one in found}


async def test_each_cloud_has_its_own(journal: Journal) -> None:
    first, second = await sold(journal, "shop", "books")
    await park(journal, first)
    await park(journal, second)

    assert [one["cloud"] for one in matters.listed(journal.reader, cloud="books")] == ["books"]
    assert [matters.count(journal.reader, name) for name in ("shop", "books")] == [1, 1]


async def test_ticked_off_it_is_gone_from_the_list_and_who_and_why_stays(journal: Journal) -> None:
    (number,) = await sold(journal)
    await deliver(journal, number, drift=5, notes=("compare the taxes",))

    assert await journal.write(lambda tx: matters.settle(tx, number, SEEN)) == "delivered"

    assert matters.listed(journal.reader) == []
    shown = delivery_views.one_listed(journal.reader, number)
    assert shown is not None
    assert shown["settled"] == {"at": NOW.isoformat(), "by": "Ada", "reason": SEEN.why}
    assert (shown["drift"], shown["notes"]) == (5, ["compare the taxes"])
    with pytest.raises(CannotSettle, match="stands before nobody"):
        await journal.write(lambda tx: matters.settle(tx, number, SEEN))


async def test_a_refused_one_entered_by_hand_is_not_sent_any_more_and_its_refund_may_go(journal: Journal) -> None:
    sale = await write(journal, draft(), {"shop": ALL})
    refund = await write(journal, draft(Kind.REFUND, original={"id": sale.id}), {"shop": ALL})
    (number,), (after,) = journal.reader.execute("select id from delivery order by id").fetchall()
    await park(journal, number)

    assert await journal.write(lambda tx: matters.settle(tx, number, SEEN)) == "parked"

    shown = delivery_views.shown(journal.reader, number)
    assert shown is not None
    assert (shown["state"], shown["code"]) == ("delivered", None)
    assert "no such tax" in shown["notes"][0]
    (head,) = deliveries.open_of(journal.reader, "shop", "till-1", 5)
    assert (head.id, head.after_state) == (after, "delivered")
    assert refund.kind is Kind.REFUND


async def test_one_of_which_nobody_can_look_whether_it_arrived_can_be_settled(journal: Journal) -> None:
    (number,) = await sold(journal)
    await journal.write(lambda tx: deliveries.begin(tx, number, STEP))
    await journal.write(lambda tx: deliveries.failed(tx, number, "make", "cannot be looked up", unclear=True))

    assert await journal.write(lambda tx: matters.settle(tx, number, SEEN)) == "waiting"

    assert deliveries.open_step(journal.reader, number) is None
    assert deliveries.state_of(journal.reader, number) == "delivered"


async def test_one_that_goes_by_itself_cannot(journal: Journal) -> None:
    (number,) = await sold(journal)
    with pytest.raises(OnItsWay):
        await journal.write(lambda tx: matters.settle(tx, number, SEEN))
    with pytest.raises(Nowhere):
        await journal.write(lambda tx: matters.settle(tx, 999, SEEN))


async def test_one_that_nobody_delivers_any_more_can(journal: Journal) -> None:
    (number,) = await sold(journal)

    assert await journal.write(lambda tx: matters.settle(tx, number, SEEN, goes=False)) == "waiting"

    assert deliveries.state_of(journal.reader, number) == "delivered"


async def test_a_status_reads_the_index_alone(journal: Journal) -> None:
    plans = journal.reader.execute(
        "explain query plan select count(*) from (select 1 from delivery where cloud = 'shop' and "
        "(state = 'parked' or (state = 'delivered' and settled_at is null and (drift <> 0 or notes is not null))) "
        "limit 10)"
    ).fetchall()
    assert any("delivery_matter" in plan[3] for plan in plans), plans
