"""Who is before a till: pages and front ends that listen there, and whether any of them may ring.

A till whose page is locked rings nothing that its own scanner reads, as whoever scans there has not said who they are.
A till that nobody shows on a page is another program's matter, and rings.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from agent.pairings import OWN_PAGE
from agent.staff.actions import Action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.pairings import Pairings
    from agent.staff.staff import Staff


class Attendance:
    """Listeners by the till that they name, and by who they are."""

    def __init__(self, staff: Staff, pairings: Pairings) -> None:
        self._staff = staff
        self._pairings = pairings
        self._here: Counter[tuple[str | None, str]] = Counter()

    @contextmanager
    def listening(self, till: str | None, caller: str) -> Iterator[None]:
        """Count a listener for as long; `till` is the one that it shows, where it named one."""
        self._here[till, caller] += 1
        try:
            yield
        finally:
            self._here[till, caller] -= 1
            self._here += Counter()  # forgets whoever has gone

    def shown_by(self, caller: str) -> set[str]:
        """Return the tills that somebody listens for."""
        return {named for named, who in self._here if who == caller and named is not None}

    def locked(self, till: str) -> bool:
        """Say whether pages of ours show this till, and nobody who listens there may ring."""
        shown = [caller for named, caller in self._here if named == till and self._is_page(caller)]
        others = [caller for named, caller in self._here if named in (till, None) and not self._is_page(caller)]
        return bool(shown) and not any(self._staff.who_is(caller).may(Action.SELL) for caller in (*shown, *others))

    def _is_page(self, caller: str) -> bool:
        pairing = self._pairings.by_id(caller)
        return pairing is not None and pairing.origin == OWN_PAGE
