"""`make simulate SEEDS=200 DAYS=365 JOBS=2`: the long proof. Prints what was simulated and every seed that failed.

SEEDS is how many, from 1; or the seeds themselves, `SEEDS=17,23` or `SEEDS=17,`, to replay them. Every finished
seed is kept: what was interrupted goes on with `RESUME=build/simulate.jsonl`.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tests.simulate.campaign import Campaign, NotTheSame
from tests.simulate.weather import TROUBLES

FILE = Path("build/simulate.jsonl")


def main() -> int:
    """Run the seeds. Exits 1 where one failed or was interrupted, 2 where there is nothing to go on with."""
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--seeds", default="10", help="how many, or the seeds themselves: 17,23")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes, a seed each at a time")
    parser.add_argument("--customers", type=int, help="on a usual day; else as the seed has it")
    parser.add_argument("--without", default="", help="troubles of weather.py to leave out: clock,wrong_years")
    parser.add_argument("--save", type=Path, default=FILE, help="the file to be begun for finished seeds")
    parser.add_argument("--resume", type=Path, help="such a file of before, to go on with")
    options = parser.parse_args()
    text: str = options.seeds
    seeds = [int(seed) for seed in text.split(",") if seed] if "," in text else list(range(1, int(text) + 1))
    without = tuple(name for name in options.without.split(",") if name)
    if unknown := set(without) - set(TROUBLES):
        parser.error(f"there is no trouble {', '.join(sorted(unknown))}: there are {', '.join(TROUBLES)}")
    campaign = Campaign(seeds, options.days, options.customers, options.resume or options.save, without=without)
    try:
        if options.resume is None:
            campaign.begin()
        else:
            campaign.go_on()
    except (NotTheSame, OSError) as error:
        print(f"make simulate: {error}", file=sys.stderr)  # noqa: T201 - a command line prints
        return 2
    return campaign.run(options.jobs)


if __name__ == "__main__":
    sys.exit(main())
