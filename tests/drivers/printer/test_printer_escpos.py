from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture

from drivers.errors import DocumentInvalid
from drivers.printer.bands import REAL_TIME, harmless
from drivers.printer.barcodes import QR_BYTES_MAX, check_digit, qr_modules
from drivers.printer.document import (
    QR,
    Align,
    Barcode,
    Cut,
    Document,
    Feed,
    Image,
    Item,
    Row,
    Rule,
    Symbology,
    Text,
)
from drivers.printer.escpos import (
    SLICE_BYTES,
    CutKind,
    Dialect,
    Fence,
    FenceKind,
    encode,
    job,
)
from drivers.printer.raster import ROWS_MAX, Raster, rasterise
from drivers.printer.settings import PrinterSettings
from drivers.simulated.printer_tokens import first_token

WIDE = PrinterSettings().dialect()
NARROW = PrinterSettings(columns=32).dialect()


def sent(*items: Item, dialect: Dialect = WIDE) -> bytes:
    return b"".join(encode(Document(items), dialect))


def png(image: Picture.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


CASES = [
    ((Text("Hi"),), b"Hi\n"),
    ((Text("€"),), b"\xd5\n"),
    ((Text("a"), Text("b", Align.CENTER), Text("c", Align.CENTER), Text("d")), b"a\n\x1ba\x01b\nc\n\x1ba\x00d\n"),
    ((Text("b", Align.RIGHT, bold=True), Text("n")), b"\x1ba\x02\x1bE\x01b\n\x1ba\x00\x1bE\x00n\n"),
    ((Text("w", width=2, height=3),), b"\x1d!\x12w\n"),
    ((Row("a", "b"),), b"a" + b" " * 46 + b"b\n"),
    ((Rule("═"),), b"\xcd" * 48 + b"\n"),
    ((Rule("語"),), b"?" * 48 + b"\n"),
    ((Rule(" "),), b"-" * 48 + b"\n"),
    ((Feed(3),), b"\x1bd\x03"),
    ((Feed(0),), b""),
    ((Text("x", bold=True), Cut()), b"\x1bE\x01x\n\x1bE\x00\x1dVB\x00"),
    (
        (Barcode(Symbology.EAN13, "4006381333931"),),
        b"\x1ba\x01\x1dh\x40\x1dw\x03\x1dH\x02\x1df\x00\x1dk\x43\x0d4006381333931",
    ),
    (
        (Barcode(Symbology.CODE128, "a{b", height=10, text_below=False),),
        b"\x1ba\x01\x1dh\x0a\x1dw\x03\x1dH\x00\x1df\x00\x1dk\x49\x06{Ba{{b",
    ),
    ((Barcode(Symbology.EAN8, "96385074"),), b"\x1ba\x01\x1dh\x40\x1dw\x03\x1dH\x02\x1df\x00\x1dk\x44\x0896385074"),
    (
        (Barcode(Symbology.UPCA, "012345678905"),),
        b"\x1ba\x01\x1dh\x40\x1dw\x03\x1dH\x02\x1df\x00\x1dk\x41\x0c012345678905",
    ),
    ((Barcode(Symbology.CODE39, "A-1"),), b"\x1ba\x01\x1dh\x40\x1dw\x03\x1dH\x02\x1df\x00\x1dk\x45\x03A-1"),
    (
        (QR("x"),),
        b"\x1ba\x01\x1bJ\x18\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x06\x1d(k\x03\x001E1\x1d(k\x04\x001P0x\x1d(k\x03\x001Q0\x1bJ\x18",
    ),
]


@pytest.mark.parametrize(("items", "expected"), CASES)
def test_items_and_their_bytes(items: tuple[Item, ...], expected: bytes) -> None:
    assert sent(*items) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(CutKind.PARTIAL, b"\x1dVB\x00"), (CutKind.FULL, b"\x1dVA\x00"), (CutKind.NONE, b"\x1bd\x06")],
)
def test_cuts(kind: CutKind, expected: bytes) -> None:
    assert sent(Cut(), dialect=PrinterSettings(cut=kind).dialect()) == expected


