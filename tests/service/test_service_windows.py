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
from agent.service.windows import TASK, Windows, task
from agent.service.windows_folder import ADMINISTRATORS
from agent.service.windows_service import errands
from agent.service.windows_task import SYSTEM, Task, definition

if TYPE_CHECKING:
    from collections.abc import Sequence

NS = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
BOTH = (task(r"C:\Py & Co\python.exe", Path("C:/A & B/<c>.toml"), Path("C:/s")), errands(r"C:\P F\service.exe"))
# MS-TSCH 2.5, as far as our tasks go. What is a sequence there has its order here; `all` has none.
TRIGGER = ["Enabled", "StartBoundary", "EndBoundary", "Repetition", "ExecutionTimeLimit"]
PRINCIPAL = {"UserId", "LogonType", "GroupId", "DisplayName", "RunLevel"}
SETTINGS = {
    "AllowStartOnDemand", "RestartOnFailure", "MultipleInstancesPolicy", "DisallowStartIfOnBatteries",
    "StopIfGoingOnBatteries", "AllowHardTerminate", "StartWhenAvailable", "NetworkProfileName",
    "RunOnlyIfNetworkAvailable", "WakeToRun", "Enabled", "Hidden", "DeleteExpiredTaskAfter", "IdleSettings",
    "NetworkSettings", "ExecutionTimeLimit", "Priority", "RunOnlyIfIdle",
}  # fmt: skip


ME, SOMEBODY = "S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-1002"


