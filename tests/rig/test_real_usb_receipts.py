"""Receipts through a kernel's own USB stack: to libusb and to usblp, byte for byte, and what becomes of them."""

from __future__ import annotations

import asyncio
import io
import random

import pytest
from PIL import Image as Picture

from drivers.device import DeviceState
from drivers.ports.ieee1284 import PortStatus
from drivers.ports.open import open_port
from drivers.ports.threaded import ThreadedPort
from drivers.printer.dialects import DIALECTS
from drivers.printer.document import QR, Align, Barcode, Cut, Document, Image, Item, Row, Rule, Symbology, Text
from drivers.printer.outcome import KickResult, Result
from drivers.printer.settings import PrinterSettings
from drivers.printer.status import Paper
from tests.rig.conftest import Counter, address, ready
from tests.rig.gadget import NO_ERROR, PAPER_EMPTY, SELECTED, until
from tests.rig.usbmon import Usbmon

ARTICLES = 30


def logo() -> bytes:
    """Return a PNG with every byte value in its dots, real-time commands' included."""
    dots = random.Random(4).randbytes(384 // 8 * 120)
    out = io.BytesIO()
    Picture.frombytes("1", (384, 120), dots).save(out, "PNG")
    return out.getvalue()


def receipt() -> Document:
    items: list[Item] = [Image(logo()), Text("Corner Shop", Align.CENTER, bold=True, width=2, height=2), Rule()]
    items += [Row(f"{n} Stück Käse, ½ Pfund", f"{n},49 €") for n in range(1, ARTICLES + 1)]
    items += [Rule("="), Row("TOTAL", "1 234,56 €", bold=True)]
    items += [Barcode(Symbology.EAN13, "4006381333931"), QR("https://example.com/r/1"), Cut()]
    return Document(tuple(items))


def as_bytes(document: Document) -> bytes:
    settings = PrinterSettings()
    return b"".join(DIALECTS[settings.speaks].encode(document, settings.dialect()))


async def test_a_whole_receipt_with_a_logo_arrives_byte_for_byte(counter: Counter) -> None:
    gadget = counter.gadget
    async with counter.printer() as printer:
        outcome = await counter.print(printer, receipt())
        assert outcome.result is Result.PRINTED, outcome
        assert (await printer.kick(2)).result is KickResult.OPENED
        await counter.arrived()
    assert as_bytes(receipt()) in gadget.taken
    assert gadget.machine.cuts == 1
    assert gadget.machine.kicks == [2]


@pytest.mark.parametrize("byte", [SELECTED | NO_ERROR, SELECTED | NO_ERROR | PAPER_EMPTY, SELECTED, NO_ERROR, 0])
async def test_the_port_status_is_what_the_printer_says(counter: Counter, byte: int) -> None:
    port = await open_port(counter.url)
    assert isinstance(port, ThreadedPort)
    counter.gadget.say(byte)
    said = PortStatus(error=not byte & NO_ERROR, selected=bool(byte & SELECTED), paper_empty=bool(byte & PAPER_EMPTY))
    assert await port.port_status() == said
    device_id = await port.device_id()
    assert device_id is not None
    assert device_id.fields | {"MFG": "EPSON", "MDL": "TM-T20II", "SN": "TM-0001"} == device_id.fields
    await port.close()


async def test_paper_that_ends_in_mid_receipt_is_waited_for_and_the_receipt_comes_once(counter: Counter) -> None:
    gadget = counter.gadget
    async with counter.printer() as printer:
        gadget.machine.paper_out_at = gadget.machine.printed + len(as_bytes(receipt())) // 2
        printing = asyncio.create_task(counter.print(printer, receipt()))
        await until(lambda: "waiting for paper" in counter.progress, "the driver to wait for paper")
        assert printer.status.paper is Paper.END
        assert not gadget.machine.receipts
        gadget.machine.load_paper()
        outcome = await printing
        assert outcome.result is Result.PRINTED, outcome
        assert gadget.machine.cuts == 1
        await counter.arrived()
    assert gadget.taken.count(as_bytes(receipt())[:200]) == 1


async def test_a_plug_pulled_in_mid_receipt_is_unknown_and_the_printer_is_found_again(counter: Counter) -> None:
    gadget = counter.gadget
    async with counter.printer() as printer:
        gadget.machine.paper_out_at = gadget.machine.printed + len(as_bytes(receipt())) // 2
        printing = asyncio.create_task(counter.print(printer, receipt()))
        await until(lambda: "waiting for paper" in counter.progress, "the driver to wait for paper")
        before = address("TM-0001")
        await gadget.unplug()
        assert (await printing).result is Result.UNKNOWN
        await until(lambda: printer.view.state is DeviceState.LOST, "the driver to miss the printer")
        assert printer.view.hint
        await gadget.machine.power_off()  # its buffer goes with its power
        gadget.machine.load_paper()
        gadget.machine.power_on()
        await gadget.plug()
        assert address("TM-0001") != before
        await ready(printer)
        assert (await counter.print(printer, receipt())).result is Result.PRINTED
    assert gadget.machine.cuts == 1


async def test_a_plug_pulled_while_nothing_prints_is_noticed(counter: Counter) -> None:
    async with counter.printer() as printer:
        await counter.gadget.unplug()
        await until(lambda: printer.view.state is DeviceState.LOST, "the driver to miss the printer")
        await counter.gadget.plug()
        await ready(printer)


async def test_a_printer_is_neither_reset_nor_configured_anew(counter: Counter) -> None:
    before = address("TM-0001")
    with Usbmon() as seen:
        async with counter.printer():
            await counter.arrived()
        await until(lambda: seen.sent() == len(counter.written), "the bus to have seen all of it")
        assert not seen.configured()
        assert not seen.reset()
        assert address("TM-0001") == before
        await counter.gadget.unplug()
        await counter.gadget.plug()
        assert seen.configured()  # this is how it would have looked
        assert seen.reset()
