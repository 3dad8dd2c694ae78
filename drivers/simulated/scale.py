"""A simulated scale: a pan, a person who puts things on it, and what real scales get wrong as switches."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

from drivers.scale import cas, nci, toledo
from drivers.scale.protocol import ScaleProtocol
from drivers.scale.reading import Reading, State, Unit
from drivers.scanner.parity import with_parity_bits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from drivers.port import Port

REPLY_TIMEOUT_S = 5.0  # a host that reads nothing for so long is gone
CAPACITY = Decimal(15)  # in its own unit: a counter scale's 15 kg


class SimulatedScale:
    """A `Peer`. Plain attributes are its switches; methods are what a person does."""

    def __init__(
        self,
        protocol: ScaleProtocol = ScaleProtocol.TOLEDO_8217,
        unit: Unit = Unit.KG,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.unit = unit
        self.moving = False  # it never comes to rest
        self.silent = False  # hears, and says nothing
        self.late_s = 0.0  # before each answer
        self.faulty = False  # its memory or calibration
        self.deaf_to_commands = False  # zero and tare are not known to it
        self.once = False  # says a weight once, then only that nothing has changed
        self.parity_7e1 = False
        self.echo = False  # sends back what it hears, as a Toledo does after `E`
        self.asked = 0  # how often the weight was asked for
        self._protocol = protocol
        self._sleep = sleep
        self._load = Decimal()
        self._zero = Decimal()
        self._tare = Decimal()
        self._said: Reading | None = None

    # --- what a person does ---

    def put(self, weight: str) -> None:
        """Put something on the empty pan, in the scale's own unit."""
        self._load = Decimal(weight)

    def lift(self) -> None:
        """Clear the pan."""
        self._load = Decimal()

    def drift(self, weight: str) -> None:
        """Let its zero be off by so much, as with dirt on the pan."""
        self._zero = Decimal(weight)

    # --- what it says ---

    @property
    def now(self) -> Reading:
        """What it says of its pan now."""
        net = bool(self._tare) if self._protocol is ScaleProtocol.TOLEDO_8217 else None
        shown = self._load + self._zero - self._tare
        if self.faulty:
            return Reading(State.FAULT, net=net)
        if self._load > CAPACITY:
            return Reading(State.OVER, net=net)
        if shown < 0:
            return Reading(State.UNDER, net=net)
        if self.moving:
            return Reading(State.MOTION, net=net)
        if shown == 0:
            return Reading(State.ZERO, net=net)
        return Reading(State.STABLE, shown, self.unit, net)

    async def serve(self, port: Port) -> None:
        """Be the scale at the end of `port` until it is lost."""
        heard = b""
        while True:
            received = await port.read()
            if self.parity_7e1:
                received = bytes(byte & 0x7F for byte in received)
            if self.silent:
                continue
            if self.echo:
                await self._write(port, received)
            for byte in received:
                heard += bytes([byte])
                answer = self._answer(heard)
                if answer is None:
                    continue
                heard = b""
                if self.late_s:
                    await self._sleep(self.late_s)
                await self._write(port, answer)

    def _answer(self, heard: bytes) -> bytes | None:
        """Return the answer to what was heard, None while it is not whole."""
        if self._protocol is ScaleProtocol.TOLEDO_8217:
            return self._as_toledo(heard)
        if self._protocol is ScaleProtocol.NCI:
            return self._as_nci(heard) if heard.endswith(b"\r") else None
        if heard == cas.ENQUIRE:
            return cas.NOT_READY if self.now.state is State.FAULT else cas.READY
        self.asked += 1
        return cas.encode(self.now) if heard == cas.SEND else cas.NOT_READY

    def _as_toledo(self, heard: bytes) -> bytes:
        if heard == toledo.WEIGH:
            self.asked += 1
            reading = self.now
            if self.once and reading == self._said:
                return toledo.encode(Reading(State.UNCHANGED))
            self._said = reading
            return toledo.encode(reading)
        known = {toledo.ZERO: self._set_zero, toledo.TARE: self._set_tare, toledo.CLEAR: self._clear_tare}.get(heard)
        if known is None or self.deaf_to_commands:
            return toledo.encode(Reading(State.REFUSED))
        known()
        return b"\r"

    def _as_nci(self, heard: bytes) -> bytes:
        if heard == nci.WEIGH:
            self.asked += 1
            return nci.encode(self.now)
        if heard != nci.ZERO or self.deaf_to_commands:
            return nci.encode(Reading(State.REFUSED))
        self._set_zero()
        return nci.encode(self.now)

    def _set_zero(self) -> None:
        if not self.moving and not self._load:
            self._zero = Decimal()

    def _set_tare(self) -> None:
        if not self.moving:
            self._tare = self._load + self._zero

    def _clear_tare(self) -> None:
        self._tare = Decimal()

    async def _write(self, port: Port, data: bytes) -> None:
        await port.write(with_parity_bits(data) if self.parity_7e1 else data, timeout_s=REPLY_TIMEOUT_S)
