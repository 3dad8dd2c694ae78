"""How much each bench does: one place for all sizes, so that the whole run stays under three minutes on two cores."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    rounds: int = 5
    baskets: int = 3  # of ten scans, in a block of the scan bench
    sales: int = 50  # completed in a block, and at each of the eight tills of the other case
    receipts: int = 30  # rendered in a block
    backlog: int = 2_000  # records waiting when the drain begins, with no latency
    backlog_far: int = 500  # the same at 20 ms, where the wait is the line's and not ours
    drains: int = 3  # rounds of the drain bench: each is thousands of samples by itself
    idle_s: float = 10.0  # how long an idle agent is watched


LONG = Effort(rounds=9, sales=100, backlog=10_000, backlog_far=10_000, idle_s=60.0)
TINY = Effort(rounds=1, baskets=1, sales=2, receipts=2, backlog=5, backlog_far=3, drains=1, idle_s=0.1)
