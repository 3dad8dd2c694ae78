"""A lane by one file: the sample that is shipped, taken where nobody has set the store up, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli import main
from agent.config import load
from agent.service import first_configuration

if TYPE_CHECKING:
    import pytest

SAMPLE = Path(__file__).parents[2] / "packaging/provision.toml"


def provision(place: Path, file: Path = SAMPLE) -> int:
    places = ("--config", str(place / "stillopen.toml"), "--state", str(place / "state"))
    return main(["config", "import", "--first", str(file), *places])


def test_the_sample_makes_a_bare_pc_its_lane(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert provision(tmp_path) == 0
    config = load(tmp_path / "stillopen.toml", need_secrets=False)
    assert (config.store.id, config.tills[0].printer, config.clouds[0].name) == (
        "high-street",
        "receipt",
        "head-office",
    )
    assert "head-office" in capsys.readouterr().err  # the secret that is not there yet, and where it is wanted
    assert provision(tmp_path) == 0
    assert "left as it is" in capsys.readouterr().out


def test_the_example_that_an_installation_begins_with_gives_way(tmp_path: Path) -> None:
    there = tmp_path / "stillopen.toml"
    there.write_text("# looked at\n" + first_configuration(), "utf-8")
    assert provision(tmp_path) == 0
    assert load(there, need_secrets=False).store.id == "high-street"


def test_a_store_of_its_own_stays(tmp_path: Path) -> None:
    there = tmp_path / "stillopen.toml"
    own = first_configuration().replace("Our Store", "Mine")
    there.write_text(own, "utf-8")
    assert provision(tmp_path) == 0
    assert there.read_text("utf-8") == own


def test_what_is_wrong_is_said_by_its_line_and_the_example_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there, file = tmp_path / "stillopen.toml", tmp_path / "provision.toml"
    there.write_text(first_configuration(), "utf-8")
    file.write_text(SAMPLE.read_text("utf-8").replace('"GBP"', '"POUND"'), "utf-8")
    line = next(number for number, text in enumerate(file.read_text("utf-8").split("\n"), 1) if "POUND" in text)
    assert provision(tmp_path, file) == 2
    assert f"{file}:{line}:" in capsys.readouterr().err
    assert there.read_text("utf-8") == first_configuration()
