"""`make money BASKETS=100000 SEED=1`: the long campaign. Prints what it did; exits 1 where a sum did not hold."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from random import Random

from tests.money.campaign import one, run


def main() -> int:
    """Ring baskets. Exits 1 where the oracle found a fault."""
    parser = argparse.ArgumentParser(prog="make money", description=__doc__)
    parser.add_argument("--baskets", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one", metavar="SEED/NUMBER", help="one basket again, as a fault names it")
    options = parser.parse_args()
    if options.baskets < 1:
        parser.error("--baskets is at least 1")
    if options.one:
        faults = list(one(Random(options.one), Counter()))
    else:
        began = time.monotonic()
        found = run(options.baskets, options.seed, lambda line: _say(f"{line}, {time.monotonic() - began:.0f} s"))
        faults = found.faults
        _say(", ".join(f"{count} {name}" for name, count in found.counts.items()))
    for fault in faults:
        _say(fault)
    _say(f"{len(faults)} faults")
    return 1 if faults else 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command line prints


if __name__ == "__main__":
    sys.exit(main())
