"""What every test of a device needs: nothing may be left behind."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drivers.ports import hid, usb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


TURN_S = 0.01  # closing waits for the turn under way, and there is no bus here that turns would load


@pytest.fixture(autouse=True)
def short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let transfers that cannot be cancelled end sooner than on a real bus."""
    monkeypatch.setattr(usb, "TURN_S", TURN_S)
    monkeypatch.setattr(hid, "TURN_S", TURN_S)


@pytest.fixture(autouse=True)
async def nothing_left_behind() -> AsyncIterator[None]:
    """Fail a test that leaves a task, a thread or a descriptor."""
    tasks = asyncio.all_tasks()
    threads = set(threading.enumerate())
    descriptors = _descriptors()
    yield
    left = {task for task in asyncio.all_tasks() - tasks - {asyncio.current_task()} if not task.done()}
    assert not left, f"tasks left behind: {left}"
    for thread in set(threading.enumerate()) - threads:
        thread.join(2.0)
        assert not thread.is_alive(), f"thread left behind: {thread.name}"
    assert _descriptors() <= descriptors, "descriptors left behind"


def _descriptors() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0  # Windows has no such list
