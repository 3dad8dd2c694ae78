"""The outbox as a queue: put, take and acknowledge, with few and with very many waiting."""

from __future__ import annotations

import itertools
import time
from contextlib import AsyncExitStack, closing
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bench import backlog, shop
from bench.queues import LiteQueue, PersistQueue
from bench.rounds import Contender, Role, in_turns
from outbox import chain, deliveries
from outbox.attempt import Attempts
from outbox.batch_attempt import BatchAttempts
from outbox.claims import claim
from outbox.clouds.webhook import Webhook
from outbox.connector import Answer
from outbox.ending import Ending
from outbox.journal import Journal
from outbox.record import Kind, canonical

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from bench.effort import Effort
    from bench.queues import Queue
    from bench.rounds import Figure, Samples
    from outbox.connector import Request
    from outbox.deliveries import Waiting

CLOUD = "cloud"
BATCH = 50
URL = "http://127.0.0.1:9/records"  # never called

_KINDS = {CLOUD: frozenset(Kind)}


async def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Measure with each of `effort.waiting` in every queue; and with the most of them beside none, in turns."""
    found = []
    async with AsyncExitStack() as stack:
        ours = _Ours(folder, effort)
        await ours.journal.open()
        stack.push_async_callback(ours.journal.close)
        peers = [_Peer(stack.enter_context(closing(kind(folder))), effort) for kind in (PersistQueue, LiteQueue)]
        for before, waiting in itertools.pairwise((0, *effort.waiting)):
            await backlog.fill(ours.journal, waiting - before, _KINDS)
            for peer in peers:
                peer.queue.fill(peer.text, waiting - before)
            title = f"outbox: {{}} of {len(peers[0].text):,} bytes, {waiting:,} waiting"
            found += await in_turns(
                title.format("put one"),
                [
                    Contender("a record and its delivery in one commit", Role.OURS, ours.put),
                    *(Contender(peer.queue.name, Role.PEER, peer.put) for peer in peers),
                ],
                effort.rounds,
            )
            found += await in_turns(
                title.format("take and acknowledge one"),
                [
                    Contender("claim, begin, answered at once, delivered", Role.OURS, ours.take),
                    Contender(f"the same, {BATCH} in a batch, for each", Role.OURS, ours.take_batches),
                    *(Contender(peer.queue.name, Role.PEER, peer.take) for peer in peers),
                ],
                effort.rounds,
            )
        empty = _Ours(folder / "empty", effort)
        await empty.journal.open()
        stack.push_async_callback(empty.journal.close)
        beside = f"of {len(peers[0].text):,} bytes, {effort.waiting[-1]:,} waiting, beside none"
        for case, name, most, none in (
            (f"outbox: one put {beside}", "a record and its delivery in one commit", ours.put, empty.put),
            (f"outbox: one taken {beside}", "claim, begin, answered at once, delivered", ours.take, empty.take),
        ):
            in_none = Contender("the same, nothing waiting but what a block puts", Role.PEER, none)
            found += await in_turns(case, [Contender(name, Role.OURS, most), in_none], effort.rounds)
    return found


class _Ours:
    """The journal, and the courier's own attempts with a line that takes no time. Tills take turns."""

    def __init__(self, folder: Path, effort: Effort) -> None:
        self.journal = Journal(folder / "state")
        self._effort = effort
        self._fields = backlog.body()
        self._to_put, self._to_take = (itertools.cycle(f"till-{n + 1}" for n in range(backlog.TILLS)) for _ in range(2))
        secret = SecretStr(shop.SECRET)
        one, many = Webhook(URL, secret), Webhook(URL, secret, batch=BATCH)
        assert many.packer is not None
        self._attempts = Attempts(CLOUD, one, self.journal, _Answered(), lambda *_: {})
        self._batches = BatchAttempts(CLOUD, many, many.packer, self.journal, _Answered())

    async def put(self) -> Samples:
        drafts = iter([backlog.draft(next(self._to_put), self._fields) for _ in range(self._effort.items)])

        async def one() -> None:
            draft = next(drafts)

            def change(connection: sqlite3.Connection) -> None:
                record, _ = chain.append(connection, draft)
                deliveries.queue(connection, record, _KINDS)

            await self.journal.write(change)

        return await _timed(self._effort, one)

    async def take(self) -> Samples:
        await backlog.fill(self.journal, self._effort.items, _KINDS)

        async def one() -> None:
            end = await self._attempts.make(self._claimed(1)[0].id)
            assert end.ending is Ending.SETTLED, end

        return await _timed(self._effort, one)

    async def take_batches(self) -> Samples:
        """Take a batch of each till's."""
        await backlog.fill(self.journal, BATCH * backlog.TILLS, _KINDS)

        async def one() -> None:
            claimed = self._claimed(BATCH)
            assert len(claimed) == BATCH
            end = await self._batches.make(claimed)
            assert end.ending is Ending.SETTLED, end

        return await _timed(self._effort, one, count=backlog.TILLS, size=BATCH)

    def _claimed(self, size: int) -> tuple[Waiting, ...]:
        found = claim(
            self.journal.reader,
            CLOUD,
            next(self._to_take),
            size,
            stands_aside=lambda _: False,
            waits=lambda _: False,
        )
        assert found is not None, "more was taken than was put"
        return found.deliveries


class _Answered:
    """A line that takes no time, to a cloud that takes everything."""

    async def exchange(self, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:  # noqa: ARG002 - Exchanges
        return Answer(200, {}, b"{}")


class _Peer:
    def __init__(self, queue: Queue, effort: Effort) -> None:
        self.queue = queue
        self.text = canonical(shop.record_body(backlog.LINES)).decode()
        self._effort = effort

    async def put(self) -> Samples:
        async def one() -> None:
            self.queue.put(self.text)

        return await _timed(self._effort, one)

    async def take(self) -> Samples:
        async def one() -> None:
            self.queue.take()

        self.queue.fill(self.text, self._effort.items)
        samples = await _timed(self._effort, one)
        self.queue.clear()
        return samples


async def _timed(
    effort: Effort, one: Callable[[], Awaitable[None]], *, count: int | None = None, size: int = 1
) -> Samples:
    """Do it so many times, or for as long as a block may take; a sample is what each of `size` items took."""
    samples: list[float] = []
    cpu, ends_at = time.process_time(), time.perf_counter() + effort.item_s
    for _ in range(effort.items if count is None else count):
        started = time.perf_counter()
        await one()
        ended = time.perf_counter()
        samples.append((ended - started) * 1e6 / size)
        if ended > ends_at:
            break
    return {"µs": samples, "CPU µs/item": [(time.process_time() - cpu) * 1e6 / size / len(samples)]}
