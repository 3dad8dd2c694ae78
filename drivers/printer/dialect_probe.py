"""Which dialect a printer speaks, where the configuration leaves it to the printer.

Over USB its IEEE 1284 device id says so, or does not. On any port it can be asked: `ESC ACK SOH` is a Star's
question, and to ESC/POS an escape sequence that does not exist followed by a control character without a meaning;
`DLE EOT 1` is ESC/POS' question, and to a Star two characters without a meaning round a request for its status
("STAR Line Mode Command Specifications", real-time commands). Neither prints, cuts, or opens a drawer in the other
dialect, and a Star is asked first. Which of its two own dialects a Star is set to, no answer of it says.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from drivers.errors import PortUnavailable
from drivers.printer.background import Background
from drivers.printer.outcome import SILENT
from drivers.printer.session import WAKE_BYTES
from drivers.printer.settings import DialectName
from drivers.printer.star_session import ASK_NOW
from drivers.printer.star_status import Frame, FrameReader
from drivers.printer.status import RealTimeReply, ReplyReader

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from drivers.port import Port
    from drivers.ports.ieee1284 import DeviceId
    from drivers.printer.timing import Timing

_ASK_ESCPOS = b"\x10\x04\x01"
_NO_LETTER = re.compile(r"[^A-Z0-9]")
_ONLY_STARPRNT = ("MPOP", "MCPRINT", "TSP100IV", "TSP143IV")  # Stars that have no other dialect of their own
WRITE_ONE = 'Print its self-test and write what it says: dialect = "star_line" or "starprnt".'
SAY_WHICH = f'{SILENT.hint} If it can never answer, write its dialect in the configuration instead of "auto".'


def by_device_id(device_id: DeviceId) -> DialectName | None:
    """Return the dialect that a device id names; None: it names none. Raises `PortUnavailable` for an unclear Star."""
    said = {name: _NO_LETTER.sub("", device_id.fields.get(name, "").upper()) for name in ("CMD", "MFG", "MDL")}
    commands = said["CMD"]
    if "ESCPOS" in commands:
        return DialectName.ESCPOS
    if "STARPRNT" in commands:
        return DialectName.STARPRNT
    if "STARLINE" in commands:
        return DialectName.STAR_LINE
    if said["MFG"].startswith("STAR") or commands.startswith("STAR"):
        if said["MDL"].startswith(_ONLY_STARPRNT):
            return DialectName.STARPRNT
        raise unclear_star()
    return None


def unclear_star() -> PortUnavailable:
    """Return the error of a Star that does not say which of its dialects it is set to."""
    return PortUnavailable("this is a Star printer, and it does not say which dialect it is set to", hint=WRITE_ONE)


class _Ear:
    """Hears which question a printer answers."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()
        self.star = False
        self.escpos = False
        self._frames = FrameReader()
        self._replies = ReplyReader()

    async def listen(self, port: Port) -> None:
        """Listen until the port is lost. Raises `PortLost`."""
        try:
            while True:
                received = await port.read()
                self.star |= any(isinstance(reply, Frame) for reply in self._frames.feed(received))
                self.escpos |= any(isinstance(reply, RealTimeReply) for reply in self._replies.feed(received))
                if self.star or self.escpos:
                    self.heard.set()
        finally:
            self.heard.set()

    async def within(self, timeout_s: float) -> bool:
        """Wait for an answer; return whether one came, or the port is lost."""
        try:
            async with asyncio.timeout(timeout_s):
                await self.heard.wait()
        except TimeoutError:
            return False
        return True


async def ask_dialect(
    port: Port, timing: Timing, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> DialectName:
    """Ask a printer on a port that nobody else reads. Raises `PortError`: silent, unclear, or lost.

    Between two attempts it is given NULs, which end a picture of a program that died, and say nothing in either.
    """
    ear = _Ear()
    async with Background(ear.listen(port)):
        for _ in range(timing.wake_tries):
            for question in (ASK_NOW, _ASK_ESCPOS):
                await port.write(question, timeout_s=timing.stall_s)
                if await ear.within(timing.reply_s):
                    break
            else:
                await port.write(bytes(WAKE_BYTES), timeout_s=timing.stall_s)
                await sleep(timing.wake_s)
                continue
            break
    if ear.star:
        raise unclear_star()
    if ear.escpos:
        return DialectName.ESCPOS
    raise PortUnavailable(SILENT.reason, hint=SAY_WHICH)
