"""A HID device's report descriptor, as fields: which bits of which report mean what. Pure; raises nothing on any bytes.

Source: USB Device Class Definition for HID 1.11, sections 6.2.2 (items) and 8.4 (how reports are laid out).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

DESCRIPTOR_BYTES_MAX = 4096  # what hidraw hands out at all; a scanner's has some 100 to 800
REPORT_BITS_MAX = 8 * 4096  # the longest report that is read in one piece
USAGES_MAX = 256  # of one range; the scanners' page has no more in all

_LONG_ITEM = 0xFE
_MAIN, _GLOBAL, _LOCAL = 0, 1, 2
_KINDS = {8: "input", 9: "output", 11: "feature"}  # main items that lay out bits
_REPORT_ID = 8  # a global item
_USAGE, _USAGE_MIN, _USAGE_MAX = 0, 1, 2  # local items
_CONSTANT = 0x01  # of a main item: padding
_WITH_PAGE = 4  # bytes of a usage that names its page itself
_DEPTH_MAX = 16  # of pushed states; descriptors push once or twice


class ReportKind(StrEnum):
    """Which way a report goes."""

    INPUT = "input"
    OUTPUT = "output"
    FEATURE = "feature"


@dataclass(frozen=True, slots=True)
class Field:
    """A run of equal elements in a report. `at` is its first bit, the report's number not counted."""

    kind: ReportKind
    number: int  # the report's; 0 where the device numbers none
    page: int
    usage: int
    at: int
    bits: int  # of each element
    count: int

    @property
    def end(self) -> int:
        """The bit behind it."""
        return self.at + self.bits * self.count


@dataclass(frozen=True, slots=True)
class Descriptor:
    """All fields of a device. `numbered`: each report begins with its number."""

    fields: tuple[Field, ...]
    numbered: bool
    lengths: dict[tuple[ReportKind, int], int]  # of each report, in bytes, its number not counted


class _Item(NamedTuple):
    type: int
    tag: int
    data: bytes

    @property
    def value(self) -> int:
        return int.from_bytes(self.data, "little")


@dataclass(frozen=True, slots=True)
class _Globals:
    page: int = 0
    bits: int = 0
    count: int = 0
    number: int = 0


@dataclass(slots=True)
class _Locals:
    """The usages of the next main item, each with its page where it names one."""

    usages: list[tuple[int | None, int]] = field(default_factory=list)
    lowest: tuple[int | None, int] | None = None

    def take(self, item: _Item) -> None:
        page = item.value >> 16 if len(item.data) == _WITH_PAGE else None
        usage = page, item.value & 0xFFFF
        if item.tag == _USAGE:
            self.usages.append(usage)
        elif item.tag == _USAGE_MIN:
            self.lowest = usage
        elif item.tag == _USAGE_MAX and self.lowest is not None:
            page, first = self.lowest
            last = min(usage[1], first + USAGES_MAX)
            self.usages += [(page, number) for number in range(first, last + 1)]
            self.lowest = None


def parse_descriptor(data: bytes) -> Descriptor:
    """Read a report descriptor as far as it can be read."""
    now, pushed, local = _Globals(), list[_Globals](), _Locals()
    fields: list[Field] = []
    ends: dict[tuple[ReportKind, int], int] = {}
    numbered = False
    for item in _items(data[:DESCRIPTOR_BYTES_MAX]):
        if item.type == _GLOBAL:
            numbered = numbered or item.tag == _REPORT_ID
            now = _global(item, now, pushed)
        elif item.type == _LOCAL:
            local.take(item)
        elif item.type == _MAIN:
            if item.tag in _KINDS:
                kind = ReportKind(_KINDS[item.tag])
                at = ends.get((kind, now.number), 0)
                if at + now.bits * now.count > REPORT_BITS_MAX:
                    break
                ends[kind, now.number] = at + now.bits * now.count
                if not item.value & _CONSTANT:
                    fields += _fields(kind, now, local, at)
            local = _Locals()
    return Descriptor(tuple(fields), numbered, {report: (end + 7) // 8 for report, end in ends.items()})


def _items(data: bytes) -> list[_Item]:
    items, at = [], 0
    while at < len(data):
        prefix = data[at]
        if prefix == _LONG_ITEM:  # reserved for the future: passed over
            at += 3 + (data[at + 1] if at + 1 < len(data) else 0)
            continue
        size = (0, 1, 2, 4)[prefix & 0x03]
        if at + 1 + size > len(data):
            break
        items.append(_Item(prefix >> 2 & 0x03, prefix >> 4, data[at + 1 : at + 1 + size]))
        at += 1 + size
    return items


def _global(item: _Item, now: _Globals, pushed: list[_Globals]) -> _Globals:
    match item.tag:
        case 0:  # usage page
            return replace(now, page=item.value & 0xFFFF)
        case 7:  # report size
            return replace(now, bits=item.value)
        case 8:  # report id
            return replace(now, number=item.value & 0xFF)
        case 9:  # report count
            return replace(now, count=item.value)
        case 10 if len(pushed) < _DEPTH_MAX:  # push
            pushed.append(now)
        case 11 if pushed:  # pop
            return pushed.pop()
    return now


def _fields(kind: ReportKind, now: _Globals, local: _Locals, at: int) -> list[Field]:
    """Return one field of all elements where they share a usage, else one each; the last usage goes for the rest."""
    usages = [(now.page if page is None else page, usage) for page, usage in local.usages[: now.count]]
    if not usages or not now.bits:
        return []
    counts = [1] * (len(usages) - 1) + [now.count - len(usages) + 1]
    found = []
    for (page, usage), count in zip(usages, counts, strict=True):
        found.append(Field(kind, now.number, page, usage, at, now.bits, count))
        at = found[-1].end
    return found
