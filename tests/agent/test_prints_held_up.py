"""What holds a receipt up without ending it: a printer that does not begin, a full disk, a printer that is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from agent import print_jobs, prints
from agent.update.idle import busy
from drivers.simulated.printer import Model, SimulatedPrinter
from tests.agent.store import CONFIG, Shop, opened
from tests.drivers.printer.lane import QUICK
from tests.outbox.failing_disk import fail

if TYPE_CHECKING:
    from pathlib import Path

NOT_BEGUN = "the printer did not answer a process id"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what waits for seconds wait for milliseconds."""
    monkeypatch.setattr(prints, "LOOK_AGAIN_S", 0.02)


def job_state(shop: Shop) -> str:
    ((state,),) = shop.app.journal.reader.execute("select state from print_job").fetchall()
    return str(state)


async def begun_twice(shop: Shop) -> None:
    """Wait until a receipt was begun twice on the disk, and the printer answered neither time."""
    said = await shop.until(lambda: [told for told in shop.told("print") if told["reason"] == NOT_BEGUN])
    await shop.until(lambda: len([told for told in shop.told("print") if told["reason"] == NOT_BEGUN]) > len(said))


async def quick(shop: Shop) -> None:
    """Wait for the printer, and let its waits be a simulator's."""
    await shop.connected()
    session = shop.app.devices.printers["receipt"]._session
    assert session is not None
    session.timing = QUICK


async def test_a_printer_that_does_not_begin_is_tried_until_it_does(tmp_path: Path) -> None:
    printer = SimulatedPrinter(Model(process_ids=False))
    async with opened(tmp_path, printer=printer) as shop:
        await quick(shop)
        record = await shop.sold()
        await begun_twice(shop)
        assert shop.print_state(record)[0] == "pending"
        printer.model = replace(printer.model, process_ids=True)
        assert await shop.ended(record) == "printed"
        assert sum(record["receipt_number"].encode() in receipt.text for receipt in printer.receipts) == 1


async def test_a_printer_that_never_begins_is_given_up_in_time(tmp_path: Path) -> None:
    async with opened(tmp_path, printer=SimulatedPrinter(Model(process_ids=False))) as shop:
        await quick(shop)
        record = await shop.sold()
        await begun_twice(shop)
        shop.clock.forward(seconds=61)
        assert await shop.ended(record) == "not_printed"
        assert shop.print_state(record)[1] == NOT_BEGUN
        assert not shop.printer.receipts


async def test_how_a_receipt_ended_is_written_once_a_full_disk_has_room(shop: Shop) -> None:
    await shop.connected()
    shop.printer.paper_out_at = shop.printer.printed + 200
    record = await shop.sold("MUG", "TEA", "APPLES")
    await shop.until(lambda: any(event["reason"] == "waiting for paper" for event in shop.told("print")))
    await shop.until(lambda: shop.told("drawer"))
    fail(shop.app.journal, "full", "full")
    shop.printer.load_paper()
    assert await shop.ended(record) == "printed"
    assert shop.app.journal.fault is None
    assert len(shop.printer.receipts) == 1
    assert await shop.ended(await shop.sold()) == "printed"
    assert shop.app.prints.counts.of("receipt")["receipts_printed"] == 2


async def test_a_receipt_that_was_not_begun_waits_also_where_a_full_disk_does_not_take_that(tmp_path: Path) -> None:
    printer = SimulatedPrinter(Model(process_ids=False))
    async with opened(tmp_path, printer=printer) as shop:
        await quick(shop)
        record = await shop.sold()
        await shop.until(lambda: job_state(shop) == "sending")
        await shop.until(lambda: shop.told("drawer"))
        fail(shop.app.journal, "full", "full")
        await shop.until(lambda: shop.print_state(record)[1])
        assert job_state(shop) in print_jobs.OPEN
        printer.model = replace(printer.model, process_ids=True)
        assert await shop.ended(record) == "printed"


async def test_a_fault_in_a_receipt_on_a_full_disk_ends_no_queue(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await shop.connected()
    whole = shop.app.prints._receipt

    def faulty(_record: str, _copy: bool) -> None:  # noqa: FBT001 - as `receipt` is called
        monkeypatch.setattr(shop.app.prints, "_receipt", whole)
        fail(shop.app.journal, "full")
        raise ZeroDivisionError

    monkeypatch.setattr(shop.app.prints, "_receipt", faulty)
    assert await shop.ended(await shop.sold(card=True)) == "unknown"
    assert await shop.ended(await shop.sold(card=True)) == "printed"


async def test_how_a_drawer_ended_is_written_with_the_next_opening(shop: Shop) -> None:
    await shop.connected()
    first = (await shop.app.closing.no_sale("till-1", "change", key=None)).body
    fail(shop.app.journal, "full")  # the next to write is the drawer, saying how it ended
    await shop.until(lambda: shop.app.kicks._ended)
    assert not shop.told("drawer")
    shop.printer.close_drawer()
    second = (await shop.app.closing.no_sale("till-1", "more change", key=None)).body
    told = await shop.until(lambda: len(shop.told("drawer")) == 2 and shop.told("drawer"))
    assert [(event["record_id"], event["state"]) for event in told] == [
        (first["id"], "opened"),
        (second["id"], "opened"),
    ]
    assert shop.app.journal.reader.execute("select distinct state from kick").fetchall() == [("opened",)]


async def test_what_waits_for_a_printer_that_is_gone_ends_with_the_next_step(tmp_path: Path) -> None:
    async with opened(tmp_path) as shop:
        shop.bench.unplug("receipt")
        record = await shop.sold()
    renamed = CONFIG.replace('"receipt"', '"front"').replace("sim://front", "sim://receipt")
    async with opened(tmp_path, config=renamed) as shop:
        assert shop.print_state(record) == ("not_printed", "the configuration has no printer receipt any more")
        assert "Print a copy" in shop.app.records.get(record["receipt_number"])["print_hint"]
        assert busy(shop.app.journal.reader, ["till-1"]) is None
        copy = await shop.app.records.print_copy(record["receipt_number"], key=None)
        await shop.until(lambda: shop.app.prints.job(copy.body["id"])["state"] == "printed")
