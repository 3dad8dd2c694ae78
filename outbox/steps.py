"""A copy of the journal under way on the writer's thread, which commits what comes meanwhile between two steps.

Only the connection that writes can copy a file that is being written: the copy of any other one would begin
anew at each sale, and would keep the log from being folded in. SQLite carries what is committed between two
steps into the copy by itself (https://sqlite.org/backup.html, "Using the backup API with a live database").
"""

from __future__ import annotations

import asyncio
import queue
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

T = TypeVar("T")

_GO_ON, _LEAVE = "go on", "leave"


class _Left(Exception):
    """The copy is not wanted any more."""


class Steps:
    """One copy. `run` is the thread's side; all else is to be used on the loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._inbox: queue.SimpleQueue[tuple[asyncio.Future[Any], Callable[[], Any]] | str] = queue.SimpleQueue()
        self._news: asyncio.Queue[int | None] = asyncio.Queue()
        self._leaving = False

    def run(self, connection: sqlite3.Connection, target: sqlite3.Connection, pages: int) -> None:
        """Copy so many pages at a time, until all are there. Raises what SQLite says of the target's disk."""
        try:
            connection.backup(target, pages=pages, progress=self._between, sleep=0)
        except _Left:
            return
        finally:
            self._loop.call_soon_threadsafe(self._news.put_nowait, None)
            while not self._leaving:  # work may be on its way here until the loop knows that the copy has ended
                self._work_until_told()

    async def stepped(self) -> int | None:
        """Wait until a step is over; return how many pages are left, or None when there will be no other step."""
        return await self._news.get()

    def go_on(self) -> None:
        """Make the next step."""
        self._inbox.put(_GO_ON)

    def leave(self) -> None:
        """End it, whole or not, once all work that was given is done."""
        self._inbox.put(_LEAVE)

    async def do(self, work: Callable[[], T]) -> T:
        """Do something else on the thread, between two steps."""
        done: asyncio.Future[T] = self._loop.create_future()
        self._inbox.put((done, work))
        return await done

    def _between(self, _status: int, left: int, _total: int) -> None:
        self._loop.call_soon_threadsafe(self._news.put_nowait, left)
        self._work_until_told()
        if self._leaving:
            raise _Left

    def _work_until_told(self) -> None:
        while True:
            given = self._inbox.get()
            if isinstance(given, str):
                self._leaving = given == _LEAVE
                return
            done, work = given
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - it goes to whoever asked, and this thread is needed
                self._loop.call_soon_threadsafe(_fail, done, error)
            else:
                self._loop.call_soon_threadsafe(_succeed, done, result)


def _succeed(done: asyncio.Future[Any], result: Any) -> None:
    if not done.done():  # the loop is going down
        done.set_result(result)


def _fail(done: asyncio.Future[Any], error: BaseException) -> None:
    if not done.done():
        done.set_exception(error)
