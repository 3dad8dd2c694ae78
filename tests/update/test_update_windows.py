"""The Windows service host as an update knows it: what it names, whether it found it well, and its going back."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from agent.places import Places
from agent.update import ledger, work
from agent.update.refusal import TrialFailed, UpdateRefused
from agent.update.request import Asked, ask, is_asked
from agent.update.windows import HOST, NOT_STARTED, WENT_BACK, HostVersions, Windows
from tests.update.maker import Maker, SimulatedPc, Till, write_version

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from agent.update.installer import Installer


class Host:
    """`stillopen-service.exe`: names a version in service.ini and tries it. `well`: what comes of it; None: cut."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.well: bool | None = True
        self.used: list[str] = []
        self.write("1.0.0")

    def write(self, version: str, *, previous: str = "", trial: int = 0) -> None:
        text = f"[service]\r\nversion={version}\r\nprevious={previous}\r\ntrial={trial}\r\nready_s=60\r\n"
        (self.folder / "service.ini").write_text(text, encoding="utf-8")

    def __call__(self, command: Sequence[str], **_: Any) -> subprocess.CompletedProcess[str]:
        host, use, version = command
        assert (host, use) == (str(self.folder / HOST), "use")
        self.used.append(version)
        before = HostVersions(self.folder).current() or ""
        self.write(version, previous=before, trial=1)
        if self.well is None:
            raise KeyboardInterrupt
        if self.well:
            self.write(version, previous=before)
            return subprocess.CompletedProcess(command, 0, f"version={version}", "")
        self.write(before, previous=version)
        return subprocess.CompletedProcess(command, WENT_BACK, "", "it ended with 1")


class WindowsTill(Till):
    """The simulated PC, with the host."""

    def __init__(self, folder: Path, maker: Maker) -> None:
        super().__init__(folder, maker)
        (self.place.versions / "current").unlink()
        self.host = Host(self.place.versions)
        self.versions = HostVersions(self.place.versions, run=self.host, free=lambda _: 2**40)
        self.pc = SimulatedPc(self.versions)

    def staged(self) -> Installer:
        with self.installer().alone() as installer:
            installer.stage(self.repository())
        return self.installer()


@pytest.fixture
def till(tmp_path: Path) -> WindowsTill:
    maker = Maker(tmp_path / "maker")
    maker.release("1.1.0")
    return WindowsTill(tmp_path / "pc", maker)


def test_the_same_steps_by_the_host(till: WindowsTill) -> None:
    with till.staged().alone() as installer:
        installer.apply()
    assert till.host.used == ["1.1.0"]
    assert till.versions.current() == "1.1.0"
    with till.installer().alone() as installer:
        installer.back()
    assert till.host.used == ["1.1.0", "1.0.0"]
    known = ledger.read(till.place.own)
    assert (known.last and known.last.did, known.before) == ("went_back", "1.1.0")


def test_a_version_that_the_host_left_is_refused_and_not_named_again(till: WindowsTill) -> None:
    till.host.well = False
    with till.staged().alone() as installer, pytest.raises(TrialFailed, match="went back: it ended with 1"):
        installer.apply()
    assert till.host.used == ["1.1.0"]
    assert till.versions.current() == "1.0.0"
    assert "1.1.0" in ledger.read(till.place.own).refused


@pytest.mark.parametrize(("trial", "runs"), [(0, "1.1.0"), (1, "1.0.0")])
def test_after_a_power_cut_what_the_host_has_found_well_stays(till: WindowsTill, trial: int, runs: str) -> None:
    till.host.well = None
    with till.staged().alone() as installer, pytest.raises(KeyboardInterrupt):
        installer.apply()
    till.host.write("1.1.0", previous="1.0.0", trial=trial)  # the host went on after the restart, by itself
    till.host.well = True
    with till.installer().alone():
        pass
    assert till.versions.current() == runs
    known = ledger.read(till.place.own)
    assert known.last is not None
    assert known.last.did == ("interrupted" if trial else "installed")


