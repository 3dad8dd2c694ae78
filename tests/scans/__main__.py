"""`make scans FRAMES=1000000 SEED=1`: the long campaign. Prints what came of it; exits 1 where a promise was broken."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests.scans.campaign import Found, run, stocked


async def _scan(frames: int, seed: int) -> Found:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        catalogue = await stocked(Path(folder))
        try:
            return run(catalogue, frames, seed, lambda done: _say(f"{done} frames, {time.monotonic() - began:.0f} s"))
        finally:
            await catalogue.close()


def main() -> int:
    """Scan frames. Exits 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="make scans", description=__doc__)
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.frames < 1:
        parser.error("--frames is at least 1")
    found = asyncio.run(_scan(options.frames, options.seed))
    for violation in found.violations:
        _say(violation)
    _say(", ".join(f"{name} {count}" for name, count in found.outcomes.most_common()))
    _say(f"{found.outcomes.total()} scans, {len(found.violations)} violations")
    return 1 if found.violations else 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command line prints


if __name__ == "__main__":
    sys.exit(main())
