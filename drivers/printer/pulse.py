"""The drawer's pulse: its own command, sent once, ahead of waiting receipts, and never again by itself.

24 V for 50 ms of 550 by `ESC p`, which a printer obeys in order with its printing. A printer that has a
receipt on its way, or that cannot print, would reach it late or never: it gets the real-time `DLE DC4 1`
of 100 ms (printers that ignore that one leave the drawer shut, which shows). Sources: Epson's `ESC p` and
`DLE DC4 fn 1`; Citizen's CT-S manuals on the solenoid's duty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from drivers.errors import PortLost
from drivers.printer.outcome import SILENT, KickOutcome, KickResult, trouble

if TYPE_CHECKING:
    from drivers.printer.session import Session
    from drivers.printer.status import Level

Pin = Literal[2, 5]


class Pulse(Protocol):
    """What opens the drawer on a pin: in order with the printing, or at once."""

    def __call__(self, pin: Pin, *, real_time: bool) -> bytes:
        """Return the command."""
        ...


GLANCE_S = 0.1  # between two looks at the drawer's switch: on a printer that sends no reports, or perhaps no more
LATE = "The drawer's turn came too late, after other openings of it: press again, or open it with its key."
STUCK = "Open the drawer with its key: told now, it would open by itself later."
NO_SWITCH = (
    "The drawer's switch did not move: look whether it is open. "
    "It may have been open already, be locked, or not be plugged in."
)


def pulse(pin: Pin, *, real_time: bool) -> bytes:
    """Return the command that opens the drawer on connector pin 2 or 5."""
    m = {2: 0, 5: 1}[pin]
    return bytes((0x10, 0x14, 0x01, m, 0x01)) if real_time else bytes((0x1B, 0x70, m, 0x19, 0xFA))


async def kick(session: Session, pin: Pin, command: Pulse, *, given_up_at: float) -> KickOutcome:
    """Send one pulse, in the printer's dialect, and watch the drawer's switch. Never raises for the printer's trouble.

    Nothing is sent after `given_up_at`, by the session's clock.
    """
    if session.fences.kind.expects_answers and not session.answers:
        return KickOutcome(KickResult.NOT_OPENED, f"{SILENT.reason}. {SILENT.hint}")
    if given_up_at - session.now() < session.timing.reply_s:
        return KickOutcome(KickResult.NOT_OPENED, LATE)
    sent = False
    try:
        before, turns = await _switch(session, given_up_at)
        edges = session.edges
        if before is None and session.answers:
            problem = await session.explain()
            return KickOutcome(KickResult.NOT_OPENED, f"{problem.reason}, and hears nothing now. {STUCK}")
        if session.now() >= given_up_at:
            return KickOutcome(KickResult.NOT_OPENED, LATE)
        real_time = session.busy or trouble(session.status) is not None
        sent = bool(await session.send(command(pin, real_time=real_time), line_s=max(0.0, given_up_at - session.now())))
        if not sent:
            problem = await session.explain()
            return KickOutcome(
                KickResult.NOT_OPENED, f"the printer takes nothing more: {problem.reason}. {problem.hint}"
            )
        if before is None:
            return KickOutcome(
                KickResult.UNKNOWN, "This printer does not report the drawer's switch: look whether it is open."
            )
        if await _moved(session, edges) and turns in (None, session.turns):
            return KickOutcome(KickResult.OPENED, "")
    except PortLost as lost:
        if sent or lost.written:
            return KickOutcome(KickResult.UNKNOWN, f"{lost}, just after the pulse: look whether it is open.")
        return KickOutcome(KickResult.NOT_OPENED, f"{lost}. {lost.hint}")
    return KickOutcome(KickResult.UNKNOWN, NO_SWITCH)


async def _switch(session: Session, given_up_at: float) -> tuple[Level | None, int | None]:
    """Return the switch's level as it is just before the pulse, or None where nobody can say in time.

    It is asked for even where the printer reports by itself: reports end with its power, a serial line does not show
    that, and a drawer that was shut since would be taken for one that moved. And it shows that bytes get through: the
    question is answered at once even by a printer that cannot print, unless it waits outside a full buffer, or in a
    network's. A pulse would wait behind it, and open the drawer when the paper is in and nobody is there.

    Of one that cannot be asked now it is the level last reported, with the session's `turns`: a report after the next
    turn may tell what happened before the pulse.
    """
    while session.answers and (left := given_up_at - session.now()) > 0:
        if await session.look_at_drawer(line_s=left):
            return session.status.drawer_pin, session.turns if session.only_reports else None
    return None, None


async def _moved(session: Session, edges: int) -> bool:
    """Wait for the switch to move; return whether it did in time. Raises `PortLost`.

    Its moves are counted: of a drawer that is pushed shut at once both reports may come together.
    """

    def moved() -> bool:
        return session.edges != edges

    until = session.now() + session.timing.edge_s
    while (left := until - session.now()) > 0 and not await session.until(moved, min(left, GLANCE_S)):
        if not session.only_reports:
            await session.ask(1, line_s=GLANCE_S)
    return moved()
