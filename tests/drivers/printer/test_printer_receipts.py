"""A receipt ends as printed, not printed or unknown, and each for its own reason."""

from __future__ import annotations

import asyncio
import dataclasses
import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image as Picture

from drivers.device import DeviceState
from drivers.errors import DocumentInvalid, NotReady
from drivers.printer.document import Barcode, Cut, Document, Image, Symbology, Text
from drivers.printer.escpos import FenceKind
from drivers.printer.outcome import Result
from drivers.printer.settings import PrinterSettings
from drivers.printer.status import Paper, PrinterStatus
from drivers.simulated.printer import Model, SimulatedPrinter
from drivers.simulated.wire import Faults
from tests.drivers.printer.lane import QUICK, Lanes, eventually, receipt

pytestmark = pytest.mark.usefixtures("lane")
GS_H = PrinterSettings(fence=FenceKind.GS_H)
ONE_WAY = PrinterSettings(fence=FenceKind.NONE)


@pytest.mark.parametrize("settings", [PrinterSettings(), GS_H])
async def test_a_receipt_is_printed_when_the_printer_says_so(lane: Lanes, settings: PrinterSettings) -> None:
    it = await lane(settings=settings)
    outcome = await it.print()
    assert outcome.result is Result.PRINTED
    assert it.begun == 1
    assert [r.text.count(b"line") for r in it.machine.receipts] == [5]
    assert 50 <= outcome.bytes_sent < it.machine.taken


async def test_receipts_print_one_after_another_and_whole(lane: Lanes) -> None:
    it = await lane()
    outcomes = await asyncio.gather(*(it.print(receipt(40, f"r{n}")) for n in range(5)))
    assert {o.result for o in outcomes} == {Result.PRINTED}
    assert [{line.split()[0] for line in r.text.split(b"\n") if line} for r in it.machine.receipts] == [
        {b"r%d" % n} for n in range(5)
    ]


@pytest.mark.parametrize(
    ("switch", "reason"),
    [
        ("run_out_of_paper", "out of paper"),
        ("open_cover", "cover is open"),
    ],
)
async def test_a_printer_that_cannot_print_is_not_ready_and_nothing_is_sent(
    lane: Lanes, switch: str, reason: str
) -> None:
    it = await lane()
    getattr(it.machine, switch)()
    before = it.machine.taken
    with pytest.raises(NotReady, match=reason) as caught:
        await it.print()
    assert caught.value.hint
    assert it.begun == 0
    assert it.machine.buffered == 0
    assert it.machine.taken - before < 20  # status questions only


async def test_a_printer_that_is_off_is_not_ready(lane: Lanes) -> None:
    it = await lane()
    await it.machine.power_off()
    await eventually(lambda: it.printer.view.state is DeviceState.LOST)
    with pytest.raises(NotReady, match=r"off|unplugged"):
        await it.print()
    assert it.printer.status == PrinterStatus()
    it.machine.power_on()
    await it.ready()
    assert (await it.print()).result is Result.PRINTED


async def test_a_printer_that_falls_silent_is_not_ready_and_then_lost(lane: Lanes) -> None:
    it = await lane()
    it.machine.oddities.silent = True
    with pytest.raises(NotReady, match="does not answer"):
        await it.print()
    await eventually(lambda: it.printer.view.state is DeviceState.LOST)
    assert "does not answer" in (it.printer.view.error or "")
    it.machine.oddities.silent = False
    await it.ready()
    assert (await it.print()).result is Result.PRINTED
    assert len(it.machine.receipts) == 1


async def test_paper_end_in_mid_receipt_waits_and_prints_once_when_paper_is_loaded(lane: Lanes) -> None:
    it = await lane()
    it.machine.paper_out_at = it.machine.printed + 300
    printing = asyncio.create_task(it.print(receipt(60)))
    await eventually(lambda: it.progress == ["printing", "waiting for paper"])
    assert it.printer.status.paper is Paper.END
    it.machine.load_paper()
    assert (await printing).result is Result.PRINTED
    assert [r.text.count(b"line") for r in it.machine.receipts] == [60]
    assert it.machine.taken < 60 * 9 + 400  # the receipt once, and questions


