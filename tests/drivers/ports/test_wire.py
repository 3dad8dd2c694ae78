"""The simulated wire and bench lie exactly as they were told to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from drivers.errors import PortLost, PortUnavailable, WriteStalled
from drivers.simulated.bench import Bench, serve_tcp
from drivers.simulated.wire import Faults, null_modem

if TYPE_CHECKING:
    from drivers.port import Port

WAIT_S = 10.0


async def test_a_cut_tells_how_much_went_out_and_what_arrived_stays() -> None:
    host, device = null_modem(to_device=Faults(cut_after=5))
    with pytest.raises(PortLost) as lost:
        await host.write(b"12345678", timeout_s=WAIT_S)
    assert lost.value.written == 5
    assert await device.read() == b"12345"
    with pytest.raises(PortLost):
        await device.read()
    with pytest.raises(PortLost):
        await host.read()


async def test_a_cut_after_the_last_byte_is_met_by_the_next_write() -> None:
    host, device = null_modem(to_device=Faults(cut_after=3))
    await host.write(b"123", timeout_s=WAIT_S)
    with pytest.raises(PortLost) as lost:
        await host.write(b"4", timeout_s=WAIT_S)
    assert lost.value.written == 0
    assert await device.read() == b"123"


async def test_a_stall_can_end() -> None:
    host, device = null_modem(to_device=Faults(stall_after=4))
    with pytest.raises(WriteStalled) as stalled:
        await host.write(b"123456", timeout_s=0.01)
    assert stalled.value.written == 4
    writing = asyncio.create_task(host.write(b"56", timeout_s=WAIT_S))
    await asyncio.sleep(0)
    host.faults = Faults()
    await writing
    assert await device.read() == b"123456"


async def test_a_lossy_wire_loses_some_and_reorders_none() -> None:
    host, device = null_modem(to_device=Faults(loss=0.5))
    await host.write(bytes(range(200)), timeout_s=WAIT_S)
    arrived = await device.read()
    assert 0 < len(arrived) < 200
    assert list(arrived) == sorted(arrived)


async def test_a_full_wire_waits_for_its_reader() -> None:
    host, device = null_modem(capacity=4)
    writing = asyncio.create_task(host.write(b"123456", timeout_s=WAIT_S))
    await asyncio.sleep(0)
    assert await device.read() == b"1234"
    await writing
    assert await device.read() == b"56"


class Silent:
    async def serve(self, port: Port) -> None:
        while True:
            await port.read()


class Broken:
    async def serve(self, port: Port) -> None:
        await port.read()
        raise ZeroDivisionError


async def test_the_bench_opens_one_at_a_time_and_unplugs() -> None:
    bench = Bench()
    bench.add("a", Silent())
    with pytest.raises(PortUnavailable, match="not there"):
        await bench.open("b")
    port = await bench.open("a")
    assert bench.wire("a") is port
    with pytest.raises(PortUnavailable, match="held"):
        await bench.open("a")
    bench.unplug("a")
    assert bench.wire("a") is None
    with pytest.raises(PortLost):
        await port.read()
    with pytest.raises(PortUnavailable, match="not there"):
        await bench.open("a")
    bench.plug("a")
    await (await bench.open("a")).close()
    await bench.close()


async def test_a_simulated_device_with_a_bug_says_so() -> None:
    bench = Bench()
    bench.add("a", Broken())
    port = await bench.open("a")
    await port.write(b"x", timeout_s=WAIT_S)
    with pytest.raises(PortLost):
        await asyncio.wait_for(port.read(), WAIT_S)
    with pytest.raises(ZeroDivisionError):
        await bench.open("a")
    port = await bench.open("a")
    await port.write(b"x", timeout_s=WAIT_S)
    with pytest.raises(PortLost):
        await asyncio.wait_for(port.read(), WAIT_S)
    with pytest.raises(ZeroDivisionError):
        await bench.close()


async def test_a_served_device_with_a_bug_says_so() -> None:
    served = await serve_tcp(Broken())
    host, number = served.url.removeprefix("tcp://").split(":")
    reader, writer = await asyncio.open_connection(host, int(number))
    writer.write(b"x")
    assert await asyncio.wait_for(reader.read(), WAIT_S) == b""
    writer.close()
    with pytest.raises(ZeroDivisionError):
        await served.close()
    await served.close()


async def test_a_served_device_stalls_and_loses_as_any() -> None:
    outcomes: list[Exception] = []

    class Talker:
        async def serve(self, port: Port) -> None:
            try:
                await port.write(bytes(20_000_000), timeout_s=0.05)
            except WriteStalled as stalled:
                outcomes.append(stalled)
            await port.read()

    async with await serve_tcp(Talker()) as served:
        host, number = served.url.removeprefix("tcp://").split(":")
        _, writer = await asyncio.open_connection(host, int(number), limit=1)
        async with asyncio.timeout(WAIT_S):
            while not outcomes:
                await asyncio.sleep(0.01)
        writer.transport.abort()
    stalled = outcomes[0]
    assert isinstance(stalled, WriteStalled)
    assert 0 < stalled.written < 20_000_000
