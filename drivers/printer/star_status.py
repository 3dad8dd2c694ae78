"""What a Star printer says: its bytes sorted into status frames, and frames read as a status. Pure.

A Star has one kind of answer: the whole state, led by its own length, pushed at every change (Automatic Status
Back) and sent when asked. Source: "STAR Line Mode Command Specifications", pages 5-8 to 5-11; the length is
computed as receiptio does, which takes a fifth bit from the second header of newer models.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.printer.status import XOFF, XON, Fault, Level, Noise, Paper, PrinterStatus, fault

FRAME_BYTES_MIN = 7  # headers, and the status up to the paper: less says too little; the headers can say 33 at most
COUNTER_PLACE = 7


@dataclass(frozen=True, slots=True)
class Frame:
    """One status frame, both headers included."""

    raw: bytes

    @property
    def counter(self) -> int | None:
        """How many ETB were reached, 0 to 31; None on models that do not count."""
        if len(self.raw) <= COUNTER_PLACE:
            return None
        byte = self.raw[COUNTER_PLACE]
        return byte >> 2 & 0x18 | byte >> 1 & 0x07

    @property
    def etb(self) -> bool:
        """Whether an ETB was reached since the last frame."""
        return bool(self.raw[2] & 0x02)

    @property
    def overflow(self) -> bool:
        """Whether bytes were thrown away since the last frame, as the buffer was full."""
        return bool(self.raw[4] & 0x40)


StarReply = Frame | Noise


class FrameReader:
    """Sorts a Star's bytes into frames, however they are cut up.

    A frame's first byte is the only one that is odd, so a lost byte costs one frame and no more.
    """

    def __init__(self) -> None:
        self._frame = bytearray()

    def feed(self, received: bytes) -> list[StarReply]:
        """Return the frames these bytes complete, in order, and what is none."""
        replies: list[StarReply] = []
        for byte in received:
            replies.extend(self._byte(byte))
        return replies

    def _byte(self, byte: int) -> list[StarReply]:
        if byte in (XON, XOFF):
            return []
        first = byte & 0x91 == 0x01
        # The second header may have its top bit set: it lengthens the frame.
        later = byte & (0x11 if len(self._frame) == 1 else 0x91) == 0
        lost = [Noise(bytes(self._frame))] if self._frame and not later else []
        if not later:
            self._frame.clear()
        if first or (later and self._frame):
            self._frame.append(byte)
        else:
            return [*lost, Noise(bytes([byte]))]
        if len(self._frame) < 2:  # noqa: PLR2004 - the length is in both headers
            return [*lost]
        length = frame_length(self._frame[0], self._frame[1])
        if length < FRAME_BYTES_MIN:
            junk = Noise(bytes(self._frame))
            self._frame.clear()
            return [junk]
        if len(self._frame) < length:
            return []
        frame = Frame(bytes(self._frame))
        self._frame.clear()
        return [frame]


def frame_length(first: int, second: int) -> int:
    """Return how many bytes a frame of these headers has, both included."""
    return (first >> 2 & 0x18 | first >> 1 & 0x07) + (second >> 6 & 0x02)


def after_frame(status: PrinterStatus, frame: Frame) -> PrinterStatus:
    """Return the status a frame gives. With the cover open its paper bits may be wrong."""
    printer, error, further, sensors = frame.raw[2:6]
    cover_open = bool(printer & 0x20)
    if cover_open:
        paper = status.paper
    elif sensors & 0x08:
        paper = Paper.END
    else:
        paper = Paper.NEAR_END if sensors & 0x06 else Paper.OK
    return PrinterStatus(
        online=not printer & 0x08,
        cover_open=cover_open,
        paper=paper,
        cutter_error=bool(error & 0x08),
        error=bool(error & 0x64 or further & 0x0E),
        # What a presenter, a black mark or the voltage has to complain of is in the other byte, and needs a person.
        fault=Fault.RECOVERABLE if further & 0x0E and fault(error) is not Fault.UNRECOVERABLE else fault(error),
        drawer_pin=Level.LOW if printer & 0x04 else Level.HIGH,  # the switch is closed: it pulls the pin down
    )
