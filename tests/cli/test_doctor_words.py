"""What the trial says: to whoever pulls the plug, and in the command's rarer answers."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from agent.cli import main
from agent.doctor.plug import count, disks, results, trial, verdict, words
from agent.doctor.plug.count import Count
from agent.doctor.plug.disks import Disk
from agent.doctor.plug.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from pathlib import Path

SSD = Disk("sda", "Cheap SSD", "SN1", "write back")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Verdict(Outcome.HELD, 12_345, 12_345, 1), "held: 12,345 acknowledged, 12,345 there (1 more was under way)"),
        (Verdict(Outcome.HELD, 5, 5, 2), "held: 5 acknowledged, 5 there (2 more were under way)"),
        (Verdict(Outcome.HELD, 5, 5, 0), "held: 5 acknowledged, 5 there"),
        (
            Verdict(Outcome.LOST, 12_345, 12_100, 0),
            "THIS DISK LOSES SALES: 12,345 acknowledged, 12,100 there, 245 lost",
        ),
        (Verdict(Outcome.NOTHING, 5, 5, 0, "why"), "nothing proved: why; 5 acknowledged, 5 there"),
    ],
)
def test_one_cut_in_a_line(found: Verdict, said: str) -> None:
    assert words.verdict_line(found) == said


@pytest.mark.parametrize(
    ("disk", "step"),
    [
        (SSD, "hdparm -W0 /dev/sda, and in /etc/hdparm.conf for the next starts) (it says: write back)"),
        (Disk("nvme0n1"), "nvme set-feature /dev/nvme0n1 --feature-id=6 --value=0"),
        (None, "Device Manager"),
    ],
)
def test_a_disk_that_loses_sales_has_its_own_next_steps(disk: Disk | None, step: str) -> None:
    what, then = words.trouble(Verdict(Outcome.LOST, 5, 4, 0, "sale 5 does not hold"), disk)
    assert step in then
    assert "power-loss protection" in then
    assert "UPS" in then
    assert what.endswith(": sale 5 does not hold")
    assert ("Cheap SSD SN1" in what) == (disk is SSD)


def test_what_proved_nothing_is_done_again() -> None:
    assert words.trouble(Verdict(Outcome.NOTHING, 5, 5, 0, "why"), SSD)[0] == "nothing was proved"
    assert words.trouble(Verdict(Outcome.LOST, 5, 4, 0), None)[0].endswith("said was safe")


def test_what_to_do_in_order() -> None:
    told = words.instructions("stillopen doctor --after", "/media/stick/count", "Cheap SSD SN1", 10.0)
    steps = [told.index(word) for word in ("numbers go up", "out of the wall", "Wait 10 seconds", "Run: stillopen")]
    assert steps == sorted(steps)
    for word in ("Not the power button", "battery", "UPS", "/media/stick/count", "(Cheap SSD SN1)", "10 minutes"):
        assert word in told
    assert "weakest" not in told
    told = words.instructions("stillopen doctor --after", None, None, 0.5)
    assert "weakest" in told
    assert "Film the screen" in told
    assert "0.5 minutes" in told


def test_a_count_on_the_other_machine() -> None:
    assert words.count_line(Count("KXQR", 12_345)) == "KXQR 12,345 acknowledged"
    assert words.count_line(Count("KXQR", 1, ended=True)).endswith("(done with)")
    assert words.count_json(Count("KXQR", 7)) == {"trial": "KXQR", "acknowledged": 7, "ended": False}
    assert "ABCD-EFGH" in words.counting("192.0.2.7", 8751, "ABCD-EFGH")
    assert "--counter 192.0.2.7:8751" in words.counting("192.0.2.7", 8751, "ABCD-EFGH")


def test_a_comparison_for_programs() -> None:
    held = Verdict(Outcome.HELD, 5, 5, 1)
    found = words.as_json(Count("KXQR", 5), held, SSD, verdict.add_up([held]))
    assert (found["outcome"], found["lost"], found["disk"]["title"]) == ("held", 0, "Cheap SSD SN1")
    assert words.as_json(Count("KXQR", 5), held, None, verdict.add_up([held]))["disk"] is None


# --- the command, where it refuses ---

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir(mode=0o700)
    return tmp_path / "state"


def plug(state: Path, *options: str) -> int:
    return main(["doctor", "--state", str(state), "--pull-the-plug", *options])


def test_a_photo_of_sales_that_are_gone(state: Path, capsys: Capture) -> None:
    assert plug(state, "--after", "--seen", "KXQR 12,345") == 1
    said = capsys.readouterr()
    assert "THIS DISK LOSES SALES: 12,345 acknowledged, 0 there, 12,345 lost" in said.out
    assert "1 cut, 12,345 acknowledged, 12,345 lost; 1 of 1 failed" in said.out
    assert "nothing of the test journal is there" in said.err
    (cut,) = results.read(state / trial.FOLDER)
    assert (cut.trial, cut.counter, cut.verdict.lost) == ("KXQR", "screen", 12_345)


def test_a_disk_with_too_little_room_is_left_alone(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    usage = shutil.disk_usage(state)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1024**3))
    assert plug(state) == 1
    assert "too little room" in capsys.readouterr().err
    assert trial.trials(state / trial.FOLDER) == []


def test_results_that_cannot_be_read_are_not_written_over(state: Path, capsys: Capture) -> None:
    (state / trial.FOLDER).mkdir()
    (state / trial.FOLDER / results.FILE).write_text("{")
    assert plug(state, "--after", "--seen", "KXQR 5") == 1
    assert "move the file away" in capsys.readouterr().err
    assert (state / trial.FOLDER / results.FILE).read_text() == "{"


def on_another_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disks, "check_elsewhere", lambda *_: False)


def test_a_stick_of_another_machine_is_compared_there(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    on_another_disk(monkeypatch)
    file = tmp_path / "count"
    numbers = count.begun("0" * 16, "KXQR", "boot", "lane-of-another") + count.acknowledged("0" * 16, "KXQR", 1, 5)
    file.write_bytes(count.heading("0" * 16) + numbers)
    assert plug(state, "--after", "--counter", str(file)) == 1
    said = capsys.readouterr()
    assert "was sold on lane-of-another" in said.err
    assert "Make sure that" in said.out
    assert plug(state, "--counter", str(file)) == 1
    assert "trial KXQR of lane-of-another was not compared yet" in capsys.readouterr().err
    assert results.read(state / trial.FOLDER) == []


def test_a_counter_that_has_counted_nothing(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    on_another_disk(monkeypatch)
    assert plug(state, "--after", "--counter", str(tmp_path / "none")) == 1
    assert "has counted nothing" in capsys.readouterr().err


def test_nothing_to_clean(state: Path, capsys: Capture) -> None:
    assert plug(state, "--clean") == 0
    assert capsys.readouterr().out == "0 test journals removed\n"
    (state / trial.FOLDER / "KXQR").mkdir(parents=True)
    assert plug(state, "--clean", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"removed": ["KXQR"]}


def test_the_counter_for_another_needs_an_address_of_this_machine(capsys: Capture) -> None:
    assert main(["doctor", "--count-for-another", "--host", "192.0.2.7", "--port", "0"]) == 1
    assert "name an address of this machine" in capsys.readouterr().err
