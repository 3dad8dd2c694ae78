"""One counter: the agent's printer, a machine on its wire, and a person who puts things right again."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections import Counter as Tally
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from drivers.device import DeviceState
from drivers.errors import NotReady
from drivers.printer.escpos import FenceKind
from drivers.printer.printer import Printer
from drivers.printer.settings import STAR_PROFILE, DialectName, PrinterSettings
from drivers.simulated.printer import DrawerKind, Model, SimulatedPrinter
from drivers.simulated.star import SimulatedStar, StarModel
from tests.receipts.cable import Cable, Off
from tests.receipts.ledger import Ledger
from tests.receipts.paper import Paper, receipt
from tests.receipts.troubles import TROUBLES
from tests.receipts.wire_troubles import Elsewhere
from tests.receipts.wires import WIRES

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    from drivers.device import DeviceView
    from drivers.printer.timing import Timing

LINES_MAX = 60
BYTES = (100, 600, 3000)  # to go until something happens, at most: in the opening, a short receipt, one with a picture
LONG, LONG_LINES = 0.1, 600  # of receipts are longer than a printer's buffer
PICTURES = 0.15  # of receipts have one
PICTURE_DOTS = (256, 64)  # 2 KB: two bands
QUIET, TWICE = 0.25, 0.3  # the share of receipts with no trouble, and of the others with two at once
KICKS = 0.4  # of receipts have the drawer opened meanwhile
CLOSED_FIRST = 0.8  # of these find it shut
CARRIED_ON = 0.2  # of receipts are not waited for by whoever puts things right
IMPATIENT = 0.15  # of receipts are printed without waiting for the printer to be connected again
REST_GLANCES = 5  # what is still on the wire after that is on no wire
READY_WAITS = 20  # of a poll's length each, until the next receipt is printed whatever the printer says


@dataclass(frozen=True, slots=True)
class Kind:
    """What stands at a counter."""

    speaks: DialectName
    fence: FenceKind | None = None
    model: Model = field(default_factory=Model)
    asked: bool = False  # the configuration leaves it to be found out what it speaks and answers


KINDS = (
    Kind(DialectName.ESCPOS),
    Kind(DialectName.STAR_LINE),
    Kind(DialectName.STARPRNT),
    Kind(DialectName.ESCPOS, FenceKind.GS_H),
    Kind(DialectName.ESCPOS, model=Model(reports=False)),
    Kind(DialectName.STAR_LINE, model=Model(reports=False)),
    Kind(DialectName.ESCPOS, model=Model(process_ids=False, real_time_pulse=False)),
    Kind(DialectName.STARPRNT, model=Model(columns=32, dots=384)),
    Kind(DialectName.ESCPOS, FenceKind.GS_H, Model(reports=False)),
    Kind(DialectName.STAR_LINE, model=Model(fences=False)),
    Kind(DialectName.ESCPOS, model=Model(names=(b"1.0", b"EPOSN", b"TM-T88V", b"0"), columns=32, dots=384)),
    Kind(DialectName.ESCPOS, FenceKind.NONE, Model(answers=False)),
    Kind(DialectName.ESCPOS, model=Model(fences=False)),
    Kind(DialectName.STARPRNT, model=Model(real_time_pulse=False)),
    Kind(DialectName.ESCPOS, asked=True),
    Kind(DialectName.ESCPOS, model=Model(process_ids=False), asked=True),
    Kind(DialectName.STARPRNT, asked=True),
    Kind(DialectName.ESCPOS, model=Model(fences=False, reports=False, process_ids=False), asked=True),
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast everything goes: the driver's waits, and the sleep they are slept with."""

    timing: Timing
    sleep: Callable[[float], Awaitable[None]]


