"""What displays are sent, byte for byte, and that any text stays twenty characters in its line."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.display.screen import COLUMNS, Screen, centred, pair
from drivers.display.speech import DisplayProtocol, DisplaySettings
from drivers.simulated.bench import Bench
from drivers.simulated.display import SimulatedDisplay

TEXT = b"Milk            1.29"
LOWER = b"Total           1.29"
SCREEN = Screen(TEXT.decode(), LOWER.decode())


@pytest.mark.parametrize(
    ("protocol", "greeting", "lines"),
    [
        (
            DisplayProtocol.CD5220,
            b"\r\x0c\x1b@\x1bt\x13\x0c",
            b"\x1bQA" + TEXT + b"\r\x1bQB" + LOWER + b"\r",
        ),
        (
            DisplayProtocol.ESCPOS,
            b"\x1b@\x1bt\x13\x1f\x01\x1fC\x00\x0c",
            b"\x1f$\x01\x01" + TEXT + b"\x1f$\x01\x02" + LOWER,
        ),
        (DisplayProtocol.LOGIC_CONTROLS, b"\x1f\x11\x14", b"\x10\x00" + TEXT + b"\x10\x14" + LOWER),
    ],
)
def test_two_lines_as_each_protocol_says_them(protocol: DisplayProtocol, greeting: bytes, lines: bytes) -> None:
    said = DisplaySettings(protocol, "cp858")
    assert said.greeting == greeting
    assert said.show(SCREEN) == lines


def test_letters_are_written_in_the_code_page_and_others_stand_in() -> None:
    said = DisplaySettings(DisplayProtocol.ESCPOS, "cp858")
    assert said.show(Screen("Käse 5 €", ""))[4:24] == "Käse 5 €".encode("cp858").ljust(20)
    plain = DisplaySettings(DisplayProtocol.ESCPOS, "cp437")
    assert plain.show(Screen("5 €\n\x1b@", ""))[4:24] == b"5 EUR ?@".ljust(20)
    assert DisplaySettings(code_page="cp1250", code_page_number=7).greeting[4:7] == b"\x1bt\x07"
    with pytest.raises(ValueError, match="write one of"):
        _ = DisplaySettings(code_page="klingon").greeting


@pytest.mark.parametrize(
    ("left", "right", "line"),
    [
        ("Milk", "1.29", "Milk            1.29"),
        ("Whole milk from the hills", "1.29", "Whole milk from 1.29"),
        ("Whole milk and cream", "1.29", "Whole milk and  1.29"),
        ("Total", "1.234.567.890.123,45 €", "234.567.890.123,45 €"),
        ("", "", " " * 20),
    ],
)
def test_a_line_with_two_ends(left: str, right: str, line: str) -> None:
    assert pair(left, right) == line
    assert centred(" Welcome ") == "      Welcome"


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(DisplayProtocol))
@settings(max_examples=100, deadline=None)
def test_any_text_is_shown_as_it_fits_and_obeyed_never(upper: str, lower: str, protocol: DisplayProtocol) -> None:
    said = DisplaySettings(protocol, "cp858")
    box = SimulatedDisplay(DisplayProtocol(protocol))
    fitted = [said.page.fit(text).replace("\n", " ")[:COLUMNS].rstrip() for text in (upper, lower)]
    sent = said.greeting + said.show(Screen(upper, lower))
    asyncio.run(_hear(box, sent))
    assert box.unknown == 0
    if protocol is not DisplayProtocol.LOGIC_CONTROLS:  # it has the characters of its own table
        assert box.text == tuple(fitted)


async def _hear(box: SimulatedDisplay, sent: bytes) -> None:
    bench = Bench()
    bench.add("display", box)
    wire = await bench.open("display")
    await wire.write(sent, timeout_s=5.0)
    while box.heard < len(sent):
        await asyncio.sleep(0)
    await bench.close()
