"""A Windows PC under an update: its service host names the version, tries it for a minute, and goes back.

The same steps as elsewhere (installer.py), run by a task of SYSTEM's for the agent, or by an administrator:
`stillopen-service.exe use VERSION` is `current`, the restart and the minute in one, and `service.ini` says what came of
it. Its words: packaging/windows/README.md.
"""

from __future__ import annotations

import configparser
import os
import subprocess
from typing import TYPE_CHECKING, Any

from agent.update.linux import SAID_MAX, Linux
from agent.update.refusal import TrialFailed, UpdateRefused
from agent.update.release import is_version
from agent.update.versions import Versions, free_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from agent.places import Places

HOST, INI, SECTION = "stillopen-service.exe", "service.ini", "service"
WENT_BACK = 4  # what the host exits with where the version was not well, and the one before is in force again
NOT_STARTED = 5  # what `as-service` exits with where it could not have the program begin
USE_S = 1800.0  # stopping, a large journal brought up to date, and the host's own minute


class HostVersions(Versions):
    """The versions beside the service host, which alone says which one runs."""

    def __init__(
        self,
        folder: Path,
        *,
        run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        super().__init__(folder, links=False, free=free)
        self._run = run

    def current(self) -> str | None:
        """Return the version that `service.ini` names."""
        name = self._said("version")
        return name if is_version(name) else None

    def proven(self, name: str) -> bool:
        """Say whether the host has found it well for its minute."""
        return self.current() == name and self._said("trial") in {"", "0"}

    def point(self, name: str) -> None:
        """Have the host run it for its minute. Raises `TrialFailed`: the one before is back; and `UpdateRefused`."""
        if self.proven(name):
            return
        command = [str(self.folder / HOST), "use", name]
        try:
            done = self._run(command, check=False, capture_output=True, text=True, timeout=USE_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UpdateRefused(f"{HOST} could not be asked: {error}", f"{HOST} status; stillopen doctor") from error
        said = (done.stdout + done.stderr).strip()[-SAID_MAX:]
        if done.returncode == WENT_BACK:
            raise TrialFailed(f"the service host found it not well, and went back: {said}", f"{HOST} status")
        if done.returncode != 0:
            raise UpdateRefused(f"{HOST} use {name} ended with {done.returncode}: {said}", f"{HOST} status")

    def _said(self, key: str) -> str:
        file = configparser.ConfigParser(interpolation=None)
        try:
            file.read_string((self.folder / INI).read_text(encoding="utf-8-sig"))
        except (OSError, ValueError, configparser.Error):
            return ""
        return file.get(SECTION, key, fallback="").strip()


class Windows(Linux):
    """This PC: the host has started a version when it was named, and each version brings its own Python.

    `host` has a version tried as the service's own account: for SYSTEM, which may and has to. None: an administrator
    tries it with their own rights, since they have none to the service's.
    """

    def __init__(
        self,
        places: Places,
        current: Path,
        *,
        ask: Callable[[str], dict[str, Any]],
        runs: Callable[[], bool],
        host: Path | None = None,
        run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run,
    ) -> None:
        super().__init__(places, current, ask=ask, runs=runs, user=None, run=run)
        self._host = host

    def restart(self) -> None:
        """Do nothing: naming a version has the host start it."""

    def make_ready(self, folder: Path) -> None:
        """Do nothing: a release for Windows is made for the one Python that is in it."""

    def python_of(self, folder: Path) -> list[str]:
        """Return the Python that is in a version's folder."""
        return [os.fspath(folder / "python" / "python.exe"), "-I", "-X", "utf8"]

    def _told(
        self, command: Sequence[str], within_s: float, *, as_user: bool = False
    ) -> subprocess.CompletedProcess[str]:
        if self._host is None or not as_user:
            return super()._told(command, within_s)
        done = super()._told([os.fspath(self._host), "as-service", *command], within_s)
        if done.returncode == NOT_STARTED:  # no word on the version: it did not begin
            said = done.stderr.strip()[-SAID_MAX:]
            raise UpdateRefused(f"no version can be tried as the service's own account: {said}", f"{HOST} status")
        return done
