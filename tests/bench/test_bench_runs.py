from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bench import imports, table
from bench.__main__ import NAMES
from bench.machine import UNKNOWN, commit, machine
from bench.rounds import Contender, Figure, Role, in_turns
from tests.pages.browser import executable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

ROOT = Path(__file__).parents[2]
NEEDS_PTY = pytest.mark.skipif(sys.platform == "win32", reason="a pty stands in for the scanner's serial line")


NEEDS_CHROMIUM = pytest.mark.skipif(executable() is None, reason="no Chromium; scripts/chromium finds or installs one")
NEEDS = {"scan": NEEDS_PTY, "scanners": NEEDS_PTY, "page": NEEDS_CHROMIUM}


@pytest.mark.parametrize("name", [pytest.param(name, marks=NEEDS.get(name, ())) for name in NAMES])
def test_a_bench_prints_ours_and_what_it_is_compared_with_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    state, results = tmp_path / "state", tmp_path / "results"
    said = subprocess.run(
        [sys.executable, "-m", "bench", name, "--tiny", "--state", state, "--results", results],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert said.returncode == 0, said.stderr
    kept = json.loads((results / "latest.json").read_text("utf-8"))["benches"]
    assert list(kept) == [name]
    figures = kept[name]["figures"]
    roles = {figure["role"] for figure in figures}
    assert "ours" in roles
    assert roles > {"ours"}
    for figure in figures:
        assert figure["p50"] >= 0
        assert figure["case"] in said.stdout
        assert figure["name"] in said.stdout
        assert figure["name"] in (results / "latest.md").read_text("utf-8")
    assert any(figure["ours_divided_by_this"] is not None for figure in figures)
    assert list(state.iterdir()) == []


def test_a_bench_nobody_knows_is_named(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "bench", "scam", "--results", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 2
    assert "'scam'" in said.stderr
    assert "scan" in said.stderr


def block(took: Sequence[float], order: list[str], name: str) -> Callable[[], Awaitable[Mapping[str, Sequence[float]]]]:
    left = iter(took)

    async def one() -> Mapping[str, Sequence[float]]:
        order.append(name)
        return {"µs": [next(left)]}

    return one


async def test_a_ratio_is_taken_within_each_round_so_that_a_slow_round_is_slow_for_both() -> None:
    order: list[str] = []
    ours, peer = block([1, 10, 1000, 30], order, "ours"), block([1, 5, 500, 15], order, "peer")
    figures = await in_turns("a case", [Contender("a", Role.OURS, ours), Contender("b", Role.PEER, peer)], 3)
    assert [(figure.name, figure.p50, figure.ratio) for figure in figures] == [("a", 30, None), ("b", 15, 2.0)]
    assert order == ["ours", "peer", "ours", "peer", "peer", "ours", "ours", "peer"]


async def test_a_p99_needs_samples_enough_to_be_more_than_the_largest() -> None:
    async def few() -> dict[str, list[float]]:
        return {"µs": [float(number) for number in range(50)]}

    (once,) = await in_turns("few", [Contender("a", Role.OURS, few)], 1)
    (twice,) = await in_turns("enough", [Contender("a", Role.OURS, few)], 2)
    assert once.p99 is None
    assert twice.p99 == 49


def test_the_table_says_what_is_compared_with_what() -> None:
    figures = [
        Figure("a case", Role.OURS, "mine", "µs", 1234.4, 9.876, None),
        Figure("a case", Role.PEER, "theirs", "µs", 617.2, None, 2.0),
    ]
    text = table.as_text(figures, ["a note"])
    assert [line.split() for line in text.splitlines()] == [
        ["p50", "p99", "unit", "ours", "/", "it"],
        ["a", "case"],
        ["ours", "mine", "1,234", "9.88", "µs"],
        ["peer", "theirs", "617", "µs", "2.00"],
        [],
        ["a", "note"],
    ]


def measured(p50: float, folder: Path, *, note: str = "a note") -> table.Measured:
    figures = [
        Figure("a case", Role.OURS, "mine", "µs", p50, None, None),
        Figure("a case", Role.LIMIT, "the disk", "µs", 12.0, 15.0, 2.5),
    ]
    return table.Measured("2026-11-21T03:00:00+00:00", "0123abc", "short", machine(folder), figures, [note])


def test_the_files_name_the_machine(tmp_path: Path) -> None:
    table.keep(tmp_path / "new", {"drain": measured(1234.4567, tmp_path)}, known=["drain"])
    kept: dict[str, Any] = json.loads((tmp_path / "new" / "latest.json").read_text("utf-8"))["benches"]["drain"]
    assert set(kept["machine"]) == {"cpu", "cores", "load", "system", "python", "sqlite", "file system"}
    assert kept["figures"][0]["p50"] == 1234.457
    assert kept["notes"] == ["a note"]
    assert "| ours | mine | 1,234 |" in (tmp_path / "new" / "latest.md").read_text("utf-8")


def test_the_files_name_the_commit_and_say_where_it_was_not_kept(tmp_path: Path) -> None:
    table.keep(tmp_path, {"drain": measured(1.0, tmp_path), "scan": measured(2.0, tmp_path)}, known=["scan", "drain"])
    file = tmp_path / "latest.json"
    document: dict[str, Any] = json.loads(file.read_text("utf-8"))
    assert document["benches"]["scan"].pop("commit") == "0123abc"
    file.write_text(json.dumps(document), "utf-8")
    assert {name: section.commit for name, section in table.kept(tmp_path).items()} == {
        "scan": UNKNOWN,
        "drain": "0123abc",
    }
    assert "commit 0123abc, short, on" in (tmp_path / "latest.md").read_text("utf-8")


def test_a_commit_is_marked_where_the_code_was_changed_and_not_for_what_a_run_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit(tmp_path) == UNKNOWN
    files = [tmp_path / name for name in ("till.py", "bench/results/latest.json", "bench/README.md")]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("1", "utf-8")
    author = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    for words in (("init", "-q"), ("add", "."), (*author, "commit", "-q", "-m", "a")):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    clean = commit(tmp_path)
    assert len(clean) >= 7
    for file in files[::-1]:
        assert commit(tmp_path) == clean
        file.write_text("2", "utf-8")
    assert commit(tmp_path) == f"{clean}+"


def test_a_run_of_one_bench_leaves_what_was_kept_of_the_others(tmp_path: Path) -> None:
    names = ["scan", "journal", "drain"]
    table.keep(tmp_path, {"drain": measured(1.0, tmp_path), "scan": measured(2.0, tmp_path)}, known=names)
    table.keep(tmp_path, {"journal": measured(3.0, tmp_path), "drain": measured(4.0, tmp_path)}, known=names)
    kept = table.kept(tmp_path)
    assert {name: section.figures[0].p50 for name, section in kept.items()} == {
        "scan": 2.0,
        "journal": 3.0,
        "drain": 4.0,
    }
    assert list(kept) == names
    assert kept["scan"] == measured(2.0, tmp_path)
    headings = [line for line in (tmp_path / "latest.md").read_text("utf-8").splitlines() if line.startswith("## ")]
    assert headings == ["## scan", "## journal", "## drain"]


def test_a_bench_that_is_no_more_is_dropped_and_so_is_what_an_older_bench_kept(tmp_path: Path) -> None:
    (tmp_path / "latest.json").write_text('{"machine": {}, "figures": []}', "utf-8")
    assert table.kept(tmp_path) == {}
    table.keep(tmp_path, {"gone": measured(1.0, tmp_path)}, known=["gone"])
    table.keep(tmp_path, {"scan": measured(1.0, tmp_path)}, known=["scan"])
    assert list(table.kept(tmp_path)) == ["scan"]


REPORT = """\
import time: self [us] | cumulative | imported package
import time:       100 |        100 |   zlib
some line of a log
import time:      2000 |       2000 |     PIL._imaging
import time:      3000 |       5000 |   PIL
import time:       400 |       5500 | agent.app
import time:        70 |         70 | uvicorn
"""


def test_the_import_report_is_read_with_who_imported_whom() -> None:
    found = {one.name: one for one in imports.read(REPORT)}
    assert found["PIL._imaging"].chain == ("agent.app", "PIL")
    assert found["PIL"].own_us == 3000
    assert found["uvicorn"].chain == ()
    heaviest, needless = imports.notes(imports.read(REPORT))
    assert "5 modules, 6 ms" in heaviest
    assert heaviest.endswith("PIL 5, agent 0, zlib 0, uvicorn 0")
    assert needless == ("imported at the start, and not needed there: agent.app > PIL > PIL._imaging (5.0 ms)")
