"""The checks of this PC and of what is installed on it: the version, the service, and how its disk is."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

from agent.doctor.finding import Finding, failed, not_known, ok, warning
from agent.doctor.plug import disks
from agent.service.refusal import ServiceRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from agent.service.linux import Installed

    Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]

SMART_S = 20.0  # a disk that sleeps wakes within ten
ASKED_S = 10.0  # the service manager is on this PC, and only asked


def installed(running: str | None) -> Finding:
    """Say which version is here; `running` is the one the agent that answers says it is."""
    here = version("stillopen")
    if running is not None and running != here:
        return warning("version", f"{here} is installed, and {running} is running", "restart the agent")
    return ok("version", f"{here}, on Python {platform.python_version()} and {platform.system()}")


def service(status: Callable[[], Installed], *, windows: bool = sys.platform == "win32") -> Finding:
    """Say how the service is; `status` raises `ServiceRefused` where that cannot be asked."""
    name = "service"
    install = "as an administrator: stillopen service install" if windows else "sudo stillopen service install"
    try:
        found = status()
    except ServiceRefused as error:
        return not_known(name, str(error), error.hint)
    except OSError as error:  # a sandbox that lets no program be started
        return not_known(name, f"it cannot be asked from here: {error}", "stillopen service status")
    if found.state == "not-found":
        return warning(name, "there is none: nothing starts the agent with this PC", install)
    if found.state != "active":
        said = f": {found.said}" if found.said else ""
        why = (
            "see why: stillopen service status"
            if windows
            else "see why: journalctl -u stillopen -n 30; stillopen check"
        )
        return failed(name, f"it is {found.state}{said}", why)
    if not found.starts_by_itself:
        enable = install if windows else "sudo systemctl enable stillopen.service"
        return warning(name, "it runs, and does not start with this PC", enable)
    return ok(name, f"it runs, and starts with this PC{': ' + found.said if found.said else ''}")


def disk_health(
    state: Path, *, disk: str | None = None, which: Callable[[str], str | None] = shutil.which, run: Run | None = None
) -> Finding:
    """Ask the disk of the state folder how it is, by smartctl where that is installed. `disk`: its name, for tests."""
    name = "disk health"
    if disk is None:
        under = disks.disk_of(state)
        disk = None if under is None else under.name
    if disk is None:
        return not_known(name, "this system does not say which disk it is", "look at it with its maker's own program")
    program = which("smartctl")
    if program is None:
        return not_known(name, f"nothing here can ask {disk}", "sudo apt install smartmontools, and run this again")
    try:
        done = (run or _run)([program, "-H", "-j", f"/dev/{disk}"])
        answer = json.loads(done.stdout)
        passed = answer["smart_status"]["passed"]
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return not_known(name, f"smartctl did not answer for {disk}", f"try it: sudo smartctl -H /dev/{disk}")
    except (KeyError, TypeError):
        return not_known(
            name, f"{disk} does not say, or this user may not ask it", f"try it: sudo smartctl -H /dev/{disk}"
        )
    if passed is True:
        return ok(name, f"{disk} says of itself that it is well")
    return failed(name, f"{disk} says of itself that it fails", "replace it; first: stillopen journal backup")


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=SMART_S)


def service_status() -> Installed:
    """Ask this system's own service manager. Raises `ServiceRefused`."""
    if sys.platform == "win32":
        from agent.service.windows import of_this_pc

        return of_this_pc(run=_bounded).status()
    from agent.service.linux import Linux

    return Linux(run=_bounded).status()


def _bounded(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a program that only asks; one that hangs has failed."""
    try:
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=ASKED_S)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"no answer in {ASKED_S:g} s")
