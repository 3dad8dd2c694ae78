"""Which part of a USB device is a printer: its interface, setting and endpoints, from its descriptors.

USB Device Class Definition for Printing Devices 1.1, section 5: class 7, subclass 1, protocol 1 (one way),
2 (two ways) or 3 (IEEE 1284.4 packets, which are not a byte stream).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

PRINTER_CLASS, PRINTER_SUBCLASS = 0x07, 0x01
ONE_WAY, TWO_WAYS = 1, 2
_BULK = 2  # bmAttributes, bits 0 and 1
_IN = 0x80  # bEndpointAddress, bit 7


class Endpoint(Protocol):
    """The fields of an endpoint descriptor that matter here."""

    bEndpointAddress: int  # noqa: N815 - the specification's name
    bmAttributes: int  # noqa: N815 - likewise


class Interface(Protocol):
    """The fields of an interface descriptor that matter here."""

    bInterfaceNumber: int  # noqa: N815 - the specification's name
    bAlternateSetting: int  # noqa: N815 - likewise
    bInterfaceClass: int  # noqa: N815 - likewise
    bInterfaceSubClass: int  # noqa: N815 - likewise
    bInterfaceProtocol: int  # noqa: N815 - likewise

    def endpoints(self) -> Iterable[Endpoint]:
        """Return the endpoints, in the order of the descriptors."""
        ...


@dataclass(frozen=True, slots=True)
class PrinterInterface:
    """Where a printer takes bytes (`out`) and answers (`back`; None: it never does)."""

    number: int
    setting: int
    out: int
    back: int | None


def printer_interface(interfaces: Iterable[Interface]) -> PrinterInterface | None:
    """Choose a printer's interface: one that answers before one that does not. None: there is none."""
    one_way: PrinterInterface | None = None
    for interface in interfaces:
        if (interface.bInterfaceClass, interface.bInterfaceSubClass) != (PRINTER_CLASS, PRINTER_SUBCLASS):
            continue
        if interface.bInterfaceProtocol not in {ONE_WAY, TWO_WAYS}:
            continue
        bulk = [at.bEndpointAddress for at in interface.endpoints() if at.bmAttributes & 3 == _BULK]
        out = next((address for address in bulk if not address & _IN), None)
        if out is None:
            continue
        back = next((address for address in bulk if address & _IN), None)
        if interface.bInterfaceProtocol == ONE_WAY:
            back = None
        found = PrinterInterface(interface.bInterfaceNumber, interface.bAlternateSetting, out, back)
        if back is not None:
            return found
        one_way = one_way or found
    return one_way
