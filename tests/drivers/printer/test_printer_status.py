from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.printer.escpos import FenceKind
from drivers.printer.fences import IDS, Fences
from drivers.printer.outcome import trouble
from drivers.printer.status import (
    BLOCK_BYTES_MAX,
    Asb,
    Block,
    Fault,
    Flow,
    Level,
    Noise,
    Paper,
    PrinterStatus,
    RealTimeReply,
    Reply,
    ReplyReader,
    Short,
    after_asb,
    after_real_time,
)

WELL = bytes((0x14, 0, 0, 0x0F))
PAIRS = [
    ("12", [RealTimeReply(0x12)]),
    ("7e", [RealTimeReply(0x7E)]),
    ("11 13", [Flow.GO, Flow.STOP]),
    ("14 00 00 0f", [Asb(WELL)]),
    ("14 13 00 11 00 0f", [Flow.STOP, Flow.GO, Asb(WELL)]),
    ("00", [Short(0)]),
    ("0c 03", [Short(0x0C), Short(3)]),
    ("14 00 00 0f 00", [Asb(WELL), Short(0)]),  # a report's bytes look like answers to GS r
    ("00 14 00 00 0f 00", [Short(0), Asb(WELL), Short(0)]),
    ("37 22 53 30 30 31 00", [Block(0x37, b'"S001')]),
    ("5f 45 50 53 4f 4e 00", [Block(0x5F, b"EPSON")]),
    ("37 22 53 12 30 30 31 00", [RealTimeReply(0x12), Block(0x37, b'"S001')]),
    ("37 22 53 14 00 00 0f 30 30 31 00", [Asb(WELL), Block(0x37, b'"S001')]),
    ("37 22 13 53 30 30 31 00", [Flow.STOP, Block(0x37, b'"S001')]),
    ("14 00 12", [Noise(b"\x14\x00"), RealTimeReply(0x12)]),
    ("14 00 80", [Noise(b"\x14\x00"), Noise(b"\x80")]),
    ("14 14 00 00 0f", [Noise(b"\x14"), Asb(WELL)]),
    ("ff", [Noise(b"\xff")]),
]


@pytest.mark.parametrize(("sent", "replies"), PAIRS)
def test_bytes_are_sorted_whole_and_one_at_a_time(sent: str, replies: list[Reply]) -> None:
    raw = bytes.fromhex(sent)
    assert ReplyReader().feed(raw) == replies
    reader = ReplyReader()
    assert [reply for byte in raw for reply in reader.feed(bytes([byte]))] == replies


def test_a_block_without_an_end_is_noise_and_reading_goes_on() -> None:
    reader = ReplyReader()
    junk = b"\x5f" + b"A" * BLOCK_BYTES_MAX
    assert reader.feed(junk) == [Noise(junk)]
    assert reader.feed(b"\x12") == [RealTimeReply(0x12)]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 50))
def test_any_bytes_are_sorted_the_same_however_they_are_cut(raw: bytes, size: int) -> None:
    whole = ReplyReader().feed(raw)
    reader = ReplyReader()
    assert [r for at in range(0, len(raw), size) for r in reader.feed(raw[at : at + size])] == whole
    status, fences = PrinterStatus(), Fences(FenceKind.GS_H)
    for reply in whole:
        fences.heard(reply)
        if isinstance(reply, Asb):
            status = after_asb(status, reply)
            trouble(status)


def test_after_any_bytes_an_end_of_block_and_silence_a_report_is_understood_again() -> None:
    reader = ReplyReader()
    reader.feed(b"\x37\x14\x00")
    reader.feed(b"\xff\x00")
    assert reader.feed(WELL) == [Asb(WELL)]


REPORTS = [
    ("14 00 00 0f", PrinterStatus(True, False, Paper.OK, False, False, Level.HIGH, Fault.NONE)),
    ("10 00 00 0f", PrinterStatus(True, False, Paper.OK, False, False, Level.LOW, Fault.NONE)),
    ("14 00 03 0f", PrinterStatus(True, False, Paper.NEAR_END, False, False, Level.HIGH, Fault.NONE)),
    ("1c 00 0f 0f", PrinterStatus(False, False, Paper.END, False, False, Level.HIGH, Fault.NONE)),
    ("1c 08 00 0f", PrinterStatus(False, False, Paper.OK, True, False, Level.HIGH, Fault.NONE)),
    ("1c 04 00 0f", PrinterStatus(False, False, Paper.OK, False, True, Level.HIGH, Fault.RECOVERABLE)),
    ("1c 64 00 0f", PrinterStatus(False, False, Paper.OK, False, True, Level.HIGH, Fault.UNRECOVERABLE)),
    ("1c 20 00 0f", PrinterStatus(False, False, Paper.OK, False, True, Level.HIGH, Fault.UNRECOVERABLE)),
    ("1c 40 00 0f", PrinterStatus(False, False, Paper.OK, False, True, Level.HIGH, Fault.OVERHEATED)),
    (
        "3c 00 0f 0f",
        PrinterStatus(False, True, None, False, False, Level.HIGH, Fault.NONE),
    ),  # paper bits mean nothing now
]


