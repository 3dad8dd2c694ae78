"""What the clocks said when a fact was written: kept with it, and never used for order.

Order is the journal's own sequence. A wall clock is set back by a flat battery and forward by a person;
the time since the machine was started is not, so that both together show what was done to the first.
"""

from __future__ import annotations

import logging
import sys
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

JUMP_MS = 2_000  # a time service corrects less from one sale to the next, and nobody sets a clock by so little
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_BOOT_STEP_S = 60  # Windows says when it was started only by what its wall clock says now

_log = logging.getLogger("stillopen.clock")


def since_boot_ms() -> int:
    """Return milliseconds since this machine was started, sleep included where the system counts it."""
    if sys.platform == "linux":
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    return time.monotonic_ns() // 1_000_000


@cache
def boot_id() -> str:
    """Return a name for this run of the machine: two facts with one can be compared by `since_boot_ms`."""
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        started = round((time.time() - since_boot_ms() / 1000) / _BOOT_STEP_S)
        return str(uuid.uuid5(uuid.UUID(int=uuid.getnode()), f"boot {started}"))


@dataclass(frozen=True, slots=True)
class Said:
    """What the clocks said to an earlier fact."""

    boot: str
    wall_ms: int  # since 1970
    since_boot_ms: int

    @classmethod
    def to(cls, body: Mapping[str, Any]) -> Said | None:
        """Read a record's body; None where it says nothing of clocks."""
        clock = body.get("clock")
        if clock is None:
            return None
        return cls(clock["boot"], _millis(datetime.fromisoformat(body["occurred_at"])), clock["since_boot_ms"])


class Clock:
    """Stamps facts, and notices when the wall clock was set: against the newest record, by the clock since boot."""

    def __init__(
        self,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        since_boot_ms: Callable[[], int] = since_boot_ms,
        boot: Callable[[], str] = boot_id,
    ) -> None:
        self._now = now
        self._since_boot_ms = since_boot_ms
        self._boot = boot
        self._apart_ms: int | None = None  # the wall clock less the clock since boot, at a fact that saw no jump
        self._told_ms: int | None = None  # the same, at the last jump that was logged

    def stamp(self, at: datetime, newest: Callable[[], Said | None]) -> dict[str, int | str]:
        """Return what goes into a fact of the time `at`; `newest` reads what the newest record says.

        `since_boot_ms` is of the moment `at`, too. `jumped_ms` is by how much the wall clock was set since the newest
        record of this boot, `behind_ms` by how much it is behind that of an earlier boot; else neither is there.
        Asked again before the fact is in the journal, it says the same.
        """
        boot, apart_ms, at_ms = self._boot(), _millis(self._now()) - self._since_boot_ms(), _millis(at)
        stamp: dict[str, int | str] = {"boot": boot, "since_boot_ms": at_ms - apart_ms}
        if self._apart_ms is None or abs(apart_ms - self._apart_ms) > JUMP_MS:
            before = newest()
            if before is not None and before.boot == boot:
                jumped_ms = apart_ms - (before.wall_ms - before.since_boot_ms)
                if abs(jumped_ms) > JUMP_MS:
                    stamp["jumped_ms"] = jumped_ms
                    self._tell(apart_ms, jumped_ms)
                    return stamp  # until the journal has it, the next fact is to say so as well
            elif before is not None and before.wall_ms > at_ms:
                stamp["behind_ms"] = before.wall_ms - at_ms
                self._tell(apart_ms, at_ms - before.wall_ms)
                return stamp
        self._apart_ms = apart_ms
        return stamp

    def _tell(self, apart_ms: int, by_ms: int) -> None:
        if self._told_ms is not None and abs(apart_ms - self._told_ms) <= JUMP_MS:
            return
        self._told_ms = apart_ms
        _log.warning(
            "This PC's clock went %s by %s since the last record. Records keep their order; check the PC's date, time "
            "and time server, since receipts show its time.",
            "forward" if by_ms > 0 else "back",
            timedelta(milliseconds=abs(by_ms)),
        )


def _millis(at: datetime) -> int:
    return round(at.timestamp() * 1000)
