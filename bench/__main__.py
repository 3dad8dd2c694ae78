"""`python -m bench [name ...] [--long]`: measure, print the table, keep it in `bench/results`."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench import table
from bench.effort import EFFORTS, Effort
from bench.machine import commit, machine

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent
LONG_BYTES_FREE = 20 * 1024**3  # a million records, in our file and in those of two queues, with their logs
NAMES = {
    "scan": "bytes on a scanner's line to the event everybody hears",
    "scanners": "bytes on one scanner's line of many to the frame a front end hears",
    "devices": "an idle agent with devices attached: CPU, memory, threads; and what looking for them takes",
    "journal": "a ready-made record to fsync, against a commit each and the bare disk",
    "complete": "a whole sale to fsync, alone and while a lane drains, against the same",
    "slow": "`journal` and `complete` again, on a disk that takes 5 ms more to sync",
    "outbox": "put, take and acknowledge, against persist-queue and litequeue",
    "receipt": "a document to a printer's bytes, against python-escpos",
    "wire": "a receipt to the cut over a fast and a slow wire, against python-escpos and the wire's own floor",
    "drain": "a backlog to a receiver near and far, one by one and in batches, against bare loops",
    "pull": "a first pull of 100,000 items and a delta of 100, against bare inserts; sales beside it",
    "clouds": "sales drained into every kind's lying server at its vendor's limits, against the limit's own floor",
    "page": "in a real browser: scan to line, take to paid, a cold page, against a bare page on a WebSocket",
    "staff": "somebody else signs in at a till by PIN, at the hash's full cost, against the bare hash",
    "cold": "start with a backlog: to the first sale, and the agent's memory from then on",
    "start": "process start to the first answer; memory, idle CPU, imports",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benches that are named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m bench", formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.epilog = "benches:\n" + "\n".join(f"  {name:<10}{what}" for name, what in NAMES.items())
    parser.add_argument("names", nargs="*", metavar="name", help="which benches (default: all)")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often each is measured in turn")
    parser.add_argument("--effort", choices=EFFORTS, default="short", help="how much (default: short)")
    parser.add_argument(
        "--long", dest="effort", action="store_const", const="long", help="backlogs of a million, more rounds: an hour"
    )
    parser.add_argument(
        "--tiny", dest="effort", action="store_const", const="tiny", help="shows that it runs, measures nothing"
    )
    state = Path(os.environ.get("STILLOPEN_BENCH_DIR") or HERE.parent / "build")
    parser.add_argument("--state", type=Path, default=state, help="the disk that is measured (default: %(default)s)")
    parser.add_argument("--results", type=Path, default=HERE / "results", help="where the tables are kept")
    args = parser.parse_args(argv)
    unknown = [name for name in args.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no bench {unknown[0]!r}; write one of {', '.join(NAMES)}")
    effort = EFFORTS[args.effort]
    if args.rounds is not None:
        if args.rounds < 1:
            parser.error("--rounds is at least 1")
        effort = replace(effort, rounds=args.rounds, drains=args.rounds, cold_starts=args.rounds)
    args.state.mkdir(parents=True, exist_ok=True)
    if args.effort == "long" and shutil.disk_usage(args.state).free < LONG_BYTES_FREE:
        parser.error(f"{args.state} has not {LONG_BYTES_FREE // 1024**3} GB free: name another disk with --state")
    names = [name for name in NAMES if name in (args.names or NAMES)]
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # for the agents that are started: an installed one is compiled
    return _run(names, args.effort, effort, state=args.state, results=args.results)


def _run(names: Sequence[str], length: str, effort: Effort, *, state: Path, results: Path) -> int:
    of = commit()
    for name in names:
        on = machine(state)
        if name == names[0]:
            print("; ".join(f"{key}: {value}" for key, value in {"commit": of, **on}.items()), flush=True)
        print(f"{name}: {NAMES[name]} ...", end=" ", flush=True)
        at, began = datetime.now(UTC).isoformat(timespec="seconds"), time.perf_counter()
        module = importlib.import_module(f"bench.{name}")
        with tempfile.TemporaryDirectory(prefix=f"bench-{name}-", dir=state) as folder:
            figures = asyncio.run(module.measure(Path(folder), effort))
        found = table.Measured(at, of, length, on, figures, getattr(module, "notes", list)())
        print(f"{time.perf_counter() - began:.0f} s\n\n{table.as_text(found.figures, found.notes)}\n", flush=True)
        table.keep(results, {name: found}, known=NAMES)
    print(f"Kept in {results}/latest.json and latest.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
