"""The sign of life: given only while the loop turns and the journal's thread answers.

A journal that says why it does not write (a full disk, a cable knocked out) is not dead: the agent opens it again by
itself, and its page says what to do. One that does not answer at all is: the host ends the process and starts another.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from outbox.errors import OutboxError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable

    from agent.app import App
    from agent.service.notify import Host
    from outbox.journal import Journal

SIGNS = 2.5  # in the time that the host waits: one may be late, and the next still in time


async def give_signs(
    host: Host,
    journal: Journal,
    status: Callable[[], str],
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Give the host signs of life, for ever; returns at once where nobody waits for any."""
    if host.alive_s is None:
        return
    while True:
        await answers(journal)
        host.alive(status())
        await sleep(host.alive_s / SIGNS)


async def answers(journal: Journal) -> None:
    """Wait until the journal's thread has done something, or says why it does not: nothing is written for it."""
    try:
        await journal.write(_nothing)
    except OutboxError:
        return


def _nothing(_: sqlite3.Connection) -> None:
    """Change nothing: SQLite writes and syncs nothing for it."""


def status_of(app: App, url: str) -> str:
    """Return how the store is, in one line for a person."""
    fault = app.journal.fault
    if fault is not None:
        return f"Not selling: {fault}"
    waiting = {name: view["waiting"] + view["sending"] for name, view in app.lanes.views().items()}
    told = ", ".join(f"{count} wait for {name}" for name, count in waiting.items() if count)
    return f"Selling at {url}" + (f"; {told}" if told else "")
