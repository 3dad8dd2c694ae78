"""What nobody asks for: a till whose disk failed sells on by itself, and what has served goes when nobody writes."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest

from agent import upkeep
from agent.api.bodies import NewTender
from outbox import chain
from outbox.answers import Key
from outbox.errors import JournalDamaged, JournalUnclear
from tests.outbox.failing_disk import damage, fail

if TYPE_CHECKING:
    from tests.agent.store import Shop


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what waits for seconds wait for milliseconds."""
    monkeypatch.setattr(upkeep, "REOPEN_FIRST_S", 0.05)
    monkeypatch.setattr(upkeep, "REOPEN_MAX_S", 0.2)


async def paid(shop: Shop) -> dict[str, Any]:
    sale = await shop.sale("MUG")
    await shop.app.ringing.add_tender(sale["id"], NewTender(type="cash", amount=sale["due"]), key=None)
    return sale


async def selling(shop: Shop) -> None:
    await shop.until(lambda: shop.app.status()["selling"])
    await shop.until(lambda: [told["device"]["state"] for told in journal_told(shop)][-1:] == ["ready"])


def journal_told(shop: Shop) -> list[dict[str, Any]]:
    return [event for event in shop.told("device") if event["device"]["kind"] == "journal"]


@pytest.mark.parametrize("ends", [("lost", "lost"), ("kept", "kept")])
async def test_a_sale_the_disk_failed_at_is_sold_once_and_the_till_goes_on_by_itself(
    shop: Shop, ends: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "stillopen")
    await shop.connected()
    sale, key = await paid(shop), Key("local", "complete", "the sale")
    fail(shop.app.journal, *ends)
    with pytest.raises(JournalUnclear):
        await shop.app.closing.complete(sale["id"], key=key)
    status = shop.app.status()
    assert not status["selling"]
    assert "opens the journal again by itself" in status["fault"]
    await selling(shop)
    reply = await shop.app.closing.complete(sale["id"], key=key)
    assert reply.body["receipt_number"] == "TILL-1-000001"
    assert (await shop.app.closing.complete(sale["id"], key=key)).body["id"] == sale["id"]
    records = [record.kind for record in chain.oldest_first(shop.app.journal.reader)]
    assert records == ["sale", "drawer"]
    assert await shop.ended(reply.body) == "printed"
    assert sum(b"TILL-1-000001" in receipt.text for receipt in shop.printer.receipts) == 1
    drawer = await shop.until(lambda: shop.told("drawer"))
    if ends[0] == "kept":  # the record was there, and nobody had told the drawer
        assert [(event["state"], "key" in event["reason"]) for event in drawer] == [("not_opened", True)]
    else:
        assert [event["state"] for event in drawer] == ["opened"]
    assert caplog.text.count("Selling has stopped") == 1
    assert caplog.text.count("Selling goes on, after 1 tries") == 1
    assert [told["device"]["state"] for told in journal_told(shop)] == ["lost", "ready"]


async def test_a_disk_that_stays_away_is_tried_again_and_said_once(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    sale = await paid(shop)
    fail(shop.app.journal, "lost", "lost")
    path = shop.app.journal.path
    away = path.rename(path.with_name("taken away"))
    path.mkdir()
    with pytest.raises(JournalUnclear):
        await shop.app.closing.complete(sale["id"], key=None)
    with caplog.at_level(logging.DEBUG, "stillopen.upkeep"):
        await shop.until(lambda: caplog.text.count("cannot be written yet") >= 3)
    levels = [record.levelname for record in caplog.records if "cannot be written yet" in record.getMessage()]
    assert (levels[0], set(levels[1:])) == ("WARNING", {"DEBUG"})
    assert shop.app.tills.view("till-1")["sale"]["id"] == sale["id"]  # reading goes on
    path.rmdir()
    away.rename(path)
    await selling(shop)
    assert (await shop.app.closing.complete(sale["id"], key=None)).body["receipt_number"] == "TILL-1-000001"


async def test_damage_is_for_a_person_and_nothing_is_tried_any_more(shop: Shop) -> None:
    await shop.sold()
    sale = await paid(shop)
    fail(shop.app.journal, "lost", "lost")
    await asyncio.to_thread(damage, shop.app.journal)
    with pytest.raises(JournalUnclear):
        await shop.app.closing.complete(sale["id"], key=None)
    await shop.until(lambda: isinstance(shop.app.journal.fault, JournalDamaged))
    await shop.until(lambda: "does not hold" in (journal_told(shop)[-1]["device"]["error"] or ""))
    await asyncio.sleep(0.3)
    assert isinstance(shop.app.journal.fault, JournalDamaged)
    assert "put back the newest backup" in shop.app.status()["fault"]
