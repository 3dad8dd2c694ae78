"""What drawers say and are told, as values and bytes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.drawer.posiflex import REPORT_BYTES, StatusReader, drawer_number, open_report, status_report
from drivers.drawer.switch import Position, Sense, level_on, position
from drivers.drawer.talk import PosiflexTalk, SerialTalk, talk_for
from drivers.errors import PortUrlInvalid
from drivers.ports.modem import ModemLines
from drivers.printer.status import Level

HIGH, LOW = Level.HIGH, Level.LOW


@pytest.mark.parametrize("number", range(8))
def test_posiflex_reports(number: int) -> None:
    assert open_report(number) == bytes((0, number, number)) + bytes(118)
    assert status_report(number) == bytes((0, number, number + 1)) + bytes(118)
    reader = StatusReader(number)
    closed, opened = bytes((number << 4 | 1,)) + bytes(119), bytes((number << 4,)) + b"\xa5" * 119
    assert reader.feed(closed) == [HIGH]
    assert reader.feed(opened) == [LOW]
    assert reader.feed(opened[:64]) == []
    assert reader.feed(opened[64:] + closed) == [LOW, HIGH]
    assert reader.feed(bytes(((number + 1) % 8 << 4 | 1,)) + bytes(119)) == []  # another drawer's
    reader.feed(closed[:64])
    reader.restart()
    assert reader.feed(opened) == [LOW]


@given(st.integers(0, 7), st.lists(st.binary(max_size=300)))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_cut_into_reports_wherever_they_are_cut(number: int, pieces: list[bytes]) -> None:
    whole, split = StatusReader(number), StatusReader(number)
    at_once = whole.feed(b"".join(pieces))
    assert [level for piece in pieces for level in split.feed(piece)] == at_once
    assert len(at_once) <= sum(map(len, pieces)) // REPORT_BYTES


@pytest.mark.parametrize(
    ("target", "number"),
    [
        ("0d3a:0200", 0),
        ("0D3A:0207", 7),
        ("0d3a:0208", None),
        ("0d3a:020f", None),
        ("0d3a:0c23", None),  # in its boot loader
        ("0519:0011", None),
    ],
)
def test_which_usb_numbers_are_a_posiflex_drawers(target: str, number: int | None) -> None:
    assert drawer_number(target) == number


@pytest.mark.parametrize(
    ("level", "open_level", "expected"),
    [
        (LOW, LOW, Position.OPEN),
        (HIGH, LOW, Position.CLOSED),
        (HIGH, HIGH, Position.OPEN),
        (LOW, HIGH, Position.CLOSED),
        (None, LOW, None),
        (HIGH, None, None),
        (None, None, None),
    ],
)
def test_what_a_level_means(level: Level | None, open_level: Level | None, expected: Position | None) -> None:
    assert position(level, open_level) is expected


@pytest.mark.parametrize("sense", [sense for sense in Sense if sense is not Sense.NONE])
def test_each_line_is_its_own(sense: Sense) -> None:
    assert level_on(ModemLines(**{sense.value: True}), sense) is HIGH
    others = {other.value: True for other in Sense if other not in (sense, Sense.NONE)}
    assert level_on(ModemLines(**others), sense) is LOW
    assert level_on(None, sense) is None
    assert level_on(ModemLines(), Sense.NONE) is None


def test_how_a_port_is_talked_to() -> None:
    serial = talk_for("serial://COM3")
    assert isinstance(serial, SerialTalk)
    assert (serial.command, serial.question, serial.open_level) == (b"\x07", b"", None)
    assert serial.heard(b"\x07") is None
    serial.unanswered()
    assert talk_for("serial://COM3", b"[[") is not None
    posiflex = talk_for("hid://0d3a:0203")
    assert isinstance(posiflex, PosiflexTalk)
    assert (posiflex.command, posiflex.open_level) == (open_report(3), LOW)
    assert posiflex.heard(bytes((0x31,)) + bytes(119) + bytes((0x30,)) + bytes(119)) is LOW
    assert posiflex.heard(b"x") is None
    assert talk_for("hid://1234:5678") is None
    told = talk_for("hid://0d3a:0203", b"\0\1")
    assert told is not None
    assert (told.command, told.question, told.open_level) == (b"\0\1", b"", None)
    with pytest.raises(PortUrlInvalid):
        talk_for("hid://drawer")


async def test_where_nothing_can_be_sensed() -> None:
    class NoLines:
        url = "test://"

    assert await SerialTalk().sensed(NoLines()) is None  # type: ignore[arg-type]  # as little of a port as it takes
    assert await SerialTalk(sense=Sense.NONE).sensed(NoLines()) is None  # type: ignore[arg-type]  # likewise
    assert await PosiflexTalk(1).sensed(NoLines()) is None  # type: ignore[arg-type]  # likewise