async def test_paper_end_with_more_to_send_than_the_buffer_takes(lane: Lanes) -> None:
    it = await lane()
    it.machine.paper_out_at = it.machine.printed + 300
    printing = asyncio.create_task(it.print(receipt(1500)))
    await eventually(lambda: "waiting for paper" in it.progress)
    await asyncio.sleep(5 * QUICK.stall_s)  # several stalls, one of them within a slice
    it.machine.load_paper()
    outcome = await printing
    assert outcome.result is Result.PRINTED
    assert [r.text.count(b"line") for r in it.machine.receipts] == [1500]


async def test_a_cover_opened_in_mid_receipt_waits_for_it_to_be_closed(lane: Lanes) -> None:
    it = await lane()
    it.machine.paper_out_at = it.machine.printed + 200
    printing = asyncio.create_task(it.print(receipt(60)))
    await eventually(lambda: "waiting for paper" in it.progress)
    it.machine.open_cover()
    await eventually(lambda: it.progress[-1] == "waiting for the cover to be closed")
    it.machine.paper_out = False
    it.machine.close_cover()
    assert (await printing).result is Result.PRINTED
    assert len(it.machine.receipts) == 1


async def test_a_jammed_cutter_after_the_last_receipt_is_not_ready(lane: Lanes) -> None:
    it = await lane()
    it.machine.jam_at_cut = True
    printing = asyncio.create_task(it.print())
    await eventually(lambda: "waiting for the cutter to be freed" in it.progress)
    it.machine.cutter_stuck = False
    it.machine.release()
    assert (await printing).result is Result.PRINTED


async def test_nobody_coming_for_too_long_ends_as_unknown_and_later_answers_do_not_count(lane: Lanes) -> None:
    it = await lane(timing=replace(QUICK, person_s=0.2))
    it.machine.paper_out_at = it.machine.printed + 100
    outcome = await it.print(receipt(30))
    assert outcome.result is Result.UNKNOWN
    assert "out of paper" in outcome.reason
    assert "copy" in outcome.hint
    it.machine.load_paper()  # the old receipt prints now, and its end fence is answered
    await eventually(lambda: len(it.machine.receipts) == 1)
    it.machine.power_off_at = it.machine.taken + 260
    outcome = await it.print(receipt(60))
    assert outcome.result is Result.UNKNOWN


async def test_power_cut_in_mid_receipt_is_unknown_and_nothing_is_resumed(lane: Lanes) -> None:
    it = await lane()
    it.machine.power_off_at = it.machine.taken + 300
    outcome = await it.print(receipt(60))
    assert outcome.result is Result.UNKNOWN
    assert outcome.bytes_sent > 0
    await eventually(lambda: it.printer.view.state is not DeviceState.READY)
    it.machine.power_on()
    await it.ready()
    assert not it.machine.receipts
    assert (await it.print()).result is Result.PRINTED
    assert [r.text.count(b"line") for r in it.machine.receipts][-1] < 60


async def test_a_printer_that_does_not_begin_has_not_printed(lane: Lanes) -> None:
    it = await lane()
    it.machine.held = True
    task = asyncio.create_task(it.print())
    await eventually(lambda: it.begun == 1)
    assert (await task).result is Result.NOT_PRINTED
    it.machine.release()
    assert not it.machine.receipts


async def test_a_printer_that_began_and_never_says_it_is_through_is_unknown(lane: Lanes) -> None:
    it = await lane()
    it.machine.paper_out_at = it.machine.printed + 150
    printing = asyncio.create_task(it.print(receipt(40)))
    await eventually(lambda: "waiting for paper" in it.progress)
    it.machine.held = True  # paper is there again, it says it is well, and nothing moves
    it.machine.load_paper()
    outcome = await printing
    assert outcome.result is Result.UNKNOWN
    assert "did not say that it is through" in outcome.reason


