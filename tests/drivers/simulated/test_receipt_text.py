"""A receipt as text: characters where the commands put them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.printer.settings import DialectName
from drivers.simulated.printer import Model, SimulatedPrinter
from drivers.simulated.star import simulated_printer

CASES = [
    (b"\x1bt\x13Gr\x94\xe1e\xd5\n", "Größe€\n"),
    (b"Coffee\x1b$\xf0\x003.50\n", f"{'Coffee':20}3.50\n"),
    (b"Tea\x1b\\\x18\x001\x1b\\\xf4\xff2\n", "Tea  12\n"),
    (b"\x1d!\x10AB\x1d!\x00\x1b$\x48\x00C\n", "AB  C\n"),
    (b"\x1b!\x20A\x1b!\x00\x1b$\x24\x00B\n", "A B\n"),
    (b"above\x1b@\n", "above\n"),
    (b"left  \n\x1bd\x02end", "left\n\n\nend\n"),
    (b"\x1dk\x024006381333931\x00\x1dkI\x07{BA-1{{x\n", "[4006381333931]\n[A-1{]\nx\n"),
    (b"x\x1d(k\x06\x00\x31\x50\x30abc\x1dv0\x00\x01\x00\x01\x00\xff", "x\n[abc]\n[picture]\n"),
    (b"\x1bt\x01\x98\x95\x99\xb1\xf1\n", "┌─┐ｱ円\n"),
    (b"\x1dkI\x0b{C(\x06&\x0d!]{B\x31", "[4006381333931]\n"),
    (b"\x1dkI\x05{CA{A", "[65]\n"),
    (b"\x1bt\x63\xd5A\n", "\ufffdA\n"),
    (b"\x1c&\xc4\xe3\x1c.A\n", "你A\n"),
]


@pytest.mark.parametrize(("stream", "text"), CASES)
def test_what_stands_where(stream: bytes, text: str) -> None:
    printer = SimulatedPrinter()
    printer.preload(stream)
    assert printer.text(printer.uncut) == text


def test_a_star_says_the_same_in_its_own_words() -> None:
    printer = simulated_printer(DialectName.STAR_LINE, 48)
    printer.preload(b"\x1b\x1dt\x04Tea \xd5\n\x1bb3210\x504006381333931\x1e\x1bi11AB\n")
    assert printer.text(printer.uncut).startswith("Tea €\n")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(list(DialectName)), st.booleans())
def test_any_bytes_are_some_text(stream: bytes, dialect: DialectName, chinese: bool) -> None:  # noqa: FBT001 - drawn
    printer = simulated_printer(dialect, 48)
    printer.model = Model(chinese=chinese, profile=printer.model.profile)
    printer.preload(stream)
    assert printer.text(printer.uncut).endswith("\n")
