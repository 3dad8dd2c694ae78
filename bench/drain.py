"""A backlog drains: what is left of the line's own speed when every step is written down before it is made."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from functools import partial
from typing import TYPE_CHECKING

import httpx

from agent.app import App
from agent.config import load
from bench import backlog, receiver, shop
from bench.rounds import Contender, Role, in_turns
from outbox.clouds.webhook import Webhook
from outbox.ids import new_id
from outbox.record import canonical
from outbox.session import open_client

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from bench.effort import Effort
    from bench.rounds import Figure, Samples

FAR_MS = (0, 20, 100)  # next door; a cloud in the same country; one on another continent
BATCH = 50
PARALLEL = Webhook.capabilities.parallel  # exchanges under way at once
DRAIN_WAIT_S = 900.0  # for a backlog of 10,000, one by one, on a slow disk
POLL_S = 0.005
PEER, LIMIT = "bare httpx.AsyncClient loop, nothing written", "bare asyncio sockets, nothing written"

_folders = itertools.count(1)


async def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Measure one record a request, then batches, each with the receiver at three distances."""
    open_client(1)  # reads the certificates, once for the process: a tenth of a second that is no drain
    found = []
    async with receiver.running(core_of_its_own=True) as address:
        for latency_ms, count in zip(FAR_MS, effort.backlog_single, strict=True):
            bench = _Bench(folder, address, latency_ms, count, batch=1)
            rounds = effort.drains_far if latency_ms else effort.drains
            found += await in_turns(f"{bench.case}, one by one", bench.contenders(), rounds, warm=False)
        for latency_ms in FAR_MS:
            bench = _Bench(folder, address, latency_ms, effort.backlog, batch=BATCH)
            found += await in_turns(
                f"{bench.case}, in batches of {BATCH}", bench.contenders(), effort.drains, warm=False
            )
    return found


class _Bench:
    def __init__(self, folder: Path, address: str, latency_ms: int, count: int, *, batch: int) -> None:
        self._folder = folder
        self._address = address
        self._path = f"/records/{latency_ms}"
        self._count = count
        self._batch = batch
        fields = backlog.body()
        length = len(canonical(shop.record_body(backlog.LINES)))
        self._bodies = [canonical(fields | {"id": new_id()}) for _ in range(count)]
        self.case = (
            f"drain: {count:,} waiting records of {length:,} bytes, {PARALLEL} requests at once, {latency_ms} ms away"
        )

    def contenders(self) -> list[Contender]:
        return [
            Contender("journal, courier, session, webhook", Role.OURS, self.ours),
            Contender(PEER, Role.PEER, self.httpx),
            Contender(LIMIT, Role.LIMIT, self.sockets),
        ]

    async def ours(self) -> Samples:
        """Drain as the agent does: its own lanes on its own journal, telling of every delivery."""
        folder = self._folder / f"drain-{next(_folders)}"
        folder.mkdir()
        text = shop.configuration(tills=backlog.TILLS, webhook=self._address + self._path, batch=self._batch)
        app = App(load(shop.write_configuration(folder, text)), folder / "state")
        await app.journal.open()
        try:
            await app.catalogue.open()
            await backlog.fill(app.journal, self._count, app.lanes.kinds)
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
        """Post as many bytes with the same number of headers."""
        async with httpx.AsyncClient() as client:

            async def post(body: bytes) -> None:
                url = self._address + self._path
                response = await client.post(url, content=body, headers=_headers())
                assert response.is_success

            return await self._timed(partial(_shared, self._requests(), post))

    async def sockets(self) -> Samples:
        """Write requests and read answers, with no client at all between."""
        host, _, port = self._address.removeprefix("http://").partition(":")
        lines = [await asyncio.open_connection(host, int(port)) for _ in range(PARALLEL)]
        free = list(lines)

        async def post(body: bytes) -> None:
            reader, writer = line = free.pop()
            headers = "".join(f"{name}: {value}\r\n" for name, value in _headers().items())
            head = f"POST {self._path} HTTP/1.1\r\nhost: {host}\r\n{headers}content-length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            await reader.readuntil(b"\r\n\r\n{}")
            free.append(line)

        try:
            return await self._timed(partial(_shared, self._requests(), post))
        finally:
            for _, writer in lines:
                writer.close()
                await writer.wait_closed()

    def _requests(self) -> list[bytes]:
        if self._batch == 1:
            return self._bodies
        parts = [self._bodies[first : first + self._batch] for first in range(0, self._count, self._batch)]
        return [b"[" + b",".join(part) + b"]" for part in parts]

    async def _timed(self, work: Callable[[], Awaitable[None]]) -> Samples:
        await self._seen()
        cpu, began = time.process_time(), time.perf_counter()
        await work()
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
        seen, different = await self._seen()
        assert seen == different == self._count, f"{seen} records arrived, {different} different ones of {self._count}"
        return {"events/s": [self._count / took], "CPU µs/event": [cpu * 1e6 / self._count]}

    async def _seen(self) -> tuple[int, int]:
        async with httpx.AsyncClient(timeout=60) as client:
            answer = await client.get(self._address + "/seen")
        seen, different = json.loads(answer.text)
        return seen, different


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


async def _shared(bodies: Sequence[bytes], post: Callable[[bytes], Awaitable[None]]) -> None:
    left = iter(bodies)

    async def worker() -> None:
        for body in left:
            await post(body)

    async with asyncio.TaskGroup() as group:
        for _ in range(PARALLEL):
            group.create_task(worker())


def _headers() -> dict[str, str]:
    return {
        "content-type": "application/json",
        "webhook-id": "01a1fbf8-d992-78a2-a269-5ae35d686647",
        "webhook-timestamp": "1795165200",
        "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    }
