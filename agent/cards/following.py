"""One task that follows every card payment whose end is not known, each in a task of its own that owns its failures."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from functools import partial
from typing import TYPE_CHECKING

from agent.cards import attempt as rows
from agent.cards.follow import Follower, NotNow
from outbox.errors import OutboxError
from outbox.session import AnswerLost, NotSent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from agent.cards.attempt import Attempt
    from agent.cards.changes import Changes
    from agent.cards.follow import Pace
    from outbox.card_reader import CardReaders
    from outbox.connector import Answer, Request
    from outbox.journal import Journal

CALL_S = 15.0  # of one call while a customer waits: a cloud that takes longer is asked again
FAULT_S = 5.0  # before a payment is followed on after a bug
AFTER_S_MAX = 60.0  # of what a cloud asks to wait: somebody stands at the till

_log = logging.getLogger("stillopen.cards")


class Following:
    """Follows payments. `call` asks a cloud, by its name."""

    def __init__(
        self,
        journal: Journal,
        changes: Changes,
        readers: Mapping[str, CardReaders],
        call: Callable[[str, Request], Awaitable[Answer]],
        *,
        now: Callable[[], datetime],
        pace: Pace,
    ) -> None:
        self._journal = journal
        self._changes = changes
        self._readers = readers
        self._call = call
        self._now = now
        self._pace = pace
        self._fresh: set[str] = set()  # begun in this life: only these are handed to a reader
        self._following: dict[str, asyncio.Task[None]] = {}
        self._woken: dict[str, asyncio.Event] = {}
        self._wanted: asyncio.Queue[str] = asyncio.Queue()

    def begins(self, attempt_id: str) -> None:
        """Note that a payment is about to be begun."""
        self._fresh.add(attempt_id)

    def begins_not(self, attempt_id: str) -> None:
        """Note that it was not, after all."""
        self._fresh.discard(attempt_id)

    def wake(self, attempt_id: str) -> None:
        """Follow a payment on, now: it was begun, or somebody has pressed a button."""
        self._wanted.put_nowait(attempt_id)
        if (woken := self._woken.get(attempt_id)) is not None:
            woken.set()

    async def run(self) -> None:
        """Follow every payment whose end is not known, for ever."""
        for attempt in rows.open_ones(self._journal.reader):
            self._wanted.put_nowait(attempt.id)
        try:
            while True:
                attempt_id = await self._wanted.get()
                if attempt_id not in self._following:
                    task = asyncio.create_task(self._follow(attempt_id), name=f"card payment {attempt_id}")
                    self._following[attempt_id] = task
                    task.add_done_callback(partial(self._followed, attempt_id))
        finally:
            following = list(self._following.values())
            for task in following:
                task.cancel()
            await asyncio.gather(*following, return_exceptions=True)

    def look_again(self) -> None:
        """Follow on whatever is open on the disk: it was opened again, and may hold what nobody was told of."""
        for attempt in rows.open_ones(self._journal.reader):
            self.wake(attempt.id)

    def _followed(self, attempt_id: str, task: asyncio.Task[None]) -> None:
        self._following.pop(attempt_id, None)
        if task.cancelled():
            return
        try:
            attempt = self._changes.find(attempt_id)
        except sqlite3.Error as error:
            _log.warning("Card payment %s cannot be read (%s); it is tried again.", attempt_id, error)
            asyncio.get_running_loop().call_later(FAULT_S, self._wanted.put_nowait, attempt_id)
            return
        if attempt is not None and attempt.open:
            self._wanted.put_nowait(attempt_id)  # somebody wanted its money back just then

    async def _follow(self, attempt_id: str) -> None:
        woken = self._woken.setdefault(attempt_id, asyncio.Event())
        polls = troubles = 0
        try:
            while True:
                woken.clear()
                wait_s = 0.0
                try:
                    attempt = self._changes.find(attempt_id)
                except sqlite3.Error as error:  # the disk; the journal says so, loudly
                    _log.warning("Card payment %s cannot be read (%s); it is followed on.", attempt_id, error)
                    await _pause(woken, FAULT_S)
                    continue
                if attempt is None or not attempt.open:
                    return
                try:
                    if await self._step(attempt):
                        wait_s, polls = _paced(self._pace.polls_s, polls), polls + 1
                    troubles = 0
                    self._changes.set_trouble(attempt, None)
                except (NotSent, AnswerLost, NotNow, OutboxError) as error:
                    self._changes.set_trouble(attempt, str(error))
                    asked = error.after_s if isinstance(error, NotNow) else None
                    wait_s = max(_paced(self._pace.troubles_s, troubles), min(asked or 0.0, AFTER_S_MAX))
                    troubles += 1
                except Exception:  # noqa: BLE001 - a bug here must not leave a payment whose end nobody learns
                    _log.exception("A fault while following card payment %s; it is followed on.", attempt_id)
                    wait_s = FAULT_S
                await _pause(woken, wait_s)
        finally:
            self._woken.pop(attempt_id, None)
            self._fresh.discard(attempt_id)

    async def _step(self, attempt: Attempt) -> bool:
        readers = self._readers.get(attempt.cloud)
        if readers is None:
            raise NotNow(f"the configuration has no cloud {attempt.cloud} that takes cards any more: put it back")
        follower = Follower(
            readers, self._changes, lambda request: self._asked(attempt.cloud, request), self._now, self._pace
        )
        return await follower.step(attempt, fresh=attempt.id in self._fresh)

    async def _asked(self, cloud: str, request: Request) -> Answer:
        try:
            async with asyncio.timeout(CALL_S):
                return await self._call(cloud, request)
        except TimeoutError as error:
            raise AnswerLost(
                f"{cloud} did not answer in {CALL_S:g} s", hint="It is asked again; another tender can be taken."
            ) from error


def _paced(steps: tuple[float, ...], count: int) -> float:
    return steps[min(count, len(steps) - 1)]


async def _pause(woken: asyncio.Event, seconds: float) -> None:
    """Wait, or until somebody has pressed a button."""
    if seconds <= 0:
        return
    try:
        async with asyncio.timeout(seconds):
            await woken.wait()
    except TimeoutError:
        return
