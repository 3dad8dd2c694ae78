"""Devices tried through the agent that has them: what it says, what somebody saw, and a scan that rings nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from agent.cli.running import RunningAgent
from agent.setup.dialogue import Back, Dialogue, Ended
from agent.setup.tries import try_all
from tests.api.shop import APPLE, Shop, open_shop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path) as opened:
        yield opened


def asked(shop: Shop) -> RunningAgent:
    return RunningAgent("127.0.0.1", shop.server.port, shop.token)


async def tried(shop: Shop, *lines: str, only: list[str] | None = None) -> tuple[list[dict[str, Any]], list[str]]:
    said: list[str] = []
    answers = iter([f"{line}\n" for line in lines])
    to = Dialogue(lambda: next(answers, ""), said.append)
    return await asyncio.to_thread(try_all, asked(shop), to, only=only), said


async def test_somebody_says_what_they_saw(shop: Shop) -> None:
    done, said = await tried(shop, "y", "y", "y", "n", "y", "n", "n", "n")
    assert [(one["device"], one["outcome"]) for one in done] == [
        ("receipt", "works"), ("drawer", "fails"), ("counter", "left out")
    ]  # fmt: skip
    assert any("pin = 5" in line for line in said)
    assert len(shop.printer.receipts) == 1
    async with asyncio.timeout(20):
        while len(shop.printer.kicks) < 2:  # once more, as soon as its solenoid may
            await asyncio.sleep(0.01)


async def test_a_scan_that_is_tried_is_echoed_and_rings_nothing(shop: Shop) -> None:
    trying = asyncio.create_task(tried(shop, "y", only=["counter"]))
    async with asyncio.timeout(20):
        while (claim := shop.app.claims.of("counter")) is None or not claim.connections:
            await asyncio.sleep(0.01)
        await shop.scanner.scan(APPLE)
        ((one,), said) = await trying
        assert (one["outcome"], one["said"]) == ("works", f"it read {APPLE!r}")
        assert any("Scan something" in line for line in said)
        while shop.app.claims.of("counter") is not None:  # it goes with its connection
            await asyncio.sleep(0.01)
    assert shop.app.tills.view("till-1")["sale"] is None


async def test_a_test_receipt_is_waited_for_until_it_is_out(shop: Shop) -> None:
    await asyncio.to_thread(shop.printer.open_cover)
    job = asyncio.create_task(asyncio.to_thread(try_all, asked(shop), None, only=["receipt"]))
    async with asyncio.timeout(20):
        while not shop.app.journal.reader.execute("select 1 from print_job").fetchone():
            await asyncio.sleep(0.01)
        shop.printer.close_cover()
        assert (await job)[0]["outcome"] == "works"  # it waited for its cover


async def test_who_goes_back_or_away_ends_the_tries(shop: Shop) -> None:
    with pytest.raises(Back):
        await tried(shop, "<")
    with pytest.raises(Ended):
        await tried(shop)
