"""What a printer says: its bytes sorted into replies, and replies read as a status. Pure.

A printer mixes answers to different questions with reports nobody asked for on one line, so every byte is
classified before it means anything (TM-T88III specification, appendix G; bit tables there, page 74 and at
`GS a`). The second to fourth bytes of an automatic report look exactly like answers to `GS r`: a report is
therefore taken as a whole or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, StrEnum

BLOCK_BYTES_MAX = 128  # process ids take 6 bytes, the longest model names about 40; more is a lost terminator
ASB_BYTES = 4

XON, XOFF = 0x11, 0x13
_BLOCK_HEADERS = frozenset({0x35, 0x37, 0x3B, 0x3D, 0x5F})


class Paper(StrEnum):
    """The roll. Printers without the near-end sensor say `ok` until it is at its end."""

    OK = "ok"
    NEAR_END = "near_end"
    END = "end"


class Level(StrEnum):
    """The voltage on the drawer connector's pin 3; which one means open depends on the drawer."""

    HIGH = "high"
    LOW = "low"


class Fault(StrEnum):
    """An error other than the cutter's, the worst first where there are several."""

    UNRECOVERABLE = "unrecoverable"  # voltage, electronics: only switching it off and on may help
    RECOVERABLE = "recoverable"  # something mechanical that a person can free
    OVERHEATED = "overheated"  # the head is too hot: it goes on by itself when it has cooled
    NONE = "none"


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What the printer last said of itself. None: it has not said, or it cannot be read."""

    online: bool | None = None
    cover_open: bool | None = None
    paper: Paper | None = None
    cutter_error: bool | None = None
    error: bool | None = None  # any other that stops it
    drawer_pin: Level | None = None
    fault: Fault | None = None  # which other, where it says


class Flow(Enum):
    """XON/XOFF flow control, passed through by a port that does not do it itself."""

    GO = XON
    STOP = XOFF


@dataclass(frozen=True, slots=True)
class RealTimeReply:
    """The answer to `DLE EOT n`. It does not say which n: ask one at a time."""

    byte: int


@dataclass(frozen=True, slots=True)
class Asb:
    """An automatic status report: four bytes."""

    report: bytes


@dataclass(frozen=True, slots=True)
class Short:
    """The one-byte answer to `GS r n` or `GS I 1..3`."""

    byte: int


@dataclass(frozen=True, slots=True)
class Block:
    """A header byte and text up to, but without, the NUL: process ids (37h), `GS I 65..68` (5Fh)."""

    header: int
    text: bytes

    @property
    def process_id(self) -> bytes | None:
        """The four characters of an answer to `GS ( H` function 48, or None."""
        return self.text[1:] if self.header == 0x37 and len(self.text) == 5 and self.text[0] == 0x22 else None  # noqa: PLR2004 - 37 22 d1 d2 d3 d4 00


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that are no answer to anything."""

    junk: bytes


Reply = Flow | RealTimeReply | Asb | Short | Block | Noise


class ReplyReader:
    """Sorts a printer's bytes into replies, however they are cut up."""

    def __init__(self) -> None:
        self._report = bytearray()  # an automatic report begun
        self._block = bytearray()  # a block begun, its header first

    def feed(self, received: bytes) -> list[Reply]:
        """Return the replies these bytes complete, in order."""
        replies: list[Reply] = []
        for byte in received:
            replies.extend(self._byte(byte))
        return replies

    def _byte(self, byte: int) -> list[Reply]:
        if byte in (XON, XOFF):
            return [Flow(byte)]
        if self._report:
            return self._report_byte(byte)
        if self._block:
            return self._block_byte(byte)
        if byte & 0x93 == 0x12:  # noqa: PLR2004 - the fixed bits of each kind of answer, here and below
            return [RealTimeReply(byte)]
        if byte & 0x93 == 0x10:  # noqa: PLR2004
            self._report.append(byte)
        elif byte in _BLOCK_HEADERS:
            self._block.append(byte)
        elif byte & 0x90 == 0:
            return [Short(byte)]
        else:
            return [Noise(bytes([byte]))]
        return []

    def _report_byte(self, byte: int) -> list[Reply]:
        if byte & 0x90:  # not the rest of a report: its beginning was noise, this byte may be anything
            junk = bytes(self._report)
            self._report.clear()
            return [Noise(junk), *self._byte(byte)]
        self._report.append(byte)
        if len(self._report) < ASB_BYTES:
            return []
        report = bytes(self._report)
        self._report.clear()
        return [Asb(report)]

    def _block_byte(self, byte: int) -> list[Reply]:
        if byte == 0:
            header, text = self._block[0], bytes(self._block[1:])
            self._block.clear()
            return [Block(header, text)]
        if byte < 0x20 and byte & 0x93 == 0x12:  # noqa: PLR2004 - real-time replies don't wait for a block's end
            return [RealTimeReply(byte)]
        if byte < 0x20 and byte & 0x93 == 0x10:  # noqa: PLR2004 - nor do automatic reports
            self._report.append(byte)
            return []
        self._block.append(byte)
        if len(self._block) <= BLOCK_BYTES_MAX:
            return []
        junk = bytes(self._block)
        self._block.clear()
        return [Noise(junk)]


def after_asb(status: PrinterStatus, asb: Asb) -> PrinterStatus:
    """Return the status an automatic report gives. With the cover open its paper bits may be wrong."""
    first, second, third, _ = asb.report
    cover_open = bool(first & 0x20)
    paper = status.paper if cover_open else _paper(third, near=0x03, end=0x0C)
    return PrinterStatus(
        online=not first & 0x08,
        cover_open=cover_open,
        paper=paper,
        cutter_error=bool(second & 0x08),
        error=bool(second & 0x64),
        drawer_pin=Level.HIGH if first & 0x04 else Level.LOW,
        fault=fault(second),
    )


def after_real_time(status: PrinterStatus, n: int, byte: int) -> PrinterStatus:
    """Return the status with what the answer to `DLE EOT n` (n 1 to 4) adds."""
    if n == 1:
        pin = Level.HIGH if byte & 0x04 else Level.LOW
        return replace(status, online=not byte & 0x08, drawer_pin=pin)
    if n == 2:  # noqa: PLR2004 - DLE EOT's own numbers
        cover_open = bool(byte & 0x04)
        paper = Paper.END if byte & 0x20 else status.paper
        return replace(status, cover_open=cover_open, paper=paper)
    if n == 3:  # noqa: PLR2004
        return replace(status, cutter_error=bool(byte & 0x08), error=bool(byte & 0x64), fault=fault(byte))
    if status.cover_open:
        return status
    return replace(status, paper=_paper(byte, near=0x0C, end=0x60))


def fault(byte: int) -> Fault:
    """Read an error byte: of a report, of `DLE EOT 3`, and of a Star, which have the same bits."""
    for bit, kind in ((0x20, Fault.UNRECOVERABLE), (0x04, Fault.RECOVERABLE), (0x40, Fault.OVERHEATED)):
        if byte & bit:
            return kind
    return Fault.NONE


def _paper(byte: int, *, near: int, end: int) -> Paper:
    if byte & end:
        return Paper.END
    return Paper.NEAR_END if byte & near else Paper.OK
