"""`stillopen devices --test`, and the page's button, for a scanner: to scan something, or what is the matter."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from agent.app import App
from agent.config import load
from agent.problem import Problem
from drivers.device import DeviceState
from drivers.simulated.bench import Bench
from tests.api.shop import CONFIG, open_shop

if TYPE_CHECKING:
    from pathlib import Path

WAIT_S = 10.0


async def test_one_that_is_there_says_to_scan_something(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        async with asyncio.timeout(WAIT_S):
            while shop.app.devices.scanners["counter"].view.state is not DeviceState.READY:
                await asyncio.sleep(0.01)
        answer = shop.body(await shop.client.post("/v1/devices/counter/test"))
        assert "Scan something" in answer["next"]


async def test_one_that_is_being_opened_for_the_first_time_says_so_and_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "stillopen.toml"
    file.write_text(CONFIG, "utf-8")
    app = App(load(file), tmp_path / "state", bench=Bench())  # it does not run: nothing was tried yet
    with pytest.raises(Problem) as refused:
        await app.test_device("counter")
    assert refused.value.code == "device-lost"
    assert "None" not in refused.value.detail
    assert "not connected yet. Look at" in refused.value.detail
