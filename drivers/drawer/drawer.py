"""A cash drawer: opened once when told to, its position told as far as it is known, and a word when it is left open."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from drivers.drawer.switch import DrawerStatus, Position, position
from drivers.errors import NotReady
from drivers.printer.outcome import KickOutcome, KickResult
from drivers.printer.pulse import NO_SWITCH

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.device import DeviceView
    from drivers.drawer.opener import Opener
    from drivers.printer.status import Level

LEFT_OPEN_S = 60.0  # giving change takes 30 s; a drawer open for longer has been forgotten
LESSON_S_MAX = 600.0  # between the two halves of a lesson; after that somebody may have moved the cable

_OTHER = {Position.OPEN: Position.CLOSED, Position.CLOSED: Position.OPEN}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lesson:
    """One half of teaching, done. `then` is the position to bring it into next; None: it has learned `open_level`."""

    level: Level
    then: Position | None
    open_level: Level | None


class Drawer:
    """One drawer. `run` keeps it connected; `open`, `teach` and `look` may be called meanwhile.

    `on_change` hears whenever `status` has changed.
    """

    def __init__(
        self,
        name: str,
        opener: Opener,
        *,
        left_open_s: float | None = LEFT_OPEN_S,
        on_change: Callable[[DrawerStatus], None] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._opener = opener
        self._taught: Level | None = None
        self._left_open_s = left_open_s
        self._on_change = on_change
        self._now = now
        self._clock = clock
        self._level: Level | None = None
        self._since: datetime | None = None
        self._moved_at = 0.0
        self._left_open = False
        self._lessons: dict[Position, tuple[Level, float]] = {}
        self._news = asyncio.Event()

    @property
    def view(self) -> DeviceView:
        """The state of the connection to it."""
        return self._opener.view(self.name)

    @property
    def status(self) -> DrawerStatus:
        """What is known of it now."""
        open_level = self._taught or self._opener.open_level
        return DrawerStatus(
            position(self._level, open_level), self._level, self._since, open_level, left_open=self._left_open
        )

    async def run(self) -> None:
        """Keep it connected and watch it until cancelled."""
        async with asyncio.TaskGroup() as together:
            together.create_task(self._opener.run(self.look))
            together.create_task(self._watch())

    def nudge(self) -> None:
        """Try again now, where it waits to: something was plugged in."""
        self._opener.nudge()

    async def open(self, reason: str = "") -> KickOutcome:
        """Open it, once. `OPENED` only where its switch moved; one that did not move is never told again by itself."""
        log.info("drawer %s: told to open%s", self.name, f" for {reason}" if reason else "")
        before = self.status.position
        outcome = await self._opener.open()
        self.look()
        if outcome.result is KickResult.OPENED and self.status.position is Position.CLOSED:
            log.warning("drawer %s: its switch moved to closed as it opened. Teach it again.", self.name)
        if outcome.reason != NO_SWITCH or before is None:
            return outcome
        return KickOutcome(outcome.result, _NOT_MOVED[before])

    def recall(self, open_level: Level) -> None:
        """Take up what was taught before."""
        self._taught = open_level

    async def teach(self, is_now: Position) -> Lesson:
        """Take the switch's level for what means `is_now`; the second half, with the other position, settles it.

        Raises `NotReady` where it cannot be read, or says the same in both positions.
        """
        await self._opener.look()
        self.look()
        level = self._opener.level
        if level is None:
            raise NotReady(
                f"drawer {self.name}'s switch cannot be read now",
                hint="Look whether the drawer, and the printer it hangs on, is connected; some printers and drawers"
                " do not report the switch at all.",
            )
        self._lessons[is_now] = (level, self._clock())
        other, at = self._lessons.get(_OTHER[is_now], (None, 0.0))
        if other is None or self._clock() - at > LESSON_S_MAX:
            return Lesson(level, _OTHER[is_now], None)
        self._lessons.clear()
        if other is level:
            raise NotReady(
                f"drawer {self.name}'s switch says the same ({level}), open and closed",
                hint="Look at the drawer's cable: it may have no wire for the switch, and some drawers have no switch."
                " Then begin again with the drawer closed.",
            )
        self._taught = level if is_now is Position.OPEN else other
        self._moved_at = self._clock()
        self._news.set()
        self._tell()
        return Lesson(level, None, self._taught)

    def look(self) -> None:
        """Take over what the switch says; to be called whenever it may have changed."""
        level = self._opener.level
        if level is self._level:
            return
        self._level, self._since, self._moved_at = level, self._now(), self._clock()
        if self._left_open:
            self._left_open = False
            if self.status.position is Position.CLOSED:
                log.info("drawer %s is closed again", self.name)
        self._news.set()
        self._tell()

    async def _watch(self) -> None:
        while True:
            self._news.clear()
            try:
                async with asyncio.timeout(self._patience_s()):
                    await self._news.wait()
            except TimeoutError:
                self._left_open = True
                log.warning("drawer %s has been open for %.0f s. Close it.", self.name, self._left_open_s)
                self._tell()

    def _patience_s(self) -> float | None:
        """Return how long until it counts as left open; None: nothing to wait for."""
        if self._left_open_s is None or self._left_open or self.status.position is not Position.OPEN:
            return None
        return max(0.0, self._moved_at + self._left_open_s - self._clock())

    def _tell(self) -> None:
        if self._on_change is None:
            return
        try:
            self._on_change(self.status)
        except Exception:  # a listener's mistake is not the drawer's
            log.exception("the listener of drawer %s failed", self.name)


_NOT_MOVED = {
    Position.OPEN: "The drawer was open already, by its switch. If it is closed, teach the drawer again.",
    Position.CLOSED: "The drawer did not move: it may be locked, jammed, or its cable not plugged in. "
    "Open it with its key.",
}
