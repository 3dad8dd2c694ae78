"""What pyserial alone writes is counted exactly, also where it stalls in the middle of a slice: nothing goes twice."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import serial

from drivers.errors import PortLost
from drivers.ports.serial import SerialLine
from drivers.ports.threaded import start_port
from drivers.printer.talk import Talk
from drivers.printer.timing import Timing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

RECEIPT = b"".join(b"line %03d\n" % number for number in range(60))  # more than two slices
PULSE = b"\x1bp\x00\x19\xfa"


class WindowsCom:
    """pyserial's COM port, as far as a line uses it: a write that times out keeps its count to itself.

    `takes` is how much each write to come takes before it times out. Source: pyserial 3.5, `serialwin32`.
    """

    def __init__(self) -> None:
        self.baudrate = 115200
        self.write_timeout: float | None = None
        self.in_waiting = 0
        self.takes: list[int] = []
        self.wire = bytearray()
        self._overlapped_write: SimpleNamespace | None = SimpleNamespace(InternalHigh=0)
        self._over = threading.Event()

    def read(self, _size: int) -> bytes:
        self._over.wait()
        return b""

    def write(self, data: bytes) -> int:
        taken = self.takes.pop(0) if self.takes else len(data)
        self.wire += data[:taken]
        if self._overlapped_write is not None:
            self._overlapped_write.InternalHigh = len(data[:taken])
        if taken < len(data):
            raise serial.SerialTimeoutException("Write timeout")
        return len(data)

    def cancel_read(self) -> None:
        self._over.set()

    def cancel_write(self) -> None: ...

    def close(self) -> None:
        self._over.set()


@pytest.fixture
def com() -> WindowsCom:
    return WindowsCom()


@pytest.fixture
async def talk(com: WindowsCom) -> AsyncIterator[Talk]:
    line = SerialLine("serial://COM3", com)  # type: ignore[arg-type] # what a line uses of one, without Windows
    port = await start_port("serial://COM3", lambda: line)
    yield Talk(port, Timing(stall_s=0.01))
    await port.close()


@pytest.mark.parametrize("takes", [[100], [0, 100, 0], [256, 1, 0, 255, 3, 0], [256, 256, 5, 0, 0]])
async def test_a_receipt_that_flow_control_stops_goes_on_where_it_was(
    com: WindowsCom, talk: Talk, takes: list[int]
) -> None:
    com.takes = takes
    stalls: list[int] = []

    async def wait(written: int) -> None:
        stalls.append(written)

    while not await talk.send(RECEIPT, on_stall=wait):
        assert not com.wire
    assert bytes(com.wire) == RECEIPT
    assert all(0 < written < len(RECEIPT) for written in stalls)


async def test_half_a_command_is_known_to_be_half(com: WindowsCom, talk: Talk) -> None:
    com.takes = [3, 0]
    with pytest.raises(PortLost) as lost:
        await talk.send(PULSE)
    assert lost.value.written == len(com.wire) == 3


async def test_a_line_whose_count_nobody_knows_is_given_up(com: WindowsCom, talk: Talk) -> None:
    com._overlapped_write = None
    com.takes = [100]
    with pytest.raises(PortLost) as lost:
        await talk.send(RECEIPT)
    assert lost.value.hint
    assert bytes(com.wire) == RECEIPT[:100]
