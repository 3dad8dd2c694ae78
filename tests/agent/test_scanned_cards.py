"""A card held before a scanner, or swiped through one: nobody who listens gets its number, nor does a trace."""

from __future__ import annotations

import pytest

from agent.scans import scan_event
from agent.traces import Traces
from drivers.scanner.decode import decode
from drivers.traced import Direction

CARD = b"4111111111111111"
EVEN = bytes(byte | (0x80 if byte.bit_count() % 2 else 0) for byte in CARD)
TRACK = b";4111111111111111=25121010000000000?"


@pytest.mark.parametrize(
    "frame",
    [
        CARD,
        b"]C0" + CARD,
        b"]E0" + CARD,
        CARD + b"\x06",
        CARD + b"=2512101000\x06",
        TRACK,
        EVEN,
        b"%B4111111111111111^DOE/J^2512",
    ],
    ids=range(8),
)
def test_no_event_tells_a_number_whatever_became_of_it(frame: bytes) -> None:
    scan = decode(frame)
    event = scan_event(scan, till="till-1", scanner="counter")
    assert (event["text"], event["gtin"], event["gs1"]) == ("", None, {})
    traces = Traces()
    traces.turn("counter", on=True)
    traces.see("counter", Direction.IN, frame)
    traces.scanned("counter", scan)
    assert "4111" not in str(traces.view("counter"))
    assert CARD.hex(" ") not in str(traces.view("counter"))
    assert frame.hex(" ") not in str(traces.view("counter"))


@pytest.mark.parametrize("frame", [b"]E04006381333931", b"4006381333931", b"]C10104006381333931", b"HELLO-1"])
def test_what_is_no_card_is_told(frame: bytes) -> None:
    assert scan_event(decode(frame), till="till-1", scanner="counter")["text"]
