"""Star's two dialects byte for byte: what is sent, what is answered, and that neither is mixed with ESC/POS."""

from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture

from drivers.errors import DocumentInvalid
from drivers.printer import escpos, star
from drivers.printer.dialects import DIALECTS
from drivers.printer.document import QR, Align, Barcode, Cut, Document, Feed, Image, Item, Row, Rule, Symbology, Text
from drivers.printer.escpos import SLICE_BYTES, CutKind, Dialect, FenceKind
from drivers.printer.settings import DialectName, PrinterSettings
from drivers.printer.star_fences import StarFences
from drivers.printer.star_session import ASK_NOW, LEAVE_RASTER_MODE, REPORTS_ON
from drivers.printer.star_status import Frame, FrameReader, after_frame, frame_length
from drivers.printer.status import Fault, Level, Noise, Paper, PrinterStatus
from drivers.simulated.picture import Paper as PicturePaper
from drivers.simulated.picture import draw
from drivers.simulated.printer import Receipt, SimulatedPrinter
from drivers.simulated.printer_tokens import TEXT, Token, first_token
from drivers.simulated.star import SimulatedStar, StarModel
from drivers.simulated.star_tokens import RASTER_MODE, first_star_token, known, raster_rows
from tests.drivers.printer.lane import ESCPOS_COMMANDS

if TYPE_CHECKING:
    from drivers.printer.pulse import Pin

STAR = PrinterSettings(speaks=DialectName.STARPRNT).dialect()
NARROW = PrinterSettings(speaks=DialectName.STAR_LINE, columns=32).dialect()
PLAIN = PrinterSettings().dialect()


def sent(*items: Item, dialect: Dialect = STAR) -> bytes:
    return b"".join(star.encode_prnt(Document(items), dialect))


def png(image: Picture.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def noise(width: int, height: int) -> bytes:
    dots = random.Random(1).randbytes(width * height)
    return png(Picture.frombytes("L", (width, height), dots))


def tokens_of(raw: bytes) -> list[Token]:
    found = []
    while token := first_star_token(raw):
        found.append(token)
        raw = raw[token.size :]
    assert raw == b"", "the stream ends in the middle of a command"
    return found


CASES = [
    ((Text("Hi"),), b"Hi\n"),
    ((Text("€"),), b"\xd5\n"),
    ((Text("a"), Text("b", Align.CENTER), Text("d")), b"a\n\x1b\x1da\x01b\n\x1b\x1da\x00d\n"),
    ((Text("b", bold=True), Text("n")), b"\x1bEb\n\x1bFn\n"),
    ((Text("w", width=2, height=3), Text("n")), b"\x1bi\x02\x01w\n\x1bi\x00\x00n\n"),
    ((Text("x", width=8, height=8),), b"\x1bi\x05\x05x\n"),  # six times is the largest there is
    ((Feed(3), Feed(0)), b"\x1ba\x03"),
    ((Feed(13),), b"\x1ba\x06\x1ba\x06\x1ba\x01"),  # no BEL, no SUB, no FS, no EM among the numbers
    ((Barcode(Symbology.EAN8, "96385074", 26),), b"\x1b\x1da\x01\x1bb\x02\x02\x02\x1896385074\x1e"),
    ((Text("b", bold=True), Cut()), b"\x1bEb\n\x1bF\x1bd\x03"),
    ((Barcode(Symbology.EAN13, "4006381333931"),), b"\x1b\x1da\x01\x1bb\x03\x02\x02\x404006381333931\x1e"),
    (
        (Barcode(Symbology.UPCA, "036000291452", 50, text_below=False),),
        b"\x1b\x1da\x01\x1bb\x01\x01\x02\x32036000291452\x1e",
    ),
    ((Barcode(Symbology.EAN8, "96385074"),), b"\x1b\x1da\x01\x1bb\x02\x02\x02\x4096385074\x1e"),
    ((Barcode(Symbology.CODE39, "AB-1"),), b"\x1b\x1da\x01\x1bb\x04\x02\x02\x40AB-1\x1e"),
    ((Barcode(Symbology.CODE128, "50%{x"),), b"\x1b\x1da\x01\x1bb\x06\x02\x02\x4050%0{x\x1e"),
    (
        (QR("x", 16),),
        b"\x1b\x1da\x01\x1bJ\x0c\x1b\x1dyS0\x02\x1b\x1dyS1\x01\x1b\x1dyS2\x08\x1b\x1dyD1\x00\x01\x00x\x1b\x1dyP\x1bJ\x0c",
    ),
]


@pytest.mark.parametrize(("items", "expected"), CASES)
def test_items_as_bytes(items: tuple[Item, ...], expected: bytes) -> None:
    assert sent(*items) == expected
    assert b"".join(star.encode_line(Document(items), STAR)) == expected  # the dialects differ in pictures only


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(CutKind.PARTIAL, b"\x1bd\x03"), (CutKind.FULL, b"\x1bd\x02"), (CutKind.NONE, b"\x1ba\x06")],
)
def test_cuts(kind: CutKind, expected: bytes) -> None:
    assert sent(Cut(), dialect=PrinterSettings(speaks=DialectName.STAR_LINE, cut=kind).dialect()) == expected


