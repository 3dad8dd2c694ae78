"""The systemd service of a pip installation: what is written where, in which order, and what is refused."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from agent.config import load
from agent.service import first_configuration, linux_files
from agent.service.linux import Linux
from agent.service.refusal import ServiceRefused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PYTHON = "/opt/stillopen/bin/python"


class System:
    """A PC's programs: keeps what was asked of them, and answers as told."""

    def __init__(self, **answers: tuple[int, str]) -> None:
        self.asked: list[str] = []
        self.answers = answers

    def __call__(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        self.asked.append(" ".join(command))
        code, said = self.answers.get(command[1] if len(command) > 1 else command[0], (0, ""))
        return subprocess.CompletedProcess(command, code, said if not code else "", said if code else "")


def test_everything_is_there_before_the_service_starts(tmp_path: Path) -> None:
    system = System()
    done = Linux(root=tmp_path, python=PYTHON, run=system).install(first_configuration())
    unit = (tmp_path / "etc/systemd/system/stillopen.service").read_text(encoding="utf-8")
    assert f"ExecStart={PYTHON} -I -m agent run\n" in unit
    config = tmp_path / "etc/stillopen/stillopen.toml"
    assert load(config).store.id == "store-1"
    assert config.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "etc/stillopen/credentials").stat().st_mode & 0o777 == 0o700
    order = [asked.split()[0] + " " + asked.split()[1] for asked in system.asked]
    assert order.index("systemd-sysusers stillopen.conf") < order.index("chgrp stillopen")
    assert order.index("systemctl restart") < order.index("systemctl daemon-reload")  # the drivers, first
    assert system.asked[-1] == "systemctl restart stillopen.service"
    assert done[-1].startswith("started stillopen.service")


def test_a_configuration_that_is_there_stays(tmp_path: Path) -> None:
    config = tmp_path / "etc/stillopen/stillopen.toml"
    config.parent.mkdir(parents=True)
    config.write_text("# mine", encoding="utf-8")
    Linux(root=tmp_path, python=PYTHON, run=System()).install(first_configuration())
    assert config.read_text(encoding="utf-8") == "# mine"


def test_a_program_that_the_sandbox_hides_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    system = System()
    with pytest.raises(ServiceRefused, match="under /home, where a service may not look") as refused:
        Linux(root=tmp_path, python="/home/" + "tech/.local/bin/python", run=system).install("")
    assert "/opt/stillopen" in refused.value.hint
    assert (list(tmp_path.iterdir()), system.asked) == ([], [])


def test_a_packaged_service_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "usr/lib/stillopen/current").mkdir(parents=True)
    linux = Linux(root=tmp_path, python=PYTHON, run=System())
    with pytest.raises(ServiceRefused, match="the Debian package has installed"):
        linux.install("")
    with pytest.raises(ServiceRefused, match="belongs to the Debian package") as refused:
        linux.uninstall()
    assert refused.value.hint == "remove that: apt remove stillopen"


def test_what_the_system_refuses_is_said_in_its_words(tmp_path: Path) -> None:
    linux = Linux(root=tmp_path, python=PYTHON, run=System(enable=(1, "Unit is masked.\nmore")))
    with pytest.raises(ServiceRefused, match=r"systemctl enable stillopen.service failed: Unit is masked\.$"):
        linux.install(first_configuration())


def test_a_pc_without_systemd_is_told_so(tmp_path: Path) -> None:
    def nothing(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        raise FileNotFoundError(command[0])

    with pytest.raises(ServiceRefused, match="has no systemctl: it is not run by systemd"):
        Linux(root=tmp_path, python=PYTHON, run=nothing).status()


def test_uninstalling_takes_the_files_and_leaves_the_records(tmp_path: Path) -> None:
    system = System()
    linux = Linux(root=tmp_path, python=PYTHON, run=system)
    linux.install(first_configuration())
    (tmp_path / "var/lib/stillopen").mkdir(parents=True)
    linux.uninstall()
    left = sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file())
    assert left == ["etc/stillopen/stillopen.toml"]
    assert (tmp_path / "var/lib/stillopen").is_dir()
    assert "systemctl disable --now stillopen.service" in system.asked
    with pytest.raises(ServiceRefused, match="no service to take away"):
        linux.uninstall()


