"""What root was asked for by this agent, and what came of it: the ledger's number moves when it has ended."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.update import request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agent.update.ledger import Ending, Ledger
    from agent.update.machine import Installation
    from agent.update.request import Asked

TAKEN_S = 300.0  # a unit takes what is asked for at once, the task on Windows within its minute
ENDED_S = 3600.0  # beyond the half hour of a trial and the ten minutes that root waits for a till
_WHO = 'the task "Stillopen errands"' if os.name == "nt" else "systemctl status stillopen-update.path"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of what was asked for. `ending` is None where nobody has said; `trouble` then says what is known."""

    asked: Asked | None
    ending: Ending | None = None
    trouble: str = ""
    hint: str = ""


class Errand:
    """What root is asked for: one thing at a time. Without a `place` nobody is."""

    def __init__(self, state: Path, place: Installation | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._state = state
        self._place = place
        self._clock = clock
        self._asked: Asked | None = None
        self._number = 0  # what the ledger had settled when it was asked for
        self._since: float | None = None  # when it was asked for, or root was last seen at it

    def ask(self, asked: Asked) -> None:
        """Ask root for it. Raises `OSError`."""
        self._number = self._ledger().settled
        request.ask(self._state, asked)
        self._asked, self._since = asked, self._clock()

    def under_way(self) -> bool:
        """Say whether root is asked for something that has not ended."""
        if request.is_asked(self._state) or self._at_work():
            return True
        return self._asked is not None and self._ledger().settled <= self._number

    def outcome(self) -> Outcome | None:
        """Return what has come of it, once; None while that is open, or where nothing was asked for."""
        now, waits = self._clock(), request.is_asked(self._state)
        if self._at_work() or (waits and self._since is None):
            self._since = now
            return None
        for_s = now - self._since if self._since is not None else 0.0
        if waits:
            return self._given_up(for_s) if for_s >= TAKEN_S else None
        if self._asked is None:
            self._since = None
            return None
        known = self._ledger()
        if known.settled > self._number:
            return self._ended(Outcome(self._asked, known.last))
        if for_s < ENDED_S:
            return None
        hint = f"{_WHO}; then ask for it again"
        return self._ended(Outcome(self._asked, None, "nobody has said what came of what was asked for", hint))

    def _given_up(self, for_s: float) -> Outcome:
        """Take it back, so that nobody does it when nobody waits for it any more."""
        request.withdraw(self._state)
        detail = f"nobody has taken up what was asked for {for_s / 60:.0f} minutes ago"
        return self._ended(Outcome(self._asked, None, detail, f"see whether it runs: {_WHO}; then ask for it again"))

    def _ended(self, outcome: Outcome) -> Outcome:
        self._asked = self._since = None
        return outcome

    def _ledger(self) -> Ledger:
        from agent.update import ledger  # first asked for some time after the start

        return ledger.Ledger() if self._place is None else ledger.read(self._place.own)

    def _at_work(self) -> bool:
        from agent.update import ledger

        return self._place is not None and ledger.under_way(self._place.own) is not None