def test_a_barcode_too_wide_for_a_star_is_text_and_a_wide_one_has_thin_modules() -> None:
    assert b"\x06\x02\x01\x40" in sent(Barcode(Symbology.CODE128, "x" * 20), dialect=STAR)
    assert sent(Barcode(Symbology.CODE128, "x" * 40)) == b"\x1b\x1da\x01" + b"x" * 40 + b"\n"


def test_pictures() -> None:
    black = png(Picture.new("L", (16, 2), 0))
    left = bytes(35)
    assert sent(Image(black)) == b"\x1b\x1dS\x01\x25\x00\x02\x00\x00" + (left + b"\xff\xff") * 2
    (band,) = star.encode_line(Document((Image(black),)), STAR)
    assert band == (b"\x1b*rA\x1b*rP0\0\x1b*rE1\0\x1b*rF1\0" + (b"b\x25\x00" + left + b"\xff\xff") * 2 + b"\x1b*rB")


def test_a_picture_after_centred_text_is_placed_by_its_dots_alone() -> None:
    assert b"\x1b\x1da\x00\x1b\x1dS" in sent(Text("a", Align.CENTER), Image(png(Picture.new("L", (576, 1), 0))))


@pytest.mark.parametrize("width", [8, 64, 100, 200, 224, 384, 571, 576, 600])
def test_no_dot_and_no_measure_of_a_picture_opens_the_drawer(width: int) -> None:
    picture = noise(width, 60)
    for dots in (200, 224, 384, 576, 571):
        dialect = PrinterSettings(speaks=DialectName.STAR_LINE, dots=dots).dialect()
        for encode in (star.encode_line, star.encode_prnt):
            made = b"".join(encode(Document((Image(picture),)), dialect))
            assert not star.REAL_TIME.intersection(made)
            assert all(map(known, tokens_of(made)))


def test_a_picture_of_as_many_rows_as_the_drawers_byte_gets_a_white_one() -> None:
    dialect = PrinterSettings(speaks=DialectName.STARPRNT, dots=256).dialect()
    (band,) = star.encode_prnt(Document((Image(png(Picture.new("L", (8, 0x1C), 0))),)), dialect)
    assert band[6] == 0x1D
    assert band.endswith(bytes(16))


def test_a_qr_code_with_a_byte_that_opens_the_drawer_is_refused() -> None:
    with pytest.raises(DocumentInvalid, match=r"item 2.*drawer") as caught:
        sent(Text("a"), QR("a\x1cb"))
    assert caught.value.hint


@pytest.mark.parametrize(
    ("pin", "real_time", "expected"),
    [(2, False, b"\x1b\x07\x0a\x28\x07"), (5, False, b"\x1a"), (2, True, b"\x1c"), (5, True, b"\x19")],
)
def test_pulses(pin: Pin, *, real_time: bool, expected: bytes) -> None:
    command = star.pulse(pin, real_time=real_time)
    assert command == expected
    machine = SimulatedStar()
    machine.preload(command)
    assert machine.kicks == [pin]


