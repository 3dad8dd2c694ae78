"""The printers' conformance suite over Star Line Mode and StarPRNT, and what only a Star can do wrong."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import io
import random
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image as Picture

from agent.cli.run import simulated
from agent.config import load
from drivers.errors import NotReady
from drivers.printer import star_session
from drivers.printer.document import QR, Barcode, Cut, Document, Image, Symbology, Text
from drivers.printer.outcome import KickResult, Result
from drivers.printer.settings import DialectName
from drivers.printer.star_session import ASK_NOW, REPORTS_ON
from drivers.printer.status import Paper
from drivers.simulated.printer import SimulatedPrinter
from drivers.simulated.printer_tokens import first_token
from drivers.simulated.star import SimulatedStar, StarModel
from drivers.simulated.star_tokens import first_star_token, known
from drivers.simulated.wire import Faults
from tests.drivers.printer.lane import ESCPOS_COMMANDS, QUICK, Lane, Lanes, eventually, receipt

# The very same tests as for ESC/POS: `dialect` below is what makes them run on a Star.
from tests.drivers.printer.test_printer_drawer import (  # noqa: F401 - collected here once more
    test_a_drawer_that_is_already_open_is_unknown,
    test_a_drawer_that_opens_is_seen_to_open,
    test_a_line_that_takes_nothing_is_not_opened,
    test_a_one_way_printer_opens_it_and_nobody_can_say,
    test_a_printer_that_comes_back_in_time_opens_it,
    test_a_printer_that_ignores_the_real_time_pulse_is_not_asked_twice,
    test_a_switch_that_does_not_move_is_unknown_and_says_where_to_look,
    test_an_opening_whose_turn_comes_too_late_is_given_up_and_holds_up_no_other,
    test_it_goes_ahead_of_waiting_receipts,
    test_it_opens_though_the_printer_cannot_print,
    test_it_opens_while_a_receipt_waits_for_paper_and_the_receipt_is_whole,
    test_not_connected_is_not_opened_and_nothing_comes_later,
    test_pulses_keep_their_distance_and_each_is_one,
)
from tests.drivers.printer.test_printer_receipts import (  # noqa: F401 - collected here once more
    test_a_cable_pulled_in_mid_receipt_is_unknown,
    test_a_cable_that_takes_nothing_before_the_receipt_is_not_printed_or_not_ready,
    test_a_cover_opened_in_mid_receipt_waits_for_it_to_be_closed,
    test_a_document_no_printer_can_print_is_refused_before_anything_else,
    test_a_jammed_cutter_after_the_last_receipt_is_not_ready,
    test_a_line_lost_just_before_the_receipt_is_not_printed,
    test_a_line_that_takes_half_the_opening_is_not_printed_and_is_given_up,
    test_a_line_that_takes_nothing_any_more_just_before_the_receipt_is_not_printed,
    test_a_listener_that_fails_ends_the_conversation_not_the_printer,
    test_a_one_way_printer_prints_and_the_outcome_is_unknown,
    test_a_picture_is_made_beside_the_loop_and_printed,
    test_a_printer_that_began_and_never_says_it_is_through_is_unknown,
    test_a_printer_that_falls_silent_is_not_ready_and_then_lost,
    test_a_printer_that_is_off_is_not_ready,
    test_a_printer_that_knows_no_fence_prints_and_cannot_say,
    test_a_printer_that_stops_answering_during_its_start_is_tried_again,
    test_a_printer_without_reports_of_its_own_is_polled,
    test_a_receipt_broken_off_leaves_the_printer_usable,
    test_a_wire_of_one_byte_at_a_time,
    test_an_answer_owed_to_the_receipt_before_never_confirms_the_next,
    test_nobody_coming_for_too_long_ends_as_unknown_and_later_answers_do_not_count,
    test_paper_end_in_mid_receipt_waits_and_prints_once_when_paper_is_loaded,
    test_paper_end_with_more_to_send_than_the_buffer_takes,
    test_paper_gone_between_the_question_and_the_start_is_not_printed,
    test_power_cut_in_mid_receipt_is_unknown_and_nothing_is_resumed,
    test_receipts_print_one_after_another_and_whole,
    test_reports_are_asked_for_again_after_a_reconnect,
    test_what_cannot_be_written_down_is_not_sent,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=[DialectName.STAR_LINE, DialectName.STARPRNT])
def dialect(request: pytest.FixtureRequest) -> DialectName:
    return DialectName(request.param)


def star(lane: Lane) -> SimulatedStar:
    assert isinstance(lane.machine, SimulatedStar)
    return lane.machine


def dots(height: int) -> bytes:
    """Return a PNG of every byte there is."""
    out = io.BytesIO()
    Picture.frombytes("L", (576, height), random.Random(1).randbytes(576 * height)).save(out, "PNG")
    return out.getvalue()


async def in_the_end(lane: Lane, name: str = "line") -> Result:
    """Print as soon as the printer is ready for it."""
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(NotReady):
                return (await lane.print(receipt(3, name))).result
            await asyncio.sleep(0.02)


async def test_forty_receipts_are_each_printed_though_the_counter_has_but_five_bits(lane: Lanes) -> None:
    it = await lane()
    for n in range(40):
        assert (await it.print(receipt(2, f"r{n}"))).result is Result.PRINTED
    assert [r.text.split()[0] for r in it.machine.receipts] == [b"r%d" % n for n in range(40)]


@pytest.mark.parametrize(
    ("switch", "reason"),
    [("run_out_of_paper", "out of paper"), ("open_cover", "cover is open")],
)
async def test_a_star_that_cannot_print_is_not_ready_and_gets_questions_only(
    lane: Lanes, switch: str, reason: str
) -> None:
    it = await lane()
    getattr(it.machine, switch)()
    with pytest.raises(NotReady, match=reason):
        await it.print()
    assert it.begun == 0
    assert bytes(it.machine._buffer).replace(REPORTS_ON, b"") == b""


async def test_a_cover_left_open_fills_no_buffer_with_questions(lane: Lanes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(star_session, "UNANSWERED_MAX", 7)
    monkeypatch.setattr(star_session, "UNANSWERED_BY_WATCH_MAX", 3)
    it = await lane(timing=dataclasses.replace(QUICK, heartbeat_s=0.01, reply_s=0.02))
    it.machine.open_cover()
    await eventually(lambda: it.machine.buffered >= 3 * len(REPORTS_ON))
    await asyncio.sleep(0.2)
    assert it.machine.buffered == 3 * len(REPORTS_ON)
    for _ in range(8):
        with pytest.raises(NotReady, match="cover"):
            await it.print()
    assert it.machine.buffered == 7 * len(REPORTS_ON)
    it.machine.close_cover()
    await eventually(lambda: it.printer.status.cover_open is False)
    assert (await it.print()).result is Result.PRINTED


async def test_a_star_that_works_nothing_off_is_not_ready_as_its_question_waits_too(lane: Lanes) -> None:
    it = await lane()
    it.machine.held = True
    with pytest.raises(NotReady, match="does not answer"):
        await it.print()
    assert not it.machine.receipts


async def test_a_star_that_gets_stuck_just_before_the_receipt_has_not_printed(lane: Lanes) -> None:
    it = await lane()

    async def begin() -> None:
        it.machine.held = True

    outcome = await it.printer.print(receipt(), before_first_byte=begin)
    assert outcome.result is Result.NOT_PRINTED
    it.machine.release()
    assert not it.machine.receipts
    assert await in_the_end(it) is Result.PRINTED


@pytest.mark.parametrize(
    "oddity",
    [{"xoff_in_reports": True}, {"report_before_answers": True}, {"only_latest_id": True}],
    ids=str,
)
@pytest.mark.parametrize("model", [StarModel(), StarModel(long_frames=True), StarModel(reports_at_once=True)], ids=str)
async def test_odd_answers_are_understood(lane: Lanes, oddity: dict[str, Any], model: StarModel) -> None:
    it = await lane(model)
    for name, value in oddity.items():
        setattr(it.machine.oddities, name, value)
    assert (await it.print()).result is Result.PRINTED
    assert it.printer.status.online is True
    assert it.printer.status.paper is Paper.OK


def overhear(machine: SimulatedPrinter) -> bytearray:
    """Return everything the machine takes from now on, as it takes it."""
    heard = bytearray()
    obey = machine._take

    def take(received: bytes) -> int:
        taken = obey(received)
        heard.extend(received[:taken])
        return taken

    machine._take = take  # type: ignore[method-assign] # listens at the wire, and changes nothing
    return heard


async def everything(it: Lane) -> None:
    """Have a printer told all that it is ever told."""
    await it.print(Document((QR("x"), Barcode(Symbology.CODE128, "a"), Image(dots(300)), Cut())))
    await it.printer.kick(2)
    it.machine.paper_out_at = it.machine.printed + 200
    printing = asyncio.create_task(it.print(receipt(60)))
    await eventually(lambda: "waiting for paper" in it.progress)
    await it.printer.kick(5)
    it.machine.load_paper()
    await printing
    await asyncio.sleep(2 * QUICK.heartbeat_s)


async def test_a_whole_conversation_with_a_star_is_in_its_own_language(lane: Lanes) -> None:
    machine = SimulatedStar()
    machine.oddities.silent = True  # at first: so it is woken, too
    heard = overhear(machine)
    it = await lane(machine=machine, wait=False)
    await eventually(lambda: heard.count(0) > 8000)
    machine.oddities.silent = False
    await it.ready()
    await everything(it)
    stream, names = bytes(heard), set()
    while token := first_star_token(stream):
        assert known(token) or token.name == b"\x1b*rB", token
        names.add(token.name)
        stream = stream[token.size :]
    assert {b"\x1bb", b"\x1b\x1dyD", b"\x17", b"\x07", b"\x19"} <= names


async def test_a_whole_conversation_in_escpos_has_no_word_of_stars(lane: Lanes) -> None:
    machine = SimulatedPrinter()
    heard = overhear(machine)
    it = await lane(machine=machine, dialect=DialectName.ESCPOS)
    await everything(it)
    stream = bytes(heard)
    while token := first_token(stream):
        assert token.name in ESCPOS_COMMANDS | {b"\0"}, token
        stream = stream[token.size :]
    assert stream == b""


async def test_it_is_asked_at_once_only_until_it_reports_by_itself(lane: Lanes) -> None:
    machine = SimulatedStar()
    heard = overhear(machine)
    it = await lane(machine=machine)
    await it.print()
    await asyncio.sleep(2 * QUICK.heartbeat_s)
    before, after = bytes(heard).split(REPORTS_ON, 1)
    assert ASK_NOW in before
    assert ASK_NOW not in after
    assert REPORTS_ON in after  # the heartbeat


async def test_reports_lost_without_a_word_are_asked_for_again(lane: Lanes) -> None:
    it = await lane()
    star(it).lose_reports()
    it.machine.set_paper_low()
    await eventually(lambda: it.printer.status.paper is Paper.NEAR_END)  # the heartbeat turned them on again
    it.machine.run_out_of_paper()
    await eventually(lambda: it.printer.status.paper is Paper.END)


async def test_reports_lost_in_mid_receipt_do_not_make_it_printed_nor_lost(lane: Lanes) -> None:
    it = await lane()
    it.machine.paper_out_at = it.machine.printed + 300
    printing = asyncio.create_task(it.print(receipt(60)))
    await eventually(lambda: "waiting for paper" in it.progress)
    star(it).lose_reports()
    it.machine.load_paper()  # it says nothing of it, and counts the end unheard
    outcome = await printing
    assert outcome.result is Result.PRINTED  # asked again, it shows the counter
    assert len(it.machine.receipts) == 1


async def test_bytes_thrown_away_make_a_receipt_unknown(lane: Lanes) -> None:
    it = await lane()
    it.machine.paper_out_at = it.machine.printed + 300
    printing = asyncio.create_task(it.print(receipt(60)))
    await eventually(lambda: "waiting for paper" in it.progress)
    star(it).overflowed = True
    it.machine.load_paper()
    assert (await printing).result is Result.UNKNOWN
    assert (await it.print()).result is Result.PRINTED


async def test_power_cut_that_the_line_does_not_show_is_unknown(lane: Lanes) -> None:
    """On a serial line nobody sees it: the printer comes back with an empty buffer and its counter at 0."""
    it = await lane()
    it.machine.paper_out_at = it.machine.printed + 300
    printing = asyncio.create_task(it.print(receipt(60)))
    await eventually(lambda: "waiting for paper" in it.progress)
    it.machine._lose_power()
    it.machine.power_on()
    it.machine.load_paper()
    outcome = await printing
    assert outcome.result is Result.UNKNOWN
    assert not it.machine.receipts
    assert (await it.print()).result is Result.PRINTED


async def test_half_a_picture_left_by_an_earlier_program_is_ended_at_the_start(
    lane: Lanes, dialect: DialectName
) -> None:
    machine = SimulatedStar()
    machine.preload(
        b"\x1b*rAb\x48\0" + b"\xff" * 20
        if dialect is DialectName.STAR_LINE
        else b"\x1b\x1dS\x01\x48\0\x60\0\0" + b"\xff" * 100
    )
    it = await lane(machine=machine)
    assert (await it.print()).result is Result.PRINTED
    assert b"line 0" in machine.receipts[-1].text


async def test_receipts_of_an_earlier_program_are_not_taken_for_ours(lane: Lanes) -> None:
    machine = SimulatedStar()
    machine.paper_out = True
    machine.preload(b"old\n\x1bd\x03\x17\x17\x17")
    it = await lane(machine=machine)
    with pytest.raises(NotReady, match="paper"):
        await it.print()
    machine.power_off_at = machine.taken + 200
    machine.load_paper()
    await eventually(lambda: it.printer.status.paper is Paper.OK)
    assert (await it.print(receipt(60))).result is not Result.PRINTED


async def test_a_picture_lets_no_pulse_into_raster_mode_and_no_dot_opens_the_drawer(lane: Lanes) -> None:
    it = await lane()
    printing = asyncio.create_task(it.print(Document((Image(dots(400)), Text("below"), Cut()))))
    await eventually(lambda: it.begun == 1)
    kick = await it.printer.kick(2)
    assert (await printing).result is Result.PRINTED
    assert kick.result is KickResult.OPENED
    assert it.machine.kicks == [2]
    assert b"below" in it.machine.receipts[0].text


async def test_bytes_lost_on_the_way_back_cost_a_report_and_no_truth(lane: Lanes) -> None:
    it = await lane(to_host=Faults(loss=0.02))
    results = [await in_the_end(it, f"r{n}") for n in range(6)]
    there = [bytes(r.text.split()[0]) for r in it.machine.receipts]
    assert all(there.count(b"r%d" % n) == 1 for n, result in enumerate(results) if result is Result.PRINTED)
    assert Result.PRINTED in results


@pytest.mark.parametrize(
    ("speaks", "question", "answer"),
    [("escpos", b"\x10\x04\x01", b"\x16"), ("starprnt", ASK_NOW, bytes.fromhex("23 06 00 00 00 00 00 00 00"))],
)
async def test_a_simulated_printer_of_the_configuration_speaks_what_that_says(
    tmp_path: Path, speaks: str, question: bytes, answer: bytes
) -> None:
    path = tmp_path / "stillopen.toml"
    path.write_text(
        '[store]\nid = "s"\nname = "S"\ncurrency = "EUR"\ntimezone = "Europe/Berlin"\n[[till]]\nid = "t"\n'
        f'[[printer]]\nname = "p"\nport = "sim://p"\ndialect = "{speaks}"\n'
    )
    bench = simulated(load(path, environ={}))
    assert bench
    port = await bench.open("p")
    await port.write(question, timeout_s=1.0)
    assert await port.read() == answer
    await bench.close()


TROUBLES = ("none", "paper", "cover", "cutter", "power", "power unseen", "plug", "reports", "slow", "overflow")


async def trouble(it: Lane, kind: str, chance: random.Random) -> None:  # noqa: C901 - one case a trouble
    """Let something happen to the printer, and put it right again after a while."""
    machine = star(it)
    at = machine.printed + chance.randrange(250)
    await asyncio.sleep(chance.random() * 0.03)
    match kind:
        case "paper":
            machine.paper_out_at = at
        case "cover":
            machine.open_cover()
        case "cutter":
            machine.jam_at_cut = True
        case "power":
            machine.power_off_at = machine.taken + chance.randrange(1, 400)
        case "power unseen":
            machine._lose_power()
            machine.power_on()
        case "plug":
            it.bench.unplug("printer")
        case "reports":
            machine.lose_reports()
        case "slow":
            machine.held = True
        case "overflow":
            machine.overflowed = True
    await asyncio.sleep(chance.random() * 0.3)
    machine.paper_out_at = machine.power_off_at = None
    machine.cover_open = machine.jam_at_cut = machine.cutter_stuck = machine.held = False
    if not machine.powered:
        machine.power_on()
    it.bench.plug("printer")
    machine.load_paper()


@pytest.mark.parametrize("seed", range(2))
async def test_whatever_happens_printed_is_on_paper_once_and_not_printed_is_not(lane: Lanes, seed: int) -> None:
    chance = random.Random(seed)
    it = await lane(timing=dataclasses.replace(QUICK, person_s=0.2, end_s=0.15))
    results: dict[bytes, Result] = {}
    for n in range(10):
        await it.ready()
        happening = asyncio.create_task(trouble(it, chance.choice(TROUBLES), chance))
        with contextlib.suppress(NotReady):
            results[b"r%d" % n] = (await it.print(receipt(30, f"r{n}"))).result
        await happening
    assert await in_the_end(it, "last") is Result.PRINTED
    there = [bytes(r.text).split()[0] for r in it.machine.receipts]
    assert all(there.count(name) <= 1 for name in there), "one was printed twice"
    assert {name for name, result in results.items() if result is Result.PRINTED} <= set(there)
    assert not {name for name, result in results.items() if result is Result.NOT_PRINTED} & set(there)
    assert Result.PRINTED in results.values()
