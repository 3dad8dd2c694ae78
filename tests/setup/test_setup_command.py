"""`stillopen setup`: answered at a terminal or by a file, written whole or not at all, and taken up by who runs."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from serial.tools import list_ports

from agent.cli import main
from agent.config import load
from agent.places import Places
from agent.service import first_configuration
from agent.setup.asking import running, started, up
from agent.setup.dialogue import Dialogue
from agent.setup.heard import Heard
from agent.setup.interview import interview
from agent.setup.proposed import Proposed
from tests.api.shop import open_shop
from tests.detect.linux_tree import Listed

ROOT = Path(__file__).parents[2]
WAIT_S = 30.0  # for a process on a busy machine
ANSWERS = """
[store]
id = "kiosk"
name = "Kiosk"
timezone = "Europe/Vienna"

[[till]]
id = "k1"
printer = "receipt"

[[printer]]
name = "receipt"
port = "sim://receipt"

[[tax]]
code = "standard"
rate = "20"
"""
# Everything a bare PC is asked while one scanner is plugged in, in order.
FIRST_RUN = {
    "name": "Corner Shop", "id": "", "timezone": "Europe/Vienna", "locale": "de_AT", "currency": "EUR", "prices": "y",
    "tax": "20", "tax name": "USt 20 %", "tills": "k1", "header": "Corner Shop | Ring 1",
    "scanner": "y", "network": "192.0.2.9", "columns": "48", "drawer": "y",
}  # fmt: skip


@pytest.fixture(autouse=True)
def ports(monkeypatch: pytest.MonkeyPatch) -> list[Listed]:
    """What pyserial lists: the one place where a test plugs into the PC."""
    listed: list[Listed] = []
    monkeypatch.setattr(list_ports, "comports", lambda: list(listed))
    return listed


@pytest.fixture
def scanner(ports: list[Listed]) -> None:
    ports.append(Listed("/dev/ttyNOTHERE1", "Voyager", 0x0C2E, 0x0B6A, "S1", "1-3"))


def setup(place: Path, *words: str) -> int:
    return main(["setup", *words, "--config", str(place / "stillopen.toml"), "--state", str(place / "state")])


def answered(monkeypatch: pytest.MonkeyPatch, place: Path, lines: list[str], *words: str) -> int:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
    return setup(place, *words)


def read(place: Path) -> dict[str, Any]:
    return tomllib.loads((place / "stillopen.toml").read_text("utf-8"))


@pytest.mark.usefixtures("scanner")
def test_a_bare_pc_is_asked_and_becomes_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = answered(monkeypatch, tmp_path, [*FIRST_RUN.values(), "y", "n"])
    said = capsys.readouterr()
    config = load(tmp_path / "stillopen.toml")
    assert (config.store.id, config.store.name, config.store.timezone) == (
        "corner-shop",
        "Corner Shop",
        "Europe/Vienna",
    )
    assert config.store.receipt_header == ("Corner Shop", "Ring 1")
    assert (config.store.default_tax, config.taxes[0].name) == ("standard", "USt 20 %")
    till = config.tills[0]
    assert (len(config.tills), till.id) == (1, "k1")
    assert (till.scanner, till.printer, till.drawer) == ("counter", "receipt", "drawer")
    assert (config.printers[0].port, config.printers[0].columns) == ("tcp://192.0.2.9:9100", 48)
    assert config.scanners[0].port.startswith("serial://")
    text = (tmp_path / "stillopen.toml").read_text("utf-8")
    assert "# IANA; the business day" in text  # the example's comments stay
    assert '+name = "Corner Shop"' in said.out
    assert code in {0, 1}  # the doctor's word on whatever PC this runs on
    assert "free space" in said.out
    assert not (tmp_path / "stillopen.toml.new").exists()


def test_again_it_begins_from_what_is_there_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.toml").write_text(ANSWERS.replace("sim://receipt", "tcp://192.0.2.9:9100"), "utf-8")
    setup(tmp_path, "--answers", str(tmp_path / "a.toml"))
    text = "# by hand\n" + (tmp_path / "stillopen.toml").read_text("utf-8")
    (tmp_path / "stillopen.toml").write_text(text, "utf-8")
    capsys.readouterr()
    answered(monkeypatch, tmp_path, [*[""] * 9, "Kiosk", "none", "n", "n", "n"])
    assert "[Kiosk]" in capsys.readouterr().out
    now = (tmp_path / "stillopen.toml").read_text("utf-8")
    assert "# by hand" in now
    assert tomllib.loads(now)["store"]["name"] == "Kiosk"


def test_a_wrong_answer_is_asked_again_and_a_step_goes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        "Wrong", "", "Mars/Base", "?", "<", "<", "Right", "", "Europe/Vienna", "de_AT", "euro", "EUR", "perhaps", "n",
        "a lot", "none", "toolongforatillid!", "k1 k2", "", "none", "y", "n",
    ]  # fmt: skip
    answered(monkeypatch, tmp_path, lines)
    said = capsys.readouterr().out
    store = read(tmp_path)["store"]
    assert (store["name"], store["id"], store["timezone"], store["prices_include_tax"]) == (
        "Right",
        "right",
        "Europe/Vienna",
        False,
    )
    assert "IANA time zone" in said
    assert "ISO 4217" in said
    assert "y or n" in said
    assert [till["id"] for till in read(tmp_path)["till"]] == ["k1", "k2"]
    assert "tax" not in read(tmp_path)


@pytest.mark.parametrize("upto", [0, 3, 10])
def test_who_ends_before_saying_yes_has_written_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], upto: int
) -> None:
    (tmp_path / "stillopen.toml").write_text(first_configuration(), "utf-8")
    assert answered(monkeypatch, tmp_path, list(FIRST_RUN.values())[:upto]) == 1
    assert "nothing was written" in capsys.readouterr().err
    assert (tmp_path / "stillopen.toml").read_text("utf-8") == first_configuration()
    assert [path.name for path in tmp_path.iterdir()] == ["stillopen.toml"]


class Interrupted(io.TextIOBase):
    """A terminal at which somebody presses Ctrl-C."""

    def readline(self, *_: object) -> str:  # type: ignore[override]  # typeshed has a bytes-like base for text, too
        raise KeyboardInterrupt


def test_ctrl_c_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Interrupted())
    assert setup(tmp_path) == 130
    assert "nothing was written" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_answers_twice_is_once_and_says_what_was_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.toml").write_text(ANSWERS, "utf-8")
    (tmp_path / "stillopen.toml").write_text(first_configuration(), "utf-8")
    setup(tmp_path, "--answers", str(tmp_path / "a.toml"), "--json")
    did = json.loads(capsys.readouterr().out)
    assert did["written"] is True
    assert '+name = "Kiosk"' in did["changes"]
    assert Path(did["kept"]).read_text("utf-8") == first_configuration()
    assert any(check["check"] == "free space" for check in did["checks"]["checks"])
    assert read(tmp_path)["till"] == [{"id": "k1", "printer": "receipt"}]
    written = (tmp_path / "stillopen.toml").stat().st_mtime_ns
    setup(tmp_path, "--answers", str(tmp_path / "a.toml"), "--json")
    assert json.loads(capsys.readouterr().out)["written"] is False
    assert (tmp_path / "stillopen.toml").stat().st_mtime_ns == written


@pytest.mark.usefixtures("scanner")
def test_what_is_found_and_certain_is_taken_by_a_file_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(ANSWERS + '\n[setup]\ndevices = "found"\n', "utf-8")
    setup(tmp_path, "--answers", str(tmp_path / "a.toml"))
    assert read(tmp_path)["till"] == [{"id": "k1", "printer": "receipt", "scanner": "counter"}]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("Europe/Vienna", "Europe/Wien", 5),
        ('rate = "20"', "rate = 20", 17),
        ('printer = "receipt"', 'printer = "none"', 9),
        ('id = "k1"', "id = ", 8),
        ("[[tax]]", "[setup]\nsomething = 1\n[[tax]]", 16),
    ],
)
def test_what_is_wrong_in_the_answers_is_said_by_their_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, line: int
) -> None:
    file = tmp_path / "a.toml"
    file.write_text(ANSWERS.replace(old, new), "utf-8")
    assert setup(tmp_path, "--answers", str(file)) == 2
    assert f"{file}:{line}:" in capsys.readouterr().err
    assert not (tmp_path / "stillopen.toml").exists()


def test_a_dry_run_shows_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.toml").write_text(ANSWERS, "utf-8")
    assert setup(tmp_path, "--answers", str(tmp_path / "a.toml"), "--dry-run") == 0
    assert '+name = "Kiosk"' in capsys.readouterr().out
    assert not (tmp_path / "stillopen.toml").exists()


def test_what_cannot_be_read_is_said_before_the_first_question(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stillopen.toml").mkdir()
    assert setup(tmp_path) == 1
    said = capsys.readouterr()
    assert "cannot be read" in said.err
    assert said.out == ""


def test_a_scanner_that_types_and_one_too_many_are_spoken_of(capsys: pytest.CaptureFixture[str]) -> None:
    typing = {
        "device": "/dev/input/event5", "configured_as": None, "kind": "scanner", "configuration": [],
        "what": "a scanner", "why": "it types", "next": "Switch it.",
        "switches": [{"chapter": "Interfaces", "heading": "USB COM"}],
    }  # fmt: skip
    second = typing | {
        "device": "/dev/ttyACM1", "lasting": True, "held_by": [], "switches": [],
        "configuration": ["[[scanner]]", 'name = "counter"', 'port = "serial:///dev/ttyACM1"'],
    }  # fmt: skip
    text = ANSWERS + '\n[[scanner]]\nname = "counter"\nport = "serial:///dev/ttyACM0"\n'
    text = text.replace('printer = "receipt"', 'printer = "receipt"\nscanner = "counter"')
    lines = iter([*["\n"] * 4, "EUR\n", *["\n"] * 5, "y\n", "none\n", "n\n"])
    heard = Heard(text, anew=False, folder=Path())
    interview(
        Dialogue(lambda: next(lines), print), heard, Proposed(None, None), {"devices": [typing, second], "unseen": []}
    )
    said = capsys.readouterr().out
    assert "is left out: it types. Switch it." in said
    assert "the barcode 'USB COM'" in said
    assert heard.unused() == ["counter-2"]


async def test_records_stay_with_their_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with open_shop(tmp_path) as shop:
        await shop.sold()
    (tmp_path / "a.toml").write_text('[store]\nid = "another"\n', "utf-8")
    before = (tmp_path / "stillopen.toml").read_text("utf-8")
    assert setup(tmp_path, "--answers", str(tmp_path / "a.toml")) == 1
    assert "holds records of store-1" in capsys.readouterr().err
    assert (tmp_path / "stillopen.toml").read_text("utf-8") == before


@pytest.mark.skipif(sys.platform == "win32", reason="it is told to end by a signal")
def test_an_agent_that_runs_takes_it_up_by_itself_and_prints_the_test(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with agent(tmp_path) as places:
        (tmp_path / "a.toml").write_text(ANSWERS + '\n[setup]\ntry = ["receipt"]\n', "utf-8")
        setup(tmp_path, "--answers", str(tmp_path / "a.toml"), "--json")
        did = json.loads(capsys.readouterr().out)
        assert did["restarted"] is True
        assert did["tried"] == [
            {"device": "receipt", "kind": "printer", "outcome": "works", "said": "it says that it has printed"}
        ]
        asked = running(places, None)
        assert asked is not None
        assert asked.ask("GET", "/v1/status")["store"]["name"] == "Kiosk"
        lane = tmp_path / "lane.toml"
        lane.write_text(places.config.read_text("utf-8").replace("Kiosk", "Stall"), "utf-8")
        where = ("--config", str(places.config), "--state", str(places.state))
        assert main(["config", "import", str(lane), *where]) == 1  # not under an agent, unless it is to take it up
        since = started(asked)
        assert main(["config", "import", str(lane), "--take-up", *where]) == 0
        assert up(places, not_since=since).ask("GET", "/v1/status")["store"]["name"] == "Stall"


@pytest.mark.skipif(sys.platform == "win32", reason="it is told to end by a signal")
def test_with_no_agent_one_of_its_own_tries_the_devices_and_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    text = ANSWERS + f'\n[api]\nport = {port}\n\n[setup]\ntry = ["receipt"]\n'
    (tmp_path / "a.toml").write_text(text, "utf-8")
    setup(tmp_path, "--answers", str(tmp_path / "a.toml"), "--json")
    did = json.loads(capsys.readouterr().out)
    assert [tried["outcome"] for tried in did["tried"]] == ["works"]
    assert running(Places(tmp_path / "stillopen.toml", tmp_path / "state"), None) is None


class agent:  # noqa: N801 - it is used as a word
    """A store that nobody has set up, run as its service runs it."""

    def __init__(self, place: Path) -> None:
        self._places = Places(place / "stillopen.toml", place / "state")

    def __enter__(self) -> Places:
        self._places.config.write_text(first_configuration() + f"\n[api]\nport = {free_port()}\n", "utf-8")
        command = [
            sys.executable,
            "-m",
            "agent",
            "--config",
            str(self._places.config),
            "--state",
            str(self._places.state),
        ]
        self._process = subprocess.Popen([*command, "run", "--log", "warning"], cwd=ROOT, stdout=subprocess.DEVNULL)
        until = time.monotonic() + WAIT_S
        while running(self._places, None) is None:
            assert self._process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        return self._places

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(WAIT_S) == 0


def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
