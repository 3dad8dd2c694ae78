"""The judge of the soak is judged: each thing it is to see, planted into a small sound world."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.soak.receiver import Receiver
from tests.soak.verdict import Evidence, body_of, judge

if TYPE_CHECKING:
    from collections.abc import Callable


def record(kind: str, till_seq: int, receipt_number: str | None, **body: Any) -> dict[str, Any]:
    return {
        "id": f"{kind}-{till_seq}",
        "kind": kind,
        "till": "till-1",
        "till_seq": till_seq,
        "receipt_number": receipt_number,
        "seq": till_seq,
        "prev_hash": "00",
        "hash": "01",
        **body,
    }


def sale(till_seq: int, number: int) -> dict[str, Any]:
    return record(
        "sale",
        till_seq,
        f"TILL-1-{number:06d}",
        lines=[{"quantity": "2"}],
        tenders=[{"type": "cash", "amount": 500}],
        total=480,
        rounding=0,
    )


def world() -> Evidence:
    """Return a sale with its drawer, another sale, and a refund of the first, all of it as it should be."""
    first, second = sale(1, 1), sale(3, 2)
    opening = record("drawer", 2, None, **{"for": "TILL-1-000001"})
    refund = record("refund", 4, "TILL-1-000003", original={"id": "sale-1"}, paid=480, lines=[], tenders=[])
    journal = [first, opening, second, refund]
    receiver = Receiver()
    for one in journal:
        receiver.take(one["id"], body_of(one))
    told = [
        {"record": body_of(one) | {"print": "pending"}, "pieces": pieces, "paid": paid}
        for one, pieces, paid in ((first, "2", [500]), (second, "2", [500]), (refund, None, None))
    ]
    orders = [{"id": f"O{n}", "record": f"sale-{n}", "state": "COMPLETED", "total": 480} for n in (1, 3)]
    return Evidence(
        told=told,
        journal=journal,
        hook=receiver.report(),
        square={
            "orders": orders,
            "payments": [["O1", 480], ["O3", 480]],
            "refunds": [["Receipt TILL-1-000003/1 refund-4", 480]],
        },
        drift={},
        parked=[],
        papers={"receipt": {"originals": {"TILL-1-000001": 1, "TILL-1-000003": 1}, "copies": {}, "pulses": 1}},
        prints=[
            ("receipt", "TILL-1-000001", "printed"),
            ("receipt", "TILL-1-000002", "not_printed"),
            ("receipt", "TILL-1-000003", "unknown"),
        ],
        kicks=[("receipt", "opened")],
    )


def test_a_sound_world_holds() -> None:
    verdict = judge(world())
    assert verdict.violations == []
    assert (verdict.double_effects, verdict.order_violations) == (0, 0)


def lost_after_it_was_told(it: Evidence) -> None:
    it.journal.pop(2)


def changed_after_it_was_told(it: Evidence) -> None:
    it.told[0]["record"]["total"] = 481


def told_of_two_requests(it: Evidence) -> None:
    it.told.append(it.told[0])


def in_the_journal_twice(it: Evidence) -> None:
    it.journal.append(it.journal[0])


def nobody_was_told(it: Evidence) -> None:
    it.told.pop(1)


def rung_twice(it: Evidence) -> None:
    it.told[0]["pieces"] = "1"


def paid_twice(it: Evidence) -> None:
    it.told[0]["paid"] = [250]


def a_gap_in_the_sequence(it: Evidence) -> None:
    it.journal[3]["till_seq"] = 5


def a_gap_in_the_receipts(it: Evidence) -> None:
    it.journal[2]["receipt_number"] = "TILL-1-000007"


def given_back_too_much(it: Evidence) -> None:
    it.journal[3]["paid"] = 481


def applied_twice(it: Evidence) -> None:
    it.hook["effects"]["sale-1"] = 2


def never_delivered(it: Evidence) -> None:
    del it.hook["effects"]["sale-3"]


def another_at_the_webhook(it: Evidence) -> None:
    it.hook["digests"]["sale-3"] = "another"


def a_signature_not_accepted(it: Evidence) -> None:
    it.hook["turned_away"].append("WebhookVerificationError()")


def out_of_order(it: Evidence) -> None:
    it.hook["order"][1:3] = it.hook["order"][2:0:-1]


def the_refund_first(it: Evidence) -> None:
    it.hook["order"].insert(0, it.hook["order"].pop())


def two_orders(it: Evidence) -> None:
    it.square["orders"].append(it.square["orders"][0] | {"id": "O9"})


def an_order_left_open(it: Evidence) -> None:
    it.square["orders"][0]["state"] = "OPEN"


def an_order_of_another_total(it: Evidence) -> None:
    it.square["orders"][0]["total"] = 479


def an_order_paid_twice(it: Evidence) -> None:
    it.square["payments"].append(["O1", 480])


def an_order_of_nothing(it: Evidence) -> None:
    it.square["orders"].append({"id": "O9", "record": "nothing", "state": "COMPLETED", "total": 1})


def orders_out_of_order(it: Evidence) -> None:
    it.square["orders"].reverse()


def refunded_twice(it: Evidence) -> None:
    it.square["refunds"] += it.square["refunds"]


def never_refunded(it: Evidence) -> None:
    it.square["refunds"].clear()


def a_refund_of_nothing(it: Evidence) -> None:
    it.square["refunds"].append(["Receipt TILL-1-000009/1 nothing", 1])


def refused_by_a_cloud(it: Evidence) -> None:
    it.parked.append(("square", "sale-3", "no such item"))


def on_paper_twice(it: Evidence) -> None:
    it.papers["receipt"]["originals"]["TILL-1-000003"] = 2


def printed_and_not_on_paper(it: Evidence) -> None:
    del it.papers["receipt"]["originals"]["TILL-1-000001"]


def not_printed_and_on_paper(it: Evidence) -> None:
    it.papers["receipt"]["originals"]["TILL-1-000002"] = 1


def two_jobs(it: Evidence) -> None:
    it.prints.append(it.prints[0])


def paper_without_a_job(it: Evidence) -> None:
    it.papers["receipt"]["originals"]["TILL-1-000009"] = 1


def kicked_twice(it: Evidence) -> None:
    it.papers["receipt"]["pulses"] = 2


def opened_without_a_pulse(it: Evidence) -> None:
    it.papers["receipt"]["pulses"] = 0


def an_opening_left_in_the_middle(it: Evidence) -> None:
    it.kicks.append(("receipt", "sending"))


def an_opening_without_a_kick(it: Evidence) -> None:
    it.kicks.clear()
    it.papers["receipt"]["pulses"] = 0


PLANTED: list[tuple[Callable[[Evidence], None], str]] = [
    (lost_after_it_was_told, "is not in the journal"),
    (changed_after_it_was_told, "is another in the journal"),
    (told_of_two_requests, "the answer to two requests"),
    (in_the_journal_twice, "in the journal twice"),
    (nobody_was_told, "nobody was told of it"),
    (rung_twice, "1 were rung"),
    (paid_twice, "[250] was taken"),
    (a_gap_in_the_sequence, "goes from 3 to 5"),
    (a_gap_in_the_receipts, "goes from receipt 1 to TILL-1-000007"),
    (given_back_too_much, "given back more"),
    (applied_twice, "2 times"),
    (never_delivered, "in the journal only"),
    (another_at_the_webhook, "another than in the journal"),
    (a_signature_not_accepted, "accepted no signature"),
    (out_of_order, "the webhook had record 3 of till-1 before its 2"),
    (the_refund_first, "before its sale"),
    (two_orders, "Square has TILL-1-000001"),
    (an_order_left_open, "Square has TILL-1-000001"),
    (an_order_of_another_total, "Square has TILL-1-000001"),
    (an_order_paid_twice, "Square has TILL-1-000001"),
    (an_order_of_nothing, "sales that the journal has not"),
    (orders_out_of_order, "Square had record 3 of till-1 before its 1"),
    (refunded_twice, "back 2 times"),
    (never_refunded, "given 0 back"),
    (a_refund_of_nothing, "refunds that the journal has not"),
    (refused_by_a_cloud, "parked at square: no such item"),
    (on_paper_twice, "2 times on the paper"),
    (printed_and_not_on_paper, "is printed, and 0 times"),
    (not_printed_and_on_paper, "is not_printed, and 1 times"),
    (two_jobs, "2 print jobs"),
    (paper_without_a_job, "no job says so"),
    (kicked_twice, "2 pulses"),
    (opened_without_a_pulse, "0 pulses"),
    (an_opening_left_in_the_middle, "never brought to its end"),
    (an_opening_without_a_kick, "1 openings in the journal and 0 kicks"),
]


@pytest.mark.parametrize(("plant", "seen"), PLANTED, ids=lambda one: getattr(one, "__name__", ""))
def test_what_does_not_hold_is_seen(plant: Callable[[Evidence], None], seen: str) -> None:
    it = copy.deepcopy(world())
    plant(it)
    assert any(seen in violation for violation in judge(it).violations), judge(it).violations


@pytest.mark.parametrize("plant", [applied_twice, two_orders, refunded_twice])
def test_double_effects_are_counted_each(plant: Callable[[Evidence], None]) -> None:
    it = copy.deepcopy(world())
    plant(it)
    assert judge(it).double_effects == 1


@pytest.mark.parametrize("plant", [out_of_order, orders_out_of_order])
def test_order_violations_are_counted_each(plant: Callable[[Evidence], None]) -> None:
    it = copy.deepcopy(world())
    plant(it)
    assert judge(it).order_violations == 1


def test_what_the_agent_says_of_squares_total_is_taken_into_account() -> None:
    it = copy.deepcopy(world())
    an_order_of_another_total(it)
    it.square["payments"][0][1] = 479
    assert judge(replace(it, drift={"sale-1": -1})).violations == []


@pytest.mark.parametrize("forgets", [False, True])
def test_the_receiver_takes_one_record_or_an_array_and_each_once(*, forgets: bool) -> None:
    receiver = Receiver(forgets)
    one, two = body_of(sale(1, 1)), body_of(sale(2, 2))
    receiver.take("sale-1", one)
    receiver.take("a batch", [one, two])
    receiver.take("a batch", [one, two])
    assert receiver.posts == 3
    assert receiver.effects == ({"sale-1": 3, "sale-2": 2} if forgets else {"sale-1": 1, "sale-2": 1})
    assert receiver.repeats == (0 if forgets else 3)


def test_one_record_is_told_from_its_repeat_by_the_key_it_came_under() -> None:
    receiver = Receiver()
    receiver.take("sale-1", body_of(sale(1, 1)))
    receiver.take("another key", body_of(sale(1, 1)))
    assert receiver.effects == {"sale-1": 2}
