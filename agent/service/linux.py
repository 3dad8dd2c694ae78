"""The systemd service of an agent that pip or pipx installed: its files, its user, its start; and all taken back.

The Debian package does the same with files of its own; where it is installed, this leaves it alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent.service import linux_files
from agent.service.refusal import ServiceRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]

PACKAGED = Path("usr/lib/stillopen/current")  # the Debian package's program
RUNS_HERE = Path("/run/systemd/system")  # is there where systemd is process 1: sd_booted(3)
COMMAND_S = 700.0  # longer than the unit's own TimeoutStartSec
_AGAIN = f"it ended, and is started again every {linux_files.RESTART_S} s until it stays"
_HIDDEN = ("home", "root", "tmp")  # folders the sandbox hides from the service


@dataclass(frozen=True, slots=True)
class Installed:
    """What there is of the service. `state` is systemd's word: active, inactive, failed, activating, not-found."""

    state: str
    said: str  # the agent's own line
    starts_by_itself: bool


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a program of the system, and return how it ended."""
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=COMMAND_S)


class Linux:
    """systemd on this PC. `root` is its file system."""

    def __init__(self, *, root: Path = Path("/"), python: str = sys.executable, run: Run = run) -> None:
        self._root = root
        self._python = python
        self._run = run

    def install(self, sample: str) -> list[str]:
        """Write the files, make the user, start the service. `sample` becomes the configuration where there is none.

        Returns what was done, a line each. Raises `ServiceRefused`.
        """
        self._must_be_root()
        if (self._root / PACKAGED).exists():
            raise ServiceRefused(
                "the Debian package has installed the service already", "see `stillopen service status`"
            )
        at = Path(self._python).absolute().parts[1:2]
        if at and at[0] in _HIDDEN:
            raise ServiceRefused(
                f"the program is under /{at[0]}, where a service may not look ({self._python})",
                "install it for everybody: sudo python3 -m venv /opt/stillopen && sudo /opt/stillopen/bin/pip install "
                "stillopen, then sudo /opt/stillopen/bin/stillopen service install",
            )
        done = [f"wrote {self._write(name, text)}" for name, text in self._files().items()]
        config = self._root / "etc/stillopen/stillopen.toml"
        if not config.exists():
            config.parent.mkdir(parents=True, exist_ok=True)
            config.write_text(sample, encoding="utf-8")
            done.append(f"wrote {config}: an example, to be made this store's own")
        for name in ("credentials", "credentials.encrypted"):
            (config.parent / name).mkdir(mode=0o700, exist_ok=True)
        self._must("systemd-sysusers", "stillopen.conf")
        self._own(config.parent, config)
        self._must("udevadm", "control", "--reload")
        self._must("udevadm", "trigger", "--subsystem-match=usb", "--subsystem-match=hidraw")
        self._run(("systemctl", "restart", "systemd-modules-load.service"))  # a kernel may have a driver less
        self._must("systemctl", "daemon-reload")
        self._must("systemctl", "enable", linux_files.UNIT)
        self._must("systemctl", "restart", linux_files.UNIT)
        done.append(f"started {linux_files.UNIT}; it starts with this PC from now on")
        return done

    def stop(self) -> bool:
        """Stop it; returns whether it ran. Raises `ServiceRefused`, also where it could not be taken away then."""
        self._to_take_away()
        ran = self.status().state in {"active", "activating", "reloading"}
        self._must("systemctl", "stop", linux_files.UNIT)
        return ran

    def start(self) -> None:
        """Start it, and wait until it sells. Raises `ServiceRefused`."""
        self._must("systemctl", "start", linux_files.UNIT)

    def uninstall(self) -> list[str]:
        """Stop the service and take its files away; configuration and state stay. Raises `ServiceRefused`."""
        files = self._to_take_away()
        self._must("systemctl", "disable", "--now", linux_files.UNIT)
        done = []
        for file in files:
            file.unlink(missing_ok=True)
            done.append(f"removed {file}")
        self._must("systemctl", "daemon-reload")
        self._must("udevadm", "control", "--reload")
        return [*done, "left /etc/stillopen and /var/lib/stillopen as they are: the store's records are there"]

    def status(self) -> Installed:
        """Return what systemd knows of it. Raises `ServiceRefused` where there is no systemd."""
        shown = self._must(
            "systemctl", "show", linux_files.UNIT, "-p", "LoadState,ActiveState,SubState,StatusText,UnitFileState"
        )
        fields = dict(line.partition("=")[::2] for line in shown.splitlines())
        there = fields.get("LoadState") == "loaded"
        return Installed(
            state=fields.get("ActiveState", "unknown") if there else "not-found",
            said=_AGAIN if fields.get("SubState") == "auto-restart" else fields.get("StatusText", ""),
            starts_by_itself=fields.get("UnitFileState") == "enabled",
        )

    def _to_take_away(self) -> list[Path]:
        """Return the service's files. Raises `ServiceRefused` where they are not there, or not this one's to take."""
        self._must_be_root()
        if (self._root / PACKAGED).exists():
            raise ServiceRefused("the service belongs to the Debian package", "remove that: apt remove stillopen")
        files = [self._root / name for name in self._files()]
        if not any(file.exists() for file in files):
            raise ServiceRefused("there is no service to take away", "see `stillopen service status`")
        return files

    def _files(self) -> dict[str, str]:
        """Return every file that is the service's, by its place under the root."""
        return {
            f"etc/systemd/system/{linux_files.UNIT}": linux_files.unit(f"{self._python} -I -m agent"),
            "etc/sysusers.d/stillopen.conf": linux_files.system_user(),
            "etc/modules-load.d/stillopen.conf": linux_files.modules(),
            "etc/udev/rules.d/60-stillopen.rules": linux_files.device_rules(),
        }

    def _write(self, name: str, text: str) -> Path:
        file = self._root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def _own(self, folder: Path, config: Path) -> None:
        """Let the service read its configuration, and no other user of this PC."""
        self._must("chgrp", linux_files.USER, str(folder), str(config))
        folder.chmod(0o750)
        config.chmod(0o640)

    def _must_be_root(self) -> None:
        if self._root == Path("/") and os.geteuid() != 0:
            raise ServiceRefused("only the administrator may do this", "sudo stillopen service …")

    def _must(self, *command: str) -> str:
        """Run a program of the system. Raises `ServiceRefused` with what it said."""
        try:
            done = self._run(command)
        except FileNotFoundError:
            raise ServiceRefused(
                f"this PC has no {command[0]}: it is not run by systemd", "run `stillopen run` under what runs it"
            ) from None
        except subprocess.TimeoutExpired:
            raise ServiceRefused(
                f"{' '.join(command)} did not end in {COMMAND_S:g} s", "journalctl -u stillopen says more"
            ) from None
        if done.returncode != 0 and self._root == Path("/") and not RUNS_HERE.is_dir():
            raise ServiceRefused("this PC is not run by systemd", "run `stillopen run` under what runs it")
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise ServiceRefused(
                f"{' '.join(command)} failed: {said[0] if said else done.returncode}",
                "journalctl -u stillopen -n 30 says more; `stillopen check` reads the configuration",
            )
        return done.stdout
