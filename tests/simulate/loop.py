"""An event loop whose time is a number: it jumps to the next timer when nothing is ready, and a process on it can die.

A task belongs to the life (`LIFE`) of the context it was made in; the store around the agent is life 0. When a
life ends, none of its callbacks runs again, whatever was under way: that is `kill -9` at an await.

It does what a `BaseEventLoop` does for what needs no file, with less on the way: half of a simulated year would
else be spent here.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import heapq
from collections import deque
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

LIFE: contextvars.ContextVar[int] = contextvars.ContextVar("life", default=0)
TASKS_SWEPT = 512  # tasks made in a life before the ended ones are forgotten
AT_ONE_TIME_MAX = 200_000  # callbacks without any time going by; a burst of everything has some hundreds


class Deadlock(Exception):
    """Nothing is ready and no timer is set: everybody waits for somebody."""


class Spinning(Exception):
    """Callbacks follow each other without end, and no time goes by."""


class SimulatedTask(asyncio.Task[Any]):
    """A task with a number, by which sets of tasks have the same order in every run."""

    def __init__(self, number: int, coro: Coroutine[Any, Any, Any], **how: Any) -> None:
        self.number = number  # first: asyncio puts the task into a set right away
        super().__init__(coro, **how)

    def __hash__(self) -> int:
        return self.number


class SimulatedHandle(asyncio.TimerHandle):
    """What `call_soon` and `call_at` return: asyncio's own, filled in without its questions."""

    __slots__ = ()

    def __init__(
        self, callback: Callable[..., object], args: tuple[Any, ...], context: contextvars.Context | None, when: float
    ) -> None:
        self._callback = callback
        self._args = args
        self._context = contextvars.copy_context() if context is None else context
        self._when = when
        self._cancelled = False

    def cancel(self) -> None:
        """Let it not run."""
        self._cancelled = True
        self._callback = self._args = None  # type: ignore[assignment]  # as asyncio does: whatever they held may go

    def __hash__(self) -> int:
        return id(self)


class VirtualLoop(asyncio.BaseEventLoop):
    """Time in seconds, from 0. `alarm` rings after the agents' callback number `alarm_at` (0: never)."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0  # callbacks of agents, so far
        self.alarm_at = 0
        self.alarm: Callable[[], None] = lambda: None
        self._at = 0.0
        self._numbers = count(1)
        self._dead: set[int] = set()
        self._tasks: dict[int, list[SimulatedTask]] = {}
        self._now: deque[SimulatedHandle] = deque()
        self._later: list[tuple[float, int, SimulatedHandle]] = []

    def time(self) -> float:
        """Return the virtual time."""
        return self._at

    def get_debug(self) -> bool:
        """Return False: a simulation checks more than asyncio's debug mode does."""
        return False

    # --- what is to be run ---

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Any = None) -> SimulatedHandle:  # type: ignore[override]  # generic there
        """Run a callback when those before it have run."""
        handle = SimulatedHandle(callback, args, context, 0.0)
        self._now.append(handle)
        return handle

    def call_at(self, when: float, callback: Callable[..., object], *args: Any, context: Any = None) -> SimulatedHandle:  # type: ignore[override]  # likewise
        """Run a callback at a time."""
        handle = SimulatedHandle(callback, args, context, when)
        heapq.heappush(self._later, (when, next(self._numbers), handle))
        return handle

    def call_later(  # type: ignore[override]  # likewise
        self, delay: float, callback: Callable[..., object], *args: Any, context: Any = None
    ) -> SimulatedHandle:
        """Run a callback in so many seconds."""
        return self.call_at(self._at + delay, callback, *args, context=context)

    def create_task(  # type: ignore[override]  # generic there
        self, coro: Coroutine[Any, Any, Any], *, name: str | None = None, context: contextvars.Context | None = None
    ) -> SimulatedTask:
        """Start a task, in the life of its context."""
        life = LIFE.get() if context is None else context.get(LIFE, 0)
        task = SimulatedTask(next(self._numbers), coro, loop=self, name=name, context=context)
        tasks = self._tasks.setdefault(life, [])
        tasks.append(task)
        if len(tasks) % TASKS_SWEPT == 0:
            tasks[:] = [task for task in tasks if not task.done()]
        return task

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

    # --- lives ---

    def end_life(self, life: int, context: contextvars.Context) -> None:
        """Let nothing of a life run again; its coroutines are closed, and reach nobody from there."""
        self._dead.add(life)
        running = asyncio._get_running_loop()
        asyncio._set_running_loop(self)  # else what a coroutine still begins in closing makes a loop that nobody closes
        try:
            while tasks := self._tasks.pop(life, None):  # closing one may start another
                for task in tasks:
                    self._end(task, context)
        finally:
            asyncio._set_running_loop(running)
        self._later = [entry for entry in self._later if entry[2]._context.get(LIFE, 0) != life]
        heapq.heapify(self._later)

    def _end(self, task: SimulatedTask, context: contextvars.Context) -> None:
        if task.done():
            return
        task._log_destroy_pending = False  # type: ignore[attr-defined]  # asyncio has no public word for it
        waiter = task._fut_waiter  # type: ignore[attr-defined]  # likewise: what it was about to be told
        if waiter is not None and waiter.done() and not waiter.cancelled():
            waiter.exception()
        with contextlib.suppress(BaseException):  # whatever it still wanted to do, it is dead
            context.run(task.get_coro().close)

    def left(self, life: int) -> list[str]:
        """Return the names of a life's tasks that have not ended."""
        return [task.get_name() for task in self._tasks.get(life, ()) if not task.done()]

    # --- running ---

    def _run_once(self) -> None:
        """Let time go on to what is due next, and run all of that and what comes of it."""
        ready = self._now
        if not ready and not self._stopping:  # type: ignore[attr-defined]  # BaseEventLoop's own
            self._go_on()
        left = AT_ONE_TIME_MAX
        while ready and not self._stopping:  # type: ignore[attr-defined]  # likewise
            handle = ready.popleft()
            context = handle._context
            life = context.get(LIFE, 0)
            if handle._cancelled or life in self._dead:
                continue
            try:
                context.run(handle._callback, *handle._args)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:  # noqa: BLE001 - as asyncio has it
                self.call_exception_handler({"message": "a callback failed", "exception": error})
            if life:
                self.steps += 1
                if self.steps == self.alarm_at:
                    self.alarm()
            left -= 1
            if not left:
                raise Spinning

    def _go_on(self) -> None:
        """Jump to the next timer, and make all that are due then ready, in the order in which they were set."""
        later, ready = self._later, self._now
        while later and later[0][2]._cancelled:
            heapq.heappop(later)
        if not later:
            raise Deadlock
        self._at = max(self._at, later[0][0])
        while later and later[0][0] <= self._at:
            ready.append(heapq.heappop(later)[2])

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
