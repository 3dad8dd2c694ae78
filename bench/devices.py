"""What attached devices cost an agent that waits for them, and what looking for new ones takes."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import httpx

from agent import api_token
from agent.plugged import plugged
from bench import attached, shop
from bench.process import bare_server, cpu_s, free_port, memory_mb, running, threads, wakings
from bench.rounds import Contender, Figure, Role, in_turns
from bench.scan import Pty
from bench.sysfs import walk
from drivers.detect.look import look

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from bench.effort import Effort
    from bench.rounds import Samples

ATTACH_WAIT_S = 60.0  # a busy machine; printers are asked who they are first
LOOK_S = 0.05
SETTLE_S = 3.0  # a device that has just become ready is looked after for two seconds more
UNITS = ("MB resident", "threads", "% of a core", "wakings/s")
_READERS = """
import sys, serial, serial.threaded
threads = [serial.threaded.ReaderThread(serial.Serial(name), serial.threaded.LineReader) for name in sys.argv[1:]]
for thread in threads:
    thread.start()
    thread.connect()
print(flush=True)
sys.stdin.read()
"""

_notes: list[str] = []


def notes() -> list[str]:
    """Return what the table has no column for."""
    return list(_notes)


async def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Watch idle processes side by side, then look for devices."""
    figures = [] if sys.platform == "win32" else await _idle(folder, effort)  # no ptys there, and no /proc
    return figures + await _look(effort)


@dataclass(frozen=True, slots=True)
class _Watched:
    """What a process did in a while, in the order of `UNITS`."""

    values: tuple[float, ...]

    def each_of(self, count: int, without: _Watched) -> _Watched:
        """Return what each of so many devices has added; less than can be measured is 0."""
        added = (mine - bare for mine, bare in zip(self.values, without.values, strict=True))
        return _Watched(tuple(max(0.0, one) / count for one in added))


async def _idle(folder: Path, effort: Effort) -> list[Figure]:
    """Watch all four at once, so that each has the same machine."""
    async with AsyncExitStack() as stack:
        for one in ("ten", "none"):
            (folder / one).mkdir()
        urls = await stack.enter_async_context(_peers())
        ptys = [stack.enter_context(Pty()).name for _ in range(attached.COUNT)]
        pids = [
            await stack.enter_async_context(one)
            for one in (
                _agent(folder / "ten", attached.configuration(urls)),
                _agent(folder / "none", ""),
                _readers(ptys),
                _readers([]),
                _server(),
            )
        ]
        await asyncio.sleep(min(SETTLE_S, 10 * effort.idle_s))
        ten, none, ten_readers, no_readers, server = await _watch(pids, effort.idle_s)
    long = f"for {effort.idle_s:g} s"
    readers = "pyserial's ReaderThreads on as many ptys"
    return [
        *_beside(f"devices: {attached.COUNT} attached, idle {long}", "stillopen run", ten, readers, ten_readers),
        *_beside(
            f"devices: each of the {attached.COUNT}, idle {long}",
            "stillopen run, less one with none attached",
            ten.each_of(attached.COUNT, none),
            f"{readers}, less a process with none",
            ten_readers.each_of(attached.COUNT, no_readers),
        ),
        *_beside(f"devices: none attached, idle {long}", "stillopen run", none, "a bare starlette on uvicorn", server),
    ]


async def _watch(pids: list[int], while_s: float) -> list[_Watched]:
    before = [(cpu_s(pid), wakings(pid)) for pid in pids]
    began = time.perf_counter()
    await asyncio.sleep(while_s)
    took_s = time.perf_counter() - began
    found = []
    for pid, (cpu, woken) in zip(pids, before, strict=True):
        busy = (cpu_s(pid) - cpu) * 100 / took_s
        found.append(_Watched((memory_mb(pid), float(threads(pid)), busy, max(0, wakings(pid) - woken) / took_s)))
    return found


def _beside(case: str, name: str, ours: _Watched, other_name: str, other: _Watched) -> list[Figure]:
    figures = []
    for unit, mine, theirs in zip(UNITS, ours.values, other.values, strict=True):
        figures.append(Figure(case, Role.OURS, name, unit, mine, None, None))
        figures.append(Figure(case, Role.PEER, other_name, unit, theirs, None, mine / theirs if theirs else None))
    return figures


@asynccontextmanager
async def _peers() -> AsyncIterator[list[str]]:
    async with _program("-m", "bench.attached") as process:
        assert process.stdout is not None
        yield json.loads(await process.stdout.readline())


@asynccontextmanager
async def _readers(names: list[str]) -> AsyncIterator[int]:
    async with _program("-c", _READERS, *names) as process:
        assert process.stdout is not None
        assert await process.stdout.readline()
        yield process.pid


@asynccontextmanager
async def _program(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run Python until the block ends, which closes its input."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdin=pipe, stdout=pipe)
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


@asynccontextmanager
async def _server() -> AsyncIterator[int]:
    port = free_port()
    async with running(port, bare_server(port)) as (process, _):
        yield process.pid


@asynccontextmanager
async def _agent(folder: Path, sections: str) -> AsyncIterator[int]:
    """Run an agent, and wait until all its devices are ready."""
    port, state = free_port(), folder / "state"
    config = shop.write_configuration(folder, shop.configuration(port=port) + sections)
    agent = ("-m", "agent", "run", "--config", str(config), "--state", str(state), "--log", "warning")
    async with running(port, agent) as (process, _), httpx.AsyncClient() as client:
        async with asyncio.timeout(ATTACH_WAIT_S):
            while True:
                headers = {"Authorization": f"Bearer {api_token.read(state)}"}
                answer = await client.get(f"http://localhost:{port}/v1/devices", headers=headers)
                if all(device["state"] == "ready" for device in answer.raise_for_status().json()["devices"]):
                    break
                await asyncio.sleep(LOOK_S)
        yield process.pid


async def _look(effort: Effort) -> list[Figure]:
    """Look for everything as `GET /v1/devices/found` does, as pyserial does for serial ports, and as little as can."""
    from serial.tools.list_ports import comports

    found = plugged({})
    unseen = ", ".join(one["way"] for one in found["unseen"]) or "nothing"
    _notes[:] = [f"there to be found: {len(found['devices'])} devices; could not be looked for: {unseen}"]
    contenders = [
        Contender("all kinds, what each is, who holds it", Role.OURS, partial(_timed, lambda: plugged({}))),
        Contender("all kinds, no more than found", Role.OURS, partial(_timed, look)),
        Contender("pyserial's list_ports, serial ports only", Role.PEER, partial(_timed, lambda: list(comports()))),
    ]
    if sys.platform.startswith("linux"):
        contenders.append(Contender("a bare walk of /sys and /dev", Role.LIMIT, partial(_timed, walk)))
    return await in_turns("devices: what is plugged in", contenders, effort.rounds)


async def _timed(find: Callable[[], object]) -> Samples:
    began = time.perf_counter()
    find()
    return {"ms": [(time.perf_counter() - began) * 1e3]}
