"""A store's lives between power cuts, and every disk that a cut may leave in each of them.

A life starts from a disk (an empty one, or what a cut has left), opens the journal, sells, prints, delivers,
closes and opens again, and all of it is recorded. Then the log is walked: after every entry, each of the five
patterns makes one image of the disk. Each image is recovered and held against what is owed at that moment; one
of them is where the next life starts, so that opening after a cut is itself cut, again and again.

An operation's number counts the entries of all lives of a seed. Seed, operation and pattern name an image: the
same three make the same bytes again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from outbox.journal import Journal
from outbox.record import Kind
from tests.outbox.memory_cloud import MemoryCloud
from tests.outbox.surroundings import still
from tests.powercut.connection import Connection, connecting
from tests.powercut.disk import Disk, Image, Pattern
from tests.powercut.invariants import Violation, violations
from tests.powercut.promises import Committed, Owed, ToldRecord
from tests.powercut.recorder import Entry, FolderSynced, Noted, Recorder, Synced
from tests.powercut.recover import Recovered, digest, lay_out, new_journal, recover
from tests.powercut.store import CLOUDS, Store
from tests.powercut.subject import Subject

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

LIVES = 6  # of a seed: the later ones start from journals that went through cuts, and are not yet large
TURNS = 10  # of the loop: from an answer to whoever asked, through what shields it, are three
ROUNDS = 6  # of a life; its log is then some hundred entries long
REOPENED = 1 / 6  # of the rounds: the agent is stopped and started in an orderly way
AUTOCHECKPOINTS = (8, 24, 64)  # pages; the agent's own 1000 are more than a short life writes


@dataclass(slots=True)
class Tally:
    """What was tried so far. `images` counts disks of different content; a cut is a moment and a pattern."""

    images: int = 0
    cuts: int = 0
    sales: int = 0  # acknowledged
    told: int = 0  # acknowledged records of all kinds


@dataclass(frozen=True, slots=True)
class Finding:
    """An image that does not hold what is owed."""

    seed: int
    operation: int
    pattern: Pattern
    violations: tuple[Violation, ...]
    image: Image = field(repr=False, compare=False)

    def __str__(self) -> str:
        what = "; ".join(str(violation) for violation in self.violations[:5])
        return f"SEED={self.seed} OP={self.operation} ({self.pattern}): {what}"


@dataclass(slots=True)
class _Images:
    """Recovers a seed's images in a folder, each once, and judges what was found, each against each debt once."""

    folder: Path
    tally: Tally
    subject: Subject
    found: dict[int, Recovered] = field(default_factory=dict)  # by image
    known: dict[str, Recovered] = field(default_factory=dict)  # by digest of the tables
    judged: dict[tuple[int, int, int], tuple[Violation, ...]] = field(default_factory=dict)

    def recovered(self, image: Image) -> Recovered:
        key = hash(frozenset(image.items()))  # 64 bits: of 100,000 images, two meet once in billions of runs
        if key not in self.found:
            self.found[key] = recover(image, self.folder, self.subject.recovering, self.known)
            self.tally.images += 1
        return self.found[key]

    def violations(self, cut: _Cut, life: int) -> tuple[Violation, ...]:
        self.tally.cuts += 1
        found = self.recovered(cut.image)
        key = id(found), life, cut.version  # `found` stays, so its id is its own
        if key not in self.judged:
            self.judged[key] = tuple(violations(found, cut.owed))
        return self.judged[key]


