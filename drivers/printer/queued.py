"""Printing through a print queue, which takes anything and never answers: every outcome is unknown, and says why.

Each receipt is one document. Its job is followed until it has left the queue; what somebody has waited for long
enough is taken out of it, lest it print beside its own copy.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from drivers.errors import NotReady, PortLost, WriteStalled
from drivers.ports.spool_state import QueueFlag
from drivers.printer.escpos import FenceKind
from drivers.printer.outcome import LOOK, SILENT, PrintOutcome, Result, Trouble, trouble
from drivers.printer.session import Session
from drivers.printer.status import Paper, PrinterStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.ports.documents import DocumentPort
    from drivers.ports.spool_state import JobState, Problem, QueueState
    from drivers.printer.escpos import Job
    from drivers.printer.timing import Timing

LEFT = "unconfirmed: it has left the Windows queue, and a print queue cannot say whether it printed"
DELETED = "unconfirmed: somebody deleted it from the Windows queue"
TAKEN_OUT = "It was taken out of the queue and will not print by itself. "
STILL_IN = "It could not be taken out of the queue: delete it there before you print a copy. "


class QueueSession(Session):
    """A printer behind a print queue. Nothing is asked of the printer; the queue itself is watched."""

    queued = True

    def __init__(self, port: DocumentPort, timing: Timing, **rest: Any) -> None:
        super().__init__(port, FenceKind.NONE, timing, **rest)
        self._queue = port
        self._problem: Problem | None = None

    async def start(self) -> None:
        """Look at the queue. Raises `PortLost`."""
        await self._watch_queue()

    async def run(self) -> None:
        """Keep watch over the queue until it is lost. Raises `PortLost`."""
        while True:
            await self.until(lambda: False, self.timing.poll_s)
            await self._watch_queue()

    async def ask_port(self) -> None:
        """Look at the queue. Raises `PortLost`, and `NotReady` where the queue says that it does not print."""
        await self._watch_queue()
        if self._problem is not None:
            raise NotReady(self._problem.reason, hint=self._problem.hint)

    async def explain(self) -> Trouble:
        """Return why the queue does not print, as far as Windows says. Raises `PortLost`."""
        await self._watch_queue()
        if self._problem is None:
            return SILENT
        known = trouble(self.status)
        waiting = known.waiting if known else f"waiting: {self._problem.reason}"
        return Trouble(known.kind if known else "queue", self._problem.reason, self._problem.hint, waiting)

    async def send(self, commands: bytes, **rest: Any) -> int:
        """Write whole commands as a document of their own, but none to a queue that says it does not print.

        A drawer's pulse in such a queue would open the drawer when somebody mends it.
        """
        await self._watch_queue()
        return 0 if self._problem is not None else await super().send(commands, **rest)

    async def print(self, job: Job, on_progress: Callable[[str], None]) -> PrintOutcome:
        """Hand a receipt over as one document and stay until it has left the queue."""
        sent = 0
        try:
            async with self._line, self._queue.document() as number:
                for piece in (job.opening, *job.slices):
                    taken = await self._write(piece, None)
                    if not taken:
                        raise WriteStalled("the Windows queue takes nothing more")
                    sent += taken
        except (PortLost, WriteStalled) as error:
            sent += error.written
            if not sent:
                return PrintOutcome(Result.NOT_PRINTED, str(error), error.hint or SILENT.hint, 0)
            return PrintOutcome(Result.UNKNOWN, f"unconfirmed: {error}, in the middle of the receipt", LOOK, sent)
        try:
            reason, hint = await self._follow(number, on_progress)
        except PortLost as lost:
            reason, hint = f"unconfirmed: {lost}, while it was in the queue", LOOK
        return PrintOutcome(Result.UNKNOWN, reason, hint, sent)

    async def _follow(self, number: int, on_progress: Callable[[str], None]) -> tuple[str, str]:
        """Return what became of a job, and the next step. Raises `PortLost`."""
        told, since, seen = "", self.now(), ""
        while True:
            state = await self._queue.job(number)
            if state is None:
                # It leaves the queue when it was sent and when it was deleted; only the latter shows on its way.
                return (DELETED if seen == "deleted" else LEFT), LOOK
            if state.ended and not state.deleted:
                return LEFT, LOOK
            if state.words != seen:
                seen, since = state.words, self.now()
            if self.now() - since > self.timing.person_s:
                return await self._take_out(number, state)
            progress = f"waiting: {state.problem.reason}" if state.problem else f"in the Windows queue: {seen}"
            if progress != told:
                told = progress
                on_progress(progress)
            await self.until(lambda: False, self.timing.glance_s)

    async def _take_out(self, number: int, state: JobState) -> tuple[str, str]:
        out = await self._queue.delete(number)
        hint = state.problem.hint if state.problem else SILENT.hint
        return f"unconfirmed: it stayed in the Windows queue ({state.words})", (
            (TAKEN_OUT if out else STILL_IN) + f"{hint} {LOOK}"
        )

    async def _watch_queue(self) -> None:
        before = self.status
        state = await self._queue.queue()
        self._problem = state.problem
        self.said = _status(state)
        self._notice(before)


def _status(state: QueueState) -> PrinterStatus:
    """Return what Windows says of the printer: bad news alone, for a bit that is not set says nothing."""
    said = PrinterStatus(
        cover_open=True if state.status & QueueFlag.DOOR_OPEN else None,
        paper=Paper.END if state.status & QueueFlag.PAPER_OUT else None,
        error=True if state.status & (QueueFlag.ERROR | QueueFlag.PAPER_JAM | QueueFlag.PAPER_PROBLEM) else None,
    )
    if state.offline or (state.problem and said == PrinterStatus()):  # paused, too: nothing reaches it
        return replace(said, online=False)
    return said
