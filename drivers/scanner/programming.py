"""How a scanner is switched to USB-COM or HID-POS: the barcode in its maker's manual, and where in it that stands.

The manuals show these barcodes as pictures, and none says how they are made up. So `barcode` is None throughout: a
drawn guess could set something else in a store's scanner. Fill it in from a manual that says, with its symbology.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.scanner.symbology import Symbology


class Mode(StrEnum):
    """What a scanner may show itself as, instead of a keyboard."""

    USB_COM = "usb_com"
    HID_POS = "hid_pos"


@dataclass(frozen=True, slots=True)
class Barcode:
    """A programming barcode as it is to be drawn."""

    symbology: Symbology
    text: str


@dataclass(frozen=True, slots=True)
class Programming:
    """One switch. `heading` is the barcode's caption in the manual, `chapter` where that is.

    `command` is the same setting as the maker's menu command, where one is known. `seen`: caption and chapter were
    read in a manual (`source`); else they are how the maker usually has them.
    """

    maker: str
    mode: Mode
    chapter: str
    heading: str
    seen: bool
    source: str
    command: str | None = None
    barcode: Barcode | None = None


_HONEYWELL = "Voyager 1602g user's guide, table of contents; the commands as public programs for its scanners have them"
_ZEBRA = "how Zebra's product reference guides (LS2208, DS2208, DS9208) usually name it; not looked up"
_DATALOGIC = "how Datalogic's product reference guides usually name it; not looked up"

PROGRAMMING = (
    Programming("honeywell", Mode.USB_COM, "Programming the Interface", "USB Serial", True, _HONEYWELL, "TRMUSB130"),
    Programming("honeywell", Mode.HID_POS, "Programming the Interface", "USB HID", True, _HONEYWELL, "PAP131"),
    Programming("zebra", Mode.USB_COM, "USB Interface, USB Device Type", "Simple COM Port Emulation", False, _ZEBRA),
    Programming("zebra", Mode.HID_POS, "USB Interface, USB Device Type", "USB HID POS", False, _ZEBRA),
    Programming("datalogic", Mode.USB_COM, "Interface Selection", "USB-COM-STD", False, _DATALOGIC),
    Programming(
        "newland", Mode.USB_COM, "USB Interface", "USB COM Port Emulation", False, "as the next; its caption not seen"
    ),
    Programming("newland", Mode.HID_POS, "USB Interface", "HID-POS", True, "NLS-FM420 integration guide, page 47"),
)


def programming(maker: str) -> tuple[Programming, ...]:
    """Return a maker's switches, USB-COM first; none where nothing is known."""
    return tuple(one for one in PROGRAMMING if one.maker == maker)
