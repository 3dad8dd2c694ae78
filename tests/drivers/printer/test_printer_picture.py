"""The simulated printer reads any bytes, and its picture shows what a printer would have printed."""

from __future__ import annotations

import io

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture
from PIL import ImageDraw

from drivers.printer.document import QR, Align, Barcode, Cut, Document, Feed, Image, Row, Rule, Symbology, Text
from drivers.printer.escpos import Fence, FenceKind, encode, job
from drivers.printer.settings import PrinterSettings
from drivers.simulated.picture import MARGIN, TOOTH, Paper, draw
from drivers.simulated.picture_codes import bars, shown_text
from drivers.simulated.picture_glyphs import glyph_dots
from drivers.simulated.printer import BUFFER_BYTES, Model, SimulatedPrinter
from drivers.simulated.printer_tokens import TEXT, Token, first_token

PAPER = Paper(384, 32)

TOKENS = [
    ("48 69 0a", [b"text", b"\n"]),
    ("1b 40 1b 74 13 1b 61 01", [b"\x1b@", b"\x1bt", b"\x1ba"]),
    ("1d 76 30 00 02 00 02 00 1b 40 10 04 0a", [b"\x1dv0", b"\n"]),  # commands inside a picture are dots
    ("1d 28 6b 04 00 31 50 30 78 0a", [b"\x1d(k", b"\n"]),
    ("1d 28 4c 02 00 30 32 0a", [b"\x1d(L", b"\n"]),
    ("1d 38 4c 02 00 00 00 30 32 0a", [b"\x1d8L", b"\n"]),
    ("1d 6b 43 02 31 32 0a", [b"\x1dk", b"\n"]),
    ("1d 6b 04 41 42 00 0a", [b"\x1dk", b"\n"]),
    ("1d 56 42 00 0a", [b"\x1dV", b"\n"]),
    ("1d 56 01 0a", [b"\x1dV", b"\n"]),
    ("1b 70 00 19 fa 0a", [b"\x1bp", b"\n"]),
    ("1b 2a 21 01 00 01 02 03 0a", [b"\x1b*", b"\n"]),
    ("1b 2a 00 02 00 01 02 0a", [b"\x1b*", b"\n"]),
    ("1b 44 08 10 00 0a", [b"\x1bD", b"\n"]),
    ("1d 2a 01 01 00 00 00 00 00 00 00 00 0a", [b"\x1d*", b"\n"]),
    ("10 04 01 10 05 02 10 14 01 00 01 0a", [b"\x10\x04", b"\x10\x05", b"\x10\x14", b"\n"]),
    ("10 04 07 01 10 14 08 01 03 14 01 06 02 08 0a", [b"\x10\x04", b"\x10\x14", b"\n"]),
    ("10 99 0a", [b"\x10", b"text", b"\n"]),
    ("1c 2e 1c 26 1d 72 01 1d 61 ff 1d 49 43", [b"\x1c.", b"\x1c&", b"\x1dr", b"\x1da", b"\x1dI"]),
    ("1d 28 48 06 00 30 30 53 30 30 31 0a", [b"\x1d(H", b"\n"]),
    ("1b 7e 0a", [b"\x1b~", b"\n"]),
    ("1d 7e 0a", [b"\x1d~", b"\n"]),
]


def tokens_of(raw: bytes) -> list[Token]:
    found = []
    while token := first_token(raw):
        found.append(token)
        raw = raw[token.size :]
    return found


@pytest.mark.parametrize(("raw", "names"), TOKENS)
def test_commands_have_their_lengths(raw: str, names: list[bytes]) -> None:
    stream = bytes.fromhex(raw)
    assert [token.name for token in tokens_of(stream)] == names
    for size in range(len(stream)):  # what is not there as a whole is waited for
        token = first_token(stream[:size])
        assert token is None or token.name == TEXT or token == first_token(stream)


def test_tab_stops_end_after_thirty_two() -> None:
    assert [t.name for t in tokens_of(b"\x1bD" + bytes(range(1, 33)) + b"\n")] == [b"\x1bD", b"\n"]
    assert first_token(b"\x1bD" + bytes(range(1, 20))) is None


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.binary(max_size=12) | st.sampled_from([bytes.fromhex(raw) for raw, _ in TOKENS]), max_size=10),
    st.integers(1, 40),
)
def test_any_stream_is_taken_however_it_is_cut(pieces: list[bytes], size: int) -> None:
    raw = b"".join(pieces)
    whole, cut = SimulatedPrinter(), SimulatedPrinter()
    whole.preload(raw)
    for at in range(0, len(raw), size):
        cut.preload(raw[at : at + size])
    assert (whole.cuts, whole.kicks, whole.buffered) == (cut.cuts, cut.kicks, cut.buffered)
    assert [r.text.replace(b"\n", b"") for r in whole.receipts] == [r.text.replace(b"\n", b"") for r in cut.receipts]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=12) | st.sampled_from([bytes.fromhex(raw) for raw, _ in TOKENS]), max_size=8))
