"""How a drawer with a port of its own is told to open and asked for its switch: one class a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from drivers.drawer import posiflex
from drivers.drawer.switch import Sense, level_on
from drivers.ports.modem import ModemPort
from drivers.ports.url import parse_port_url

if TYPE_CHECKING:
    from drivers.port import Port
    from drivers.printer.status import Level

COMMAND_BYTES_MAX = 256  # the longest known, a HID report, has 121
BEL = b"\x07"  # what an APG 484A opens at as it leaves the factory


class Talk(Protocol):
    """One kind of drawer. A session makes one for each time its port is open."""

    command: bytes  # opens it
    question: bytes  # asks for the switch; empty: there is nothing to be asked
    open_level: Level | None  # which level means open, where the maker documents it

    def heard(self, received: bytes) -> Level | None:
        """Return what the drawer has said of its switch, if that is what it said."""
        ...

    def unanswered(self) -> None:
        """Let it know that the answer to a question did not come in time."""
        ...

    async def sensed(self, port: Port) -> Level | None:
        """Return the switch's level where the port itself shows it. Raises `PortLost`."""
        ...


class SerialTalk:
    """A serial drawer: opens at a few characters, and may show its switch on a modem line (APG 484A, 212A)."""

    question = b""
    open_level: Level | None = None

    def __init__(self, command: bytes = BEL, sense: Sense = Sense.CTS) -> None:
        self.command = command
        self._sense = sense

    def heard(self, received: bytes) -> Level | None:  # noqa: ARG002 - these drawers send nothing; an echo means nothing
        """Return None."""
        return None

    def unanswered(self) -> None:
        """Nothing is asked."""

    async def sensed(self, port: Port) -> Level | None:
        """Return the level of the modem line."""
        if self._sense is Sense.NONE or not isinstance(port, ModemPort):
            return None
        return level_on(await port.modem_lines(), self._sense)


class PosiflexTalk:
    """A Posiflex USB HID drawer."""

    open_level: Level | None = posiflex.OPEN_LEVEL

    def __init__(self, number: int) -> None:
        self.command = posiflex.open_report(number)
        self.question = posiflex.status_report(number)
        self._reader = posiflex.StatusReader(number)

    def heard(self, received: bytes) -> Level | None:
        """Return the latest level in what came."""
        levels = self._reader.feed(received)
        return levels[-1] if levels else None

    def unanswered(self) -> None:
        """Forget the half of a report that may have come."""
        self._reader.restart()

    async def sensed(self, port: Port) -> Level | None:  # noqa: ARG002 - it says so itself
        """Return None."""
        return None


def talk_for(port: str, command: bytes | None = None, sense: Sense = Sense.CTS) -> Talk | None:
    """Return how to talk to the drawer on a port; None: a HID drawer that is not known, and no `command` for it.

    `command` overrules what is known. Raises `PortUrlInvalid`.
    """
    url = parse_port_url(port)
    if url.scheme != "hid":
        return SerialTalk(command or BEL, sense)
    if command is not None:
        return SerialTalk(command, Sense.NONE)
    number = posiflex.drawer_number(url.target)
    return None if number is None else PosiflexTalk(number)