def test_a_job_counts_one_at_its_start_and_two_at_its_end() -> None:
    fences = StarFences(FenceKind.ETB)
    made = star.job(star.encode_prnt(Document((Text("Hi"), Cut())), STAR), STAR, *fences.pair())
    assert made.opening == b"\x1b@\x1b\x1eF\x00\x1b\x1dt\x04\x1b\x1eE\x00\x17"
    assert b"".join(made.slices) == b"Hi\n\x1bd\x03\x17"
    machine = SimulatedStar()
    machine.preload(fences.make().request)
    assert machine.counter == 3
    machine.preload(made.opening)
    assert machine.counter == 1
    machine.preload(b"".join(made.slices))
    assert machine.counter == 2


def test_fences_are_passed_by_their_own_reading_only() -> None:
    fences = StarFences(FenceKind.ETB)
    assert not fences.settled
    start, end = fences.pair()
    fences.sent(start)
    for counter in (0, 2, 3, 31):
        fences.counted(counter)
        assert not fences.passed(start)
    fences.counted(1)
    assert fences.passed(start)
    fences.sent(end)
    fences.counted(1)
    fences.counted(0)  # what a printer says whose power was cut
    assert not fences.passed(end)
    fences.counted(2)
    assert fences.passed(end)


def test_a_one_way_star_is_asked_nothing() -> None:
    assert [fence.request for fence in StarFences(FenceKind.NONE).pair()] == [b"", b""]


# --- what it answers ---

FRAMES = [
    ("23 06 00 00 00 00 00 00 00", PrinterStatus(True, False, Paper.OK, False, False, Level.HIGH, Fault.NONE), 0),
    ("23 06 2c 00 00 08 00 62 00", PrinterStatus(False, True, None, False, False, Level.LOW, Fault.NONE), 25),
    ("23 06 0a 00 00 0c 00 6e 00", PrinterStatus(False, False, Paper.END, False, False, Level.HIGH, Fault.NONE), 31),
    ("23 06 08 08 00 04 00 02 00", PrinterStatus(False, False, Paper.NEAR_END, True, False, Level.HIGH, Fault.NONE), 1),
    (
        "23 06 08 20 00 02 00 08 00",
        PrinterStatus(False, False, Paper.NEAR_END, False, True, Level.HIGH, Fault.UNRECOVERABLE),
        4,
    ),
    (
        "23 06 08 00 02 00 00 20 00",
        PrinterStatus(False, False, Paper.OK, False, True, Level.HIGH, Fault.RECOVERABLE),
        8,
    ),
    ("0f 06 00 40 40 00 00", PrinterStatus(True, False, Paper.OK, False, True, Level.HIGH, Fault.OVERHEATED), None),
    ("23 86 00 00 00 00 00 04 00 00 00", PrinterStatus(True, False, Paper.OK, False, False, Level.HIGH, Fault.NONE), 2),
]


@pytest.mark.parametrize(("raw", "status", "counter"), FRAMES)
def test_frames_as_a_status(raw: str, status: PrinterStatus, counter: int | None) -> None:
    (frame,) = FrameReader().feed(bytes.fromhex(raw))
    assert isinstance(frame, Frame)
    assert frame_length(frame.raw[0], frame.raw[1]) == len(frame.raw)
    assert after_frame(PrinterStatus(), frame) == status
    assert frame.counter == counter
    assert frame.etb == bool(frame.raw[2] & 2)
    assert frame.overflow == (raw.startswith("0f"))


def test_an_open_cover_leaves_the_paper_as_it_was_said() -> None:
    (frame,) = FrameReader().feed(bytes.fromhex(FRAMES[1][0]))
    assert isinstance(frame, Frame)
    assert after_frame(PrinterStatus(paper=Paper.NEAR_END), frame).paper is Paper.NEAR_END


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([bytes.fromhex(raw) for raw, _, _ in FRAMES]), max_size=5), st.integers(1, 30))
def test_frames_are_found_however_they_are_cut_up_and_with_flow_control_between(frames: list[bytes], size: int) -> None:
    stream = b"".join(frame[:2] + b"\x13\x11" + frame[2:] for frame in frames)
    reader = FrameReader()
    found = [reply for at in range(0, len(stream), size) for reply in reader.feed(stream[at : at + size])]
    assert found == [Frame(frame) for frame in frames]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 8))
def test_a_whole_frame_after_any_noise_and_any_torn_one_is_understood(noise: bytes, torn: int) -> None:
    reader, frame = FrameReader(), bytes.fromhex(FRAMES[2][0])
    found = reader.feed(noise + frame[:torn] + frame + frame)
    assert found[-1] == Frame(frame)
    heard = b"".join(reply.raw if isinstance(reply, Frame) else reply.junk for reply in found)
    assert heard == (noise + frame[:torn] + frame + frame).translate(None, b"\x11\x13")  # nothing is lost unseen


