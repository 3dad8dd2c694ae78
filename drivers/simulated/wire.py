"""A wire between two ports in memory, and what can be wrong with it."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.errors import PortLost, WriteStalled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from drivers.ports.modem import ModemLines

WIRE_BYTES_MAX = 4096  # taken and not yet read, one direction: the receive buffer of a small printer


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with one direction of a wire. Counts are of bytes since the wire was made."""

    byte_at_a_time: bool = False  # the reader never gets two bytes at once
    delay_s: float = 0.0  # before the reader gets what has arrived
    loss: float = 0.0  # the chance of each byte to vanish, 0 to 1
    cut_after: int | None = None  # the wire breaks, both ways, once so many bytes went out
    stall_after: int | None = None  # no byte beyond so many is taken


class _Direction:
    """Bytes on their way from one end's writer to the other end's reader."""

    def __init__(self, faults: Faults, capacity: int, chance: random.Random) -> None:
        self.faults = faults
        self.lines: ModemLines | None = None  # held high by the writer's end; None: the wire has none
        self.news = asyncio.Event()  # for the reader
        self.room = asyncio.Event()  # for the writer
        self.lost = False
        self._capacity = capacity
        self._chance = chance
        self.accepted = 0
        self._holding = bytearray()

    def accept(self, data: memoryview) -> int:
        """Take what there is room for now; return how many bytes that was."""
        room = self._capacity - len(self._holding)
        for limit in (self.faults.stall_after, self.faults.cut_after):
            if limit is not None:
                room = min(room, limit - self.accepted)
        taken = data[: max(0, room)]
        self.accepted += len(taken)
        loss = self.faults.loss
        self._holding += bytes(byte for byte in taken if self._chance.random() >= loss) if loss else taken
        self.news.set()
        return len(taken)

    @property
    def broken(self) -> bool:
        """Whether the byte at which the wire breaks has passed."""
        return self.faults.cut_after is not None and self.accepted >= self.faults.cut_after

    @property
    def holds(self) -> bool:
        """Whether there is anything to read."""
        return bool(self._holding)

    def hand_over(self) -> bytes:
        """Return what the reader gets at once."""
        count = 1 if self.faults.byte_at_a_time else len(self._holding)
        data = bytes(self._holding[:count])
        del self._holding[:count]
        self.room.set()
        return data

    def lose(self) -> None:
        """Break; what has arrived can still be read."""
        self.lost = True
        self.news.set()
        self.room.set()


class WireEnd:
    """One end of a wire: a `Port`."""

    def __init__(self, url: str, out: _Direction, back: _Direction, sleep: Callable[[float], Awaitable[None]]) -> None:
        self.url = url
        self._out = out
        self._back = back
        self._sleep = sleep

    @property
    def faults(self) -> Faults:
        """What is wrong with the direction away from this end; may be set at any time."""
        return self._out.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._out.faults = faults
        self._out.room.set()

    def hold_lines(self, lines: ModemLines) -> None:
        """Hold modem lines high towards the other end."""
        self._out.lines = lines

    async def modem_lines(self) -> ModemLines | None:
        """Return the modem lines the other end holds high; None: there are none. Raises `PortLost`."""
        if self._back.lost:
            raise self._lost(0)
        return self._back.lines

    @property
    def accepted(self) -> int:
        """How many bytes have gone out from this end."""
        return self._out.accepted

    async def read(self) -> bytes:
        """Wait for bytes and return at least one. Raises `PortLost`."""
        while True:
            if self._back.holds:
                if self._back.faults.delay_s:
                    await self._sleep(self._back.faults.delay_s)
                return self._back.hand_over()
            if self._back.lost:
                raise self._lost(0)
            self._back.news.clear()
            await self._back.news.wait()

    async def write(self, data: bytes, *, timeout_s: float) -> None:
        """Return when the wire took all of `data`. Raises `WriteStalled` or `PortLost`."""
        written, rest = 0, memoryview(data)
        while True:
            if self._out.lost:
                raise self._lost(written)
            taken = self._out.accept(rest)
            written, rest = written + taken, rest[taken:]
            if self._out.broken:
                self.cut()
            if not rest:
                break
            if taken or self._out.lost:
                continue
            self._out.room.clear()
            try:
                async with asyncio.timeout(timeout_s):  # not wait_for, which may forget a cancellation
                    await self._out.room.wait()
            except TimeoutError:
                raise WriteStalled(
                    f"{self.url} took {written} of {len(data)} bytes, then nothing more for {timeout_s:g} s",
                    hint="Look at the simulated device: is it on, has it paper, is its cover closed?",
                    written=written,
                ) from None
        await asyncio.sleep(0)  # as with a real port, others get their turn

    async def close(self) -> None:
        """Let go; the other end is lost once it has read what is on its way."""
        self.cut()

    @property
    def lost(self) -> bool:
        """Whether the wire is broken."""
        return self._out.lost

    def cut(self) -> None:
        """Break the wire at once, both ways."""
        self._out.lose()
        self._back.lose()

    def _lost(self, written: int) -> PortLost:
        return PortLost(f"{self.url} was unplugged", hint="Plug the simulated device in again.", written=written)


def null_modem(
    url: str = "sim://wire",
    *,
    to_device: Faults | None = None,
    to_host: Faults | None = None,
    capacity: int = WIRE_BYTES_MAX,
    chance: random.Random | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> tuple[WireEnd, WireEnd]:
    """Return the host's end and the device's end of a new wire."""
    chance = chance or random.Random(0)  # noqa: S311 - which bytes a bad cable eats is no secret
    down = _Direction(to_device or Faults(), capacity, chance)
    up = _Direction(to_host or Faults(), capacity, chance)
    return WireEnd(url, down, up, sleep), WireEnd(f"{url}#device", up, down, sleep)
