"""Wrong PINs make whoever guesses wait: each page, and each person who is guessed at, apart from all others.

How often is on the disk, how long ago is not: a wait is measured by a clock that nobody can set, and begins anew with
a start of the agent. So neither a restart nor a clock that was put on shortens one, and none is longer than
`WAIT_S_MAX`. A right PIN wipes a person's own tries, but not a page's: else whoever has a PIN of their own could guess
at others' for ever, signing in between.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

FREE_TRIES = 4  # a tired cashier's; nobody waits for the fifth try
WAIT_S_FIRST = 30  # doubled with every wrong try after it
WAIT_S_MAX = 900  # long enough that four digits outlast whoever guesses, and short enough to sit out
FORGIVEN_S = 600  # without a wrong try, and one of them is forgiven


def wait_s(failures: int) -> int:
    """Return for how long nobody may try after so many wrong tries, in seconds."""
    beyond = failures - FREE_TRIES
    return 0 if beyond <= 0 else min(WAIT_S_FIRST * 2 ** min(beyond - 1, 10), WAIT_S_MAX)


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong tries at one place, and when the last was, by the clock that nobody can set."""

    failures: int
    last: float


class Lockouts:
    """Wrong tries by what they were made at: `page:ID`, `staff:ID`. In step with the disk."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tries: dict[str, Tries] = {}

    def load(self, connection: sqlite3.Connection) -> None:
        """Read them; every wait begins anew."""
        now = self._clock()
        rows = connection.execute("select who, failures from wrong_pin")
        self._tries = {who: Tries(failures, now) for who, failures in rows}

    def left_s(self, who: str) -> int:
        """Return for how much longer nobody may try there, in seconds rounded up; 0: now."""
        tries = self._tries.get(who)
        if tries is None:
            return 0
        left = wait_s(tries.failures) - (self._clock() - tries.last)
        return max(0, math.ceil(left))

    def of(self, who: str) -> Tries | None:
        """Return the tries at a place, None where there are none."""
        return self._tries.get(who)

    def one_more(self, who: str) -> Tries:
        """Return what the tries are with another wrong one now, those that are forgiven left out."""
        now, tries = self._clock(), self._tries.get(who)
        forgiven = 0 if tries is None else int((now - tries.last) // FORGIVEN_S)
        return Tries(1 if tries is None else max(0, tries.failures - forgiven) + 1, now)

    def put(self, who: str, tries: Tries | None) -> None:
        """Take what was written to the disk."""
        if tries is None:
            self._tries.pop(who, None)
        else:
            self._tries[who] = tries


def write(connection: sqlite3.Connection, who: str, tries: Tries | None) -> None:
    """Write the tries at a place, from inside a change."""
    if tries is None:
        connection.execute("delete from wrong_pin where who = ?", (who,))
        return
    connection.execute(
        "insert into wrong_pin(who, failures) values (?, ?) on conflict do update set failures = excluded.failures",
        (who, tries.failures),
    )
