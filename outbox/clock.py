"""What the clocks said when a fact was written: kept with it, and never used for order.

Order is the journal's own sequence. A wall clock is set back by a flat battery and forward by a person;
the time since the machine was started is not, so that both together show what was done to the first.
"""

from __future__ import annotations

import sys
import time
import uuid
from functools import cache
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_BOOT_STEP_S = 60  # Windows says when it was started only by what its wall clock says now


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


def stamp() -> dict[str, int | str]:
    """Return what goes into a fact."""
    return {"since_boot_ms": since_boot_ms(), "boot": boot_id()}
