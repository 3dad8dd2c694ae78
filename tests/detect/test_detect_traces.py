"""The trace of a wire: asked for, bounded, ending by itself, and never with card data; and the port it looks at."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.traces import BYTES_SHOWN_MAX, ENTRIES_MAX, LIFE, SCANS_MAX, Traces
from drivers.errors import PortLost
from drivers.scanner.decode import decode
from drivers.simulated.wire import Faults, null_modem
from drivers.traced import Direction, TracedPort

CARD = b"4111111111111111"  # a number that card schemes give for tests
TRACK = b"%B4111111111111111^DOE/JANE^29121010000000000?"


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


def traced(*reads: bytes, direction: Direction = Direction.IN) -> Traces:
    traces = Traces()
    traces.turn("port", on=True)
    for data in reads:
        traces.see("port", direction, data)
    return traces


def test_nothing_is_kept_unasked() -> None:
    traces = Traces()
    traces.see("port", Direction.IN, b"4006381333931\r")
    traces.scanned("port", decode(b"4006381333931"))
    assert traces.view("port") == {"device": "port", "on": False, "until": None, "wire": [], "scans": []}


def test_what_is_kept_is_shown_with_its_bytes() -> None:
    traces = traced(b"]E04006381333931\r")
    traces.see("port", Direction.OUT, b"\x1b@")
    traces.see("port", Direction.OUT, b"")
    traces.scanned("port", decode(b"]E04006381333931"))
    traces.scanned("port", decode(b"]E04006381333932"))
    view = traces.view("port")
    assert [(entry["direction"], entry["bytes"], entry["text"]) for entry in view["wire"]] == [
        ("in", 17, "]E04006381333931."),
        ("out", 2, ".@"),
    ]
    scan, refusal = view["scans"]
    assert (scan["text"], scan["symbology"], scan["gtin"]) == ("4006381333931", "ean13", "04006381333931")
    assert bytes.fromhex(scan["hex"]) == b"]E04006381333931"
    assert (refusal["refused"], refusal["symbology"]) == ("check_digit", None)
    assert refusal["hint"]


def test_it_is_bounded_and_ends_by_itself() -> None:
    clock = Clock()
    traces = Traces(now=clock)
    traces.turn("port", on=True)
    for _ in range(ENTRIES_MAX + 5):
        traces.see("port", Direction.OUT, bytes(4096))
        traces.scanned("port", decode(b"ABC"))
    view = traces.view("port")
    assert (len(view["wire"]), len(view["scans"])) == (ENTRIES_MAX, SCANS_MAX)
    assert len(bytes.fromhex(view["wire"][0]["hex"])) == BYTES_SHOWN_MAX
    clock.at += LIFE - timedelta(seconds=1)
    assert traces.view("port")["on"]
    clock.at += timedelta(seconds=1)
    assert not traces.view("port")["on"]
    traces.turn("port", on=True)
    traces.turn("port", on=False)
    traces.turn("port", on=False)
    assert not traces.view("port")["on"]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([CARD, TRACK]), st.lists(st.integers(0, 60), max_size=8))
def test_card_data_is_forgotten_however_it_is_cut(card: bytes, cuts: list[int]) -> None:
    data = b"A\r" + card + b"\r"
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    pieces = [data[begin:end] for begin, end in pairwise(places)]
    traces = traced(*pieces)
    seen = "".join(bytes.fromhex(entry["hex"]).decode() for entry in traces.view("port")["wire"])
    assert "41111111" not in seen
    assert "DOE" not in seen
    traces.see("port", Direction.IN, b"next\r")
    assert traces.view("port")["wire"][-1]["text"] == "next."


def test_a_card_in_a_scan_is_not_shown_either() -> None:
    traces = traced(b"unrelated\r")
    for data in (CARD, TRACK):
        traces.scanned("port", decode(data))
    assert "4111" not in json.dumps(traces.view("port"))


def test_the_other_direction_keeps_what_it_said() -> None:
    traces = traced(b"early" * 40, b"A")
    traces.see("port", Direction.OUT, b"\x1b@")
    traces.see("port", Direction.IN, CARD)
    early, late, out, card = traces.view("port")["wire"]
    assert (out["hidden"], card["hidden"], late["hidden"], early["hidden"]) == (False, True, True, True)


async def test_a_traced_port_is_the_port() -> None:
    seen: list[tuple[Direction, bytes]] = []
    host, device = null_modem("sim://it")
    port = TracedPort(host, lambda direction, data: seen.append((direction, data)))
    await port.write(b"hello", timeout_s=1)
    await device.write(b"answer", timeout_s=1)
    assert await port.read() == b"answer"
    assert seen == [(Direction.OUT, b"hello"), (Direction.IN, b"answer")]
    assert await port.modem_lines() is None
    assert await port.port_status() is None
    assert await port.device_id() is None
    assert await port.report_descriptor() is None
    await port.close()


async def test_what_of_a_broken_write_went_out_is_seen() -> None:
    seen: list[bytes] = []
    host, _ = null_modem("sim://it", to_device=Faults(cut_after=3))
    port = TracedPort(host, lambda _, data: seen.append(data))
    with pytest.raises(PortLost) as lost:
        await port.write(b"hello", timeout_s=1)
    assert (lost.value.written, seen) == (3, [b"hel"])
