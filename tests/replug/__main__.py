"""`make replug TIMES=500 SEED=1`: unplug and replug at random. Exits 1 where a promise broke."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.replug.campaign import run


def main() -> int:
    """Pull plugs. Exits 1 where something was heard twice, lost or leaked."""
    parser = argparse.ArgumentParser(prog="make replug", description=__doc__)
    parser.add_argument("--times", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.times < 1:
        parser.error("--times is at least 1")
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(run(Path(folder), options.times, options.seed, _say))
    for violation in found.violations:
        _say(violation)
    _say(f"{found.rounds} rounds, {found.scans} scans, {found.prints} prints, {len(found.violations)} violations")
    return 1 if found.violations else 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command line prints


if __name__ == "__main__":
    sys.exit(main())
