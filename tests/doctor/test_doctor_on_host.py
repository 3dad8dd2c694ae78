"""The version, the service and the disk's own word, each as the system says it and where it does not."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from agent.doctor import on_host
from agent.doctor.finding import State
from agent.service.linux import Installed
from agent.service.refusal import ServiceRefused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def test_another_version_runs_than_is_installed() -> None:
    assert on_host.installed(None).state is State.OK
    assert on_host.installed("0.0.0").state is State.WARNING


@pytest.mark.parametrize(
    ("state", "starts", "found"),
    [
        ("active", True, State.OK), ("active", False, State.WARNING), ("failed", True, State.FAILED),
        ("inactive", True, State.FAILED), ("not-found", False, State.WARNING),
    ],
)  # fmt: skip
def test_the_service(state: str, found: State, *, starts: bool) -> None:
    assert on_host.service(lambda: Installed(state, "sells", starts)).state is found


def test_a_service_that_is_tried_again_says_so_and_where_to_read_why() -> None:
    found = on_host.service(lambda: Installed("activating", "it ended, and is started again", True), windows=False)
    assert (found.state, found.said) == (State.FAILED, "it is activating: it ended, and is started again")
    assert "journalctl -u stillopen" in (found.next or "")


@pytest.mark.parametrize(
    ("state", "windows", "next_step"),
    [
        ("not-found", False, "sudo stillopen service install"),
        ("not-found", True, "as an administrator: stillopen service install"),
        ("active", False, "sudo systemctl enable stillopen.service"),
        ("active", True, "as an administrator: stillopen service install"),
    ],
)
def test_the_next_step_is_one_of_this_system(state: str, next_step: str, *, windows: bool) -> None:
    assert on_host.service(lambda: Installed(state, "", starts_by_itself=False), windows=windows).next == next_step


def test_a_pc_without_systemd_does_not_say() -> None:
    def refuse() -> Installed:
        raise ServiceRefused("this PC has no systemctl", "run `stillopen run`")

    assert on_host.service(refuse).state is State.NOT_KNOWN

    def forbid() -> Installed:
        raise PermissionError(13, "Permission denied")

    assert on_host.service(forbid).state is State.NOT_KNOWN


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ('{"smart_status": {"passed": true}}', State.OK),
        ('{"smart_status": {"passed": false}}', State.FAILED),
        ('{"smartctl": {"messages": [{"string": "Permission denied"}]}}', State.NOT_KNOWN),
        ('{"smart_status": null}', State.NOT_KNOWN),
        ("", State.NOT_KNOWN),
    ],
)
def test_what_a_disk_says_of_itself(tmp_path: Path, said: str, state: State) -> None:
    def answered(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        assert command[-1] == "/dev/sdx"
        return subprocess.CompletedProcess(command, 4, said, "")

    found = on_host.disk_health(tmp_path, disk="sdx", which=lambda name: f"/usr/sbin/{name}", run=answered)
    assert found.state is state


def test_without_smartctl_or_a_known_disk_it_is_not_known(tmp_path: Path) -> None:
    missing = on_host.disk_health(tmp_path, disk="sdx", which=lambda _: None)
    assert (missing.state, "smartmontools" in (missing.next or "")) == (State.NOT_KNOWN, True)
    assert on_host.disk_health(tmp_path / "nothing").state is State.NOT_KNOWN
