from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from outbox.journal import Journal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    opened = Journal(tmp_path)
    await opened.open()
    yield opened
    await opened.close()
