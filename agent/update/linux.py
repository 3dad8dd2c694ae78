"""A PC that systemd runs, under an update: as root, with what must not be root's done as the service's own user."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from agent.config import ConfigInvalid, load
from agent.service.linux_files import UNIT, USER
from agent.update import health
from agent.update.machine import program
from agent.update.refusal import NotFit, NotNow, TrialFailed, UpdateRefused, by_name
from agent.update.trial import Tried

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from agent.places import Places
    from agent.update.health import Health

TRIAL_S = 1800.0  # a journal of years is copied, migrated and followed by then, behind the one that sells
COMPILE_S = 600.0
CLEAR_S = 300.0  # a program's start, and a file of gigabytes, on the slowest PC
ASK_S = 30.0  # systemd is on this PC, and only told
SAID_MAX = 2000  # characters of what a program said, in a refusal

_log = logging.getLogger("stillopen.update")


class Linux:
    """This PC. `current`: the folder of the version that does this; `user`: whom a version is tried as by root.

    `ask` asks the agent that runs; `runs` says whether one does, also one that does not answer.
    """

    def __init__(
        self,
        places: Places,
        current: Path,
        *,
        ask: Callable[[str], dict[str, Any]],
        runs: Callable[[], bool],
        user: str | None = USER,
        python: str = sys.executable,
        run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run,
    ) -> None:
        self._places = places
        self._current = current
        self._ask = ask
        self._runs = runs
        self._user = user if hasattr(os, "geteuid") and os.geteuid() == 0 else None
        self._python = python
        self._run = run

    def health(self) -> Health | None:
        """Ask the agent that runs."""
        try:
            return health.read(self._ask("/v1/status"), self._ask("/v1/update"))
        except (LookupError, TypeError, ValueError, OSError):
            return None

    def must_not_sell(self) -> None:
        """Raise `NotNow` where an agent runs that does not answer, `NotFit` where none could be asked by its port."""
        try:
            port = load(self._places.config, need_secrets=False).api.port
        except ConfigInvalid as error:
            raise NotFit(f"no version runs with this configuration: {error.problems[0]}", "stillopen check") from error
        if port == 0:
            raise NotFit(
                "`[api] port = 0` is another port at each start: nobody could see whether the newer version is well",
                "name a port in stillopen.toml, and start the agent anew",
            )
        if self._runs():
            raise NotNow(
                "not now: the agent does not answer, and somebody may be at a till",
                "it is tried again; or stop it first, when nobody is",
            )

    def restart(self) -> None:
        """Tell systemd; a version that failed too often before may start again."""
        self._systemctl("reset-failed", UNIT)
        self._systemctl("restart", "--no-block", UNIT)

    def try_out(self, folder: Path, *, fresh: bool) -> Tried:
        """Run a version's own `update trial`, as the service's user."""
        done = self._as_user(folder, ["trial", *(["--fresh"] if fresh else []), "--json"], TRIAL_S)
        try:
            answer = json.loads(done.stdout)
            if done.returncode == 0:
                return Tried(**answer)
            raise by_name(answer.get("kind"), str(answer["detail"]), str(answer["hint"]))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            said = (done.stderr or done.stdout).strip()[-SAID_MAX:]
            raise TrialFailed(
                f"the version in {folder.name} ended with {done.returncode} when it was tried: {said}",
                "send a support bundle (stillopen bundle) to whoever makes the releases; this PC sells on",
            ) from error

    def clear(self) -> None:
        """Have the copy taken away by the user whose it is; one that stays is taken away before the next."""
        try:
            self._as_user(self._current, ["trial", "--clear"], CLEAR_S)
        except UpdateRefused as error:
            _log.warning("The copy that a version was tried on is still there: %s", error)

    def make_ready(self, folder: Path) -> None:
        """Make bytecode where the release has none for this Python."""
        tag = f"cp{sys.version_info.major}{sys.version_info.minor}"
        if any((folder / "common" / "agent" / "__pycache__").glob(f"*.{sys.implementation.cache_tag}.pyc")):
            return
        parts = [str(part) for part in (folder / "common", folder / tag) if part.is_dir()]
        if parts:
            mode = ["-I", "-m", "compileall", "-q", "-j", "1", "--invalidation-mode", "unchecked-hash"]
            self._told([self._python, *mode, *parts], COMPILE_S)

    def python_of(self, folder: Path) -> list[str]:  # noqa: ARG002 - on Windows it is in the folder
        """Return the Python that a version runs on: the system's."""
        return [self._python, "-I"]

    def _as_user(self, folder: Path, words: Sequence[str], within_s: float) -> subprocess.CompletedProcess[str]:
        command = [*self.python_of(folder), str(program(folder)), "--config", str(self._places.config)]
        command += ["--state", str(self._places.state), "update", *words]
        return self._told(command, within_s, as_user=True)

    def _systemctl(self, *words: str) -> None:
        done = self._told(["systemctl", *words], ASK_S)
        if done.returncode != 0 and words[0] != "reset-failed":
            raise UpdateRefused(
                f"systemctl {' '.join(words)} failed: {done.stderr.strip()[-SAID_MAX:]}",
                "see why: journalctl -u stillopen -n 30",
            )

    def _told(
        self, command: Sequence[str], within_s: float, *, as_user: bool = False
    ) -> subprocess.CompletedProcess[str]:
        who: dict[str, Any] = {}
        if as_user and self._user is not None:
            who = {"user": self._user, "group": self._user, "extra_groups": []}
        try:
            return self._run(command, check=False, capture_output=True, text=True, timeout=within_s, **who)
        except subprocess.TimeoutExpired as error:
            raise TrialFailed(
                f"{' '.join(command[:4])} did not end in {within_s:g} s", "it is tried again by hand: stillopen update"
            ) from error
        except OSError as error:
            raise UpdateRefused(f"{command[0]} could not be started: {error}", "stillopen doctor") from error
