"""The whole store under a seed: a few days of several, that a seed is all there is to a run, and what must be caught.

The long run is `make simulate SEEDS=200 DAYS=365`.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import outbox.writer
from agent.kicks import Kicks
from agent.prints import Prints
from outbox import answers, chain, deliveries
from outbox.record import NUMBERED
from tests.simulate.clouds import bodies_unjudged
from tests.simulate.loop import Deadlock, VirtualLoop
from tests.simulate.store import simulate
from tests.simulate.weather import Weather

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from outbox.answers import Key, Reply
    from outbox.record import Draft, Record

ROOT = Path(__file__).parents[2]
STORM = Weather(crashes=4.0, unheard=0.1, lost_after=0.1, disk=1.0)
TRIES = 6  # seeds that a planted mistake may take to be noticed
DAYS = 10


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies_unjudged(monkeypatch.setattr)


@pytest.mark.parametrize("seed", range(1001, 1006))
def test_a_store_keeps_its_promises(seed: int) -> None:
    outcome = simulate(seed, 8)
    assert not outcome.violations, f"replay: make simulate SEEDS={seed}, DAYS=8\n" + "\n".join(outcome.violations)
    assert outcome.counts["sales"] > 80
    assert outcome.counts["quiet times"] == 2


def test_a_store_keeps_its_promises_in_a_storm() -> None:
    outcome = simulate(7, 8, STORM)
    assert not outcome.violations, "\n".join(outcome.violations)
    assert outcome.counts["crashes"] > 15


@pytest.mark.parametrize(("seed", "faults"), [(12, 8.0), (3, 30.0)])
def test_a_disk_that_fails_often_loses_nothing_and_stops_no_printer(seed: int, faults: float) -> None:
    outcome = simulate(seed, 4, Weather(disk=faults))
    assert not outcome.violations, "\n".join(outcome.violations)
    assert outcome.counts["disk faults"] > 2 * faults


def test_a_seed_is_all_there_is_to_a_run() -> None:
    program = (
        "from tests.simulate.store import simulate\n"
        "from tests.simulate.weather import Weather\n"
        "print(simulate(3, 3, Weather(crashes=2, paper=2, power=1)).trace)"
    )
    traces = {
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hashes},
        ).stdout
        for hashes in ("1", "2")
    }
    assert len(traces) == 1
    assert simulate(4, 1).trace not in traces


# --- mistakes that it has to notice ---


def told_before_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    commit = outbox.writer._commit

    class Later:
        def __init__(self, connection: sqlite3.Connection) -> None:
            self.real = connection

        def execute(self, sql: str, parameters: Any = ()) -> Any:
            if sql == "begin immediate" and self.real.in_transaction:
                self.real.execute("commit")
            return None if sql == "commit" else self.real.execute(sql, parameters)

        @property
        def in_transaction(self) -> bool:
            return self.real.in_transaction

    def later(connection: Any, changes: list[Callable[[sqlite3.Connection], Any]]) -> list[Any]:
        return commit(Later(connection), changes)  # type: ignore[arg-type]  # all that is used of one

    monkeypatch.setattr(outbox.writer, "_commit", later)


def number_outside_the_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: dict[str, int] = {}
    append = chain.append

    def counting(connection: sqlite3.Connection, draft: Draft) -> tuple[Record, bool]:
        if draft.kind in NUMBERED and chain.by_id(connection, draft.id) is None:
            number = taken[draft.till] = taken.get(draft.till, 0) + 1
            connection.execute("insert into till(id) values (?) on conflict do nothing", (draft.till,))
            connection.execute("update till set last_receipt = ? where id = ?", (number - 1, draft.till))
        return append(connection, draft)

    monkeypatch.setattr(chain, "append", counting)


def no_unclear_state(monkeypatch: pytest.MonkeyPatch) -> None:
    begin, failed = deliveries.begin, deliveries.failed

    def ready(connection: sqlite3.Connection, delivery_id: int, step: Any, now: Any) -> None:
        begin(connection, delivery_id, step, now)
        connection.execute("update step set state = 'ready' where delivery = ? and state = 'unclear'", (delivery_id,))

    monkeypatch.setattr(deliveries, "begin", ready)
    monkeypatch.setattr(deliveries, "failed", lambda *given, unclear: failed(*given, unclear=False))


def refunds_that_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = deliveries.queue

    def at_once(connection: sqlite3.Connection, record: Record, clouds: Any) -> None:
        queue(connection, record, clouds)
        connection.execute("update delivery set after = null, chain = ? where record_seq = ?", (record.id, record.seq))

    monkeypatch.setattr(deliveries, "queue", at_once)


def a_receipt_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def again(self: Prints) -> None:
        await self._journal.write(
            lambda connection: connection.execute("update print_job set state = 'queued' where state = 'sending'")
        )

    monkeypatch.setattr(Prints, "recover", again)


def a_drawer_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def again(self: Kicks) -> None:
        rows = self._journal.reader.execute("select record_id, drawer from kick where state = 'sending'").fetchall()
        for record_id, drawer in rows:
            self.start(record_id, drawer)

    monkeypatch.setattr(Kicks, "recover", again)


def answers_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def forget(connection: sqlite3.Connection, key: Key | None, reply: Reply, at: str) -> Reply:
        return reply

    monkeypatch.setattr(answers, "keep", forget)


MISTAKES: list[tuple[Callable[[pytest.MonkeyPatch], None], Weather]] = [
    (told_before_the_commit, STORM),
    (number_outside_the_transaction, STORM),
    (no_unclear_state, replace(STORM, outages=1.0, long_outages=1.0, lost_after=0.4)),
    (refunds_that_do_not_wait, replace(STORM, outages=3.0, brings_back=0.4, trouble=0.2)),
    (a_receipt_tried_again, replace(STORM, crashes=8.0)),
    (a_drawer_tried_again, replace(STORM, crashes=8.0)),
    (answers_not_kept, STORM),
]


@pytest.mark.parametrize(("mistake", "weather"), MISTAKES, ids=lambda one: getattr(one, "__name__", ""))
def test_a_mistake_is_noticed(
    monkeypatch: pytest.MonkeyPatch, mistake: Callable[[pytest.MonkeyPatch], None], weather: Weather
) -> None:
    with monkeypatch.context() as mistaken:
        mistake(mistaken)
        for seed in range(1, TRIES + 1):
            outcome = simulate(seed, DAYS, weather)
            if outcome.violations:
                break
        else:
            pytest.fail(f"nobody noticed in {TRIES} seeds")
    assert not simulate(outcome.seed, outcome.counts["days"], weather).violations, "without the mistake all is well"


# --- the loop itself ---


def test_time_jumps_and_a_dead_end_is_named() -> None:
    loop = VirtualLoop()

    async def wait() -> float:
        await asyncio.sleep(86_400)
        return loop.time()

    async def wait_for_nobody() -> None:
        await loop.create_future()

    try:
        assert loop.run_until_complete(wait()) == 86_400
        with pytest.raises(Deadlock):
            loop.run_until_complete(wait_for_nobody())
    finally:
        loop.end_life(0, contextvars.copy_context())
        loop.close()
