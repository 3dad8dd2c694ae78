"""A port that is closed while its driver has a slice in hand: else a drawer that opens "was not opened"."""

from __future__ import annotations

import asyncio
import threading

import pytest

from drivers.errors import PortLost
from drivers.ports.threaded import start_port
from tests.drivers.printer.lane import eventually

COMMAND = b"\x1bp\x00\x19\xfa"


class Driver:
    """A line whose driver sends each slice, and comes back only when it is interrupted; `hangs`: not even then."""

    def __init__(self, *, hangs: bool = False) -> None:
        self.sent = threading.Event()
        self.wire = bytearray()
        self._over = threading.Event()
        self._back = threading.Event() if hangs else self._over

    def read_some(self) -> bytes:
        self._over.wait()
        return b""

    def write_some(self, data: memoryview, _timeout_s: float) -> int:
        self.wire += data
        self.sent.set()
        self._back.wait()
        return len(data)

    def interrupt(self) -> None:
        self._over.set()

    def let_go(self) -> None:
        self._back.set()

    def close(self) -> None: ...


async def test_what_went_out_as_the_port_was_closed_is_not_called_nothing() -> None:
    driver = Driver()
    port = await start_port("test://drawer", lambda: driver)
    writing = asyncio.create_task(port.write(COMMAND, timeout_s=1.0))
    await eventually(driver.sent.is_set)
    await port.close()
    await writing
    assert driver.wire == COMMAND


async def test_a_driver_that_hangs_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.ports.threaded.CLOSE_WAIT_S", 0.1)
    driver = Driver(hangs=True)
    port = await start_port("test://drawer", lambda: driver)
    writing = asyncio.create_task(port.write(COMMAND, timeout_s=1.0))
    await eventually(driver.sent.is_set)
    await port.close()
    with pytest.raises(PortLost, match="was closed"):
        await writing
    driver.let_go()
