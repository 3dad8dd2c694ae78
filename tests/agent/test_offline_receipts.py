"""A receipt that is made while no cloud can be reached says so, and its copy years later says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.staff.by import OF_ITSELF
from tests.agent.store import CONFIG, opened
from tests.agent.test_training import CLOUD

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


async def test_a_receipt_says_that_it_was_made_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKS_SECRET", "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    async with opened(tmp_path, config=CONFIG + CLOUD) as shop:
        await shop.app.offline.hold(None, "the line is down", by=OF_ITSELF, key=None)
        assert shop.app.line.is_out()
        record = await shop.sold("TEA", card=True)
        assert record["offline"] is True
        assert await shop.ended(record) == "printed"
        await shop.app.offline.release(None, None, by=OF_ITSELF, key=None)
        await shop.app.records.print_copy(record["receipt_number"], key=None)
        papers = await shop.until(lambda: list(shop.printer.receipts)[1:] and list(shop.printer.receipts))
        assert [b"Offline erstellt" in paper.text for paper in papers] == [True, True]


async def test_a_store_with_no_cloud_is_never_offline(tmp_path: Path) -> None:
    async with opened(tmp_path) as shop:
        assert "offline" not in await shop.sold("TEA", card=True)