def findings(
    seed: int,
    work: Path,
    tally: Tally,
    *,
    subject: Subject | None = None,
    lives: int = LIVES,
    only: int | None = None,
    images_max: int | None = None,
) -> Iterator[Finding]:
    """Live a seed's lives under the empty folder `work`, and yield every image that fails.

    `only` is an operation: no other is looked at. At `images_max` images in the tally it ends.
    """
    subject = subject or Subject()
    (work / "shop").mkdir()
    (work / "image").mkdir()
    images = _Images(work / "image", tally, subject)
    start: Image = {}
    owed = Owed(new_journal())
    operation = 0
    for life in range(lives):
        log = record(start, owed, work / "shop", seed, subject, life)
        tally.told += sum(isinstance(entry, Noted) and isinstance(entry.what, ToldRecord) for entry in log)
        tally.sales += sum(
            isinstance(entry, Noted) and isinstance(entry.what, ToldRecord) and entry.what.record.kind is Kind.SALE
            for entry in log
        )
        choice = Random(f"{seed} next {life}")
        at, pattern = operation + choice.randrange(len(log) // 3, len(log)), choice.choice(list(Pattern))
        following: tuple[Image, Owed] | None = None
        for cut in _cuts(seed, operation, start, owed, log, careless=subject.careless):
            if tally.images == images_max:
                return
            if only is None or cut.operation == only:
                broken = images.violations(cut, life)
                if broken:
                    yield Finding(cut.seed, cut.operation, cut.pattern, broken, cut.image)
            if (cut.operation, cut.pattern) == (at, pattern):
                following = cut.image, cut.owed.copy()
                following[1].tables = images.recovered(cut.image).tables
        assert following is not None
        operation += len(log)
        start, owed = following


def record(start: Image, owed: Owed, folder: Path, seed: int, subject: Subject, life: int) -> list[Entry]:
    """Live one life from a disk on, and return its log."""
    lay_out(start, folder)
    random = Random(f"{seed} life {life}")
    with Recorder(folder, seed=f"{seed} life {life}") as recorder:
        asyncio.run(_live(recorder, owed, random, subject, life))
    disk = Disk(start, careless=False)
    for entry in recorder.log:
        disk.do(entry)
    assert disk.after_a_cut(Pattern.ALL, random) == recorder.files(), "the recorder has missed something"
    return recorder.log


async def _turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def _live(recorder: Recorder, owed: Owed, random: Random, subject: Subject, life: int) -> None:
    def committed(connection: Connection) -> None:
        recorder.note(Committed(digest(connection)))

    def begins() -> None:
        """Let whoever was told of the commit before say so first, or a seed would not repeat itself."""
        asyncio.run_coroutine_threadsafe(_turns(), loop).result()

    loop = asyncio.get_running_loop()
    connect = subject.recorded(recorder, committed, begins)
    memories = {
        name: owed.clouds[name].copy_of_memory() if name in owed.clouds else MemoryCloud(knows_keys=name == "keys")
        for name in CLOUDS
    }
    store: Store | None = None
    rounds = ROUNDS
    while rounds:
        journal = Journal(recorder.folder, around=still(recorder.seed))
        with connecting(connect):
            await journal.open()
        try:
            await journal.write(_checkpointing_after(random.choice(AUTOCHECKPOINTS)))
            if store is None:
                store = subject.store(journal, random, recorder.note, memories, life=life)
            store.journal = journal
            while rounds:
                rounds -= 1
                await store.round()
                if random.random() < REOPENED:
                    break
        finally:
            await journal.close()


def _checkpointing_after(pages: int) -> Callable[[sqlite3.Connection], None]:
    def change(connection: sqlite3.Connection) -> None:
        connection.execute(f"pragma wal_autocheckpoint = {pages}").fetchone()

    return change


@dataclass(frozen=True, slots=True)
class _Cut:
    """The power cut after an operation, the disk keeping what the pattern says; and what is owed then."""

    seed: int
    operation: int
    pattern: Pattern
    image: Image
    owed: Owed
    version: int  # of what is owed: the same image need not be judged twice against the same


def _cuts(seed: int, first: int, start: Image, owed: Owed, log: list[Entry], *, careless: bool) -> Iterator[_Cut]:
    disk = Disk(start, careless=careless)
    owed = owed.copy()
    coming = iter(
        [entry.what.digest for entry in log if isinstance(entry, Noted) and isinstance(entry.what, Committed)]
    )
    owed.coming = next(coming, None)
    images: dict[Pattern, Image] = {}
    version = 0
    for operation, entry in enumerate(log, start=first):
        disk.do(entry)
        if isinstance(entry, Noted):
            version += 1
            owed.take(entry.what)
            if isinstance(entry.what, Committed):
                owed.coming = next(coming, None)
        elif isinstance(entry, Synced | FolderSynced):
            images = {}
        else:  # what is surely there is as it was
            images = {pattern: image for pattern, image in images.items() if pattern is Pattern.NOTHING}
        for pattern in Pattern:
            if pattern not in images:
                same = images.get(Pattern.NOTHING) if disk.at_rest() else None
                images[pattern] = same or disk.after_a_cut(pattern, Random(f"{seed} {operation} {pattern}"))
            yield _Cut(seed, operation, pattern, images[pattern], owed, version)
