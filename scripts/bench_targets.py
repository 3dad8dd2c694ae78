"""What was aimed at before it was measured, beside what `make bench` kept: the table in bench/README.md.

What is held and what is missed is worked out here, and why something is missed is said only where it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scripts import kept_figures
from scripts.kept_figures import amount

if TYPE_CHECKING:
    from collections.abc import Callable

    from scripts.kept_figures import Figure, Results

START, END = "<!-- targets:start -->", "<!-- targets:end -->"
FLAT = 1.2  # times what it is with nothing waiting, or with nothing beside it: rounds differ by as much
SLOW_CASE = "slow disk, *: "  # how `slow` names a case of another bench

SAME_ROWS = "bare SQLite, WAL, FULL, the same rows"
SYNC_IS_NOTHING = (
    "a sync is over here long before Python has worked a sale out and SQLite has filled its tables (`CPU µs/sale`); "
    "where a sync takes milliseconds it is most of a sale"
)
NOTHING_TO_SHARE = (
    "sharing a sync is worth what a sync takes, here next to nothing; and the Python of all tills runs on one core, "
    "where the peer works nothing out"
)
LANE_BESIDE = (
    "the lane's Python shares the interpreter with the sale's, and a sale that comes while a commit of the lane's is "
    "being synced waits for that one first"
)
ALL_AT_ONCE = "64 sales in one instant: the last waits for the Python of all the others, with a lane or without"
RECORD_TOO = (
    "a peer keeps no record (no number without a gap, no chain, no second cloud) and is called in place, where ours "
    "waits for the writer's thread"
)
WRITTEN_DOWN = (
    "each record is written down as sent before and as delivered after, and its request is signed, where the bare "
    "sockets have theirs ready-made: near by, that takes longer than the line"
)
PYTHON_STARTS = (
    "most of it is Python that starts, and imports (with nothing waiting that is all); then the newest records are "
    "read, cold, and verified before anything is sold"
)
A_STEP = "a step of the copy is made by the thread that writes, and it is read again on the same two cores"


class Told(NamedTuple):
    """What was measured for a target."""

    words: str
    value: float | None  # what is held against the limit; None where it tells nothing of that
    waiting: str  # as it is written there


class Target(NamedTuple):
    """A line: what was aimed at, what tells, and the most (or least) that it may be."""

    aim: str
    bench: str
    case: str
    ours: str  # how its name begins
    unit: str
    tell: Callable[[Target, list[Figure], list[str]], Told | None]
    limit: float
    why: str = ""  # it is missed, where it is
    beside: tuple[str, ...] = ()  # how the names of those it is held against begin
    at_least: bool = False
    slow: bool = False  # the slow disk has it, too
    waiting: int = 0  # so many records are to wait, for it to be held


def beside_worst(target: Target, figures: list[Figure], cases: list[str]) -> Told | None:
    """Tell how often theirs is ours, in the case and beside the one where ours comes off worst."""
    found = []
    for case in cases:
        own = kept_figures.one(figures, case, target.ours, target.unit)
        for name in target.beside:
            other = kept_figures.one(figures, case, name, target.unit)
            if own is None or other is None:
                continue
            first = own["ours_divided_by_this"] is None  # all others were held against it, round by round
            times = other["ours_divided_by_this"] if first else own["p50"] / other["p50"]
            words = f"{amount(own['p50'], target.unit)}, {times:.2f} times {other['name']}"
            found.append(Told(words, times, kept_figures.counted(own, "waiting")))
    worst = min if target.at_least else max
    return worst(found, key=lambda told: told.value or 0) if found else None


def p50(target: Target, figures: list[Figure], cases: list[str]) -> Told | None:
    """Tell the median."""
    own = kept_figures.one(figures, cases[-1], target.ours, target.unit)
    if own is None:
        return None
    return Told(f"p50 {amount(own['p50'], target.unit)}", own["p50"], kept_figures.counted(own, "waiting"))


def p99(target: Target, figures: list[Figure], cases: list[str]) -> Told | None:
    """Tell the 99th percentile; where too few were measured for one, the median, which can only miss."""
    own = kept_figures.one(figures, cases[-1], target.ours, target.unit)
    if own is None:
        return None
    if own["p99"] is None:
        words = f"p50 {amount(own['p50'], target.unit)}, too few for a p99"
        return Told(words, own["p50"] if own["p50"] > target.limit else None, kept_figures.counted(own, "waiting"))
    return Told(f"p99 {amount(own['p99'], target.unit)}", own["p99"], kept_figures.counted(own, "waiting"))


OURS, BARE_DISK = "App.closing", ("append and fdatasync",)
MILLION = 1_000_000
NONE = ("the same, nothing waiting",)
QUEUES = ("persist-queue", "litequeue")
FLOOR = ("bare asyncio sockets",)
WITHIN = 1 / 1.3
TARGETS = (
    Target(
        "a sale acknowledged at 1 till: at most 1.5 times an fdatasync of the same bytes",
        "complete", "*, 1 till", OURS, "µs", beside_worst, 1.5, SYNC_IS_NOTHING, BARE_DISK, slow=True,
    ),
    Target(
        "64 tills: at least 8 times the sales of a commit each",
        "complete", "*, 64 tills", OURS, "sales/s", beside_worst, 8, NOTHING_TO_SHARE, (SAME_ROWS,),
        at_least=True, slow=True,
    ),
    *(
        Target(
            f"a sale while a lane drains, {tills}: p99 under 10 ms",
            "complete", f"*, {tills}, while a lane drains", OURS, "µs", p99, 10_000, why, slow=True,
        )
        for tills, why in (("1 till", LANE_BESIDE), ("6 tills", LANE_BESIDE), ("64 tills", ALL_AT_ONCE))
    ),
    Target(
        f"a sale while the journal is copied, 1 till: no slower (at most {FLAT} times)",
        "complete", "*, while the journal is copied", OURS, "µs", beside_worst, FLAT, A_STEP,
        ("App.closing.complete, alone",), slow=True,
    ),
    Target(
        f"into the outbox: flat, up to 1,000,000 waiting (at most {FLAT} times)",
        "outbox", "*: one put *", "a record", "µs", beside_worst, FLAT, "", NONE, waiting=MILLION,
    ),
    Target(
        f"out of it, one: flat, up to 1,000,000 waiting (at most {FLAT} times)",
        "outbox", "*: one taken *", "claim", "µs", beside_worst, FLAT, "", NONE, waiting=MILLION,
    ),
    Target(
        "into the outbox: ahead of both queues, whatever waits",
        "outbox", "*: put one *", "a record", "µs", beside_worst, 1, RECORD_TOO, QUEUES,
    ),
    Target(
        "out of it, one: ahead of both queues, whatever waits",
        "outbox", "*: take and *", "claim", "µs", beside_worst, 1, RECORD_TOO, QUEUES,
    ),
    Target(
        "out of it, in batches: ahead of both queues, whatever waits",
        "outbox", "*: take and *", "the same, 50 in a batch", "µs", beside_worst, 1, RECORD_TOO, QUEUES,
    ),
    *(
        Target(
            f"drained in batches of 50, {away} away: within 1.3 times the line's floor ({WITHIN:.2f} of its rate)",
            "drain", f"*, {away} away, in batches of 50", "journal", "events/s", beside_worst, WITHIN, WRITTEN_DOWN,
            FLOOR, at_least=True,
        )
        for away in ("0 ms", "20 ms", "100 ms")
    ),
    Target(
        "cold start with 1,000,000 waiting, the journal opened: under 0.5 s",
        "cold", "*: the journal opened*", "", "ms", p50, 500, waiting=MILLION,
    ),
    Target(
        "cold start with 1,000,000 waiting, Python's start and the first sale with it: under 0.5 s",
        "cold", "*: process start *", "", "ms", p50, 500, PYTHON_STARTS, waiting=MILLION,
    ),
    Target(
        f"memory with 1,000,000 waiting, while it drains: flat (at most {FLAT} times)",
        "cold", "*: memory, the most *", "", "MB resident", beside_worst, FLAT, "", ("nothing waiting",),
        waiting=MILLION,
    ),
    *(
        Target(f"in a browser, {store}: {aim}", "page", f"page, {case}: {what}", "the till page", "ms", tell, limit)
        for store, case in (("a new store", "a new store"), ("100,000 items, 500 keys", "*00 items, *"))
        for aim, what, tell, limit in (
            ("scan to line, p99 under 50 ms", "scan to line", p99, 50.0),
            ('"Take" to "paid", under 150 ms', "take to paid", p99, 150.0),
            ("from cold, under 0.5 s", "from cold", p50, 500.0),
        )
    ),
    Target(
        "somebody else signs in at a till by PIN: within 2 s",
        "staff", "*by PIN", "POST", "ms", p99, 2_000,
    ),
)  # fmt: skip


def table(results: Results) -> list[str]:
    """Return the lines between the marks in bench/README.md. What was not measured is said to be so."""
    kept = results["benches"]
    benches = [bench for bench in (*dict.fromkeys(target.bench for target in TARGETS), "slow") if bench in kept]
    lines = [
        "| aimed at | measured | on the disk of `slow`, 5 ms more a sync | why it is missed |",
        "| --- | --- | --- | --- |",
    ]
    here: list[bool | None] = []
    there: list[bool | None] = []
    for target in TARGETS:
        told, held = _cell(target, kept, target.bench, target.case)
        here.append(held)
        slow, slow_held = "", None
        if target.slow:
            slow, slow_held = _cell(target, kept, "slow", SLOW_CASE + target.case)
            there.append(slow_held)
        why = (target.why or "not known") if False in (held, slow_held) else ""
        lines.append(f"| {target.aim} | {told} | {slow} | {why} |")
    said = (
        f"{kept_figures.measured_on(results, benches)}, where an append and fdatasync of a sale's bytes takes "
        f"{_floor(kept, 'complete', '')}, and {_floor(kept, 'slow', SLOW_CASE)} on the disk of `slow`. Of "
        f"{_sum(here)} here; of {_sum(there)} on the disk of `slow`."
    )
    return [said, "", *lines]


def _floor(kept: Results, bench: str, before: str) -> str:
    figures = _figures(kept, bench)
    cases = kept_figures.cases(figures, f"{before}complete *, 1 till")
    floor = kept_figures.one(figures, cases[-1], BARE_DISK[0], "µs") if cases else None
    return "a time that was not measured" if floor is None else amount(floor["p50"], "µs")


def _figures(kept: Results, bench: str) -> list[Figure]:
    figures: list[Figure] = kept[bench]["figures"] if bench in kept else []
    return figures


def _cell(target: Target, kept: Results, bench: str, case: str) -> tuple[str, bool | None]:
    figures = _figures(kept, bench)
    cases = kept_figures.cases(figures, case)
    told = target.tell(target, figures, cases) if cases else None
    if told is None:
        return f"not measured yet: `make bench` has `{bench}`", None
    words = f"{told.words}, {told.waiting} waiting" if told.waiting else told.words
    if told.value is None:
        return f"not known: {words}", None
    held = told.value >= target.limit if target.at_least else told.value <= target.limit
    if held and int(told.waiting.replace(",", "") or 0) < target.waiting:
        return f"held so far: {words}", None
    return f"{'held' if held else '**missed**'}: {words}", held


def _sum(held: list[bool | None]) -> str:
    return f"{len(held)} targets {held.count(True)} are held, {held.count(False)} missed, {held.count(None)} not told"
