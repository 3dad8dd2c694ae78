"""What a printer did is counted over all starts, at no commit of its own; what it answers is asked once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from agent.api.metrics import figures, text
from agent.printer_memory import FILE, PrinterMemory
from drivers.printer.counts import NAMES
from drivers.printer.escpos import FenceKind
from drivers.simulated.printer import Model, SimulatedPrinter
from tests.agent.store import CONFIG, Shop, opened

if TYPE_CHECKING:
    from pathlib import Path


def counted(shop: Shop) -> dict[str, int]:
    (view,) = [view for view in shop.app.device_views() if view["name"] == "receipt"]
    counts: dict[str, int] = view["counts"]
    return counts


def ended_as(shop: Shop) -> dict[str, int]:
    return {name: counted(shop)[f"receipts_{name}"] for name in ("printed", "not_printed", "unknown")}


async def test_receipts_cuts_kicks_and_errors_are_counted_over_all_starts(tmp_path: Path) -> None:
    printer = SimulatedPrinter()
    async with opened(tmp_path, printer=printer) as shop:
        await shop.connected()
        assert set(counted(shop)) == {*NAMES, "receipts_printed", "receipts_not_printed", "receipts_unknown"}
        record = await shop.sold()
        assert await shop.ended(record) == "printed"
        printer.run_out_of_paper()
        await shop.until(lambda: counted(shop)["errors_paper"] == 1)
        printer.load_paper()
        await shop.app.closing.no_sale("till-1", "test", key=None)
        await shop.until(lambda: counted(shop)["kicks_opened"] == 1)
        assert ended_as(shop) == {"printed": 1, "not_printed": 0, "unknown": 0}
        assert counted(shop)["cuts"] == 1
    async with opened(tmp_path, printer=printer) as shop:  # nothing was printed after the kick: kept at the stop
        await shop.connected()
        before = counted(shop)
        assert (before["receipts_printed"], before["cuts"], before["kicks_opened"], before["errors_paper"]) == (1,) * 4
        printer.power_off_at = printer.taken + 250
        lost = await shop.sold("MUG", "TEA", "APPLES")
        assert await shop.ended(lost) == "unknown"
        assert ended_as(shop) == {"printed": 1, "not_printed": 0, "unknown": 1}
        await shop.until(lambda: counted(shop)["lost"] >= 1)


async def test_counts_are_on_the_disk_with_the_receipt_itself(shop: Shop) -> None:
    assert await shop.ended(await shop.sold()) == "printed"
    kept = dict(
        shop.app.journal.reader.execute("select name, count from printer_count where printer = 'receipt'").fetchall()
    )
    assert kept["receipts_printed"] == 1
    assert kept["cuts"] == 1


async def test_a_job_left_half_way_counts_once_as_unknown(tmp_path: Path) -> None:
    async with opened(tmp_path) as shop:
        shop.bench.unplug("receipt")
        await shop.sold()
        await shop.app.journal.write(lambda tx: tx.execute("update print_job set state = 'sending'"))
    async with opened(tmp_path) as shop:
        assert ended_as(shop) == {"printed": 0, "not_printed": 0, "unknown": 1}
    async with opened(tmp_path) as shop:
        assert ended_as(shop) == {"printed": 0, "not_printed": 0, "unknown": 1}


async def test_counts_are_figures(shop: Shop) -> None:
    assert await shop.ended(await shop.sold()) == "printed"
    lines = text(figures(shop.app, shop.clock())).splitlines()
    assert 'stillopen_printer_total{printer="receipt",what="receipts_printed"} 1' in lines
    assert 'stillopen_printer_total{printer="receipt",what="cuts"} 1' in lines


async def test_an_unknown_receipt_is_decided_by_a_copy_that_says_so(shop: Shop) -> None:
    await shop.connected()
    shop.printer.power_off_at = shop.printer.taken + 250
    record = await shop.sold("MUG", "TEA", "APPLES")
    assert await shop.ended(record) == "unknown"
    shop.printer.power_on()
    copy = await shop.app.records.print_copy(record["receipt_number"], key=None)
    await shop.until(lambda: shop.app.prints.job(copy.body["id"])["state"] == "printed")
    assert b"COPY" in shop.printer.receipts[-1].text
    assert shop.print_state(record)[0] == "unknown"  # nobody has seen the first one


# --- what was found out ---


ASKING = CONFIG.replace('fence = "gs_h"', 'fence = "auto"\ndialect = "auto"')


async def test_what_a_printer_answers_is_kept_for_that_unit(tmp_path: Path) -> None:
    printer = SimulatedPrinter(Model(process_ids=False))
    for _ in range(2):
        async with opened(tmp_path, printer=printer, config=ASKING) as shop:
            assert await shop.ended(await shop.sold()) == "printed"
    kept: list[dict[str, Any]] = json.loads((tmp_path / "state" / FILE).read_text())
    assert kept == [{"printer": "receipt", "unit": "sim://receipt", "fence": "gs_r"}]


async def test_a_memory_is_of_one_unit_and_forgets(tmp_path: Path) -> None:
    memory = PrinterMemory(tmp_path)
    memory.recall()
    await memory.of("a").learn("usb 1", FenceKind.GS_H)
    await memory.of("b").learn("usb 2", FenceKind.GS_R)
    again = PrinterMemory(tmp_path)
    again.recall()
    assert again.of("a").recall("usb 1") is FenceKind.GS_H
    assert again.of("a").recall("usb 2") is None
    await again.of("a").learn("usb 1", None)
    assert again.of("a").recall("usb 1") is None
    third = PrinterMemory(tmp_path)
    third.recall()
    assert (third.of("a").recall("usb 1"), third.of("b").recall("usb 2")) == (None, FenceKind.GS_R)


@pytest.mark.parametrize("content", [b"", b"{}", b'[{"printer": "a"}]', b'[{"printer":"a","unit":"b","fence":"?"}]'])
async def test_a_file_that_is_none_is_asked_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    (tmp_path / FILE).write_bytes(content)
    memory = PrinterMemory(tmp_path)
    memory.recall()
    assert memory.of("a").recall("b") is None
    assert ("asked again" in caplog.text) is (content != b"{}")


async def test_a_full_disk_forgets_at_the_next_start_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    memory = PrinterMemory(tmp_path / "not there")
    await memory.of("a").learn("b", FenceKind.GS_H)
    assert memory.of("a").recall("b") is FenceKind.GS_H
    assert "asked again" in caplog.text
