"""A short part of `make replug`, in a process of its own: what other tests left behind is not counted."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs pseudo-terminals and /proc")
async def test_plugs_pulled_at_random_leave_nothing_behind_and_nothing_twice() -> None:
    campaign = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.replug", "--times", "7", "--seed", "7"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await campaign.communicate()
    assert campaign.returncode == 0, said.decode()
    assert said.endswith(b" 0 violations\n")
