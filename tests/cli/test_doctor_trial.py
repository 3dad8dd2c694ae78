"""The trial: what is acknowledged there is there after a cut on a disk that forgets, and a lying disk is found out."""

from __future__ import annotations

import asyncio
import itertools
import json
import sqlite3
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from agent.doctor.plug import results, trial, verdict
from agent.doctor.plug.count import TRIAL_CHARS, TRIAL_LETTERS, Count
from agent.doctor.plug.counters import CounterLost
from agent.doctor.plug.results import Cut
from agent.doctor.plug.trial import Trial
from agent.doctor.plug.verdict import Outcome, Verdict
from outbox.errors import OutboxError
from outbox.journal import FILE, Journal
from tests.powercut.connection import Connection, connecting
from tests.powercut.disk import Disk, Pattern
from tests.powercut.mutations import _with
from tests.powercut.recorder import Noted, Recorder
from tests.powercut.recover import lay_out

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEED = 7
NAME = "".join(Random(SEED).choices(TRIAL_LETTERS, k=TRIAL_CHARS))  # what the trial draws first
SALES = 12
NEVER = 10**9
EVERY = 11  # of the disk's operations: a cut after each takes a minute
BEFORE, AFTER = "before-the-cut", "after-the-cut"


class Counting:
    """A counter in memory. `heard` is told each number, `slow_s` holds it up, and it ends the trial at `until`.

    One that never ends a trial (`NEVER`) is lost when the trial ends, so that the test journal stays.
    """

    kind = "memory"

    def __init__(
        self, stop: asyncio.Event, until: int, heard: Callable[[str, int], None] = lambda *_: None, *, slow_s: float = 0
    ) -> None:
        self.counts: list[Count] = []
        self._stop = stop
        self._until = until
        self._heard = heard
        self._slow_s = slow_s

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def newest(self) -> Count | None:
        return self.counts[-1] if self.counts else None

    async def begin(self, name: str, boot: str, machine: str) -> None:
        self.counts.append(Count(name, 0, boot, machine))

    async def acknowledged(self, number: int) -> None:
        await asyncio.sleep(self._slow_s)
        now = self.counts[-1]
        self.counts[-1] = replace(now, number=number)
        self._heard(now.trial, number)
        if sum(count.number for count in self.counts) >= self._until:
            self._stop.set()

    async def end(self, trial: str) -> None:
        assert trial == self.counts[-1].trial
        if self._until == NEVER:
            raise CounterLost("gone", hint="again")
        self.counts[-1] = replace(self.counts[-1], ended=True)


def nothing(name: str, number: int) -> None:
    """Show nobody."""


def selling(root: Path, counter: Counting, stop: asyncio.Event, *, sales_max: int = trial.TRIAL_SALES) -> Trial:
    root.mkdir(exist_ok=True)
    return Trial(
        root, counter, stop, nothing, Random(SEED), sales_max=sales_max, boot=lambda: BEFORE, machine=lambda: "lane 1"
    )


async def test_a_trial_sells_tells_ends_in_order_and_leaves_nothing(tmp_path: Path) -> None:
    stop = asyncio.Event()
    shown: list[tuple[str, int]] = []
    counter = Counting(stop, 30)
    running = selling(tmp_path / "plug", counter, stop)
    running.progress = lambda name, number: shown.append((name, number))
    sold = await running.run()
    assert sold == len(shown) == counter.counts[-1].number >= 30
    assert counter.counts == [Count(NAME, sold, BEFORE, "lane-1", ended=True)]
    assert trial.trials(tmp_path / "plug") == []


async def test_the_disk_is_kept_busy_while_a_slow_counter_is_told(tmp_path: Path) -> None:
    stop = asyncio.Event()
    told: list[int] = []
    counter = Counting(stop, 40, lambda _, number: told.append(number), slow_s=0.02)
    await selling(tmp_path / "plug", counter, stop).run()
    assert len(told) < told[-1]
    assert told == sorted(told)


