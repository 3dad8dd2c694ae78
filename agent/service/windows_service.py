r"""The real service of Windows: of an agent that the installer brought, with its host beside it (`packaging/windows`).

The host talks to the service manager; what is done here is what an administrator would otherwise do by hand: who may
look into the store's folder, which browsers' pages may call this PC, and where the till's page is. What the service's
account has no right to later is done by a task of SYSTEM's, the host's `errands`.
"""

from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent import api_token
from agent.service.linux import Installed, run
from agent.service.refusal import ServiceRefused
from agent.service.windows_folder import access, must_lead_nowhere
from agent.service.windows_task import BELOW_NORMAL, SYSTEM, Task, put

if TYPE_CHECKING:
    from agent.service.linux import Run

SERVICE = "Stillopen"
HOST = "stillopen-service.exe"
KEY = r"HKLM\SOFTWARE\Stillopen"  # for the installer: every user may read it
ERRANDS = "Stillopen errands"  # the task


def home_of(python: str = sys.executable) -> Path | None:
    r"""Return the program's folder where the installer put this Python: HOME\VERSION\python\python.exe; else None."""
    above = Path(python).parents
    home = above[2] if len(above) > 2 else None  # noqa: PLR2004 - python, VERSION, HOME
    return home if home is not None and (home / HOST).is_file() else None


def service_sid(name: str = SERVICE) -> str:
    """Return the security identifier that Windows makes of a service's name, the same on every PC (MS-DTYP)."""
    digest = hashlib.sha1(name.upper().encode("utf-16-le"), usedforsecurity=False).digest()
    return "-".join(["S-1-5-80", *map(str, struct.unpack("<5I", digest))])


def errands(host: str) -> Task:
    """Return the task that does the host's errands. Nobody ends it: it may be in the middle of a switch."""
    said = "Stillopen: updates that the store's agent asks for, and the browsers' rule for its pages"
    return Task(ERRANDS, said, SYSTEM, host, "errands", priority=BELOW_NORMAL, may_be_ended=False)


class WindowsService:
    """The service of this PC. `home`: the program's folder; `config` and `state`: the store's."""

    def __init__(self, home: Path, config: Path, state: Path, *, run: Run = run) -> None:
        self._host = str(home / HOST)
        self._config = config
        self._state = state
        self._run = run

    def install(self, sample: str) -> list[str]:
        """Make the service, or bring it up to date, and start it. `sample`: the configuration where there is none.

        Returns what was done, a line each. Raises `ServiceRefused`.
        """
        from agent.config import ConfigInvalid

        done = []
        folder = self._config.parent
        first = self.status().state == "not-found"
        if first:
            done += self._must(self._host, "folder").splitlines()
        must_lead_nowhere(folder, self._state)
        self._state.mkdir(parents=True, exist_ok=True)
        if not self._config.exists():
            self._config.write_text(sample, encoding="utf-8")
            done.append(f"wrote {self._config}: an example, to be made this store's own")
        if first:  # another agent's, or one that somebody left there to know it
            (self._state / api_token.FILE).unlink(missing_ok=True)
        for command in access(folder, self._state, service_sid(), first=first):
            self._must(*command)
        self._must(self._host, "install")
        self._must(self._host, "start")
        done.append(f"started the service {SERVICE}; it starts with this PC from now on, before anybody logs on")
        try:
            done += self.follow()
        except ConfigInvalid as error:
            raise ServiceRefused(
                f"{self._config} cannot be used: {error.problems[0]}", "mend it, then run `stillopen check`"
            ) from error
        try:
            put(errands(self._host), self._must)
        except ServiceRefused as error:  # the store sells; what the task would do can be done by hand
            done.append(f"the task {ERRANDS!r} could not be made ({error}): updates do not come by themselves here")
        else:
            done.append(f"made the task {ERRANDS!r}: updates, and the browsers' rule after `[api]` has changed")
        return done

    def follow(self) -> list[str]:
        """Take the till's page and the browsers' rule along with `[api]`: what the task runs after a change.

        Returns what is another way now, a line each. Raises `ConfigInvalid` or `ServiceRefused`.
        """
        from agent.config import load
        from agent.service.windows_browsers import allow

        api = load(self._config, need_secrets=False).api
        page = f"http://localhost:{api.port}/"
        self._must("reg", "add", KEY, "/v", "Page", "/t", "REG_SZ", "/d", page, "/f")
        return allow(api.origins, run=self._run)

    def stop(self) -> bool:
        """Stop it; returns whether it ran. Where there is none, that is as well. Raises `ServiceRefused`."""
        ran = self.status().state in {"active", "activating"}
        self._must(self._host, "stop")
        return ran

    def start(self) -> None:
        """Start it, and wait until it sells. Raises `ServiceRefused`."""
        self._must(self._host, "start")

    def uninstall(self) -> list[str]:
        """Stop the service and take it away; configuration and state stay. Raises `ServiceRefused`."""
        from agent.service.windows_browsers import allow

        self._run(["schtasks", "/Delete", "/F", "/TN", ERRANDS])  # one that is not there says so, and that is as well
        self._must(self._host, "uninstall")  # where there is none, as after a setup that was cut short, that is as well
        return [
            f"removed the service {SERVICE}",
            *allow((), run=self._run),
            f"left {self._config} and {self._state} as they are: the store's records are there",
        ]

    def status(self) -> Installed:
        """Return what the host knows of it. Raises `ServiceRefused` where it does not answer."""
        fields = dict(line.partition("=")[::2] for line in self._must(self._host, "status").splitlines())
        state = fields.get("state", "unknown")
        if state == "active" and fields.get("ready") != "1":
            state = "activating"  # the host runs, and the store does not sell yet
        return Installed(state, fields.get("said", ""), starts_by_itself=fields.get("starts") == "1")

    def _must(self, *command: str) -> str:
        """Run a program. Raises `ServiceRefused` with what it said."""
        try:
            done = self._run(command)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ServiceRefused(f"{command[0]} could not be run: {error}", "run this as an administrator") from error
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines()
            what = " ".join([Path(command[0].replace("\\", "/")).name, *command[1:2]])
            raise ServiceRefused(
                f"{what} failed: {said[-1] if said else done.returncode}",
                "run this in a window that was opened as an administrator; "
                rf"what the service said is in {self._state}\logs\host.log",
            )
        return done.stdout
