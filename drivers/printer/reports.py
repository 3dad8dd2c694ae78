"""Whether a printer that reports changes by itself (`GS a`) still does: its power takes that, and what it holds.

A serial line does not show that the power was off. But a printer that reported that it cannot print, and by its answers
can, has to report that, too; where it does not, its reports are off, and what it held is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.printer.outcome import trouble

if TYPE_CHECKING:
    from drivers.printer.session import Session
    from drivers.printer.status import PrinterStatus

REPORTS_ON = b"\x1d\x61\xff"


class Reports:
    """The reports of one connection."""

    def __init__(self) -> None:
        self._count = 0
        self._well = True  # whether it could print, by the last of them

    def heard(self, said: PrinterStatus) -> None:
        """Take note of the status that a report gave."""
        self._count += 1
        self._well = trouble(said) is None

    def owed(self, session: Session) -> bool:
        """Return whether it still has to report that it can print again."""
        return session.reports and not self._well and trouble(session.said) is None

    async def kept_power(self, session: Session) -> bool:
        """Return whether it still holds what it held: without power it does not. Raises `PortLost`."""
        if await session.until(lambda: not self.owed(session), session.timing.asb_s):
            return True
        await self.turn_on(session)
        return False

    async def turn_on(self, session: Session) -> None:
        """Have a printer that is well report by itself again, if it ever did. Raises `PortLost`."""
        if not self._count or trouble(session.said):
            return
        count = self._count
        await session.send(REPORTS_ON)
        session.reports = await session.until(lambda: self._count != count, session.timing.asb_s)
