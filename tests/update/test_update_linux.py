"""What root tells systemd and the versions, and what the units say."""

from __future__ import annotations

import configparser
import json
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from agent.cli.running import an_agent_runs
from agent.places import Places
from agent.service.linux_files import UNIT
from agent.update import ledger, units, work
from agent.update.linux import Linux
from agent.update.machine import LINUX
from agent.update.refusal import NoRoom, NotFit, NotNow, TrialFailed, UpdateRefused
from agent.update.report import report
from agent.update.request import Asked, ask, is_asked
from outbox.journal import Journal
from tests.api.shop import CONFIG
from tests.update.maker import Maker, Till

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STATUS = {
    "version": "1.1.0", "selling": True, "fault": None,
    "devices": [{"name": "receipt", "state": "ready"}], "clouds": {"books": {"state": "open", "parked": 2}},
}  # fmt: skip


class Ran:
    """The programs of a PC: what was run, and what each answers."""

    def __init__(self, *, out: str = "", code: int = 0, error: Exception | None = None) -> None:
        self.commands: list[list[str]] = []
        self._out, self._code, self._error = out, code, error

    def __call__(self, command: Sequence[str], **_: Any) -> subprocess.CompletedProcess[str]:
        self.commands.append(list(command))
        if self._error is not None:
            raise self._error
        return subprocess.CompletedProcess(command, self._code, self._out, "it says why")


def linux(tmp_path: Path, ran: Any, **more: Any) -> Linux:
    def asked(path: str) -> dict[str, Any]:
        return STATUS if path == "/v1/status" else {"noted": True, "busy": None}

    places = Places(tmp_path / "stillopen.toml", tmp_path / "state")
    return Linux(places, tmp_path / "1.0.0", **{"ask": asked, "runs": lambda: False, **more}, run=ran)


def test_the_service_is_restarted_and_not_waited_for(tmp_path: Path) -> None:
    ran = Ran()
    linux(tmp_path, ran).restart()
    assert ran.commands == [["systemctl", "reset-failed", UNIT], ["systemctl", "restart", "--no-block", UNIT]]
    with pytest.raises(UpdateRefused, match="it says why"):
        linux(tmp_path, Ran(code=1)).restart()
    with pytest.raises(UpdateRefused, match="could not be started"):
        linux(tmp_path, Ran(error=FileNotFoundError("systemctl"))).restart()


def test_a_version_is_tried_by_its_own_program(tmp_path: Path) -> None:
    ran = Ran(out=json.dumps({"version": "1.1.0", "records": 3, "schema": 2, "opened_s": 0.5}))
    tried = linux(tmp_path, ran).try_out(tmp_path / "1.1.0", fresh=True)
    assert (tried.version, tried.records) == ("1.1.0", 3)
    assert ran.commands[0][2:3] == [str(tmp_path / "1.1.0" / "stillopen.py")]
    assert ran.commands[0][-4:] == ["update", "trial", "--fresh", "--json"]
    with pytest.raises(TrialFailed, match="the disk"):
        linux(tmp_path, Ran(out='{"detail": "the disk", "hint": "room"}', code=1)).try_out(tmp_path, fresh=False)
    with pytest.raises(TrialFailed, match="ended with 0"):
        linux(tmp_path, Ran(out="[]")).try_out(tmp_path, fresh=True)
    with pytest.raises(TrialFailed, match="ended with -11 when it was tried: it says why"):
        linux(tmp_path, Ran(code=-11)).try_out(tmp_path, fresh=True)
    with pytest.raises(TrialFailed, match="did not end in"):
        linux(tmp_path, Ran(error=subprocess.TimeoutExpired("x", 1))).try_out(tmp_path, fresh=True)


@pytest.mark.parametrize("kind", [NoRoom, NotFit, UpdateRefused, TrialFailed])
def test_a_trial_that_had_no_chance_says_so(tmp_path: Path, kind: type[UpdateRefused]) -> None:
    said = json.dumps({"kind": kind.__name__, "detail": "the disk", "hint": "room"})
    with pytest.raises(kind) as refused:
        linux(tmp_path, Ran(out=said, code=1)).try_out(tmp_path, fresh=True)
    assert type(refused.value) is kind
    assert (str(refused.value), refused.value.hint) == ("the disk", "room")