async def test_an_answer_owed_to_the_receipt_before_never_confirms_the_next(lane: Lanes) -> None:
    it = await lane()
    it.machine.paper_out_at = it.machine.printed + 150
    first = asyncio.create_task(it.print(receipt(40, "first")))
    await eventually(lambda: "waiting for paper" in it.progress)
    it.machine.held = True
    it.machine.load_paper()
    assert (await first).result is Result.UNKNOWN
    second = asyncio.create_task(it.print(receipt(40, "second")))
    await asyncio.sleep(0.05)
    it.machine.release()
    outcome = await second
    assert outcome.result is Result.PRINTED
    assert [r.text[:5] for r in it.machine.receipts] == [b"first", b"secon"]


async def test_a_one_way_printer_prints_and_the_outcome_is_unknown(lane: Lanes) -> None:
    it = await lane(Model(answers=False), ONE_WAY)
    outcome = await it.print()
    assert outcome.result is Result.UNKNOWN
    assert "cannot say" in outcome.reason
    await eventually(lambda: len(it.machine.receipts) == 1)
    assert it.printer.status == PrinterStatus()


async def test_a_printer_without_process_ids_is_told_apart_before_the_receipt_is_sent(lane: Lanes) -> None:
    it = await lane(Model(process_ids=False), GS_H)
    outcome = await it.print()
    assert outcome.result is Result.NOT_PRINTED
    assert "gs_r" in outcome.hint
    assert not it.machine.receipts


async def test_a_printer_without_reports_of_its_own_is_polled(lane: Lanes) -> None:
    it = await lane(Model(reports=False))
    assert it.printer.status.paper is Paper.OK
    it.machine.set_paper_low()
    await eventually(lambda: it.printer.status.paper is Paper.NEAR_END)
    it.machine.paper_out_at = it.machine.printed + 200
    printing = asyncio.create_task(it.print(receipt(40)))
    await eventually(lambda: "waiting for paper" in it.progress)
    it.machine.load_paper()
    assert (await printing).result is Result.PRINTED


async def test_reports_are_asked_for_again_after_a_reconnect(lane: Lanes) -> None:
    it = await lane()
    it.bench.unplug("printer")
    await eventually(lambda: it.printer.view.state is DeviceState.LOST)
    it.machine.power_on()
    it.machine._reports_on = False
    it.bench.plug("printer")
    await it.ready()
    it.machine.set_paper_low()
    await eventually(lambda: it.printer.status.paper is Paper.NEAR_END)


@pytest.mark.parametrize(
    "oddity",
    [
        {"xoff_in_reports": True},
        {"report_before_answers": True},
        {"xoff_in_reports": True, "report_before_answers": True},
        {"late_status_s": 0.15},
    ],
    ids=str,
)
@pytest.mark.parametrize("settings", [PrinterSettings(), GS_H], ids=["gs_r", "gs_h"])
async def test_odd_answers_are_understood(lane: Lanes, oddity: dict[str, Any], settings: PrinterSettings) -> None:
    it = await lane(settings=settings)
    for name, value in oddity.items():
        setattr(it.machine.oddities, name, value)
    if "late_status_s" in oddity:
        with pytest.raises(NotReady):
            await it.print()
        it.machine.oddities.late_status_s = 0.0
        await asyncio.sleep(0.2)
        await it.ready()
    assert (await it.print()).result is Result.PRINTED
    assert it.printer.status.online is True
    assert it.printer.status.paper is Paper.OK


async def test_a_late_status_is_never_taken_for_the_answer_to_the_next_question(lane: Lanes) -> None:
    it = await lane(Model(reports=False), timing=replace(QUICK, reply_s=0.02, late_s=2.0))
    it.machine.oddities.late_status_s = 0.05  # answers come after each question has timed out
    it.machine.drawer_open = True  # n=1 answers 12h; with pin 3 high it would answer 16h: "cover open" of n=2
    for _ in range(6):
        await asyncio.sleep(0.1)
        assert it.printer.status.cover_open is False
        assert it.printer.status.paper is Paper.OK


