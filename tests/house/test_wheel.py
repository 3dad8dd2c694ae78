"""The wheel: what is in it, and that it runs from an environment of its own, out of any other folder."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "packaging" / "stillopen.toml"
NEEDED = {
    "agent/pages/till.html",
    "agent/pages/till.css",
    "agent/pages/till/main.js",
    "agent/pages/demo.html",
    "agent/pages/icon.svg",
    "agent/pages/words/en.js",
    "agent/pages/words/de.js",
    "agent/api/docs.css",
    "agent/demo/items.csv",
    "agent/service/first.toml",
    "agent/py.typed",
    "drivers/py.typed",
    "outbox/py.typed",
    "drivers/printer/escpos.py",
    "outbox/clouds/square/__init__.py",
}
SUFFIXES = {".py", ".typed", ".js", ".html", ".css", ".svg", ".csv", ".md", ".png", ".toml"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built in this environment: nothing is fetched."""
    to = tmp_path_factory.mktemp("dist")
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(to)], ROOT, dict(os.environ))
    (built,) = to.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed `stillopen`: the wheel's files, and the locked dependencies of this environment by a .pth."""
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, with_pip=False)
    paths = sysconfig.get_paths(vars={"base": str(home), "platbase": str(home)})
    site = Path(paths["purelib"])
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    _run([_python(home), "-c", "import agent; print(agent.__file__)"], home, {}, says=str(site))
    return home


def _python(home: Path) -> str:
    return str(home / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def _run(command: list[str], folder: Path, environ: dict[str, str], *, code: int = 0, says: str = "") -> str:
    done = subprocess.run(  # noqa: PLW1510 - the code is looked at, together with what was said
        command, cwd=folder, env=environ, capture_output=True, text=True, encoding="utf-8", timeout=120
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert says in done.stdout, done.stdout + done.stderr
    return done.stdout


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def _tracked() -> set[str]:
    wings = ("agent", "drivers", "outbox")
    return {
        path.relative_to(ROOT).as_posix()
        for wing in wings
        for path in (ROOT / wing).rglob("*")
        if path.is_file() and path.suffix in SUFFIXES
    }


def test_everything_that_the_agent_serves_and_reads_is_in_it(wheel: Path) -> None:
    names = _names(wheel)
    assert names >= NEEDED
    assert names >= _tracked()


def test_nothing_else_is_in_it(wheel: Path) -> None:
    info = {name for name in _names(wheel) if ".dist-info/" in name}
    assert {name.rpartition("/")[2] for name in info} == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "LICENSE"}
    rest = _names(wheel) - info
    assert {name.split("/")[0] for name in rest} == {"agent", "drivers", "outbox"}
    assert {Path(name).suffix for name in rest} <= SUFFIXES


def test_its_metadata_name_the_command_the_pythons_and_the_dependencies(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        info = next(name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name)
        metadata = archive.read(f"{info}/METADATA").decode()
        assert "stillopen = agent.cli:main" in archive.read(f"{info}/entry_points.txt").decode()
    assert "Requires-Python: <3.14,>=3.11" in metadata
    assert "License-Expression: Apache-2.0" in metadata
    assert "Requires-Dist: pyserial" in metadata


def test_it_runs_from_anywhere_with_an_empty_home(command: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    environ = {name: value for name, value in os.environ.items() if name in {"PATH", "SYSTEMROOT", "TEMP", "TMP"}}
    environ |= {"HOME": str(home), "USERPROFILE": str(home), "LOCALAPPDATA": str(home), "PYTHONUTF8": "1"}
    stillopen = [_python(command), "-m", "agent"]
    _run([*stillopen, "--version"], tmp_path, environ, says="stillopen 0.1.0")
    said = _run([*stillopen, "check", "--config", str(SAMPLE)], tmp_path, environ, says="is in order")
    assert "till till-1: scanner counter, printer receipt, drawer drawer" in said
    _run([*stillopen, "check", "--config", "no-such-file.toml"], tmp_path, environ, code=2)
    assert not list(home.rglob("*")), "to read a configuration leaves nothing behind"
