"""Scales' protocols as pairs, in both directions, then damaged, cut up, and any bytes at all."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.scale import cas, nci, toledo
from drivers.scale.pan import Agreement, Pan
from drivers.scale.protocol import ScaleProtocol
from drivers.scale.reading import Reading, State, Unit, Weight
from drivers.scale.talk import talk_for
from drivers.scanner.parity import with_parity_bits

KG, LB = Unit.KG, Unit.LB


def stable(shown: str, unit: Unit = KG, *, net: bool | None = None) -> Reading:
    return Reading(State.STABLE, Decimal(shown), unit, net)


def _kg(reading: Reading) -> Decimal | None:
    return None if reading.weight is None else reading.weight.kg


TOLEDO = [
    (KG, stable("1.234", net=False), b"\x0201.234\r"),
    (KG, stable("12.005", net=True), b"\x0212.005N\r"),
    (LB, stable("1.23", LB, net=False), b"\x0201.23\r"),
    (LB, stable("123.45", LB, net=False), b"\x020123.45\r"),
    (KG, Reading(State.MOTION, net=False), b"\x02?\x01\r"),
    (KG, Reading(State.OVER, net=False), b"\x02?\x02\r"),  # a status that is STX
    (KG, Reading(State.UNDER, net=True), b"\x02?\x24\r"),
    (KG, Reading(State.FAULT, net=False), b"\x02?\x08\r"),
    (KG, Reading(State.ZERO, net=False), b"\x02?\x10\r"),
    (KG, Reading(State.UNCHANGED, net=False), b"\x02?\x00\r"),
    (KG, Reading(State.REFUSED, net=False), b"\x02?\x40\r"),
]
NCI = [
    (KG, stable("1.234"), b"\n  1.234KG\r\nS00\r\x03"),
    (KG, stable("350", Unit.G), b"\n    350G\r\nS00\r\x03"),
    (LB, stable("2.50", LB, net=True), b"\n   2.50LB\r\nS0p4\r\x03"),
    (KG, Reading(State.MOTION), b"\nS10\r\x03"),
    (KG, Reading(State.ZERO), b"\nS20\r\x03"),
    (KG, Reading(State.UNDER), b"\nS01\r\x03"),
    (KG, Reading(State.OVER), b"\nS02\r\x03"),
    (KG, Reading(State.FAULT), b"\nS80\r\x03"),
    (KG, Reading(State.NOT_READY), b"\nS00\r\x03"),
    (KG, Reading(State.REFUSED), b"\n?\r\x03"),
]
CAS = [
    (KG, stable("1.234"), b"\x01\x02S 01.234kg\x7e\x03\x04"),
    (LB, stable("1.5", LB), b"\x01\x02S 01.500lb\x7e\x03\x04"),
    (KG, Reading(State.ZERO), b"\x01\x02S 00.000kg\x7f\x03\x04"),
    (KG, Reading(State.MOTION), b"\x01\x02U 00.000kg\x7f\x03\x04"),
    (KG, Reading(State.OVER), b"\x01\x02SF00.000kg\x7f\x03\x04"),
    (KG, Reading(State.UNDER), b"\x01\x02S-00.005kg\x7f\x03\x04"),
]


def with_check(frame: bytes) -> bytes:
    """The frame with its block check put right."""
    return frame[:-3] + bytes([cas.check(frame[2:-3])]) + frame[-2:]


PAIRS = [
    *((toledo.AnswerReader, toledo.encode, *case) for case in TOLEDO),
    *((nci.AnswerReader, nci.encode, *case) for case in NCI),
    *((cas.FrameReader, cas.encode, unit, reading, with_check(frame)) for unit, reading, frame in CAS),
]


@pytest.mark.parametrize(("reader", "encode", "unit", "reading", "sent"), PAIRS)
def test_a_reading_is_written_and_read(reader: Any, encode: Any, unit: Unit, reading: Reading, sent: bytes) -> None:
    assert encode(reading) == sent
    assert reader(unit).feed(sent) == [reading]
    assert reader(unit).feed(sent * 2) == [reading, reading]
    slow = reader(unit)
    assert [one for byte in sent for one in slow.feed(bytes([byte]))] == [reading]
    cut = reader(unit)
    assert cut.feed(sent[:-2]) == []
    cut.restart()
    assert cut.feed(sent) == [reading]


@pytest.mark.parametrize(
    ("reader", "encode", "unit", "reading", "sent"),
    [pair for pair in PAIRS if pair[0] is not nci.AnswerReader],  # NCI has no check: two in a row have to agree
)
def test_one_byte_lost_is_never_another_weight(
    reader: Any, encode: Any, unit: Unit, reading: Reading, sent: bytes
) -> None:
    for at in range(len(sent)):
        for found in reader(unit).feed(sent[:at] + sent[at + 1 :]):
            assert found.weight is None or found.weight.kg == _kg(reading)  # an N may be missed, or an EOT
        assert reading in reader(unit).feed(sent[:at] + sent[at + 1 :] + encode(reading) * 2)


@pytest.mark.parametrize(
    ("reader", "sent", "state"),
    [
        (toledo.AnswerReader(KG), b"\x0200.000\r", State.ZERO),
        (toledo.AnswerReader(KG), b"\x0201.23\r", State.WRONG_UNIT),
        (toledo.AnswerReader(LB), b"\x0201.234\r", State.WRONG_UNIT),
        (toledo.AnswerReader(KG), b"\x02 1.234\r", State.STABLE),
        (toledo.AnswerReader(KG), b"\x02?\x03\r", State.OVER),
        (nci.AnswerReader(KG), b"\n 0.000KG\r\n00\r\x03", State.ZERO),  # without the S
        (nci.AnswerReader(KG), b"\n-0.010kg\r\nS00\r\x03", State.UNDER),
        (nci.AnswerReader(KG), b"\n1.20LB\r\nS00\r\x03", State.WRONG_UNIT),
        (nci.AnswerReader(LB), b"\n1.20KG\r\nS00\r\x03", State.WRONG_UNIT),
        (nci.AnswerReader(LB), b"\n 1lb  2.5oz\r\nS00\r\x03", State.WRONG_UNIT),
        (nci.AnswerReader(KG), b"\n------\r\nS00\r\x03", State.NOT_READY),
        (nci.AnswerReader(KG), b"\n 1.000KG\r\nS10\r\x03", State.MOTION),  # a weight in motion is none
        (nci.AnswerReader(KG), b"\nS04\r\x03", State.FAULT),
        (nci.AnswerReader(KG), b"\nS0p8\r\x03", State.FAULT),
        (cas.FrameReader(KG), with_check(b"\x01\x02S 01.234lb?\x03\x04"), State.WRONG_UNIT),
        (cas.FrameReader(KG), with_check(b"\x01\x02S   123.7 g?\x03\x04"), State.STABLE),
        (cas.FrameReader(KG), with_check(b"\x01\x02S-00.000kg?\x03\x04"), State.ZERO),
    ],
)
def test_what_else_they_say(reader: Any, sent: bytes, state: State) -> None:
    assert [reading.state for reading in reader.feed(sent)] == [state]


@pytest.mark.parametrize(
    ("reader", "noise"),
    [
        (toledo.AnswerReader(), b"W\x02\x02?\x02\x0201.2345678901234567890\r\x021.234\r\x02ab.cde\r"),
        (nci.AnswerReader(), b"\nS0p\r\x03\nS00" + b"x" * 200),
        (nci.AnswerReader(), b"\nS04p\r\x03\x03\nS000\r\x03"),
        (cas.FrameReader(), b"\x01\x01\x02S 01.234kg\x00\x03\x04" + with_check(b"\x01\x02X 01.234kg?\x03\x04")),
    ],
)
def test_noise_is_passed_over_and_ends(reader: Any, noise: bytes) -> None:
    assert reader.feed(noise) == []
    if isinstance(reader, toledo.AnswerReader):
        assert reader.feed(b"\x0203.210\r") == [stable("3.210", net=False)]
    elif isinstance(reader, nci.AnswerReader):
        assert reader.feed(b"\n 3.210KG\r\nS00\r\x03") == [stable("3.210")]
    else:
        assert reader.feed(with_check(b"\x01\x02S 03.210kg?\x03\x04")) == [stable("3.210")]


@given(st.lists(st.binary(max_size=60), max_size=8))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_survived_and_every_weight_is_one(pieces: list[bytes]) -> None:
    for protocol in ScaleProtocol:
        talk = talk_for(protocol)
        talk.ask()
        for piece in pieces:
            reading = talk.heard(piece).reading
            if reading is not None and (weight := reading.weight) is not None:
                assert weight.kg >= 0
                assert weight.shown > 0


@given(st.decimals("0.001", "29.999", places=3), st.booleans())
@settings(max_examples=100, deadline=None)
def test_every_weight_comes_back_to_the_gram(shown: Decimal, net: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    for protocol, sent in (
        (ScaleProtocol.TOLEDO_8217, toledo.encode(Reading(State.STABLE, shown, KG, net))),
        (ScaleProtocol.NCI, nci.encode(Reading(State.STABLE, shown, KG, net))),
    ):
        talk = talk_for(protocol)
        talk.ask()
        reading = talk.heard(sent).reading
        assert reading is not None
        assert reading.weight == Weight(shown, shown, KG, net)
        talk.ask()
        odd = talk.heard(with_parity_bits(sent)).reading
        assert odd == Reading(State.PARITY)


def test_pounds_and_ounces_become_kilograms_to_the_gram() -> None:
    assert stable("1.00", LB).weight == Weight(Decimal("0.454"), Decimal("1.00"), LB)
    assert stable("0.5", Unit.OZ).weight == Weight(Decimal("0.014"), Decimal("0.5"), Unit.OZ)
    assert stable("350", Unit.G).weight == Weight(Decimal("0.350"), Decimal(350), Unit.G)
    assert Reading(State.MOTION).weight is None


def test_cas_asks_twice_and_waits_for_one_that_is_not_ready() -> None:
    talk = talk_for(ScaleProtocol.CAS)
    assert (talk.ask(), talk.zero, talk.tare) == (b"\x05", b"", b"")
    assert talk.heard(b"x").send == b""
    assert talk.heard(b"\x06").send == b"\x11"
    assert talk.heard(cas.encode(stable("0.500"))).reading == stable("0.500")
    talk.ask()
    assert talk.heard(b"\x15").reading == Reading(State.NOT_READY)
    assert cas.encode(Reading(State.FAULT)) == b"\x15"


def test_bytes_of_eight_bits_that_are_no_parity_are_noise() -> None:
    talk = talk_for(ScaleProtocol.TOLEDO_8217)
    talk.ask()
    assert talk.heard(b"\xb0" + b"\x0201.234\r").reading is None
    talk.ask()
    assert talk.heard(b"\x0201.234\r").reading == stable("1.234", net=False)


def test_two_answers_in_a_row_are_believed() -> None:
    agreement = Agreement()
    one, other = stable("1.000"), stable("2.000")
    assert agreement.see(one) is None
    assert agreement.see(other) is None
    assert agreement.see(None) is None
    assert agreement.see(other) is None
    assert agreement.see(other) == other
    assert agreement.see(Reading(State.UNCHANGED)) == other
    assert agreement.see(Reading(State.MOTION)) is None
    assert agreement.see(Reading(State.UNCHANGED)) is None
    assert agreement.see(Reading(State.MOTION)) is None


def test_a_weight_that_was_taken_is_gone_when_the_pan_has_changed() -> None:
    pan, weight = Pan(), stable("1.000").weight
    assert weight is not None
    assert not pan.holds_taken(weight)
    pan.take(weight)
    for reading in (stable("1.000"), stable("1.000"), Reading(State.MOTION), Reading(State.MOTION), stable("1.000")):
        pan.see(reading)
    assert pan.taken == weight
    pan.see(Reading(State.ZERO))
    assert pan.holds_taken(weight)  # said once
    pan.see(Reading(State.ZERO))
    assert pan.taken is None
