"""`make clouds DAYS=500 KIND=square SEED=1`: the long proof for one kind of cloud, or for all there are.

Days go over several seeds, a store each. Prints what was tried, and how to try a failing seed again.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from tests.clouds.conformance.days import Outcome, run
from tests.clouds.conformance.kinds import MODULES

DAYS_A_SEED = 50  # a store's own; another one has other taxes, tills and luck
VIOLATIONS_SHOWN = 10  # what comes after the first is most often its consequence


def main() -> int:
    """Run the days. Exits 1 where a seed failed."""
    parser = argparse.ArgumentParser(prog="make clouds", description=__doc__)
    parser.add_argument("--days", type=int, default=100, help="of each kind, over all its seeds")
    parser.add_argument("--kind", choices=sorted(MODULES), help="one kind; else all of them")
    parser.add_argument("--seed", type=int, help="the first seed; with --one, the only one")
    parser.add_argument("--one", action="store_true", help="all days under one seed: a failing one again")
    options = parser.parse_args()
    if options.days < 1:
        parser.error("--days is at least 1")
    failed = 0
    for kind in [options.kind] if options.kind else sorted(MODULES):
        seed, left, counts = options.seed or 1, options.days, Counter[str]()
        while left > 0:
            days = left if options.one else min(left, DAYS_A_SEED)
            outcome = run(kind, seed, days)
            counts += outcome.counts
            counts["seconds"] += round(outcome.took_s)
            failed += bool(outcome.violations)
            _tell(outcome)
            seed, left = seed + 1, left - days
        _say(f"{kind}: " + ", ".join(f"{name} {count:,}" for name, count in counts.items()))
    _say(f"{failed} seeds failed")
    return 1 if failed else 0


def _tell(outcome: Outcome) -> None:
    if not outcome.violations:
        return
    again = f"make clouds KIND={outcome.kind} SEED={outcome.seed} DAYS={outcome.days} ONE=1"
    _say(f"{outcome.kind}: seed {outcome.seed} FAILED; try it again with: {again}")
    for violation in outcome.violations[:VIOLATIONS_SHOWN]:
        _say(f"  {violation}")


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command line prints


if __name__ == "__main__":
    sys.exit(main())
