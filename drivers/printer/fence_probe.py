"""Which fence an ESC/POS printer answers, asked so that one without process ids prints nothing of the question.

A printer that does not know `GS ( H` takes the four characters of the id, and the command's own `H` and `00`, for
text. Text waits in the line buffer until a line feed, and `ESC @` empties that buffer (Epson, "ESC @ Initialize
printer": clears the data in the print buffer): so the question stands between two of them, with no line feed near,
and is a few characters, far from a full line that would print by itself. The `GS r` behind it is answered in order:
once its answer is here, no answer to the first question will come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.printer.escpos import Fence, FenceKind
from drivers.printer.fences import Fences
from drivers.printer.status import Block, Reply, Short

if TYPE_CHECKING:
    from drivers.printer.session import Session

_EMPTY_LINE = b"\x1b\x40"
_ID = Fence(FenceKind.GS_H, 0)  # four blanks: nothing to see, even where `ESC @` leaves the line as it is
_IN_ORDER = Fence(FenceKind.GS_R, 0)
QUESTION = _EMPTY_LINE + _ID.request + _EMPTY_LINE + _IN_ORDER.request


class _Listening(Fences):
    """Hears which of the two questions is answered."""

    def __init__(self) -> None:
        super().__init__(FenceKind.NONE)
        self.process_id = False
        self.in_order = False

    def heard(self, reply: Reply) -> bool:
        if isinstance(reply, Block):
            self.process_id |= reply.process_id == _ID.id
        elif isinstance(reply, Short):
            self.in_order = True
        return False


async def probe_fence(session: Session) -> FenceKind | None:
    """Ask a printer that is well and owes nothing, and make the session use what it answers.

    Returns None, and changes nothing, where it answered neither in time. Raises `PortLost`.
    """
    asked_before = session.fences
    listening = _Listening()
    session.fences = listening
    try:
        await session.send(QUESTION)
        await session.until(lambda: listening.in_order, session.timing.wake_s)
    finally:
        session.fences = asked_before
    if listening.process_id:
        found = FenceKind.GS_H
    elif listening.in_order:
        found = FenceKind.GS_R
    else:
        asked_before.restart()  # an answer may still be owed
        return None
    session.fences = asked_before.of(found)
    # One that answered its `GS r` owes nothing: before this, it had been asked until it kept quiet.
    session.fences.restart(settled=asked_before.settled and listening.in_order)
    return found