async def test_of_several_process_ids_the_last_stands_for_all(lane: Lanes) -> None:
    it = await lane(settings=GS_H)
    it.machine.oddities.only_latest_id = True
    assert (await it.print()).result is Result.PRINTED


HALF_A_PICTURE = b"\x1d\x76\x30\x00\x30\x00\xf0\x00" + b"\xff" * 100  # 11,420 dots' bytes to come


async def test_half_a_picture_left_by_an_earlier_program_is_ended_at_the_start(lane: Lanes) -> None:
    machine = SimulatedPrinter()
    machine.preload(HALF_A_PICTURE)
    it = await lane(machine=machine)
    assert (await it.print()).result is Result.PRINTED
    assert b"line 0" in machine.receipts[-1].text
    assert it.printer.status.paper is Paper.OK


async def test_half_a_picture_costs_process_ids_a_try_and_no_receipt(lane: Lanes) -> None:
    machine = SimulatedPrinter()
    machine.preload(HALF_A_PICTURE)
    it = await lane(machine=machine, settings=GS_H)
    results = [(await it.print()).result for _ in range(3)]
    assert results == [Result.NOT_PRINTED, Result.NOT_PRINTED, Result.PRINTED]
    assert len(machine.receipts) == 1


async def test_a_printer_that_is_silent_at_first_is_woken(lane: Lanes) -> None:
    machine = SimulatedPrinter()
    machine.oddities.silent = True
    it = await lane(machine=machine, wait=False)
    await asyncio.sleep(0.12)
    machine.oddities.silent = False
    await it.ready()
    assert (await it.print()).result is Result.PRINTED


async def test_a_printer_that_knows_no_fence_prints_and_cannot_say(lane: Lanes) -> None:
    it = await lane(Model(fences=False))
    outcome = await it.print()
    assert outcome.result is Result.UNKNOWN
    assert "cannot say" in outcome.reason
    await eventually(lambda: len(it.machine.receipts) == 1)


async def test_receipts_of_an_earlier_program_are_not_taken_for_ours(lane: Lanes) -> None:
    machine = SimulatedPrinter()
    machine.paper_out = True
    machine.preload(b"old\n\x1d\x56\x42\x00" + b"\x1d\x72\x01" * 3)
    it = await lane(machine=machine)
    with pytest.raises(NotReady, match="paper"):
        await it.print()
    machine.power_off_at = machine.taken + 200
    machine.load_paper()  # three answers come that nobody of us asked for
    assert (await it.print(receipt(60))).result is not Result.PRINTED


async def test_a_wire_of_one_byte_at_a_time(lane: Lanes) -> None:
    it = await lane(to_device=Faults(byte_at_a_time=True), to_host=Faults(byte_at_a_time=True))
    assert (await it.print()).result is Result.PRINTED


async def test_a_cable_pulled_in_mid_receipt_is_unknown(lane: Lanes) -> None:
    it = await lane()
    wire = it.bench.wire("printer")
    assert wire
    wire.faults = dataclasses.replace(wire.faults, cut_after=it.machine.taken + 400)
    outcome = await it.print(receipt(90))
    assert outcome.result is Result.UNKNOWN
    assert outcome.bytes_sent < 400


async def test_a_cable_that_takes_nothing_before_the_receipt_is_not_printed_or_not_ready(lane: Lanes) -> None:
    it = await lane()
    wire = it.bench.wire("printer")
    assert wire
    wire.faults = dataclasses.replace(wire.faults, stall_after=it.machine.taken)
    with pytest.raises(NotReady):
        await it.print()
    assert not it.machine.receipts


async def test_what_cannot_be_written_down_is_not_sent(lane: Lanes) -> None:
    it = await lane()
    taken = it.machine.taken

    async def disk_full() -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await it.printer.print(receipt(), before_first_byte=disk_full)
    assert it.machine.taken - taken < 20
    assert (await it.print()).result is Result.PRINTED


