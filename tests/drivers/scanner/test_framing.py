"""Frames are the same however the bytes arrive."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.scanner.framing import (
    HALF_FRAME_S,
    IDLE_FLUSH_S,
    PLUG_IN_S,
    REST_S,
    SCAN_BYTES_MAX,
    Frame,
    Framer,
    FrameState,
    Suffix,
)
from drivers.scanner.parity import has_parity_bits, with_parity_bits, without_parity_bits

FUZZ = settings(max_examples=150, deadline=None)
LATER = 100.0  # long after the port was opened
HALF = Frame(b"", FrameState.HALF)
ENDS = {Suffix.CR: b"\r", Suffix.LF: b"\n", Suffix.CRLF: b"\r\n", Suffix.TAB: b"\t"}


def whole(*datas: bytes) -> list[Frame]:
    return [Frame(data) for data in datas]


def feed(framer: Framer, *pieces: bytes, now: float = LATER) -> list[Frame]:
    return [frame for piece in pieces for frame in framer.feed(piece, now)]


@pytest.mark.parametrize("suffix", ENDS)
def test_one_many_and_byte_by_byte(suffix: Suffix) -> None:
    end = ENDS[suffix]
    codes = [b"4006381333931", b"]C10109506000134352" + b"10A\x1d21B", b"x"]
    stream = b"".join(code + end for code in codes)
    assert feed(Framer(suffix), stream) == whole(*codes)
    assert feed(Framer(suffix), *(stream[i : i + 1] for i in range(len(stream)))) == whole(*codes)


@pytest.mark.parametrize(
    ("suffix", "sent"),
    [
        (Suffix.CR, b"123\r\n456\r\n"),
        (Suffix.CR, b"\n123\r456\r"),
        (Suffix.LF, b"\r123\n\r456\n"),
        (Suffix.CRLF, b"\r\n123\r\n\r\n456\r\n"),
        (Suffix.CR, b"\x02123\x03\r\x02456\r"),
        (Suffix.CR, b"\x00\x00\xff123\r\x00456\r"),
        (Suffix.CR, b"\x00\x02123\r456\r\r\r"),
        (Suffix.TAB, b"123\t\r\n456\t"),
    ],
)
def test_prefixes_noise_and_neighbouring_suffixes_are_no_content(suffix: Suffix, sent: bytes) -> None:
    assert feed(Framer(suffix), sent) == whole(b"123", b"456")
    assert feed(Framer(suffix), *(sent[i : i + 1] for i in range(len(sent)))) == whole(b"123", b"456")


def test_gs_at_either_end_is_data() -> None:
    assert feed(Framer(), b"\x1d0110\x1d\r") == whole(b"\x1d0110\x1d")


def test_stx_alone_is_nothing() -> None:
    assert feed(Framer(), b"\x02\r\x02\x03\r") == []


def test_a_scanner_without_a_suffix_ends_by_silence() -> None:
    framer = Framer(Suffix.NONE)
    assert framer.deadline is None
    assert framer.feed(b"123", LATER) == []
    assert framer.deadline == LATER + IDLE_FLUSH_S
    assert framer.feed(b"45", LATER + IDLE_FLUSH_S / 2) == []
    assert framer.flush(LATER + IDLE_FLUSH_S) == []
    assert framer.flush(LATER + 2 * IDLE_FLUSH_S) == whole(b"12345")
    assert framer.deadline is None
    assert framer.flush(LATER + 9) == []


@pytest.mark.parametrize("suffix", Suffix)
def test_bytes_that_are_there_are_cut_by_no_silence_before_them(suffix: Suffix) -> None:
    framer = Framer(suffix)
    assert framer.feed(b"40063813", LATER) == []  # and then the whole program was held up
    frames = framer.feed(b"33931" + ENDS.get(suffix, b""), LATER + 5)
    assert [*frames, *framer.flush(LATER + 10)] == whole(b"4006381333931")


def test_silence_takes_a_stray_suffix_off() -> None:
    framer = Framer(Suffix.NONE)
    framer.feed(b"123\r\n", LATER)
    assert framer.flush(LATER + 1) == whole(b"123")
    framer.feed(b"\r\n", LATER)
    assert framer.flush(LATER + 1) == []


def test_silence_ends_a_frame_with_a_suffix_only_where_configured() -> None:
    framer = Framer(Suffix.CR, idle_flush_s=0.05)
    assert framer.feed(b"123", LATER) == []
    assert framer.flush(LATER + 0.05) == whole(b"123")
    framer = Framer(Suffix.CR)
    assert framer.feed(b"123", LATER) == []
    assert framer.flush(LATER + HALF_FRAME_S / 2) == []
    assert framer.feed(b"4\r", LATER + HALF_FRAME_S / 2) == whole(b"1234")


@pytest.fixture
def halved() -> Framer:
    """Return a framer that has told of half a code, at `LATER + HALF_FRAME_S`."""
    framer = Framer(Suffix.CR)
    assert framer.feed(b"400638133", LATER) == []
    assert framer.deadline == LATER + HALF_FRAME_S
    assert framer.flush(LATER + HALF_FRAME_S) == [HALF]
    assert framer.deadline is None
    return framer


def test_the_rest_of_half_a_code_is_no_code(halved: Framer) -> None:
    assert feed(halved, b"39", b"31\r96385074\r", now=LATER + 2) == [HALF, *whole(b"96385074")]


def test_the_rest_of_half_a_code_may_be_its_suffix_alone(halved: Framer) -> None:
    assert feed(halved, b"\x00\r\n", b"96385074\r\n", now=LATER + 2) == whole(b"96385074")


def test_a_rest_that_comes_in_pieces_is_half_each_time(halved: Framer) -> None:
    for at in (2.0, 4.0):
        assert halved.feed(b"3", LATER + at) == []
        assert halved.flush(LATER + at + HALF_FRAME_S) == [HALF]
    assert feed(halved, b"1\r96385074\r", now=LATER + 6) == [HALF, *whole(b"96385074")]


def test_what_comes_long_after_half_a_code_is_none_of_it(halved: Framer) -> None:
    assert feed(halved, b"96385074\r", now=LATER + HALF_FRAME_S + REST_S) == whole(b"96385074")


def test_the_rest_of_an_overlong_code_is_no_code_after_a_silence_either() -> None:
    framer = Framer(Suffix.CR)
    assert feed(framer, b"9" * (SCAN_BYTES_MAX + 1)) == [Frame(b"", FrameState.OVERLONG)]
    assert framer.flush(LATER + HALF_FRAME_S) == []
    assert feed(framer, b"3931\r96385074\r", now=LATER + 2) == [HALF, *whole(b"96385074")]


def test_half_a_code_at_plug_in_is_noise() -> None:
    framer = Framer(Suffix.CR, opened_at=LATER)
    assert framer.feed(b"40063", LATER + PLUG_IN_S / 2) == []
    assert framer.flush(LATER + 5) == []
    assert framer.feed(b"96385074\r", LATER + 5) == whole(b"96385074")


@pytest.mark.parametrize("suffix", ENDS)
@pytest.mark.parametrize("piece", [1, 1000, 10**6])
def test_an_overlong_frame_is_reported_once_and_the_next_one_is_whole(suffix: Suffix, piece: int) -> None:
    stream = b"9" * (3 * SCAN_BYTES_MAX) + ENDS[suffix] + b"123" + ENDS[suffix]
    pieces = [stream[i : i + piece] for i in range(0, len(stream), piece)]
    assert feed(Framer(suffix), *pieces) == [Frame(b"", FrameState.OVERLONG), Frame(b"123")]


def test_the_longest_code_passes() -> None:
    longest = b"9" * SCAN_BYTES_MAX
    assert feed(Framer(), longest + b"\r") == whole(longest)
    assert feed(Framer(), longest, b"\r") == whole(longest)
    assert feed(Framer(), longest + b"9\r") == [Frame(b"", FrameState.OVERLONG)]


def test_noise_with_no_end_is_bounded_and_forgotten_in_silence() -> None:
    framer = Framer(Suffix.NONE)
    frames = feed(framer, *[b"9" * 1000] * 50)
    assert frames == [Frame(b"", FrameState.OVERLONG)]
    assert framer.deadline is not None
    assert framer.flush(LATER + 1) == []
    assert framer.feed(b"123", LATER + 2) == []
    assert framer.flush(LATER + 3) == whole(b"123")


def test_seven_bits_with_parity_still_make_frames() -> None:
    sent = with_parity_bits(b"4006381333931\r\n96385074\r\n")
    assert sent.find(b"\r") < 0
    expected = whole(with_parity_bits(b"4006381333931"), with_parity_bits(b"96385074"))
    for suffix in (Suffix.CR, Suffix.LF, Suffix.CRLF):
        frames = feed(Framer(suffix), sent)
        assert [without_parity_bits(frame.data).strip(b"\r") for frame in frames] == [
            b"4006381333931",
            b"96385074",
        ]
    assert feed(Framer(Suffix.CR), sent) == expected


def test_a_letter_with_the_byte_of_a_parity_cr_is_no_suffix() -> None:
    for text in ("\u010d\u00cd", "0000\u00cd", "\u00cd\u00cd0000"):
        assert feed(Framer(), text.encode() + b"\r") == whole(text.encode())


def test_parity_needs_enough_bytes_to_prove_itself() -> None:
    assert not has_parity_bits(with_parity_bits(b"1"))
    assert has_parity_bits(with_parity_bits(b"1234"))
    assert not has_parity_bits(b"1234")
    assert not has_parity_bits(b"123\xb0")


STREAM = st.lists(
    st.one_of(
        st.sampled_from([b"\r", b"\n", b"\r\n", b"\t", b"\x02", b"\x00", b"\xff", b"\x8d", b"\x8d\n", b"\x1d"]),
        st.binary(max_size=12),
        st.text("0123456789", max_size=14).map(str.encode),
        st.text("0123456789", max_size=14).map(lambda text: with_parity_bits(text.encode() + b"\r")),
    ),
    max_size=12,
).map(b"".join)


@FUZZ
@given(STREAM, st.sampled_from(list(Suffix)), st.data())
@example(b"\xff\r", Suffix.CR, None)
def test_the_split_of_the_reads_makes_no_difference(stream: bytes, suffix: Suffix, data: st.DataObject | None) -> None:
    cuts = (
        sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
        if data is not None
        else list(range(len(stream)))
    )
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    one, many = Framer(suffix), Framer(suffix)
    assert feed(one, stream) == feed(many, *pieces)
    assert one.flush(LATER + 10) == many.flush(LATER + 10)


@FUZZ
@given(st.lists(st.text("0123456789ABC]", min_size=1, max_size=20), max_size=6), st.sampled_from(list(ENDS)))
def test_what_was_framed_comes_out(codes: list[str], suffix: Suffix) -> None:
    stream = b"".join(code.encode() + ENDS[suffix] for code in codes)
    assert feed(Framer(suffix), stream) == whole(*(code.encode() for code in codes))
