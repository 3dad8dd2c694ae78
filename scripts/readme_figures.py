"""Write the figures in README.md and bench/README.md anew from `bench/results/latest.json`: none is typed in."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from scripts import bench_targets, kept_figures
from scripts.kept_figures import ROOT, amount, section

if TYPE_CHECKING:
    from scripts.kept_figures import Figure, Results

START, END = "<!-- bench:start -->", "<!-- bench:end -->"

COUNTED = ("waiting", "sales", "items")  # what a case says how many there were of


class Row(NamedTuple):
    """One line: the last case that the pattern fits is taken, which is the one with the most waiting."""

    label: str  # what a reader calls it; {waiting}, {sales} and {items} are how many there were
    bench: str
    case: str
    ours: str  # how its name begins
    unit: str
    beside: str  # how the name of the peer or limit begins


ROWS = (
    Row("a scan's bytes to its decoded scan", "scan", "* decoded scan *", "Scanner", "µs", "bare pty"),
    Row("a scan's bytes to the event, its basket on the disk", "scan", "* to event,*", "event", "µs", "bare pty"),
    Row("a ready-made record to fsync, 1 writing", "journal", "*, 1 writing", "Journal", "µs", "the same on a bare"),
    Row("likewise, beside the bare disk", "journal", "*, 1 writing", "Journal", "µs", "append"),
    Row("64 writing", "journal", "*, 64 writing", "Journal", "sales/s", "the same on a bare"),
    Row(
        "`complete` to fsync, 1 till",
        "complete",
        "*, 1 till",
        "App.closing",
        "µs",
        "bare SQLite, WAL, FULL, the same rows",
    ),
    Row("likewise, beside the bare disk", "complete", "*, 1 till", "App.closing", "µs", "append"),
    Row("64 tills", "complete", "*, 64 tills", "App.closing", "sales/s", "bare SQLite, WAL, FULL, the same rows"),
    Row(
        "1 till, while a lane drains",
        "complete",
        "*, 1 till, while a lane drains",
        "App.closing.complete, while",
        "µs",
        "App.closing.complete, alone",
    ),
    Row(
        "6 tills, while a lane drains",
        "complete",
        "*, 6 tills, while a lane drains",
        "App.closing.complete, while",
        "µs",
        "App.closing.complete, alone",
    ),
    Row(
        "6 tills on a disk that takes 5 ms to sync",
        "slow",
        "*: complete *, 6 tills",
        "App.closing",
        "µs",
        "bare SQLite, WAL, FULL, the same rows",
    ),
    Row(
        "64 tills on it",
        "slow",
        "*: complete *, 64 tills",
        "App.closing",
        "sales/s",
        "bare SQLite, WAL, FULL, the same rows",
    ),
    Row("into the outbox, {waiting} waiting", "outbox", "*: put one *", "a record", "µs", "persist-queue"),
    Row("likewise", "outbox", "*: put one *", "a record", "µs", "litequeue"),
    Row("out of it, one, {waiting} waiting", "outbox", "*: take *", "claim", "µs", "persist-queue"),
    Row("likewise", "outbox", "*: take *", "claim", "µs", "litequeue"),
    Row("a receipt of 30 lines to bytes", "receipt", "*: 30 lines, umlauts and €", "document", "µs", "python-escpos"),
    Row("the same with a logo", "receipt", "*, umlauts, € and a logo", "document", "µs", "python-escpos"),
    Row("drained one by one, 0 ms away", "drain", "*, 0 ms away, one by one", "journal", "events/s", "bare httpx"),
    Row("in batches, 0 ms away", "drain", "*, 0 ms away, in batches *", "journal", "events/s", "bare asyncio"),
    Row("in batches, 20 ms away", "drain", "*, 20 ms away, in batches *", "journal", "events/s", "bare asyncio"),
    Row("in batches, 100 ms away", "drain", "*, 100 ms away, in batches *", "journal", "events/s", "bare asyncio"),
    Row("{sales} sales to Shopify at its limit (virtual time)", "clouds", "shopify: *", "Courier", "s", "100 a second"),
    Row("{sales} sales to Stripe at its limit (virtual time)", "clouds", "stripe: *", "Courier", "s", "20 a second"),
    Row("a first pull of {items} items", "pull", "first pull *", "outbox.pull", "s", "json.loads"),
    Row("in a browser: a wedge's Enter to the line shown", "page", "page, a new store: scan *", "the", "ms", "a bare"),
    Row("likewise, a full store", "page", "page, 100,000 *: scan *", "the", "ms", "a bare"),
    Row('"Take" to "paid" shown, a full store', "page", "page, 100,000 *: take *", "the", "ms", "a bare"),
    Row("the page from cold, a full store", "page", "page, 100,000 *: from cold", "the", "ms", "a bare"),
    Row("cold: the journal opened, {waiting} waiting", "cold", "*: the journal opened*", "", "ms", "nothing waiting"),
    Row("cold: start to the first sale, {waiting} waiting", "cold", "*: process start *", "", "ms", "nothing waiting"),
    Row("memory, {waiting} waiting", "cold", "*: memory, once it sells", "", "MB resident", "nothing waiting"),
    Row("start to the first answer", "start", "*: process start *", "stillopen run", "ms", "a bare starlette"),
    Row("memory when idle", "start", "*: once up, *", "stillopen run", "MB resident", "a bare starlette"),
)


def table(results: Results) -> list[str]:
    """Return the lines between the marks in README.md. Exits where a figure is missing, or two machines are."""
    said = kept_figures.measured_on(results, dict.fromkeys(row.bench for row in ROWS))
    said += (
        ": the ratios hold where the absolute numbers do not. All of it, with what each is held against, is in "
        "[bench/results/latest.md](bench/results/latest.md); what was aimed at, and what of it is missed, in "
        "[bench/README.md](bench/README.md#targets)."
    )
    lines = [said, "", "| | p50 | p99 | beside | ours / it |", "| --- | ---: | ---: | --- | ---: |"]
    for row in ROWS:
        figures = section(results, row.bench)["figures"]
        own, other = _one(figures, row, row.ours), _one(figures, row, row.beside)
        label = row.label.format(**{what: kept_figures.counted(own, what) for what in COUNTED})
        lines.append(
            f"| {label} | {amount(own['p50'], row.unit)} | {amount(own['p99'], row.unit)} | {other['name']}: "
            f"{amount(other['p50'], row.unit)} | {other['ours_divided_by_this']:.2f} |"
        )
    return lines


def _one(figures: list[Figure], row: Row, name: str) -> Figure:
    fitting = kept_figures.cases((figure for figure in figures if figure["unit"] == row.unit), row.case)
    found: dict[str, Any] | None = kept_figures.one(figures, fitting[-1], name, row.unit) if fitting else None
    if found is None:
        sys.exit(
            f"latest.json has no figure {name!r} in {row.unit} for {row.case!r} of {row.bench!r}: run `make bench`"
        )
    return found


def main() -> None:
    """Read the results and rewrite what is between the marks of both documents."""
    results = kept_figures.read()
    kept_figures.put_between(ROOT / "README.md", START, END, table(results))
    kept_figures.put_between(
        ROOT / "bench" / "README.md", bench_targets.START, bench_targets.END, bench_targets.table(results)
    )


if __name__ == "__main__":
    main()
