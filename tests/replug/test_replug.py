"""A short part of `make replug`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.replug.campaign import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs pseudo-terminals and /proc")
async def test_plugs_pulled_at_random_leave_nothing_behind_and_nothing_twice(tmp_path: Path) -> None:
    found = await run(tmp_path, times=7, seed=7, warm_up=3)
    assert found.violations == []
    assert found.scans > 10
