"""Windows, for an agent that was installed by pip or pipx: a task that starts with the PC, before anybody logs on.

The installer brings a real service with a host of its own (`packaging/windows`). A Python program is none by itself:
it does not answer the service manager. The Task Scheduler starts any program at boot, under an account of Windows' own,
and again within a minute of its end (windows_task.py). Sources: Microsoft's pages on icacls, schtasks.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from agent.places import CONFIG_NAME, service_folders
from agent.service.linux import Installed, run
from agent.service.refusal import ServiceRefused
from agent.service.windows_folder import access, make, must_lead_nowhere
from agent.service.windows_task import LOCAL_SERVICE, NORMAL, Task, put

if TYPE_CHECKING:
    from pathlib import Path

    from agent.service.linux import Run
    from agent.service.windows_service import WindowsService

TASK = "Stillopen"
_READY, _RUNNING, _DISABLED = "3", "4", "1"  # TASK_STATE of taskschd.h


def task(python: str, config: Path, state: Path) -> Task:
    """Return the task that the agent is."""
    log = state / "logs" / "stillopen.log"  # the Task Scheduler keeps nothing of what a program says
    arguments = f'--config "{config}" --state "{state}" run --log-file "{log}"'
    return Task(
        TASK, "Stillopen: keeps the store selling", LOCAL_SERVICE, python, f"-I -m agent {arguments}",
        priority=NORMAL, may_be_ended=True,
    )  # fmt: skip


def of_this_pc(*, run: Run = run) -> Windows | WindowsService:
    """Return the service that the installer brought where it did, else the task of a pip installation."""
    from agent.service.windows_service import WindowsService, home_of

    folders, home = service_folders(), home_of()
    config = folders.config / CONFIG_NAME
    if home is not None:
        return WindowsService(home, config, folders.state, run=run)
    return Windows(config, folders.state, run=run)


class Windows:
    """The Task Scheduler of this PC. `config` and `state` are where an installed agent keeps its things."""

    def __init__(self, config: Path, state: Path, *, python: str = sys.executable, run: Run = run) -> None:
        self._config = config
        self._state = state
        self._python = python
        self._run = run

    def install(self, sample: str) -> list[str]:
        """Make the task and start it. `sample`: the configuration where there is none. Raises `ServiceRefused`."""
        folder = self._config.parent
        must_lead_nowhere(folder, self._state)
        if self.status().state == "not-found":
            done = make(folder, self._state, LOCAL_SERVICE, self._must)
        else:
            done = []
            self._state.mkdir(parents=True, exist_ok=True)
            for command in access(folder, self._state, LOCAL_SERVICE, first=False):
                self._must(*command)
        if not self._config.exists():
            self._config.write_text(sample, encoding="utf-8")
            done.append(f"wrote {self._config}: an example, to be made this store's own")
        put(task(self._python, self._config, self._state), self._must)
        self._must("schtasks", "/Run", "/TN", TASK)
        return [*done, f"made the task {TASK!r}: it starts with this PC, before anybody logs on, and was started now"]

    def stop(self) -> bool:
        """End it until `start`; returns whether it ran, or would have within a minute. Raises `ServiceRefused`."""
        found = self.status()
        if found.state == "not-found":
            raise ServiceRefused("there is no task to take away", "see `stillopen service status`")
        self._must("schtasks", "/Change", "/TN", TASK, "/DISABLE")  # or the next minute starts it again
        self._run(["schtasks", "/End", "/TN", TASK])  # one that does not run says so, and that is as well
        return found.starts_by_itself

    def start(self) -> None:
        """Let it come again, and start it. Raises `ServiceRefused`."""
        self._must("schtasks", "/Change", "/TN", TASK, "/ENABLE")
        self._must("schtasks", "/Run", "/TN", TASK)

    def uninstall(self) -> list[str]:
        """End the task and take it away; configuration and state stay. Raises `ServiceRefused`."""
        self.stop()
        self._must("schtasks", "/Delete", "/F", "/TN", TASK)
        return [f"removed the task {TASK!r}", f"left {self._config} and {self._state} as they are"]

    def status(self) -> Installed:
        """Return what the Task Scheduler knows of it: its state by number, which no language translates."""
        look = f"(Get-ScheduledTask -TaskName {TASK} -ErrorAction Stop).State.value__"
        done = self._run(["powershell", "-NoProfile", "-NonInteractive", "-Command", look])
        state = done.stdout.strip()
        if done.returncode != 0 or not state:
            return Installed("not-found", "", starts_by_itself=False)
        words = {_READY: "inactive", _RUNNING: "active", _DISABLED: "inactive"}
        return Installed(words.get(state, f"unknown ({state})"), "", starts_by_itself=state != _DISABLED)

    def _must(self, *command: str) -> str:
        """Run a program. Raises `ServiceRefused` with what it said."""
        try:
            done = self._run(command)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ServiceRefused(f"{command[0]} could not be run: {error}", "run this as an administrator") from error
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise ServiceRefused(
                f"{command[0]} failed: {said[0] if said else done.returncode}",
                "run this in a window that was opened as an administrator",
            )
        return done.stdout
