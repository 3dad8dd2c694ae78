"""The same day with the keyboard alone: its morning here, all of it with `make day KEYS=1`."""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.day import day, morning
from tests.pages.browser import executable
from tests.soak.store import free_port

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(executable() is None, reason="no Chromium here; scripts/chromium finds or installs one"),
    pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX"),
]


@pytest.mark.skipif(
    "STILLOPEN_KEYBOARD_DAY" not in os.environ, reason="set STILLOPEN_KEYBOARD_DAY=1 or run `make day KEYS=1`"
)
async def test_a_whole_day_with_the_keyboard_alone(tmp_path: Path) -> None:
    async with day.opened(tmp_path, port=free_port(Random()), keys_alone=True) as desk:
        await day.walk(desk)


async def test_staff_is_set_up_the_float_counted_and_the_first_served_by_keys_alone(tmp_path: Path) -> None:
    async with day.opened(tmp_path, port=free_port(Random()), keys_alone=True) as desk:
        await day.begin(desk)
        for sale in morning.SALES:
            await day.serve(desk, sale)
