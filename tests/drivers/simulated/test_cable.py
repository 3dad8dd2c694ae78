"""A bad cable between a real port and a simulated device."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from drivers.errors import PortLost
from drivers.ports.open import open_port
from drivers.simulated import cable as cable_module
from drivers.simulated.bench import Bench, serve_tcp
from drivers.simulated.cable import Cable
from drivers.simulated.printer import SimulatedPrinter
from drivers.simulated.wire import Faults

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from drivers.port import Port

ASK = b"\x10\x04\x01"
WELL = b"\x16"
Wired = tuple[SimulatedPrinter, Cable, "Port"]


@pytest.fixture
async def wired() -> AsyncIterator[Wired]:
    machine = SimulatedPrinter()
    cable = Cable(machine)
    async with await serve_tcp(cable) as served:
        port = await open_port(served.url)
        yield machine, cable, port
        await port.close()


async def ask(port: Port) -> bytes:
    await port.write(ASK, timeout_s=2)
    async with asyncio.timeout(5):
        return await port.read()


async def receipts(machine: SimulatedPrinter, count: int) -> None:
    async with asyncio.timeout(10):
        while len(machine.receipts) < count:
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    "faults",
    [(Faults(), Faults()), (Faults(byte_at_a_time=True),) * 2, (Faults(delay_s=0.01),) * 2],
    ids=["whole", "bytewise", "slow"],
)
async def test_what_goes_over_it_arrives(wired: Wired, faults: tuple[Faults, Faults]) -> None:
    machine, cable, port = wired
    cable.set_faults(*faults)
    assert cable.faults == faults
    assert await ask(port) == WELL
    await port.write(b"\x1b@" + b"line\n" * 200 + b"\x1dV\x00", timeout_s=5)
    await receipts(machine, 1)
    assert machine.receipts[0].text == b"line\n" * 200


async def test_a_stalled_cable_passes_nothing_on_until_it_is_mended(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cable_module, "PATIENCE_S", 0.01)  # shorter than the stall
    machine, cable, port = wired
    assert await ask(port) == WELL
    cable.set_faults(Faults(stall_after=0), Faults())
    await port.write(b"one\n\x1dV\x00", timeout_s=1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(port.read(), 0.05)
    assert not machine.receipts
    cable.set_faults(Faults(), Faults())
    await receipts(machine, 1)


async def test_a_lossy_cable_loses_some(wired: Wired) -> None:
    machine, cable, port = wired
    cable.set_faults(Faults(loss=0.2), Faults())
    await port.write(b"line\n" * 100, timeout_s=2)
    async with asyncio.timeout(10):
        while machine.taken < 350:
            await asyncio.sleep(0.005)
    cable.set_faults(Faults(), Faults())
    await port.write(b"end\n\x1dV\x00", timeout_s=2)
    await receipts(machine, 1)
    assert 0 < len(machine.receipts[0].text) < 504


async def test_a_cable_that_is_pulled_loses_the_host_and_the_next_one_at_once() -> None:
    heard: list[bool] = []
    machine = SimulatedPrinter()
    cable = Cable(machine, lambda: heard.append(cable.plugged))
    bench = Bench()
    bench.add("printer", cable)
    port = await bench.open("printer")
    assert await ask(port) == WELL
    cable.unplug()
    for _ in range(2):
        with pytest.raises(PortLost):
            await asyncio.wait_for(port.read(), 5)
        await port.close()
        port = await bench.open("printer")
    await port.close()
    cable.plug()
    assert heard == [False, True]
    port = await bench.open("printer")
    assert await ask(port) == WELL
    await bench.close()


async def test_power_that_fails_behind_the_cable_loses_the_host(wired: Wired) -> None:
    machine, _, port = wired
    assert await ask(port) == WELL
    await machine.power_off()
    with pytest.raises(PortLost):
        await asyncio.wait_for(port.read(), 5)


async def test_a_device_with_a_bug_says_so_through_the_cable() -> None:
    class Broken:
        async def serve(self, port: Port) -> None:
            await port.read()
            raise RuntimeError("a bug")

    bench = Bench()
    bench.add("broken", Cable(Broken()))
    port = await bench.open("broken")
    await port.write(b"x", timeout_s=1)
    with pytest.raises(PortLost):
        await port.read()
    with pytest.raises(RuntimeError, match="a bug"):
        await bench.close()