def test_any_stream_can_be_drawn(pieces: list[bytes]) -> None:
    printer = SimulatedPrinter(Model(32, 384))
    printer.preload(b"".join(pieces))
    assert printer.picture().startswith(b"\x89PNG")


def test_a_full_buffer_takes_no_more_and_nothing_real_time_gets_through() -> None:
    printer = SimulatedPrinter()
    printer.paper_out = True
    assert printer._take(b"x" * 5000) == BUFFER_BYTES
    assert printer._take(b"\x10\x14\x01\x00\x01") == 0
    assert printer.kicks == []


def test_a_real_time_command_inside_a_picture_is_obeyed_and_is_dots_as_well() -> None:
    printer = SimulatedPrinter()
    printer.preload(b"\x1dv0\x00\x05\x00\x01\x00\x10\x14\x01\x00\x01after\n")
    assert printer.kicks == [2]
    assert [t.name for t in printer._sheet] == [b"\x1dv0", TEXT, b"\n"]


def test_a_clone_without_process_ids_prints_them() -> None:
    printer = SimulatedPrinter(Model(process_ids=False))
    printer.preload(b"\x1d(H\x06\x0000S001\n\x1dVB\x00")
    assert b"00S001" in printer.receipts[0].text


# --- the picture ---


def logo() -> bytes:
    image = Picture.new("RGBA", (384, 120), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.ellipse((4, 4, 116, 116), fill="black")
    for x in range(140, 384):
        pen.line((x, 20, x, 100), fill=(x - 130, x - 130, x - 130, 255))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def thirty_lines() -> Document:
    goods = [Row(f"Brötchen Größe {n}", f"{n},20 €") for n in range(20)]
    return Document(
        (
            Image(logo()),
            Text("Café Größe & Söhne", Align.CENTER, bold=True, width=2, height=2),
            Rule("═"),
            *goods,
            Rule(),
            Row("SUMME", "67,88 €", bold=True, width=2, height=2),
            Row("Bar", "70,00"),
            Row("Rückgeld", "2,12"),
            Text("„Vielen Dank“ \u2013 bis bald!", Align.CENTER),
            Barcode(Symbology.CODE128, "R-2026{000123"),
            Feed(),
            Barcode(Symbology.EAN13, "4006381333931"),
            Feed(),
            QR("https://example.com/r/000123?größe=ja"),
            Cut(),
        )
    )


def printed(document: Document, columns: int) -> Picture.Image:
    dialect = PrinterSettings(columns=columns).dialect()
    made = job(encode(document, dialect), dialect, Fence(FenceKind.GS_R, 1), Fence(FenceKind.GS_R, 2))
    printer = SimulatedPrinter(Model(columns, dialect.dots))
    printer.preload(made.opening + b"".join(made.slices))
    (receipt,) = printer.receipts
    return Picture.open(io.BytesIO(printer.picture(receipt)))


@pytest.mark.parametrize("columns", [48, 42, 32])
def test_a_receipt_of_thirty_lines_reads_back(columns: int) -> None:
    picture = printed(thirty_lines(), columns)
    dots = PrinterSettings(columns=columns).dialect().dots
    assert picture.width == dots + 2 * MARGIN + 2 * TOOTH
    found = {(code.format.name, code.text) for code in zxingcpp.read_barcodes(picture)}
    assert found == {
        ("Code128", "R-2026{000123"),
        ("EAN13", "4006381333931"),
        ("QRCode", "https://example.com/r/000123?größe=ja"),
    }


@pytest.mark.parametrize(
    ("symbology", "data", "format_"),
    [
        (Symbology.EAN13, "4006381333931", "EAN13"),
        (Symbology.EAN8, "96385074", "EAN8"),
        (Symbology.UPCA, "012345678905", "UPCA"),
        (Symbology.CODE39, "ABC-1", "Code39"),
        (Symbology.CODE128, "a{b}~ 0", "Code128"),
    ],
)
def test_each_barcode_reads_back(symbology: Symbology, data: str, format_: str) -> None:
    picture = printed(Document((Feed(2), Barcode(symbology, data), Feed(2), Cut())), 48)
    (code,) = zxingcpp.read_barcodes(picture)
    assert code.text.lstrip("0") == data.lstrip("0")
    assert format_ in (code.format.name, "UPCA")


@pytest.mark.parametrize("character", "A€äöüÄÖÜß│─┌█©éñ")
def test_every_character_of_the_page_has_its_own_glyph(character: str) -> None:
    missing = glyph_dots("\ue000", 12, 24, False, False, False).tobytes()
    dots = glyph_dots(character, 12, 24, False, False, False)
    assert dots.size == (12, 24)
    assert dots.tobytes() != missing
    assert 0 in dots.tobytes()


def test_what_a_printer_cannot_encode_prints_nothing() -> None:
    assert bars(67, b"123") is None
    assert bars(67, b"12345678901ab") is None
    assert bars(69, b"abc") is None
    assert bars(73, b"no code set") is None
    assert bars(73, b"{B") is None
    assert bars(73, b"{1x") is None
    assert bars(73, b"{C\xf0") is None
    assert bars(74, b"x") is None
    assert bars(2, b"4006381333931") == bars(67, b"4006381333931")
    assert bars(73, b"{C\x0c\x22{Bx") is not None
    assert shown_text(73, b"{Ba{{b") == "a{b"
    assert shown_text(67, b"400") == "400"


def height(raw: bytes, *, chinese: bool = False) -> int:
    paper = Paper(384, 32, chinese=chinese)
    return Picture.open(io.BytesIO(draw(tuple(tokens_of(raw)), paper))).height


def black(raw: bytes, *, chinese: bool = False) -> int:
    paper = Paper(384, 32, chinese=chinese)
    return Picture.open(io.BytesIO(draw(tuple(tokens_of(raw)), paper))).histogram()[0]


def test_every_style_shows() -> None:
    plain = black(b"Text\n")
    for style in (b"\x1bE\x01", b"\x1bG\x01", b"\x1b-\x01", b"\x1dB\x01", b"\x1d!\x11", b"\x1b!\x38"):
        assert black(style + b"Text\n") > plain, style
    assert black(b"\x1bM\x01Text\n") < plain
    assert black(b"\x1bE\x01\x1b@Text\n") == plain


def test_paper_moves_as_told() -> None:
    line = height(b"x\n") - height(b"")
    assert line == 30 - 1
    assert height(b"x\n\x1bd\x03") - height(b"x\n") == 90
    assert height(b"\x1b3\x40x\n") - height(b"x\n") == 34
    assert height(b"\x1b3\x40\x1b2x\n") == height(b"x\n")
    assert height(b"x\n\x1bJ\x18") - height(b"x\n") == 24
    assert height(b"x\x1bJ\x30") - height(b"x\n") == 18
    assert height(b"\n" * 2000) < 20_200  # a runaway feed ends
    assert height(b"x" * 33 + b"\n") - height(b"x\n") == 30  # too long for the line


def test_pictures_by_every_command() -> None:
    raster = b"\x1dv0\x00\x01\x00\x08\x00" + b"\xff" * 8
    assert black(raster) == 64
    assert black(b"\x1dv0\x03\x01\x00\x08\x00" + b"\xff" * 8) == 256
    assert black(b"\x1d(L\x12\x000p0\x01\x011\x08\x00\x08\x00" + b"\xff" * 8 + b"\x1d(L\x02\x0002") == 64
    assert black(b"\x1d8L\x12\x00\x00\x000p0\x02\x011\x08\x00\x08\x00" + b"\xff" * 8 + b"\x1d(L\x02\x0002") == 128
    assert black(b"\x1b*\x21\x02\x00" + b"\xff" * 6 + b"\n") == 48
    assert black(b"\x1b*\x00\x02\x00" + b"\xff" * 2 + b"\n") > 0
    assert black(b"text" + raster) > 64


def test_bytes_of_a_page_the_printer_has_not_and_of_chinese_firmware_show_as_the_mess_they_are() -> None:
    assert black(b"\x1bt\xc8Gr\x94\xe1e\n") != black(b"\x1bt\x13Gr\x94\xe1e\n")
    assert black(b"\x1bt\x13Gr\x94\xe1e\n", chinese=True) != black(b"\x1bt\x13Gr\x94\xe1e\n")
    assert black(b"\x1c.\x1bt\x13Gr\x94\xe1e\n", chinese=True) == black(b"\x1bt\x13Gr\x94\xe1e\n")
    assert black(b"\x1c.\x1c&\x1bt\x13Gr\x94\xe1e\n", chinese=True) == black(b"\x1bt\x13Gr\x94\xe1e\n", chinese=True)
