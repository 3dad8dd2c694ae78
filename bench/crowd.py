"""Many tills at once, and the same work done one by one: how long each of them waited, and how much was done."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bench.rounds import Samples

TILLS = (1, 6, 64)  # a corner shop, a supermarket, a department store

W = TypeVar("W")


def called(tills: int) -> str:
    """Return so many tills in words."""
    return "1 till" if tills == 1 else f"{tills} tills"


async def together(tills: int, work: Sequence[W], do: Callable[[W], Awaitable[object]]) -> Samples:
    """Let so many tills do the work, each one after the other; return each one's time and the rate of all."""
    samples: list[float] = []

    async def till(mine: Sequence[W]) -> None:
        for one in mine:
            started = time.perf_counter()
            await do(one)
            samples.append((time.perf_counter() - started) * 1e6)

    began, cpu = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as group:
        for number in range(tills):
            group.create_task(till(work[number::tills]))
    return _with_rates(samples, began, cpu)


def in_place(tills: int, work: Sequence[W], do: Callable[[W], object]) -> Samples:
    """Do the work in a row on this very thread: the least that so many tills wait where each has a commit of its own.

    Each till asks again the moment it is answered, so that its turn comes after everyone else's.
    """
    began, cpu = time.perf_counter(), time.process_time()
    ends = []
    for one in work:
        do(one)
        ends.append(time.perf_counter())
    asked = [began] * tills + ends
    return _with_rates([(end - start) * 1e6 for start, end in zip(asked, ends, strict=False)], began, cpu)


def _with_rates(samples: list[float], began: float, cpu: float) -> Samples:
    """Add what holds on any disk: the CPU time of a sale, in all threads."""
    count = len(samples)
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {"µs": samples, "sales/s": [count / took], "CPU µs/sale": [cpu * 1e6 / count]}
