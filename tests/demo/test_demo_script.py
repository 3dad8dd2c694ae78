"""Stopping the script that works the demo's printer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from agent.demo import shop
from agent.demo.world import World
from drivers.simulated.script import shipped_scripts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.bench.add(shop.PRINTER, made.faults.cable)
    return made


async def test_whoever_is_stopped_while_a_script_is_stopped_is_stopped(world: World) -> None:
    await world.faults.play(next(iter(shipped_scripts())))
    stopping = asyncio.create_task(world.faults.stop())
    await asyncio.sleep(0)  # it waits for the script
    stopping.cancel()
    await asyncio.wait({stopping})
    assert stopping.cancelled()
    await world.stop()
    assert world.faults.view()["script"] is None
