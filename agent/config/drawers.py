"""What a `[[drawer]]` section cannot say by its fields alone: one way to open it, and the keys that belong to that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.config.problems import Finding, shown
from agent.config.tables import named
from drivers.errors import PortUrlInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.config.problems import Loc

_OF_A_PORT = ("command", "sense", "power")
_OF_A_LINE = ("sense", "power")
_NO_DRAWER = ("usb", "file", "spool")  # what printers have
_NO_HID = {"printer": "write the printer's usb://, serial:// or tcp:// port"}


def drawers(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield what does not fit in the `[[drawer]]` sections, and ports of drawers in other ones."""
    for kind, instead in _NO_HID.items():
        for loc, port in named(raw, kind, "port"):
            if port.startswith("hid:"):
                yield Finding(loc, f"{shown(port)}, which is for drawers", instead)
    tables = raw.get("drawer")
    if not isinstance(tables, list):
        return
    for index, table in enumerate(tables):
        if isinstance(table, dict):
            yield from _drawer(("drawer", index), table)


def _drawer(loc: Loc, table: dict[str, Any]) -> Iterator[Finding]:
    if "printer" in table and "port" in table:
        yield Finding(
            (*loc, "port"),
            "both printer and port",
            "keep one: printer where the drawer's cable goes into the receipt printer, port where it goes into this PC",
        )
    elif "printer" in table:
        yield from _misplaced(loc, table, _OF_A_PORT, "a drawer with a port of its own")
    elif "port" not in table:
        yield Finding(
            loc,
            "neither printer nor port",
            'write printer = "receipt" where the drawer is plugged into the receipt printer, or its own port, like'
            ' port = "serial://COM3"',
        )
    else:
        yield from _misplaced(loc, table, ("pin",), "a drawer on a printer")
        if isinstance(table["port"], str):
            yield from _port(loc, table, table["port"])


def _port(loc: Loc, table: dict[str, Any], port: str) -> Iterator[Finding]:
    scheme = port.partition(":")[0]
    if scheme in _NO_DRAWER:
        yield Finding(
            (*loc, "port"),
            f"{shown(port)}, where no drawer is",
            'write its serial or HID port, like port = "serial://COM3"; for one on a printer write printer = "receipt"',
        )
    if scheme != "hid":
        return
    from drivers.drawer.talk import talk_for  # only for stores with a drawer like that

    yield from _misplaced(loc, table, _OF_A_LINE, "a drawer on a serial port")
    try:
        known = talk_for(port) is not None
    except PortUrlInvalid:
        return  # the section itself says so
    if not known and "command" not in table:
        yield Finding(
            (*loc, "port"),
            f"{shown(port)}, a HID drawer that is not known",
            'add the report that opens it, by its manual, like command = "00 01", its number first;'
            " or use the drawer's serial mode",
        )


def _misplaced(loc: Loc, table: dict[str, Any], keys: tuple[str, ...], where: str) -> Iterator[Finding]:
    for key in keys:
        if key in table:
            yield Finding((*loc, key), shown(table[key]), f"leave {key} out: it is for {where}")
