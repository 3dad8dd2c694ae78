"""The command line's own manners: places, unknown words, exit codes, what is imported when."""

import argparse
import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest

from agent.cli import COMMANDS, CommandError, out
from agent.cli import main as stillopen
from agent.problem import not_found

CONFIG = '[store]\nid = "s"\nname = "Shop"\ncurrency = "EUR"\ntimezone = "Europe/Berlin"\n[[till]]\nid = "till-1"\n'


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("STILLOPEN_CONFIG", raising=False)
    monkeypatch.setenv("STILLOPEN_STATE", str(tmp_path / "state"))
    path = tmp_path / "stillopen.toml"
    path.write_text(CONFIG)
    return path


Capture = pytest.CaptureFixture[str]


def test_the_version(capsys: Capture) -> None:
    assert stillopen(["--version"]) == 0
    assert capsys.readouterr().out == f"stillopen {importlib.metadata.version('stillopen')}\n"


def test_help_lists_every_command(capsys: Capture) -> None:
    assert stillopen(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {name}" in text and command.summary in text for name, command in COMMANDS.items())


def test_no_command_at_all_is_wrong_usage(capsys: Capture) -> None:
    assert stillopen([]) == 2
    assert "check" in capsys.readouterr().err


def test_a_misspelt_command_is_told_the_nearest(capsys: Capture) -> None:
    assert stillopen(["chekc"]) == 2
    assert "did you mean `stillopen check`?" in capsys.readouterr().err
    assert stillopen(["zzzzz"]) == 2
    assert "--help" in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        ["--config", "FILE", "check"],
        ["check", "--config", "FILE"],
        ["check", "--config=FILE", "--json"],
        ["--config", "elsewhere", "check", "--config", "FILE"],
        ["catalogue", "search", "--config", "FILE", "mug", "--state", "STATE"],
        ["--state", "STATE", "catalogue", "--config", "FILE", "search", "mug"],
    ],
)
def test_places_are_taken_anywhere_in_the_line(line: list[str], config: Path, capsys: Capture) -> None:
    words = [word.replace("FILE", str(config)).replace("STATE", str(config.parent / "st")) for word in line]
    code = stillopen(words)
    said = capsys.readouterr()
    assert code == (1 if "search" in line else 0), said.err
    assert (config.parent / "st").exists() == ("STATE" in line)


@pytest.mark.parametrize("line", [["check", "--nonsense"], ["catalogue"], ["check", "too", "many"], ["--nonsense"]])
def test_wrong_usage_is_2(line: list[str], capsys: Capture) -> None:
    assert stillopen(line) == 2
    assert "usage: stillopen" in capsys.readouterr().err


class Refusing:
    """A command that raises what it is given."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.description = "Refuse."

    def run(self, args: argparse.Namespace, places: object) -> int:
        raise self.error


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (CommandError("no", hint="do this"), 1, "next: do this"),
        (CommandError("no", code=2), 2, "stillopen: no"),
        (not_found("item", "look elsewhere"), 1, "look elsewhere"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_a_command_raises_becomes_words_and_a_code(
    error: BaseException, code: int, words: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setitem(sys.modules, "agent.cli.check", Refusing(error))
    assert stillopen(["check"]) == code
    assert words in capsys.readouterr().err


def test_a_broken_configuration_is_2_for_every_command(config: Path, capsys: Capture) -> None:
    config.write_text(CONFIG.replace("EUR", "EURO"))
    assert stillopen(["catalogue", "search", "mug", "--config", str(config)]) == 2
    said = capsys.readouterr().err
    assert 'did you mean "EUR"?' in said
    assert "stillopen check" in said


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agent", *words],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "PYTHONIOENCODING": "", "HOME": environ.get("HOME", "/nonexistent"), **environ},
        cwd=Path(__file__).parents[2],
        encoding="utf-8",
    )


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\nfrom agent.cli import main\nmain(['--help'])\nmain(['check', '--help'])\n"
        "heavy = {'uvicorn', 'starlette', 'httpx', 'PIL', 'escpos', 'websockets'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_check_from_outside(config: Path) -> None:
    done = run("check", STILLOPEN_CONFIG=str(config))
    assert (done.returncode, done.stderr) == (0, "")
    assert "till till-1" in done.stdout
    config.write_text(CONFIG.replace("EUR", "EURO").replace("Berlin", "Berln"))
    done = run("check", "--config", str(config))
    assert done.returncode == 2
    assert done.stdout == ""
    assert f"{config}:4: [store] → currency" in done.stderr
    assert "2 problems" in done.stderr
    done = run("check", "--config", str(config), "--json")
    assert done.returncode == 2
    answer = json.loads(done.stdout)
    assert [problem["line"] for problem in answer["problems"]] == [4, 5]
    assert answer["ok"] is False


def test_check_with_no_configuration_says_where_it_looked_and_how_to_make_one(tmp_path: Path) -> None:
    done = run("check", HOME=str(tmp_path), STILLOPEN_STATE=str(tmp_path))
    assert done.returncode == 2
    assert str(tmp_path / ".config" / "stillopen" / "stillopen.toml") in done.stderr
    lines = done.stderr[done.stderr.index("[store]") :]
    made = tmp_path / "made.toml"
    made.write_text(lines)
    assert run("check", "--config", str(made)).returncode == 0
    done = run("check", "--json", "--config", str(tmp_path / "none.toml"))
    assert done.returncode == 2
    assert json.loads(done.stdout)["problems"][0]["found"] == "no such file"


def test_words_a_terminal_cannot_show_do_not_stop_it(config: Path) -> None:
    config.write_text(CONFIG.replace("EUR", "EURO"))
    done = run("check", "--config", str(config), PYTHONIOENCODING="ascii")
    assert done.returncode == 2
    assert "\\u2192" in done.stderr


def test_a_reader_that_has_seen_enough(config: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'"{sys.executable}" -m agent check --config "{config}" | true'],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.stderr == ""


def test_exit_codes_are_what_the_design_says() -> None:
    assert (out.OK, out.FAILED, out.WRONG) == (0, 1, 2)