@pytest.mark.parametrize("raw", ["03 00", "01 06"])
def test_a_length_no_frame_has_is_noise(raw: str) -> None:
    assert FrameReader().feed(bytes.fromhex(raw)) == [Noise(bytes.fromhex(raw))]


@pytest.mark.parametrize("model", [StarModel(), StarModel(long_frames=True), StarModel(fences=False)], ids=str)
def test_the_simulated_star_says_what_the_codec_reads(model: StarModel) -> None:
    machine = SimulatedStar(model)
    machine.cover_open, machine.drawer_open, machine.cutter_stuck, machine.overflowed = True, True, True, True
    machine.counter = 21
    (frame,) = FrameReader().feed(machine._frame())
    assert isinstance(frame, Frame)
    assert after_frame(PrinterStatus(), frame) == PrinterStatus(False, True, None, True, False, Level.LOW, Fault.NONE)
    assert frame.counter == (21 if model.fences else None)
    assert frame.overflow


# --- two languages, and no mixture ---

STARS = (DialectName.STAR_LINE, DialectName.STARPRNT)
some_items = st.one_of(
    st.builds(Text, st.text(max_size=80), st.sampled_from(Align), st.booleans(), st.integers(1, 8), st.integers(1, 8)),
    st.builds(Row, st.text(max_size=40), st.text(max_size=20), st.booleans(), st.integers(1, 8), st.integers(1, 8)),
    st.builds(Rule, st.characters()),
    st.builds(Feed, st.integers(0, 100)),
    st.builds(
        QR, st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=200), st.integers(1, 16)
    ),
    st.builds(
        Barcode,
        st.just(Symbology.CODE128),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40),
        st.integers(1, 255),
    ),
    st.builds(Image, st.sampled_from([noise(width, 90) for width in (64, 300, 576)])),
    st.just(Cut()),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(some_items, min_size=1, max_size=8), st.sampled_from([STAR, NARROW]), st.sampled_from(STARS))
def test_a_star_gets_stars_commands_only_and_none_that_moves_the_drawer(
    items: list[Item], dialect: Dialect, name: DialectName
) -> None:
    encode = DIALECTS[name].encode
    made = star.job(encode(Document(tuple(items)), dialect), dialect, *StarFences(FenceKind.ETB).pair())
    for slice_ in (made.opening, *made.slices):
        tokens = tokens_of(slice_)  # whole commands, to the last byte
        assert all(map(known, tokens)), [token.name for token in tokens]
        assert {token.name for token in tokens}.isdisjoint({b"\x07", b"\x1a", b"\x1c", b"\x19", b"\x05", b"\x18"})
        assert (RASTER_MODE in {token.name for token in tokens}) <= (name is DialectName.STAR_LINE)
    assert all(len(slice_) <= SLICE_BYTES or slice_.startswith(RASTER_MODE) for slice_ in made.slices)
    machine = SimulatedStar()
    machine.preload(made.opening + b"".join(made.slices))
    assert (machine.kicks, machine.buffered, machine.counter) == ([], 0, 2)


written_items = st.one_of(
    st.builds(Text, st.text(max_size=20), st.sampled_from(Align), st.booleans(), st.integers(1, 8), st.integers(1, 8)),
    st.builds(Feed, st.integers(0, 30)),
    st.builds(Barcode, st.just(Symbology.EAN8), st.just("96385074"), st.sampled_from((7, 25, 26, 28, 80))),
    st.just(Cut()),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(written_items, min_size=1, max_size=4), st.data())
def test_one_byte_that_the_wire_loses_from_a_receipt_opens_no_drawer(items: list[Item], data: st.DataObject) -> None:
    made = star.job(star.encode_line(Document(tuple(items)), STAR), STAR, *StarFences(FenceKind.ETB).pair())
    sent = made.opening + b"".join(made.slices)
    lost = data.draw(st.integers(0, len(sent) - 1))
    machine = SimulatedStar()
    machine.preload(sent[:lost] + sent[lost + 1 :])
    assert machine.kicks == []