async def test_a_document_no_printer_can_print_is_refused_before_anything_else(lane: Lanes) -> None:
    it = await lane()
    bad = Document((Barcode(Symbology.EAN13, "4006381333932"), Cut()))
    with pytest.raises(DocumentInvalid, match=r"item 1.*check digit"):
        await it.print(bad)
    with pytest.raises(DocumentInvalid):
        it.printer.check(bad)
    assert it.begun == 0


async def test_a_receipt_broken_off_leaves_the_printer_usable(lane: Lanes) -> None:
    it = await lane()
    it.machine.paper_out_at = it.machine.printed + 200
    printing = asyncio.create_task(it.print(receipt(1500)))
    await eventually(lambda: "waiting for paper" in it.progress)
    printing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await printing
    it.machine.load_paper()
    await asyncio.sleep(0.1)
    await it.ready()
    assert (await it.print(receipt(3, "after"))).result is Result.PRINTED
    assert b"after 2" in it.machine.receipts[-1].text


async def test_a_picture_is_made_beside_the_loop_and_printed(lane: Lanes) -> None:
    out = io.BytesIO()
    Picture.linear_gradient("L").resize((576, 300)).save(out, "PNG")
    it = await lane()
    outcome = await it.print(Document((Image(out.getvalue()), Text("below"), Cut())))
    assert outcome.result is Result.PRINTED
    assert b"below" in it.machine.receipts[0].text
    assert outcome.bytes_sent > 72 * 300


async def test_a_printer_that_stops_answering_during_its_start_is_tried_again(lane: Lanes) -> None:
    it = await lane(to_host=Faults(cut_after=3), wait=False)
    await eventually(lambda: it.printer.view.failures > 0)
    assert it.printer.status == PrinterStatus()


async def test_a_listener_that_fails_ends_the_conversation_not_the_printer(lane: Lanes) -> None:
    it = await lane()
    failures = 1

    def listen(_status: PrinterStatus) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise RuntimeError("a mistake")

    it.printer._on_status = listen
    it.machine.set_paper_low()
    await eventually(lambda: "mistake" in (it.printer.view.error or ""))
    await it.ready()
    assert (await it.print()).result is Result.PRINTED


async def test_paper_gone_between_the_question_and_the_start_is_not_printed(lane: Lanes) -> None:
    it = await lane()

    async def begin() -> None:
        it.machine.run_out_of_paper()

    outcome = await it.printer.print(receipt(), before_first_byte=begin)
    assert outcome.result is Result.NOT_PRINTED
    assert "paper" in outcome.reason
    it.machine.load_paper()
    assert (await it.print()).result is Result.PRINTED
    assert len(it.machine.receipts) == 1


async def test_a_line_lost_just_before_the_receipt_is_not_printed(lane: Lanes) -> None:
    it = await lane()

    async def begin() -> None:
        it.bench.unplug("printer")

    outcome = await it.printer.print(receipt(), before_first_byte=begin)
    assert outcome.result is Result.NOT_PRINTED
    assert outcome.bytes_sent == 0


async def test_a_line_that_takes_nothing_any_more_just_before_the_receipt_is_not_printed(lane: Lanes) -> None:
    it = await lane()

    async def begin() -> None:
        wire = it.bench.wire("printer")
        assert wire
        wire.faults = dataclasses.replace(wire.faults, stall_after=it.machine.taken)

    outcome = await it.printer.print(receipt(), before_first_byte=begin)
    assert outcome.result is Result.NOT_PRINTED
    assert outcome.bytes_sent == 0


async def test_a_line_that_takes_half_the_opening_is_not_printed_and_is_given_up(lane: Lanes) -> None:
    it = await lane()

    async def begin() -> None:
        wire = it.bench.wire("printer")
        assert wire
        wire.faults = dataclasses.replace(wire.faults, stall_after=it.machine.taken + 4)

    outcome = await it.printer.print(receipt(), before_first_byte=begin)
    assert outcome.result is Result.NOT_PRINTED
    await eventually(lambda: it.printer.view.state is DeviceState.LOST)