def test_a_substitute_is_laid_out_at_its_own_width() -> None:
    (line,) = encode(Document((Row("Milk", "5 €"),)), PrinterSettings(code_page="cp437").dialect())
    assert line == b"Milk" + b" " * 39 + b"5 EUR\n"


def test_a_barcode_too_wide_for_the_paper_is_printed_as_text() -> None:
    long = "RECEIPT-2026-000123456"
    assert sent(Barcode(Symbology.CODE128, long), dialect=NARROW) == b"\x1ba\x01" + long.encode() + b"\n"
    assert b"\x1dw\x02" in sent(Barcode(Symbology.CODE128, "R-2026-000123"), dialect=NARROW)


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (Barcode(Symbology.EAN13, "4006381333932"), "4006381333931"),  # trap 8: no printer checks it
        (Barcode(Symbology.EAN13, "400638133393"), "13 digits"),
        (Barcode(Symbology.EAN13, "400638133393\uff11"), "13 digits"),
        (Barcode(Symbology.EAN8, "96385075"), "96385074"),
        (Barcode(Symbology.UPCA, "x"), "12 digits"),
        (Barcode(Symbology.CODE39, "abc"), "capitals"),
        (Barcode(Symbology.CODE39, ""), "capitals"),
        (Barcode(Symbology.CODE128, "ä"), "ASCII"),
        (Barcode(Symbology.CODE128, "a\x1bb"), "ASCII"),
        (Barcode(Symbology.CODE128, ""), "ASCII"),
        (QR(""), "1 to 1000"),
        (QR("ä" * 501), "1 to 1000"),
        (QR("a\x10\x14b"), "control characters"),
        (Image(b"no png"), "PNG again"),
        (Image(png(Picture.new("1", (10, 10)))[:44]), "PNG again"),
        (Image(png(Picture.new("1", (2, ROWS_MAX + 1)))), str(ROWS_MAX)),
        (Image(png(Picture.new("1", (4001, 1000)))), "576"),
    ],
)
def test_what_no_printer_can_print_is_refused_by_item(item: Item, words: str) -> None:
    with pytest.raises(DocumentInvalid, match=r"^item 2: ") as caught:
        sent(Text("x"), item)
    assert words in caught.value.hint


def test_check_digits() -> None:
    assert [check_digit(d) for d in ("400638133393", "9638507", "01234567890")] == [1, 4, 5]


def test_a_qr_code_fits_the_paper_or_is_made_smaller() -> None:
    assert qr_modules(b"x") == 29
    assert qr_modules(b"x" * QR_BYTES_MAX) == 129
    assert b"1C\x02" in sent(QR("x" * QR_BYTES_MAX, size=16), dialect=NARROW)


# --- pictures ---


def test_a_picture_is_black_on_white_whatever_it_came_as() -> None:
    inks: list[tuple[str, Any, Any]] = [
        ("1", 0, 1),
        ("L", 0, 255),
        ("RGB", (0, 0, 0), (255,) * 3),
        ("RGBA", (0, 0, 0, 255), (0, 0, 0, 0)),
    ]
    for mode, black, clear in inks:
        image = Picture.new(mode, (9, 2), clear)
        image.putpixel((0, 0), black)
        assert rasterise(png(image), 576) == Raster(2, b"\x80\0\0\0")


def test_a_picture_wider_than_the_paper_is_scaled_and_a_tall_one_stays_white() -> None:
    assert rasterise(png(Picture.new("L", (1152, 10), 255)), 576) == Raster(72, bytes(72 * 5))
    tall = rasterise(png(Picture.new("RGB", (100, 2000), "white")), 576)  # trap 3: 80 % black elsewhere
    assert not any(tall.rows)


