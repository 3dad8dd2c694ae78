"""Deliveries ticked off while their lane runs: nothing of that cloud begins until the last of them is on the disk."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from agent.staff.by import OF_ITSELF
from tests.agent.store import CONFIG, Shop, opened

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncIterator
    from pathlib import Path

CLOUD = """
[[cloud]]
name = "books"
kind = "webhook"
url = "http://127.0.0.1:9/hook"
secret = { env = "BOOKS_SECRET" }
"""


@pytest.fixture
async def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    """A shop with two sales that its cloud has refused."""
    monkeypatch.setenv("BOOKS_SECRET", "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    async with opened(tmp_path, config=CONFIG + CLOUD) as shop:
        for _ in range(2):
            await shop.ended(await shop.sold())
        await shop.app.offline.hold("books", "for the test", by=OF_ITSELF, key=None)
        await shop.until(lambda: shop.app.lanes._couriers["books"]._under_way == {})
        await shop.app.journal.write(
            lambda tx: tx.execute("update delivery set state = 'parked', last_error = 'no such tax'").close()
        )
        await shop.app.offline.release("books", None, by=OF_ITSELF, key=None)
        yield shop


class Gate:
    """Holds the journal's thread in a change of its own, and so whatever is committed with it."""

    def __init__(self) -> None:
        self.reached, self.open = threading.Event(), threading.Event()

    def __call__(self, _: sqlite3.Connection) -> None:
        self.reached.set()
        assert self.open.wait(10)


async def tick_off(shop: Shop, number: int, gate: Gate) -> asyncio.Task[object]:
    """Begin to tick a delivery off, in a commit that ends when the gate is opened."""
    holding = asyncio.create_task(shop.app.journal.write(gate))
    ticking = asyncio.create_task(shop.app.lanes.settle(str(number), "entered by hand", key=None, by=OF_ITSELF))
    await asyncio.sleep(0)  # both are asked for then
    ticking.add_done_callback(lambda _: holding)  # it ends with it
    return ticking


@pytest.mark.parametrize("meanwhile", ["another is through", "it is put back online"])
async def test_nothing_begins_while_another_is_ticked_off(refused: Shop, meanwhile: str) -> None:
    app = refused.app
    numbers = [row[0] for row in app.journal.reader.execute("select id from delivery order by id").fetchall()]
    courier, first, second = app.lanes._couriers["books"], Gate(), Gate()
    try:
        one = await tick_off(refused, numbers[0], first)
        await refused.until(first.reached.is_set)
        other = await tick_off(refused, numbers[1], second)
        assert courier.paused
        first.open.set()
        await one
        if meanwhile == "it is put back online":
            app.lanes.obey()
        assert courier.paused
        assert not other.done()
    finally:
        first.open.set()
        second.open.set()
    await other
    assert not courier.paused


async def test_a_cloud_that_is_held_stays_held(refused: Shop) -> None:
    app = refused.app
    await app.offline.hold("books", "for the test", by=OF_ITSELF, key=None)
    (number,) = app.journal.reader.execute("select min(id) from delivery").fetchone()
    await app.lanes.settle(str(number), "entered by hand", key=None, by=OF_ITSELF)
    assert app.lanes._couriers["books"].paused
