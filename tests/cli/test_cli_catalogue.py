"""`stillopen catalogue` from outside, in processes of its own."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from outbox.catalogue import Catalogue

CONFIG = """
[store]
id = "s"
name = "Shop"
currency = "EUR"
timezone = "Europe/Berlin"
[[till]]
id = "till-1"
[[tax]]
code = "standard"
rate = "19"
[[cloud]]
name = "records"
kind = "webhook"
url = "https://example.com/"
secret = { env = "NOT_SET_HERE" }
"""
GOOD = "sku,name,price,tax,barcode\nMUG,Mug blue,12.50,standard,4006381333931\nCUP,Cup,3,,\n"

Stillopen = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def stillopen(tmp_path: Path) -> Stillopen:
    (tmp_path / "stillopen.toml").write_text(CONFIG)
    command = Path(sys.executable).with_name("stillopen")  # the installed command

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        places = ["--config", str(tmp_path / "stillopen.toml"), "--state", str(tmp_path / "state")]
        return subprocess.run([command, *places, *words], capture_output=True, text=True, check=False, cwd=tmp_path)

    return run


def test_import_search_and_show(stillopen: Stillopen, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(GOOD)
    done = stillopen("catalogue", "import", "items.csv", "--dry-run")
    assert (done.returncode, done.stdout) == (0, "items.csv: would be 2 added, 0 changed, 0 unchanged\n")
    assert stillopen("catalogue", "show", "MUG").returncode == 1
    done = stillopen("catalogue", "import", "items.csv")
    assert (done.returncode, done.stdout) == (0, "items.csv: 2 added, 0 changed, 0 unchanged\n")
    done = stillopen("catalogue", "search", "blue", "mu")
    assert (done.returncode, done.stdout) == (0, "MUG  Mug blue  12.50 EUR\n")
    done = stillopen("catalogue", "show", "MUG")
    assert "12.50 EUR per each" in done.stdout
    assert "04006381333931" in done.stdout
    done = stillopen("catalogue", "show", "CUP", "--json")
    assert json.loads(done.stdout)["price"] == 300
    done = stillopen("catalogue", "search", "4006381333931", "--json")
    assert [item["sku"] for item in json.loads(done.stdout)["items"]] == ["MUG"]


def test_wrong_rows_are_named_and_nothing_is_imported(stillopen: Stillopen, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(GOOD + "POT,,x,standrad,4006381333932\n")
    done = stillopen("catalogue", "import", "items.csv")
    assert (done.returncode, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    assert [line.split(":")[1].strip() for line in lines[:4]] == [
        "line 4, name",
        "line 4, price",
        "line 4, tax",
        "line 4, barcode",
    ]
    assert "nothing was imported: 4 problems" in done.stderr
    done = stillopen("catalogue", "import", "items.csv", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["problems"][0]["column"] == "name"
    done = stillopen("catalogue", "search", "mug")
    assert done.returncode == 1
    assert "nothing found" in done.stderr


def test_a_file_that_is_not_there(stillopen: Stillopen) -> None:
    done = stillopen("catalogue", "import", "none.csv")
    assert done.returncode == 2
    assert "next: name a CSV file" in done.stderr


def test_a_damaged_catalogue_is_told_and_the_import_goes_on(stillopen: Stillopen, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "catalogue.db").write_bytes(b"no database" * 999)
    (tmp_path / "items.csv").write_text(GOOD)
    done = stillopen("catalogue", "import", "items.csv")
    assert done.returncode == 0
    assert "is kept as catalogue-damaged-" in done.stderr
    assert stillopen("catalogue", "show", "MUG").returncode == 0


def test_a_state_folder_that_cannot_be(stillopen: Stillopen, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    done = stillopen("catalogue", "search", "mug")
    assert done.returncode == 1
    assert "--state" in done.stderr
    assert "Traceback" not in done.stderr


async def test_an_import_is_seen_at_once_by_the_agent_that_runs(stillopen: Stillopen, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(GOOD)
    agent = Catalogue(tmp_path / "state")
    await agent.open()
    assert agent.item("MUG") is None
    assert stillopen("catalogue", "import", "items.csv").returncode == 0
    assert agent.item("MUG") is not None
    await agent.close()
