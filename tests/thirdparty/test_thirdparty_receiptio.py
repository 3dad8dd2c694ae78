"""receiptio drives our simulated printers, and has to say of them what is so.

It is a host by other people, for ESC/POS and Star, that reads the printer's own status: a second opinion on what our
simulated printer answers, and when. It dials port 9100 only, so every printer here has an address of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from drivers.simulated.bench import serve_tcp
from drivers.simulated.printer import DrawerKind, Model, SimulatedPrinter
from drivers.simulated.star import SimulatedStar, StarModel
from tests.thirdparty import node

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = node.needs_packages
PORT = 9100
TIMEOUT_S = 4  # receiptio's own, by a clock ten times as fast
MARKDOWN = "Milk | 1.19\nBread | 2.40\n" + "a line\n" * 40
PRINT, ASK, DRAWER, DRAWER_INVERTED = "", "-q printer", "-q drawer", "-q drawer2"


def _is_fine(_: SimulatedPrinter) -> None: ...


def _has_no_paper(machine: SimulatedPrinter) -> None:
    machine.run_out_of_paper()


def _runs_out_of_paper(machine: SimulatedPrinter) -> None:
    machine.paper_out_at = 300


def _has_its_cover_open(machine: SimulatedPrinter) -> None:
    machine.open_cover()


def _has_a_stuck_cutter(machine: SimulatedPrinter) -> None:
    machine.set_cutter(stuck=True)


def _jams_at_the_cut(machine: SimulatedPrinter) -> None:
    machine.jam_at_cut = True


def _is_silent(machine: SimulatedPrinter) -> None:
    machine.oddities.silent = True


def _has_odd_answers(machine: SimulatedPrinter) -> None:
    machine.oddities.report_before_answers = True


def _has_an_open_drawer(machine: SimulatedPrinter) -> None:
    machine.drawer_open = True


def _has_a_reversed_drawer(machine: SimulatedPrinter) -> None:
    machine.drawer = DrawerKind.REVERSED


@dataclass(frozen=True, slots=True)
class Case:
    """A printer, what receiptio is asked to do with it, and what it has to say."""

    arrange: Callable[[SimulatedPrinter], None]
    options: str
    says: str
    fences: bool = True  # whether the printer says when it is through

    def __str__(self) -> str:
        return f"{self.arrange.__name__.strip('_')} {self.options} {self.says}".replace(" ", "_")


CASES = [
    Case(_is_fine, PRINT, "success"),
    Case(_has_odd_answers, PRINT, "success"),
    Case(_has_no_paper, PRINT, "paperempty"),
    Case(_runs_out_of_paper, PRINT, "paperempty"),
    Case(_has_its_cover_open, PRINT, "coveropen"),
    Case(_has_a_stuck_cutter, PRINT, "error"),
    Case(_jams_at_the_cut, PRINT, "error"),
    Case(_is_silent, PRINT, "offline"),
    Case(_is_fine, PRINT, "timeout", fences=False),
    Case(_is_fine, ASK, "online"),
    Case(_has_no_paper, ASK, "paperempty"),
    Case(_has_its_cover_open, ASK, "coveropen"),
    Case(_is_silent, ASK, "offline"),
    Case(_is_fine, DRAWER, "drawerclosed"),
    Case(_has_an_open_drawer, DRAWER, "draweropen"),
    Case(_is_fine, DRAWER_INVERTED, "draweropen"),
    Case(_has_an_open_drawer, DRAWER_INVERTED, "drawerclosed"),
    Case(_has_a_reversed_drawer, DRAWER_INVERTED, "drawerclosed"),
]
SPEAKS = ("escpos", "star")
# Of a Star it takes the second report for success, and ours has sent two when the receipt begins: one as reports are
# switched on, one at the first ETB. What comes to pass in the middle it can judge in ESC/POS only.
IN_THE_MIDDLE = (_runs_out_of_paper, _jams_at_the_cut)
ASKED = [(speaks, case) for speaks in SPEAKS for case in CASES if speaks != "star" or case.arrange not in IN_THE_MIDDLE]
Said = dict[tuple[str, Case], tuple[str, SimulatedPrinter]]


@pytest.fixture(scope="module")
def said() -> Said:
    return asyncio.run(_ask())


async def _ask() -> Said:
    """Let one receiptio talk to all the printers at once."""
    machines, wanted = [], []
    async with contextlib.AsyncExitStack() as stack:
        for place, (speaks, case) in enumerate(ASKED):
            machine = (
                SimulatedPrinter(Model(fences=case.fences))
                if speaks == "escpos"
                else SimulatedStar(StarModel(fences=case.fences))
            )
            case.arrange(machine)
            machines.append(machine)
            address = f"127.0.9.{place + 1}"
            try:
                await stack.enter_async_context(await serve_tcp(machine, address, PORT))
            except OSError as error:
                pytest.skip(f"{address}:{PORT} is taken, or no address of this machine: {error}")
            wanted.append([MARKDOWN, f"-d {address} -p {speaks} -t {TIMEOUT_S} {case.options}"])
        words = await node.run("ask_receiptio.cjs", wanted)
    return dict(zip(ASKED, zip(words, machines, strict=True), strict=True))


@pytest.mark.parametrize(("speaks", "case"), ASKED, ids=str)
def test_receiptio_says_what_is_so(said: Said, speaks: str, case: Case) -> None:
    words, machine = said[speaks, case]
    assert words == case.says
    if words == "success":
        assert [receipt.text.count(b"a line") for receipt in machine.receipts] == [40]
    assert machine.kicks == []


def test_it_frees_a_cutter_of_escpos_by_its_own_command(said: Said) -> None:
    _, machine = said["escpos", Case(_has_a_stuck_cutter, PRINT, "error")]
    assert not machine.cutter_stuck


async def test_nobody_there_is_a_disconnect() -> None:
    assert await node.run("ask_receiptio.cjs", [[MARKDOWN, "-d 127.0.9.250 -p escpos -t 1"]]) == ["disconnect"]
