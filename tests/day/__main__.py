"""The long runs: `python -m tests.day --kills 100 --seed 1`, and the day itself with `--keys` or without."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import traceback
from pathlib import Path
from random import Random

from tests.day import day
from tests.day.kills import campaign
from tests.day.store import Store
from tests.soak.store import free_port


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def killed(kills: int, seed: int) -> None:
    """Run the campaign and say what it came to."""
    chance = Random(seed)
    with tempfile.TemporaryDirectory(prefix="day-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        async with Store(folder, port=free_port(Random()), count_float=False) as store:
            browsing = day.Browsing(folder / "profile", store)
            try:
                run = await campaign(store, browsing, chance, kills, say)
            finally:
                await browsing.end()
    acts = ", ".join(f"{name} {count}" for name, count in sorted(run.done.items()))
    say(f"{store.kills} kills, {len(run.sales)} sales, seed {seed}: no line and no sale lost or doubled ({acts})")


async def walked(*, keys_alone: bool) -> None:
    """Walk the day once."""
    with tempfile.TemporaryDirectory(prefix="day-", ignore_cleanup_errors=True) as name:
        async with day.opened(Path(name), port=free_port(Random()), keys_alone=keys_alone) as desk:
            await day.walk(desk)
    say(f"{desk.tally.counts['Sales']} sales, {len(desk.used)} features, {'keys alone' if keys_alone else 'by hand'}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.day")
    parser.add_argument("--kills", type=int, help="kill the agent so often while somebody sells")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keys", action="store_true", help="walk the day with the keyboard alone")
    args = parser.parse_args()
    try:
        asyncio.run(killed(args.kills, args.seed) if args.kills else walked(keys_alone=args.keys))
    except AssertionError:
        say(f"{traceback.format_exc()}\nNOT so, with seed {args.seed}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
