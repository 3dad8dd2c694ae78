"""python-escpos alone, printing what our layout has laid out already: the same words, pictures and codes."""

from __future__ import annotations

import base64
import contextlib
import io
from typing import Any

from drivers.printer.document import Barcode, Cut, Document, Feed, Image, Row, Rule, Text
from drivers.printer.layout import lay_out

COLUMNS = 48
PROFILE = "TM-T20II"  # an 80 mm printer in its database, with the paper's width and the euro's code pages


def script(document: Document) -> list[list[Any]]:
    """Return the document as calls of python-escpos': JSON values, so that another process can make them."""
    calls: list[list[Any]] = []
    for item in document.items:
        match item:
            case Text() | Row() | Rule():
                calls += [
                    ["line", line.text, str(line.align), line.bold, line.width, line.height]
                    for line in lay_out(item, COLUMNS)
                ]
            case Feed():
                calls.append(["feed", item.lines])
            case Image():
                calls.append(["image", base64.b64encode(item.png).decode()])
            case Barcode():
                calls.append(["barcode", item.data, item.height])
            case Cut():
                calls.append(["cut"])
            case _:
                raise AssertionError(f"no receipt holds a {type(item).__name__}")
    return calls


def printer() -> Any:
    """Return its printer that keeps the bytes."""
    from escpos.printer import Dummy

    return Dummy(profile=PROFILE)


def output(dummy: Any, calls: list[list[Any]]) -> bytes:
    """Print one receipt as its documentation shows, setting only what changes; return the bytes."""
    from PIL import Image as Picture

    dummy.clear()
    dummy.hw("INIT")
    style: tuple[Any, ...] = ("left", False, 1, 1)
    for call in calls:
        match call:
            case ["line", text, *wanted]:
                if tuple(wanted) != style:
                    align, bold, width, height = style = tuple(wanted)
                    if width == height == 1:
                        dummy.set(align=align, bold=bold, normal_textsize=True)
                    else:
                        dummy.set(align=align, bold=bold, custom_size=True, width=width, height=height)
                dummy.textln(text)
            case ["feed", lines]:
                dummy.print_and_feed(lines)
            case ["image", png]:
                with Picture.open(io.BytesIO(base64.b64decode(png))) as picture:
                    dummy.image(picture, center=True)
            case ["barcode", content, height]:
                with contextlib.redirect_stdout(io.StringIO()):  # it prints how it draws
                    dummy.barcode("{B" + content, "CODE128", height=height, function_type="B")
            case ["cut"]:
                dummy.cut(mode="PART")
    return bytes(dummy.output)
