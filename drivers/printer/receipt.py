"""One receipt's way through an open session, and what may be said about it afterwards.

Nothing of the receipt is sent before the printer has answered the start fence; it is `PRINTED` only when
the printer has answered the end fence. Data already in a printer prints when paper is loaded, so a receipt
that ran out of paper is waited for and never sent again; what a power cut took is `UNKNOWN`, even where no line shows
that it was one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.errors import DeviceError, NotReady, PortLost
from drivers.printer.escpos import FenceKind, Job
from drivers.printer.outcome import LOOK, SILENT, PrintOutcome, Result, trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.printer.session import Session

CANNOT_SAY = "this printer cannot say whether it printed"
SWITCHED_OFF = "the printer was switched off and on, or its cable was out"
THREW_AWAY = "the printer had no room for a part of it, and threw that away"
PRINTING = "printing"


class _GaveUp(DeviceError):
    """Somebody was waited for long enough."""


async def check_ready(session: Session) -> None:
    """Return when the printer can take a receipt now. Raises `NotReady`; nothing was printed then."""
    try:
        if not session.answers:
            await session.ask_port()  # one-way: there is nobody else to ask
        elif not await session.look():
            silence = await session.explain()
            raise NotReady(silence.reason, hint=silence.hint)
        problem = trouble(session.status)
        if problem:
            raise NotReady(problem.reason, hint=problem.hint)
        if session.reported.owed(session):
            await session.reported.turn_on(session)  # its power was off since; it held nothing of ours
        if session.answers:
            await session.settle()
    except PortLost as lost:
        raise NotReady(str(lost), hint=lost.hint) from lost


async def send_receipt(session: Session, job: Job, on_progress: Callable[[str], None]) -> PrintOutcome:
    """Send a job to a printer that is ready, and stay until it is known, or known to be unknowable."""
    session.busy = True
    try:
        if session.queued:
            from drivers.printer.queued import QueueSession  # its printer has imported it

            assert isinstance(session, QueueSession)
            return await session.print(job, on_progress)
        return await _Receipt(session, job, on_progress).run()
    finally:
        session.busy = False


class _Receipt:
    def __init__(self, session: Session, job: Job, on_progress: Callable[[str], None]) -> None:
        self._session = session
        self._job = job
        self._on_progress = on_progress
        self._confirms = session.answers and session.fences.settled and job.end.kind is not FenceKind.NONE
        self._sent = 0  # bytes the port took
        self._told = ""
        self._waiting_since = session.now()

    async def run(self) -> PrintOutcome:
        self._tell(PRINTING)
        started = False
        try:
            problem = await self._open()
            if problem:
                return self._outcome(Result.NOT_PRINTED, *problem)
            started = True
            for slice_ in self._job.slices:
                await self._send(slice_)
            return await self._end()
        except (PortLost, _GaveUp) as error:
            self._sent += getattr(error, "written", 0)
            if self._printed():
                return self._outcome(Result.PRINTED)
            if not started:
                return self._outcome(Result.NOT_PRINTED, str(error), error.hint)
            return self._outcome(Result.UNKNOWN, f"{error}, in the middle of the receipt", LOOK)
        finally:
            if not self._printed():
                self._session.fences.restart()  # an answer that is still owed must not count for the next one

    async def _open(self) -> tuple[str, str] | None:
        """Set the printer up and let it answer. Returns why it did not, with the next step."""
        fences, timing = self._session.fences, self._session.timing
        if self._confirms:
            fences.sent(self._job.start)
        self._sent = await self._session.send(self._job.opening)
        if not self._sent:
            stuck = await self._session.explain()
            return stuck.reason, stuck.hint
        if not self._confirms:
            return None
        if await self._session.until(lambda: fences.passed(self._job.start), timing.opening_s):
            return None
        problem = trouble(self._session.status)
        if problem:
            return problem.reason, problem.hint
        await self._session.wake()
        if self._job.start.kind is FenceKind.GS_H:
            return (
                "the printer did not answer a process id",
                'If it never does, write fence = "gs_r" in its configuration.',
            )
        return "the printer did not say that it began", SILENT.hint

    async def _send(self, slice_: bytes) -> None:
        """Send one slice, keeping the place however long the printer takes nothing."""
        self._waiting_since = self._session.now()
        await self._while_it_cannot()
        if slice_ is self._job.slices[-1] and self._confirms:
            self._session.fences.sent(self._job.end)
        before = self._sent
        reported = 0

        async def stalled(written: int) -> None:
            nonlocal reported
            if written > reported:
                reported = written
                self._waiting_since = self._session.now()
            self._sent = before + written
            await self._wait_on()

        while not (taken := await self._session.send(slice_, on_stall=stalled)):
            await self._wait_on()
            await self._session.until(lambda: False, self._session.timing.glance_s)
        self._sent = before + taken

    async def _while_it_cannot(self) -> None:
        """Send nothing to a printer that says it cannot print: with no flow control that works, it would lose it."""
        session = self._session
        while session.reports and trouble(session.said):
            await self._wait_on()
            if not await session.until(lambda: trouble(session.said) is None, session.timing.glance_s):
                await session.look()
        await self._see_it_kept_all()
        self._waiting_since = session.now()

    async def _see_it_kept_all(self) -> None:
        """Raise `_GaveUp` where a part of what it got is lost: what comes after that would print all the same."""
        session = self._session
        if self._confirms and not session.fences.settled:  # a Star said so
            self._confirms = False
            raise _GaveUp(THREW_AWAY)
        if not await session.reported.kept_power(session):
            self._confirms = False
            raise _GaveUp(SWITCHED_OFF)

    async def _end(self) -> PrintOutcome:
        """Wait for the printer to say that it is through."""
        if not self._confirms:
            return self._outcome(Result.UNKNOWN, CANNOT_SAY, LOOK)
        session = self._session
        self._waiting_since = session.now()
        well_s = 0.0  # how long it has been able to print and not confirmed
        while not await session.until(self._printed, session.timing.glance_s):
            before = session.now()
            if not await session.look():
                await session.explain()
            await self._see_it_kept_all()
            if trouble(session.status):
                await self._wait_on()
                continue
            self._tell(PRINTING)
            self._waiting_since = session.now()
            well_s += session.timing.glance_s + session.now() - before
            if well_s > session.timing.end_s:
                return self._outcome(
                    Result.UNKNOWN, "the printer began the receipt and did not say that it is through", LOOK
                )
        return self._outcome(Result.PRINTED)

    def _printed(self) -> bool:
        session = self._session
        return self._confirms and session.fences.passed(self._job.end) and (session.well or not session.doubtful)

    async def _wait_on(self) -> None:
        """Say what is waited for. Raises `_GaveUp` where that took too long, and `PortLost`."""
        problem = await self._session.explain()
        self._tell(problem.waiting)
        if self._session.now() - self._waiting_since > self._session.timing.person_s:
            raise _GaveUp(problem.reason, hint=problem.hint)

    def _tell(self, progress: str) -> None:
        if progress != self._told:
            self._told = progress
            self._on_progress(progress)

    def _outcome(self, result: Result, reason: str = "", hint: str = "") -> PrintOutcome:
        return PrintOutcome(result, reason, hint, self._sent)
