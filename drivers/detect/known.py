"""Who makes what: USB vendor and product numbers of the things that stand on a counter. A table, and what it is worth.

Vendors: the public list of USB ids (usb.ids) and the makers' own Linux udev rules. Products marked as clones': what
many programs for receipt printers open them by; such a number belongs to a chip, and is in other things, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from drivers.detect.found import Kind, Sure

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Known:
    """What a number stands for. `family` names the scanner's maker where its programming barcodes are known."""

    kind: Kind
    sure: Sure
    what: str
    family: str | None = None


def _scanner(what: str, family: str | None = None) -> Known:
    return Known(Kind.SCANNER, Sure.PROBABLE, what, family)


def _printer(what: str, sure: Sure = Sure.PROBABLE) -> Known:
    return Known(Kind.PRINTER, sure, what)


def _adapter(what: str) -> Known:
    return Known(Kind.ADAPTER, Sure.PROBABLE, what)


VENDORS: Mapping[int, Known] = MappingProxyType(
    {
        0x0536: _scanner("Honeywell (Hand Held Products)", "honeywell"),
        0x05E0: _scanner("Zebra (Symbol)", "zebra"),
        0x05F9: _scanner("Datalogic (PSC)", "datalogic"),
        0x065A: _scanner("Opticon", "opticon"),
        0x067E: _scanner("Honeywell (Intermec)", "honeywell"),
        0x0C2E: _scanner("Honeywell (Metrologic)", "honeywell"),
        0x1EAB: _scanner("Newland", "newland"),
        0x04B8: _printer("Epson"),
        0x0519: _printer("Star Micronics"),
        0x0AA7: _printer("Wincor Nixdorf", Sure.POSSIBLE),
        0x0DD4: _printer("Custom Engineering"),
        0x1504: _printer("Bixolon"),
        0x154F: _printer("SNBC"),
        0x1D90: _printer("Citizen"),
        0x0D3A: Known(Kind.UNKNOWN, Sure.POSSIBLE, "Posiflex"),
        0x0EB8: Known(Kind.SCALE, Sure.PROBABLE, "Mettler Toledo"),
        0x0801: Known(Kind.CARD_READER, Sure.PROBABLE, "MagTek"),
        0x0ACD: Known(Kind.CARD_READER, Sure.PROBABLE, "ID TECH"),
    }
)

PRODUCTS: Mapping[tuple[int, int], Known] = MappingProxyType(
    {
        **{(0x0D3A, 0x0200 | at): Known(Kind.DRAWER, Sure.PROBABLE, "Posiflex CR-4000") for at in range(8)},
        (0x0403, 0x6001): _adapter("FTDI FT232"),
        (0x0403, 0x6015): _adapter("FTDI FT-X"),
        (0x067B, 0x2303): _adapter("Prolific PL2303"),
        (0x10C4, 0xEA60): _adapter("Silicon Labs CP210x"),
        (0x1A86, 0x5523): _adapter("QinHeng CH341"),
        (0x1A86, 0x7523): _adapter("QinHeng CH340"),
        (0x0416, 0x5011): _printer("one of the many printers with a Winbond chip", Sure.POSSIBLE),
        (0x0483, 0x5743): _printer("one of the many printers with an ST chip", Sure.POSSIBLE),
        (0x0FE6, 0x811E): _printer("one of the many printers sold as Xprinter, Rongta and others", Sure.POSSIBLE),
        (0x1FC9, 0x2016): _printer("one of the many printers with an NXP chip", Sure.POSSIBLE),
        (0x28E9, 0x0289): _printer("one of the many printers with a GigaDevice chip", Sure.POSSIBLE),
        (0x6868, 0x0200): _printer("one of the many printers sold as Zjiang and others", Sure.POSSIBLE),
    }
)


def known(vendor: int | None, product: int | None) -> Known | None:
    """Return what is known of a device by its numbers; None: nothing is."""
    if vendor is None or product is None:
        return None
    return PRODUCTS.get((vendor, product)) or VENDORS.get(vendor)