async def test_a_full_test_journal_makes_room_for_the_next_and_never_before_that_one_counts(tmp_path: Path) -> None:
    stop = asyncio.Event()
    root = tmp_path / "plug"
    there: list[tuple[str, int, list[str]]] = []
    counter = Counting(stop, 26, lambda name, number: there.append((name, number, trial.trials(root))))
    assert await selling(root, counter, stop, sales_max=10).run() >= 26
    names = [count.trial for count in counter.counts]
    assert len(set(names)) == len(names) == 3
    for name, _, on_disk in there:
        assert name in on_disk
        assert len(on_disk) <= 2
    first_told = [there[0], *(after for before, after in itertools.pairwise(there) if before[0] != after[0])]
    for earlier, (_, _, on_disk) in zip(names, first_told[1:], strict=False):
        assert earlier in on_disk


async def test_what_is_counted_is_in_the_journal_and_of_many_sizes(tmp_path: Path) -> None:
    stop = asyncio.Event()
    counter = Counting(stop, NEVER)
    running = selling(tmp_path / "plug", counter, stop, sales_max=60)
    running.progress = lambda _, number: stop.set() if number == 60 else None
    with pytest.raises(CounterLost):
        await running.run()
    journal = Journal(tmp_path / "plug" / NAME)
    await journal.open()
    bodies = [json.loads(row[0]) for row in journal.reader.execute("select body from record order by seq")]
    await journal.close()
    assert [body["number"] for body in bodies] == list(range(1, 61))
    assert {body["trial"] for body in bodies} == {NAME}
    sizes = [len(body["lines"]) for body in bodies]
    assert len(set(sizes)) > 10
    assert max(sizes) == trial.LARGE_LINES
    assert (await trial.look(tmp_path / "plug", NAME)).records == 60


async def test_a_counter_that_is_lost_ends_the_trial_and_the_test_journal_stays(tmp_path: Path) -> None:
    stop = asyncio.Event()

    def gone(_: str, number: int) -> None:
        if number >= 5:
            raise CounterLost("the stick is gone", hint="plug it in")

    with pytest.raises(CounterLost):
        await selling(tmp_path / "plug", Counting(stop, NEVER, gone), stop).run()
    assert trial.trials(tmp_path / "plug") == [NAME]


# --- after a cut ---


async def recorded(folder: Path, connection: type[Connection]) -> Recorder:
    """Sell a few on a recorded disk; the log has a note after each number that was told."""
    stop = asyncio.Event()
    recorder = Recorder(folder / "plug" / NAME)
    counter = Counting(stop, NEVER, lambda _, number: recorder.note(number))
    running = selling(folder / "plug", counter, stop, sales_max=SALES)
    running.progress = lambda _, number: stop.set() if number == SALES else None
    with (
        recorder,
        connecting(lambda database, **_: connection(database, recorder.name)),
        pytest.raises(CounterLost),
    ):
        await running.run()
    return recorder


async def verdicts(folder: Path, recorder: Recorder) -> list[Verdict]:
    """Cut the power after every few operations, in every way; open each disk and compare."""
    disk, number, found = Disk({}, careless=True), 0, []
    root = folder / "after"
    (root / NAME).mkdir(parents=True)
    for at, entry in enumerate(recorder.log):
        if isinstance(entry, Noted):
            assert isinstance(entry.what, int)
            number = entry.what
            continue
        disk.do(entry)
        if at % EVERY:
            continue
        for pattern in Pattern:
            for path in (root / NAME).iterdir():
                path.unlink()
            lay_out(disk.after_a_cut(pattern, Random(f"{at} {pattern}")), root / NAME)
            told = Count(NAME, number, BEFORE)
            found.append(verdict.compare(told, await trial.look(root, NAME), AFTER))
    return found


