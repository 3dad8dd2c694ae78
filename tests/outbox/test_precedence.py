"""What somebody stands waiting for goes before what nobody does, and the latter still gets its turns."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from outbox.errors import JournalUnclear
from outbox.precedence import STANDS_BACK, Precedence
from outbox.writer import Writer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path


@pytest.fixture
async def writer(tmp_path: Path) -> AsyncIterator[Writer]:
    writer = Writer(tmp_path / "journal.db")
    await writer.open()
    yield writer
    await writer.close()


def noting(order: list[str], name: str) -> Callable[[sqlite3.Connection], None]:
    return lambda _: order.append(name)


async def settled() -> None:
    """Let everything run that is ready."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_nobody_waiting_delays_nobody() -> None:
    precedence = Precedence()
    turn = precedence.turn()
    with pytest.raises(StopIteration):
        turn.send(None)  # it ended at its first step: nothing was waited for


async def test_what_nobody_waits_for_stands_back_until_who_waits_is_told() -> None:
    precedence = Precedence()
    with precedence.ahead():
        behind = asyncio.create_task(precedence.turn())
        with precedence.ahead():
            await settled()
        await settled()
        assert precedence.taken
        assert not behind.done()
    async with asyncio.timeout(10):
        await behind
    assert not precedence.taken


async def test_where_somebody_always_waits_the_others_get_through_one_by_one_in_order() -> None:
    precedence, through = Precedence(), []

    async def behind(number: int) -> None:
        await precedence.turn()
        through.append(number)

    with precedence.ahead():
        tasks = [asyncio.create_task(behind(number)) for number in range(3)]
        for number in range(3):
            for _ in range(STANDS_BACK):
                await settled()
                assert through == list(range(number))
                precedence.come()
                precedence.committed()
                precedence.go()
            await settled()
            assert through == list(range(number + 1))
        await asyncio.gather(*tasks)


async def test_a_gap_that_closed_again_at_once_is_none() -> None:
    precedence = Precedence()
    with ExitStack() as first:
        first.enter_context(precedence.ahead())
        behind = asyncio.create_task(precedence.turn())
        await settled()
        first.close()
        with precedence.ahead():  # sale after sale: it came back before anybody else had a turn
            await settled()
            assert not behind.done()
        async with asyncio.timeout(10):
            await behind


async def test_a_change_nobody_waits_for_goes_after_those_that_somebody_does(writer: Writer) -> None:
    order: list[str] = []
    with writer.precedence.ahead():
        behind = asyncio.create_task(writer.write(noting(order, "behind"), behind_rows=1))
        await settled()
        await writer.write(noting(order, "sale"))
    async with asyncio.timeout(10):
        await behind
    assert order == ["sale", "behind"]


async def test_a_change_that_is_asked_for_stands_somebody_waiting_until_it_is_told(writer: Writer) -> None:
    asked = writer.submit(lambda _: None)
    assert writer.precedence.taken
    await asked
    assert not writer.precedence.taken


async def test_one_that_fails_no_longer_stands_waiting(writer: Writer) -> None:
    def fails(_: sqlite3.Connection) -> None:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - it is this very one
        await writer.write(fails)
    assert not writer.precedence.taken


async def test_given_up_while_it_stands_back_from_a_journal_that_stopped_it_is_given_up(writer: Writer) -> None:
    with writer.precedence.ahead():
        behind = asyncio.create_task(writer.write(lambda _: None, behind_rows=1))
        await settled()
        writer.stop(JournalUnclear("the disk failed", hint="Wait."))
        behind.cancel()
        await asyncio.wait([behind])
    assert behind.cancelled()


async def test_given_up_while_it_stands_back_it_is_made_all_the_same(writer: Writer) -> None:
    order: list[str] = []
    with writer.precedence.ahead():
        behind = asyncio.create_task(writer.write(noting(order, "behind"), behind_rows=1))
        await settled()
        behind.cancel()
        await asyncio.wait([behind])
        await writer.write(noting(order, "sale"))
    assert behind.cancelled()
    await writer.write(noting(order, "later"))
    await writer.write(noting(order, "last"))
    assert sorted(order) == ["behind", "last", "later", "sale"]
