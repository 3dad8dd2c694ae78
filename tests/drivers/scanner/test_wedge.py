"""Keyboard wedges: key events as text, text as frames, and a whole scanner over a grabbed keyboard."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.device import DeviceState
from drivers.errors import NotReady, PortUnavailable, PortUrlInvalid
from drivers.ports import open_port, parse_port_url
from drivers.ports.evdev import EVIOCGKEY, EVIOCGRAB, KEY_BYTES, open_evdev, udev_rule
from drivers.scanner.framing import HALF_FRAME_S, PLUG_IN_S, Frame, FrameState, Suffix
from drivers.scanner.scan import Reason, Refusal, Scan
from drivers.scanner.scanner import Scanner
from drivers.scanner.wedge import WedgeFramer
from drivers.scanner.wedge_keys import (
    ALTGR,
    CAPS_LOCK,
    DOWN,
    EV_KEY,
    EV_SYN,
    EVENT,
    KEYPAD_ENTER,
    LEFT_ALT,
    LEFT_CTRL,
    LEFT_SHIFT,
    SYN_DROPPED,
    SYN_REPORT,
    UP,
    KeyReader,
)
from drivers.scanner.wedge_layouts import KEYPAD, LAYOUTS, LayoutName
from drivers.simulated.bench import Bench, serve_pty
from drivers.simulated.wedge import SimulatedWedge, WedgeFaults, typed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from drivers.scanner.wedge_layouts import Layout

BEER, MILK = "4006381333931", "96385074"
GS1 = "]C101095060001343521715052610ABC123\x1d21987"
WAIT_S = 10.0
US = LAYOUTS[LayoutName.US]
HALF = Frame(b"", FrameState.HALF)
DROPPED = EVENT.pack(0, 0, EV_SYN, SYN_DROPPED, 0) + EVENT.pack(0, 0, EV_SYN, SYN_REPORT, 0)
PAD = {character: key for key, character in KEYPAD.items()}


def keys(*strokes: tuple[int, int]) -> bytes:
    return b"".join(EVENT.pack(0, 0, EV_KEY, code, value) for code, value in strokes)


def press(*codes: int) -> bytes:
    return keys(*((code, value) for code in codes for value in (DOWN, UP)))


def held(modifier: int, *codes: int) -> bytes:
    return keys((modifier, DOWN)) + press(*codes) + keys((modifier, UP))


def events(text: str, layout: Layout = US) -> bytes:
    return b"".join(typed(text, layout))


def read(data: bytes, layout: Layout = US) -> str:
    return b"".join(piece or b"?" for piece in KeyReader(layout).feed(data)).decode()


@pytest.mark.parametrize("name", LayoutName)
def test_what_every_key_types_comes_back(name: LayoutName) -> None:
    layout = LAYOUTS[name]
    text = "".join({**layout.plain, **layout.shift}.values()) + "".join(layout.shift.values())
    text += "".join(layout.altgr.values()) + GS1 + "\r"
    assert read(events(text, layout), layout) == text


@pytest.mark.parametrize("name", LayoutName)
def test_the_letters_digits_and_signs_of_code_39_are_in_every_layout(name: LayoutName) -> None:
    text = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-. $/+%"
    assert read(events(text, LAYOUTS[name]), LAYOUTS[name]) == text


def test_a_scanner_set_to_another_country_is_misread_by_the_wrong_layout() -> None:
    french = events(BEER, LAYOUTS[LayoutName.FR])  # AZERTY types digits with Shift
    assert read(french) != BEER
    assert read(french, LAYOUTS[LayoutName.FR]) == BEER


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("".join(US.plain.values()) + "\x1d"), max_size=40), st.integers(1, 100))
def test_the_same_however_the_events_are_split(text: str, size: int) -> None:
    data, reader = events(text), KeyReader()
    pieces = [piece for at in range(0, len(data), size) for piece in reader.feed(data[at : at + size])]
    assert b"".join(piece or b"?" for piece in pieces).decode() == text


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=100), max_size=8), st.sampled_from(list(Suffix)))
def test_nothing_that_comes_raises(reads: list[bytes], suffix: Suffix) -> None:
    for name in LayoutName:
        framer = WedgeFramer(LAYOUTS[name], suffix)
        for now, data in enumerate(reads):
            framer.feed(data, float(now) / 10)
        framer.flush(1_000.0)
        assert framer.deadline is None


_STROKES = st.tuples(st.sampled_from([*range(1, 120), LEFT_ALT, LEFT_CTRL, ALTGR]), st.integers(0, 2))


@settings(max_examples=100, deadline=None)
@given(st.lists(_STROKES, max_size=60))
def test_no_keys_raise(strokes: list[tuple[int, int]]) -> None:
    for name in LayoutName:
        read(keys(*strokes), LAYOUTS[name])


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (press(*(PAD[digit] for digit in "4006"), KEYPAD_ENTER), "4006\r"),
        (held(LEFT_CTRL, 27), "\x1d"),  # Ctrl+]
        (held(LEFT_CTRL, 36), "\n"),  # Ctrl+J
        (held(LEFT_CTRL, 51), ""),  # Ctrl+,: no control character
        (held(LEFT_CTRL, 59), ""),  # Ctrl+F1
        (held(LEFT_ALT, PAD["0"], PAD["2"], PAD["9"]), "\x1d"),
        (held(LEFT_ALT, PAD["0"], PAD["0"], PAD["2"], PAD["9"]), "\x1d"),
        (held(LEFT_ALT, PAD["6"], PAD["5"]), "A"),
        (held(LEFT_ALT, PAD["0"], PAD["1"], PAD["2"], PAD["8"]), "€"),
        (held(LEFT_ALT, PAD["1"], PAD["2"], PAD["9"]), "ü"),
        (held(LEFT_ALT, PAD["8"], PAD["3"], PAD["6"], PAD["4"]), "€"),
        (held(LEFT_ALT, PAD["+"], PAD["1"]), ""),
        (held(LEFT_ALT, 30), "a"),
        (keys((LEFT_ALT, UP)), ""),
        (keys((30, DOWN), (30, 2), (30, 2), (30, UP)), "a"),  # a repeat is no second key
        (press(CAPS_LOCK) + held(LEFT_SHIFT, 30) + press(31, 2, CAPS_LOCK, 32), "aS1d"),
        (press(1, 59, 103, 14), ""),  # Esc, F1, an arrow, Backspace
        (held(ALTGR, 30), ""),  # nothing on a US keyboard
        (EVENT.pack(0, 0, 4, 4, 0x70021) + press(30), "a"),  # a scan code beside its key
        (keys((LEFT_SHIFT, 2)) + press(30), "a"),
    ],
)
def test_keys_and_what_they_type(data: bytes, text: str) -> None:
    assert read(data) == text


def test_altgr_is_ctrl_and_alt_too_and_a_dead_key_waits_for_a_space() -> None:
    german = LAYOUTS[LayoutName.DE]
    at_sign = keys((LEFT_CTRL, DOWN), (LEFT_ALT, DOWN)) + press(16) + keys((LEFT_ALT, UP), (LEFT_CTRL, UP))
    assert read(at_sign, german) == "@"
    assert read(press(41, 57, 57, 30), german) == "^ a"
    assert read(press(41, 30), german) == "^a"
    assert read(held(LEFT_CTRL, 27), german) == "\x1d"  # by its place, as + has no control character
    assert read(held(LEFT_CTRL, 21), german) == "\x1a"  # Ctrl+Z by its letter


def test_enter_or_tab_ends_a_frame() -> None:
    framer = WedgeFramer(US)
    assert framer.feed(events(f"{BEER}\r{MILK}\r"), 10.0) == [Frame(BEER.encode()), Frame(MILK.encode())]
    assert WedgeFramer(US, Suffix.CRLF).feed(events(f"{BEER}\r"), 10.0) == [Frame(BEER.encode())]
    assert WedgeFramer(US, Suffix.TAB).feed(events(f"{BEER}\t"), 10.0) == [Frame(BEER.encode())]
    assert WedgeFramer(US, Suffix.LF).feed(held(LEFT_CTRL, 36), 10.0) == []
    silent = WedgeFramer(US, Suffix.NONE)
    assert silent.feed(events(BEER), 10.0) == []
    assert silent.flush(11.0) == [Frame(BEER.encode())]
    assert WedgeFramer(US, idle_flush_s=0.1).deadline is None


def test_a_code_without_its_end_is_half_and_at_plug_in_nothing() -> None:
    framer = WedgeFramer(US, opened_at=10.0)
    assert framer.feed(events("400"), 10.0 + PLUG_IN_S / 2) == []
    assert framer.flush(20.0) == []
    assert framer.feed(events("400"), 30.0) == []
    assert framer.deadline == 30.0 + HALF_FRAME_S
    assert framer.flush(40.0) == [HALF]
    assert framer.feed(events(f"638\r{MILK}\r"), 41.0) == [HALF, Frame(MILK.encode())]


@pytest.mark.parametrize("at", range(4 * len(BEER) + 4))
def test_keys_that_the_system_lost_make_a_refusal_and_never_another_code(at: int) -> None:
    strokes = typed(BEER + "\r", US)
    framer = WedgeFramer(US)
    data = b"".join(strokes[:at]) + DROPPED + b"".join(strokes[at + 4 :])
    frames = [*framer.feed(data, 100.0), *framer.flush(110.0)]
    assert frames[0] == HALF or frames == [Frame(BEER.encode()), HALF]
    assert framer.feed(events(MILK + "\r"), 120.0) == [Frame(MILK.encode())]


def test_a_code_lost_with_its_end_costs_at_most_the_next_and_says_so() -> None:
    framer = WedgeFramer(US)
    assert framer.feed(events("4006") + DROPPED, 100.0) == [HALF]
    assert framer.feed(DROPPED + events("381"), 100.1) == []  # told once
    assert framer.feed(events(MILK + "\r"), 100.2) == []
    assert framer.feed(events(MILK + "\r"), 100.3) == [Frame(MILK.encode())]
    assert framer.feed(events("4006") + DROPPED, 200.0) == [HALF]
    assert framer.flush(200.0 + HALF_FRAME_S) == []
    assert framer.feed(events(MILK + "\r"), 200.0 + HALF_FRAME_S) == [Frame(MILK.encode())]


def test_a_modifier_whose_release_was_lost_is_let_go() -> None:
    reader = KeyReader()
    reader.feed(keys((LEFT_SHIFT, DOWN)) + DROPPED)
    assert reader.feed(press(30)) == [b"a"]
    dropping = EVENT.pack(0, 0, EV_SYN, SYN_DROPPED, 0) + press(30)  # of no use before the next report
    assert reader.feed(dropping) == [None]


class Counter:
    """The till's end: it hears the scans."""

    def __init__(self) -> None:
        self.outcomes: list[Scan | Refusal] = []
        self._news = asyncio.Event()

    def hear(self, outcome: Scan | Refusal) -> None:
        self.outcomes.append(outcome)
        self._news.set()

    async def has(self, count: int) -> list[str]:
        async with asyncio.timeout(WAIT_S):
            while len(self.outcomes) < count:
                self._news.clear()
                await self._news.wait()
        return [outcome.text if isinstance(outcome, Scan) else f"!{outcome.reason}" for outcome in self.outcomes]


