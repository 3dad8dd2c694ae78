"""Where a printer puts things on the line, and what it adds by itself: found by printing what others' encoders make."""

from __future__ import annotations

import io

import pytest
import zxingcpp
from PIL import Image

from drivers.simulated.picture import MARGIN, TOOTH
from drivers.simulated.printer import SimulatedPrinter
from drivers.simulated.star import SimulatedStar

EDGE = TOOTH + MARGIN


def _paper(machine: SimulatedPrinter, stream: bytes) -> Image.Image:
    machine.preload(stream)
    return Image.open(io.BytesIO(machine.picture(machine.receipts[-1])))


def _ink(picture: Image.Image) -> tuple[int, int]:
    """Return the first and the last column of dots that has ink, from the left edge of what can be printed on."""
    box = picture.point(lambda dot: 255 * (dot == 0)).getbbox()
    assert box is not None
    return box[0] - EDGE, box[2] - EDGE


@pytest.mark.parametrize(
    "stream",
    [b"\x1b$\xf0\x00#\n\x1dV\x00", b"#\r\x1b\\\xe4\x00#\n\x1dV\x00", b"\x1b$\x00\x00\x1b\\\xf0\x00#\n\x1dV\x00"],
    ids=["absolute", "relative", "both"],
)
def test_what_is_moved_stands_where_it_was_moved_to(stream: bytes) -> None:
    first, last = _ink(_paper(SimulatedPrinter(), stream))
    assert 240 <= last - 1 < 252
    assert first >= (0 if stream.startswith(b"#") else 240)


def test_what_would_go_back_over_the_line_stays_where_it_is() -> None:
    _, last = _ink(_paper(SimulatedPrinter(), b"####\x1b$\x00\x00#\x1b\\\xf0\xff#\n\x1dV\x00"))
    assert 60 <= last <= 72


def test_a_star_moves_and_prints_bands_of_dots_too() -> None:
    band = b"\x1bk\x01\x00" + b"\x80" + b"\x00" * 22 + b"\x01"
    picture = _paper(SimulatedStar(), b"\x1b0\x1b\x1dA\xf0\x00\x1b\x1dR\x08\x00" + band + b"\n\x1bd\x00")
    assert _ink(picture) == (248, 256)
    box = picture.point(lambda dot: 255 * (dot == 0)).getbbox()
    assert box is not None
    assert box[3] - box[1] == 24
    assert picture.getpixel((box[0], box[1])) == 0
    assert picture.getpixel((box[2] - 1, box[3] - 1)) == 0
    assert picture.getpixel((box[0], box[3] - 1)) == 255


def test_lines_of_a_star_are_close_until_they_are_not() -> None:
    heights = []
    for spacing in (b"\x1b0", b"\x1b0\x1bz\x01"):
        box = (
            _paper(SimulatedStar(), spacing + b"#\n" * 10 + b"\x1bd\x00").point(lambda dot: 255 * (dot == 0)).getbbox()
        )
        assert box is not None
        heights.append(box[3] - box[1])
    assert heights[1] - heights[0] == 9 * (30 - 24)


@pytest.mark.parametrize(
    ("kind", "digits", "reads"),
    [(67, b"400638133393", "4006381333931"), (68, b"9638507", "96385074"), (65, b"04210000526", "0042100005264")],
)
def test_a_number_without_its_check_digit_gets_it_from_the_printer(kind: int, digits: bytes, reads: str) -> None:
    stream = b"\x1dw\x02\x1dk" + bytes((kind, len(digits))) + digits + b"\x1dV\x00"
    assert [code.text for code in zxingcpp.read_barcodes(_paper(SimulatedPrinter(), stream))] == [reads]
