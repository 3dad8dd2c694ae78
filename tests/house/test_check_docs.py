"""scripts/check_docs.py sees each kind of fault: all are planted in a copy of the tree, and what is new is read."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts import check_docs

ROOT = Path(__file__).parents[2]

Plant = Callable[[Path], None]


def _copy(to: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", ".*", "*.png", "*.pyc")
    for wing in check_docs.WINGS:
        shutil.copytree(ROOT / wing, to / wing, ignore=ignored)
    for document in ROOT.glob("*.md"):
        shutil.copy(document, to)
    return to


def _append(name: str, text: str) -> Plant:
    def plant(tree: Path) -> None:
        path = tree / name
        path.write_text(path.read_text(encoding="utf-8") + f"\n{text}\n", encoding="utf-8")

    return plant


def _replace(name: str, old: str, new: str) -> Plant:
    def plant(tree: Path) -> None:
        path = tree / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return plant


def _new_folder(tree: Path) -> None:
    (tree / "outbox" / "attic").mkdir()
    (tree / "outbox" / "attic" / "old.py").touch()


FAULTS: list[tuple[Plant, str, str]] = [  # how it is planted, where it is found, what is said of it
    (_append("README.md", "[see](drivers/no-such-page.md)"), "README.md", "no-such-page.md leads nowhere"),
    (_append("README.md", "[see](../elsewhere/README.md)"), "README.md", "elsewhere/README.md leads nowhere"),
    (_append("README.md", "[see](tests/README.md#no-such-heading)"), "README.md", "names no heading"),
    (_append("outbox/README.md", "![a picture](no.png)"), "outbox/README.md", "no.png leads nowhere"),
    (_replace("agent/CONFIGURATION.md", "| `suffix` |", "| suffix |"), "agent/CONFIGURATION.md", "row for suffix"),
    (
        _replace("agent/CONFIGURATION.md", "| `pin` |", "| `pins` | |\n| `pin` |"),
        "agent/CONFIGURATION.md",
        "no key pins",
    ),
    (
        _replace("agent/CONFIGURATION.md", "## `[[tax]]`", "## Taxes"),
        "agent/CONFIGURATION.md",
        "[[tax]] is not there",
    ),
    (
        _replace("agent/CONFIGURATION.md", "| `application_id` |", "| application |"),
        "agent/CONFIGURATION.md",
        'kind "square" has no row for application_id',
    ),
    (
        _replace("agent/README.md", "| `stillopen journal verify`", "| journal verify"),
        "agent/README.md",
        "journal verify is not in the table",
    ),
    (
        _replace("agent/README.md", "`--dry-run`, `--json` | items from", "`--json` | items from"),
        "agent/README.md",
        "import has --dry-run, and",
    ),
    (_append("agent/README.md", "| `stillopen frobnicate` | - |"), "agent/README.md", "`stillopen frobnicate`"),
    (
        _append("agent/README.md", "| `stillopen check` | `--json`, `--loudly` |"),
        "agent/README.md",
        "check has no --loudly",
    ),
    (
        _replace("agent/COMMANDS.md", "## `stillopen journal backup`", "## Copies"),
        "agent/COMMANDS.md",
        "journal backup has no section",
    ),
    (
        _replace("agent/COMMANDS.md", "| `--till ID` |", "| `--tills ID` |"),
        "agent/COMMANDS.md",
        "what config import takes is not",
    ),
    (
        _append("agent/COMMANDS.md", "## `stillopen journal mend`\n\nMends it."),
        "agent/COMMANDS.md",
        "no command `stillopen journal mend`",
    ),
    (_append("outbox/README.md", "Run `stillopen journal mend`."), "outbox/README.md", "`stillopen journal mend`"),
    (_append("drivers/port.py", "# run `stillopen repair`"), "drivers/port.py", "`stillopen repair`"),
    (_append("README.md", "`GET /v1/horoscopes`"), "README.md", "there is no route GET /v1/horoscopes"),
    (_append("README.md", "`DELETE /v1/sales/S1`"), "README.md", "there is no route DELETE /v1/sales/S1"),
    (_new_folder, "outbox/attic/", "no README.md"),
    (_append("outbox/ids.py", f"# see {'/home'}/someone/notes"), "outbox/ids.py", "somebody's machine"),
    (_append("tests/README.md", rf"C:{chr(92)}Users\someone"), "tests/README.md", "somebody's machine"),
]


@pytest.fixture(scope="module")
def new_findings(tmp_path_factory: pytest.TempPathFactory) -> set[check_docs.Finding]:
    """What is found with every fault planted and was not found before."""
    tree = _copy(tmp_path_factory.mktemp("tree"))
    before = set(check_docs.findings(tree))
    for plant, _, _ in FAULTS:
        plant(tree)
    return set(check_docs.findings(tree)) - before


@pytest.mark.parametrize(("where", "what"), [(where, what) for _, where, what in FAULTS])
def test_a_planted_fault_is_found(new_findings: set[check_docs.Finding], where: str, what: str) -> None:
    matching = [one for one in new_findings if one.where.startswith(where) and what in one.what]
    assert matching, new_findings
    assert all(one.next for one in matching)


def test_nothing_is_found_that_was_not_planted(new_findings: set[check_docs.Finding]) -> None:
    told = [one for one in new_findings if not any(what in one.what for _, _, what in FAULTS)]
    assert not told


def test_a_route_and_an_event_that_no_page_names_are_found() -> None:
    route = SimpleNamespace(method="GET", path="/v1/secret/{name:path}", summary="Nobody knows")
    found = list(check_docs.api_names("a page", [route], ["earthquake"]))  # type: ignore[list-item]  # only what is read
    assert [one.what for one in found] == [
        "GET /v1/secret/{name} is not documented",
        "the event earthquake is not documented",
    ]
    named = "GET /v1/secret/{name} <dt><code>earthquake</code></dt>"
    assert not list(check_docs.api_names(named, [route], ["earthquake"]))  # type: ignore[list-item]  # likewise


def test_what_stands_in_code_is_no_link(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    text = "# A `[[till]]` (1)\n`[x](y.md)`\n```\n[x](y.md)\n```\n[up](#a-till-1) [out](https://example.com)\n"
    document.write_text(text)
    assert not list(check_docs.dead_links(tmp_path, {document: text}))


def test_all_findings_are_printed_and_the_exit_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = _copy(tmp_path)
    _append("README.md", "[one](one.md) [two](two.md)")(tree)
    assert check_docs.main([str(tree)]) == 1
    said = capsys.readouterr().err
    assert "README.md: the link to one.md leads nowhere\n  next: " in said
    assert "README.md: the link to two.md leads nowhere\n  next: " in said
