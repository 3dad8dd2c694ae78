"""What a `[[scanner]]` section cannot say by its fields alone: which keys belong to which kind of port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.config.problems import Finding, shown
from agent.config.tables import named
from drivers.scanner.commands import Family

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.config.problems import Loc

_NO_SCANNER = ("usb", "spool")  # what printers have
_INSTEAD = {
    "printer": "write the printer's usb://, serial:// or tcp:// port",
    "drawer": 'write its serial or HID port, like port = "serial://COM3"',
}


def scanners(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield what does not fit in the `[[scanner]]` sections, and ports of wedges in other ones."""
    for kind, instead in _INSTEAD.items():
        for loc, port in named(raw, kind, "port"):
            if port.startswith("evdev:"):
                yield Finding(loc, f"{shown(port)}, which is for scanners that type", instead)
    for loc, port in named(raw, "scanner", "port"):
        yield from _scanner(loc[:2], raw["scanner"][loc[1]], port.partition(":")[0])


def _scanner(loc: Loc, table: dict[str, Any], scheme: str) -> Iterator[Finding]:
    if scheme in _NO_SCANNER:
        yield Finding(
            (*loc, "port"),
            f"{shown(table['port'])}, where no scanner is",
            "switch the scanner to USB-COM or HID-POS (its manual has the barcode) and write its serial:// or hid://"
            " port",
        )
    if "keyboard" in table and scheme != "evdev":
        yield Finding(
            (*loc, "keyboard"),
            shown(table["keyboard"]),
            "leave keyboard out: it is for a scanner that types, on an evdev:// port",
        )
    if "suffix" in table and scheme == "hid":
        yield Finding(
            (*loc, "suffix"), shown(table["suffix"]), "leave suffix out: a HID-POS scanner says where a code ends"
        )
    yield from _family(loc, table.get("family"), scheme)


def _family(loc: Loc, family: object, scheme: str) -> Iterator[Finding]:
    if family not in list(Family):
        return  # none, or the section itself says so
    if scheme == "evdev":
        yield Finding((*loc, "family"), shown(family), "leave family out: a scanner that types takes no commands")
    elif (family == Family.HID_POS) is not (scheme == "hid"):
        right = '"hid_pos"' if scheme == "hid" else '"datalogic" or "cipherlab"'
        yield Finding((*loc, "family"), f"{shown(family)} on a {scheme}:// port", f"write {right}, or leave family out")