async def test_on_an_honest_disk_every_cut_is_held(tmp_path: Path) -> None:
    found = await verdicts(tmp_path, await recorded(tmp_path, Connection))
    assert {one.outcome for one in found} == {Outcome.HELD, Outcome.NOTHING}
    assert all(one.acknowledged == 0 for one in found if one.outcome is Outcome.NOTHING)
    assert max(one.acknowledged for one in found) >= SALES - 2
    assert sum(one.lost for one in found) == 0
    assert len(found) > 150


async def test_a_disk_that_lies_about_flushes_is_found_out(tmp_path: Path) -> None:
    """`synchronous=OFF`, and a connection that says EXTRA: no flush ever reaches the disk."""
    found = await verdicts(tmp_path, await recorded(tmp_path, _with(synchronous="off")))
    lost = [one for one in found if one.outcome is Outcome.LOST]
    assert lost
    assert max(one.lost for one in lost) > 1


async def test_a_test_journal_that_is_gone_or_damaged_is_a_loss(tmp_path: Path) -> None:
    await recorded(tmp_path, Connection)
    root = tmp_path / "plug"
    told = Count(NAME, SALES, BEFORE)
    assert verdict.compare(told, await trial.look(root, NAME), AFTER).outcome is Outcome.HELD
    gone = verdict.compare(told, await trial.look(root, "ZZZZ"), AFTER)
    assert (gone.outcome, gone.lost, gone.why) == (Outcome.LOST, SALES, "nothing of the test journal is there")
    connection = sqlite3.connect(root / NAME / FILE)
    connection.executescript(
        "drop trigger record_no_update; update record set body = replace(body, 'EUR', 'USD') where seq = 5"
    )
    connection.close()
    changed = verdict.compare(told, await trial.look(root, NAME), AFTER)
    assert (changed.outcome, changed.there) == (Outcome.LOST, 4)
    content = (root / NAME / FILE).read_bytes()
    (root / NAME / FILE).write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    damaged = verdict.compare(told, await trial.look(root, NAME), AFTER)
    assert (damaged.outcome, damaged.there) == (Outcome.LOST, 0)


async def test_what_cannot_be_opened_for_another_reason_is_no_verdict(tmp_path: Path) -> None:
    await recorded(tmp_path, Connection)
    held = Journal(tmp_path / "plug" / NAME)
    await held.open()
    with pytest.raises(OutboxError):
        await trial.look(tmp_path / "plug", NAME)
    await held.close()


# --- what is kept of it ---

HELD = Verdict(Outcome.HELD, 10, 10, 1)
LOST = Verdict(Outcome.LOST, 10, 7, 0, "why")


def test_results_are_kept_and_add_up_by_disk(tmp_path: Path) -> None:
    assert results.read(tmp_path) == []
    cuts = [Cut("KXQR", "2026-11-21T10:00:00+00:00", "file", "Old Disk 1", LOST)]
    cuts += [Cut(name, "2026-11-21T10:00:00+00:00", "line", "New Disk 2", HELD) for name in ("ABCD", "EFGH")]
    results.keep(tmp_path, cuts)
    assert results.read(tmp_path) == cuts
    assert [path.name for path in tmp_path.iterdir()] == [results.FILE]
    assert results.sums(cuts, "New Disk 2").cuts_that_lost == 0
    assert results.sums(cuts, "New Disk 2").cuts == 2
    assert results.sums(cuts, "Old Disk 1").lost == 3
    assert results.sums(cuts, None).cuts == 3  # a disk that does not say its name may be any of them
    assert json.loads((tmp_path / results.FILE).read_text())["cuts"][0]["lost"] == 3


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"cuts": [{}]}', b'{"cuts": 3}', b"\xff", b'{"cuts": [3]}']
)
def test_results_that_are_not_ours_are_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / results.FILE).write_bytes(content)
    with pytest.raises(results.ResultsUnreadable):
        results.read(tmp_path)
