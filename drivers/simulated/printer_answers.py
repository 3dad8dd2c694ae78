"""A printer's status as the bytes it answers with. Pure. Source: Epson's ESC/POS reference, `DLE EOT` and `GS a`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.simulated.printer_model import Condition


def real_time_status(n: int, now: Condition) -> bytes:
    """Return the answer to `DLE EOT n`, n from 1 to 4."""
    bits = {
        1: 0x04 * now.pin_high | 0x08 * now.offline,
        2: 0x04 * now.cover_open | 0x20 * now.paper_out | 0x40 * (now.cutter_stuck or now.overheated),
        3: 0x08 * now.cutter_stuck | 0x40 * now.overheated,
        4: 0x0C * (now.paper_low or now.paper_out) | 0x60 * now.paper_out,
    }
    return bytes([0x12 | bits[n]])


def automatic_report(now: Condition) -> bytes:
    """Return the four bytes of an automatic report (`GS a`)."""
    return bytes(
        (
            0x10 | 0x04 * now.pin_high | 0x08 * now.offline | 0x20 * now.cover_open,
            0x08 * now.cutter_stuck | 0x40 * now.overheated,
            0x03 * (now.paper_low or now.paper_out) | 0x0C * now.paper_out,
            0x0F,
        )
    )


def paper_sensors(now: Condition) -> bytes:
    """Return the answer to `GS r 1`."""
    return bytes([0x03 * now.paper_low | 0x0C * now.paper_out])


def drawer_sensor(now: Condition) -> bytes:
    """Return the answer to `GS r 2`."""
    return bytes([now.pin_high])
