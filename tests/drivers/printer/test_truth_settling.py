"""Answers to our own attempts to end a picture may come late: none of them may confirm a receipt."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from drivers.errors import NotReady
from drivers.printer.outcome import Result
from drivers.printer.session import WAKE_BYTES
from drivers.printer.timing import DEFAULT_TIMING
from drivers.simulated import printer as simulated_printer
from drivers.simulated.printer import SimulatedPrinter
from tests.drivers.printer.lane import Lane, receipt

if TYPE_CHECKING:
    from drivers.port import Port
    from drivers.simulated.printer_tokens import Token
    from tests.drivers.printer.lane import Lanes

QUESTION = b"\x1dr"
BLOCK_S = 2.5  # longer than the quiet that is enough where nothing was woken


class Unhurried(SimulatedPrinter):
    """A printer with a large buffer that takes its time over NULs, as one does that prints them as white."""

    def __init__(self) -> None:
        super().__init__()
        self._nuls = 0

    def _obey(self, token: Token) -> None:
        super()._obey(token)
        self._nuls += token.name == b"\0"
        if self._nuls * 2 >= WAKE_BYTES:
            self._nuls = 0
            self.held = True
            asyncio.get_running_loop().call_later(BLOCK_S / 2, self.release)


@pytest.fixture(autouse=True)
def large_buffer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated_printer, "BUFFER_BYTES", 1 << 16)


async def printed(it: Lane) -> Result:
    """Print as soon as the printer is ready for it. No question of an earlier time may wait in it then."""

    async def begin() -> None:
        assert QUESTION not in bytes(it.machine._buffer)

    async with asyncio.timeout(600):
        while True:
            try:
                return (await it.printer.print(receipt(30), before_first_byte=begin)).result
            except NotReady:
                await asyncio.sleep(0.5)


def whole(it: Lane) -> int:
    return sum(paper.text.count(b"line") == 30 for paper in it.machine.receipts)


async def test_late_answers_to_attempts_at_the_start_confirm_no_receipt(lane: Lanes) -> None:
    machine = Unhurried()
    machine.held = True  # it says that it is well
    it = await lane(machine=machine, timing=DEFAULT_TIMING, wait=False)
    while machine.buffered < DEFAULT_TIMING.settle_tries * WAKE_BYTES:
        await asyncio.sleep(0.1)
    machine.release()  # it answers the first question, and the others after their NULs
    assert await printed(it) is Result.PRINTED
    assert whole(it) == 1


async def test_late_answers_to_an_attempt_after_a_missed_start_confirm_no_receipt(lane: Lanes) -> None:
    machine = Unhurried()
    it = await lane(machine=machine, timing=DEFAULT_TIMING)

    async def get_stuck() -> None:
        machine.held = True

    missed = await it.printer.print(receipt(30), before_first_byte=get_stuck)
    assert missed.result is Result.NOT_PRINTED
    asyncio.get_running_loop().call_later(DEFAULT_TIMING.wake_s / 2, machine.release)
    assert await printed(it) is Result.PRINTED
    assert whole(it) == 1


class Beaten:
    """A port on which the printer's answer is here before the write that asks for it returns, as over threads."""

    def __init__(self, port: Port) -> None:
        self.url = port.url
        self._port = port

    async def read(self) -> bytes:
        return await self._port.read()

    async def write(self, data: bytes, *, timeout_s: float) -> None:
        await self._port.write(data, timeout_s=timeout_s)
        await asyncio.sleep(0.01)

    async def close(self) -> None:
        await self._port.close()


async def test_an_answer_that_is_here_before_its_question_is_out_counts(lane: Lanes) -> None:
    machine = SimulatedPrinter()
    it = await lane(machine=machine, timing=DEFAULT_TIMING, wait=False)

    async def open_port() -> Port:
        return Beaten(await it.bench.open("printer"))

    it.printer._open_port = open_port  # before it is opened at all
    assert await printed(it) is Result.PRINTED
    assert machine.taken < WAKE_BYTES  # and nothing had to be ended by NULs
