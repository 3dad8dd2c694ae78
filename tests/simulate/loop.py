"""An event loop whose time is a number: it jumps to the next timer when nothing is ready, and a process on it can die.

A task belongs to the life (`LIFE`) of the context it was made in; the store around the agent is life 0. When a
life ends, none of its callbacks runs again, whatever was under way: that is `kill -9` at an await.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import heapq
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

LIFE: contextvars.ContextVar[int] = contextvars.ContextVar("life", default=0)
TASKS_SWEPT = 512  # tasks made in a life before the ended ones are forgotten


class Deadlock(Exception):
    """Nothing is ready and no timer is set: everybody waits for somebody."""


class SimulatedTask(asyncio.Task[Any]):
    """A task with a number, by which sets of tasks have the same order in every run."""

    numbers = count()  # reset with each loop

    def __init__(self, coro: Coroutine[Any, Any, Any], **how: Any) -> None:
        self.number = next(SimulatedTask.numbers)
        super().__init__(coro, **how)

    def __hash__(self) -> int:
        return self.number


class VirtualLoop(asyncio.BaseEventLoop):
    """Time in seconds, from 0. `after_step` hears of every callback of a life other than 0."""

    def __init__(self) -> None:
        super().__init__()
        SimulatedTask.numbers = count()
        self.steps = 0  # callbacks of agents, so far
        self.after_step: Callable[[], None] = lambda: None
        self._at = 0.0
        self._dead: set[int] = set()
        self._tasks: dict[int, list[SimulatedTask]] = {}
        self.set_task_factory(self._make)  # type: ignore[arg-type]  # how it is called differs by version

    def time(self) -> float:
        """Return the virtual time."""
        return self._at

    def end_life(self, life: int, context: contextvars.Context) -> None:
        """Let nothing of a life run again; its coroutines are closed, and reach nobody from there."""
        self._dead.add(life)
        for task in self._tasks.pop(life, ()):
            if not task.done():
                task._log_destroy_pending = False  # type: ignore[attr-defined]  # asyncio has no public word for it
                with contextlib.suppress(BaseException):  # whatever it still wanted to do, it is dead
                    context.run(task.get_coro().close)
        self._scheduled: list[Any] = [handle for handle in self._scheduled if handle._context.get(LIFE, 0) != life]
        heapq.heapify(self._scheduled)

    def left(self, life: int) -> list[str]:
        """Return the names of a life's tasks that have not ended."""
        return [task.get_name() for task in self._tasks.get(life, ()) if not task.done()]

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]  # generic there
        """Run a thread's work at once, here, and tell of it a moment later."""
        future = self.create_future()
        try:
            result = func(*args)
        except Exception as error:  # noqa: BLE001 - as the thread would hand it over
            self.call_soon(_settle, future, None, error)
        else:
            self.call_soon(_settle, future, result, None)
        return future

    def _make(self, loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, Any], **how: Any) -> SimulatedTask:
        context = how.get("context")
        life = LIFE.get() if context is None else context.get(LIFE, 0)
        task = SimulatedTask(coro, loop=loop, **how)
        tasks = self._tasks.setdefault(life, [])
        tasks.append(task)
        if len(tasks) % TASKS_SWEPT == 0:
            tasks[:] = [task for task in tasks if not task.done()]
        return task

    def _run_once(self) -> None:
        ready, scheduled = self._ready, self._scheduled  # type: ignore[attr-defined]  # BaseEventLoop's own
        while scheduled and scheduled[0]._cancelled:
            heapq.heappop(scheduled)._scheduled = False
        if not ready and not self._stopping:  # type: ignore[attr-defined]  # likewise
            if not scheduled:
                raise Deadlock
            self._at = max(self._at, scheduled[0]._when)
        while scheduled and scheduled[0]._when <= self._at:
            handle = heapq.heappop(scheduled)
            handle._scheduled = False
            ready.append(handle)
        for _ in range(len(ready)):
            handle = ready.popleft()
            if handle._cancelled:
                continue
            life = handle._context.get(LIFE, 0)
            if life in self._dead:
                continue
            handle._run()
            if life:
                self.steps += 1
                self.after_step()

    def _process_events(self, event_list: Any) -> None:
        raise AssertionError("there is nothing outside this loop")

    def _write_to_self(self) -> None:
        raise AssertionError("a thread called into a simulation that has none")


def _settle(future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
