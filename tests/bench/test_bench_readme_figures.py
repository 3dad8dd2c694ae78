from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from bench.__main__ import NAMES
from scripts import bench_targets, kept_figures, readme_figures
from scripts.bench_targets import TARGETS, Target

if TYPE_CHECKING:
    from pathlib import Path

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
        case = row.case.replace("*", " 1,000 waiting, 2,000 sales, 3,000 items ")
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


def test_how_many_there_were_is_what_the_case_says() -> None:
    """The clouds' rows said 100,000 sales, whatever had been drained."""
    rows = "\n".join(readme_figures.table(results()))
    assert "| 2,000 sales to Shopify at its limit" in rows
    assert "| a first pull of 3,000 items |" in rows
    counts = {"waiting": "", "sales": "", "items": ""}
    typed = [row.label for row in readme_figures.ROWS if re.search(r"\d,\d", row.label.format(**counts))]
    assert not typed, "such a number depends on the effort"


def test_every_row_is_of_a_bench_there_is() -> None:
    assert {row.bench for row in readme_figures.ROWS} <= set(NAMES)


def test_figures_of_two_machines_are_not_put_side_by_side() -> None:
    kept = results()
    kept["benches"]["drain"]["machine"] = MACHINE | {"cpu": "another"}
    with pytest.raises(SystemExit, match="more than one machine"):
        readme_figures.table(kept)


def test_the_readme_has_what_was_kept_and_nothing_that_was_typed() -> None:
    stands = kept_figures.stands_between(kept_figures.ROOT / "README.md", readme_figures.START, readme_figures.END)
    assert stands == readme_figures.table(kept_figures.read()), "run scripts/readme_figures.py"


def test_the_targets_have_what_was_kept_and_nothing_that_was_typed() -> None:
    document = kept_figures.ROOT / "bench" / "README.md"
    stands = kept_figures.stands_between(document, bench_targets.START, bench_targets.END)
    assert stands == bench_targets.table(kept_figures.read()), "run scripts/readme_figures.py"


def test_the_commits_are_named() -> None:
    kept = results()
    assert "(commit unknown)" in readme_figures.table(kept)[0]
    for section in kept["benches"].values():
        section["commit"] = "0123abc"
    kept["benches"]["cold"]["commit"] = "0456def+"
    assert "(commit 0123abc, 0456def+)" in readme_figures.table(kept)[0]


