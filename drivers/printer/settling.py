"""Whether answers are still owed to an earlier receipt or program: before that is known they cannot be counted.

A printer that says it is well and answers nothing takes what it hears for dots of an older picture, and is given NULs,
which end that. Each attempt asks anew, so that up to as many answers may come late, one for each stretch of NULs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.printer.session import Session


class Settling:
    """What is owed on one connection."""

    def __init__(self) -> None:
        self.hopeless = False  # no answer came: asking before each receipt would hold up each for nothing
        self._woken = 0  # attempts to end a picture since nothing was owed for certain

    async def settle(self, session: Session) -> None:
        """See to it that nothing is owed, so that answers can be counted.

        `session.fences.settled` says whether that came about; it is tried once after each trouble. Raises `PortLost`.
        """
        if session.fences.settled or self.hopeless:
            return
        self.hopeless = True
        session.fences.restart()
        tries = 0
        heard = session.heard  # an answer may be here before `send` says that the question is out
        await session.send(session.fences.make().request)
        while not await session.hears_more(heard, session.timing.wake_s):
            if tries == session.timing.settle_tries:
                return
            tries += 1
            await self.wake(session)
            await session.send(session.fences.make().request)
        # What was answered may have been an older question: ours is answered once nothing more comes. Between two
        # answers the printer may have to work off the NULs of an attempt.
        quiet_s = session.timing.quiet_s
        if self._woken:
            arrived = await session.hears_now()
            quiet_s += self._woken * (session.timing.white_s if arrived else session.timing.nuls_s)
        while await session.hears_more(session.heard, quiet_s):
            pass
        session.fences.restart(settled=True)
        self.hopeless = False
        self._woken = 0

    async def wake(self, session: Session) -> None:
        """End an unfinished picture that a printer may be in the middle of. Raises `PortLost`."""
        self._woken += 1
        await session.send(session.wake_bytes)
