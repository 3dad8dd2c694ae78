"""Windows on any system, as far as ports call it: fakes behind real ctypes calls, with Microsoft's documented answers.

Every call goes through a ctypes callback of the declared types, so that a wrong type or size is met here, too.
"""

from __future__ import annotations

import ctypes
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from drivers.ports import spool_api
from drivers.ports.spool_api import JobInfo1, PrinterInfo2, PrinterInfo4, Spooler
from drivers.ports.spool_state import JobFlag
from drivers.ports.win32 import Library, Signature

if TYPE_CHECKING:
    from collections.abc import Mapping

ERROR_INVALID_HANDLE = 6
RPC_S_SERVER_UNAVAILABLE = 1722
ERROR_INVALID_PRINTER_NAME = 1801
ERROR_INVALID_DATATYPE = 1804
ERROR_SPL_NO_STARTDOC = 3003


class Refused(Exception):
    """A fake function's failure: what GetLastError will say."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class FakeLibrary:
    """A DLL: methods by their Windows names, called through ctypes; `Refused` becomes `failure` and a last error."""

    failures: ClassVar[Mapping[str, Any]] = {}

    def __init__(self) -> None:
        self._errors = threading.local()  # GetLastError is a thread's own
        self.bugs: list[Exception] = []  # an exception cannot leave a callback

    def library(self, signatures: Mapping[str, Signature]) -> Library:
        functions = {}
        for name, (answer, *arguments) in signatures.items():
            functions[name] = ctypes.CFUNCTYPE(answer, *arguments)(self._guarded(name))
        return Library(functions, lambda: int(getattr(self._errors, "code", 0)), lambda code: f"words for {code}. ")

    def _guarded(self, name: str) -> Any:
        function = getattr(self, name)
        failure = self.failures.get(name, 0)

        def call(*arguments: Any) -> Any:
            try:
                answer = function(*arguments)
            except Refused as refused:
                self._errors.code = refused.code
                return failure
            except Exception as bug:  # noqa: BLE001 - it is raised again by `check`
                self.bugs.append(bug)
                self._errors.code = 0xDEAD
                return failure
            return 1 if answer is None else answer

        return call

    def check(self) -> None:
        for bug in self.bugs:
            raise bug


@dataclass(eq=False)
class Job:
    """A document in a queue."""

    number: int
    title: str
    data: bytearray = field(default_factory=bytearray)
    status: int = JobFlag.SPOOLING
    text: str = ""
    pages: int = 0
    open: bool = True


@dataclass(eq=False)
class Queue:
    """A print queue. What it `printed` are documents."""

    status: int = 0
    attributes: int = 0
    denied: bool = False
    raw: bool = True
    holds: bool = False  # jobs stay in it, as where the printer takes nothing
    keeps: bool = False  # jobs stay in it after printing (KEEPPRINTEDJOBS)
    undeletable: bool = False
    write_max: int | None = None  # bytes a WritePrinter takes
    room: int | None = None  # bytes the disk has left
    no_page: bool = False
    jobs: list[Job] = field(default_factory=list)
    printed: list[bytes] = field(default_factory=list)


class FakeSpooler(FakeLibrary):
    """winspool.drv."""

    def __init__(self, **queues: Queue) -> None:
        super().__init__()
        self.queues = queues
        self.running = True
        self.handles: dict[int, Queue] = {}
        self.grows = 0  # how often an answer is longer than it was when its size was asked for
        self._extra = 0  # bytes
        self.held_up: threading.Event | None = None  # what StartDocPrinter waits for
        self._open: dict[int, Job] = {}
        self._next = 100
        self._lock = threading.RLock()

    def spooler(self) -> Spooler:
        return Spooler(self.library(spool_api.SIGNATURES))

    def release(self, queue: Queue) -> None:
        """Let a queue work off what it holds."""
        with self._lock:
            queue.holds = False
            for job in list(queue.jobs):
                self._despool(queue, job)

    # winspool.drv's own names:
    # ruff: noqa: N802

    def OpenPrinterW(self, name: str, handle: Any, defaults: Any) -> None:
        self._runs()
        if name not in self.queues:
            raise Refused(ERROR_INVALID_PRINTER_NAME)
        if self.queues[name].denied:
            raise Refused(5)
        assert defaults[0].DesiredAccess == 8
        with self._lock:
            self._next += 1
            self.handles[self._next] = self.queues[name]
            handle[0] = self._next

    def ClosePrinter(self, handle: int) -> None:
        self._queue(handle)
        del self.handles[handle]
        if handle in self._open:  # what was begun and not ended prints as far as it came
            self.EndDocPrinter(handle)

    def StartDocPrinterW(self, handle: int, level: int, document: Any) -> int:
        if self.held_up is not None:
            self.held_up.wait()
        queue = self._queue(handle)
        assert level == 1
        assert document[0].pDatatype == "RAW"
        assert document[0].pOutputFile is None
        if not queue.raw:
            raise Refused(ERROR_INVALID_DATATYPE)
        with self._lock:
            assert handle not in self._open
            self._next += 1
            job = Job(self._next, document[0].pDocName)
            queue.jobs.append(job)
            self._open[handle] = job
            return job.number

    def StartPagePrinter(self, handle: int) -> None:
        if self._queue(handle).no_page:
            raise Refused(5)
        self._document(handle).pages += 1

    def WritePrinter(self, handle: int, data: int, count: int, written: Any) -> None:
        queue, job = self._queue(handle), self._document(handle)
        with self._lock:
            if job.status & JobFlag.DELETING:
                raise Refused(63)
            taken = min(count, count if queue.write_max is None else queue.write_max)
            if queue.room is not None:
                taken = min(taken, queue.room)
                if not taken:
                    raise Refused(112)
                queue.room -= taken
            job.data += ctypes.string_at(data, taken)
            written[0] = taken

    def EndPagePrinter(self, handle: int) -> None:
        if not self._document(handle).pages:
            raise Refused(ERROR_SPL_NO_STARTDOC)

    def EndDocPrinter(self, handle: int) -> None:
        queue = self.handles.get(handle)
        job = self._document(handle)
        with self._lock:
            del self._open[handle]
            job.open = False
            job.status &= ~JobFlag.SPOOLING
            if queue is None:
                return
            if job.status & JobFlag.DELETING:
                queue.jobs.remove(job)
            elif not queue.holds:
                self._despool(queue, job)

    def GetPrinterW(self, handle: int, level: int, room: int, size: int, needed: Any) -> None:
        queue = self._queue(handle)
        assert level == 2
        info = PrinterInfo2(Status=queue.status, Attributes=queue.attributes, cJobs=len(queue.jobs))
        self._answer(room, size, needed, [info], [("pPrinterName", "it"), ("pPortName", "USB001")])

    def GetJobW(self, handle: int, number: int, level: int, room: int, size: int, needed: Any) -> None:
        job = self._job(self._queue(handle), number)
        assert level == 1
        info = JobInfo1(JobId=job.number, Status=job.status)
        self._answer(room, size, needed, [info], [("pDocument", job.title), ("pStatus", job.text)])

    def SetJobW(self, handle: int, number: int, level: int, data: int | None, command: int) -> None:
        queue = self._queue(handle)
        job = self._job(queue, number)
        assert (level, data, command) == (0, None, 5)
        if queue.undeletable:
            raise Refused(5)
        with self._lock:
            job.status |= JobFlag.DELETING
            if not job.open:
                queue.jobs.remove(job)

    def EnumPrintersW(
        self, flags: int, name: str | None, level: int, room: int, size: int, needed: Any, n: Any
    ) -> None:
        self._runs()
        assert (flags, name, level) == (6, None, 4)
        n[0] = 0
        self._answer(
            room, size, needed, [PrinterInfo4() for _ in self.queues], [("pPrinterName", name) for name in self.queues]
        )
        n[0] = len(self.queues)

    def _runs(self) -> None:
        if not self.running:
            raise Refused(RPC_S_SERVER_UNAVAILABLE)

    def _queue(self, handle: int) -> Queue:
        self._runs()
        if handle not in self.handles:
            raise Refused(ERROR_INVALID_HANDLE)
        return self.handles[handle]

    def _document(self, handle: int) -> Job:
        self._runs()
        if handle not in self._open:
            raise Refused(ERROR_SPL_NO_STARTDOC)
        return self._open[handle]

    def _job(self, queue: Queue, number: int) -> Job:
        for job in queue.jobs:
            if job.number == number:
                return job
        raise Refused(87)

    def _despool(self, queue: Queue, job: Job) -> None:
        queue.printed.append(bytes(job.data))
        if queue.keeps:
            job.status = JobFlag.PRINTED
        else:
            queue.jobs.remove(job)

    def _answer(self, room: int | None, size: int, needed: Any, infos: list[Any], texts: list[tuple[str, str]]) -> None:
        """Write structures and, behind them, their texts: one for each structure, or all for the only one."""
        fixed = sum(ctypes.sizeof(info) for info in infos)
        buffers = [ctypes.create_unicode_buffer(text) for _, text in texts]
        if self.grows and size:
            self.grows -= 1
            self._extra += 8
        needed[0] = fixed + sum(ctypes.sizeof(buffer) for buffer in buffers) + self._extra
        if size < needed[0]:
            raise Refused(122)
        assert room is not None or not needed[0]
        at = (room or 0) + fixed
        for index, ((name, _), buffer) in enumerate(zip(texts, buffers, strict=True)):
            ctypes.memmove(at, buffer, ctypes.sizeof(buffer))
            setattr(infos[index if len(infos) > 1 else 0], name, ctypes.cast(at, ctypes.c_wchar_p))
            at += ctypes.sizeof(buffer)
        at = room or 0
        for info in infos:
            ctypes.memmove(at, ctypes.byref(info), ctypes.sizeof(info))
            at += ctypes.sizeof(info)