class Counter:
    """Prints receipts, with troubles under a seed. `ledger` has what came of it."""

    def __init__(self, kind: Kind, wire: str, pace: Pace, chance: random.Random) -> None:
        self.chance = chance
        self.timing = pace.timing
        self.speaks = kind.speaks
        self.machine = _machine(kind)
        self.machine.drawer = chance.choice((DrawerKind.NORMAL, DrawerKind.NORMAL, DrawerKind.REVERSED))
        self.cable = Cable(self.machine, Off.SERIAL if wire == "pty" else chance.choice((Off.GONE, Off.DARK)))
        self.wire = WIRES[wire](self.cable, chance)
        self.ledger = Ledger(Paper(self.machine))
        self.struck: Tally[str] = Tally()  # troubles
        self.twin = False
        self._pace = pace
        self._kind = kind
        self._begun: Tally[int] = Tally()
        self._restarting = asyncio.Lock()
        self._ours: set[asyncio.Task[None]] = set()  # what the agent is doing, and would leave undone
        self._mending: set[asyncio.Task[None]] = set()

    async def run(self, numbers: range) -> None:
        """Print receipts with these numbers, then put everything right and look at the paper."""
        await self.wire.begin()
        self._start()
        for number in numbers:
            await self._ready()
            await self._one(number)
        await self._mended()
        await self._at_rest()
        await self._stop()
        await self.wire.end()
        self.ledger.finish()

    async def restart(self) -> None:
        """End the agent, as it is, and start it again."""
        async with self._restarting:  # two troubles may want it at once
            await self._stop()
            self._start()

    def some_bytes(self) -> int:
        """Return how many bytes it is until something goes wrong."""
        return self.chance.randrange(self.chance.choice(BYTES))

    async def passing_moment(self) -> None:
        """Let a little time go by."""
        await asyncio.sleep(self._moment())

    async def power_on(self) -> None:
        """Have power again, if it is off."""
        if not self.machine.powered:
            self.machine.power_on()
            await self.wire.again()

    # --- the agent ---

    def _start(self) -> None:
        kind = self._kind
        settings = PrinterSettings(
            speaks=kind.speaks,
            fence=kind.fence,
            columns=kind.model.columns,
            ask_dialect=kind.asked and kind.speaks is DialectName.ESCPOS,  # of its own two a Star cannot say which
            ask_fence=kind.asked,
        )
        self.printer = Printer(
            "receipt",
            self.wire.open,
            settings,
            self._on_state,
            timing=self.timing,
            now=asyncio.get_running_loop().time,
            sleep=self._pace.sleep,
        )
        self._running = asyncio.create_task(self.printer.run())

    async def _stop(self) -> None:
        for task in (*self._ours, self._running):
            task.cancel()
        await asyncio.wait({*self._ours, self._running})

    def _on_state(self, view: DeviceView) -> None:
        if "mistake in this program" in (view.error or ""):
            self.ledger.violate(f"a bug: {view.error}")

    async def _print(self, number: int) -> None:
        async def begin() -> None:
            self._begun[number] += 1

        picture = _PICTURE if self.chance.random() < PICTURES else None
        longest = LONG_LINES if self.chance.random() < LONG else LINES_MAX
        document = receipt(number, self.chance.randint(1, longest), picture)
        try:
            await self.passing_moment()  # a receipt takes no virtual time: what goes wrong has to have a chance before
            outcome = await self.printer.print(document, before_first_byte=begin)
        except NotReady as refused:
            self.ledger.refused(number, refused.hint, self._begun[number])
        else:
            self.ledger.ended(number, outcome, self._begun[number])

    async def _kick(self) -> None:
        await self.passing_moment()
        if self.machine.drawer_open and self.chance.random() < CLOSED_FIRST:
            self.machine.close_drawer()
            await asyncio.sleep(self.chance.uniform(0, 2 * self.timing.poll_s))
        paper = self.ledger.paper
        pulses, moves = paper.pulses, paper.moves
        try:
            outcome = await self.printer.kick(self.chance.choice((2, 5)))
        except asyncio.CancelledError:
            self.ledger.openings["unknown"] += 1
            raise
        self.ledger.kicked(outcome, paper.pulses - pulses, paper.moves - moves)

    # --- the counter ---

    async def _one(self, number: int) -> None:
        troubles = self._troubles()
        printing = asyncio.create_task(self._print(number))
        self._ours = {printing}
        if self.chance.random() < KICKS:
            self._ours.add(asyncio.create_task(self._kick()))
        over = asyncio.Event()
        for name in troubles:
            self._mending.add(asyncio.create_task(self._trouble(name, over)))
        # Nobody is waited for longer than the longest wait for a person, and what follows it.
        ours = self._ours
        longest_s = 3 * (self.timing.person_s + self.timing.end_s) + 100 * self.timing.late_s
        _, hanging = await asyncio.wait(ours, timeout=longest_s)
        if hanging:
            self.ledger.violate(f"receipt {number}, or the drawer, never ended: {troubles}")
            for task in hanging:
                task.cancel()
            await asyncio.wait(hanging)
        for task in ours:
            if not task.cancelled():
                task.result()
        if printing.cancelled():  # perhaps before it began: by the trouble of a receipt before this one
            self.ledger.cancelled(number, self._begun[number])
        self._ours = set()
        over.set()
        if self.chance.random() > CARRIED_ON:
            await self._mended()

    def _troubles(self) -> list[str]:
        if self.chance.random() < QUIET:
            return []
        return self.chance.sample(list(TROUBLES), 2 if self.chance.random() < TWICE else 1)

    async def _trouble(self, name: str, over: asyncio.Event) -> None:
        """Let something go wrong, and put it right after a while; or sometimes only after the receipt."""
        await self.passing_moment()
        with contextlib.suppress(Elsewhere):
            async with TROUBLES[name](self):
                self.struck[name] += 1
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._while()):
                        await over.wait()

    async def _mended(self) -> None:
        """Wait until everything is put right."""
        mending, self._mending = self._mending, set()
        await asyncio.gather(*mending)

    def _moment(self) -> float:
        return self.chance.choice((0.0, 0.001, 0.01, self.timing.glance_s)) * self.chance.random()

    def _while(self) -> float:
        timing = self.timing
        longest = self.chance.choices(
            (timing.glance_s, 3 * timing.stall_s, timing.end_s, 1.5 * timing.person_s), (6, 4, 2, 1)
        )[0]
        return self.chance.uniform(0, longest)

    async def _ready(self) -> None:
        """Wait for the printer to be connected, for a while, as people do."""
        if self.chance.random() < IMPATIENT:
            return
        for _ in range(READY_WAITS):
            if self.printer.view.state is DeviceState.READY:
                return
            await asyncio.sleep(self.timing.poll_s / 2)

    async def _at_rest(self) -> None:
        """Let the machine, which nothing keeps from it now, work off what it holds."""
        for _ in range(REST_GLANCES):
            self.machine.release()
            await asyncio.sleep(self.timing.glance_s)


def _machine(kind: Kind) -> SimulatedPrinter:
    if kind.speaks is DialectName.ESCPOS:
        return SimulatedPrinter(kind.model)
    return SimulatedStar(StarModel(**asdict(kind.model) | {"profile": STAR_PROFILE}))


def _picture() -> bytes:
    from PIL import Image

    picture = Image.linear_gradient("L").resize(PICTURE_DOTS)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


_PICTURE = _picture()
