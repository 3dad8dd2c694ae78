"""The Windows task of a pip installation, against stand-ins for Windows' programs: no Windows has run this."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from agent.config import load
from agent.service import first_configuration
from agent.service.refusal import ServiceRefused
from agent.service.windows import Windows, definition

if TYPE_CHECKING:
    from collections.abc import Sequence

NS = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}


class Programs:
    """Keeps what was asked, and the task's definition while its file is there."""

    def __init__(self, *, fails: str = "", state: str = "4") -> None:
        self.asked: list[list[str]] = []
        self.task = ""
        self.fails = fails
        self.state = state

    def __call__(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        self.asked.append(list(command))
        if "/XML" in command:
            self.task = Path(command[-1]).read_text(encoding="utf-16")
        if self.fails and self.fails in command:
            return subprocess.CompletedProcess(command, 1, "", "ERROR: Access is denied.")
        return subprocess.CompletedProcess(command, 0, self.state if command[0] == "powershell" else "", "")


def made(tmp_path: Path, programs: Programs) -> Windows:
    return Windows(
        tmp_path / "stillopen.toml", tmp_path / "state", python=r"C:\Program Files\Py & Co\python.exe", run=programs
    )


def test_the_task_starts_at_boot_as_local_service_and_again_when_it_fails(tmp_path: Path) -> None:
    programs = Programs()
    made(tmp_path, programs).install(first_configuration())
    task = ET.fromstring(programs.task.partition("?>")[2])
    assert task.find("t:Triggers/t:BootTrigger", NS) is not None
    assert task.findtext("t:Principals/t:Principal/t:UserId", namespaces=NS) == "S-1-5-19"
    assert task.findtext("t:Settings/t:ExecutionTimeLimit", namespaces=NS) == "PT0S"
    assert task.findtext("t:Settings/t:RestartOnFailure/t:Interval", namespaces=NS) == "PT1M"
    command = task.findtext("t:Actions/t:Exec/t:Command", namespaces=NS)
    assert command == r"C:\Program Files\Py & Co\python.exe"
    arguments = task.findtext("t:Actions/t:Exec/t:Arguments", namespaces=NS) or ""
    assert arguments.endswith(f'run --log-file "{tmp_path / "state" / "logs" / "stillopen.log"}"')
    assert f'--state "{tmp_path / "state"}"' in arguments
    assert load(tmp_path / "stillopen.toml").store.id == "store-1"
    assert ["schtasks", "/Run", "/TN", "Stillopen"] in programs.asked
    state = next(asked for asked in programs.asked if asked[0] == "icacls")
    assert "/inheritance:r" in state  # no other user of the PC keeps a way in


def test_a_window_without_rights_is_told_to_open_another(tmp_path: Path) -> None:
    with pytest.raises(ServiceRefused, match=r"schtasks failed: ERROR: Access is denied\.") as refused:
        made(tmp_path, Programs(fails="/Create")).install(first_configuration())
    assert "as an administrator" in refused.value.hint


def test_uninstalling_ends_the_task_and_leaves_the_records(tmp_path: Path) -> None:
    programs = Programs()
    windows = made(tmp_path, programs)
    windows.install(first_configuration())
    windows.uninstall()
    assert ["schtasks", "/Delete", "/F", "/TN", "Stillopen"] in programs.asked
    assert (tmp_path / "state").is_dir()


@pytest.mark.parametrize(
    ("number", "state"), [("4", "active"), ("3", "inactive"), ("1", "inactive"), ("", "not-found")]
)
def test_the_state_is_read_by_number(tmp_path: Path, number: str, state: str) -> None:
    assert made(tmp_path, Programs(state=number)).status().state == state


def test_a_folder_may_have_any_name() -> None:
    text = definition("python.exe", Path("C:/A & B/<c>.toml"), Path("C:/s"))
    assert "A &amp; B/&lt;c&gt;.toml" in text
