"""`python -m bench [name ...] [--rounds N] [--long]`: measure, print the table, keep it in `bench/results`."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench import table
from bench.effort import LONG, TINY, Effort
from bench.machine import machine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.rounds import Figure

HERE = Path(__file__).parent
NAMES = {
    "scan": "bytes on a scanner's line to the event everybody hears",
    "complete": "`complete` to fsync, against a bare commit of the same bytes",
    "receipt": "a document to a printer's bytes, against python-escpos",
    "drain": "a backlog to a receiver, against a bare httpx loop",
    "start": "process start to the first answer; memory, idle CPU, imports",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benches that are named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m bench", formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.epilog = "benches:\n" + "\n".join(f"  {name:<10}{what}" for name, what in NAMES.items())
    parser.add_argument("names", nargs="*", metavar="name", help="which benches (default: all)")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often each is measured in turn")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--long", action="store_true", help="a backlog of 10,000, more rounds, a minute of idling")
    size.add_argument("--tiny", action="store_true", help="a few of each: shows that it runs, measures nothing")
    parser.add_argument("--state", type=Path, default=HERE.parent / "build", help="the disk that is measured")
    parser.add_argument("--results", type=Path, default=HERE / "results", help="where the tables are kept")
    args = parser.parse_args(argv)
    unknown = [name for name in args.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no bench {unknown[0]!r}; write one of {', '.join(NAMES)}")
    effort = LONG if args.long else TINY if args.tiny else Effort()
    if args.rounds is not None:
        if args.rounds < 1:
            parser.error("--rounds is at least 1")
        effort = replace(effort, rounds=args.rounds, drains=args.rounds)
    return _run(args.names or list(NAMES), effort, state=args.state, results=args.results)


def _run(names: Sequence[str], effort: Effort, *, state: Path, results: Path) -> int:
    state.mkdir(parents=True, exist_ok=True)
    measured_on = machine(state)
    print("; ".join(f"{name}: {value}" for name, value in measured_on.items()), flush=True)
    figures: list[Figure] = []
    notes: list[str] = []
    for name in names:
        print(f"{name}: {NAMES[name]} ...", end=" ", flush=True)
        began = time.perf_counter()
        module = importlib.import_module(f"bench.{name}")
        with tempfile.TemporaryDirectory(prefix=f"bench-{name}-", dir=state) as folder:
            figures += asyncio.run(module.measure(Path(folder), effort))
        notes += getattr(module, "notes", list)()
        print(f"{time.perf_counter() - began:.0f} s", flush=True)
    print()
    print(table.as_text(figures, notes))
    table.write(results, measured_on, figures, notes)
    print(f"\nKept in {results}/latest.json and latest.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
