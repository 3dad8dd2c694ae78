"""What goes wrong at a counter: everything that a simulated printer, its cable and its drawer can do, by name.

Each is a context: entered, it goes wrong, now or at some byte to come; left, somebody has put it right. A trouble
that makes no sense where it is asked for, such as a twin on a wire that is no bus, does nothing and says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING

from drivers.errors import PortLost
from drivers.printer.settings import DialectName
from drivers.simulated.printer import DrawerKind
from tests.receipts.wire_troubles import (
    Elsewhere,
    a_twin_is_plugged_in,
    another_program_has_the_port,
    bus_takes_nothing_after_a_byte,
    device_vanishes_in_mid_transfer,
    empty_answers,
    endpoint_halts,
    short_transfers,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from contextlib import AbstractAsyncContextManager

    from tests.receipts.counter import Counter

HALF_A_PICTURE = b"\x1d\x76\x30\x00\x30\x00\xf0\x00" + b"\xff" * 100  # 11,420 bytes of dots to come
STAR_HALF_A_PICTURES = {
    DialectName.STAR_LINE: b"\x1b*rAb\x48\0" + b"\xff" * 20,
    DialectName.STARPRNT: b"\x1b\x1dS\x01\x48\0\x60\0\0" + b"\xff" * 100,
}
FOREIGN = b"old\n\x1d\x56\x42\x00" + b"\x1d\x72\x01" * 3  # a receipt, and questions nobody waits for any more
STAR_FOREIGN = b"old\n\x1bd\x03\x17\x17\x17"


@asynccontextmanager
async def paper_ends(it: Counter) -> AsyncIterator[None]:
    it.machine.paper_out_at = it.machine.printed + it.some_bytes()
    yield
    it.machine.paper_out_at = None
    it.machine.load_paper()


@asynccontextmanager
async def paper_is_taken_out(it: Counter) -> AsyncIterator[None]:
    it.machine.run_out_of_paper()
    yield
    it.machine.load_paper()


@asynccontextmanager
async def roll_is_changed_with_the_power_off(it: Counter) -> AsyncIterator[None]:
    """Let the roll end, and the printer be off while it is changed, of which the line shows next to nothing."""
    if it.speaks is DialectName.ESCPOS and it.machine.model.answers and not it.machine.model.reports:
        raise Elsewhere  # one that reports nothing by itself cannot be told from one that was on
    it.machine.paper_out_at = it.machine.printed + it.some_bytes()
    yield
    it.machine.paper_out_at = None
    if it.machine.paper_out and it.machine.powered:
        it.machine.flicker(it.chance.choice((b"", b"\0", b"\xff")))
    it.machine.load_paper()


@asynccontextmanager
async def paper_is_low(it: Counter) -> AsyncIterator[None]:
    it.machine.set_paper_low()
    yield
    it.machine.load_paper()


@asynccontextmanager
async def power_fails_at_a_byte(it: Counter) -> AsyncIterator[None]:
    it.machine.power_off_at = it.machine.taken + 1 + it.some_bytes()
    yield
    it.machine.power_off_at = None
    await it.power_on()


@asynccontextmanager
async def power_fails(it: Counter) -> AsyncIterator[None]:
    await it.machine.power_off()
    yield
    await it.power_on()


@asynccontextmanager
async def cover_opens(it: Counter) -> AsyncIterator[None]:
    it.machine.open_cover()
    yield
    it.machine.close_cover()


@asynccontextmanager
async def cutter_jams(it: Counter) -> AsyncIterator[None]:
    """Let the next cut jam. Somebody frees the blade, tells the printer to go on or to forget, or pulls its plug."""
    it.machine.jam_at_cut = True
    yield
    it.machine.jam_at_cut = False
    if not it.machine.cutter_stuck:
        return
    match it.chance.choice(("free", "go on", "forget", "plug")):
        case "go on" if it.speaks is DialectName.ESCPOS:
            _leave(it, b"\x10\x05\x01")
        case "forget" if it.speaks is DialectName.ESCPOS:
            _leave(it, b"\x10\x05\x02")
        case "plug":
            await it.machine.power_off()
            await it.power_on()
    if it.machine.cutter_stuck:  # its buffer was too full for a command
        it.machine.cutter_stuck = False
    it.machine.release()


@asynccontextmanager
async def falls_silent(it: Counter) -> AsyncIterator[None]:
    it.machine.oddities.silent = True
    yield
    it.machine.oddities.silent = False


@asynccontextmanager
async def answers_late(it: Counter) -> AsyncIterator[None]:
    it.machine.oddities.late_status_s = it.timing.reply_s * it.chance.uniform(0.5, 3)
    yield
    it.machine.oddities.late_status_s = 0.0


@asynccontextmanager
async def xoff_in_reports(it: Counter) -> AsyncIterator[None]:
    it.machine.oddities.xoff_in_reports = True
    yield
    it.machine.oddities.xoff_in_reports = False


@asynccontextmanager
async def reports_between_answers(it: Counter) -> AsyncIterator[None]:
    it.machine.oddities.report_before_answers = True
    yield
    it.machine.oddities.report_before_answers = False


@asynccontextmanager
async def ids_collapse(it: Counter) -> AsyncIterator[None]:
    it.machine.oddities.only_latest_id = True
    yield
    it.machine.oddities.only_latest_id = False


@asynccontextmanager
async def throws_bytes_away(it: Counter) -> AsyncIterator[None]:
    """Let the printer have no flow control, and its roll end: what its full buffer has no room for is lost."""
    it.machine.oddities.overruns = True
    async with paper_ends(it):
        yield
    it.machine.oddities.overruns = False


@asynccontextmanager
async def head_overheats(it: Counter) -> AsyncIterator[None]:
    it.machine.set_head(overheated=True)
    yield
    it.machine.set_head(overheated=False)


@asynccontextmanager
async def works_nothing_off(it: Counter) -> AsyncIterator[None]:
    it.machine.held = True
    yield
    it.machine.release()


@asynccontextmanager
async def cable_breaks_at_a_byte(it: Counter) -> AsyncIterator[None]:
    it.cable.break_in = it.some_bytes()
    yield
    it.cable.break_in = None
    await it.wire.again()


@asynccontextmanager
async def cable_is_pulled(it: Counter) -> AsyncIterator[None]:
    await it.cable.pull()
    yield
    await it.wire.again()


@asynccontextmanager
async def takes_nothing(it: Counter) -> AsyncIterator[None]:
    it.cable.flows.clear()
    yield
    it.cable.flows.set()


@asynccontextmanager
async def a_byte_at_a_time(it: Counter) -> AsyncIterator[None]:
    it.cable.single = True
    yield
    it.cable.single = False


@asynccontextmanager
async def another_program_left_half_a_picture(it: Counter) -> AsyncIterator[None]:
    await it.cable.pull()
    _leave(it, STAR_HALF_A_PICTURES.get(it.speaks, HALF_A_PICTURE))
    await it.wire.again()
    yield


@asynccontextmanager
async def another_program_left_receipts(it: Counter) -> AsyncIterator[None]:
    await it.cable.pull()
    it.machine.paper_out = True
    _leave(it, FOREIGN if it.speaks is DialectName.ESCPOS else STAR_FOREIGN)
    await it.wire.again()
    yield
    it.machine.load_paper()


@asynccontextmanager
async def agent_is_restarted(it: Counter) -> AsyncIterator[None]:
    """End the agent, often while a receipt waits for paper: written down as sent, it is unknown for ever."""
    if it.chance.random() < 1 / 2:
        it.machine.paper_out_at = it.machine.printed + it.some_bytes()
        await asyncio.sleep(it.timing.glance_s)
    await it.restart()
    yield
    it.machine.paper_out_at = None
    it.machine.load_paper()


@asynccontextmanager
async def drawer_is_jammed(it: Counter) -> AsyncIterator[None]:
    with _drawer(it, DrawerKind.JAMMED):
        yield


@asynccontextmanager
async def drawer_is_unplugged(it: Counter) -> AsyncIterator[None]:
    with _drawer(it, DrawerKind.ABSENT):
        yield


def _leave(it: Counter, stream: bytes) -> None:
    """Let another program say something to the machine."""
    with suppress(PortLost):  # that was the byte at which its power fails
        if it.machine.powered:
            it.machine.preload(stream)


@contextmanager
def _drawer(it: Counter, kind: DrawerKind) -> Iterator[None]:
    if it.machine.drawer is not DrawerKind.NORMAL or it.machine.drawer_open:
        raise Elsewhere  # the switch's level would change with the kind, as it does when a drawer moves
    it.machine.drawer = kind
    yield
    it.machine.drawer = DrawerKind.NORMAL


Trouble = Callable[["Counter"], "AbstractAsyncContextManager[None]"]

TROUBLES: dict[str, Trouble] = {
    trouble.__name__: trouble
    for trouble in (
        paper_ends,
        paper_is_taken_out,
        roll_is_changed_with_the_power_off,
        paper_is_low,
        power_fails_at_a_byte,
        power_fails,
        cover_opens,
        cutter_jams,
        falls_silent,
        answers_late,
        xoff_in_reports,
        reports_between_answers,
        ids_collapse,
        throws_bytes_away,
        head_overheats,
        works_nothing_off,
        cable_breaks_at_a_byte,
        cable_is_pulled,
        takes_nothing,
        a_byte_at_a_time,
        another_program_left_half_a_picture,
        another_program_left_receipts,
        another_program_has_the_port,
        a_twin_is_plugged_in,
        short_transfers,
        endpoint_halts,
        bus_takes_nothing_after_a_byte,
        device_vanishes_in_mid_transfer,
        empty_answers,
        agent_is_restarted,
        drawer_is_jammed,
        drawer_is_unplugged,
    )
}
