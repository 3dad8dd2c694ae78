"""From the start of the process to the first answer; what it then holds, and what it does when idle."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench import imports, shop
from bench.rounds import Contender, Figure, Role, in_turns
from bench.scan import Pty

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bench.effort import Effort
    from bench.rounds import Samples

START_WAIT_S = 60.0  # a cold disk and a busy machine
STOP_WAIT_S = 15.0
POLL_S = 0.002
HEALTH = "GET /healthz HTTP/1.1\r\nhost: localhost:{}\r\nconnection: close\r\n\r\n"
_SERVER = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
async def health(_):
    return JSONResponse({"selling": True})
app = Starlette(routes=[Route("/healthz", health)])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", http="h11", ws="websockets-sansio")
"""

_notes: list[str] = []


def notes() -> list[str]:
    """Return what the table has no column for."""
    return list(_notes)


async def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Measure the start, then watch one agent and one bare server idle side by side, then look at the imports."""
    async with AsyncExitStack() as stack:
        port = _free_port()
        scanner = None if sys.platform == "win32" else f"serial://{stack.enter_context(Pty()).name}"
        text = shop.configuration(
            scanner=scanner,
            printer=(folder / "receipts.bin").as_uri(),
            webhook="http://127.0.0.1:9/records",
            port=port,
        )
        config = shop.write_configuration(folder, text)
        agent = ("-m", "agent", "run", "--config", str(config), "--state", str(folder / "state"), "--log", "warning")
        server = ("-c", _SERVER, str(other := _free_port()))
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
    async with _running(port, arguments) as (_, took_ms):
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
    async with _running(*ours) as (mine, _), _running(*peer) as (bare, _):
        await asyncio.sleep(min(1.0, effort.idle_s))  # what a start leaves to do is no idling
        before = [_cpu_s(process.pid) for process in (mine, bare)]
        await asyncio.sleep(effort.idle_s)
        cpu = [
            (_cpu_s(process.pid) - was) * 100 / effort.idle_s for process, was in zip((mine, bare), before, strict=True)
        ]
        memory = [_memory_mb(process.pid) for process in (mine, bare)]
    case = f"start: once up, idle for {effort.idle_s:g} s"
    figures = []
    for unit, (own, other) in (("MB resident", memory), ("% of a core", cpu)):
        figures.append(Figure(case, Role.OURS, "stillopen run", unit, own, None, None))
        ratio = own / other if other else None
        figures.append(Figure(case, Role.PEER, "a bare starlette on uvicorn", unit, other, None, ratio))
    return figures


async def _imports(port: int, arguments: Sequence[str]) -> list[imports.Import]:
    async with _running(port, ("-X", "importtime", *arguments), watch=True) as (process, _):
        process.terminate()
        assert process.stderr is not None
        return imports.read((await process.stderr.read()).decode())


@asynccontextmanager
async def _running(
    port: int, arguments: Sequence[str], *, watch: bool = False
) -> AsyncIterator[tuple[asyncio.subprocess.Process, float]]:
    """Start Python with these arguments; yields once it answers, with the milliseconds that took."""
    errors = asyncio.subprocess.PIPE if watch else asyncio.subprocess.DEVNULL
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=errors, limit=16 * 1024 * 1024
    )
    try:
        async with asyncio.timeout(START_WAIT_S):
            while not await _answers(port):
                assert process.returncode is None, f"{arguments} ended by itself with {process.returncode}"
                await asyncio.sleep(POLL_S)
        yield process, (time.perf_counter() - began) * 1e3
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_WAIT_S)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _answers(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    try:
        writer.write(HEALTH.format(port).encode())
        return (await reader.readline()).startswith(b"HTTP/1.1 200")
    except OSError:
        return False
    finally:
        writer.close()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _cpu_s(pid: int) -> float:
    """Return the CPU time of a process: fields 14 and 15 of /proc/PID/stat, in ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    resident = next(line for line in lines if line.startswith("VmRSS:"))
    return int(resident.split()[1]) / 1024
