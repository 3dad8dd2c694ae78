from __future__ import annotations

from typing import Any

import pytest

from bench.__main__ import NAMES
from scripts import readme_figures

MACHINE = {"cpu": "a cpu", "cores": "2", "python": "CPython", "sqlite": "3", "file system": "ext4", "load": "0.10"}


def figure(case: str, name: str, unit: str, p50: float, ratio: float | None) -> dict[str, Any]:
    return {
        "case": case,
        "role": "",
        "name": name,
        "unit": unit,
        "p50": p50,
        "p99": None,
        "ours_divided_by_this": ratio,
    }


def results() -> dict[str, Any]:
    """A figure for every row, in cases that the rows' own patterns fit."""
    benches: dict[str, Any] = {}
    for row in readme_figures.ROWS:
        section = benches.setdefault(row.bench, {"machine": MACHINE, "figures": []})
        case = row.case.replace("*", " 1,000 waiting ")
        section["figures"] += [
            figure(case, row.ours or "ours", row.unit, 1000, None),
            figure(case, row.beside, row.unit, 500, 2.0),
        ]
    return {"benches": benches}


def test_every_row_is_filled_and_named() -> None:
    first, _, _, _, *rows = readme_figures.table(results())
    assert "2 cores of a cpu" in first
    assert len(rows) == len(readme_figures.ROWS)
    assert "| into the outbox, 1,000 waiting | 1,000 µs |  | persist-queue: 500 µs | 2.00 |" in rows


def test_of_several_backlogs_the_largest_is_named_which_is_measured_last() -> None:
    kept = results()
    kept["benches"]["outbox"]["figures"] += [
        figure("outbox: put one of 9 bytes, 2,000 waiting", "a record", "µs", 7, None),
        figure("outbox: put one of 9 bytes, 2,000 waiting", "persist-queue", "µs", 8, 0.9),
        figure("outbox: put one of 9 bytes, 2,000 waiting", "litequeue", "µs", 9, 0.8),
    ]
    rows = readme_figures.table(kept)
    assert "| into the outbox, 2,000 waiting | 7 µs |  | persist-queue: 8 µs | 0.90 |" in rows


def test_every_row_is_of_a_bench_there_is() -> None:
    assert {row.bench for row in readme_figures.ROWS} <= set(NAMES)


def test_figures_of_two_machines_are_not_put_side_by_side() -> None:
    kept = results()
    kept["benches"]["drain"]["machine"] = MACHINE | {"cpu": "another"}
    with pytest.raises(SystemExit, match="more than one machine"):
        readme_figures.table(kept)


@pytest.mark.parametrize("missing", ["bench", "figure"])
def test_what_is_missing_is_named(missing: str) -> None:
    kept = results()
    if missing == "bench":
        del kept["benches"]["cold"]
    else:
        kept["benches"]["cold"]["figures"] = [figure("another", "ours", "ms", 1, None)]
    with pytest.raises(SystemExit, match="cold"):
        readme_figures.table(kept)
