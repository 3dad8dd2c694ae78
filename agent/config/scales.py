"""What `[[scale]]` and `[[display]]` sections cannot say by their fields alone: where one can be, its code page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.config.problems import Finding, shown
from agent.config.tables import named
from drivers.display.speech import DisplaySettings

if TYPE_CHECKING:
    from collections.abc import Iterator

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
