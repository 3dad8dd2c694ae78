"""What a monitoring system is told of updates: what lies ready, what was not taken, what cannot be brought."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from agent.api import metrics
from agent.update import ledger
from agent.update.ledger import Ending, Ledger, Staged
from tests.api.shop import open_shop
from tests.update.test_update_desk import Store

if TYPE_CHECKING:
    from pathlib import Path

AT = "2026-11-21T12:00:00+00:00"
READY = Staged("1.1.0", "1.1.0", 1.0, "")


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (Ledger(), ("0", "0")),
        (Ledger(staged=READY, last=Ending("staged", "1.1.0", AT)), ("1", "0")),
        (Ledger(last=Ending("refused", "1.1.0", AT, "it was not well")), ("0", "1")),
        (Ledger(last=Ending("interrupted", "1.1.0", AT, "the power went")), ("0", "1")),
        (Ledger(last=Ending("installed", "1.1.0", AT)), ("0", "0")),
    ],
)
async def test_what_lies_ready_and_what_was_not_taken_is_told(
    tmp_path: Path, known: Ledger, said: tuple[str, str]
) -> None:
    store = Store(tmp_path)
    ledger.settle(store.place.own, known)
    async with open_shop(tmp_path) as shop:
        assert "stillopen_update{" not in (await shop.client.get("/metrics")).text  # a checkout has no updates
        shop.app.update = store.desk(store.place)
        lines = metrics.text(metrics.figures(shop.app, datetime.now(UTC))).splitlines()
    assert f'stillopen_update{{what="staged"}} {said[0]}' in lines
    assert f'stillopen_update{{what="refused"}} {said[1]}' in lines
    assert 'stillopen_update{what="trouble"} 0' in lines


async def test_a_source_that_does_not_answer_is_told(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.fetches({"detail": "nobody is there", "hint": "look at the line"})
    async with open_shop(tmp_path) as shop:
        shop.app.update = store.desk(store.place)
        await shop.app.update.look()
        lines = metrics.text(metrics.figures(shop.app, datetime.now(UTC))).splitlines()
    assert 'stillopen_update{what="trouble"} 1' in lines
