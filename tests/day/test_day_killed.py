"""The agent killed while somebody sells in the browser: a few times here, a hundred with `make day KILLS=100`."""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.day.day import Browsing
from tests.day.kills import campaign
from tests.day.store import Store
from tests.pages.browser import executable
from tests.soak.store import free_port

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(executable() is None, reason="no Chromium here; scripts/chromium finds or installs one"),
    pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX"),
]

KILLS = 4
SEED = int(os.environ.get("STILLOPEN_SEED", "20261121"))


async def test_no_line_and_no_sale_is_lost_to_a_kill(tmp_path: Path) -> None:
    async with Store(tmp_path, port=free_port(Random()), count_float=False) as store:
        browsing = Browsing(tmp_path / "profile", store)
        try:
            run = await campaign(store, browsing, Random(SEED), KILLS, print)
        finally:
            await browsing.end()
    assert store.kills >= KILLS
    assert sum(run.done.values()) > 0
