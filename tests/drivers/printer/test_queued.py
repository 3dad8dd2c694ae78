"""A printer behind a Windows queue: a document a receipt, followed to where Windows' knowledge ends and no further."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from drivers.device import DeviceState
from drivers.errors import NotReady
from drivers.ports import open_port
from drivers.ports.spool_state import WORK_OFFLINE, JobFlag, QueueFlag
from drivers.printer.outcome import KickResult, PrintOutcome, Result
from drivers.printer.printer import Printer
from drivers.printer.settings import DialectName, PrinterSettings
from drivers.printer.status import Paper, PrinterStatus
from tests.drivers.ports.windows import FakeSpooler, Job, Queue
from tests.drivers.printer.lane import QUICK, receipt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

WAIT_S = 10.0


async def eventually(happened: Callable[[], object]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not happened():
            await asyncio.sleep(0.005)


class Counter:
    """A printer behind a queue, and what it said."""

    def __init__(self) -> None:
        self.queue = Queue()
        self.windows = FakeSpooler(it=self.queue)
        self.begun = 0
        self.progress: list[str] = []

    def printer(self, settings: PrinterSettings, *, person_s: float = QUICK.person_s) -> Printer:
        timing = replace(QUICK, person_s=person_s, stall_s=0.3)
        spooler = self.windows.spooler()
        return Printer("receipt", lambda: open_port("spool://it", spooler=spooler), settings, timing=timing)

    async def print(self, printer: Printer) -> PrintOutcome:
        async def begins() -> None:
            self.begun += 1

        return await printer.print(receipt(), before_first_byte=begins, on_progress=self.progress.append)

    async def has_told(self, words: str) -> None:
        await eventually(lambda: words in self.progress)

    async def job(self) -> Job:
        """Return the job that waits in the queue, once it is whole."""
        await eventually(lambda: self.queue.jobs and not self.queue.jobs[0].open)
        return self.queue.jobs[0]


@pytest.fixture
async def counter() -> AsyncIterator[Counter]:
    counter = Counter()
    yield counter
    counter.windows.check()


class Running:
    """A printer that runs while the block does."""

    def __init__(self, printer: Printer) -> None:
        self.printer = printer

    async def __aenter__(self) -> Printer:
        self.task = asyncio.create_task(self.printer.run())
        await eventually(lambda: self.printer.view.state is DeviceState.READY)
        return self.printer

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.wait({self.task})


@pytest.mark.parametrize("speaks", list(DialectName))
async def test_a_receipt_is_one_document_and_nothing_is_asked(counter: Counter, speaks: DialectName) -> None:
    async with Running(counter.printer(PrinterSettings(speaks=speaks))) as printer:
        outcome = await counter.print(printer)
        assert (outcome.result, counter.begun) == (Result.UNKNOWN, 1)
        assert "unconfirmed" in outcome.reason
        assert "Look at the paper" in outcome.hint
        (document,) = counter.queue.printed
        assert len(document) == outcome.bytes_sent
        assert b"line 4" in document
        for question in (b"\x10\x04", b"\x1dr", b"\x1da", b"\x17", b"\x1b\x06\x01", b"\x1b\x1ea"):
            assert question not in document


async def test_a_queue_that_says_it_does_not_print_is_not_sent_to(counter: Counter) -> None:
    async with Running(counter.printer(PrinterSettings())) as printer:
        for status, attributes, reason, shown in (
            (QueueFlag.PAUSED, 0, "queue is paused", PrinterStatus(online=False)),
            (0, WORK_OFFLINE, "work offline", PrinterStatus(online=False)),
            (QueueFlag.DOOR_OPEN, 0, "cover is open", PrinterStatus(cover_open=True)),
            (QueueFlag.PAPER_JAM, 0, "paper is stuck", PrinterStatus(error=True)),
            (QueueFlag.PAPER_OUT, 0, "out of paper", PrinterStatus(paper=Paper.END)),
        ):
            counter.queue.status, counter.queue.attributes = status, attributes
            with pytest.raises(NotReady, match=reason) as refused:
                await counter.print(printer)
            assert refused.value.hint
            assert printer.status == shown
            outcome = await printer.kick(2)
            assert outcome.result is KickResult.NOT_OPENED
            assert reason in outcome.reason
        assert (counter.begun, counter.queue.printed, counter.queue.jobs) == (0, [], [])
        counter.queue.status = 0
        await eventually(lambda: printer.status == PrinterStatus())  # it keeps watch while nobody prints


async def test_what_keeps_a_job_waiting_is_told_and_waited_for(counter: Counter) -> None:
    counter.queue.holds = True
    async with Running(counter.printer(PrinterSettings())) as printer:
        printing = asyncio.create_task(counter.print(printer))
        job = await counter.job()
        for status, words in (
            (JobFlag.PRINTING, "in the Windows queue: printing"),
            (JobFlag.PRINTING | JobFlag.PAPEROUT, "waiting: the printer is out of paper"),
        ):
            job.status = status
            await counter.has_told(words)
        counter.windows.release(counter.queue)
        outcome = await printing
        assert outcome.result is Result.UNKNOWN
        assert "has left the Windows queue" in outcome.reason
        assert len(counter.queue.printed) == 1


async def test_a_queue_that_keeps_its_jobs(counter: Counter) -> None:
    counter.queue.keeps = True
    async with Running(counter.printer(PrinterSettings())) as printer:
        assert "unconfirmed" in (await counter.print(printer)).reason


@pytest.mark.parametrize("undeletable", [False, True])
async def test_a_job_that_stays_is_taken_out_lest_it_prints_beside_its_copy(
    counter: Counter,
    undeletable: bool,  # noqa: FBT001 - pytest gives it by name
) -> None:
    counter.queue.holds, counter.queue.undeletable = True, undeletable
    async with Running(counter.printer(PrinterSettings(), person_s=0.1)) as printer:
        printing = asyncio.create_task(counter.print(printer))
        (await counter.job()).status = JobFlag.OFFLINE
        outcome = await printing
        assert outcome.result is Result.UNKNOWN
        assert "stayed in the Windows queue" in outcome.reason
        assert ("delete it there before you print a copy" in outcome.hint) == undeletable
        assert bool(counter.queue.jobs) == undeletable
        assert counter.queue.printed == []


async def test_a_job_that_somebody_deletes(counter: Counter) -> None:
    counter.queue.holds = True
    async with Running(counter.printer(PrinterSettings())) as printer:
        printing = asyncio.create_task(counter.print(printer))
        (await counter.job()).status |= JobFlag.DELETING
        await counter.has_told("in the Windows queue: deleted")
        counter.queue.jobs.clear()
        outcome = await printing
        assert outcome.result is Result.UNKNOWN
        assert "somebody deleted it" in outcome.reason


@pytest.mark.parametrize(("room", "result"), [(0, Result.NOT_PRINTED), (20, Result.UNKNOWN)])
async def test_a_full_disk(counter: Counter, room: int, result: Result) -> None:
    counter.queue.room = room
    async with Running(counter.printer(PrinterSettings())) as printer:
        outcome = await counter.print(printer)
        assert (outcome.result, outcome.bytes_sent) == (result, room)
        assert "disk is full" in outcome.reason
        assert outcome.hint
        assert (counter.queue.jobs, counter.queue.printed) == ([], [])


async def test_a_spooler_that_takes_nothing(counter: Counter) -> None:
    counter.queue.write_max = 0
    async with Running(counter.printer(PrinterSettings())) as printer:
        outcome = await counter.print(printer)
        assert outcome.result is Result.NOT_PRINTED
        assert (counter.queue.jobs, counter.queue.printed) == ([], [])


async def test_a_spooler_that_stops_and_starts(counter: Counter) -> None:
    counter.queue.holds = True
    async with Running(counter.printer(PrinterSettings())) as printer:
        printing = asyncio.create_task(counter.print(printer))
        await counter.job()
        counter.windows.running = False
        outcome = await printing
        assert outcome.result is Result.UNKNOWN
        assert "unconfirmed" in outcome.reason
        assert "not running" in outcome.reason
        await eventually(lambda: printer.view.state is not DeviceState.READY)
        assert "net start spooler" in (printer.view.hint or "")
        counter.windows.running = True
        counter.queue.holds = False
        await eventually(lambda: printer.view.state is DeviceState.READY)
        assert (await counter.print(printer)).result is Result.UNKNOWN


# --- the drawer ---


async def test_a_pulse_is_a_document_of_its_own(counter: Counter) -> None:
    async with Running(counter.printer(PrinterSettings())) as printer:
        outcome = await printer.kick(2)
        assert outcome.result is KickResult.UNKNOWN
        assert "look whether it is open" in outcome.reason
        assert counter.queue.printed == [b"\x1bp\x00\x19\xfa"]


async def test_a_pulse_that_stays_in_the_queue_is_taken_out_lest_it_opens_the_drawer_late(counter: Counter) -> None:
    counter.queue.holds = True
    async with Running(counter.printer(PrinterSettings())) as printer:
        outcome = await printer.kick(5)
        assert outcome.result is KickResult.NOT_OPENED
        assert (counter.queue.jobs, counter.queue.printed) == ([], [])
        counter.windows.release(counter.queue)
        assert counter.queue.printed == []


async def test_a_receipt_and_a_pulse_at_once_are_two_documents(counter: Counter) -> None:
    async with Running(counter.printer(PrinterSettings())) as printer:
        outcome, pulse = await asyncio.gather(counter.print(printer), printer.kick(2))
        assert (outcome.result, pulse.result) == (Result.UNKNOWN, KickResult.UNKNOWN)
        assert len(counter.queue.printed) == 2
