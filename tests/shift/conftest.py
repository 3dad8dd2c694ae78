from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.agent.store import Shop, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with opened(tmp_path) as running:
        yield running
