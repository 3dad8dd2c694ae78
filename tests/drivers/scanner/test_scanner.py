"""The scanner over its wires: the shipped simulator, real ttys and sockets, and every fault it can have."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest

from drivers.device import DeviceState
from drivers.ports import open_port
from drivers.scanner.embedded import parse_template
from drivers.scanner.framing import PLUG_IN_S, SCAN_BYTES_MAX, Suffix
from drivers.scanner.scan import Reason, Refusal, Scan
from drivers.scanner.scanner import ScanCounts, Scanner
from drivers.simulated.bench import Bench, serve_pty, serve_tcp
from drivers.simulated.scanner import ScannerFaults, SimulatedScanner
from drivers.simulated.wire import Faults

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from drivers.port import Port

WAIT_S = 10.0
BEER, MILK = "4006381333931", "96385074"


class Counter:
    """The till's end: it hears the scans."""

    def __init__(self) -> None:
        self.outcomes: list[Scan | Refusal] = []
        self.now = 100.0
        self._news = asyncio.Event()

    def hear(self, outcome: Scan | Refusal) -> None:
        self.outcomes.append(outcome)
        self._news.set()

    @property
    def texts(self) -> list[str]:
        return [outcome.text if isinstance(outcome, Scan) else f"!{outcome.reason}" for outcome in self.outcomes]

    async def has(self, count: int) -> list[str]:
        await until(lambda: len(self.outcomes) >= count, self._news)
        return self.texts


class Looks:
    """A clock that stands where it is told to for its first looks; ten seconds pass between any two after them."""

    def __init__(self, *first: float) -> None:
        self.taken = 0
        self._first = first

    def __call__(self) -> float:
        at = self._first[self.taken] if self.taken < len(self._first) else 10.0 * (self.taken + 1)
        self.taken += 1
        return at


class BusyPort:
    """A port whose second piece came while the program was held up: the wait is over first, and then it is there."""

    url = "busy"

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)
        self._held_up = False

    async def read(self) -> bytes:
        if self._pieces and not self._held_up:
            self._held_up = True
            return self._pieces.pop(0)
        self._held_up = False
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]  # it never is

    async def write(self, data: bytes, *, timeout_s: float) -> None:
        raise AssertionError((data, timeout_s))

    async def close(self) -> None:
        pass


async def until(holds: Callable[[], bool], news: asyncio.Event | None = None) -> None:
    async with asyncio.timeout(WAIT_S):
        while not holds():
            if news is None:
                await asyncio.sleep(0.005)
            else:
                news.clear()
                await news.wait()