class Kernel:
    """Linux' part: who has grabbed what, and which keys are down."""

    def __init__(self, *, refuses: int = 0, down: int = 0) -> None:
        self.grabs = 0
        self.looks = 0
        self._refuses = refuses
        self._down = down  # how many looks it takes until all keys are up

    def __call__(self, fd: int, request: int, arg: int | bytes, /) -> int | bytes:
        os.fstat(fd)  # an open descriptor, or an error
        if request == EVIOCGKEY:
            self.looks += 1
            return bytes([self.looks <= self._down]).ljust(KEY_BYTES, b"\0")
        assert (request, arg) == (EVIOCGRAB, 1)
        if self._refuses:
            raise OSError(self._refuses, os.strerror(self._refuses))
        self.grabs += 1
        return 0


def evdev_url(served: str) -> str:
    return served.replace("serial:", "evdev:").partition("?")[0]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not holds():
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def running(scanner: Scanner) -> AsyncIterator[None]:
    task = asyncio.create_task(scanner.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_a_wedge_on_the_bench_sells_in_its_own_layout_and_comes_back_after_its_plug_was_pulled() -> None:
    german = LAYOUTS[LayoutName.DE]
    peer, counter, bench = SimulatedWedge(german), Counter(), Bench()
    bench.add("counter", peer)
    scanner = Scanner(
        "counter",
        partial(open_port, "sim://counter", bench=bench),
        counter.hear,
        keyboard=german,
        duplicate_window_ms=0,
    )
    async with running(scanner):
        await peer.scan(BEER)
        await peer.scan(GS1)
        assert (await counter.has(2))[0] == BEER
        outcome = counter.outcomes[1]
        assert isinstance(outcome, Scan)
        assert (outcome.gs1["10"], outcome.gs1["21"]) == ("ABC123", "987")
        peer.faults = WedgeFaults(no_enter=True)
        await peer.scan("4006")
        bench.unplug("counter")
        await until(lambda: scanner.view.state is DeviceState.LOST)
        peer.faults = WedgeFaults(dropped_at=8)
        bench.plug("counter")
        await peer.scan(BEER)
        peer.faults = WedgeFaults()
        await peer.scan(MILK)
        assert (await counter.has(4))[2:] == [f"!{Reason.HALF}", MILK]
    await bench.close()


@pytest.mark.skipif(sys.platform == "win32", reason="evdev is Linux'")
async def test_over_a_real_device_file_that_is_grabbed() -> None:
    peer, counter, kernel = SimulatedWedge(), Counter(), Kernel(down=2)
    async with await serve_pty(peer) as served:
        url = evdev_url(served.url)
        scanner = Scanner("counter", partial(open_port, url, evdev=kernel), counter.hear, port=url, keyboard=US)
        async with running(scanner):
            for number in range(20):
                await peer.scan(f"code {number}")
            assert await counter.has(20) == [f"code {number}" for number in range(20)]
        assert (kernel.grabs, kernel.looks) == (1, 3)


@pytest.mark.skipif(sys.platform == "win32", reason="evdev is Linux'")
async def test_nothing_is_written_to_a_keyboard() -> None:
    async with await serve_pty(SimulatedWedge()) as served:
        port = await open_port(evdev_url(served.url), evdev=Kernel())
        with pytest.raises(NotReady, match="takes no commands"):
            await port.write(b"E", timeout_s=1.0)
        await port.close()


@pytest.mark.skipif(sys.platform == "win32", reason="evdev is Linux'")
@pytest.mark.parametrize(
    ("refuses", "says", "hint"),
    [
        (errno.EBUSY, "held by another program", "Close"),
        (errno.ENOTTY, "no input device", "event-kbd"),
        (errno.EINVAL, "no input device", "event-kbd"),
        (errno.ENODEV, "not there", "Plug"),
    ],
)
def test_why_a_keyboard_is_not_opened(refuses: int, says: str, hint: str) -> None:
    with pytest.raises(PortUnavailable, match=says) as refusal:
        open_evdev(parse_port_url("evdev:///dev/null"), Kernel(refuses=refuses))
    assert hint in refusal.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="evdev is Linux'")
