"""What `make bench` kept in `bench/results/latest.json`, for the tables that are written from it."""

from __future__ import annotations

import json
import re
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    Figure = dict[str, Any]
    Results = dict[str, Any]

ROOT = Path(__file__).parents[1]
NAMED = ("cpu", "cores", "python", "sqlite", "file system")  # what makes two machines one


def read() -> Results:
    """Return what was kept."""
    results: Results = json.loads((ROOT / "bench" / "results" / "latest.json").read_text("utf-8"))
    return results


def section(results: Results, bench: str) -> dict[str, Any]:
    """Return what was kept of a bench. Exits where there is nothing."""
    if bench not in results.get("benches", {}):
        sys.exit(f"latest.json has nothing of the bench {bench!r}: run `make bench`, all of it")
    found: dict[str, Any] = results["benches"][bench]
    return found


def measured_on(results: Results, benches: Iterable[str]) -> str:
    """Return a sentence's beginning: on which machine these were measured, of which commits. Exits where two are."""
    sections = [section(results, bench) for bench in benches]
    machines = {tuple(each["machine"][name] for name in NAMED) for each in sections}
    if len(machines) > 1:
        sys.exit("latest.json has figures of more than one machine: run `make bench` on one, all of it")
    cpu, cores, python, sqlite, file_system = machines.pop()
    commits = sorted({each.get("commit", "unknown") for each in sections})
    return (
        f"Measured by `make bench` (commit {', '.join(commits)}) on {cores} cores of {cpu}, {python}, SQLite {sqlite}, "
        f"{file_system}"
    )


def cases(figures: Iterable[Figure], case: str) -> list[str]:
    """Return the cases that a pattern fits, in the order they were measured: the most waiting comes last."""
    return list(dict.fromkeys(figure["case"] for figure in figures if fnmatchcase(figure["case"], case)))


def one(figures: Iterable[Figure], case: str, name: str, unit: str) -> Figure | None:
    """Return the first figure of a case whose name begins so, or None."""
    for figure in figures:
        if figure["case"] == case and figure["unit"] == unit and figure["name"].startswith(name):
            return figure
    return None


def counted(figure: Figure, what: str) -> str:
    """Return how many of them there were, as it is written there (`100,000` waiting); nothing where none is said."""
    number = re.compile(rf"([\d,]+) {what}")
    found = number.search(figure["case"]) or number.search(figure["name"])
    return found[1] if found else ""


def amount(value: float | None, unit: str) -> str:
    """Return a figure as it is shown in a table."""
    return "" if value is None else f"{value:,.0f} {unit}"


def put_between(path: Path, start: str, end: str, lines: Iterable[str]) -> None:
    """Replace what stands between two marks in a document."""
    before, _, rest = path.read_text("utf-8").partition(start)
    _, found, after = rest.partition(end)
    if not found:
        sys.exit(f"{path.name} has no {start} and {end}: put them where the figures belong")
    path.write_text(f"{before}{start}\n" + "\n".join(lines) + f"\n{end}{after}", "utf-8")


def stands_between(path: Path, start: str, end: str) -> list[str]:
    """Return the lines that stand there now."""
    return path.read_text("utf-8").partition(start)[2].partition(end)[0].strip("\n").split("\n")
