"""Simulated cash drawers with a port of their own: the same box on a serial line or a USB HID port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from drivers.drawer.posiflex import REPORT_BYTES
from drivers.ports.modem import ModemLines

if TYPE_CHECKING:
    from drivers.port import Port

REPLY_TIMEOUT_S = 5.0  # a host that reads nothing for so long is gone


@runtime_checkable
class LinesEnd(Protocol):
    """The device's end of a wire that has modem lines."""

    def hold_lines(self, lines: ModemLines) -> None:
        """Hold modem lines high towards the host."""
        ...


class SimulatedDrawer:
    """The box. Plain attributes are its switches; methods are what a person, or the electronics, does."""

    def __init__(self) -> None:
        self.is_open = False
        self.reversed = False  # the switch says the opposite of the usual
        self.jammed = False  # told to open, nothing moves
        self.no_switch = False  # it says the same for ever
        self.told = 0  # how often it was told to open

    @property
    def switch_high(self) -> bool:
        """What the switch says: high while it is closed, as most do."""
        return self.no_switch or (self.is_open if self.reversed else not self.is_open)

    def pulse(self) -> None:
        """Let the solenoid pull."""
        self.told += 1
        if not self.jammed:
            self.turn_key()

    def turn_key(self) -> None:
        """Open it with its key."""
        self.is_open = True
        self.moved()

    def push(self) -> None:
        """Push it shut."""
        self.is_open = False
        self.moved()

    def moved(self) -> None:
        """Take notice that the switch may say something else now."""


class SimulatedSerialDrawer(SimulatedDrawer):
    """A drawer that opens at a few characters and holds a modem line high by its switch (APG 484A)."""

    def __init__(self, command: bytes = b"\x07", line: str = "cts") -> None:
        super().__init__()
        self._command = command
        self._line = line
        self._port: Port | None = None

    def moved(self) -> None:
        """Hold the line as the switch says."""
        if isinstance(self._port, LinesEnd):
            self._port.hold_lines(ModemLines(**{self._line: self.switch_high}))

    async def serve(self, port: Port) -> None:
        """Be the drawer at the end of `port` until it is lost."""
        self._port = port
        self.moved()
        heard = b""
        while True:
            for byte in await port.read():
                heard = (heard + bytes([byte]))[-len(self._command) :]
                if heard == self._command:
                    heard = b""
                    self.pulse()


class SimulatedHidDrawer(SimulatedDrawer):
    """A Posiflex drawer: 120 bytes in, 120 bytes back where it was asked."""

    def __init__(self, number: int = 7) -> None:
        super().__init__()
        self.silent = False  # obeys, and answers nothing
        self._number = number

    async def serve(self, port: Port) -> None:
        """Be the drawer at the end of `port` until it is lost."""
        while True:
            report = await port.read()
            if len(report) != 1 + REPORT_BYTES or report[:2] != bytes((0, self._number)):
                continue
            if report[2] == self._number:
                self.pulse()
            elif report[2] == self._number + 1 and not self.silent:
                status = self._number << 4 | self.switch_high
                await port.write(bytes([status]).ljust(REPORT_BYTES, b"\0"), timeout_s=REPLY_TIMEOUT_S)
