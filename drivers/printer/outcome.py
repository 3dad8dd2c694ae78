"""How a receipt or a drawer opening ended, and what stands in the way of one. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from drivers.printer.status import Fault, Paper, PrinterStatus


class Result(StrEnum):
    """What is known of a receipt: `PRINTED` only because the printer itself said so."""

    PRINTED = "printed"
    NOT_PRINTED = "not_printed"  # no part of the receipt was sent
    UNKNOWN = "unknown"  # all, some or none of it is on paper: look


@dataclass(frozen=True, slots=True)
class PrintOutcome:
    """How a print job ended. `bytes_sent` counts what the port took."""

    result: Result
    reason: str
    hint: str
    bytes_sent: int


class KickResult(StrEnum):
    """What is known of a drawer: `OPENED` only because its switch moved."""

    OPENED = "opened"
    NOT_OPENED = "not_opened"  # nothing was sent
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class KickOutcome:
    """How a drawer opening ended, in words for the person before it."""

    result: KickResult
    reason: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps a printer from printing: its name in the counts, the next step, and what a waiting job says."""

    kind: str
    reason: str
    hint: str
    waiting: str


LOOK = "Look at the paper. If the receipt is not whole, print a copy."
SILENT = Trouble(
    "silent",
    "the printer does not answer",
    "Look at the printer: is it on, is the cable in, has it paper, is its cover closed?",
    "waiting for the printer to answer",
)
_COVER = Trouble("cover", "the printer's cover is open", "Close the cover.", "waiting for the cover to be closed")
_PAPER = Trouble("paper", "the printer is out of paper", "Put in a new roll and close the cover.", "waiting for paper")
_CUTTER = Trouble(
    "cutter",
    "the printer's cutter is stuck",
    "Switch the printer off, open it, take out the jammed paper, switch it on again.",
    "waiting for the cutter to be freed",
)
_ERROR = Trouble(
    "error",
    "the printer reports an error",
    "Let it cool for a minute; if its light still blinks, switch it off and on.",
    "waiting for the printer to recover",
)
_FAULTS = {
    Fault.UNRECOVERABLE: Trouble(
        "unrecoverable",
        "the printer reports an error that it cannot recover from",
        "Switch it off, wait ten seconds, switch it on; if it comes back, the printer needs its service.",
        "waiting for the printer to be switched off and on",
    ),
    Fault.RECOVERABLE: Trouble(
        "recoverable",
        "the printer reports a mechanical error",
        "Open the printer, take out what is jammed, close it; if its light still blinks, switch it off and on.",
        "waiting for the printer to be freed",
    ),
    Fault.OVERHEATED: Trouble(
        "overheated",
        "the printer's head is too hot",
        "Wait a minute: it reports an error until it has cooled, then goes on by itself.",
        "waiting for the printer to cool",
    ),
}
_OFFLINE = Trouble(
    "offline",
    "the printer is offline",
    "Look at the printer: paper, cover, and whether somebody holds its FEED button.",
    "waiting for the printer to come online",
)


def trouble(status: PrinterStatus) -> Trouble | None:
    """Return what keeps a printer of this status from printing, the most telling first, or None."""
    if status.cover_open:
        return _COVER
    if status.paper is Paper.END:
        return _PAPER
    if status.cutter_error:
        return _CUTTER
    if status.error:
        return _FAULTS.get(status.fault or Fault.NONE, _ERROR)
    return _OFFLINE if status.online is False else None
