"""One receipt against what a cloud has under its mark: every verdict, and none that is kinder than the truth."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outbox.books import Entry, Standing
from outbox.reconcile import GOOD, Expected, Verdict, compared, strangers
from tests.clouds.records import line, sale
from tests.reconcile.books_of import entry

SALE = sale([line("mug", 100)])
DELIVERED = Expected(SALE, 100, "delivered", "R-1")
HERE = entry(SALE.id)
THERE = replace(HERE, remote_id="R-2")


@pytest.mark.parametrize(
    ("one", "entries", "verdict", "says"),
    [
        (DELIVERED, [HERE], Verdict.MATCHES, ""),
        (DELIVERED, [replace(HERE, total=60, part="1"), replace(THERE, total=40, part="2")], Verdict.MATCHES, ""),
        (DELIVERED, [replace(HERE, total=90)], Verdict.DIFFERS, "0.10 EUR less there"),
        (DELIVERED, [replace(HERE, total=1100)], Verdict.DIFFERS, "10.00 EUR more there"),
        (replace(DELIVERED, drift=-1), [replace(HERE, total=99)], Verdict.DIFFERS, "as when it was delivered"),
        (
            replace(DELIVERED, drift=-1, settled="known"),
            [replace(HERE, total=99)],
            Verdict.DIFFERS,
            "ticked off: known",
        ),
        (replace(DELIVERED, drift=-100), [], Verdict.DIFFERS, "nothing of it is there, as when it was delivered"),
        (DELIVERED, [replace(HERE, currency="USD")], Verdict.DIFFERS, "it is in USD there, and in EUR here"),
        (DELIVERED, [replace(HERE, total=None)], Verdict.NOT_COMPARED, "does not say what it comes to"),
        (DELIVERED, [HERE, THERE], Verdict.DOUBLED, "it is there twice"),
        (DELIVERED, [HERE, THERE, replace(HERE, remote_id="R-3")], Verdict.DOUBLED, "it is there 3 times"),
        (DELIVERED, [HERE, replace(THERE, standing=Standing.CANCELLED)], Verdict.MATCHES, ""),
        (DELIVERED, [replace(HERE, standing=Standing.OPEN)], Verdict.UNFINISHED, "not completed"),
        (DELIVERED, [replace(HERE, standing=Standing.CANCELLED)], Verdict.CANCELLED, "cancelled there"),
        (DELIVERED, [replace(HERE, chain=SALE.hash.hex())], Verdict.MATCHES, ""),
        (
            DELIVERED,
            [replace(HERE, chain="0f" * 32)],
            Verdict.REWRITTEN,
            "somebody changed this record or one before it",
        ),
        (DELIVERED, [], Verdict.MISSING, "it was taken as R-1 and is not there now"),
        (replace(DELIVERED, settled="entered by Ada"), [], Verdict.BY_HAND, "entered by Ada"),
        (replace(DELIVERED, settled="entered by Ada"), [HERE], Verdict.MATCHES, ""),
        (replace(DELIVERED, state="waiting", trouble="no line"), [], Verdict.WAITING, "no line"),
        (replace(DELIVERED, state="sending"), [HERE], Verdict.WAITING, "it is there already"),
        (replace(DELIVERED, state="parked", trouble="no such item"), [], Verdict.PARKED, "no such item"),
        (replace(DELIVERED, state="parked"), [HERE], Verdict.PARKED, "and yet it is there"),
        (replace(DELIVERED, state=None), [], Verdict.NEVER_QUEUED, "before this cloud was configured"),
    ],
)
def test_a_receipt_and_what_is_there(one: Expected, entries: list[Entry], verdict: Verdict, says: str) -> None:
    found = compared(one, entries)

    assert found.verdict is verdict
    assert says in found.why
    assert bool(found.why) is not found.is_good


def test_a_cloud_that_was_not_heard_or_cannot_be_asked_is_never_said_to_match() -> None:
    assert compared(DELIVERED, [], heard=False).verdict is Verdict.NOT_COMPARED
    assert compared(DELIVERED, [], askable=False).verdict is Verdict.TAKEN
    by_hand = replace(DELIVERED, remote_id=None, settled="entered by Ada")
    assert compared(by_hand, [], askable=False).verdict is Verdict.BY_HAND  # it never took this one
    assert compared(replace(DELIVERED, state="waiting"), [], heard=False).verdict is Verdict.WAITING
    assert compared(replace(DELIVERED, state="parked"), [], askable=False).verdict is Verdict.PARKED
    assert compared(replace(DELIVERED, state=None), [], askable=False).verdict is Verdict.NEVER_QUEUED


ENTRIES = st.lists(
    st.builds(
        entry,
        st.just(SALE.id),
        st.one_of(st.none(), st.integers(0, 200)),
        remote_id=st.sampled_from(["R-1", "R-2", "R-3"]),
        part=st.sampled_from(["", "1", "2"]),
        standing=st.sampled_from(Standing),
        currency=st.sampled_from(["EUR", "USD", None]),
    ),
    max_size=4,
)


@given(ENTRIES, st.sampled_from(["waiting", "sending", "delivered", "parked", None]), st.integers(-3, 3))
def test_good_is_said_only_of_what_is_there_once_with_its_amount(
    entries: list[Entry], state: str | None, drift: int
) -> None:
    found = compared(replace(DELIVERED, state=state, drift=drift), entries)

    if found.verdict in GOOD:
        counted = [one for one in entries if one.standing is Standing.BOOKED]
        assert state in ("delivered", None)
        assert sum(one.total or 0 for one in counted) == 100
        assert all(one.total is not None and one.currency in ("EUR", None) for one in counted)
        assert len({one.part for one in counted}) == len(counted)
    else:
        assert found.why


def test_a_stranger_bears_a_number_of_a_till_of_ours_and_is_said_once() -> None:
    mine = entry("lost", receipt_number="TILL-1-000007")
    others = [
        entry(None, receipt_number=None),  # an online order
        entry("known", receipt_number="TILL-1-000001"),
        entry("elsewhere", receipt_number="TILL-11-000007"),  # another PC's till
        entry("unnumbered", receipt_number=None),
    ]

    assert strangers([mine, mine, *others], {"known"}, {"till-1"}) == [mine]
