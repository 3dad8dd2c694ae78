"""Receipts by the thousand, shared out over wires and kinds of printers; under a seed."""

from __future__ import annotations

import asyncio
import random
from collections import Counter as Tally
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drivers.printer.timing import DEFAULT_TIMING, Timing
from tests.receipts.counter import KINDS, Counter, Pace
from tests.receipts.wires import WIRES
from tests.simulate.loop import VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

AT_A_COUNTER = 25  # receipts, then another printer takes its place
AT_ONCE = 12  # counters in real time: they wait more than they work

# As for a real printer, in proportion, a twentieth as long; and quiet for longer, as twelve share a core.
SHORT = Timing(
    reply_s=0.1,
    late_s=0.3,
    asb_s=0.1,
    wake_s=0.05,
    wake_tries=3,
    quiet_s=0.1,
    nuls_s=0.5,
    opening_s=0.3,
    stall_s=0.1,
    end_s=0.4,
    person_s=1.0,
    glance_s=0.05,
    poll_s=0.1,
    heartbeat_s=0.2,
    flight_s=0.1,
    edge_s=0.2,
    kick_life_s=0.4,
    pulse_gap_s=0.01,
    long_pulse_gap_s=0.02,
)
SHORTER = 0.1  # a supervisor's waits, which are no part of `Timing`
VIRTUAL = Pace(DEFAULT_TIMING, asyncio.sleep)


async def _shorter_sleep(seconds: float) -> None:
    await asyncio.sleep(seconds * SHORTER)


REAL = Pace(SHORT, _shorter_sleep)


@dataclass
class Found:
    """What came of some receipts."""

    results: Tally[str] = field(default_factory=Tally)
    openings: Tally[str] = field(default_factory=Tally)
    struck: Tally[str] = field(default_factory=Tally)  # troubles
    violations: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        self.results += other.results
        self.openings += other.openings
        self.struck += other.struck
        self.violations += other.violations


@dataclass(frozen=True, slots=True)
class Share:
    """What one counter prints. Its name and the seed say everything about it."""

    seed: int
    wire: str
    place: int  # which counter on this wire: it says which kind of printer stands there
    receipts: int

    def __str__(self) -> str:
        return f"seed {self.seed}, {self.wire}, counter {self.place}"


def shares(receipts: int, seed: int, wires: Sequence[str] = tuple(WIRES)) -> list[Share]:
    """Share receipts out evenly over the wires, and over each wire's kinds of printers in turn."""
    found: list[Share] = []
    for at, wire in enumerate(wires):
        here = receipts // len(wires) + (at < receipts % len(wires))
        places = enumerate(range(0, here, AT_A_COUNTER))
        found += [Share(seed, wire, place, min(AT_A_COUNTER, here - first)) for place, first in places]
    return found


def run(todo: Sequence[Share], on_end: Callable[[Found], None] = lambda _: None) -> Found:
    """Print all the receipts of these shares."""
    virtual = [share for share in todo if share.wire == "sim"]
    real = [share for share in todo if share.wire != "sim"]
    total = Found()

    def ended(found: Found) -> None:
        total.add(found)
        on_end(found)

    for share in virtual:
        ended(in_virtual_time(share))
    if real:
        asyncio.run(_in_real_time(real, ended))
    return total


def in_virtual_time(share: Share) -> Found:
    """Print one counter's receipts with a real printer's waits, which take no time; the same each time."""
    dice = random.getstate()
    random.seed(str(share))  # supervisors took `random.random` when they were imported
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(_print(share, VIRTUAL))
    finally:
        loop.close()
        random.setstate(dice)


async def _in_real_time(todo: Sequence[Share], ended: Callable[[Found], None]) -> None:
    left = iter(todo)

    async def one_after_another() -> None:
        for share in left:
            ended(await _print(share, REAL))

    async with asyncio.TaskGroup() as lanes:
        for _ in range(AT_ONCE):
            lanes.create_task(one_after_another())


async def _print(share: Share, pace: Pace) -> Found:
    counter = Counter(KINDS[share.place % len(KINDS)], share.wire, pace, random.Random(str(share)))
    await counter.run(range(share.receipts))
    ledger = counter.ledger
    if ledger.results.total() != share.receipts:
        ledger.violate(f"{share.receipts} receipts, and {ledger.results.total()} outcomes")
    return Found(
        ledger.results, ledger.openings, counter.struck, [f"{share}: {violation}" for violation in ledger.violations]
    )
