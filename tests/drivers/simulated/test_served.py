"""A simulated device at the end of a real socket."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from drivers.errors import PortLost
from drivers.ports.open import open_port
from drivers.simulated.bench import Served, serve_tcp

if TYPE_CHECKING:
    from drivers.port import Port

TURNS = 12  # of the loop: more than a write takes


class Talker:
    """Writes and then says no more; after so many turns of the loop it is told to stop."""

    def __init__(self, turns: int) -> None:
        self.stopped = asyncio.Event()
        self._turns = turns

    async def serve(self, port: Port) -> None:
        writing = asyncio.create_task(self._write(port))
        for _ in range(self._turns):
            await asyncio.sleep(0)
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing
        self.stopped.set()

    async def _write(self, port: Port) -> None:
        await port.write(b"!", timeout_s=5)
        await asyncio.Event().wait()


async def rest(port: Port) -> None:
    while True:
        await port.read()


@pytest.mark.parametrize("turns", range(TURNS))
async def test_whoever_is_stopped_while_writing_stops(turns: int) -> None:
    """Else a printer whose power goes while it answers never lets go of its host."""
    peer = Talker(turns)
    async with await serve_tcp(peer) as served:
        port = await open_port(served.url)
        async with asyncio.timeout(5):
            await peer.stopped.wait()
            with pytest.raises(PortLost):
                await rest(port)
        await port.close()


async def test_whoever_is_stopped_while_it_is_taken_away_is_stopped() -> None:
    slow = asyncio.Event()

    async def device() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await slow.wait()

    serving = asyncio.create_task(device())
    await asyncio.sleep(0)  # it runs
    closing = asyncio.create_task(Served("tcp://device:1", lambda: None, {serving}).close())
    await asyncio.sleep(0)  # it waits for the device
    closing.cancel()
    await asyncio.wait({closing})
    assert closing.cancelled()
    slow.set()
    await asyncio.wait({serving})


async def test_what_a_device_died_of_is_told_to_whoever_takes_it_away() -> None:
    async def device() -> None:
        raise ZeroDivisionError

    served = Served("tcp://device:1", lambda: None, {asyncio.create_task(device())})
    await asyncio.sleep(0)  # it dies
    with pytest.raises(ZeroDivisionError):
        await served.close()
    await served.close()  # and is told once
