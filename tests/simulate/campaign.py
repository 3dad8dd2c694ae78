"""Many seeds, a process each, the finished ones kept in a file: what they came to, and what to do about a failure."""

from __future__ import annotations

import concurrent.futures
import json
import logging
import multiprocessing
import time
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bench.machine import commit
from tests.simulate.clouds import bodies_unjudged
from tests.simulate.store import Outcome, simulate
from tests.simulate.weather import Weather

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VIOLATIONS_SHOWN = 10  # of a seed; what comes after the first is most often its consequence
# What is told of all seeds together. All that was planted follows behind it.
SUMMARY = ("days", "sales", "refunds", "starts", "crashes", "answers lost", "unheard", "partly quiet", "quiet times")


class NotTheSame(Exception):
    """What is to be gone on with was something else."""


def run_one(seed: int, days: int, weather: Weather) -> Outcome:
    """Run a seed of the long proof, in a process of its own."""
    logging.getLogger().setLevel(logging.ERROR)  # a year of warnings is written for nobody here
    bodies_unjudged()
    return simulate(seed, days, weather)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command line prints


@dataclass
class Campaign:
    """Seeds of so many days, and the file in which the finished ones are kept, one JSON object a line.

    `customers` a usual day, or None: each seed's shop has its own. `without`: troubles of `Weather` that are left
    out, to see which of them a failing seed needs.
    """

    seeds: list[int]
    days: int
    customers: int | None
    file: Path
    say: Callable[[str], None] = _say
    commit: str = field(default_factory=commit)
    without: tuple[str, ...] = ()
    finished: dict[int, Outcome] = field(default_factory=dict)

    def begin(self) -> None:
        """Begin a new file."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(self._what()) + "\n", "utf-8")

    def go_on(self) -> None:
        """Take up what a file of before has of these seeds. Raises `NotTheSame`."""
        lines = [json.loads(line) for line in self.file.read_text("utf-8").splitlines()]
        if not lines or lines[0] != self._what():
            was = lines[0] if lines else "empty"
            raise NotTheSame(f"{self.file} is of {was}, this is {self._what()}: begin anew, or go back to that commit")
        outcomes = [Outcome.from_json(line) for line in lines[1:]]
        self.finished = {outcome.seed: outcome for outcome in outcomes if outcome.seed in self.seeds}
        self.say(f"{len(self.finished)} of {len(self.seeds)} seeds were finished before")

    def run(self, jobs: int) -> int:
        """Run what is not finished. Returns 1 where a seed failed, else 0."""
        began = time.monotonic()
        left = [seed for seed in self.seeds if seed not in self.finished]
        # A process a seed: what a killed agent leaves behind goes with it.
        spawn = multiprocessing.get_context("spawn")
        with concurrent.futures.ProcessPoolExecutor(jobs, spawn, max_tasks_per_child=1) as pool:
            running = [pool.submit(run_one, seed, self.days, self._weather(seed)) for seed in left]
            try:
                for done in concurrent.futures.as_completed(running):
                    self.end(done.result())
                    self._progress(time.monotonic() - began, len(left))
            except KeyboardInterrupt:
                pool.shutdown(wait=False, cancel_futures=True)
                self.say(f"interrupted; go on with: make simulate {self._arguments()} RESUME={self.file}")
                return 1
        return self._sum_up(time.monotonic() - began)

    def end(self, outcome: Outcome) -> None:
        """Keep how a seed ended, and tell of it where it failed."""
        self.finished[outcome.seed] = outcome
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(outcome.to_json()) + "\n")
        if outcome.violations:
            self.say(f"seed {outcome.seed} FAILED; replay it with: {self._replay(outcome.seed)}")
            for violation in outcome.violations[:VIOLATIONS_SHOWN]:
                self.say(f"  {violation}")

    def _progress(self, took_s: float, left: int) -> None:
        here = left - (len(self.seeds) - len(self.finished))
        to_go_s = took_s / here * (left - here)
        days = sum(outcome.counts["days"] for outcome in self.finished.values())
        failed = sum(bool(outcome.violations) for outcome in self.finished.values())
        self.say(
            f"{len(self.finished)} of {len(self.seeds)} seeds, {days:,} days, {failed} failed; "
            f"{took_s / 60:,.1f} min, {to_go_s / 60:,.0f} to go"
        )

    def _sum_up(self, took_s: float) -> int:
        outcomes = [self.finished[seed] for seed in self.seeds]
        counts: Counter[str] = Counter()
        for outcome in outcomes:
            counts.update(outcome.counts)
        failed = sorted(outcome.seed for outcome in outcomes if outcome.violations)
        cpu_s = sum(outcome.took_s for outcome in outcomes)
        self.say(", ".join(f"{name} {counts[name]:,}" for name in SUMMARY))
        planted = sorted(counts.keys() - set(SUMMARY))
        self.say("planted: " + ", ".join(f"{name} {counts[name]:,}" for name in planted))
        self.say(
            f"{len(outcomes)} seeds at {self.commit}: violations in {len(failed)} {failed}; "
            f"{took_s:,.0f} s now, {cpu_s:,.0f} s of one core in all, {counts['days'] / cpu_s * 60:,.0f} days a minute"
        )
        return 1 if failed else 0

    def _what(self) -> dict[str, Any]:
        return {"commit": self.commit, "days": self.days, "customers": self.customers, "weather": asdict(self._trouble)}

    @property
    def _trouble(self) -> Weather:
        return replace(Weather(), **dict.fromkeys(self.without, 0.0))  # type: ignore[arg-type]  # all of them are shares

    def _weather(self, seed: int) -> Weather:
        weather = self._trouble.of_shop(seed)
        return weather if self.customers is None else replace(weather, customers_a_day=self.customers)

    def _replay(self, seed: int) -> str:
        return f"make simulate SEEDS={seed}, DAYS={self.days}{self._chosen}"

    @property
    def _chosen(self) -> str:
        customers = "" if self.customers is None else f" CUSTOMERS={self.customers}"
        return customers + (f" WITHOUT={','.join(self.without)}" if self.without else "")

    def _arguments(self) -> str:
        text = ",".join(str(seed) for seed in self.seeds)
        seeds = str(len(self.seeds)) if self.seeds == list(range(1, len(self.seeds) + 1)) else f"{text},"
        return f"SEEDS={seeds} DAYS={self.days}{self._chosen}"
