"""What root does: a version beside the one that runs, switched to and left, and cut short at every step."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from agent.update import ledger
from agent.update.installer import HEALTHY_S, INTERRUPTED_MAX
from agent.update.refusal import NoRoom, NotFit, NotNow, NotTrusted, TrialFailed, UpdateRefused, Worked
from agent.update.versions import Versions
from tests.update.maker import ROOT, Maker, Till, whole, write_version

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Cut(BaseException):
    """The power went."""


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    made = Maker(tmp_path_factory.mktemp("maker"))
    made.release("1.1.0", notes="Faster.")
    return made


@pytest.fixture
def till(tmp_path: Path, maker: Maker) -> Till:
    return Till(tmp_path, maker)


def of(folder: Path, **says: Any) -> tuple[Till, Maker]:
    """Return a PC, and a maker whose newest release behaves as said."""
    made = Maker(folder / "maker")
    made.release("1.1.0", **says)
    return Till(folder / "pc", made), made


def staged(till: Till) -> None:
    with till.installer().alone() as installer:
        installer.stage(till.repository())


def test_a_release_is_staged_beside_what_runs_then_switched_to_and_left_again(till: Till) -> None:
    staged(till)
    assert till.versions.current() == "1.0.0"
    assert whole(till.place.versions / "1.1.0") == "1.1.0"
    assert till.pc.tried == [("1.1.0", True), ("1.0.0", False)]  # the one that runs goes on from what the newer left
    known = ledger.read(till.place.own)
    assert known.staged is not None
    assert (known.staged.version, known.staged.notes) == ("1.1.0", "Faster.")
    assert not (till.place.own / "archive.zip").exists()

    with till.installer().alone() as installer:
        installer.apply()
    assert till.pc.starts == ["1.0.0", "1.1.0"]
    assert (till.place.versions / "steady").readlink().name == "1.1.0"
    known = ledger.read(till.place.own)
    assert (known.before, known.staged, known.last and known.last.did) == ("1.0.0", None, "installed")
    assert ledger.under_way(till.place.own) is None

    with till.installer().alone() as installer:
        installer.back()
    assert till.pc.starts[-1] == "1.0.0"
    known = ledger.read(till.place.own)
    assert (known.before, known.last and known.last.did) == ("1.1.0", "went_back")
    assert "1.1.0" in known.refused  # it does not come back by itself
    with till.installer().alone() as installer, pytest.raises(NotFit, match="refused here before"):
        installer.stage(till.repository())
    with till.installer().alone() as installer:
        assert installer.stage(till.repository(), by_hand=True).version == "1.1.0"


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ({"dead": True}, "does not answer"),
        ({"does_not_sell": True}, "does not sell: the disk"),
        ({"read_only": True}, "has not written to the journal"),
        ({"printer": "lost"}, "receipt was ready before, and is lost"),
        ({"cloud": "unauthorized"}, "books took our calls before, and is unauthorized"),
        ({"parked": 1}, "refuses records"),
    ],
)
def test_a_version_that_is_not_well_within_a_minute_is_left_by_itself(
    tmp_path: Path, says: dict[str, Any], why: str
) -> None:
    till, _ = of(tmp_path, **says)
    staged(till)
    with till.installer().alone() as installer, pytest.raises(TrialFailed, match=why):
        installer.apply()
    assert till.pc.starts == ["1.0.0", "1.1.0", "1.0.0"]
    assert till.versions.names() == ["1.0.0"]
    assert HEALTHY_S <= till.time < HEALTHY_S + 5  # a second to look at it, and what opening took on the copy
    known = ledger.read(till.place.own)
    assert why in known.refused["1.1.0"]
    assert (known.staged, known.last and known.last.did) == (None, "refused")
    with till.installer().alone() as installer, pytest.raises(NotFit):
        installer.apply()


@pytest.mark.parametrize("says", [{"cloud": "line"}, {"cloud": "untried"}, {"cloud": "trouble"}])
def test_a_line_that_is_out_is_no_fault_of_the_version(tmp_path: Path, says: dict[str, Any]) -> None:
    till, _ = of(tmp_path, **says)
    staged(till)
    with till.installer().alone() as installer:
        installer.apply()
    assert till.pc.starts[-1] == "1.1.0"


def test_what_was_not_well_before_need_not_be_afterwards(tmp_path: Path) -> None:
    made = Maker(tmp_path / "maker")
    made.release("1.1.0", printer="lost", cloud="unauthorized")
    till = Till(tmp_path / "pc", made, printer="lost", cloud="unauthorized")
    staged(till)
    with till.installer().alone() as installer:
        installer.apply()
    assert till.pc.starts[-1] == "1.1.0"


@pytest.mark.parametrize(
    ("says", "why"),
    [({"fails_trial": True}, "does not do"), ({"lies": "9.9.9"}, "what is in it 9.9.9")],
)
def test_a_version_that_fails_its_trial_is_never_switched_to(tmp_path: Path, says: dict[str, Any], why: str) -> None:
    till, _ = of(tmp_path, **says)
    with till.installer().alone() as installer, pytest.raises(TrialFailed, match=why):
        installer.stage(till.repository())
    assert (till.pc.starts, till.versions.names()) == (["1.0.0"], ["1.0.0"])
    assert "1.1.0" in ledger.read(till.place.own).refused


def test_a_version_that_the_one_before_could_not_go_on_from_is_not_taken(tmp_path: Path) -> None:
    made = Maker(tmp_path / "maker")
    made.release("1.1.0")
    till = Till(tmp_path / "pc", made, cannot_go_on=True)
    with till.installer().alone() as installer, pytest.raises(TrialFailed, match="could not be left again"):
        installer.stage(till.repository())
    assert till.versions.names() == ["1.0.0"]


def test_nobody_is_interrupted_at_a_till(till: Till) -> None:
    staged(till)
    till.pc.busy = "a sale is open at till-1"
    with till.installer().alone() as installer, pytest.raises(NotNow, match="a sale is open"):
        installer.apply()
    assert till.pc.starts == ["1.0.0"]
    till.pc.busy = None
    with till.installer().alone() as installer:
        installer.apply()
    assert till.pc.starts[-1] == "1.1.0"


def test_who_does_not_answer_may_be_at_a_till_and_who_is_stopped_is_not(till: Till) -> None:
    staged(till)
    till.pc.silent = True
    with till.installer().alone() as installer, pytest.raises(NotNow, match="does not answer"):
        installer.apply()
    assert (till.pc.starts, till.versions.current()) == (["1.0.0"], "1.0.0")
    assert ledger.read(till.place.own).refused == {}
    till.pc.silent, till.pc.stopped = False, True
    with till.installer().alone() as installer:
        installer.apply()
    assert till.pc.starts[-1] == "1.1.0"


def test_two_at_once_are_one(till: Till) -> None:
    with till.installer().alone(), pytest.raises(Worked), till.installer().alone():
        pytest.fail("two worked at once")


def test_a_full_disk_leaves_everything_as_it_was(till: Till) -> None:
    till.versions = Versions(till.place.versions, links=True, free=lambda _: 1024**3)
    with till.installer().alone() as installer, pytest.raises(NoRoom, match="have to stay free for selling"):
        installer.stage(till.repository())
    assert (till.versions.current(), till.versions.names()) == ("1.0.0", ["1.0.0"])
    assert ledger.under_way(till.place.own) is None
    assert ledger.read(till.place.own).refused == {}  # it is tried again once there is room


def test_a_disk_that_fills_up_in_mid_unpacking_leaves_everything_as_it_was(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = 0

    def full(*_: object) -> int:
        nonlocal written
        written += 1
        if written > 5:
            raise OSError(28, "No space left on device")
        return 4000

    monkeypatch.setattr("agent.update.versions._copied", full)
    with till.installer().alone() as installer, pytest.raises((NoRoom, NotTrusted)):
        installer.stage(till.repository())
    assert [entry.name for entry in sorted(till.place.versions.iterdir())] == ["1.0.0", "current"]


def test_a_version_that_cannot_be_given_its_name_is_tried_again(till: Till) -> None:
    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    till.versions = Versions(till.place.versions, links=True, free=lambda _: 2**40, sync=full)
    for _ in range(INTERRUPTED_MAX + 1):
        with till.installer().alone() as installer, pytest.raises(UpdateRefused, match="No space left"):
            installer.stage(till.repository())
    assert [entry.name for entry in sorted(till.place.versions.iterdir())] == ["1.0.0", "current"]
    assert ledger.read(till.place.own).refused == {}


@pytest.mark.parametrize("full", ["1.1.0", "1.0.0"])
def test_a_disk_that_is_full_in_a_trial_is_no_word_against_the_version(till: Till, full: str) -> None:
    till.pc.full = full
    with till.installer().alone() as installer, pytest.raises(NoRoom, match="takes 900 MB"):
        installer.stage(till.repository())
    assert ledger.read(till.place.own).refused == {}
    till.pc.full = None  # somebody has made room
    staged(till)
    assert ledger.read(till.place.own).staged is not None


def test_a_package_that_came_meanwhile_is_what_counts(till: Till) -> None:
    staged(till)
    write_version(till.place.versions / "1.2.0", "1.2.0")
    till.versions.point("1.2.0")
    till.pc.restart()
    with till.installer().alone() as installer, pytest.raises(NotFit, match=r"1\.2\.0 runs here"):
        installer.apply()
    with till.installer().alone() as installer:
        assert installer.before() == "1.1.0"  # nothing says what ran before: the newest older one


# --- cut short at every step ---


def steps(till: Till, work: Callable[[Any], object]) -> list[str]:
    """Return the steps that a piece of work goes through."""
    seen: list[str] = []
    with till.installer(seen.append).alone() as installer:
        work(installer)
    return seen


STAGE = ["stage: fetch", "stage: unpack", "stage: keep", "stage: try", "stage: try the one that runs"]
SWITCH = ["switch: point", "switch: restart", "switch: look", "switch: settle"]
LEAVE = ["switch: back", "switch: restart the one before", "switch: settle back"]


def test_these_are_all_the_steps(till: Till, tmp_path: Path) -> None:
    assert steps(till, lambda installer: installer.stage(till.repository())) == STAGE
    assert steps(till, lambda installer: installer.apply()) == SWITCH
    ill, _ = of(tmp_path / "ill", dead=True)
    staged(ill)
    seen: list[str] = []
    with ill.installer(seen.append).alone() as installer, pytest.raises(TrialFailed):
        installer.apply()
    assert seen == [*SWITCH[:3], *LEAVE]


def cut_at(step: str) -> Callable[[str], None]:
    def reached(now: str) -> None:
        if now == step:
            raise Cut

    return reached


@pytest.mark.parametrize("step", STAGE)
def test_staging_cut_short_is_begun_anew(till: Till, step: str) -> None:
    with pytest.raises(Cut), till.installer(cut_at(step)).alone() as installer:
        installer.stage(till.repository())
    assert till.versions.current() == "1.0.0"
    with till.installer().alone():  # what starts next
        pass
    assert till.pc.starts == ["1.0.0"]
    known = ledger.read(till.place.own)
    assert (known.last and known.last.did, ledger.under_way(till.place.own)) == ("interrupted", None)
    assert [entry.name for entry in sorted(till.place.versions.iterdir())] == ["1.0.0", "current"]
    staged(till)
    with till.installer().alone() as installer:
        installer.apply()
    assert till.pc.starts[-1] == "1.1.0"


@pytest.mark.parametrize("step", [*SWITCH, *LEAVE])
@pytest.mark.parametrize("again", ["", "recover: point"])
def test_a_switch_cut_short_is_taken_back(tmp_path: Path, maker: Maker, step: str, again: str) -> None:
    till = Till(tmp_path / "pc", maker) if step in SWITCH else of(tmp_path, dead=True)[0]
    staged(till)
    with pytest.raises(Cut), till.installer(cut_at(step)).alone() as installer:
        installer.apply()
    assert whole(till.place.versions / (till.versions.current() or "")) is not None  # what boots is whole
    steady = (till.place.versions / "steady").readlink().name
    assert steady == "1.0.0"  # and what puts it right is not the version under trial
    if again and till.versions.current() == "1.1.0":
        with pytest.raises(Cut), till.installer(cut_at(again)).alone():
            pass
    with till.installer().alone():
        pass
    assert till.versions.current() == "1.0.0"
    assert till.pc.starts[-1] == "1.0.0"
    assert ledger.under_way(till.place.own) is None
    known = ledger.read(till.place.own)
    assert known.last is not None
    assert known.last.did == "interrupted"
    assert known.staged is not None  # and may be tried again
    if step in SWITCH:
        with till.installer().alone() as installer:
            installer.apply()
        assert till.pc.starts[-1] == "1.1.0"


def test_a_version_that_the_power_goes_off_under_again_and_again_is_a_persons_to_try(till: Till) -> None:
    staged(till)
    for _ in range(INTERRUPTED_MAX):
        with pytest.raises(Cut), till.installer(cut_at("switch: look")).alone() as installer:
            installer.apply()
    with till.installer().alone():
        pass
    known = ledger.read(till.place.own)
    assert ("1.1.0" in known.refused, known.staged) == (True, None)
    assert till.versions.current() == "1.0.0"


def test_a_ledger_that_says_it_settled_is_believed_over_a_note_that_stayed(till: Till) -> None:
    staged(till)
    with till.installer().alone() as installer:
        installer.apply()
    settled = ledger.read(till.place.own)
    old = ledger.UnderWay(settled.settled, "switching", "1.1.0", "1.1.0", "1.0.0", "2026-11-21T03:00:00+00:00")
    ledger.begin(till.place.own, old)  # the power went between the two writes
    with till.installer().alone():
        pass
    assert till.versions.current() == "1.1.0"
    assert ledger.read(till.place.own) == settled
    assert ledger.next_number(till.place.own) == settled.settled + 1


def test_what_the_ledger_cannot_read_it_does_not_know(till: Till) -> None:
    (till.place.own / ledger.STATE).write_text('{"settled": 1, "before"', encoding="utf-8")
    (till.place.own / ledger.UNDER_WAY).write_text("\0\0\0\0", encoding="utf-8")
    assert ledger.read(till.place.own) == ledger.Ledger()
    assert ledger.under_way(till.place.own) is None
    (till.place.own / ledger.STATE).write_text("[]", encoding="utf-8")
    with till.installer().alone() as installer:
        installer.stage(till.repository())
    assert ledger.read(till.place.own).staged is not None


def test_refused_versions_are_remembered_up_to_a_number() -> None:
    known = ledger.Ledger()
    for number in range(ledger.REFUSED_MAX + 5):
        known = known.refuse(f"1.{number}.0", "no")
    assert len(known.refused) == ledger.REFUSED_MAX
    assert replace(known).refuse("1.7.0", "again").refused["1.7.0"] == "again"


def test_killed_with_nine_at_any_moment_what_is_named_is_whole(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.update.killed", str(tmp_path), "15", "1"],
        cwd=ROOT, check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    killed, ended = map(int, done.stdout.split()[-2:])
    assert killed >= 3, done.stdout  # moments that were in mid-work, of fifteen tries
    assert killed + ended == 15
