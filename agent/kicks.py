"""Openings of the cash drawer: each a record, and each tried once.

The record, and the row that says an opening was begun, are written together before the drawer is told.
Nothing is tried again: after a crash, or an answer that did not come, a person looks at the drawer.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from drivers.errors import DeviceError
from outbox import chain
from outbox.errors import OutboxError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from agent.events import Publisher
    from drivers.drawer import Drawer
    from outbox.journal import Journal

_log = logging.getLogger("stillopen.drawer")


class Kicks:
    """Opens the drawers by name, in the background, and writes down how it ended."""

    def __init__(self, journal: Journal, drawers: Mapping[str, Drawer], events: Publisher) -> None:
        self._journal = journal
        self._drawers = drawers
        self._events = events
        self._under_way: set[asyncio.Task[None]] = set()
        self._opening: set[str] = set()  # record ids of the openings that drawers are at
        self._ended: dict[str, tuple[str, str, str]] = {}  # drawer, state, reason by record: not on the disk yet

    @staticmethod
    def begin(connection: sqlite3.Connection, record_id: str, drawer: str) -> None:
        """Write down, in the change that adds the record, that the drawer is about to be told."""
        connection.execute("insert into kick(record_id, drawer, state) values (?, ?, 'sending')", (record_id, drawer))

    def start(self, record_id: str, drawer: str) -> None:
        """Tell the drawer, now, without holding anybody up."""
        self._opening.add(record_id)
        task = asyncio.create_task(self._open(record_id, drawer), name=f"drawer {drawer}")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def recover(self) -> None:
        """After a start: what had been begun is unknown."""
        for record_id, drawer in self.left():
            self._ended[record_id] = drawer, "unknown", "the agent stopped while the drawer was being opened"
        await self._write_down()

    def left(self) -> list[tuple[str, str]]:
        """Return the record ids and drawers of openings that are begun on the disk and that nobody is at."""
        rows = self._journal.reader.execute("select record_id, drawer from kick where state = 'sending'").fetchall()
        known = self._opening | self._ended.keys()
        return [(record_id, drawer) for record_id, drawer in rows if record_id not in known]

    async def settle(self, left: list[tuple[str, str]]) -> None:
        """Write down the ends that the disk would not take. Openings that are `left` without one were never tried."""
        never = "the disk failed before the drawer was told; open it with its key, or for a reason of its own"
        for record_id, drawer in left:
            self._ended[record_id] = drawer, "not_opened", never
        await self._write_down()

    async def close(self) -> None:
        """Wait for what is under way: each ends within seconds."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def _open(self, record_id: str, drawer: str) -> None:
        try:
            outcome = await self._drawers[drawer].open(f"record {record_id}")
            state, reason = str(outcome.result), outcome.reason
        except DeviceError as error:
            state, reason = "not_opened", f"{error}. {error.hint}".strip()
        except Exception:  # noqa: BLE001 - a bug here must not undo the sale the drawer opens for
            _log.exception("A fault while opening drawer %s", drawer)
            state, reason = "unknown", "a fault in the agent; the log has it. Look at the drawer."
        self._ended[record_id] = drawer, state, reason
        self._opening.discard(record_id)
        try:
            await self._write_down()
        except OutboxError as error:  # with the next opening, or once the disk is there again; after a start: unknown
            _log.warning("How drawer %s ended (%s) is not written down: %s. %s", drawer, state, error, error.hint)

    async def _write_down(self) -> None:
        """Keep every end that is not on the disk yet. Raises `OutboxError`."""
        for record_id, (drawer, state, reason) in list(self._ended.items()):
            if record_id not in self._ended:
                continue  # another opening has taken it along meanwhile
            opened_for = await self._journal.write(partial(_end, record_id, state, reason))
            if self._ended.pop(record_id, None) is None:
                continue
            if state != "opened":
                _log.warning("Drawer %s: %s (%s).", drawer, state, reason)
            self._events.publish(
                "drawer",
                drawer=drawer,
                record_id=record_id,
                opened_for=opened_for,
                state=state,
                reason=reason or None,
            )


def _end(record_id: str, state: str, reason: str, connection: sqlite3.Connection) -> str | None:
    """Write down how an opening ended; return the number of the receipt that it was for, or None."""
    connection.execute("update kick set state = ?, reason = ? where record_id = ?", (state, reason, record_id))
    opening = chain.by_id(connection, record_id)
    return opening.body.get("for") if opening else None
