"""Windows' print queues, over a spooler that answers as Microsoft documents: what is sent, followed, refused, said."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.errors import PortLost, PortUnavailable, WriteStalled
from drivers.ports import PortUrl, open_port, parse_port_url
from drivers.ports.documents import DocumentPort
from drivers.ports.spool import SpoolPort, start_spool
from drivers.ports.spool_state import WORK_OFFLINE, JobFlag, JobState, QueueFlag, QueueState
from drivers.ports.win32 import Win32Error
from tests.drivers.ports.windows import FakeSpooler, Job, Queue

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

WAIT_S = 10.0
EVERY_BYTE = bytes(range(256))


def url(queue: str = "it") -> PortUrl:
    return parse_port_url(f"spool://{queue}")


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
async def spooler(queue: Queue) -> AsyncIterator[FakeSpooler]:
    spooler = FakeSpooler(it=queue)
    yield spooler
    spooler.check()


@pytest.fixture
async def port(spooler: FakeSpooler) -> AsyncIterator[SpoolPort]:
    port = await open_port("spool://it", spooler=spooler.spooler())
    assert isinstance(port, SpoolPort)
    yield port
    await port.close()
    assert not spooler.handles or not spooler.running


async def refused(spooler: FakeSpooler, queue: str = "it") -> str:
    with pytest.raises(PortUnavailable) as unavailable:
        await start_spool(url(queue), spooler.spooler())
    assert unavailable.value.hint
    return f"{unavailable.value} {unavailable.value.hint}"


async def in_queue(queue: Queue) -> Job:
    """Return the only job, once it is whole."""
    async with asyncio.timeout(WAIT_S):
        while not queue.jobs or queue.jobs[0].open:
            await asyncio.sleep(0.002)
    (job,) = queue.jobs
    return job


# --- documents ---


async def test_a_document_is_one_raw_job(port: SpoolPort, queue: Queue) -> None:
    assert isinstance(port, DocumentPort)
    async with port.document():
        for piece in (EVERY_BYTE, b"", b"more" * 10_000):
            await port.write(piece, timeout_s=WAIT_S)
        assert [job.title for job in queue.jobs] == ["Stillopen"]
    assert queue.printed == [EVERY_BYTE + b"more" * 10_000]


async def test_what_is_written_outside_a_document_is_one_of_its_own(port: SpoolPort, queue: Queue) -> None:
    for number in range(3):
        await port.write(b"%d" % number, timeout_s=WAIT_S)
    await port.write(b"", timeout_s=WAIT_S)
    assert queue.printed == [b"0", b"1", b"2"]


@pytest.mark.parametrize("write_max", [1, 100])
async def test_short_writes_go_on_where_they_ended(port: SpoolPort, queue: Queue, write_max: int) -> None:
    queue.write_max = write_max
    await port.write(EVERY_BYTE, timeout_s=WAIT_S)
    assert queue.printed == [EVERY_BYTE]


async def test_two_documents_at_once_take_turns(port: SpoolPort, queue: Queue) -> None:
    first, second = asyncio.Event(), asyncio.Event()

    async def receipt(text: bytes, wait: asyncio.Event) -> None:
        async with port.document():
            first.set()
            await port.write(text, timeout_s=WAIT_S)
            await wait.wait()

    one = asyncio.create_task(receipt(b"one", second))
    await first.wait()
    two = asyncio.create_task(receipt(b"two", second))
    await asyncio.sleep(0)
    second.set()
    await asyncio.gather(one, two)
    assert queue.printed == [b"one", b"two"]


async def test_a_document_that_is_given_up_does_not_print(port: SpoolPort, queue: Queue) -> None:
    async def breaks_off() -> None:
        async with port.document():
            await port.write(b"half a rec", timeout_s=WAIT_S)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await breaks_off()
    assert (queue.jobs, queue.printed) == ([], [])
    await port.write(b"next", timeout_s=WAIT_S)
    assert queue.printed == [b"next"]


async def test_a_document_that_is_open_at_close_does_not_print(spooler: FakeSpooler, queue: Queue) -> None:
    port = await start_spool(url(), spooler.spooler())

    async def is_closed() -> None:
        async with port.document():
            await port.write(b"half", timeout_s=WAIT_S)
            await port.close()
            await port.write(b"more", timeout_s=WAIT_S)

    with pytest.raises(PortLost):
        await is_closed()
    assert (queue.jobs, queue.printed, spooler.handles) == ([], [], {})


async def test_a_beginning_that_nobody_waits_for_any_more_does_not_print(
    spooler: FakeSpooler, port: SpoolPort, queue: Queue
) -> None:
    spooler.held_up = threading.Event()
    writing = asyncio.create_task(port.write(b"late", timeout_s=WAIT_S))
    await asyncio.sleep(0.01)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    spooler.held_up.set()
    await port.write(b"next", timeout_s=WAIT_S)
    assert (queue.jobs, queue.printed) == ([], [b"next"])


async def test_a_page_that_cannot_begin_leaves_no_job(port: SpoolPort, queue: Queue) -> None:
    queue.no_page = True
    with pytest.raises(PortLost, match="does not let"):
        await port.write(b"x", timeout_s=WAIT_S)
    assert queue.jobs == []


async def test_a_spooler_that_takes_nothing_stalls_the_write_and_the_count_is_true(
    port: SpoolPort, queue: Queue
) -> None:
    queue.write_max = 0
    with pytest.raises(WriteStalled) as stalled:
        await port.write(b"hello", timeout_s=0.0)
    assert stalled.value.written == 0
    assert queue.jobs == []


async def test_a_full_disk_is_named_and_the_count_is_true(port: SpoolPort, queue: Queue) -> None:
    queue.room = 3
    with pytest.raises(PortLost, match="disk is full") as lost:
        await port.write(b"hello", timeout_s=WAIT_S)
    assert lost.value.written == 3
    assert (queue.jobs, queue.printed) == ([], [])


async def test_a_job_that_is_deleted_in_the_queue_while_it_is_written(port: SpoolPort, queue: Queue) -> None:
    async def is_deleted() -> None:
        async with port.document():
            await port.write(b"half", timeout_s=WAIT_S)
            queue.jobs[0].status |= JobFlag.DELETING
            await port.write(b"more", timeout_s=WAIT_S)

    with pytest.raises(PortLost, match="deleted from the queue"):
        await is_deleted()
    assert (queue.jobs, queue.printed) == ([], [])


# --- jobs ---


async def test_a_job_is_followed(spooler: FakeSpooler, port: SpoolPort, queue: Queue) -> None:
    queue.holds = True
    async with port.document() as number:
        spooling = await port.job(number)
        assert spooling is not None
        assert spooling.words == "spooling"
        await port.write(b"x", timeout_s=WAIT_S)
    (job,) = queue.jobs
    job.status, job.text = JobFlag.PRINTING | JobFlag.PAPEROUT, "no\r\n  paper" + "!" * 500
    state = await port.job(number)
    assert state is not None
    assert state.words.startswith("the printer is out of paper (no paper!!")
    assert len(state.text) == 200
    assert (await port.queue()).jobs == 1
    spooler.release(queue)
    assert await port.job(number) is None
    assert queue.printed == [b"x"]


async def test_a_job_is_taken_out_of_the_queue(port: SpoolPort, queue: Queue) -> None:
    queue.holds = True
    async with port.document() as number:
        await port.write(b"x", timeout_s=WAIT_S)
    queue.undeletable = True
    assert not await port.delete(number)
    queue.undeletable = False
    assert await port.delete(number)
    assert await port.delete(number)  # it is out already
    assert (queue.jobs, queue.printed) == ([], [])


@pytest.mark.parametrize(("status", "written"), [(0, 0), (JobFlag.PRINTING, 1), (JobFlag.PAUSED, 0)])
async def test_a_short_document_that_does_not_leave_in_time_is_taken_out(
    port: SpoolPort, queue: Queue, status: int, written: int
) -> None:
    queue.holds = True
    writing = asyncio.create_task(port.write(b"x", timeout_s=0.3))
    (await in_queue(queue)).status = status
    with pytest.raises(WriteStalled) as stalled:
        await writing
    assert stalled.value.written == written
    assert stalled.value.hint
    assert (queue.jobs, queue.printed) == ([], [])


async def test_a_short_document_that_cannot_be_taken_out_counts_as_sent(port: SpoolPort, queue: Queue) -> None:
    queue.holds = queue.undeletable = True
    with pytest.raises(WriteStalled) as stalled:
        await port.write(b"xyz", timeout_s=0.0)
    assert stalled.value.written == 3


async def test_a_short_document_that_somebody_deletes_is_not_waited_for(port: SpoolPort, queue: Queue) -> None:
    queue.holds = True
    writing = asyncio.create_task(port.write(b"x", timeout_s=1000.0))
    (await in_queue(queue)).status |= JobFlag.DELETING
    with pytest.raises(WriteStalled):
        await asyncio.wait_for(writing, WAIT_S)


async def test_a_queue_that_keeps_its_jobs_has_printed_them(port: SpoolPort, queue: Queue) -> None:
    queue.keeps = True
    await port.write(b"x", timeout_s=WAIT_S)
    (job,) = queue.jobs
    state = await port.job(job.number)
    assert state is not None
    assert state.words == "printed, as far as Windows knows"


# --- the port's promises, as far as a port without a way back can make them ---


async def test_a_read_waits_and_close_wakes_it_and_may_be_repeated(port: SpoolPort) -> None:
    reading = asyncio.create_task(port.read())
    await port.write(b"question", timeout_s=WAIT_S)
    assert not reading.done()
    await asyncio.wait_for(port.close(), WAIT_S)
    await asyncio.wait_for(port.close(), WAIT_S)
    with pytest.raises(PortLost):
        await reading
    with pytest.raises(PortLost) as lost:
        await port.write(b"x", timeout_s=WAIT_S)
    assert lost.value.written == 0


async def test_close_wakes_a_stalled_writer(port: SpoolPort, queue: Queue) -> None:
    queue.write_max = 0
    writing = asyncio.create_task(port.write(b"x", timeout_s=1000.0))
    async with asyncio.timeout(WAIT_S):
        while not queue.jobs:
            await asyncio.sleep(0.002)
    await asyncio.wait_for(port.close(), WAIT_S)
    with pytest.raises(PortLost):
        await writing
    assert (queue.jobs, queue.printed) == ([], [])


async def test_a_spooler_that_stops_is_lost_and_says_what_to_start(spooler: FakeSpooler, port: SpoolPort) -> None:
    spooler.running = False
    for asking in (port.queue(), port.job(1), port.write(b"x", timeout_s=WAIT_S)):
        with pytest.raises(PortLost, match="not running") as lost:
            await asking
        assert "net start spooler" in lost.value.hint
    assert not await port.delete(1)


async def test_a_spooler_that_stops_before_a_document_ends(spooler: FakeSpooler, port: SpoolPort) -> None:
    with pytest.raises(PortLost, match="not running"):
        async with port.document():
            spooler.running = False


async def test_a_queue_that_was_removed_is_lost(spooler: FakeSpooler, port: SpoolPort) -> None:
    handles, spooler.handles = spooler.handles, {}
    with pytest.raises(PortLost, match=r"words for 6 \(error 6 in GetPrinterW"):
        await port.queue()
    spooler.handles = handles


# --- opening ---


async def test_no_such_queue_lists_those_there_are(spooler: FakeSpooler) -> None:
    spooler.queues = {"Office": Queue(), "EPSON TM-T20II Receipt": Queue()}
    spooler.grows = 2
    said = await refused(spooler)
    assert "spool://EPSON%20TM-T20II%20Receipt or spool://Office" in said
    assert "the service does not see it" in said
    spooler.queues = {}
    assert "Add the printer" in await refused(spooler)


async def test_not_allowed_and_no_spooler_and_no_raw_bytes(spooler: FakeSpooler, port: SpoolPort, queue: Queue) -> None:
    queue.raw = False
    with pytest.raises(PortLost) as lost:
        await port.write(b"x", timeout_s=WAIT_S)
    assert "Generic / Text Only" in lost.value.hint
    queue.denied = True
    assert "Security" in await refused(spooler)
    spooler.running = False
    assert "net start spooler" in await refused(spooler)


@pytest.mark.skipif(sys.platform == "win32", reason="there it is Windows")
async def test_without_windows_there_is_another_way() -> None:
    with pytest.raises(PortUnavailable) as unavailable:
        await open_port("spool://it")
    for word in ("CUPS", "usb://VID:PID", "file:///dev/usb/lp0"):
        assert word in unavailable.value.hint


async def test_an_answer_that_never_fits_is_an_error(spooler: FakeSpooler) -> None:
    handle = spooler.spooler().open("it")
    spooler.grows = 1000
    with pytest.raises(Win32Error, match="122"):
        spooler.spooler().queue(handle)


# --- what the bits mean ---


@pytest.mark.parametrize(
    ("status", "attributes", "says"),
    [
        (0, 0, None),
        (0x400 | 0x100, 0, None),  # printing, busy
        (QueueFlag.PAUSED, 0, "paused"),
        (0, WORK_OFFLINE, "work offline"),
        (QueueFlag.OFFLINE | QueueFlag.ERROR, 0, "is offline"),
        (QueueFlag.ERROR | QueueFlag.OFFLINE | QueueFlag.PAPER_OUT, WORK_OFFLINE, "out of paper"),
        (QueueFlag.DOOR_OPEN | QueueFlag.PAPER_OUT, 0, "cover"),
        (QueueFlag.PAPER_JAM, 0, "stuck"),
        (QueueFlag.USER_INTERVENTION, 0, "somebody"),
        (QueueFlag.PENDING_DELETION, 0, "deleted"),
        (QueueFlag.OUT_OF_MEMORY, 0, "an error"),
    ],
)
def test_what_keeps_a_queue_from_printing(status: int, attributes: int, says: str | None) -> None:
    problem = QueueState(status, attributes).problem
    if says is None:
        assert problem is None
    else:
        assert problem is not None
        assert says in problem.reason
        assert problem.hint


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "waiting for its turn"),
        (JobFlag.SPOOLING, "spooling"),
        (JobFlag.SPOOLING | JobFlag.PRINTING, "printing"),
        (JobFlag.PRINTED, "printed, as far as Windows knows"),
        (JobFlag.COMPLETE | JobFlag.RETAINED, "printed, as far as Windows knows"),
        (JobFlag.PRINTING | JobFlag.DELETING, "deleted"),
        (JobFlag.ERROR | JobFlag.PRINTING, "Windows reports an error of the job"),
        (JobFlag.ERROR | JobFlag.PAPEROUT, "the printer is out of paper"),
        (JobFlag.OFFLINE, "Windows says that the printer is offline"),
        (JobFlag.PAUSED, "the job is paused in its Windows queue"),
        (JobFlag.USER_INTERVENTION, "the printer waits for somebody"),
        (JobFlag.BLOCKED_DEVQ, "the printer's driver cannot print the job"),
    ],
)
def test_where_a_job_is(status: int, words: str) -> None:
    assert JobState(status).words == words


@settings(max_examples=100, deadline=None)
@given(status=st.integers(0, 2**32 - 1), attributes=st.integers(0, 2**32 - 1), text=st.text(max_size=20))
def test_any_bits_are_words(status: int, attributes: int, text: str) -> None:
    job = JobState(status, text)
    assert job.words
    assert not job.ended or job.began  # what ended may be on paper
    problem = QueueState(status, attributes).problem
    assert problem is None or (problem.reason and problem.hint)