def test_a_host_that_cannot_be_asked_is_said(till: WindowsTill) -> None:
    def nobody(command: Sequence[str], **_: Any) -> subprocess.CompletedProcess[str]:
        raise FileNotFoundError(command[0])

    versions = HostVersions(till.place.versions, run=nobody)
    with pytest.raises(UpdateRefused, match="could not be asked"):
        versions.point("1.1.0")
    other = HostVersions(
        till.place.versions, run=lambda command, **_: subprocess.CompletedProcess(command, 1, "", "no")
    )
    with pytest.raises(UpdateRefused, match="ended with 1: no"):
        other.point("1.1.0")
    (till.place.versions / "service.ini").write_text("nothing of an ini\0", encoding="utf-8")
    assert versions.current() is None


def test_each_version_is_tried_on_its_own_python(tmp_path: Path) -> None:
    write_version(tmp_path / "1.1.0", "1.1.0")
    ran: list[list[str]] = []

    def run(command: Sequence[str], **_: Any) -> subprocess.CompletedProcess[str]:
        ran.append(list(command))
        return subprocess.CompletedProcess(
            command, 0, '{"version": "1.1.0", "records": 3, "schema": 2, "opened_s": 0.5}', ""
        )

    pc = Windows(
        Places(tmp_path / "stillopen.toml", tmp_path / "state"),
        tmp_path / "1.0.0",
        ask=lambda _: {},
        runs=lambda: False,
        run=run,
    )
    assert pc.try_out(tmp_path / "1.1.0", fresh=True).version == "1.1.0"
    assert ran[0][:2] == [str(tmp_path / "1.1.0" / "python" / "python.exe"), "-I"]
    assert pc.python_of(tmp_path / "1.1.0")[-1] == "utf8"  # what is said is the same on every Windows
    pc.restart()
    pc.make_ready(tmp_path / "1.1.0")
    assert len(ran) == 1  # the host has started it, and its bytecode is its maker's


def test_for_the_agent_a_version_is_tried_as_the_services_own_account(tmp_path: Path) -> None:
    write_version(tmp_path / "1.1.0", "1.1.0")
    ran: list[list[str]] = []
    code = 0

    def run(command: Sequence[str], **_: Any) -> subprocess.CompletedProcess[str]:
        ran.append(list(command))
        said = '{"version": "1.1.0", "records": 3, "schema": 2, "opened_s": 0.5}'
        return subprocess.CompletedProcess(command, code, said if code == 0 else "", "the service does not run")

    places = Places(tmp_path / "stillopen.toml", tmp_path / "state")
    pc = Windows(places, tmp_path / "1.0.0", ask=lambda _: {}, runs=lambda: False, host=tmp_path / HOST, run=run)
    assert pc.try_out(tmp_path / "1.1.0", fresh=True).version == "1.1.0"
    pc.clear()
    assert [command[:2] for command in ran] == [[str(tmp_path / HOST), "as-service"]] * 2
    code = NOT_STARTED
    with pytest.raises(UpdateRefused, match="does not run") as refused:
        pc.try_out(tmp_path / "1.1.0", fresh=True)
    assert not isinstance(refused.value, TrialFailed)  # the version is not refused for it
    code = 1
    with pytest.raises(TrialFailed, match="ended with 1"):
        pc.try_out(tmp_path / "1.1.0", fresh=True)


def test_what_the_host_has_taken_from_the_agent_is_done_alone(till: WindowsTill, tmp_path: Path) -> None:
    state = tmp_path / "state"
    ask(state, Asked.BACK)  # asked for meanwhile: the next errand's
    fetched = state / "update" / "fetched"
    till.maker.repository.rename(fetched)
    for asked, running in ((Asked.STAGE, "1.0.0"), (Asked.APPLY, "1.1.0")):
        with till.installer().alone() as installer:
            work.do(installer, state, till.place, asked=asked)
        assert till.versions.current() == running
    assert is_asked(state)
