"""What Windows' print spooler says of a queue and of a job in it, as values. Pure.

Sources: Microsoft's reference of PRINTER_INFO_2 and JOB_INFO_1. A bit that is set says something; one that is not set
says nothing, as most drivers of receipt printers set none: a queue of status 0 may well be out of paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag


class QueueFlag(IntFlag):
    """PRINTER_STATUS_*: the bits that mean that it does not print."""

    PAUSED = 0x1
    ERROR = 0x2
    PENDING_DELETION = 0x4
    PAPER_JAM = 0x8
    PAPER_OUT = 0x10
    PAPER_PROBLEM = 0x40
    OFFLINE = 0x80
    NOT_AVAILABLE = 0x1000
    PAGE_PUNT = 0x80000
    USER_INTERVENTION = 0x100000
    OUT_OF_MEMORY = 0x200000
    DOOR_OPEN = 0x400000
    SERVER_UNKNOWN = 0x800000


class JobFlag(IntFlag):
    """JOB_STATUS_*."""

    PAUSED = 0x1
    ERROR = 0x2
    DELETING = 0x4
    SPOOLING = 0x8
    PRINTING = 0x10
    OFFLINE = 0x20
    PAPEROUT = 0x40
    PRINTED = 0x80
    DELETED = 0x100
    BLOCKED_DEVQ = 0x200
    USER_INTERVENTION = 0x400
    RESTART = 0x800
    COMPLETE = 0x1000
    RETAINED = 0x2000


WORK_OFFLINE = 0x400  # PRINTER_ATTRIBUTE_WORK_OFFLINE: chosen by a person, or by Windows for an unplugged printer

_PAUSE_HINT = "Open the queue in Windows' settings (Printers) and choose Resume."
_OFFLINE_HINT = (
    "Look at the printer's power and cable; then open its queue in Windows' settings (Printers) and take the tick"
    " from Use Printer Offline."
)
_ERROR_HINT = "Look at the printer's lights, and at its queue in Windows' settings (Printers)."
_PAPER_HINT = "Put in a new roll and close the cover."


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps a queue or a job from printing, and the next step."""

    reason: str
    hint: str


_OFFLINE = QueueFlag.OFFLINE | QueueFlag.NOT_AVAILABLE | QueueFlag.SERVER_UNKNOWN
# The most telling first: an empty printer is often offline and in error, too.
_QUEUE_PROBLEMS = (
    (QueueFlag.DOOR_OPEN, Problem("the printer's cover is open", "Close the cover.")),
    (QueueFlag.PAPER_OUT, Problem("the printer is out of paper", _PAPER_HINT)),
    (QueueFlag.PAPER_JAM | QueueFlag.PAPER_PROBLEM, Problem("the printer's paper is stuck", _ERROR_HINT)),
    (QueueFlag.USER_INTERVENTION, Problem("the printer waits for somebody", _ERROR_HINT)),
    (QueueFlag.PAUSED, Problem("its Windows queue is paused", _PAUSE_HINT)),
    (
        QueueFlag.PENDING_DELETION,
        Problem("its Windows queue is being deleted", "Write another queue, or another port, for the printer."),
    ),
    (_OFFLINE, Problem("Windows says that the printer is offline", _OFFLINE_HINT)),
    (
        QueueFlag.ERROR | QueueFlag.PAGE_PUNT | QueueFlag.OUT_OF_MEMORY,
        Problem("Windows reports an error of the printer", _ERROR_HINT),
    ),
)
_WORKS_OFFLINE = Problem("its Windows queue is set to work offline", _OFFLINE_HINT)

_JOB_PROBLEMS = (
    (JobFlag.PAPEROUT, Problem("the printer is out of paper", _PAPER_HINT)),
    (JobFlag.USER_INTERVENTION, Problem("the printer waits for somebody", _ERROR_HINT)),
    (JobFlag.PAUSED, Problem("the job is paused in its Windows queue", _PAUSE_HINT)),
    (JobFlag.OFFLINE, Problem("Windows says that the printer is offline", _OFFLINE_HINT)),
    (JobFlag.BLOCKED_DEVQ, Problem("the printer's driver cannot print the job", _ERROR_HINT)),
    (JobFlag.ERROR, Problem("Windows reports an error of the job", _ERROR_HINT)),
)
_ENDED = JobFlag.PRINTED | JobFlag.COMPLETE | JobFlag.RETAINED
_GONE = JobFlag.DELETING | JobFlag.DELETED


@dataclass(frozen=True, slots=True)
class QueueState:
    """A queue: PRINTER_STATUS bits, PRINTER_ATTRIBUTE bits, and how many jobs wait in it."""

    status: int
    attributes: int = 0
    jobs: int = 0

    @property
    def offline(self) -> bool:
        """Whether Windows, or a person, has the printer for unplugged or switched off."""
        return bool(self.status & _OFFLINE or self.attributes & WORK_OFFLINE)

    @property
    def problem(self) -> Problem | None:
        """What keeps it from printing. None: nothing that Windows knows of."""
        for flag, problem in _QUEUE_PROBLEMS[:-2]:
            if self.status & flag:
                return problem
        if self.attributes & WORK_OFFLINE:
            return _WORKS_OFFLINE
        return next((problem for flag, problem in _QUEUE_PROBLEMS[-2:] if self.status & flag), None)


@dataclass(frozen=True, slots=True)
class JobState:
    """A job: JOB_STATUS bits, and what the driver or the port monitor says of it, if anything."""

    status: int
    text: str = ""

    @property
    def ended(self) -> bool:
        """Whether the spooler has sent all of it. It is no proof of paper."""
        return bool(self.status & _ENDED)

    @property
    def deleted(self) -> bool:
        """Whether it was taken out of the queue, or is about to be."""
        return bool(self.status & _GONE)

    @property
    def began(self) -> bool:
        """Whether any of it may have reached the printer."""
        return bool(self.status & (JobFlag.PRINTING | JobFlag.ERROR | JobFlag.PAPEROUT | JobFlag.RESTART | _ENDED))

    @property
    def problem(self) -> Problem | None:
        """What keeps it from printing. None: nothing that Windows knows of."""
        found = next((problem for flag, problem in _JOB_PROBLEMS if self.status & flag), None)
        if found is None or not self.text:
            return found
        return Problem(f"{found.reason} ({self.text})", found.hint)

    @property
    def words(self) -> str:
        """Where it is, in words."""
        if self.deleted:
            return "deleted"
        if self.problem is not None:
            return self.problem.reason
        if self.ended:
            return "printed, as far as Windows knows"
        if self.status & JobFlag.PRINTING:
            return "printing"
        return "spooling" if self.status & JobFlag.SPOOLING else "waiting for its turn"
