from __future__ import annotations

import asyncio

from drivers.printer.escpos import FenceKind
from drivers.printer.star_session import ASK_NOW, StarSession
from tests.drivers.printer.lane import QUICK


class Slow:
    """A port that takes a command in two parts."""

    url = "sim://slow"

    def __init__(self) -> None:
        self.taken = b""
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def read(self) -> bytes:
        await asyncio.Event().wait()
        raise AssertionError

    async def write(self, data: bytes, *, timeout_s: float) -> None:
        self.taken += data[:1]
        self.begun.set()
        await self.go_on.wait()
        self.taken += data[1:]

    async def close(self) -> None:
        pass


async def test_the_end_of_the_hello_breaks_no_question_off() -> None:
    port = Slow()
    session = StarSession(port, FenceKind.ETB, QUICK, on_status=lambda _: None)
    session._reports_asked_for = True  # and none came: it is polled
    async with session._polled():
        await port.begun.wait()
        asyncio.get_running_loop().call_soon(port.go_on.set)
    assert session.failure is None
    assert port.taken == ASK_NOW