def test_a_keyboard_that_is_not_there_and_one_whose_key_is_stuck() -> None:
    with pytest.raises(PortUnavailable, match="not there"):
        open_evdev(parse_port_url("evdev:///dev/input/by-id/none-event-kbd"))
    with pytest.raises(PortUnavailable, match="no input device"):
        open_evdev(parse_port_url("evdev:///dev/null"))  # the system's own ioctl
    pauses: list[float] = []
    kernel = Kernel(down=10_000)
    open_evdev(parse_port_url("evdev:///dev/null"), kernel, sleep=pauses.append).close()
    assert kernel.grabs == 1
    assert 0.9 < sum(pauses) < 1.1


@pytest.mark.parametrize(
    "url", ["evdev://", "evdev:///dev/", "evdev://host/dev/x", "evdev:///tmp/x", "evdev:///dev/x?a=b"]
)
def test_what_is_no_input_device(url: str) -> None:
    with pytest.raises(PortUrlInvalid, match="evdev"):
        parse_port_url(url, platform="linux")


def test_on_windows_it_is_refused_with_what_to_do() -> None:
    with pytest.raises(PortUrlInvalid) as refusal:
        parse_port_url("evdev:///dev/input/by-id/x-event-kbd", platform="win32")
    assert "HID-POS" in refusal.value.hint


def test_the_hint_to_a_plain_user_names_the_one_device(tmp_path: Path) -> None:
    ids = tmp_path / "event7" / "device" / "id"
    ids.mkdir(parents=True)
    (ids / "vendor").write_text("05e0\n")
    (ids / "product").write_text("1200\n")
    hint = udev_rule("/dev/input/event7", tmp_path)
    assert 'ATTRS{id/vendor}=="05e0", ATTRS{id/product}=="1200"' in hint
    assert "udevadm" in hint
    assert "/dev/input/event8" in udev_rule("/dev/input/event8", tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="evdev is Linux'")
def test_no_permission_is_told_with_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", refused)  # the system's part: the tests run as root, whom nothing refuses
    with pytest.raises(PortUnavailable, match="no permission") as refusal:
        open_evdev(parse_port_url("evdev:///dev/null"), Kernel())
    assert "by-id" in refusal.value.hint