class Programs:
    """Keeps what was asked, and the task's definition while its file is there."""

    def __init__(self, *, fails: str = "", state: str = "4", owner: str = ADMINISTRATORS) -> None:
        self.asked: list[list[str]] = []
        self.task = ""
        self.fails = fails
        self.state = state
        self.owner = owner
        self.meanwhile: Path | None = None  # what somebody lays there in the moment in which the folder is open

    def __call__(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        self.asked.append(list(command))
        if "/XML" in command:
            self.task = Path(command[-1]).read_text(encoding="utf-16")
        if self.fails and self.fails in command:
            return subprocess.CompletedProcess(command, 1, "", "ERROR: Access is denied.")
        if command[0] == "icacls" and self.meanwhile is not None:
            self.meanwhile.touch()
        said = self.state if "Get-ScheduledTask" in command[-1] else f"{self.owner}\n{ME}\n"
        return subprocess.CompletedProcess(command, 0, said if command[0] == "powershell" else "", "")


def made(tmp_path: Path, programs: Programs) -> Windows:
    return Windows(
        tmp_path / "stillopen.toml", tmp_path / "state", python=r"C:\Program Files\Py & Co\python.exe", run=programs
    )


def first(tmp_path: Path, programs: Programs) -> Windows:
    return Windows(tmp_path / "data/stillopen.toml", tmp_path / "data/state", python="python.exe", run=programs)


def parsed(one: Task) -> ET.Element:
    return ET.fromstring(definition(one).partition("?>")[2])


def names(element: ET.Element | None) -> list[str]:
    assert element is not None
    return [child.tag.partition("}")[2] for child in element]


@pytest.mark.parametrize("one", BOTH, ids=("agent", "errands"))
def test_a_task_is_as_the_schema_has_it(one: Task) -> None:
    root = parsed(one)
    assert root.tag == f"{{{NS['t']}}}Task"
    assert names(root) == ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"]
    for trigger in root.find("t:Triggers", NS) or ():
        found = names(trigger)
        assert found == [name for name in TRIGGER if name in found]
    assert set(names(root.find("t:Principals/t:Principal", NS))) <= PRINCIPAL
    settings = root.find("t:Settings", NS)
    assert set(names(settings)) <= SETTINGS
    assert len(names(settings)) == len(set(names(settings)))
    assert 0 <= int(root.findtext("t:Settings/t:Priority", "", NS)) <= 10
    assert names(root.find("t:Actions/t:Exec", NS)) == ["Command", "Arguments"]
    actions, principal = root.find("t:Actions", NS), root.find("t:Principals/t:Principal", NS)
    assert actions is not None
    assert principal is not None
    assert actions.get("Context") == principal.get("id")


@pytest.mark.parametrize("one", BOTH, ids=("agent", "errands"))
def test_a_task_comes_every_minute_for_ever_and_never_twice_at_once(one: Task) -> None:
    root = parsed(one)
    assert root.find("t:Triggers/t:BootTrigger", NS) is not None
    repetition = root.find("t:Triggers/t:TimeTrigger/t:Repetition", NS)
    assert repetition is not None
    assert repetition.findtext("t:Interval", "", NS) == "PT1M"  # the least that the schema takes
    assert repetition.find("t:Duration", NS) is None  # none: without an end
    assert root.findtext("t:Settings/t:MultipleInstancesPolicy", "", NS) == "IgnoreNew"
    assert root.findtext("t:Settings/t:ExecutionTimeLimit", "", NS) == "PT0S"


def test_errands_are_systems_step_back_and_are_ended_by_nobody() -> None:
    root = parsed(BOTH[1])
    assert root.findtext("t:Principals/t:Principal/t:UserId", "", NS) == "S-1-5-18"
    assert root.findtext("t:Settings/t:Priority", "", NS) == "7"
    assert root.findtext("t:Settings/t:AllowHardTerminate", "", NS) == "false"
    assert root.findtext("t:Settings/t:IdleSettings/t:StopOnIdleEnd", "", NS) == "false"
    assert root.findtext("t:Actions/t:Exec/t:Arguments", "", NS) == "errands"


def test_the_task_starts_at_boot_as_local_service(tmp_path: Path) -> None:
    programs = Programs()
    made(tmp_path, programs).install(first_configuration())
    root = ET.fromstring(programs.task.partition("?>")[2])
    assert root.findtext("t:Principals/t:Principal/t:UserId", namespaces=NS) == "S-1-5-19"
    command = root.findtext("t:Actions/t:Exec/t:Command", namespaces=NS)
    assert command == r"C:\Program Files\Py & Co\python.exe"
    arguments = root.findtext("t:Actions/t:Exec/t:Arguments", namespaces=NS) or ""
    assert arguments.endswith(f'run --log-file "{tmp_path / "state" / "logs" / "stillopen.log"}"')
    assert f'--state "{tmp_path / "state"}"' in arguments
    assert load(tmp_path / "stillopen.toml").store.id == "store-1"
    assert ["schtasks", "/Run", "/TN", "Stillopen"] in programs.asked
    closed = next(asked for asked in programs.asked if asked[0] == "icacls")
    assert (closed[1], "/inheritance:r" in closed) == (str(tmp_path), True)  # no other user of the PC keeps a way in
    assert not any("/reset" in asked for asked in programs.asked)  # it would be open for a moment, and it is in service


@pytest.mark.parametrize("owner", [SYSTEM, ADMINISTRATORS, ME])
def test_the_first_time_what_an_administrator_laid_there_is_used_and_closed(tmp_path: Path, owner: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/stillopen.toml").write_text("# this lane's", "utf-8")
    programs = Programs(state="", owner=owner)
    first(tmp_path, programs).install("# an example")
    assert (tmp_path / "data/stillopen.toml").read_text("utf-8") == "# this lane's"
    asked = [command[2] for command in programs.asked if command[0] == "icacls"]
    assert asked == ["/setowner", "/reset", "/inheritance:r", "/grant:r"]


def test_the_first_time_what_anybody_else_laid_there_is_moved_aside_whole(tmp_path: Path) -> None:
    (tmp_path / "data/state").mkdir(parents=True)
    (tmp_path / "data/stillopen.toml").write_text("# somebody's", "utf-8")
    (tmp_path / "data/state/journal.db").write_text("somebody's", "utf-8")
    done = first(tmp_path, Programs(state="", owner=SOMEBODY)).install("# an example")
    assert (tmp_path / "data/stillopen.toml").read_text("utf-8") == "# an example"
    assert list((tmp_path / "data/state").iterdir()) == []
    (aside,) = tmp_path.glob("data.found-*")
    assert (aside / "state/journal.db").read_text("utf-8") == "somebody's"
    assert str(aside) in done[0]


def test_what_is_laid_there_before_the_folder_is_closed_stops_the_installation(tmp_path: Path) -> None:
    programs = Programs(state="")
    programs.meanwhile = tmp_path / "data/stillopen.toml"
    with pytest.raises(ServiceRefused, match="somebody laid something") as refused:
        first(tmp_path, programs).install("# an example")
    assert refused.value.hint == "run this again"
    assert not (tmp_path / "data").exists()
    assert not programs.task


@pytest.mark.parametrize("link", ["data", "data/state"])
def test_a_folder_that_leads_elsewhere_is_not_closed_in_its_place(tmp_path: Path, link: str) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(tmp_path / "theirs")
    programs = Programs(state="")
    with pytest.raises(ServiceRefused, match="leads elsewhere"):
        first(tmp_path, programs).install("# an example")
    assert programs.asked == []


def test_a_window_without_rights_is_told_to_open_another(tmp_path: Path) -> None:
    with pytest.raises(ServiceRefused, match=r"schtasks failed: ERROR: Access is denied\.") as refused:
        made(tmp_path, Programs(fails="/Create")).install(first_configuration())
    assert "as an administrator" in refused.value.hint


def test_uninstalling_ends_the_task_and_leaves_the_records(tmp_path: Path) -> None:
    programs = Programs()
    windows = made(tmp_path, programs)
    windows.install(first_configuration())
    windows.uninstall()
    asked = [command[1] for command in programs.asked if command[0] == "schtasks"]
    assert asked[-3:] == ["/Change", "/End", "/Delete"]  # disabled first, or the next minute starts it again
    assert (tmp_path / "state").is_dir()


@pytest.mark.parametrize(("number", "ran"), [("4", True), ("3", True), ("1", False)])
def test_a_stop_says_whether_the_next_minute_would_have_started_it(tmp_path: Path, number: str, *, ran: bool) -> None:
    programs = Programs(state=number)
    windows = made(tmp_path, programs)
    assert windows.stop() is ran
    windows.start()
    assert [command[-1] for command in programs.asked if command[0] == "schtasks"] == [
        "/DISABLE", TASK, "/ENABLE", TASK,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "state"), [("4", "active"), ("3", "inactive"), ("1", "inactive"), ("", "not-found")]
)
def test_the_state_is_read_by_number(tmp_path: Path, number: str, state: str) -> None:
    assert made(tmp_path, Programs(state=number)).status().state == state


def test_a_folder_may_have_any_name() -> None:
    text = definition(BOTH[0])
    assert "A &amp; B/&lt;c&gt;.toml" in text
