"""Drawers that live on the loop alone are tested in virtual time: their waits take none, and are never too short."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.drivers.virtual_time import VirtualTimeLoop

if TYPE_CHECKING:
    from collections.abc import Callable


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Give virtual time to the tests that ask for it by `on_the_bench`, and the real loop to all others."""
    on_the_bench = "on_the_bench" in getattr(item, "fixturenames", ())
    return {"virtual": VirtualTimeLoop} if on_the_bench else {"real": asyncio.new_event_loop}


@pytest.fixture
def on_the_bench() -> None:
    """Mark a test whose drawer is on the bench."""
