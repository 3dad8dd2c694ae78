"""What nobody asks for: a till whose disk failed sells on by itself, and what has served goes when nobody writes."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from agent import upkeep
from agent.api.bodies import NewTender
from outbox import chain, retention
from outbox.answers import Key
from outbox.errors import JournalDamaged, JournalUnclear
from tests.agent.store import Clock, Shop, opened
from tests.outbox.failing_disk import damage, fail

if TYPE_CHECKING:
    from pathlib import Path


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
    assert records == ["shift_open", "sale", "drawer"]
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


async def test_a_disk_that_opens_and_cannot_be_read_yet_is_tried_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "stillopen.upkeep")
    left, fails = shop.app.kicks.left, [sqlite3.OperationalError("disk I/O error")] * 3

    def read() -> list[tuple[str, str]]:
        if fails:
            raise fails.pop()
        return left()

    monkeypatch.setattr(shop.app.kicks, "left", read)
    sale = await paid(shop)
    fail(shop.app.journal, "lost", "lost")
    with pytest.raises(JournalUnclear):
        await shop.app.closing.complete(sale["id"], key=None)
    await selling(shop)
    assert not fails
    assert caplog.text.count("disk I/O error. It is tried again") == 1
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
    assert "copy the newest backup" in shop.app.status()["fault"]


async def failed(shop: Shop) -> None:
    """Stop selling, and keep it stopped for a while."""
    fail(shop.app.journal, "lost", "lost")
    with pytest.raises(JournalUnclear):
        await shop.app.ringing.open_sale("till-2", key=None)


async def test_how_a_receipt_and_a_drawer_ended_meanwhile_is_written_down_afterwards(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "REOPEN_FIRST_S", 1.0)
    monkeypatch.setattr(upkeep, "REOPEN_MAX_S", 1.0)
    await shop.connected()
    shop.printer.paper_out_at = shop.printer.printed + 200  # in mid-receipt
    record = await shop.sold("MUG", "TEA", "APPLES")
    await shop.until(lambda: any(event["reason"] == "waiting for paper" for event in shop.told("print")))
    await shop.until(lambda: shop.told("drawer"))
    await failed(shop)
    shop.printer.paper_out_at = None
    shop.printer.load_paper()
    await shop.until(lambda: shop.app.prints._ended)
    assert shop.print_state(record)[0] == "pending"  # it is on the paper, and not yet on the disk
    await selling(shop)
    assert await shop.ended(record) == "printed"
    await shop.until(lambda: not shop.app.prints._ended)
    assert len(shop.printer.receipts) == 1


async def test_a_drawer_that_opened_meanwhile_is_written_down_as_opened(shop: Shop) -> None:
    await shop.connected()
    app = shop.app
    kicks: list[Any] = []

    async def kick() -> None:
        record = (await app.closing.no_sale("till-1", "change", key=None)).body
        kicks.append(record["id"])
        fail(app.journal, "lost", "lost")  # the next to write is the drawer itself, saying how it ended

    await kick()
    await shop.until(lambda: app.journal.fault)
    await selling(shop)
    (told,) = await shop.until(lambda: shop.told("drawer"))
    assert (told["record_id"], told["state"]) == (kicks[0], "opened")
    assert app.journal.reader.execute("select state from kick").fetchall() == [("opened",)]


async def test_a_job_marked_as_begun_of_which_nothing_was_sent_is_printed_after_all(shop: Shop) -> None:
    await shop.connected()
    shop.printer.run_out_of_paper()
    record = await shop.sold("MUG")
    await shop.until(lambda: shop.print_state(record)[1])
    await shop.until(lambda: shop.told("drawer"))
    await shop.app.journal.write(lambda tx: tx.execute("update print_job set state = 'sending'").close())
    await failed(shop)  # as if that mark were kept of a commit of which nobody knew
    shop.printer.load_paper()
    await selling(shop)
    assert await shop.ended(record) == "printed"
    assert len(shop.printer.receipts) == 1


async def test_front_ends_are_those_that_the_disk_knows(shop: Shop) -> None:
    pairings = shop.app.door.pairings
    kept, secret = await pairings.add("program", "a scale")
    fail(shop.app.journal, "kept", "kept")
    with pytest.raises(JournalUnclear):
        await pairings.add("program", "never told its secret")
    await selling(shop)
    assert sorted(pairing.name for pairing in pairings.all()) == ["a scale", "never told its secret"]
    fail(shop.app.journal, "lost", "lost")
    with pytest.raises(JournalUnclear):
        await pairings.remove(kept.id)
    assert pairings.find(secret) is None
    await selling(shop)
    assert pairings.find(secret) is None  # shut out, whatever the disk says
    assert kept.id in {pairing.id for pairing in pairings.all()}  # and it says so
    await pairings.remove(kept.id)
    assert [pairing.name for pairing in pairings.all()] == ["never told its secret"]


async def test_a_log_that_only_grows_is_said_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "stillopen.upkeep")
    look = shop.app.upkeep.look_at_log
    look()
    assert shop.app.status()["journal"] == {"log_bytes": shop.app.journal.log_bytes, "alarm": None}
    monkeypatch.setattr(upkeep, "LOG_BYTES_MAX", 1)
    await shop.sale()
    look()
    look()
    alarm = shop.app.status()["journal"]["alarm"]
    assert "database viewer" in alarm
    assert caplog.text.count("Alarm:") == 1
    monkeypatch.undo()
    look()
    assert shop.app.status()["journal"]["alarm"] is None
    assert "small again" in caplog.text


async def test_what_has_served_goes_when_nobody_writes(tmp_path: Path) -> None:
    clock = Clock()
    async with opened(tmp_path, clock=clock) as shop:
        sale = (await shop.app.ringing.open_sale("till-1", key=Key("local", "1", "x"))).body
        clock.forward(days=60)
        slept: list[float] = []

        async def sleep(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 2:  # somebody rings meanwhile: it is put off again
                await shop.app.ringing.open_sale("till-1", key=Key("local", "2", "y"))
            await asyncio.sleep(0.01)

        monkey = shop.app.upkeep
        monkey._sleep = sleep
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(upkeep, "QUIET_S", 0.1)
            assert await monkey.prune() == 1
        assert len(slept) > 10
        keys = [row[0] for row in shop.app.journal.reader.execute("select key from answer").fetchall()]
        assert keys == ["2"]
        assert shop.app.tills.view("till-1")["sale"]["id"] == sale["id"]
        with pytest.MonkeyPatch.context() as patch:  # a store that never rests waits no longer than that
            patch.setattr(upkeep, "QUIET_S", 1e9)
            patch.setattr(upkeep, "QUIET_WAIT_S", 1.0)
            del slept[:]
            assert await monkey.prune() == 0
            assert set(slept) == {upkeep.QUIET_LOOK_S}


async def test_a_disk_that_fails_or_a_bug_puts_clearing_away_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "stillopen.upkeep")
    async with opened(tmp_path) as shop:
        naps = 0

        async def sleep(_: float) -> None:
            nonlocal naps
            naps += 1
            if naps == 2:
                monkeypatch.setattr(retention, "DUTIES", ({}, *retention.DUTIES))  # a bug
            if naps == 3:
                monkeypatch.setattr(retention, "DUTIES", retention.DUTIES[1:])
                await shop.app.journal.close()
                shop.app.journal._writer.fault = JournalUnclear("the disk failed", hint="Wait.")
            if naps == 4:
                raise asyncio.CancelledError
            await asyncio.sleep(0)

        shop.app.upkeep._sleep = sleep
        monkeypatch.setattr(upkeep, "QUIET_S", 0.0)
        with pytest.raises(asyncio.CancelledError):
            await shop.app.upkeep._prune_for_ever()
    assert naps == 4
    assert "A fault while clearing away" in caplog.text
    assert "cleared away later: the disk failed" in caplog.text
