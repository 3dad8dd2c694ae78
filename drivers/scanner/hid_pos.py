"""HID-POS: a scanner's reports as frames, by the layout that its own descriptor gives.

Source: HID Point of Sale Usage Tables 1.02, page 8C (Bar Code Scanner); Byte Count is of HID's page Generic Desktop.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.scanner.framing import HALF_FRAME_S, SCAN_BYTES_MAX, Frame, FrameState
from drivers.scanner.hid_pos_descriptor import Field, ReportKind, parse_descriptor

if TYPE_CHECKING:
    from drivers.scanner.hid_pos_descriptor import Descriptor

SCANNER_PAGE = 0x8C
_DECODED_DATA, _DATA_CONTINUED = 0xFE, 0xFF
_SYMBOLOGY_IDENTIFIER = range(0xFB, 0xFE)  # the three characters of the AIM identifier
_GENERIC_DESKTOP, _BYTE_COUNT = 0x01, 0x3B

_IDENTIFIER = re.compile(rb"\][A-Za-z][0-9A-Za-z]")


@dataclass(frozen=True, slots=True)
class ScanReport:
    """Where in one input report a scan is. Without `count` the data is all there is before trailing NULs."""

    data: Field
    count: Field | None
    identifier: tuple[Field, ...]
    continued: Field | None

    def missing(self, body: bytes) -> bool:
        """Return whether the report is too short for what it says it holds."""
        start = self.data.at // 8
        if self.count is None:
            return len(body) <= start
        return self.count.end > 8 * len(body) or start + _value(self.count, body) > len(body) or self._overfull(body)

    def text(self, body: bytes) -> bytes:
        """Return this report's piece of the scan."""
        start = self.data.at // 8
        data = body[start : start + self.data.count]
        return data.rstrip(b"\0") if self.count is None else data[: _value(self.count, body)]

    def aim(self, body: bytes) -> bytes:
        """Return the AIM identifier; empty where the scanner tells none."""
        said = b"".join(body[each.at // 8 : each.end // 8] for each in self.identifier)
        return said if _IDENTIFIER.fullmatch(said) else b""

    def goes_on(self, body: bytes) -> bool:
        """Return whether the next report has more of the same scan."""
        return self.continued is not None and self.continued.end <= 8 * len(body) and _value(self.continued, body) > 0

    def _overfull(self, body: bytes) -> bool:
        return self.count is not None and _value(self.count, body) > self.data.count


@dataclass(frozen=True, slots=True)
class Layout:
    """How a scanner's reports are to be read. `descriptor` also says what may be written to it."""

    reports: dict[int, ScanReport]  # by report number; 0 where the device numbers none
    descriptor: Descriptor


def read_layout(descriptor: bytes) -> Layout | None:
    """Return how to read a device's scans; None: by its descriptor it sends none."""
    parsed = parse_descriptor(descriptor)
    reports: dict[int, ScanReport] = {}
    for data in parsed.fields:
        # Bytes only: a scanner whose characters lie across bytes has never been heard of, nor documented.
        if _is(data, SCANNER_PAGE, _DECODED_DATA) and data.bits == 8 and data.at % 8 == 0:  # noqa: PLR2004 - a byte
            beside = [one for one in parsed.fields if one.kind is data.kind and one.number == data.number]
            reports.setdefault(
                data.number,
                ScanReport(
                    data,
                    _first(beside, _GENERIC_DESKTOP, _BYTE_COUNT),
                    tuple(one for one in beside if _is_identifier(one)),
                    _first(beside, SCANNER_PAGE, _DATA_CONTINUED),
                ),
            )
    return Layout(reports, parsed) if reports else None


class HidPosFramer:
    """Puts reports together to frames: each scan's bytes, its AIM identifier first. Times are seconds of one clock.

    Takes one whole report a `feed`. A scan over several reports that never ends is reported as half.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._bytes = bytearray()
        self._aim = b""
        self._number: int | None = None  # of the report whose scan goes on; None: none does
        self._broken: FrameState | None = None
        self._last_at = 0.0

    @property
    def deadline(self) -> float | None:
        """When `flush` should be called unless more reports come; None: there is nothing to wait for."""
        return None if self._number is None else self._last_at + HALF_FRAME_S

    def feed(self, report: bytes, now: float) -> list[Frame]:
        """Take one input report that is there at `now`; return the frames that are complete."""
        frames: list[Frame] = []
        number, body = self._taken_apart(report)
        read = self._layout.reports.get(number)
        if read is None:  # its state, its settings, its battery
            return frames
        if self._number not in {None, number}:
            frames += self._end(FrameState.HALF)
        if self._number is None:
            self._aim = read.aim(body)
        self._number, self._last_at = number, now
        self._bytes += read.text(body)
        if read.missing(body):
            self._broken = FrameState.HALF
        elif len(self._bytes) > SCAN_BYTES_MAX:
            self._broken = self._broken or FrameState.OVERLONG
            self._bytes.clear()
        return frames if read.goes_on(body) else frames + self._end(self._broken)

    def flush(self, now: float) -> list[Frame]:
        """Return what silence has ended by `now`."""
        if self.deadline is None or now < self.deadline:
            return []
        return self._end(self._broken or FrameState.HALF)

    def _taken_apart(self, report: bytes) -> tuple[int, bytes]:
        if not (self._layout.descriptor.numbered and report):
            return 0, report
        return report[0], report[1:]

    def _end(self, broken: FrameState | None) -> list[Frame]:
        data = bytes(self._bytes)
        self._bytes.clear()
        self._number = self._broken = None
        if broken is not None:
            return [Frame(b"", broken)]
        # A suffix, or an identifier before the data, is what some scanners add in this mode, too.
        data = data.removesuffix(b"\n").removesuffix(b"\r")
        if not data.startswith(self._aim):
            data = self._aim + data
        return [Frame(data)] if data else []


def _first(fields: list[Field], page: int, usage: int) -> Field | None:
    return next((one for one in fields if _is(one, page, usage)), None)


def _is(one: Field, page: int, usage: int) -> bool:
    return (
        one.kind is not ReportKind.OUTPUT
        and one.kind is not ReportKind.FEATURE
        and (one.page, one.usage)
        == (
            page,
            usage,
        )
    )


def _is_identifier(one: Field) -> bool:
    whole = one.bits == 8 and one.at % 8 == 0  # noqa: PLR2004 - a byte
    return whole and one.page == SCANNER_PAGE and one.usage in _SYMBOLOGY_IDENTIFIER


def _value(one: Field, body: bytes) -> int:
    """Return a field's first element."""
    return int.from_bytes(body, "little") >> one.at & ((1 << one.bits) - 1)
