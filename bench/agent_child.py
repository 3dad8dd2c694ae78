"""An agent in a process of its own, told what to do line by line: `python -m bench.agent_child CONFIG STATE`.

It answers each line with one of JSON: how much memory is in use, and the most there ever was. The first comes unasked,
once a sale is acknowledged. `sell N` sells; `deliver N` waits until so many records are delivered since it began.
With `--only-open` it opens the journal, tells the state of the outbox, answers how long that took, and ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.app import App

LINES = 5
TILL = "till-1"
POLL_S = 0.01


async def main(config: Path, state: Path, *, only_open: bool) -> None:
    """Do the one or the other."""
    if only_open:
        await _open(state)
        return
    from agent.app import App
    from agent.config import load

    async with App(load(config), state) as app:
        already = _delivered(app)  # nothing has run yet
        app.status()
        await _sell(app, 1)
        _say(selling=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            word, count = line.split()
            if word == "sell":
                await _sell(app, int(count))
            else:
                await _until_delivered(app, already + int(count))
            _say(done=word)


async def _open(state: Path) -> None:
    from outbox import delivery_views
    from outbox.journal import Journal

    began = time.perf_counter()
    journal = Journal(state)
    await journal.open()
    delivery_views.counts(journal.reader, ["cloud"])
    took_ms = (time.perf_counter() - began) * 1e3
    await journal.close()
    _say(ms=took_ms)


async def _sell(app: App, count: int) -> None:
    from agent import open_sales
    from bench import shop

    for _ in range(count):
        # A process that was ended in mid-sale has left one on the disk.
        sale = open_sales.current(app.journal.reader, TILL) or shop.paid_sale(TILL, LINES)
        await app.journal.write(lambda connection, sale=sale: open_sales.save(connection, sale, shop.AT))  # type: ignore[misc]  # mypy#15459
        await app.closing.complete(sale.id, key=None)


async def _until_delivered(app: App, count: int) -> None:
    while _delivered(app) < count:  # noqa: ASYNC110 - an event would cost the lane
        await asyncio.sleep(POLL_S)


def _delivered(app: App) -> int:
    question = "select coalesce(sum(count), 0) from delivery_count where state = 'delivered'"
    (found,) = app.journal.reader.execute(question).fetchone()
    return int(found)


def _say(**words: Any) -> None:
    print(json.dumps(words | _memory_mb()), flush=True)


def _memory_mb() -> dict[str, float]:
    """Return the memory in use and the most there was; nothing where there is no /proc."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    found = {
        name: int(value.split()[0]) / 1024
        for name, _, value in (line.partition(":") for line in lines)
        if value.endswith("kB")
    }
    return {"resident_mb": found["VmRSS"], "peak_mb": found["VmHWM"]}


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), only_open="--only-open" in sys.argv))