@pytest.mark.parametrize(("report", "status"), REPORTS)
def test_reports(report: str, status: PrinterStatus) -> None:
    assert after_asb(PrinterStatus(), Asb(bytes.fromhex(report))) == status


REAL_TIME = [
    (1, 0x12, {"online": True, "drawer_pin": Level.LOW}),
    (1, 0x16, {"online": True, "drawer_pin": Level.HIGH}),
    (1, 0x1A, {"online": False, "drawer_pin": Level.LOW}),
    (2, 0x12, {"cover_open": False}),
    (2, 0x16, {"cover_open": True}),
    (2, 0x32, {"cover_open": False, "paper": Paper.END}),
    (3, 0x12, {"cutter_error": False, "error": False, "fault": Fault.NONE}),
    (3, 0x1A, {"cutter_error": True, "error": False, "fault": Fault.NONE}),
    (3, 0x32, {"cutter_error": False, "error": True, "fault": Fault.UNRECOVERABLE}),
    (3, 0x16, {"cutter_error": False, "error": True, "fault": Fault.RECOVERABLE}),
    (3, 0x52, {"cutter_error": False, "error": True, "fault": Fault.OVERHEATED}),
    (4, 0x12, {"paper": Paper.OK}),
    (4, 0x1E, {"paper": Paper.NEAR_END}),
    (4, 0x72, {"paper": Paper.END}),
    (4, 0x7E, {"paper": Paper.END}),
]


@pytest.mark.parametrize(("n", "byte", "known"), REAL_TIME)
def test_real_time_answers_add_what_they_know_and_nothing_else(n: int, byte: int, known: dict[str, Any]) -> None:
    assert after_real_time(PrinterStatus(), n, byte) == PrinterStatus(**known)


def test_with_the_cover_open_the_paper_is_what_it_was() -> None:
    assert after_real_time(PrinterStatus(cover_open=True), 4, 0x72).paper is None


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (PrinterStatus(), None),
        (PrinterStatus(True, False, Paper.NEAR_END, False, False), None),
        (PrinterStatus(False, True, Paper.END), "cover"),
        (PrinterStatus(False, False, Paper.END), "paper"),
        (PrinterStatus(False, cutter_error=True), "cutter"),
        (PrinterStatus(False, error=True), "error"),
        (PrinterStatus(False, error=True, fault=Fault.OVERHEATED), "too hot"),
        (PrinterStatus(False, error=True, fault=Fault.RECOVERABLE), "mechanical"),
        (PrinterStatus(False, error=True, fault=Fault.UNRECOVERABLE), "cannot recover"),
        (PrinterStatus(False), "offline"),
    ],
)
def test_trouble_is_named_with_the_next_step(status: PrinterStatus, reason: str | None) -> None:
    problem = trouble(status)
    assert (problem is None) == (reason is None)
    if problem and reason:
        assert reason in problem.reason
        assert problem.hint
        assert problem.waiting.startswith("waiting")


def fences(kind: FenceKind, first: int = 0) -> Fences:
    return Fences(kind, first)


def test_counted_fences_pass_in_order_and_only_those_that_went_out() -> None:
    them = fences(FenceKind.GS_R)
    start, end = them.make(), them.make()
    assert not them.heard(Short(0))  # nobody asked
    them.sent(start)
    assert them.heard(Short(0))
    assert them.passed(start)
    assert not them.passed(end)
    assert not them.heard(Short(0))
    them.sent(end)
    assert not them.heard(Block(0x37, b'"' + end.id))
    assert them.heard(Short(0x0C))
    assert them.passed(end)


def test_process_ids_pass_by_name_and_a_later_one_stands_for_those_before() -> None:
    them = fences(FenceKind.GS_H, IDS - 2)
    start, end = them.make(), them.make()
    assert (start.number, end.number) == (IDS - 1, 0)  # and round again
    them.sent(start)
    them.sent(end)
    assert not them.heard(Short(0))
    assert not them.heard(Block(0x37, b'"XXXX'))
    assert not them.heard(Block(0x5F, b'"' + end.id))
    assert them.heard(Block(0x37, b'"' + end.id))
    assert them.passed(start)
    assert them.passed(end)


def test_after_a_missed_answer_counting_is_not_trusted_until_settled() -> None:
    them = fences(FenceKind.GS_R)
    assert not them.settled
    them.restart(settled=True)
    assert them.settled
    fence = them.make()
    them.sent(fence)
    them.restart()
    assert not them.settled
    assert not them.heard(Short(0))
    assert fences(FenceKind.GS_H).settled  # ids speak for themselves


def test_ids_are_four_printable_characters() -> None:
    assert {len(Fences(FenceKind.GS_H, n).make().id) for n in (0, 94, 95, 95**2, IDS - 1)} == {4}
    assert all(0x20 <= byte <= 0x7E for n in range(0, IDS, 999_983) for byte in Fences(FenceKind.GS_H, n).make().id)
    assert len({Fences(FenceKind.GS_H, n).make().id for n in range(500)}) == 500