@pytest.mark.parametrize(
    ("shown", "state", "starts"),
    [
        ("LoadState=loaded\nActiveState=active\nStatusText=Selling\nUnitFileState=enabled", "active", True),
        ("LoadState=loaded\nActiveState=failed\nStatusText=\nUnitFileState=disabled", "failed", False),
        ("LoadState=loaded\nActiveState=activating\nSubState=start\nUnitFileState=enabled", "activating", True),
        ("LoadState=not-found\nActiveState=inactive\nStatusText=\nUnitFileState=", "not-found", False),
    ],
)
def test_the_status_is_systemds(tmp_path: Path, shown: str, state: str, *, starts: bool) -> None:
    found = Linux(root=tmp_path, python=PYTHON, run=System(show=(0, shown))).status()
    assert (found.state, found.starts_by_itself) == (state, starts)


def test_a_service_that_ends_is_tried_for_ever_and_says_so() -> None:
    unit = linux_files.unit("/bin/true").splitlines()
    assert {"StartLimitIntervalSec=0", "Restart=always", f"RestartSec={linux_files.RESTART_S}"} <= set(unit)
    assert not [line for line in unit if line.startswith("StartLimitBurst")]
    assert linux_files.RESTART_S >= 5  # a start costs a second of work: less would spin
    shown = "LoadState=loaded\nActiveState=activating\nSubState=auto-restart\nStatusText=\nUnitFileState=enabled"
    found = Linux(run=System(show=(0, shown))).status()
    assert (found.state, found.said) == ("activating", "it ended, and is started again every 5 s until it stays")


def test_the_drivers_of_every_class_are_loaded_and_one_that_a_kernel_lacks_stops_nothing(tmp_path: Path) -> None:
    unit = linux_files.unit("/bin/true")
    for name in ("ttyS", "ttyUSB", "ttyACM", "ttyAMA", "rfcomm", "hidraw"):
        assert f"DeviceAllow=char-{name} r" in unit
    assert "rfcomm" in linux_files.modules().split()
    system = System()

    def without_a_driver(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        done = system(command)
        return subprocess.CompletedProcess(command, 1, "", "failed") if "modules-load" in command[-1] else done

    done = Linux(root=tmp_path, python=PYTHON, run=without_a_driver).install(first_configuration())
    assert done[-1].startswith("started stillopen.service")


def test_no_two_folders_of_secrets_bear_one_name() -> None:
    given = [line.partition("=")[2] for line in linux_files.unit("/bin/true").splitlines() if line.startswith("LoadCr")]
    names = [one.partition(":")[0] for one in given]
    assert len(names) == 2
    assert len(set(names)) == 2, "systemd goes by the later of two alone, and the other folder's are not there"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_reads_the_unit_without_a_word(tmp_path: Path) -> None:
    file = tmp_path / "stillopen.service"
    file.write_text(linux_files.unit("/bin/true"), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", file], check=False, capture_output=True, text=True)
    assert [line for line in (done.stdout + done.stderr).splitlines() if "stillopen.service" in line] == []


def test_each_device_rule_names_a_maker_and_never_everything() -> None:
    rules = [line for line in linux_files.device_rules().splitlines() if not line.startswith("#")]
    assert len(rules) >= 40
    for rule in rules:
        assert re.search(r'ATTRS?\{idVendor\}=="[0-9a-f]{4}"', rule), rule
        assert 'GROUP="lp", MODE="0660"' in rule
    assert not any("0801" in rule or "0acd" in rule for rule in rules)  # readers of bank cards