@contextlib.asynccontextmanager
async def running(scanner: Scanner) -> AsyncIterator[None]:
    task = asyncio.create_task(scanner.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


@contextlib.asynccontextmanager
async def on_bench(
    peer: SimulatedScanner, *, wire: Faults | None = None, **options: object
) -> AsyncIterator[tuple[Scanner, Counter, Bench]]:
    bench, counter = Bench(), Counter()
    bench.add("counter", peer, to_host=wire)
    scanner = Scanner(
        "counter",
        partial(open_port, "sim://counter", bench=bench),
        counter.hear,
        port="sim://counter",
        **({"now": lambda: counter.now} | options),  # type: ignore[arg-type]  # each test gives the right ones
    )
    async with running(scanner):
        yield scanner, counter, bench
    await bench.close()


@pytest.mark.parametrize(
    "wire", [Faults(), Faults(byte_at_a_time=True), Faults(delay_s=0.001)], ids=["good", "bytes", "slow"]
)
async def test_scans_arrive_in_order(wire: Faults) -> None:
    peer = SimulatedScanner()
    async with on_bench(peer, wire=wire) as (scanner, counter, _):
        for code in (BEER, MILK, "]E0" + BEER, "hello"):
            await peer.scan(code)
        assert await counter.has(4) == [BEER, MILK, BEER, "hello"]
        assert scanner.counts == ScanCounts(scans=4)
        assert scanner.view.state is DeviceState.READY


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals on Windows")
async def test_over_a_real_tty() -> None:
    peer, counter = SimulatedScanner(), Counter()
    async with await serve_pty(peer) as served:
        scanner = Scanner("counter", partial(open_port, served.url), counter.hear)
        async with running(scanner):
            await until(lambda: scanner.view.state is DeviceState.READY)
            for number in range(30):
                await peer.scan(f"code {number}")
            assert await counter.has(30) == [f"code {number}" for number in range(30)]


async def test_over_a_real_socket() -> None:
    peer, counter = SimulatedScanner(suffix=b"\r\n"), Counter()
    async with await serve_tcp(peer) as served:
        scanner = Scanner("counter", partial(open_port, served.url), counter.hear, suffix=Suffix.CRLF)
        async with running(scanner):
            await peer.scan(BEER)
            assert await counter.has(1) == [BEER]


async def test_a_scanner_that_is_unplugged_comes_back_and_its_half_code_is_forgotten() -> None:
    peer = SimulatedScanner()
    async with on_bench(peer) as (scanner, counter, bench):
        await peer.scan(BEER)
        await counter.has(1)
        await peer._write(b"40063")
        await until(lambda: not bench.wire("counter")._back.holds)  # type: ignore[union-attr]  # it is open
        bench.unplug("counter")
        await until(lambda: scanner.view.state is DeviceState.LOST)
        assert scanner.view.error
        assert scanner.view.hint
        bench.plug("counter")
        await peer.scan(MILK)
        assert await counter.has(2) == [BEER, MILK]


@pytest.mark.parametrize(
    "faults",
    [
        ScannerFaults(nul_at_plug_in=True),
        ScannerFaults(cr_apart=True),
        ScannerFaults(two_in_one_write=True),
        ScannerFaults(nul_at_plug_in=True, cr_apart=True, two_in_one_write=True),
    ],
)
async def test_faults_that_cost_nothing(faults: ScannerFaults) -> None:
    peer = SimulatedScanner(prefix=b"\x02", faults=faults)
    async with on_bench(peer) as (scanner, counter, _):
        for code in (BEER, MILK):
            await peer.scan(code)
        assert await counter.has(2) == [BEER, MILK]
        assert scanner.counts.refused == 0


async def test_the_end_of_a_code_at_plug_in_does_no_harm() -> None:
    peer = SimulatedScanner(faults=ScannerFaults(half_frame_at_plug_in=b"381333931\r"))
    async with on_bench(peer) as (_, counter, _bench):
        await peer.scan(BEER)
        # Nine digits may be somebody's number: they are looked up, and found nowhere.
        assert await counter.has(2) == ["381333931", BEER]


async def test_the_beginning_of_a_code_at_plug_in_is_dropped() -> None:
    peer = SimulatedScanner(faults=ScannerFaults(half_frame_at_plug_in=b"40063"))
    looks = Looks(0.0, PLUG_IN_S / 2)  # opened, and heard
    async with on_bench(peer, now=looks) as (_, counter, _bench):
        await until(lambda: looks.taken == 4)  # and looked whether it is over, and it is
        await peer.scan(BEER)
        assert await counter.has(1) == [BEER]


async def test_seven_bits_with_parity_are_told_the_setting_to_change() -> None:
    peer = SimulatedScanner(faults=ScannerFaults(parity_7e1=True))
    async with on_bench(peer) as (scanner, counter, _):
        await peer.scan(BEER)
        assert await counter.has(1) == [f"!{Reason.PARITY}"]
        outcome = counter.outcomes[0]
        assert isinstance(outcome, Refusal)
        assert "mode=7E1" in outcome.hint
        assert scanner.counts == ScanCounts(refused=1)


async def test_the_same_code_within_the_window_is_one_scan() -> None:
    peer = SimulatedScanner()
    async with on_bench(peer) as (scanner, counter, _):
        for step in (0.0, 0.3, 0.3, 0.3):  # held still in front of a stand: each time the window begins again
            counter.now += step
            before = scanner.counts
            await peer.scan(BEER)
            await until(lambda before=before: scanner.counts != before)  # type: ignore[misc]  # bound here
        assert scanner.counts == ScanCounts(scans=1, duplicates=3)
        counter.now += 0.1
        await peer.scan(MILK)
        await counter.has(2)
        counter.now += 0.5
        await peer.scan(BEER)
        assert await counter.has(3) == [BEER, MILK, BEER]


async def test_a_scanner_that_reads_twice_in_80_ms() -> None:
    async def no_time(_: float) -> None:
        await asyncio.sleep(0)

    peer = SimulatedScanner(faults=ScannerFaults(duplicate=True), sleep=no_time)
    async with on_bench(peer) as (scanner, counter, _):
        await peer.scan(BEER)
        await peer.scan(MILK)
        await until(lambda: scanner.counts.duplicates == 2)
        assert counter.texts == [BEER, MILK]


async def test_no_window_no_duplicates() -> None:
    peer = SimulatedScanner()
    async with on_bench(peer, duplicate_window_ms=0) as (_, counter, _bench):
        await peer.scan(BEER)
        await peer.scan(BEER)
        assert await counter.has(2) == [BEER, BEER]


async def test_silence_ends_a_code_without_a_suffix() -> None:
    peer, counter = SimulatedScanner(suffix=b""), Counter()
    async with await serve_tcp(peer) as served:
        scanner = Scanner("counter", partial(open_port, served.url), counter.hear, suffix=Suffix.NONE)
        async with running(scanner):
            await peer.scan(BEER)
            await counter.has(1)
            await peer.scan(MILK)
            assert await counter.has(2) == [BEER, MILK]


@pytest.mark.parametrize("suffix", [Suffix.CR, Suffix.NONE])
async def test_a_code_that_came_while_the_program_was_held_up_is_one_code(suffix: Suffix) -> None:
    port, counter = BusyPort(b"40063813", b"33931" + (b"\r" if suffix is Suffix.CR else b"")), Counter()

    async def opened() -> Port:
        return port

    scanner = Scanner("counter", opened, counter.hear, suffix=suffix, now=Looks())
    async with running(scanner):
        assert await counter.has(1) == [BEER]
    assert scanner.counts == ScanCounts(scans=1)


async def test_templates_and_currency_reach_the_decoder() -> None:
    peer = SimulatedScanner()
    templates = (parse_template("23IIIIIXWWWWC"),)
    async with on_bench(peer, templates=templates, price_decimals=0) as (_, counter, _bench):
        await peer.scan("2311223123451")
        await peer.scan("]e001095060001343523920500")
        await counter.has(2)
        label, priced = counter.outcomes
        assert isinstance(label, Scan)
        assert isinstance(priced, Scan)
        assert str(label.weight) == "2.345"
        assert priced.price == 500


async def test_an_overlong_code_is_refused_and_the_next_one_read() -> None:
    peer = SimulatedScanner()
    async with on_bench(peer) as (_, counter, _bench):
        await peer.scan("9" * (2 * SCAN_BYTES_MAX))
        await peer.scan(BEER)
        assert await counter.has(2) == [f"!{Reason.OVERLONG}", BEER]


async def test_half_a_code_is_refused_with_the_setting_to_look_at() -> None:
    peer, counter = SimulatedScanner(suffix=b""), Counter()
    async with await serve_tcp(peer) as served:
        scanner = Scanner("counter", partial(open_port, served.url), counter.hear, now=Looks())
        async with running(scanner):
            await peer.scan(BEER)
            assert await counter.has(1) == [f"!{Reason.HALF}"]


async def test_the_rest_of_a_code_on_a_line_that_stalled_is_refused_and_the_next_code_read() -> None:
    peer = SimulatedScanner()
    async with on_bench(peer, now=Looks()) as (_, counter, _bench):
        await peer._connected.wait()
        await peer._write(BEER[:9].encode())
        assert await counter.has(1) == [f"!{Reason.HALF}"]
        await peer._write(BEER[9:].encode() + b"\r")
        await peer.scan(MILK)
        assert await counter.has(3) == [f"!{Reason.HALF}", f"!{Reason.HALF}", MILK]


async def test_a_card_is_in_no_log_and_in_no_memory(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    peer = SimulatedScanner()
    async with on_bench(peer) as (scanner, counter, _):
        await peer.scan(";4111111111111111=25121010000000000000?")
        await peer.scan(";4111111111111111=25121010000000000000?")
        assert await counter.has(2) == [f"!{Reason.CARD}"] * 2
        assert "4111" not in caplog.text
        assert "4111" not in repr(counter.outcomes)
        assert scanner._seen == {}


async def test_a_listener_that_fails_costs_nobody_a_scan(caplog: pytest.LogCaptureFixture) -> None:
    peer, heard = SimulatedScanner(), Counter()
    bench = Bench()
    bench.add("counter", peer)

    def listener(outcome: Scan | Refusal) -> None:
        heard.hear(outcome)
        raise RuntimeError("the page is gone")

    scanner = Scanner("counter", partial(open_port, "sim://counter", bench=bench), listener)
    async with running(scanner):
        await peer.scan(BEER)
        await peer.scan(MILK)
        assert await heard.has(2) == [BEER, MILK]
        assert scanner.view.state is DeviceState.READY
    await bench.close()
    assert "the page is gone" in caplog.text


async def test_the_simulated_scanner_hears_commands_and_says_when_it_is_unplugged() -> None:
    peer, bench = SimulatedScanner(), Bench()
    bench.add("counter", peer)
    port: Port = await open_port("sim://counter", bench=bench)
    await port.write(b"D", timeout_s=WAIT_S)
    await until(lambda: peer.heard == b"D")
    await port.close()
    await bench.close()