def test_bands_are_whole_rows_within_a_slice_and_say_their_own_length() -> None:
    grey = Picture.linear_gradient("L").resize((576, 1200))  # trap 2: 76,810 bytes in one length of two bytes
    commands = encode(Document((Image(png(grey)),)), WIDE)
    rows = 0
    for command in commands[1:]:
        token = first_token(command)
        assert token
        assert token.size == len(command) <= SLICE_BYTES
        rows += command[6]
    assert rows == 1200


def test_real_time_commands_in_a_picture_are_broken_by_one_dot() -> None:
    assert harmless(b"\x10\x04\x10\x10\x14\x10\x05\x10\x06") == b"\x30\x04\x10\x30\x14\x30\x05\x10\x06"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60).map(lambda raw: raw.replace(b"\x00", b"\x10").replace(b"\x01", b"\x04")))
def test_no_dots_hold_a_real_time_command_and_few_change(raw: bytes) -> None:
    safe = harmless(raw)
    assert not any(command in safe for command in REAL_TIME)
    assert len(safe) == len(raw)
    assert all(a == b or (a, b) == (0x10, 0x30) for a, b in zip(raw, safe, strict=True))


# --- jobs ---


def test_the_opening_sets_everything_up_and_ends_in_the_start_fence() -> None:
    dialect = PrinterSettings(kanji_off=True).dialect()
    made = job(
        encode(Document((Text("x"), Cut())), dialect), dialect, Fence(FenceKind.GS_R, 1), Fence(FenceKind.GS_R, 2)
    )
    assert made.opening == b"\x1b@\x1c.\x1bt\x13\x1dr\x01"
    assert made.slices == (b"x\n\x1dVB\x00\x1dr\x01",)
    assert made.total == len(made.opening) + len(made.slices[0])
    assert b"\x1c" not in job((), WIDE, made.start, made.end).opening


FENCES = [
    (Fence(FenceKind.GS_R, 7), b"\x1dr\x01"),
    (Fence(FenceKind.GS_H, 0), b"\x1d(H\x06\x0000    "),
    (Fence(FenceKind.GS_H, 95**4 - 1), b"\x1d(H\x06\x0000~~~~"),
    (Fence(FenceKind.NONE, 7), b""),
]


@pytest.mark.parametrize(("fence", "request_"), FENCES)
def test_fences(fence: Fence, request_: bytes) -> None:
    assert fence.request == request_


texts = st.text(max_size=80) | st.sampled_from(["\x10\x04\x01", "\x1bp\x00\x19\xfa", "\x10\x14\x01\x00\x08"])
some_items = st.one_of(
    st.builds(Text, texts, st.sampled_from(Align), st.booleans(), st.integers(1, 8), st.integers(1, 8)),
    st.builds(Row, texts, texts, st.booleans(), st.integers(1, 8), st.integers(1, 8), st.integers(0, 20)),
    st.builds(Rule, st.characters()),
    st.builds(Feed, st.integers(1, 100)),
    st.builds(
        QR, st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=300), st.integers(1, 16)
    ),
    st.builds(
        Barcode,
        st.just(Symbology.CODE128),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40),
        st.integers(1, 255),
    ),
    st.just(Cut()),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(some_items, min_size=1, max_size=12),
    st.sampled_from(FenceKind),
    st.sampled_from([WIDE, NARROW]),
    st.integers(0, 95**4 - 2),
)
def test_no_document_makes_a_real_time_command_or_a_torn_slice(
    items: list[Item], kind: FenceKind, dialect: Dialect, first: int
) -> None:
    made = job(encode(Document(tuple(items)), dialect), dialect, Fence(kind, first), Fence(kind, first + 1))
    stream = made.opening + b"".join(made.slices)
    assert not any(command in stream for command in REAL_TIME)
    for slice_ in (made.opening, *made.slices):
        left = slice_
        while left:
            token = first_token(left)
            assert token, "a command is cut in two"
            assert token.name not in (b"\x1bp", b"\x10", b"\x10\x14")
            left = left[token.size :]