def test_a_copy_that_cannot_be_taken_away_fails_no_update(tmp_path: Path) -> None:
    ran = Ran()
    linux(tmp_path, ran).clear()
    assert ran.commands[0][-3:] == ["update", "trial", "--clear"]
    linux(tmp_path, Ran(error=subprocess.TimeoutExpired("x", 1))).clear()
    linux(tmp_path, Ran(error=FileNotFoundError("python3"))).clear()


def test_the_agent_that_runs_says_how_it_is(tmp_path: Path) -> None:
    found = linux(tmp_path, Ran()).health()
    assert found is not None
    assert (found.version, found.devices, found.parked) == ("1.1.0", {"receipt": "ready"}, {"books": 2})

    def nobody(_: str) -> dict[str, Any]:
        raise OSError("no agent answers")

    assert linux(tmp_path, Ran(), ask=nobody).health() is None
    assert linux(tmp_path, Ran(), ask=lambda _: {}).health() is None  # one of before there were updates


async def test_an_agent_that_runs_and_does_not_answer_may_be_selling(tmp_path: Path) -> None:
    places = Places(tmp_path / "stillopen.toml", tmp_path / "state")
    places.config.write_text(CONFIG.replace("port = 0", "port = 8750"), encoding="utf-8")
    journal = Journal(places.state)
    pc = linux(tmp_path, Ran(), runs=partial(an_agent_runs, places))
    pc.must_not_sell()  # nobody has ever sold here
    await journal.open()
    try:
        with pytest.raises(NotNow, match="somebody may be at a till"):
            pc.must_not_sell()
    finally:
        await journal.close()
    pc.must_not_sell()  # it was stopped
    places.config.write_text(CONFIG, encoding="utf-8")
    with pytest.raises(NotFit, match="nobody could see"):
        pc.must_not_sell()
    places.config.write_text("[store", encoding="utf-8")
    with pytest.raises(NotFit, match="no version runs with this configuration"):
        pc.must_not_sell()


def test_bytecode_is_made_where_the_release_has_none(tmp_path: Path) -> None:
    (tmp_path / "common" / "agent").mkdir(parents=True)
    (tmp_path / "common" / "agent" / "x.py").write_text("x = 1\n", encoding="utf-8")
    pc = linux(tmp_path, subprocess.run)
    pc.make_ready(tmp_path)
    assert len(list(tmp_path.rglob(f"*.{sys.implementation.cache_tag}.pyc"))) == 1
    ran = Ran()
    linux(tmp_path, ran).make_ready(tmp_path)
    assert ran.commands == []


# --- what is asked for ---


