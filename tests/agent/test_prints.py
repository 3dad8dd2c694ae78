"""A receipt's way, as the cashier sees it: every end its own, nothing printed twice, no sale held up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from agent import print_jobs
from agent.api.bodies import PrintJob
from agent.problem import Problem
from drivers.simulated.printer import SimulatedPrinter
from tests.agent.store import Shop, opened

if TYPE_CHECKING:
    from pathlib import Path


def copies(shop: Shop, record: dict[str, Any]) -> int:
    return sum(record["receipt_number"].encode() in receipt.text for receipt in shop.printer.receipts)


async def test_a_receipt_is_printed_when_the_printer_says_so(shop: Shop) -> None:
    record = await shop.sold("MUG", "TEA")
    assert record["print"] == "pending"
    assert await shop.ended(record) == "printed"
    assert copies(shop, record) == 1
    last = await shop.until(lambda: [event for event in shop.told("print") if event["state"] != "pending"])
    last = last[-1]
    assert (last["state"], last["record_id"], last["printer"]) == ("printed", record["id"], "receipt")


async def test_a_printer_out_of_paper_holds_up_no_sale_and_prints_when_it_has_some(shop: Shop) -> None:
    await shop.connected()
    shop.printer.run_out_of_paper()
    first, second = await shop.sold(), await shop.sold("TEA")
    await shop.until(lambda: shop.print_state(first)[1])
    assert shop.print_state(first) == ("pending", "the printer is out of paper")
    await shop.until(lambda: shop.told("print") and shop.told("print")[-1]["hint"])
    assert not shop.printer.receipts
    shop.printer.load_paper()
    assert [await shop.ended(first), await shop.ended(second)] == ["printed", "printed"]
    assert [copies(shop, first), copies(shop, second)] == [1, 1]


async def test_paper_that_ends_in_mid_receipt_is_waited_for_and_not_printed_again(shop: Shop) -> None:
    await shop.connected()
    shop.printer.paper_out_at = shop.printer.printed + 200
    record = await shop.sold("MUG", "TEA", "APPLES")
    await shop.until(lambda: any(event["reason"] == "waiting for paper" for event in shop.told("print")))
    assert shop.print_state(record)[0] == "pending"
    shop.printer.paper_out_at = None
    shop.printer.load_paper()
    assert await shop.ended(record) == "printed"
    assert copies(shop, record) == 1


async def test_an_open_cover_is_said_and_waited_for(shop: Shop) -> None:
    await shop.connected()
    shop.printer.open_cover()
    record = await shop.sold()
    await shop.until(lambda: shop.print_state(record)[1])
    assert shop.print_state(record) == ("pending", "the printer's cover is open")
    shop.printer.close_cover()
    assert await shop.ended(record) == "printed"


async def test_power_lost_in_mid_receipt_is_unknown_and_stays_so(shop: Shop) -> None:
    await shop.connected()
    shop.printer.power_off_at = shop.printer.taken + 250
    record = await shop.sold("MUG", "TEA", "APPLES")
    assert await shop.ended(record) == "unknown"
    shop.printer.power_off_at = None
    shop.printer.power_on()
    after = await shop.sold("TEA")
    assert await shop.ended(after) == "printed"
    assert shop.print_state(record)[0] == "unknown"
    assert len(shop.printer.receipts) == 1  # what was printed of the first came out with the second, and no more
    assert shop.printer.receipts[0].text.count(record["receipt_number"].encode()) <= 1


async def test_a_printer_that_is_off_is_waited_for_and_then_given_up(tmp_path: Path) -> None:
    async with opened(tmp_path) as shop:
        shop.bench.unplug("receipt")
        record = await shop.sold()
        await shop.until(lambda: shop.print_state(record)[1])
        assert shop.print_state(record)[0] == "pending"
        shop.clock.forward(seconds=61)
        assert await shop.ended(record) == "not_printed"
        assert "sim://receipt" in (shop.print_state(record)[1] or "")
        shop.bench.plug("receipt")
        copy = await shop.app.records.print_copy(record["receipt_number"], key=None)
        await shop.until(lambda: shop.app.prints.job(copy.body["id"])["state"] == "printed")
        assert b"COPY" in shop.printer.receipts[-1].text
        assert shop.print_state(record)[0] == "not_printed"  # the first receipt never was


async def test_what_was_not_begun_is_printed_after_a_restart_and_what_was_is_unknown(tmp_path: Path) -> None:
    printer = SimulatedPrinter()
    async with opened(tmp_path, printer=printer) as shop:
        shop.bench.unplug("receipt")
        begun, waiting = await shop.sold(), await shop.sold("TEA")
        at = shop.clock().isoformat()
        job = print_jobs.of_record(shop.app.journal.reader, begun["id"])
        assert job is not None
        await shop.app.journal.write(lambda tx: print_jobs.note(tx, job.id, "sending", at))
    async with opened(tmp_path, printer=printer) as shop:
        assert await shop.ended(waiting) == "printed"
        assert shop.print_state(begun) == ("unknown", "the agent stopped while it was being printed")
        assert (copies(shop, waiting), copies(shop, begun)) == (1, 0)


async def test_yesterdays_receipts_do_not_come_out_in_the_morning(tmp_path: Path) -> None:
    async with opened(tmp_path) as shop:
        shop.bench.unplug("receipt")
        record = await shop.sold()
        clock = shop.clock
    clock.forward(hours=12)
    async with opened(tmp_path, clock=clock) as shop:
        shop.bench.unplug("receipt")
        assert await shop.ended(record) == "not_printed"


async def test_a_copy_says_so_and_is_a_job_of_its_own(shop: Shop) -> None:
    record = await shop.sold()
    await shop.ended(record)
    reply = await shop.app.records.print_copy(record["receipt_number"], key=None)
    assert (reply.status, reply.body["state"], reply.body["copy"]) == (202, "pending", True)
    await shop.until(lambda: shop.app.prints.job(reply.body["id"])["state"] == "printed")
    first, copy = shop.printer.receipts
    assert b"COPY" not in first.text
    assert b"COPY" in copy.text
    assert len(shop.printer.kicks) == 1  # a copy opens no drawer


async def test_a_document_of_another_front_end_is_printed_and_its_outcome_told(shop: Shop) -> None:
    document = [{"type": "text", "text": "Hello \x1bp0"}, {"type": "cut"}]
    reply = await shop.app.prints.submit("receipt", PrintJob(document=document), key=None)
    await shop.until(lambda: shop.app.prints.job(reply.body["id"])["state"] == "printed")
    assert b"Hello" in shop.printer.receipts[-1].text
    assert not shop.printer.kicks  # control bytes in a text are harmless
    with pytest.raises(Problem, match="no printer 'nope'"):
        await shop.app.prints.submit("nope", PrintJob(document=document), key=None)
    with pytest.raises(Problem) as refused:
        await shop.app.prints.submit("receipt", PrintJob(document=[{"type": "hologram"}]), key=None)
    assert refused.value.status == 422
    with pytest.raises(Problem, match="no print job"):
        shop.app.prints.job("nope")


async def test_a_till_with_no_printer_says_not_printed(shop: Shop) -> None:
    record = await shop.sold(till="till-2")
    assert record["print"] == "not_printed"
    assert shop.print_state(record) == ("not_printed", "the till has no printer")
    with pytest.raises(Problem, match="no printer"):
        await shop.app.records.print_copy(record["receipt_number"], key=None)


async def test_the_drawer_opens_at_once_for_cash_also_while_a_receipt_is_stuck(shop: Shop) -> None:
    await shop.connected()
    shop.printer.paper_out_at = shop.printer.printed + 150
    await shop.sold("MUG", "TEA", "APPLES", card=True)
    await shop.until(lambda: any(event["reason"] == "waiting for paper" for event in shop.told("print")))
    await shop.sold("TEA")
    await shop.until(lambda: shop.told("drawer"))
    assert shop.told("drawer")[-1]["state"] == "opened"
    assert len(shop.printer.kicks) == 1
    shop.printer.paper_out_at = None
    shop.printer.load_paper()
    await shop.until(lambda: len(shop.printer.receipts) == 2)
    assert len(shop.printer.kicks) == 1


async def test_a_card_opens_no_drawer_and_every_opening_is_a_record(shop: Shop) -> None:
    await shop.connected()
    await shop.sold(card=True)
    cash = await shop.sold()
    reply = await shop.app.closing.no_sale("till-1", "change for a customer", key=None)
    await shop.until(lambda: len(shop.told("drawer")) == 2)
    await asyncio.sleep(0)
    records = shop.app.records.list(limit=10, kind="drawer")["records"]
    assert [(record["reason"], record["for"]) for record in records] == [
        ("change for a customer", None),
        ("sale", cash["receipt_number"]),
    ]
    assert reply.body["kind"] == "drawer"
    assert len(shop.printer.kicks) == 2


async def test_a_drawer_that_cannot_be_told_is_not_told_later(tmp_path: Path) -> None:
    async with opened(tmp_path) as shop:
        shop.bench.unplug("receipt")
        await shop.sold()
        await shop.until(lambda: shop.told("drawer"))
        assert shop.told("drawer")[-1]["state"] == "not_opened"
        shop.bench.plug("receipt")
        await shop.connected()
        await shop.until(lambda: shop.printer.receipts)
        assert not shop.printer.kicks


async def test_an_opening_that_was_under_way_at_a_crash_is_unknown_and_not_repeated(tmp_path: Path) -> None:
    async with opened(tmp_path) as shop:
        await shop.connected()
        record = await shop.sold()
        await shop.ended(record)
        await shop.until(lambda: shop.told("drawer"))
        await shop.app.journal.write(lambda tx: tx.execute("update kick set state = 'sending'").close())
    async with opened(tmp_path) as shop:
        await shop.until(lambda: shop.told("drawer"))
        assert shop.told("drawer")[0]["state"] == "unknown"
        await shop.connected()
        assert not shop.printer.kicks
