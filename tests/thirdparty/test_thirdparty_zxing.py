"""zxing-cpp reads back from the paper what we print, in every dialect."""

from __future__ import annotations

import io
import string

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from drivers.printer.dialects import DIALECTS
from drivers.printer.document import QR, Barcode, Cut, Document, Feed, Symbology, Text
from drivers.printer.escpos import Fence, FenceKind
from drivers.printer.settings import DialectName, PrinterSettings
from drivers.simulated.star import simulated_printer

FENCES = {DialectName.ESCPOS: FenceKind.GS_R}
CODE39 = string.digits + string.ascii_uppercase + "-. $/+%"
CODE128 = "".join(chr(byte) for byte in range(0x20, 0x7F))
dialects = pytest.mark.parametrize("speaks", DialectName)


def _read(speaks: DialectName, *items: Barcode | QR | Text) -> list[tuple[str, str]]:
    """Print these and return what a scanner finds on the paper."""
    chosen = PrinterSettings(speaks=speaks)
    spaced = [part for item in items for part in (item, Feed(2))]
    fence = FENCES.get(speaks, FenceKind.ETB)
    commands = DIALECTS[speaks].encode(Document((*spaced, Cut())), chosen.dialect())
    job = DIALECTS[speaks].job(commands, chosen.dialect(), Fence(fence, 1), Fence(fence, 2))
    machine = simulated_printer(speaks, chosen.columns)
    machine.preload(job.opening + b"".join(job.slices))
    picture = Image.open(io.BytesIO(machine.picture(machine.receipts[-1])))
    return [(code.format.name, code.text) for code in zxingcpp.read_barcodes(picture)]


@dialects
def test_every_kind_of_code_on_one_receipt(speaks: DialectName) -> None:
    codes = (
        ("EAN13", Barcode(Symbology.EAN13, "4006381333931")),
        ("EAN8", Barcode(Symbology.EAN8, "96385074")),
        ("EAN13", Barcode(Symbology.UPCA, "042100005264")),  # the same bars as of an EAN-13 that begins with 0
        ("Code39", Barcode(Symbology.CODE39, "TILL-1")),
        ("Code128", Barcode(Symbology.CODE128, "till-1-000042")),
        ("QRCode", QR("https://example.com/receipts/till-1-000042?tax=1,23")),
    )
    wanted = [(name, code.data.zfill(13) if name == "EAN13" else code.data) for name, code in codes]
    assert sorted(_read(speaks, Text("a receipt"), *(code for _, code in codes))) == sorted(wanted)


@dialects
@settings(max_examples=8, deadline=None)
@given(text=st.text(CODE128, min_size=1, max_size=14).filter(lambda text: text == text.strip()))
def test_any_code128_that_fits(speaks: DialectName, text: str) -> None:
    assert _read(speaks, Barcode(Symbology.CODE128, text)) == [("Code128", text)]


@dialects
@settings(max_examples=8, deadline=None)
@given(text=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x17F), min_size=1, max_size=120))
def test_any_qr_code(speaks: DialectName, text: str) -> None:
    assert _read(speaks, QR(text)) == [("QRCode", text)]
