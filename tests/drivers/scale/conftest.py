"""Scales on the bench are tested in virtual time: their waits take none, and are never too short."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.drivers.virtual_time import VirtualTimeLoop

if TYPE_CHECKING:
    from collections.abc import Callable


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Give the real loop to the tests that ask for it by `real_time`, and virtual time to all others."""
    real = "real_time" in getattr(item, "fixturenames", ())
    return {"real": asyncio.new_event_loop} if real else {"virtual": VirtualTimeLoop}


@pytest.fixture
def real_time() -> None:
    """Mark a test whose scale is at the end of a socket or a tty."""