@settings(max_examples=60, deadline=None)
@given(st.lists(some_items, min_size=1, max_size=8))
def test_an_escpos_printer_gets_its_own_commands_only(items: list[Item]) -> None:
    raw = b"".join(escpos.encode(Document(tuple(items)), PLAIN))
    while token := first_token(raw):
        assert token.name in ESCPOS_COMMANDS
        raw = raw[token.size :]
    assert raw == b""


FOREIGN_TO_A_STAR = ["1d 56 42 00", "1d 6b 43 02 31 32", "1b 70 00 19 fa", "1b 74 13", "1d 76 30 00 01 00 01 00 41", "1d 72 01"]  # fmt: skip # noqa: E501 - one table
FOREIGN_TO_ESCPOS = ["1b 1d 61 01", "1b 1e 45 00", "1b 62 03 02 02 40 31 1e", "1b 1d 79 50", "1b 2a 72 41", "17"]


@pytest.mark.parametrize("raw", FOREIGN_TO_A_STAR)
def test_the_decoder_of_a_star_tells_escpos_from_its_own(raw: str) -> None:
    token = first_star_token(bytes.fromhex(raw))
    assert token
    assert not known(token)


@pytest.mark.parametrize("raw", FOREIGN_TO_ESCPOS)
def test_the_decoder_of_escpos_tells_a_stars_from_its_own(raw: str) -> None:
    token = first_token(bytes.fromhex(raw))
    assert token is None or token.name not in ESCPOS_COMMANDS


def test_why_it_matters_kanji_off_opens_a_stars_drawer() -> None:
    machine = SimulatedStar()
    machine.preload(b"\x1b@\x1c\x2e")
    assert machine.kicks == [2]
    for profile in ("default", "TSP600"):
        with pytest.raises(ValueError, match="drawer"):
            PrinterSettings(speaks=DialectName.STARPRNT, profile=profile, kanji_off=True).dialect()


# --- the decoder and its picture ---

TOKENS = [
    ("1b 40 1b 1e 46 00 1b 1d 74 04 41 0a", [b"\x1b@", b"\x1b\x1eF", b"\x1b\x1dt", TEXT, b"\n"]),
    ("1b 69 01 01 1b 07 0a 28 07 1c 17", [b"\x1bi", b"\x1b\x07", b"\x07", b"\x1c", b"\x17"]),
    ("1b 62 06 02 02 40 41 42 1e 0a", [b"\x1bb", b"\n"]),
    ("1b 58 02 00 01 02 03 04 05 06 0a", [b"\x1bX", b"\n"]),
    ("1b 1d 79 53 30 02 1b 1d 79 44 31 00 02 00 1b 40 1b 1d 79 50", [b"\x1b\x1dyS", b"\x1b\x1dyD", b"\x1b\x1dyP"]),
    ("1b 1d 53 01 02 00 02 00 00 1b 40 1c 19 0a", [b"\x1b\x1dS", b"\n"]),
    ("1b 2a 72 41 1b 2a 72 50 30 00 62 02 00 1b 2a 00 1b 2a 72 42 0a", [RASTER_MODE, b"\n"]),
    ("1b 2a 72 42 0a", [b"\x1b*rB", b"\n"]),
    ("1b 06 01 1b 1e 61 01 1b 1d 03 01 00 00", [b"\x1b\x06", b"\x1b\x1ea", b"\x1b\x1d\x03"]),
    ("1b 7e 1b 1e 7e 1b 1d 7e", [b"\x1b~", b"\x1b\x1e~", b"\x1b\x1d~"]),
]


@pytest.mark.parametrize(("raw", "names"), TOKENS)
def test_commands_have_their_lengths(raw: str, names: list[bytes]) -> None:
    stream = bytes.fromhex(raw)
    assert [token.name for token in tokens_of(stream)] == names
    for size in range(len(stream)):  # what is not there as a whole is waited for
        token = first_star_token(stream[:size])
        assert token is None or token.name == TEXT or token == first_star_token(stream)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.binary(max_size=12) | st.sampled_from([bytes.fromhex(raw) for raw, _ in TOKENS]), max_size=8),
    st.integers(1, 40),
)
def test_any_stream_is_taken_however_it_is_cut_and_can_be_drawn(pieces: list[bytes], size: int) -> None:
    raw = b"".join(pieces)
    whole, cut = SimulatedStar(), SimulatedStar()
    whole.preload(raw)
    for at in range(0, len(raw), size):
        cut.preload(raw[at : at + size])
    assert (whole.cuts, whole.buffered, whole.counter) == (cut.cuts, cut.buffered, cut.counter)
    assert sorted(whole.kicks) == sorted(cut.kicks)  # those at once may overtake the others
    assert whole.picture().startswith(b"\x89PNG")