def test_what_stands_around_the_marks_is_left_and_a_document_without_them_is_named(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text("before\n<!-- a -->\nold\n<!-- b -->\nafter\n", "utf-8")
    for _ in range(2):
        kept_figures.put_between(file, "<!-- a -->", "<!-- b -->", ["one", "", "two"])
    assert file.read_text("utf-8") == "before\n<!-- a -->\none\n\ntwo\n<!-- b -->\nafter\n"
    assert kept_figures.stands_between(file, "<!-- a -->", "<!-- b -->") == ["one", "", "two"]
    with pytest.raises(SystemExit, match="has no <!-- a -->"):
        kept_figures.put_between(file, "<!-- a -->", "<!-- c -->", ["one"])


def told(target: Target, *figures: dict[str, Any]) -> list[str]:
    """The cells of one target, with these and a sale's own floor kept of its bench."""
    floor = figure("complete to fsync, 1 till", "append and fdatasync", "µs", 91, 2.0)
    slow = floor | {"case": f"slow disk, 5 ms more a sync: {floor['case']}", "p50": 5351}
    benches: dict[str, Any] = {name: {"machine": MACHINE, "figures": []} for name in (target.bench, "complete", "slow")}
    for one in figures:
        benches["slow" if one["case"].startswith("slow disk") else target.bench]["figures"].append(one)
    benches["complete"]["figures"].append(floor)
    benches["slow"]["figures"].append(slow)
    said, _, _, _, *rows = bench_targets.table({"benches": benches})
    assert "takes 91 µs, and 5,351 µs on the disk of `slow`" in said
    return [cell.strip() for cell in rows[TARGETS.index(target)].split("|")[2:5]]


def aim(words: str) -> Target:
    (found,) = (target for target in TARGETS if words in target.aim)
    return found


def test_a_target_is_held_or_missed_by_its_limit_and_why_is_said_only_of_what_is_missed() -> None:
    target, case = aim("20 ms away"), "drain: 6,000 waiting, 20 ms away, in batches of 50"
    ours = figure(case, "journal and all", "events/s", 770, None)
    assert told(target, ours, figure(case, "bare asyncio sockets", "events/s", 1000, 0.77)) == [
        "held: 770 events/s, 0.77 times bare asyncio sockets, 6,000 waiting",
        "",
        "",
    ]
    missed, _, why = told(target, ours, figure(case, "bare asyncio sockets", "events/s", 1010, 0.76))
    assert missed.startswith("**missed**: 770 events/s")
    assert why == target.why


def test_of_all_cells_the_worst_is_told_and_what_is_not_the_first_of_ours_is_divided() -> None:
    cases = [f"outbox: take and acknowledge one, {count} waiting" for count in ("0", "1,000,000")]
    figures = []
    for case, theirs in zip(cases, ((40, 50), (30, 1000)), strict=True):
        figures += [
            figure(case, "claim", "µs", 100, None),
            figure(case, "the same, 50 in a batch", "µs", 45, 2.2),
            figure(case, "persist-queue", "µs", theirs[0], 100 / theirs[0]),
            figure(case, "litequeue", "µs", theirs[1], 100 / theirs[1]),
        ]
    assert told(aim("out of it, one: ahead"), *figures)[0] == (
        "**missed**: 100 µs, 3.33 times persist-queue, 1,000,000 waiting"
    )
    assert told(aim("out of it, in batches"), *figures)[0] == (
        "**missed**: 45 µs, 1.50 times persist-queue, 1,000,000 waiting"
    )


@pytest.mark.parametrize(("none", "verdict"), [(84, "held"), (83, "**missed**")])
def test_flat_is_what_a_journal_with_nothing_waiting_took_in_turns_with_it(none: int, verdict: str) -> None:
    case = "outbox: one taken of 9 bytes, 1,000,000 waiting, beside none"
    figures = [
        figure("outbox: take and acknowledge one of 9 bytes, 0 waiting", "claim", "µs", 50, None),
        figure(case, "claim", "µs", 100, None),
        figure(case, "the same, nothing waiting but what a block puts", "µs", none, 100 / none),
    ]
    said = told(aim("out of it, one: flat"), *figures)[0]
    assert said.startswith(f"{verdict}: 100 µs, {100 / none:.2f} times the same, nothing waiting")
    assert said.endswith("1,000,000 waiting")


def test_a_shorter_backlog_than_was_aimed_at_holds_so_far_and_misses_for_good() -> None:
    target = aim("the journal opened")
    for count, took, words in (
        ("1,000,000", 499, "held: p50 499 ms, 1,000,000 waiting"),
        ("100,000", 499, "held so far: p50 499 ms, 100,000 waiting"),
        ("100,000", 501, "**missed**: p50 501 ms, 100,000 waiting"),
    ):
        kept = figure("cold: the journal opened, counted", f"{count} waiting", "ms", took, None)
        assert told(target, kept)[0] == words


def test_too_few_for_a_p99_can_miss_and_cannot_hold() -> None:
    target, case = aim("drains, 1 till"), "complete to fsync, 1 till, while a lane drains"
    slow = f"slow disk, 5 ms more a sync: {case}"
    few = figure(case, "App.closing.complete, while", "µs", 9_000, None)
    enough = few | {"p99": 9_999.0}
    assert told(target, enough)[0] == "held: p99 9,999 µs"
    assert told(target, few)[0] == "not known: p50 9,000 µs, too few for a p99"
    assert told(target, few | {"p50": 10_001})[0] == "**missed**: p50 10,001 µs, too few for a p99"
    assert told(target, enough, few | {"case": slow})[1] == "not known: p50 9,000 µs, too few for a p99"
    assert told(target, enough, few | {"case": slow, "p99": 12_000})[1:] == ["**missed**: p99 12,000 µs", target.why]
    assert told(target, enough)[1] == "not measured yet: `make bench` has `slow`"


def test_what_was_not_measured_is_said_to_be_so() -> None:
    assert told(aim("by PIN")) == ["not measured yet: `make bench` has `staff`", "", ""]


def test_every_target_is_of_a_bench_there_is_and_no_two_are_alike() -> None:
    assert {target.bench for target in TARGETS} <= set(NAMES)
    assert len({target.aim for target in TARGETS}) == len(TARGETS)


def test_make_bench_ends_by_writing_the_figures() -> None:
    text = (kept_figures.ROOT / "Makefile").read_text("utf-8")
    recipe = text.partition("\nbench:")[2].partition("\n\n")[0]
    assert recipe.splitlines()[-1].endswith("scripts/readme_figures.py")


@pytest.mark.parametrize("missing", ["bench", "figure"])
def test_what_is_missing_is_named(missing: str) -> None:
    kept = results()
    if missing == "bench":
        del kept["benches"]["cold"]
    else:
        kept["benches"]["cold"]["figures"] = [figure("another", "ours", "ms", 1, None)]
    with pytest.raises(SystemExit, match="cold"):
        readme_figures.table(kept)
