"""A cold start with a backlog: what it costs until the first sale, and the memory it takes from then on."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from agent.config import load
from bench import backlog, receiver, shop
from bench.rounds import Contender, Figure, Role, in_turns
from outbox.clouds import KINDS
from outbox.journal import Journal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bench.effort import Effort
    from bench.rounds import Samples

NO_LINE = "http://127.0.0.1:9/records"
FAR_MS = 20  # the line by which the backlog drains, when its memory is watched
BATCH = 50
ANSWER_WAIT_S = 300.0  # a cold disk, a busy machine, and a thousand sales
MID_RUSH_S = 0.1
DELIVERED = 20_000  # enough for a leak to show: hundreds of batches
NOTHING = "nothing waiting"

_notes: list[str] = []


def notes() -> list[str]:
    """Return what the table has no column for."""
    return list(_notes)


async def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Measure the start with a backlog and without one in turns, then the memory of both."""
    _notes[:] = (
        [] if hasattr(os, "posix_fadvise") else ["cold: this system does not let a file be dropped from its cache"]
    )
    many = f"{effort.cold:,} waiting"
    async with receiver.running() as address:
        shops = [
            await _Shop.made(folder / name, waiting=waiting, receiver=f"{address}/records/{FAR_MS}")
            for name, waiting in (("full", effort.cold), ("empty", 0))
        ]
        full, empty = shops
        found = await in_turns(
            "cold: the journal opened, the outbox counted",
            [Contender(many, Role.OURS, full.opened), Contender(NOTHING, Role.LIMIT, empty.opened)],
            effort.cold_starts,
        )
        found += await in_turns(
            "cold: process start to the first sale acknowledged",
            [
                Contender(many, Role.OURS, full.sold),
                Contender(
                    f"{many}, after kill -9 in mid-rush", Role.OURS, partial(full.sold_after_kill, effort.more_sales)
                ),
                Contender(NOTHING, Role.LIMIT, empty.sold),
                Contender("python -c pass, to its end", Role.LIMIT, _python),
            ],
            effort.cold_starts,
        )
        return found + await _memory(full, empty, many, effort)


async def _memory(full: _Shop, empty: _Shop, many: str, effort: Effort) -> list[Figure]:
    if sys.platform != "linux":
        return []
    sales = effort.more_sales
    own, other = await full.memory(sales), await empty.memory(sales)
    figures = []
    for moment, mb in own.items():
        case = f"cold: memory, {moment}"
        figures.append(Figure(case, Role.OURS, many, "MB resident", mb, None, None))
        if "delivered" in moment:
            delivered = min(DELIVERED, effort.cold)
            more = await full.memory_delivering(delivered)
            figures.append(
                Figure(case, Role.OURS, f"{many}, until {delivered:,} are", "MB resident", more, None, mb / more)
            )
        figures.append(Figure(case, Role.LIMIT, NOTHING, "MB resident", other[moment], None, mb / other[moment]))
    return figures


class _Shop:
    """A state folder, and the configurations to start on it: with no line, and with one to the receiver."""

    def __init__(self, folder: Path, offline: Path, online: Path) -> None:
        self._state = folder / "state"
        self._offline = offline
        self._online = online

    @classmethod
    async def made(cls, folder: Path, *, waiting: int, receiver: str) -> _Shop:
        """Make it, with so many records waiting."""
        paths = []
        for name, url in (("offline", NO_LINE), ("online", receiver)):
            (folder / name).mkdir(parents=True)
            text = shop.configuration(tills=backlog.TILLS, webhook=url, batch=BATCH)
            paths.append(shop.write_configuration(folder / name, text))
        made = cls(folder, *paths)
        clouds = {cloud.name: KINDS[cloud.kind].capabilities().kinds for cloud in load(paths[0]).clouds}
        journal = Journal(made._state)
        await journal.open()
        await backlog.fill(journal, waiting, clouds)
        await journal.close()
        return made

    async def opened(self) -> Samples:
        self._drop_from_cache()
        agent = await _Agent.started(self._offline, self._state, "--only-open")
        answer = await agent.answer()
        await agent.end()
        return {"ms": [answer["ms"]]}

    async def sold(self) -> Samples:
        self._drop_from_cache()
        began = time.perf_counter()
        async with _selling(self._offline, self._state):
            return {"ms": [(time.perf_counter() - began) * 1e3]}

    async def sold_after_kill(self, sales: int) -> Samples:
        """Sell, and end the process in the midst of it: the log it leaves is read by the next."""
        agent = await _Agent.started(self._offline, self._state)
        await agent.answer()
        await agent.ask(f"sell {sales}")
        agent.tell(f"sell {sales}")
        await asyncio.sleep(MID_RUSH_S)
        agent.process.kill()
        await agent.process.wait()
        return await self.sold()

    async def memory(self, sales: int) -> dict[str, float]:
        """Return the agent's memory in MB, by what it has just done."""
        async with _selling(self._offline, self._state) as (agent, first):
            sold = [await agent.ask(f"sell {sales}") for _ in range(2)]
        return {
            "once it sells": first["resident_mb"],
            f"after {sales:,} sales more": sold[0]["resident_mb"],
            f"after as many again, {2 * sales:,} in all": sold[1]["resident_mb"],
            f"the most until {sales:,} are delivered": await self.memory_delivering(sales),
        }

    async def memory_delivering(self, count: int) -> float:
        """Return the most memory that an agent took, in MB, from its start until it has delivered so many."""
        async with _selling(self._online, self._state) as (agent, _):
            peak: float = (await agent.ask(f"deliver {count}"))["peak_mb"]
            return peak

    def _drop_from_cache(self) -> None:
        """Let the next start read the disk. It takes no rights, and leaves everybody else's files where they are."""
        if not hasattr(os, "posix_fadvise"):
            return
        for path in self._state.iterdir():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)


class _Agent:
    """An agent in a process of its own, which `agent_child` is."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self._log = log

    @classmethod
    async def started(cls, config: Path, state: Path, *more: str) -> Self:
        path = state.with_name("agent.log")
        with path.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bench.agent_child", str(config), str(state), *more),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        return cls(process, path)

    def tell(self, line: str) -> None:
        """Write a line to it."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())

    async def ask(self, line: str) -> dict[str, Any]:
        """Write a line to it and return what it says."""
        self.tell(line)
        return await self.answer()

    async def answer(self) -> dict[str, Any]:
        """Return what it says next."""
        assert self.process.stdout is not None
        async with asyncio.timeout(ANSWER_WAIT_S):
            line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the agent ended by itself: {self._log.read_text(encoding='utf-8')}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def end(self) -> None:
        """Let it stop in its own order."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.process.wait()


@asynccontextmanager
async def _selling(config: Path, state: Path) -> AsyncIterator[tuple[_Agent, dict[str, Any]]]:
    """Start an agent; yields once it has sold, with what it said then."""
    agent = await _Agent.started(config, state)
    try:
        yield agent, await agent.answer()
    finally:
        await agent.end()


async def _python() -> Samples:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "pass")
    await process.wait()
    return {"ms": [(time.perf_counter() - began) * 1e3]}
