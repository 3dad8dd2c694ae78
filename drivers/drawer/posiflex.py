"""Posiflex' USB HID drawers (CR-4000 series): commands and the status report. Pure.

Reports of 120 bytes with no number of their own. The drawer's own number, 0 to 7 by its switches, is the last digit
of its product id (0d3a:0200 to 0207) and stands in every report. Source: the protocol as posiflex-hidcd 1.0.0 notes
it from a CR-4115; commands D0 to FF are never made here, one of them ends in the boot loader.
"""

from __future__ import annotations

from drivers.printer.status import Level

REPORT_BYTES = 120
NUMBERS = range(8)
OPEN_LEVEL = Level.LOW  # bit 0 of the status is 1 while it is closed
_NO_REPORT_NUMBER = b"\0"  # what hidapi wants before a report of a device that numbers none


def drawer_number(target: str) -> int | None:
    """Return the drawer's number from its USB numbers, `0d3a:0207`; None: it is no such drawer."""
    vendor, product = target.lower().split(":")
    if vendor != "0d3a" or not product.startswith("020"):
        return None
    number = int(product[3], 16)
    return number if number in NUMBERS else None


def open_report(number: int) -> bytes:
    """Return what opens the drawer."""
    return _report(number, number)


def status_report(number: int) -> bytes:
    """Return what asks for the status."""
    return _report(number, number + 1)


class StatusReader:
    """Reads the drawer's reports, whole or in the pieces of a short transfer."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._pending = bytearray()

    def feed(self, received: bytes) -> list[Level]:
        """Return the switch's level from each report that these bytes complete; not from one of another drawer."""
        self._pending += received
        levels = []
        while len(self._pending) >= REPORT_BYTES:
            status = self._pending[0]
            del self._pending[:REPORT_BYTES]
            if status >> 4 == self._number:
                levels.append(Level.HIGH if status & 0x01 else Level.LOW)
        return levels

    def restart(self) -> None:
        """Forget the beginning of a report whose end did not come."""
        self._pending.clear()


def _report(number: int, command: int) -> bytes:
    return _NO_REPORT_NUMBER + bytes((number, command)).ljust(REPORT_BYTES, b"\0")
