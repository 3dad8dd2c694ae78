"""Mistakes that the simulation has to notice, or it is worthless: each in the product, at one named place."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import outbox.group_commit
from agent.closing import Closing
from agent.kicks import Kicks
from agent.prints import Prints
from outbox import answers, chain, deliveries
from outbox.attempt import Attempts
from outbox.courier import OTHERS_TURN, Courier
from outbox.deliveries import OpenStep
from outbox.ending import End, Ending
from outbox.record import NUMBERED
from tests.simulate.clouds import bodies_unjudged
from tests.simulate.store import simulate
from tests.simulate.weather import Weather

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from outbox.answers import Key, Reply
    from outbox.claims import Claim
    from outbox.connector import Complete, Fact, Refused
    from outbox.deliveries import Delivery, Waiting
    from outbox.record import Draft, Record

STORM = Weather(crashes=4.0, unheard=0.1, lost_after=0.1, disk=1.0)
TRIES = 12  # seeds that a planted mistake may take to be noticed
DAYS = 5  # up to the first quiet time


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies_unjudged(monkeypatch.setattr)


# --- the journal ---


def told_before_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    commit = outbox.group_commit._commit_once

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

    monkeypatch.setattr(outbox.group_commit, "_commit_once", later)


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

    def ready(connection: sqlite3.Connection, delivery_id: int, coming: Any) -> None:
        begin(connection, delivery_id, coming)
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


# --- deliveries ---


def a_new_key_for_a_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    first_or_again, number = Attempts._first_or_again, iter(range(10**9))

    def anew(self: Attempts, delivery: Delivery, fact: Fact, begun: OpenStep | None) -> OpenStep | Complete | Refused:
        coming = first_or_again(self, delivery, fact, begun)
        if not isinstance(coming, OpenStep) or b"idempotency_key" not in coming.step.request.body:
            return coming
        key = str(uuid.UUID(int=next(number)))
        body = coming.step.request.body.replace(coming.step.key.encode(), key.encode())
        return replace(coming, step=replace(coming.step, key=key, request=replace(coming.step.request, body=body)))

    monkeypatch.setattr(Attempts, "_first_or_again", anew)


def the_newest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    open_of = deliveries.open_of
    monkeypatch.setattr(deliveries, "open_of", lambda *given, **how: open_of(*given, **how)[::-1])


def a_parked_record_holds_up_its_till(monkeypatch: pytest.MonkeyPatch) -> None:
    open_of = deliveries.open_of

    def held(connection: sqlite3.Connection, cloud: str, stream: str, limit: int, *, above: int = 0) -> list[Waiting]:
        parked = connection.execute(
            "select min(id) from delivery where cloud = ? and stream = ? and state = 'parked'", (cloud, stream)
        ).fetchone()[0]
        found = open_of(connection, cloud, stream, limit, above=above)
        return [delivery for delivery in found if parked is None or delivery.id < parked]

    monkeypatch.setattr(deliveries, "open_of", held)


def one_cloud_holds_up_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    settle, start = Courier._settle, Courier._start
    refused: set[str] = set()

    def settled(self: Courier, claimed: Claim, end: End) -> None:
        (refused.add if end.ending is Ending.UNAUTHORIZED else refused.discard)(self.cloud)
        settle(self, claimed, end)

    def started(self: Courier) -> None:
        if not refused - {self.cloud}:
            start(self)

    monkeypatch.setattr(Courier, "_settle", settled)
    monkeypatch.setattr(Courier, "_start", started)


def a_sale_waits_for_its_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    complete = Closing.complete

    async def waits(self: Closing, sale_id: str, *, key: Key | None) -> Reply:
        reply = await complete(self, sale_id, key=key)
        reader = self._tills.journal.reader
        for _ in range(300):
            if not reader.execute("select 1 from delivery where state <> 'delivered'").fetchone():
                break
            await asyncio.sleep(0.1)
        return reply

    monkeypatch.setattr(Closing, "complete", waits)


def a_line_that_was_down_lets_others_by(monkeypatch: pytest.MonkeyPatch) -> None:
    in_doubt = Courier._in_doubt

    def blamed(self: Courier, oldest: Claim) -> Claim:
        self._failures.setdefault(oldest.deliveries[0].id, (OTHERS_TURN, self._settled))
        return in_doubt(self, oldest)

    monkeypatch.setattr(Courier, "_in_doubt", blamed)


MISTAKES: list[tuple[Callable[[pytest.MonkeyPatch], None], Weather, int]] = [  # and a seed at which it shows soon
    (told_before_the_commit, STORM, 1),
    (number_outside_the_transaction, STORM, 11),
    (no_unclear_state, replace(STORM, outages=1.0, long_outages=1.0, lost_after=0.4), 4),
    (refunds_that_do_not_wait, replace(STORM, outages=3.0, brings_back=0.4, trouble=0.2), 11),
    (a_receipt_tried_again, replace(STORM, crashes=8.0), 8),
    (a_drawer_tried_again, replace(STORM, crashes=8.0), 2),
    (answers_not_kept, STORM, 1),
    (a_new_key_for_a_retry, replace(STORM, lost_after=0.3), 11),
    (the_newest_goes_first, Weather(), 1),
    (a_parked_record_holds_up_its_till, Weather(refusals=3.0), 7),
    (one_cloud_holds_up_the_other, Weather(token_days=2.0), 12),
    (a_sale_waits_for_its_delivery, Weather(outages=2.0), 1),
    (a_line_that_was_down_lets_others_by, Weather(outages=4.0), 13),
]


@pytest.mark.parametrize(("mistake", "weather", "first"), MISTAKES, ids=lambda one: getattr(one, "__name__", ""))
def test_a_mistake_is_noticed(
    monkeypatch: pytest.MonkeyPatch, mistake: Callable[[pytest.MonkeyPatch], None], weather: Weather, first: int
) -> None:
    with monkeypatch.context() as mistaken:
        mistake(mistaken)
        for seed in range(first, first + TRIES):
            outcome = simulate(seed, DAYS, weather)
            if outcome.violations:
                break
        else:
            pytest.fail(f"nobody noticed in {TRIES} seeds")
    assert not simulate(outcome.seed, outcome.counts["days"], weather).violations, "without the mistake all is well"
