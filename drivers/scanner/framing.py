"""From a stream of bytes to frames: what lies between two suffixes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from drivers.scanner.parity import PARITIES, parity_of, with_parity_bits

SCAN_BYTES_MAX = 7_168  # the largest symbol, a QR code of digits, holds 7,089; an identifier comes on top
HALF_FRAME_S = 1.0  # a scanner sends a code in one go; at 300 baud a byte takes 0.04 s
REST_S = 30.0  # a line that stalls in mid-code and goes on does so within this; a TCP line is lost after 25 s
IDLE_FLUSH_S = 0.1  # without a suffix, this much silence ends a frame; a scanner's gaps are below 20 ms
PLUG_IN_S = 1.0  # what a scanner says this soon after opening, and never ends, is the noise of plugging it in

_STX, _ETX = 0x02, 0x03
_NOISE = b"\x00\xff"  # what a line says while it gets its power; no barcode begins with it


class Suffix(StrEnum):
    """What the scanner sends after each code."""

    CR = "cr"
    LF = "lf"
    CRLF = "crlf"
    TAB = "tab"
    NONE = "none"


_ENDS = {
    Suffix.CR: b"\r",
    Suffix.LF: b"\n",
    Suffix.CRLF: b"\r\n",
    Suffix.TAB: b"\t",
}


class FrameState(StrEnum):
    """Whether a frame is what was sent."""

    WHOLE = "whole"
    OVERLONG = "overlong"
    HALF = "half"  # bytes came, then nothing, and no suffix; or what came next, which may be their rest


@dataclass(frozen=True, slots=True)
class Frame:
    """One code's bytes without suffix and prefix; empty unless it is whole."""

    data: bytes
    state: FrameState = FrameState.WHOLE


class Framer:
    """Cuts bytes into frames, the same however they are split over `feed`s. Times are seconds of one clock.

    A scanner with no suffix gets its frames ended by silence; with a suffix, `idle_flush_s` does so too where
    it is configured. Bytes that never end are reported as half, except just after `opened_at`, and so is what
    comes next up to its suffix: the rest of a code must not pass for a code.
    """

    def __init__(
        self, suffix: Suffix = Suffix.CR, *, idle_flush_s: float | None = None, opened_at: float = 0.0
    ) -> None:
        self._end = end = _ENDS.get(suffix)
        self._parity_ends = [(parity, with_parity_bits(end, parity)) for parity in PARITIES] if end else []
        self._flush_s = IDLE_FLUSH_S if self._end is None and idle_flush_s is None else idle_flush_s
        # A scanner set to CR LF is served by either setting: the other half is no part of the next code.
        self._noise = _NOISE + (b"" if self._end is None else b"\r\n")
        self._opened_at = opened_at
        self._bytes = bytearray()
        self._began_at = 0.0
        self._last_at = 0.0
        self._skipping = False  # an overlong frame was reported, and its rest goes by
        self._rest_until: float | None = None  # a half frame was reported, and its rest may come until then

    @property
    def deadline(self) -> float | None:
        """When `flush` should be called unless more bytes come; None: there is nothing to wait for."""
        if not self._bytes and not self._skipping:
            return None
        return self._last_at + (HALF_FRAME_S if self._flush_s is None else self._flush_s)

    def feed(self, data: bytes, now: float) -> list[Frame]:
        """Take bytes that are there at `now`; return the frames that are complete.

        Silence before them ends nothing: only `flush` does, by whoever has looked that nothing is there.
        """
        frames: list[Frame] = []
        if not self._bytes:
            self._began_at = now
            if self._rest_until is not None and now >= self._rest_until:
                self._rest_until = None
        self._last_at = now
        self._bytes += data
        while (cut := self._cut()) is not None:
            frames += cut
            self._began_at = now
        return frames

    def flush(self, now: float) -> list[Frame]:
        """Return what silence has ended by `now`."""
        if self.deadline is None or now < self.deadline:
            return []
        data, skipping = bytes(self._bytes), self._skipping
        self._bytes.clear()
        self._skipping = False
        if self._flush_s is not None:
            return [] if skipping else _frame(data.removesuffix(b"\n").removesuffix(b"\r"))
        if not skipping and self._began_at - self._opened_at < PLUG_IN_S:
            return []
        self._rest_until = now + REST_S
        return [] if skipping else [Frame(b"", FrameState.HALF)]

    def _cut(self) -> list[Frame] | None:
        """Take one frame off the front, or None: there is no whole one."""
        if not self._skipping:
            noise = self._noise if self._rest_until is None else _NOISE  # of a rest, the suffix may be all
            del self._bytes[: len(self._bytes) - len(self._bytes.lstrip(noise))]
        where, length = self._find_end()
        if where < 0:
            if len(self._bytes) > SCAN_BYTES_MAX and not self._skipping:
                self._skipping = True
                self._bytes.clear()
                return [Frame(b"", FrameState.OVERLONG)]
            if self._skipping:
                del self._bytes[: max(0, len(self._bytes) - 1)]  # the last byte may be half a suffix
            return None
        data = bytes(self._bytes[:where])
        del self._bytes[: where + length]
        if self._skipping:
            self._skipping = False
            return []
        if self._rest_until is not None:
            self._rest_until = None
            return [Frame(b"", FrameState.HALF)] if data else []
        if where > SCAN_BYTES_MAX:
            return [Frame(b"", FrameState.OVERLONG)]
        return _frame(data)

    def _find_end(self) -> tuple[int, int]:
        """Return where the first suffix is and how long it is, or (-1, 0)."""
        if self._end is None:
            return -1, 0
        where = self._bytes.find(self._end)
        for parity, end in self._parity_ends:
            if end != self._end:
                high = self._bytes.find(end)
                # A 7E1 scanner's CR is 8D, which is also a piece of some UTF-8 letters.
                if high >= 0 and (where < 0 or high < where) and parity_of(bytes(self._bytes[: high + 1])) == parity:
                    where = high
        return (where, len(self._end)) if where >= 0 else (-1, 0)


def _frame(data: bytes) -> list[Frame]:
    """Return the frame without its STX and ETX; nothing for a suffix alone."""
    if data and data[0] == _STX:
        data = data[1:]
        if data and data[-1] == _ETX:
            data = data[:-1]
    return [Frame(data)] if data else []
