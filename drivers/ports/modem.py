"""The modem lines of a serial port: four wires by which the other end says something beside its bytes.

RS-232 has them; a port that has none (TCP, USB, a pseudo-terminal) says so by None.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class ModemLines:
    """Which lines the other end holds high."""

    cts: bool = False  # clear to send
    dsr: bool = False  # data set ready
    ri: bool = False  # ring indicator
    cd: bool = False  # carrier detect


@runtime_checkable
class ModemLine(Protocol):
    """A line with modem lines. The call blocks."""

    def modem_lines(self) -> ModemLines | None:
        """Return what the other end holds high; None: it cannot be read. Raises `PortLost`."""
        ...


@runtime_checkable
class ModemPort(Protocol):
    """A port that may have modem lines."""

    async def modem_lines(self) -> ModemLines | None:
        """Return what the other end holds high; None: it cannot be read. Raises `PortLost`."""
        ...
