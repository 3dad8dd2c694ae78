"""The print queue: one job at a time for each printer, each ending as what the printer itself said.

Nothing is printed twice by itself. A job of which no byte was sent waits for its printer, for as long
as `wait_s` says; one that was being sent when the agent stopped is `unknown`, and a person decides.
Nobody who rings a sale ever waits here.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agent import print_jobs
from agent.print_counts import PrintCounts
from agent.printed_texts import refuse_cards
from agent.problem import Problem, conflict, invalid, not_found
from drivers.errors import DeviceError, DocumentInvalid, NotReady
from drivers.printer.document import Align, Document, Text, from_json, to_json
from drivers.printer.outcome import Result
from outbox import answers
from outbox.answers import Reply
from outbox.errors import OutboxError
from outbox.ids import new_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from agent.api.bodies import PrintJob
    from agent.events import Publisher
    from agent.print_jobs import Job
    from drivers.printer.printer import Printer
    from outbox.answers import Key
    from outbox.journal import Journal

_COPY = Document((Text("* COPY *", Align.CENTER, bold=True, width=2, height=2),))  # any clerk knows the word
_STOPPED = (
    "the agent stopped while it was being printed",
    "Look whether the receipt is there and whole; if not, print a copy.",
)
_GONE = "Print a copy of the receipt: it goes to the printer that its till has now."
LOOK_AGAIN_S = 1.0  # how often a waiting job tries a printer that has not said it is ready

_log = logging.getLogger("stillopen.print")


class Prints:
    """The queue of every printer. `receipt` makes a record's document; `wait_s` is by printer."""

    def __init__(
        self,
        journal: Journal,
        printers: Mapping[str, Printer],
        events: Publisher,
        *,
        receipt: Callable[[str, bool], Document],  # record id, whether it is a copy
        gift: Callable[[str, bool], Document] | None = None,  # likewise, with no prices; None: as `receipt`
        wait_s: Mapping[str, float],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._journal = journal
        self._printers = printers
        self._events = events
        self._receipt = receipt
        self._gift = gift or receipt
        self._wait_s = wait_s
        self._now = now
        self.counts = PrintCounts(printers)
        self._wake = {name: asyncio.Event() for name in printers}
        self._under_way: set[str] = set()  # ids of the jobs that printers are at
        # By job: how its last attempt ended (queued: nothing was sent), where the disk has not taken that yet.
        self._ended: dict[str, tuple[Job, str, str | None, str | None]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The printers that have a queue."""
        return tuple(self._printers)

    async def recover(self) -> None:
        """After a start: what was half-way is unknown until a person decides; what no printer is there for ends."""
        self.counts.recall(self._journal.reader)
        for job in print_jobs.left_sending(self._journal.reader):
            await self._end(job, "unknown", *_STOPPED)
        for job in print_jobs.queued_elsewhere(self._journal.reader, self.names):
            await self._end(job, "not_printed", f"the configuration has no printer {job.printer} any more", _GONE)

    async def close(self) -> None:
        """Keep what the printers have counted since their last jobs; after the queues have ended."""
        try:
            await self.counts.keep(self._journal)
        except OutboxError as error:
            _log.debug("The printers' counts since their last jobs are lost: %s", error)

    def left(self) -> list[Job]:
        """Return the jobs that are begun on the disk and that no printer is, or was, at: it was opened again."""
        known = self._under_way | self._ended.keys()
        return [job for job in print_jobs.left_sending(self._journal.reader) if job.id not in known]

    def settle(self, left: list[Job]) -> None:
        """Have every queue write down the ends that the disk would not take. Jobs that are `left` were never sent."""
        for job in left:
            self._ended[job.id] = job, "queued", None, None
        for name in self._printers:
            self.wake(name)

    def wake(self, printer: str) -> None:
        """Look at the printer's queue now: a job was added, or the printer has changed."""
        if printer in self._wake:
            self._wake[printer].set()

    def job(self, job_id: str) -> dict[str, Any]:
        """Return a job's view. Raises `Problem`."""
        found = print_jobs.find(self._journal.reader, job_id)
        if found is None:
            raise no_job(job_id)
        return found.view()

    async def submit(self, printer: str, wanted: PrintJob, *, key: Key | None) -> Reply:
        """Queue a front end's document, once it is known that it can be printed. Raises `Problem`."""
        self._known(printer)
        try:
            document = from_json(wanted.items)
            await asyncio.to_thread(self._printers[printer].check, document)  # pictures, raw bytes: most of a second
        except DocumentInvalid as error:
            raise invalid("document", f"{error}. {error.hint}".strip()) from error
        await asyncio.to_thread(refuse_cards, document)
        return await self.queue(printer, document, key=key)

    async def queue(self, printer: str, document: Document, *, key: Key | None = None) -> Reply:
        """Queue a document; answers with its job."""
        at, job_id, values = self._at(), new_id(), to_json(document)

        def change(connection: sqlite3.Connection) -> Reply:
            job = print_jobs.add(connection, job_id, printer, at, document=values)
            return answers.keep(connection, key, Reply(202, job.view()), at)

        reply = await self._journal.write(change)
        self.wake(printer)
        return reply

    async def print_copy(self, job_id: str, *, key: Key | None) -> Reply:
        """Queue what a job printed once more, marked COPY: a person has looked and decided. Raises `Problem`."""
        first = print_jobs.find(self._journal.reader, job_id)
        if first is None:
            raise no_job(job_id)
        if first.state in print_jobs.OPEN:
            raise conflict("job-pending", "The job has not ended: wait until GET /v1/jobs/{id} says how, then decide.")
        document, form = None, first.form
        if first.record_id is None:
            if first.document is None:
                raise conflict(
                    "document-gone", "What it printed is no longer kept: print it anew, as a job of its own."
                )
            document = [*to_json(_COPY), *first.document]
        self._known(first.printer)
        at, copy_id = self._at(), new_id()

        def change(connection: sqlite3.Connection) -> Reply:
            job = print_jobs.add(
                connection,
                copy_id,
                first.printer,
                at,
                record_id=first.record_id,
                copy=True,
                document=document,
                form=form,
            )
            return answers.keep(connection, key, Reply(202, job.view()), at)

        reply = await self._journal.write(change)
        self.wake(first.printer)
        return reply

    async def run(self, name: str) -> None:
        """Print one printer's jobs, oldest first, for ever."""
        wake = self._wake[name]
        while True:
            wake.clear()
            try:
                rest_s = await self._next(name)
            except OutboxError as error:  # the disk; the journal has said so, loudly
                _log.debug("The jobs of printer %s wait for the disk: %s", name, error)
                rest_s = LOOK_AGAIN_S
            with suppress(TimeoutError):
                async with asyncio.timeout(rest_s):
                    await wake.wait()

    async def _next(self, name: str) -> float | None:
        """Do what is next at a printer. Returns for how long to rest, in seconds; None: until it is woken.

        Raises `OutboxError`: a job not written down as begun is still queued; how one that was ended comes first then.
        """
        for end in [end for end in self._ended.values() if end[0].printer == name]:
            await self._end(*end)
        job = print_jobs.next_queued(self._journal.reader, name)
        if job is None:
            return None
        self._under_way.add(job.id)
        try:
            return LOOK_AGAIN_S if await self._try(self._printers[name], job) else 0.0
        except OutboxError:
            raise
        except Exception:  # noqa: BLE001 - a bug in one receipt must not stop the ones after it
            _log.exception("A fault while printing job %s; it counts as unknown", job.id)
            await self._end(job, "unknown", "a fault in the agent; the log has it", "Look at the receipt.")
            return 0.0
        finally:
            self._under_way.discard(job.id)

    async def _try(self, printer: Printer, job: Job) -> bool:
        """Try a job once. Returns whether it has to wait: nothing of it was sent."""
        try:
            document = from_json(job.document) if job.document is not None else self._receipt_of(job)
            outcome = await printer.print(
                document,
                before_first_byte=lambda: self._note(job, "sending"),
                on_progress=lambda text: self.tell(job, "pending", text, None),
            )
        except NotReady as error:
            return await self._wait(job, str(error), error.hint, begun=False)
        except DeviceError as error:  # the document cannot be printed at all
            await self._end(job, "not_printed", str(error), error.hint)
            return False
        if outcome.result is Result.NOT_PRINTED:
            return await self._wait(job, outcome.reason, outcome.hint, begun=True)
        await self._end(job, str(outcome.result), outcome.reason or None, outcome.hint or None)
        return False

    async def _wait(self, job: Job, reason: str, hint: str, *, begun: bool) -> bool:
        """Let a job of which nothing was sent wait for its printer, or give it up when that took too long.

        `begun`: the disk says that it is being sent, and has to be told otherwise.
        """
        if self._late(job):
            await self._end(job, "not_printed", reason, hint or "Print a copy when the printer is ready.")
            return False
        if begun or reason != job.reason:
            await self._end(job, "queued", reason, hint)
        return True

    def _receipt_of(self, job: Job) -> Document:
        assert job.record_id is not None
        make = self._gift if job.form == print_jobs.GIFT else self._receipt
        return make(job.record_id, job.copy)

    def _late(self, job: Job) -> bool:
        waited_s = (self._now() - datetime.fromisoformat(job.created_at)).total_seconds()
        return not 0 <= waited_s < self._wait_s[job.printer]  # a clock set back is no reason to print yesterday's

    async def _note(self, job: Job, state: str, reason: str | None = None, hint: str | None = None) -> None:
        at = self._at()
        await self._journal.write(lambda connection: print_jobs.note(connection, job.id, state, at, reason, hint))

    async def _end(self, job: Job, state: str, reason: str | None, hint: str | None) -> None:
        """Keep how an attempt ended, in memory until the disk has it. Raises `OutboxError`."""
        over = state not in print_jobs.OPEN
        if over and job.id not in self._ended:
            self.counts.ended(job.printer, state)
        self._ended[job.id] = job, state, reason, hint
        at, counts = self._at(), self.counts.of(job.printer)

        def change(connection: sqlite3.Connection) -> None:
            print_jobs.note(connection, job.id, state, at, reason, hint)
            self.counts.write(connection, job.printer, counts)

        await self._journal.write(change)
        del self._ended[job.id]
        if over and state != "printed":
            _log.warning("Print job %s on %s: %s (%s). %s", job.id, job.printer, state, reason, hint or "")
        self.tell(job, state if over else "pending", reason, hint)

    def tell(self, job: Job, state: str, reason: str | None, hint: str | None) -> None:
        """Tell everyone how a job stands."""
        self._events.publish(
            "print",
            job=job.id,
            printer=job.printer,
            record_id=job.record_id,
            copy=job.copy,
            state=state,
            reason=reason,
            hint=hint,
        )

    def _known(self, printer: str) -> None:
        if printer not in self._printers:
            known = ", ".join(self._printers) or "none"
            raise not_found("printer", f"There is no printer {printer!r}; the configuration has: {known}.")

    def _at(self) -> str:
        return self._now().isoformat()


def no_job(job_id: str) -> Problem:
    """Say that there is no such job."""
    return not_found("job", f"There is no print job {job_id}; POST /v1/printers/NAME/jobs answers with its id.")
