"""A driver that does not come back from a question holds up nobody: whoever asked is told, at the latest on closing."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from drivers.errors import PortLost
from drivers.ports import threaded as threaded_module
from drivers.ports.threaded import ThreadedPort, start_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from drivers.ports.ieee1284 import DeviceId, PortStatus

URL = "spool://Receipts"


class Spooler:
    """A line whose driver hangs in a question until it is released. `asked` says that it is in there."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.released = threading.Event()
        self.closed = threading.Event()
        self.closed_while_asked = False
        self._over = threading.Event()

    def read_some(self) -> bytes:
        self._over.wait()
        return b""

    def write_some(self, data: memoryview, _timeout_s: float) -> int:
        return len(data)

    def port_status(self) -> PortStatus | None:
        self.asked.set()
        self.released.wait()
        self.asked.clear()
        return None

    def device_id(self) -> DeviceId | None:
        return None

    async def is_asked(self) -> None:
        async with asyncio.timeout(10):
            while not self.asked.is_set():
                await asyncio.sleep(0.005)

    def interrupt(self) -> None:
        self._over.set()

    def close(self) -> None:
        self.closed_while_asked = self.asked.is_set()
        self.closed.set()


@pytest.fixture
def line() -> Spooler:
    return Spooler()


@pytest.fixture
async def port(line: Spooler) -> AsyncIterator[ThreadedPort]:
    port = await start_port(URL, lambda: line)
    yield port
    line.released.set()
    await port.close()


async def test_closing_ends_the_wait_for_an_answer_and_the_line_behind_it(line: Spooler, port: ThreadedPort) -> None:
    asking = asyncio.create_task(port.port_status())
    await line.is_asked()
    closing = asyncio.create_task(port.close())
    with pytest.raises(PortLost):
        await asking
    line.released.set()
    await closing
    assert line.closed.is_set()
    assert not line.closed_while_asked


async def test_an_answer_that_does_not_come_is_a_lost_line(
    line: Spooler, port: ThreadedPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threaded_module, "ASK_WAIT_S", 0.01)
    with pytest.raises(PortLost, match="did not answer") as lost:
        await port.port_status()
    assert lost.value.hint
    line.released.set()
    monkeypatch.undo()
    assert await port.port_status() is None  # its late answer is nobody's, and the next one is its own