def test_what_the_agent_asks_for_is_done_in_turn(tmp_path: Path) -> None:
    maker = Maker(tmp_path / "maker")
    maker.release("1.1.0")
    till, state = Till(tmp_path / "pc", maker), tmp_path / "state"
    fetched = state / "update" / "fetched"
    fetched.parent.mkdir(parents=True)
    maker.repository.rename(fetched)

    def do(asked: Asked) -> None:
        ask(state, asked)
        with till.installer().alone() as installer:
            work.do(installer, state, till.place, sleep=slept.append)

    slept: list[float] = []
    till.place.trusted.rename(tmp_path / "root.json")
    do(Asked.STAGE)  # with no root of trust nothing is taken, and it is not asked for again and again
    assert (till.versions.names(), is_asked(state)) == (["1.0.0"], False)
    assert "the newer version was not taken" in report(till.place, None)["last"]
    (tmp_path / "root.json").rename(till.place.trusted)
    number = ledger.read(till.place.own).settled
    do(Asked.APPLY)  # nothing is staged: it is refused, and the store sells on
    known = ledger.read(till.place.own)
    assert (known.settled, known.last and known.last.did) == (number + 1, "refused")
    assert till.pc.starts == ["1.0.0"]
    do(Asked.STAGE)
    number = ledger.read(till.place.own).settled
    do(Asked.STAGE)  # it lies there already: that is an end, too
    known = ledger.read(till.place.own)
    assert (known.settled, known.last and known.last.did, known.staged and known.staged.version) == (
        number + 1,
        "staged",
        "1.1.0",
    )
    till.pc.busy = "a sale is open at till-1"
    do(Asked.APPLY)
    assert (till.pc.starts, len(slept)) == (["1.0.0"], work.BUSY_TRIES)  # whoever came to a till is served
    last = ledger.read(till.place.own).last
    assert last is not None
    assert (last.did, last.version, last.why) == ("not_now", "1.1.0", "not now: a sale is open at till-1")
    till.pc.busy = None
    do(Asked.APPLY)
    assert till.pc.starts == ["1.0.0", "1.1.0"]
    assert "1.1.0 was switched to" in report(till.place, None)["last"]
    till.pc.full = "1.0.0"
    do(Asked.BACK)  # it cannot be tried: whoever asked hears why
    last = ledger.read(till.place.own).last
    assert last is not None
    assert (last.did, last.version, last.hint) == ("refused", "1.0.0", "make room, and try again")
    till.pc.full = None
    do(Asked.BACK)
    assert till.pc.starts[-1] == "1.0.0"
    said = report(till.place, None)
    assert (said["before"], said["staged"]) == ("1.1.0", None)
    assert "1.1.0: it was left by hand" in said["refused"]


# --- the units ---


def parsed(text: str) -> configparser.RawConfigParser:
    unit = configparser.RawConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign] # systemd's keys have capitals
    unit.read_string(text)
    return unit


def test_what_root_runs_is_started_by_a_file_and_writes_where_it_has_to() -> None:
    path, service, boot = (parsed(units.all_of()[name]) for name in (units.PATH, units.SERVICE, units.BOOT))
    assert path["Path"]["PathExists"] == "/var/lib/stillopen/update/asked"
    assert service["Service"]["ExecStart"].endswith('exec /usr/bin/python3 -I "$$it" update "$$0"; done\' work')
    assert boot["Service"]["ExecStart"].endswith(" recover")
    assert service["Service"]["Restart"] == "on-failure"  # killed in mid-work, it puts right what was half done
    for unit in (service, boot):
        assert unit["Service"]["Type"] == "oneshot"
        assert unit["Service"]["ProtectSystem"] == "strict"
        assert unit["Service"]["NoNewPrivileges"] == "yes"
        assert unit["Service"]["ReadWritePaths"] == f"{LINUX.versions} /var/lib/stillopen"
    assert boot["Unit"]["Before"] == UNIT  # the version before is back before the store opens
    assert boot["Unit"]["ConditionPathExists"] == f"{LINUX.own}/under-way.json"  # and costs nothing otherwise


def test_the_version_that_was_found_well_puts_right_what_another_has_left(tmp_path: Path) -> None:
    (line,) = (line for line in units.service().splitlines() if line.startswith("ExecStart="))
    shell, _, script = line.removeprefix("ExecStart=").replace("$$", "$").partition(" -c ")
    for name in ("steady", "current"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "stillopen.py").write_text(f"import sys; print({name!r}, sys.argv[1:])", encoding="utf-8")

    def said() -> str:
        whole = f"{shell} -c {script}".replace(str(LINUX.versions), str(tmp_path)).replace(
            "/usr/bin/python3", sys.executable
        )
        return subprocess.run(["/bin/sh", "-c", whole], check=True, capture_output=True, text=True).stdout.strip()

    assert said() == "steady ['update', 'work']"
    (tmp_path / "steady" / "stillopen.py").unlink()
    assert said() == "current ['update', 'work']"


def test_every_way_to_the_folder_of_updates_is_the_same() -> None:
    assert LINUX.own.name == parsed(units.service())["Service"]["StateDirectory"]
