"""Faults of the machine itself that no other test of the drivers needs: what it then does, and what the driver says."""

from __future__ import annotations

import asyncio
import contextlib
import sys

import pytest

from drivers.device import DeviceState
from drivers.errors import PortLost, PortUnavailable
from drivers.ports.open import open_port
from drivers.printer.outcome import Result
from drivers.printer.printer import Printer
from drivers.printer.settings import DialectName, PrinterSettings
from drivers.simulated.bench import serve_pty, serve_tcp
from drivers.simulated.printer import BUFFER_BYTES, Model, SimulatedPrinter
from drivers.simulated.star import SimulatedStar, simulated_printer
from drivers.simulated.switches import LYING_NAMES
from tests.drivers.printer.lane import QUICK, eventually, receipt


@pytest.mark.parametrize("dialect", list(DialectName))
def test_a_buffer_that_loses_throws_the_rest_away_and_prints_what_it_kept(dialect: DialectName) -> None:
    printer = simulated_printer(dialect, 48)
    printer.oddities.overruns = True
    printer.run_out_of_paper()
    printer.preload(b"x\n" * 3000)
    assert (printer.buffered, printer.overrun) == (BUFFER_BYTES, 6000 - BUFFER_BYTES)
    assert not isinstance(printer, SimulatedStar) or printer.overflowed
    printer.load_paper()
    assert printer.uncut.text == b"x\n" * (BUFFER_BYTES // 2)


def test_a_real_time_command_is_obeyed_though_the_buffer_loses_it() -> None:
    printer = SimulatedPrinter()
    printer.oddities.overruns = True
    printer.run_out_of_paper()
    printer.preload(b"x" * 5000 + b"\x10\x14\x01\x00\x01")
    assert printer.kicks == [2]


async def _nothing() -> None:
    pass


@pytest.mark.parametrize(
    ("dialect", "setting"),
    [(DialectName.ESCPOS, b"\x1bt\x13"), (DialectName.STAR_LINE, b"\x1b\x1dt\x04")],
)
def test_a_power_cut_sets_the_code_page_back_and_leaves_what_is_on_the_paper(
    dialect: DialectName, setting: bytes
) -> None:
    cut = b"\x1dV\x00" if dialect is DialectName.ESCPOS else b"\x1bd\x00"
    printer = simulated_printer(dialect, 48)
    printer.preload(setting + b"\xd5\n" + cut)
    printer.preload(b"\xd5\n" + cut)  # what was set lasts
    printer.preload(b"\xd5\n")
    printer.cut_power()
    printer.power_on()
    printer.preload(b"\xd5\n" + cut)
    shown = [printer.text(each) for each in printer.receipts]
    assert shown == ["€\n", "€\n", "€\n╒\n"]
    assert printer.picture(printer.receipts[0]) == printer.picture(printer.receipts[1])


def test_a_head_that_is_too_hot_stops_it_and_cools_down() -> None:
    printer = SimulatedPrinter()
    printer.set_head(overheated=True)
    printer.preload(b"x\n\x1dV\x00")
    assert printer.condition.offline
    assert not printer.receipts
    printer.set_head(overheated=False)
    assert [each.text for each in printer.receipts] == [b"x\n"]


@pytest.mark.parametrize(("command", "printed"), [(b"\x10\x05\x01", [b"", b"x\n"]), (b"\x10\x05\x02", [b""])])
def test_a_stuck_cutter_is_freed_by_a_command_and_the_buffer_goes_on_or_is_emptied(
    command: bytes, printed: list[bytes]
) -> None:
    printer = SimulatedPrinter()
    printer.jam_at_cut = True
    printer.preload(b"\x1dV\x00x\n\x1dV\x00")
    assert printer.cutter_stuck
    assert [each.text for each in printer.receipts] == [b""]
    printer.preload(command)
    assert not printer.cutter_stuck
    assert [each.text for each in printer.receipts] == printed


async def test_a_printer_that_lies_about_its_name_is_believed_in_nothing() -> None:
    machine = SimulatedPrinter(Model(names=LYING_NAMES, process_ids=False))
    async with await serve_tcp(machine) as served:
        port = await open_port(served.url)
        await port.write(b"\x1dI\x43", timeout_s=2)
        assert await port.read() == b"\x5fTM-T88V\0"
        await port.close()
        printer = Printer("receipt", lambda: open_port(served.url), PrinterSettings(), port=served.url, timing=QUICK)
        running = asyncio.create_task(printer.run())
        await eventually(lambda: printer.view.state is DeviceState.READY)
        assert (await printer.print(receipt(), before_first_byte=_nothing)).result is Result.PRINTED
        # A TM-T88V knows process ids. This one would have printed them, so it was not taken at its word.
        assert machine.receipts[0].text == b"line 0\nline 1\nline 2\nline 3\nline 4\n"
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
async def test_a_serial_port_that_comes_back_under_another_name_is_lost_under_the_old_one() -> None:
    machine = SimulatedPrinter()
    async with await serve_pty(machine) as before:
        port = await open_port(before.url)
        async with await serve_pty(machine) as after:  # the same printer, renumbered
            assert after.url != before.url
            await before.close()
            with pytest.raises(PortLost):
                await asyncio.wait_for(port.read(), 5)
            await port.close()
            with pytest.raises(PortUnavailable) as refused:
                await open_port(before.url)
            assert refused.value.hint
            port = await open_port(after.url)
            await port.write(b"\x10\x04\x01", timeout_s=2)
            assert await asyncio.wait_for(port.read(), 5) == b"\x16"
            await port.close()
