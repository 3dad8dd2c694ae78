"""A loop whose clock jumps to the next timer when nothing is ready.

For what lives on the loop alone: a simulated device on the bench, and its driver. Waits of minutes take no time, and a
machine that is busy with something else cannot make a wait too short. Threads, sockets and other processes would
miss such jumps: their tests take the real loop.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

STUCK_S = 20.0  # of real time, with no timer set: everybody waits for somebody


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Time in seconds, from 0. What is given to an executor runs at once."""

    def __init__(self) -> None:
        self._at = 0.0
        super().__init__(_Selector(self._wait))

    def time(self) -> float:
        """Return the virtual time."""
        return self._at

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]  # generic there
        """Run a thread's work at once, here, and tell of it a moment later."""
        done = self.create_future()
        try:
            result = func(*args)
        except Exception as error:  # noqa: BLE001 - as the thread would hand it over
            done.set_exception(error)
        else:
            done.set_result(result)
        return done

    def _wait(self, timeout_s: float) -> None:
        self._at += timeout_s


class _Selector(selectors.DefaultSelector):
    """Passes the time that asyncio would sleep."""

    def __init__(self, wait: Callable[[float], None]) -> None:
        super().__init__()
        self._wait = wait

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; where nothing is, let time go by."""
        if timeout is None:
            found = super().select(STUCK_S)
            if not found:
                raise RuntimeError("everybody waits for somebody, and nothing is due")
            return found
        found = super().select(0)
        if not found and timeout > 0:
            self._wait(timeout)
        return found
