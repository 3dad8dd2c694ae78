"""Receipt rendering: a document of 30 lines becomes a printer's bytes, against python-escpos alone."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bench import escpos_peer
from bench.rounds import Contender, Role, in_turns
from drivers.printer.document import Cut, Document, Image, Row, to_json
from drivers.printer.escpos import Fence, FenceKind, encode, job
from drivers.printer.settings import PrinterSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.effort import Effort
    from bench.rounds import Figure, Samples
    from drivers.printer.escpos import Dialect

LINES = 30
FIRSTS = 3  # fresh processes a side: their imports take most of a second each
LOGO_DOTS = (400, 160)
LONG_LINES = 526  # with the logo and the cutter's distance 2 m of paper, at 8 dots a millimetre and 30 a line


async def measure(_folder: Path, effort: Effort) -> list[Figure]:
    """Measure plain text, a German receipt, that with a logo, one in other letters; the first of a process, and 2 m."""
    found: list[Figure] = []
    cases = (("ASCII", False, None), ("umlauts and €", True, None), ("umlauts, € and a logo", True, logo()))
    for name, german, picture in cases:
        found += await in_turns(
            f"receipt: {LINES} lines, {name}", _contenders(effort, german=german, picture=picture), effort.rounds
        )
    dialect = PrinterSettings().dialect()
    found += await in_turns(
        f"receipt: {LINES} lines, names in Cyrillic on a Latin page: a picture each",
        [
            Contender(
                "document to bytes, drawn before",
                Role.OURS,
                partial(_block, effort, lambda: rendered(_long(LINES, "Молоко"), dialect)),
            ),
            Contender(
                "document to bytes, drawn anew",
                Role.OURS,
                partial(_block, effort, lambda: rendered(_long(LINES, "Молоко"), PrinterSettings().dialect())),
            ),
        ],
        effort.rounds,
    )
    document = _document(_body(german=True), logo())
    first = [
        Contender(
            "first of a process: imports, profile, encode", Role.OURS, partial(_first, "ours", to_json(document))
        ),
        Contender("python-escpos likewise", Role.PEER, partial(_first, "escpos", escpos_peer.script(document))),
    ]
    found += await in_turns(
        f"receipt: {LINES} lines, umlauts, € and a logo, cold", first, min(FIRSTS, effort.rounds), warm=False
    )
    text, drawn = ((_long(LINES, name), _long(LONG_LINES, name)) for name in ("Milch, süß", "Молоко"))
    held = [
        Contender(
            "the most memory held, from document to bytes",
            Role.OURS,
            partial(_held, "ours", [to_json(document) for document in text]),
        ),
        Contender(
            "likewise, each line a picture",
            Role.OURS,
            partial(_held, "ours", [to_json(document) for document in drawn]),
        ),
        Contender(
            "python-escpos", Role.PEER, partial(_held, "escpos", [escpos_peer.script(document) for document in text])
        ),
    ]
    return found + await in_turns(
        f"receipt: 2 m, {LONG_LINES} lines and a logo", held, min(FIRSTS, effort.rounds), warm=False
    )


def rendered(document: Document, dialect: Dialect) -> bytes:
    """Return what goes to the printer, fences and all."""
    start, end = Fence(FenceKind.GS_R, 1), Fence(FenceKind.GS_R, 2)
    ready = job(encode(document, dialect), dialect, start, end)
    return ready.opening + b"".join(ready.slices)


def german(picture: bytes | None) -> Document:
    """Return a German receipt, with or without a picture."""
    return _document(_body(german=True), picture)


def logo() -> bytes:
    """Return a shop's logo as a PNG: black on white, with letters and a curve."""
    from PIL import Image, ImageDraw

    picture = Image.new("L", LOGO_DOTS, 255)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((10, 10, 150, 150), fill=0)
    draw.ellipse((40, 40, 120, 120), fill=255)
    draw.text((180, 60), "Corner Shop", fill=0, font_size=32)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _contenders(effort: Effort, *, german: bool, picture: bytes | None) -> list[Contender]:
    body = _body(german=german)
    document = _document(body, picture)
    dialect = PrinterSettings().dialect()
    dummy, calls = escpos_peer.printer(), escpos_peer.script(document)
    text = "\n".join(call[1] for call in calls if call[0] == "line")
    return [
        Contender("document to bytes", Role.OURS, partial(_block, effort, lambda: rendered(document, dialect))),
        Contender(
            "record to document to bytes",
            Role.OURS,
            partial(_block, effort, lambda: rendered(_document(body, picture), dialect)),
        ),
        Contender(
            "python-escpos' Dummy, lines laid out already",
            Role.PEER,
            partial(_block, effort, lambda: escpos_peer.output(dummy, calls)),
        ),
        Contender(
            "str.encode of the laid out text alone", Role.LIMIT, partial(_block, effort, lambda: text.encode("cp858"))
        ),
    ]


def _body(*, german: bool) -> dict[str, Any]:
    from bench import shop

    return shop.record_body(LINES, german=german)


def _document(body: dict[str, Any], picture: bytes | None) -> Document:
    from agent.receipt import ReceiptStore, receipt_document

    store = ReceiptStore(
        name="Corner Shop",
        header=("Corner Shop", "Main Street 1"),
        footer=("Thank you",),
        locale="de_DE" if body["lines"][0]["name"].startswith("M") else "en_GB",
        timezone=ZoneInfo("Europe/Berlin"),
    )
    return receipt_document(body, store, copy=False, logo=picture)


def _long(lines: int, name: str) -> Document:
    """Return a receipt of rows alone, each other than the one before."""
    rows = (Row(f"{name} {number}", f"{number % 90},{number % 90 + 10} €") for number in range(lines))
    return Document((Image(logo()), *rows, Cut()))


async def _block(effort: Effort, render: Callable[[], bytes]) -> Samples:
    samples = []
    said = b""
    for _ in range(effort.receipts):
        started = time.perf_counter()
        said = render()
        samples.append((time.perf_counter() - started) * 1e6)
    return {"µs": samples, "bytes": [len(said)]}


async def _first(who: str, receipt: list[Any]) -> Samples:
    took_ms, size = await _process("bench.first_receipt", who, receipt)
    return {"ms": [took_ms], "bytes": [size]}


async def _held(who: str, receipts: list[Any]) -> Samples:
    most_kib, size = await _process("bench.long_receipt", who, receipts)
    return {"KiB": [most_kib], "bytes": [size]}


async def _process(module: str, who: str, receipt: list[Any]) -> list[float]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        who,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate(json.dumps(receipt).encode())
    found: list[float] = json.loads(said)
    return found
