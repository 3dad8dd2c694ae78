"""A cashier's whole day by mouse, keyboard and scanner, in a real Chromium on the real agent: see `day.py`."""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.day import day, evening
from tests.day.features import Feature
from tests.pages.browser import executable
from tests.soak.store import free_port

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(executable() is None, reason="no Chromium here; scripts/chromium finds or installs one"),
    pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX"),
]


async def test_a_whole_day_comes_to_what_the_page_showed(tmp_path: Path) -> None:
    async with day.opened(tmp_path, port=free_port(Random()), keys_alone=False) as desk:
        await day.walk(desk)


def test_forty_customers_use_all_there_is() -> None:
    assert len(day.SALES) >= day.SALES_MIN - 1  # and the exchange in the evening is one more
    named = {feature for one in (*day.SALES, *evening.ACTS) for feature in one.uses}
    at_the_opening = {Feature.FIRST_MANAGER, Feature.STAFF_ADDED, Feature.FLOAT}
    assert named | at_the_opening == set(Feature)
