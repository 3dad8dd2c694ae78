"""The one loop that waits and tries again for hardware: open, run, lose, back off, reopen."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from drivers.device import DeviceState, DeviceView
from drivers.errors import DeviceError, PortLost

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from drivers.device import DeviceListener
    from drivers.port import Port

BACKOFF_FIRST_S = 0.5  # the longest first wait; a device that was replugged is back within it
BACKOFF_MAX_S = 5.0  # a cashier who plugs the cable in again waits no longer than this
BACKOFF_MIN_S = 0.1  # full jitter may draw nothing at all, and nothing must spin
SETTLED_S = 2.0  # a device that stays this long is back; one that does not is still the same trouble

log = logging.getLogger(__name__)


class Supervisor:
    """Keeps one device running. `view` is its state; `on_state` hears of every change.

    `session` is the device's conversation on an open port. It ends by raising what the port raised; a
    session that returns is taken to have lost its device. Only cancelling `run` ends the loop.
    """

    def __init__(
        self,
        name: str,
        kind: str,
        port: str,
        *,
        open_port: Callable[[], Awaitable[Port]],
        session: Callable[[Port], Awaitable[None]],
        on_state: DeviceListener | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        settled_s: float = SETTLED_S,
    ) -> None:
        self._open_port = open_port
        self._session = session
        self._on_state = on_state
        self._sleep = sleep
        self._chance = chance
        self._now = now
        self._settled_s = settled_s
        self._failures = 0  # in a row, with no settled session in between
        self._last_bug: str | None = None
        self._rest: asyncio.Timeout | None = None  # while it waits to try again
        self._view = DeviceView(name, kind, port, DeviceState.STOPPED, since=now())

    @property
    def view(self) -> DeviceView:
        """The device's state now."""
        return self._view

    async def run(self) -> None:
        """Supervise until cancelled; the port is closed then."""
        try:
            while True:
                try:
                    await self._once()
                except DeviceError as error:
                    self._trouble(error, error.hint)
                except Exception as error:  # noqa: BLE001 - a bug in one device must not end its supervision
                    self._bug(error)
                await self._wait(self._delay())
        finally:
            self._show(DeviceState.STOPPED)

    def nudge(self) -> None:
        """Try again now, where it waits to: something was plugged in. Disturbs nothing else."""
        if self._rest is not None and not self._rest.expired():
            self._rest.reschedule(asyncio.get_running_loop().time())

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):  # a nudge
            try:
                async with asyncio.timeout(None) as self._rest:
                    await self._sleep(seconds)
            finally:
                self._rest = None

    async def _once(self) -> None:
        """Open the port, run the session on it, and raise what ended it."""
        self._show(DeviceState.OPENING)
        port = await self._open_port()
        settled = asyncio.get_running_loop().call_later(self._settled_s, self._settle)
        try:
            self._show(DeviceState.READY)
            await self._session(port)
        finally:
            settled.cancel()
            await port.close()
        raise PortLost(
            f"{self._view.port}: the device ended the conversation",
            hint="Look at the device's power and cable.",
        )

    def _settle(self) -> None:
        if self._failures:
            log.info("%s %s is back after %d tries", self._view.kind, self._view.name, self._failures)
        self._failures = 0
        self._last_bug = None
        self._view = replace(self._view, failures=0)

    def _trouble(self, error: DeviceError, hint: str) -> None:
        self._failures += 1
        level = logging.WARNING if self._failures == 1 else logging.DEBUG
        log.log(level, "%s %s: %s. %s", self._view.kind, self._view.name, error, hint)
        self._show(DeviceState.LOST, str(error), hint or None)

    def _bug(self, error: Exception) -> None:
        self._failures += 1
        # The same bug again every five seconds for days would push everything else out of the log.
        level = logging.DEBUG if repr(error) == self._last_bug else logging.ERROR
        self._last_bug = repr(error)
        log.log(
            level,
            "%s %s: a mistake in this program; the device is started again. Please send us the log.",
            self._view.kind,
            self._view.name,
            exc_info=error,
        )
        self._show(
            DeviceState.LOST,
            f"a mistake in this program: {type(error).__name__}: {error}",
            "It is started again by itself. Please send us the log.",
        )

    def _delay(self) -> float:
        """Exponential backoff with full jitter, in seconds."""
        ceiling = min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2.0 ** min(self._failures - 1, 10))
        return max(BACKOFF_MIN_S, self._chance() * ceiling)

    def _show(self, state: DeviceState, error: str | None = None, hint: str | None = None) -> None:
        """Change the state: here and nowhere else. While it is being reopened the latest trouble stays visible."""
        view = self._view
        if state is DeviceState.OPENING:
            error, hint = view.error, view.hint
        since = view.since if state is view.state else self._now()
        self._view = DeviceView(view.name, view.kind, view.port, state, since, error, hint, failures=self._failures)
        if self._on_state is not None:
            try:
                self._on_state(self._view)
            except Exception:  # a listener's mistake is not the device's
                log.exception("a listener of %s %s failed", view.kind, view.name)
