"""A backlog drains: what is left of a bare HTTP client's speed when every step is written down before it is made."""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import httpx

from agent.app import App
from agent.config import load
from bench import shop
from bench.rounds import Contender, Role, in_turns
from outbox import chain, deliveries
from outbox.clouds.webhook import Webhook
from outbox.ids import new_id
from outbox.record import Draft, Kind, canonical
from outbox.session import open_client

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from bench.effort import Effort
    from bench.rounds import Figure, Samples

LINES = 5
FAR_MS = 20  # a good line to a cloud in the same country
PARALLEL = Webhook.capabilities.parallel  # exchanges under way at once
DRAIN_WAIT_S = 900.0  # for a backlog of 10,000 on a slow disk
POLL_S = 0.005

_folders = itertools.count(1)


async def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Measure with the receiver next door, and with a line of 20 ms."""
    open_client(1)  # reads the certificates, once for the process: a tenth of a second that is no drain
    found = []
    async with _receiver() as port:
        for latency_ms, count in ((0, effort.backlog), (FAR_MS, effort.backlog_far)):
            bench = _Bench(folder, f"http://127.0.0.1:{port}", latency_ms, count)
            found += await in_turns(
                f"drain: {count:,} waiting records of {len(bench.body):,} bytes, {PARALLEL} at once, {latency_ms} ms",
                [
                    Contender("journal, courier, session, webhook", Role.OURS, bench.ours),
                    Contender("bare httpx.AsyncClient loop, nothing written", Role.PEER, bench.httpx),
                    Contender("bare asyncio sockets, nothing written", Role.LIMIT, bench.sockets),
                ],
                effort.drains,
                warm=False,
            )
    return found


class _Bench:
    def __init__(self, folder: Path, receiver: str, latency_ms: int, count: int) -> None:
        self._folder = folder
        self._receiver = receiver
        self._path = f"/records/{latency_ms}"
        self._count = count
        self.body = canonical(shop.record_body(LINES))

    async def ours(self) -> Samples:
        """Drain as the agent does: its own lanes on its own journal, telling of every delivery."""
        folder = self._folder / f"drain-{next(_folders)}"
        folder.mkdir()
        text = shop.configuration(webhook=self._receiver + self._path)
        app = App(load(shop.write_configuration(folder, text)), folder / "state")
        await app.journal.open()
        try:
            await app.catalogue.open()
            await self._fill(app)
            await app.lanes.open()
            samples = await self._timed(partial(_drain, app, self._count))
            (left,) = app.journal.reader.execute("select count(*) from delivery where state <> 'delivered'").fetchone()
            assert left == 0, f"{left} records were not delivered"
        finally:
            await app.lanes.close()
            await app.catalogue.close()
            await app.journal.close()
        return samples

    async def httpx(self) -> Samples:
        """Post the same bodies with the same number of headers."""
        async with httpx.AsyncClient() as client:

            async def post(record_id: str) -> None:
                url = self._receiver + self._path
                response = await client.post(url, content=self.body, headers=_headers(record_id))
                assert response.is_success

            return await self._timed(partial(_shared, self._count, post))

    async def sockets(self) -> Samples:
        """Write requests and read answers, with no client at all between."""
        host, _, port = self._receiver.removeprefix("http://").partition(":")
        lines = [await asyncio.open_connection(host, int(port)) for _ in range(PARALLEL)]
        free = list(lines)

        async def post(record_id: str) -> None:
            reader, writer = line = free.pop()
            headers = "".join(f"{name}: {value}\r\n" for name, value in _headers(record_id).items())
            head = f"POST {self._path} HTTP/1.1\r\nhost: {host}\r\n{headers}content-length: {len(self.body)}\r\n\r\n"
            writer.write(head.encode() + self.body)
            await reader.readuntil(b"\r\n\r\n{}")
            free.append(line)

        try:
            return await self._timed(partial(_shared, self._count, post))
        finally:
            for _, writer in lines:
                writer.close()
                await writer.wait_closed()

    async def _timed(self, work: Callable[[], Awaitable[None]]) -> Samples:
        await self._seen()
        cpu, began = time.process_time(), time.perf_counter()
        await work()
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
        seen = await self._seen()
        assert seen == self._count, f"{seen} different records arrived instead of {self._count}"
        return {"events/s": [self._count / took], "CPU µs/event": [cpu * 1e6 / self._count]}

    async def _seen(self) -> int:
        async with httpx.AsyncClient() as client:
            return int((await client.get(self._receiver + "/seen")).text)

    async def _fill(self, app: App) -> None:
        body = shop.record_body(LINES)
        for name in ("id", "kind", "till", "till_seq", "receipt_number", "occurred_at", "business_date"):
            del body[name]

        def change(connection: sqlite3.Connection) -> None:
            for _ in range(self._count):
                draft = Draft(new_id(), Kind.SALE, "till-1", shop.AT, shop.AT[:10], body)
                record, _ = chain.append(connection, draft)
                deliveries.queue(connection, record, app.lanes.kinds)

        await app.journal.write(change)


async def _drain(app: App, count: int) -> None:
    """Run the lanes until every delivery was told of."""
    already = _told(app)
    tasks = [asyncio.create_task(work, name=name) for name, work in app.lanes.tasks()]
    try:
        async with asyncio.timeout(DRAIN_WAIT_S):
            while _told(app) - already < count:  # noqa: ASYNC110 - waiting in an event queue would cost the lane
                await asyncio.sleep(POLL_S)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _told(app: App) -> int:
    return sum(times for (type_, _), times in app.events.told.items() if type_ == "delivery")


async def _shared(count: int, post: Callable[[str], Awaitable[None]]) -> None:
    ids = iter([new_id() for _ in range(count)])

    async def worker() -> None:
        for record_id in ids:
            await post(record_id)

    async with asyncio.TaskGroup() as group:
        for _ in range(PARALLEL):
            group.create_task(worker())


def _headers(record_id: str) -> dict[str, str]:
    return {
        "content-type": "application/json",
        "webhook-id": record_id,
        "webhook-timestamp": "1795165200",
        "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    }


@asynccontextmanager
async def _receiver() -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.receiver", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(await process.stdout.readline())
    finally:
        process.stdin.close()
        await process.wait()
