"""From the start of the process to the first answer; what it then holds, and what it does when idle."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

from bench import imports, shop
from bench.process import bare_server, cpu_s, free_port, memory_mb, running
from bench.rounds import Contender, Figure, Role, in_turns
from bench.scan import Pty

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.effort import Effort
    from bench.rounds import Samples

SETTLED_S = 5.0  # what a start leaves for later, as a look at its clouds, is no idling

_notes: list[str] = []


def notes() -> list[str]:
    """Return what the table has no column for."""
    return list(_notes)


async def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Measure the start, then watch one agent and one bare server idle side by side, then look at the imports."""
    async with AsyncExitStack() as stack:
        port = free_port()
        scanners = [] if sys.platform == "win32" else [f"serial://{stack.enter_context(Pty()).name}"]
        text = shop.configuration(
            scanners=scanners,
            printer=(folder / "receipts.bin").as_uri(),
            webhook="http://127.0.0.1:9/records",
            port=port,
        )
        config = shop.write_configuration(folder, text)
        agent = ("-m", "agent", "run", "--config", str(config), "--state", str(folder / "state"), "--log", "warning")
        server = bare_server(other := free_port())
        found = await in_turns(
            "start: process start to the first answer",
            [
                Contender("stillopen run, to /healthz", Role.OURS, partial(_start, port, agent)),
                Contender("a bare starlette on uvicorn, likewise", Role.PEER, partial(_start, other, server)),
                Contender("python -c pass, to its end", Role.LIMIT, _python),
            ],
            effort.rounds,
        )
        found += await _idle(effort, (port, agent), (other, server))
        _notes[:] = imports.notes(await _imports(port, agent))
        return found


async def _start(port: int, arguments: Sequence[str]) -> Samples:
    async with running(port, arguments) as (_, took_ms):
        return {"ms": [took_ms]}


async def _python() -> Samples:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "pass")
    await process.wait()
    return {"ms": [(time.perf_counter() - began) * 1e3]}


async def _idle(effort: Effort, ours: tuple[int, Sequence[str]], peer: tuple[int, Sequence[str]]) -> list[Figure]:
    """Watch both at once, so that each has the same machine. Nothing where there is no /proc."""
    if sys.platform != "linux":
        return []
    async with running(*ours) as (mine, _), running(*peer) as (bare, _):
        await asyncio.sleep(min(SETTLED_S, effort.idle_s))
        before = [cpu_s(process.pid) for process in (mine, bare)]
        await asyncio.sleep(effort.idle_s)
        cpu = [
            (cpu_s(process.pid) - was) * 100 / effort.idle_s for process, was in zip((mine, bare), before, strict=True)
        ]
        memory = [memory_mb(process.pid) for process in (mine, bare)]
    case = f"start: once up, idle for {effort.idle_s:g} s"
    figures = []
    for unit, (own, other) in (("MB resident", memory), ("% of a core", cpu)):
        figures.append(Figure(case, Role.OURS, "stillopen run", unit, own, None, None))
        ratio = own / other if other else None
        figures.append(Figure(case, Role.PEER, "a bare starlette on uvicorn", unit, other, None, ratio))
    return figures


async def _imports(port: int, arguments: Sequence[str]) -> list[imports.Import]:
    async with running(port, ("-X", "importtime", *arguments), watch=True) as (process, _):
        process.terminate()
        assert process.stderr is not None
        return imports.read((await process.stderr.read()).decode())
