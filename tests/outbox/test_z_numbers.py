"""Z numbers have no gap per till, and `journal verify` names the first that has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from outbox import chain
from outbox.record import Kind
from tests.outbox.facts import draft, write

if TYPE_CHECKING:
    from outbox.journal import Journal

Number = int | None


async def closed(journal: Journal, *numbers: Number, till: str = "till-1") -> None:
    for number in numbers:
        body: dict[str, Any] = {} if number is None else {"z_number": number}
        await write(journal, draft(Kind.SHIFT_CLOSE, till=till, **body))


@pytest.mark.parametrize(
    ("numbers", "fault"),
    [
        ((1, 2, 3), None),
        ((None, None, 3, 4), None),  # closings of before they were numbered
        ((1, 3), "from Z 1 to 3"),
        ((2,), "from Z 0 to 2"),
        ((1, 2, 2), "from Z 2 to 2"),
        ((None, 1), "from Z 1 to 1"),
    ],
)
async def test_a_gap_in_the_z_numbers_is_named(
    journal: Journal, numbers: tuple[Number, ...], fault: str | None
) -> None:
    await closed(journal, *numbers)
    broken = chain.verify(journal.reader).broken
    assert fault is None if broken is None else fault is not None and fault in broken.reason


@pytest.mark.parametrize(
    ("numbers", "last", "holds"), [((1, 2, 3), 2, True), ((1, 3, 4), 2, True), ((1, 2, 4), 2, False)]
)
async def test_of_the_newest_alone_what_was_before_is_not_asked(
    journal: Journal, numbers: tuple[int, ...], last: int, *, holds: bool
) -> None:
    await closed(journal, *numbers)
    assert (chain.verify(journal.reader, last=last).broken is None) is holds


async def test_old_closings_among_the_newest_have_no_number_to_follow(journal: Journal) -> None:
    await closed(journal, None, None, None, 4)
    assert chain.verify(journal.reader, last=2).broken is None


async def test_a_tills_own_records_come_in_order_from_any_of_them(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "PAGE", 2)
    for till in ("a", "b", "a", "a", "b", "a"):
        await write(journal, draft(Kind.DRAWER, till=till))
    assert [one.till_seq for one in chain.of_till(journal.reader, "a", after=1)] == [2, 3, 4]
    assert [one.till for one in chain.of_till(journal.reader, "b", after=0)] == ["b", "b"]
