"""Programs that answer over HTTP in processes of their own, and what Linux counts of them."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

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


def bare_server(port: int) -> tuple[str, ...]:
    """Return Python's arguments for a starlette on uvicorn with one route."""
    return "-c", _SERVER, str(port)


@asynccontextmanager
async def running(
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
            async with asyncio.timeout(STOP_WAIT_S):
                await process.wait()
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


def free_port() -> int:
    """Return a TCP port that was free just now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process in seconds: fields 14 and 15 of /proc/PID/stat, in ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    """Return how much memory of a process is resident."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    resident = next(line for line in lines if line.startswith("VmRSS:"))
    return int(resident.split()[1]) / 1024


def threads(pid: int) -> int:
    """Return how many threads a process has."""
    return len(_tasks(pid))


def wakings(pid: int) -> int:
    """Return how often its threads have gone to sleep of themselves so far, which is how often they were woken."""
    count = 0
    for task in _tasks(pid):
        lines = (task / "status").read_text(encoding="utf-8").splitlines()
        count += int(next(line for line in lines if line.startswith("voluntary_ctxt_switches:")).split()[1])
    return count


def _tasks(pid: int) -> list[Path]:
    return list(Path(f"/proc/{pid}/task").iterdir())
