"""80 and 58 mm of paper at 203 and 180 dpi, and the smaller font: everything is on the paper, nothing is cut off."""

from __future__ import annotations

import io

import pytest
import zxingcpp
from PIL import Image as Picture
from PIL import ImageChops, ImageDraw

from drivers.printer import star
from drivers.printer.document import QR, Barcode, Cut, Document, Image, Row, Symbology, Text
from drivers.printer.escpos import Dialect, Fence, FenceKind, Font, encode, job
from drivers.printer.raster import rasterise
from drivers.printer.settings import PrinterSettings
from drivers.simulated.picture import MARGIN, TOOTH
from drivers.simulated.printer import Model, SimulatedPrinter

FENCE = Fence(FenceKind.NONE, 1)
LEFT, TOP = TOOTH + MARGIN, 2 * TOOTH + MARGIN
PAPERS = [  # columns, font, dots: from the printers' manuals
    pytest.param(48, Font.A, 576, id="80mm-203dpi"),
    pytest.param(42, Font.A, 512, id="80mm-180dpi"),
    pytest.param(32, Font.A, 384, id="58mm-203dpi"),
    pytest.param(30, Font.A, 360, id="58mm-180dpi"),
    pytest.param(35, Font.A, 420, id="60mm-203dpi"),  # a TM-T20 on its narrow paper
    pytest.param(64, Font.B, 576, id="80mm-203dpi-b"),
    pytest.param(56, Font.B, 512, id="80mm-180dpi-b"),
    pytest.param(42, Font.B, 384, id="58mm-203dpi-b"),
    pytest.param(40, Font.B, 360, id="58mm-180dpi-b"),
]


def logo(across: int) -> bytes:
    """Return a picture with a black edge all round, so that what is cut off shows."""
    image = Picture.new("L", (across, across // 4), 255)
    ImageDraw.Draw(image).rectangle((0, 0, across - 1, across // 4 - 1), outline=0, width=across // 40)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def printed(dialect: Dialect, document: Document) -> Picture.Image:
    made = job(encode(document, dialect), dialect, FENCE, FENCE)
    printer = SimulatedPrinter(Model(dialect.columns, dialect.dots))
    printer.preload(made.opening + b"".join(made.slices))
    picture = Picture.open(io.BytesIO(printer.picture(printer.receipts[0]))).convert("L")
    assert picture.width == dialect.dots + 2 * LEFT
    return picture.crop((LEFT, TOP, LEFT + dialect.dots, picture.height - TOP))


def across(picture: Picture.Image) -> tuple[int, int]:
    """Return where the ink begins and ends."""
    box = ImageChops.invert(picture).getbbox()
    assert box
    return box[0], box[2]


@pytest.mark.parametrize(("columns", "font", "dots"), PAPERS)
def test_the_dots_follow_from_the_columns(columns: int, font: Font, dots: int) -> None:
    dialect = PrinterSettings(columns=columns, font=font).dialect()
    assert dialect.dots == dots
    assert dialect.column_dots == font.column


@pytest.mark.parametrize(("columns", "font", "dots"), PAPERS)
def test_prices_end_at_the_last_column_as_text_and_as_a_picture(columns: int, font: Font, dots: int) -> None:
    dialect = PrinterSettings(columns=columns, font=font).dialect()
    text = printed(dialect, Document((Row("Milk", "1,20"), Cut())))
    drawn = printed(dialect, Document((Row("Ж", "1,20"), Cut())))
    edge = columns * font.column
    assert edge <= dots
    for picture in (text, drawn):
        first, last = across(picture)
        assert first < font.column
        assert edge - font.column <= last <= edge
        assert ImageChops.invert(picture.crop((0, 30, dots, 48))).getbbox() is None  # one line each, and no more


@pytest.mark.parametrize(("columns", "font", "dots"), PAPERS)
def test_a_logo_is_whole_and_in_the_middle_whatever_its_size(columns: int, font: Font, dots: int) -> None:
    dialect = PrinterSettings(columns=columns, font=font).dialect()
    for size in (200, dots, 2000):
        picture = printed(dialect, Document((Image(logo(size)), Cut())))
        first, last = across(picture)
        assert last - first == min(size, dots - dots % 8)
        assert abs(first - (dots - last)) <= 8
        assert not picture.getpixel((first + 1, 1))
        assert not picture.getpixel((last - 2, 1))


@pytest.mark.parametrize(("columns", "font", "dots"), PAPERS)
def test_codes_read_back(columns: int, font: Font, dots: int) -> None:
    dialect = PrinterSettings(columns=columns, font=font).dialect()
    codes = (Text("."), Barcode(Symbology.CODE128, "TILL-1-000042"), Text("."), QR("https://example.com/r/42", size=16))
    picture = printed(dialect, Document((*codes, Cut())))
    assert across(picture)[1] <= dots
    paper = Picture.new("L", (dots + 80, picture.height + 80), 255)  # with the paper's own white beside it
    paper.paste(picture, (40, 40))
    assert {code.text for code in zxingcpp.read_barcodes(paper)} == {"TILL-1-000042", "https://example.com/r/42"}


def test_columns_wider_than_the_font_are_filled_only_as_far_as_printers_do() -> None:
    assert PrinterSettings(columns=42, dots=576).dialect().column_dots == 13  # 42 columns on a paper of 48
    assert PrinterSettings(columns=32, dots=576).dialect().column_dots == 12  # a narrow layout on wide paper
    assert PrinterSettings(columns=48, dots=384).dialect().column_dots == 8  # wrong, and then squeezed


def test_font_b_is_chosen_at_the_start_in_both_languages() -> None:
    dialect = PrinterSettings(columns=64, font=Font.B).dialect()
    assert job((), dialect, FENCE, FENCE).opening == b"\x1b@\x1bM\x01\x1bt\x13"
    assert star.job((), dialect, FENCE, FENCE).opening.startswith(b"\x1b@\x1b\x1eF\x01")


def test_no_row_of_a_picture_is_wider_than_the_paper() -> None:
    assert rasterise(logo(2000), 420).stride == 52
