"""What other people's encoders make is printed by our simulated printers as it was meant."""

from __future__ import annotations

import asyncio
import base64
import io
from typing import TYPE_CHECKING

import pytest
import zxingcpp
from PIL import Image

from drivers.simulated.picture import MARGIN, TOOTH
from drivers.simulated.printer import SimulatedPrinter
from drivers.simulated.printer_tokens import TEXT
from drivers.simulated.star import SimulatedStar
from tests.thirdparty import node

if TYPE_CHECKING:
    from drivers.simulated.printer import Receipt

pytestmark = node.needs_packages
NAMES = (
    *(f"receiptline {command}" for command in ("escpos", "epson", "citizen", "generic", "starsbcs", "starlinesbcs")),
    *(f"encoder {language}" for language in ("esc-pos", "star-line", "star-prnt")),
)
CODES = [("EAN13", "4006381333931"), ("QRCode", "https://example.com/r/1")]
DOTS, INK = 576, 0


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return {name: base64.b64decode(said) for name, said in asyncio.run(node.run("encode.cjs")).items()}


def _printed(name: str, stream: bytes) -> tuple[Receipt, Image.Image]:
    machine = SimulatedStar() if "star" in name else SimulatedPrinter()
    machine.preload(stream)
    assert machine.buffered == 0
    (receipt,) = machine.receipts
    return receipt, Image.open(io.BytesIO(machine.picture(receipt)))


@pytest.mark.parametrize("name", NAMES)
def test_it_prints_its_words_and_no_command_as_text(made: dict[str, bytes], name: str) -> None:
    receipt, _ = _printed(name, made[name])
    words = b"".join(token.args for token in receipt.tokens if token.name == TEXT).split()
    assert b"".join(words).startswith(b"CornerShopMilk1.19Bread2.40")
    printable = {byte for word in words for byte in word if byte < 0x80}
    assert printable <= set(b"CornerShopMilk1.19Bread2.40Total3.59")


@pytest.mark.parametrize("name", NAMES)
def test_its_codes_can_be_scanned_from_the_paper(made: dict[str, bytes], name: str) -> None:
    _, picture = _printed(name, made[name])
    read = [(code.format.name, code.text) for code in zxingcpp.read_barcodes(picture)]
    assert sorted(read) == CODES


@pytest.mark.parametrize("name", NAMES)
def test_its_prices_stand_at_the_right_edge_of_the_paper(made: dict[str, bytes], name: str) -> None:
    _, picture = _printed(name, made[name])
    ink = picture.point(lambda dot: 255 * (dot == INK)).getbbox()
    assert ink is not None
    edge = TOOTH + MARGIN + DOTS
    # The last column is a digit or a rule: ink to within a character of the edge, and none beyond it.
    assert edge - 12 <= ink[2] <= edge
