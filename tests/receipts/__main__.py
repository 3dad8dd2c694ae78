"""`make receipts RECEIPTS=10000 SEED=1`: the long campaign. Prints what came of it; exits 1 where a promise was broken.

`COUNTER=sim/17` prints one counter's receipts again: over `sim` exactly as before, over the other wires with the
same troubles at the same bytes, interleaved as it happens.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time

from tests.receipts.campaign import AT_A_COUNTER, Found, Share, run, shares
from tests.receipts.wires import WIRES

TOLD_EVERY = 500  # receipts


def main() -> int:
    """Print receipts. Exits 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="make receipts", description=__doc__)
    parser.add_argument("--receipts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wires", default=",".join(WIRES), help="sim in virtual time; tcp, usb and pty in real time")
    parser.add_argument("--counter", help="one counter alone, as a violation names it: sim/17")
    options = parser.parse_args()
    wires = options.wires.split(",")
    if options.receipts < 1 or not WIRES.keys() >= set(wires):
        parser.error(f"--receipts is at least 1, and the wires are {', '.join(WIRES)}")
    todo = shares(options.receipts, options.seed, wires)
    if options.counter:
        wire, _, place = options.counter.partition("/")
        if wire not in WIRES or not place.isdigit():
            parser.error(f"--counter is a wire and a number, such as sim/17; the wires are {', '.join(WIRES)}")
        todo = [Share(options.seed, wire, int(place), AT_A_COUNTER)]
    # That printers are lost and come back is what all this is about.
    logging.getLogger("drivers").setLevel(logging.CRITICAL)
    began, done, told = time.monotonic(), 0, 0

    def ended(found: Found) -> None:
        nonlocal done, told
        done += found.results.total()
        if done >= told + TOLD_EVERY:
            told = done
            _say(f"{done} receipts, {time.monotonic() - began:.0f} s")
        for violation in found.violations:
            _say(violation)

    total = run(todo, ended)
    for title, tally in (("receipts", total.results), ("drawer", total.openings), ("troubles", total.struck)):
        _say(f"{title}: {', '.join(f'{name} {count}' for name, count in tally.most_common())}")
    _say(f"{len(total.violations)} violations, {time.monotonic() - began:.0f} s")
    return 1 if total.violations else 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command line prints


if __name__ == "__main__":
    sys.exit(main())
