"""What `[[scale]]` and `[[display]]` sections cannot say by their fields alone: where one can be, its code page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.config.problems import Finding, shown
from agent.config.tables import named
from drivers.display.speech import DisplayProtocol, DisplaySettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.config.problems import Loc

_NOT_THERE = {
    "scale": ("usb", "hid", "file", "spool"),  # a scale has to answer, as bytes on a line
    "display": ("usb", "hid", "spool"),
}


def scales_and_displays(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield what does not fit in these sections."""
    for kind, schemes in _NOT_THERE.items():
        for loc, port in named(raw, kind, "port"):
            if port.partition(":")[0] in schemes:
                yield Finding(
                    loc,
                    f"{shown(port)}, where no {kind} is",
                    'write its serial port, like port = "serial:///dev/ttyUSB0?baud=9600", or its tcp:// address',
                )
    tables = raw.get("display")
    for index, table in enumerate(tables if isinstance(tables, list) else ()):
        if isinstance(table, dict):
            yield from _way(("display", index), table, raw)
        if not isinstance(table, dict) or not isinstance(table.get("code_page"), str):
            continue
        number = table.get("code_page_number")
        try:
            _ = DisplaySettings(
                code_page=table["code_page"], code_page_number=number if isinstance(number, int) else None
            ).page
        except ValueError as error:
            yield Finding(
                ("display", index, "code_page"),
                shown(table["code_page"]),
                str(error).partition("; ")[2].replace("printer's", "display's"),
            )


def _way(loc: Loc, table: dict[str, Any], raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield what does not fit in how a display is reached: a port of its own, or the printer it is plugged into."""
    if ("port" in table) is ("printer" in table):
        yield Finding(
            loc,
            "both printer and port" if "port" in table else "neither printer nor port",
            'write one: printer = "receipt" where the display is plugged into the receipt printer, or its own port,'
            ' like port = "serial:///dev/ttyUSB1?baud=9600"',
        )
    if "printer" not in table:
        return
    if table.get("protocol", DisplayProtocol.ESCPOS) != DisplayProtocol.ESCPOS:
        yield Finding(
            (*loc, "protocol"),
            shown(table["protocol"]),
            'leave it out: displays on a printer speak "escpos"; another language would not let the printer go again',
        )
    others = [other for other in raw["display"] if isinstance(other, dict) and other is not table]
    if any(other.get("printer") == table["printer"] for other in others):
        yield Finding((*loc, "printer"), f"{shown(table['printer'])} a second time", "a printer feeds one display")
    for at, name in named(raw, "printer", "name"):
        printer = raw["printer"][at[1]]
        if name != table["printer"] or not isinstance(printer, dict):
            continue
        if str(printer.get("dialect", "escpos")).startswith("star"):
            yield Finding((*loc, "printer"), f"{shown(name)}, a Star", "give the display a port of its own")
        elif str(printer.get("port", "")).startswith("spool:"):
            yield Finding(
                (*loc, "printer"),
                f"{shown(name)}, a print queue",
                "give the printer, or the display, a port of its own",
            )
