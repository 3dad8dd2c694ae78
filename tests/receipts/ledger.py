"""What the agent says of its receipts and openings, held against paper and drawer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drivers.printer.outcome import KickOutcome, KickResult, PrintOutcome, Result

if TYPE_CHECKING:
    from tests.receipts.paper import Paper

REFUSED = "refused"  # `NotReady`: the agent's record of it says "not printed"


@dataclass
class Ledger:
    """One printer's. `violations` are broken promises, in words."""

    paper: Paper
    violations: list[str] = field(default_factory=list)
    results: Counter[str] = field(default_factory=Counter)
    openings: Counter[str] = field(default_factory=Counter)
    _unprinted: list[int] = field(default_factory=list)  # receipts of which nothing may ever be on paper

    def violate(self, what: str) -> None:
        """Note a broken promise."""
        self.violations.append(what)

    def refused(self, number: int, hint: str, begun: int) -> None:
        """Take down that a receipt was not begun."""
        self.results[REFUSED] += 1
        self._unprinted.append(number)
        if begun:
            self.violate(f"receipt {number} was refused, and had been written down as sent")
        if not hint:
            self.violate(f"receipt {number} was refused with no next step")

    def ended(self, number: int, outcome: PrintOutcome, begun: int) -> None:
        """Take down how a receipt ended, at the moment it is told."""
        self.results[outcome.result] += 1
        if begun != 1:
            self.violate(f"receipt {number} is {outcome.result}, written down as sent {begun} times")
        if outcome.result is Result.PRINTED:
            if self.paper.whole[number] != 1:
                self.violate(f"receipt {number} is printed, and {self.paper.whole[number]} times whole on paper")
            return
        if outcome.result is Result.NOT_PRINTED:
            self._unprinted.append(number)
        if not outcome.reason or not outcome.hint:
            self.violate(f"receipt {number} is {outcome.result} with no reason or no next step: {outcome}")

    def cancelled(self, number: int, begun: int) -> None:
        """Take down that the agent ended: begun, the receipt is unknown, or else waits to be printed."""
        if begun:
            self.results[Result.UNKNOWN] += 1
        else:
            self.results[REFUSED] += 1
            self._unprinted.append(number)

    def kicked(self, outcome: KickOutcome, pulses: int, moves: int) -> None:
        """Take down how an opening ended; `pulses` and `moves` are the drawer's in that time."""
        self.openings[outcome.result] += 1
        if outcome.result is KickResult.OPENED and not (pulses and moves):
            self.violate(f"the drawer is opened, after {pulses} pulses and {moves} moves")
        if outcome.result is not KickResult.OPENED and not outcome.reason:
            self.violate(f"the drawer is {outcome.result}, with no reason")
        self.look_at_the_drawer()

    def look_at_the_drawer(self) -> None:
        """Hold all pulses so far against all openings so far: each is one pulse at most, a confirmed one just one."""
        opened, unclear = self.openings[KickResult.OPENED], self.openings[KickResult.UNKNOWN]
        if not opened <= self.paper.pulses <= opened + unclear:
            self.violate(f"the drawer: {dict(self.openings)}, and {self.paper.pulses} pulses")

    def finish(self) -> None:
        """Look at all the paper there is, when nothing more can come."""
        self.paper.finish()
        for number, lines in self.paper.lines.items():
            if max(lines.values()) > 1:
                self.violate(f"receipt {number} is on paper more than once: {max(lines.values())}")
        for number in self._unprinted:
            if self.paper.lines[number]:
                self.violate(f"receipt {number} is not printed, and {len(self.paper.lines[number])} lines are on paper")
        self.look_at_the_drawer()
