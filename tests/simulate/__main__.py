"""`make simulate SEEDS=200 DAYS=365`: the long proof. Prints what was simulated and every seed that failed.

SEEDS is how many, from 1; or the seeds themselves, `SEEDS=17,23`, to replay them.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import multiprocessing
import os
import sys
import time
from collections import Counter

from tests.simulate.store import simulate_a_year

SHOWN = ("days", "sales", "refunds", "starts", "crashes", "cut lines", "disk faults", "unheard", "quiet times")


def main() -> int:
    """Run the seeds, one process each. Exits 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="10", help="how many, or the seeds themselves: 17,23")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    text: str = options.seeds
    seeds = [int(seed) for seed in text.split(",") if seed] if "," in text else list(range(1, int(text) + 1))
    began, counts, failed = time.monotonic(), Counter[str](), []
    # A process a seed: what a killed agent leaves behind goes with it.
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(options.jobs, spawn, max_tasks_per_child=1) as pool:
        waiting = {pool.submit(simulate_a_year, seed, options.days): seed for seed in seeds}
        for number, done in enumerate(concurrent.futures.as_completed(waiting), 1):
            outcome = done.result()
            counts += outcome.counts
            if outcome.violations:
                failed.append(outcome.seed)
                _say(f"seed {outcome.seed} failed; replay: make simulate SEEDS={outcome.seed}, DAYS={options.days}")
                for violation in outcome.violations[:10]:
                    _say(f"  {violation}")
            if sys.stderr.isatty():
                print(f"{number} of {len(seeds)}", end="\r", file=sys.stderr, flush=True)  # noqa: T201 - likewise
    _say(f"seeds {len(seeds)}, " + ", ".join(f"{name} {counts[name]:,}" for name in SHOWN))
    _say(f"violations in {len(failed)} seeds {sorted(failed)}, in {time.monotonic() - began:,.0f} s")
    return 1 if failed else 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command line prints


if __name__ == "__main__":
    sys.exit(main())