def test_rows_of_raster_mode_are_those_that_were_sent() -> None:
    (token,) = tokens_of(bytes.fromhex("1b2a7241 1b2a72503000 620200aabb 00 620200ccdd 1b2a7242"))
    assert raster_rows(token) == [b"\xaa\xbb", b"\xcc\xdd"]


def pictured(machine: SimulatedPrinter, raw: bytes) -> bytes:
    machine.preload(raw)
    return machine.picture(Receipt(tuple(machine.receipts[-1].tokens)))


def test_all_dialects_print_the_same_paper() -> None:
    document = Document(
        (
            Text("Café Größe & Söhne", Align.CENTER, bold=True, width=2, height=2),
            Rule("═"),
            Row("Brötchen", "1,20 €"),
            Row("SUMME", "67,88 €", bold=True, width=2, height=3),
            Text("right", Align.RIGHT),
            Feed(2),
            Barcode(Symbology.EAN13, "4006381333931"),
            Barcode(Symbology.CODE39, "AB-1", text_below=False),
            Image(png(Picture.new("L", (576, 90), 0))),
            Text("end"),
            Cut(),
        )
    )
    opening = b"\x1b@\x1bt" + bytes([PLAIN.page.number])
    expected = pictured(SimulatedPrinter(), opening + b"".join(escpos.encode(document, PLAIN)))
    for encode in (star.encode_line, star.encode_prnt):
        assert pictured(SimulatedStar(), b"\x1b\x1dt\x04" + b"".join(encode(document, STAR))) == expected


def test_codes_are_read_from_the_paper() -> None:
    document = Document(
        (
            Barcode(Symbology.CODE128, "R-50%{000123"),
            Feed(),
            Barcode(Symbology.EAN13, "4006381333931"),
            Feed(),
            QR("https://example.com/r/000123?größe=ja"),
            Cut(),
        )
    )
    for encode in (star.encode_line, star.encode_prnt):
        image = Picture.open(io.BytesIO(pictured(SimulatedStar(), b"".join(encode(document, STAR)))))
        read = {code.text for code in zxingcpp.read_barcodes(image)}
        assert read == {"R-50%{000123", "4006381333931", "https://example.com/r/000123?größe=ja"}


def test_can_throws_the_sheet_away_and_starts_the_counter_anew() -> None:
    machine = SimulatedStar()
    machine.preload(b"abc\n\x17\x18")
    assert (machine.counter, len(machine._sheet)) == (0, 0)


def test_session_commands_are_a_stars_too() -> None:
    assert all(map(known, tokens_of(ASK_NOW + REPORTS_ON)))
    assert tokens_of(LEAVE_RASTER_MODE)[0].name == b"\x1b*rB"
    assert draw((), PicturePaper(384, 32))


# --- settings ---


def test_a_star_numbers_its_pages_as_stars_do() -> None:
    assert STAR.page.number == 4
    assert PrinterSettings(speaks=DialectName.STAR_LINE, code_page="cp1252").dialect().page.number == 32
    assert PrinterSettings(speaks=DialectName.STAR_LINE, code_page_number=9).dialect().page.number == 9
    assert PrinterSettings().fence_kind is FenceKind.GS_R
    assert PrinterSettings(speaks=DialectName.STAR_LINE).fence_kind is FenceKind.ETB


@pytest.mark.parametrize(
    ("settings_", "says"),
    [
        (PrinterSettings(speaks=DialectName.STARPRNT, fence=FenceKind.GS_R), 'write one of "etb", "none"'),
        (PrinterSettings(fence=FenceKind.ETB), 'write one of "gs_r", "gs_h", "none"'),
        (PrinterSettings(speaks=DialectName.STAR_LINE, profile="TM-T20II"), "is no Star printer"),
    ],
)
def test_settings_that_do_not_go_together_are_named(settings_: PrinterSettings, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        settings_.dialect()
