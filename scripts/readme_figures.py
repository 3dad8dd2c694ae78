"""Write the figures in README.md anew from `bench/results/latest.json`: none is typed in."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
START, END = "<!-- bench:start -->", "<!-- bench:end -->"
# (what a reader calls it, the case begins with, ours, its unit, the peer or limit it is held against)
ROWS = (
    ("a scan's bytes to its decoded scan", "scan: byte on the line to decoded", "Scanner", "µs", "bare pty"),
    (
        "a scan's bytes to the event, its basket on the disk",
        "scan: byte on the line to event",
        "event",
        "µs",
        "bare pty",
    ),
    (
        "`complete` to fsync, 1 till",
        "complete to fsync: a sale of 5 lines",
        "App.closing",
        "µs",
        "bare SQLite, WAL, FULL",
    ),
    ("a receipt of 30 lines to bytes", "receipt: 30 lines, umlauts and €", "document", "µs", "python-escpos"),
    ("the same with a logo", "receipt: 30 lines, umlauts, € and a logo", "document", "µs", "python-escpos"),
    ("a backlog drained, 0 ms away", "drain: 2,000 waiting", "journal", "events/s", "bare httpx"),
    ("a backlog drained, 20 ms away", "drain: 500 waiting", "journal", "events/s", "bare httpx"),
    ("start to the first answer", "start: process start", "stillopen run", "ms", "a bare starlette"),
    ("memory when idle", "start: once up", "stillopen run", "MB resident", "a bare starlette"),
)


def _one(figures: list[dict[str, Any]], case: str, name: str, unit: str) -> dict[str, Any]:
    for figure in figures:
        if figure["case"].startswith(case) and figure["name"].startswith(name) and figure["unit"] == unit:
            return figure
    sys.exit(f"latest.json has no figure {name!r} in {unit} for {case!r}: run `make bench`, all of it")


def _amount(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:,.0f} {unit}"


def main() -> None:
    """Read the results and rewrite what is between the two marks."""
    results = json.loads((ROOT / "bench" / "results" / "latest.json").read_text("utf-8"))
    machine = results["machine"]
    said = (
        f"Measured by `make bench` on {machine['cores']} cores of {machine['cpu']}, {machine['python']}, SQLite "
        f"{machine['sqlite']}, {machine['file system']}: the ratios hold where the absolute numbers do not. All of it, "
        "with what each is held against, is in [bench/results/latest.md](bench/results/latest.md)."
    )
    lines = [
        said,
        "",
        "| | p50 | p99 | beside | ours / it |",
        "| --- | ---: | ---: | --- | ---: |",
    ]
    for label, case, ours, unit, beside in ROWS:
        own = _one(results["figures"], case, ours, unit)
        other = _one(results["figures"], case, beside, unit)
        lines.append(
            f"| {label} | {_amount(own['p50'], unit)} | {_amount(own['p99'], unit)} | {other['name']}: "
            f"{_amount(other['p50'], unit)} | {other['ours_divided_by_this']:.2f} |"
        )
    readme = ROOT / "README.md"
    text = readme.read_text("utf-8")
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{START}\n" + "\n".join(lines) + f"\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
