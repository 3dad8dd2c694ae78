"""What a scanner can be told, by family: only what its maker documents, and only where a person named the family. Pure.

Sources: Datalogic Magellan 9300i product reference guide, appendix E, and Magellan 800i, appendix F (RS-232 and
USB-COM; PSC's older scanners have the same letters); CipherLab 1663 series, appendix II; HID Point of Sale Usage
Tables 1.02, page 8C, for a scanner whose descriptor says that it takes them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.scanner.hid_pos_descriptor import Descriptor, Field

NOT_ON_FILE_S = 1.5  # "a long series of beeps"; then a Datalogic that stays disabled until told is told


class Family(StrEnum):
    """Whose commands a scanner knows."""

    DATALOGIC = "datalogic"  # and PSC, on a serial port or USB-COM
    CIPHERLAB = "cipherlab"  # on a serial port or USB-COM
    HID_POS = "hid_pos"  # any, as far as its report descriptor goes


class Command(StrEnum):
    """What it may be told."""

    BEEP = "beep"  # as after a good read
    NOT_ON_FILE = "not_on_file"  # the tone for a code that nobody knows
    DISABLE = "disable"  # reads nothing until enabled
    ENABLE = "enable"


_SERIAL = {
    Family.DATALOGIC: {
        Command.BEEP: b"\x01",  # sounds even where the beep is set off, unlike B
        Command.NOT_ON_FILE: b"F",
        Command.DISABLE: b"D",
        Command.ENABLE: b"E",
    },
    Family.CIPHERLAB: {Command.BEEP: b"#@////\r", Command.DISABLE: b"D", Command.ENABLE: b"E"},
}
# A Magellan 800i reads nothing after F until it hears E; the others beep and go on.
DEAF_AFTER_NOT_ON_FILE = frozenset({Family.DATALOGIC})

_PREVENT_READ = 0x5F
_USAGES = {Command.BEEP: 0x86, Command.NOT_ON_FILE: 0x87, Command.DISABLE: _PREVENT_READ, Command.ENABLE: _PREVENT_READ}
# What may stand in one report with a command: nothing of it is a setting that a zero would change.
_MOMENTARY = frozenset({0x5E, _PREVENT_READ, 0x60, 0x85, 0x86, 0x87})


def serial_command(family: Family, command: Command) -> bytes | None:
    """Return what to send to a serial scanner; None: its family has no such command."""
    return _SERIAL.get(family, {}).get(command)


def hid_command(descriptor: Descriptor, command: Command, *, disabled: bool) -> bytes | None:
    """Return the output report for a HID-POS scanner, its number first; None: its descriptor has no such command.

    `disabled` is what the scanner is to be meanwhile: its bit may share the report.
    """
    from drivers.scanner.hid_pos import SCANNER_PAGE  # only for scanners in that mode
    from drivers.scanner.hid_pos_descriptor import ReportKind

    for one in descriptor.fields:
        if one.kind is ReportKind.OUTPUT and (one.page, one.usage) == (SCANNER_PAGE, _USAGES[command]):
            beside = [each for each in descriptor.fields if each.kind is one.kind and each.number == one.number]
            if all(each.page == SCANNER_PAGE and each.usage in _MOMENTARY for each in beside):
                on = {_USAGES[command]: command is not Command.ENABLE}
                return _report(descriptor, beside, on={_PREVENT_READ: disabled} | on)
    return None


def _report(descriptor: Descriptor, fields: list[Field], *, on: dict[int, bool]) -> bytes:
    kind, number = fields[0].kind, fields[0].number
    bits = sum(1 << one.at for one in fields if on.get(one.usage, False))
    return bytes([number]) + bits.to_bytes(descriptor.lengths[kind, number], "little")
