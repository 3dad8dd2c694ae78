"""Every check, made by the running agent itself: for the local API and the devices page."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agent.places import Places

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.app import App

AGAIN_S = 5.0  # who asks sooner is told the same: each look calls every cloud


class Checkup:
    """The checks of one agent, one look at a time."""

    def __init__(self, app: App, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock
        self._one = asyncio.Lock()
        self._last: tuple[float, dict[str, Any]] | None = None

    async def look(self) -> dict[str, Any]:
        """Make every check, off the loop; takes as long as the slowest cloud's answer."""
        async with self._one:
            if self._last is None or self._clock() - self._last[0] > AGAIN_S:
                found = await _all(self._app)
                self._last = self._clock(), found
            return self._last[1]


async def _all(app: App) -> dict[str, Any]:
    from agent.doctor import of_agent, on_line, whole  # not before it sells
    from agent.doctor.finding import answer

    places = Places(app.config.file, app.state)
    findings, _ = await asyncio.to_thread(whole.of_this_pc, places, datetime.now(UTC), running=app.version, inside=True)
    held = {cloud.name for cloud in app.config.clouds if app.offline.is_held(cloud.name)}
    findings += await on_line.all_of(app.config, app.state, held=held)
    return answer([*findings, *of_agent.running(app.status())])
