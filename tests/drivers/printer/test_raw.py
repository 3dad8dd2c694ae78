"""Raw ESC/POS: what passes prints, feeds or cuts, in whole commands; everything else is refused, saying why."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from drivers.errors import DocumentInvalid
from drivers.printer.bands import REAL_TIME
from drivers.printer.raw import TEXT_BYTES_MAX, commands
from drivers.simulated.printer_tokens import first_token

GOOD = {
    "initialise": b"\x1b@",
    "line": b"Hello, world\r\n",
    "style": b"\x1b!\x30\x1bE\x01\x1ba\x01\x1d!\x11\x1bt\x13",
    "column image": b"\x1b*\x21\x02\x00" + bytes(6),
    "column image of 8 dots": b"\x1b*\x01\x02\x00" + bytes(2),
    "tab stops": b"\x1bD\x08\x10\x20\x00",
    "tab stops, all of them": b"\x1bD" + bytes(range(1, 33)),
    "cut": b"\x1dV\x01",
    "feed and cut": b"\x1dVB\x10",
    "barcode, form A": b"\x1dk\x024006381333931\x00",
    "barcode, form B": b"\x1dkI\x05{BABC",
    "QR": b"\x1d(k\x04\x001A2\x00\x1d(k\x05\x001P0Hi\x1d(k\x03\x001Q0",
    "raster": b"\x1dv0\x00\x02\x00\x02\x00\xff\x00\x00\xff",
    "stored image": b"\x1d*\x01\x01" + bytes(8) + b"\x1d/\x00",
    "graphics": b"\x1d(L\x0c\x000p0\x01\x011\x08\x00\x02\x00\xaa\x55\x1d(L\x02\x0002",
    "long graphics": b"\x1d8L\x0c\x00\x00\x000p0\x01\x011\x08\x00\x02\x00\xaa\x55\x1d(L\x02\x0002",
    "graphics of the printer": b"\x1d(L\x06\x000EKC\x01\x01",
    "Kanji": b"\x1c&\x8a\xbf\x1c.",
    "select": b"\x1b=\x01",
}


@pytest.mark.parametrize("raw", GOOD.values(), ids=GOOD.keys())
def test_what_prints_passes_as_it_is(raw: bytes) -> None:
    found = commands(raw + b"\n")
    assert b"".join(found) == raw + b"\n"
    at = 0
    for command in found:  # the simulated printer, which knows the lengths from elsewhere, cuts in the same places
        end = at + len(command)
        while at < end:
            token = first_token((raw + b"\n")[at:end])
            assert token is not None, command
            at += token.size
        assert at == end, command


REFUSED = {
    "drawer": (b"Hi\n\x1bp\x00\x19\xfa", r"byte 4 of the raw bytes \(1b 70 00\): it opens the drawer"),
    "drawer at once": (b"\x10\x14\x01\x00\x01", "real-time"),
    "status at once": (b"\x10\x04\x01", "real-time"),
    "a lone DLE": (b"\x10", "real-time"),
    "a length that is one": (b"\x1d(k\x10\x041P0" + b"x" * 0x040D, "real-time"),
    "QR that holds one": (b"\x1d(k\x05\x001P0\x10\x04", "real-time"),
    "page mode": (b"\x1bL", "page mode"),
    "macro": (b"\x1d:", "macros"),
    "settings": (b"\x1d(E\x02\x00\x01\x02", "keeps"),
    "logo for ever": (b"\x1cq\x01", "keeps"),
    "graphics for ever": (b"\x1d(L\x03\x000A0", "keeps"),
    "deaf": (b"\x1b=\x02", "deaf"),
    "unknown": (b"\x1b\x7f", "not known"),
    "unknown raster": (b"\x1dv1", "not known"),
    "unknown barcode": (b"\x1dk\x10", "not known"),
    "bell": (b"\x07", "not known"),
    "cut off": (b"\x1dv0\x00\x02\x00\x02\x00\xff", "end is missing"),
    "cut off early": (b"\x1b", "end is missing"),
    "cut off barcode": (b"\x1dk\x02400", "end is missing"),
    "cut off tab stops": (b"\x1bD\x08", "end is missing"),
    "cut off graphics": (b"\x1d(L\x02\x00", "end is missing"),
}


@pytest.mark.parametrize(("raw", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_what_does_more_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(DocumentInvalid, match=why) as refused:
        commands(raw)
    assert refused.value.hint


QUESTIONS = [b"\x1da\x00", b"\x1dr\x01", b"\x1dI\x01", b"\x1d(H\x06\x0000ABCD", b"\x1bu\x00", b"\x1bv"]


@pytest.mark.parametrize("question", [*QUESTIONS, b"\x1d(k\x03\x001R0"])
def test_questions_are_left_out(question: bytes) -> None:
    assert commands(b"Hi\n" + question + b"\x1dV\x00") == (b"Hi\n", b"\x1dV\x00")


@pytest.mark.parametrize("name", ["raster", "graphics", "long graphics", "stored image", "column image"])
def test_dots_that_look_like_a_command_are_mended(name: str) -> None:
    raw = GOOD[name]
    dots = {"raster": 8, "graphics": 15, "long graphics": 17, "stored image": 4, "column image": 5}[name]
    raw = raw[:dots] + b"\x10\x14" + raw[dots + 2 :]
    sent = b"".join(commands(raw))
    assert sent[dots : dots + 2] == b"\x30\x14"
    assert len(sent) == len(raw)


@pytest.mark.parametrize(
    ("raw", "more"),
    [
        (b"Hi", b"\n"),
        (b"Hi\n", b""),
        (b"Hi\n\r", b""),
        (b"Hi\r", b"\n"),
        (b"Hi\x1bE\x00", b"\n"),
        (b"Hi\x1bd\x03", b""),
        (b"", b""),
        (b"Hi" + b" " * TEXT_BYTES_MAX, b"\n"),
    ],
)
def test_no_text_is_left_in_the_printer(raw: bytes, more: bytes) -> None:
    assert b"".join(commands(raw)) == raw + more


def test_what_python_escpos_makes_passes_but_for_its_drawer() -> None:
    from escpos.printer import Dummy

    made = Dummy()
    made.set(align="center", bold=True, double_height=True)
    made.text("Grüße 12,50 €\n")
    made.barcode("4006381333931", "EAN13")
    made.qr("https://example.com", native=True)
    for way in ("bitImageRaster", "graphics", "bitImageColumn"):
        made.image(Image.effect_noise((64, 48), 200), impl=way, center=False)
    made.cut()
    assert len(b"".join(commands(made.output))) == len(made.output)
    made.cashdraw(2)
    with pytest.raises(DocumentInvalid, match="opens the drawer"):
        commands(made.output)


piece = st.sampled_from([*GOOD.values(), *QUESTIONS, *(raw for raw, _ in REFUSED.values())])
stream = st.lists(piece | st.binary(max_size=6) | st.text(max_size=9).map(str.encode), max_size=8).map(b"".join)


@settings(max_examples=300, deadline=None)
@given(stream)
def test_nothing_that_passes_opens_asks_or_stays(raw: bytes) -> None:
    try:
        sent = b"".join(commands(raw))
    except DocumentInvalid:
        return
    assert not any(command in sent for command in REAL_TIME)
    at, names = 0, set()
    while at < len(sent):
        token = first_token(sent[at:])
        assert token is not None  # nothing is cut off: the fence that follows is a command of its own
        at += token.size
        names.add(token.name)
    assert not names & {b"\x1bp", b"\x10\x14", b"\x1dr", b"\x1dI", b"\x1d(H", b"\x1bL", b"\x1d(E"}
    assert b"".join(commands(sent)) == sent
