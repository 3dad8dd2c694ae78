"""A store's Windows PC, as far as wine is one: a prefix of its own, programs run in it, and what they left."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WAIT_S = 300.0  # what takes seconds on a quiet machine; what hangs takes for ever
LOOK_S = 0.2
PROGRAM = r"C:\Program Files\Stillopen"
TOOLS = {"wine": "wine", "makensis": "nsis", "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64-win32"}
_BEGAN = time.monotonic()


class Broken(Exception):
    """A promise does not hold."""


def missing() -> str:
    """Say what this machine lacks to be a Windows PC; empty where it lacks nothing."""
    return ", ".join(f"{name} (apt-get install {package})" for name, package in TOOLS.items() if not shutil.which(name))


def say(text: str) -> None:
    """Say a line with the time since the start."""
    sys.stdout.write(f"[{time.monotonic() - _BEGAN:6.1f} s] {text}\n")
    sys.stdout.flush()


def until(true: Callable[[], object], what: str) -> None:
    """Wait until something is so, by looking."""
    end = time.monotonic() + WAIT_S
    while not true():
        if time.monotonic() > end:
            raise Broken(f"waited {WAIT_S:g} s for: {what}")
        time.sleep(LOOK_S)


class Pc:
    """One PC. Its disk is a folder; its programs end with `close`."""

    def __init__(self, folder: Path) -> None:
        self._prefix = folder / "prefix"
        self._environ = {name: value for name, value in os.environ.items() if name != "DISPLAY"} | {
            "WINEPREFIX": str(self._prefix),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=",  # neither is asked for, and both would be offered in a window
        }
        self._session: subprocess.Popen[bytes] | None = None
        self.program = self._prefix / "drive_c/Program Files/Stillopen"
        self.data = self._prefix / "drive_c/ProgramData/Stillopen"
        self.state = self.data / "state"

    def boot(self) -> None:
        """Start Windows. It ends its services when its last program ends, so one is kept: somebody who is logged on."""
        first = not self._prefix.exists()
        if first:
            for command in (["wineboot", "--init"], ["wine", "winecfg", "-v", "win10"]):
                self._must_end(command)
                self._must_end(["wineserver", "-w"])  # what it has begun goes on behind it
        self._session = subprocess.Popen(
            ["wine", "cmd", "/q"], env=self._environ, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def cut_the_power(self) -> None:
        """End everything at once."""
        subprocess.run(["wineserver", "-k"], env=self._environ, check=False, capture_output=True)
        subprocess.run(["wineserver", "-w"], env=self._environ, check=False, capture_output=True, timeout=WAIT_S)
        if self._session is not None:
            with suppress(BrokenPipeError):
                self._session.communicate(timeout=WAIT_S)
            self._session = None

    close = cut_the_power

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a program of Windows', and return how it ended."""
        # files, not pipes: a service that is started by it inherits them, and lives on
        with (
            tempfile.TemporaryFile("w+", errors="replace") as out,
            tempfile.TemporaryFile("w+", errors="replace") as err,
        ):
            done = subprocess.run(
                ["wine", *command], env=self._environ, check=False, stdout=out, stderr=err,
                stdin=subprocess.DEVNULL, timeout=WAIT_S,
            )  # fmt: skip
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(list(command), done.returncode, out.read(), err.read())

    def begin(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        """Run a program of Windows' meanwhile."""
        return subprocess.Popen(
            ["wine", *command], env=self._environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def host(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Ask the service host."""
        return self.run([rf"{PROGRAM}\stillopen-service.exe", *words])

    def remove(self, *words: str) -> int:
        """Run the uninstaller with no window; return its exit code."""
        # `_?=`: in place and waited for; by itself it goes on as a copy elsewhere, whose exit code nobody gets. It is
        # the last word and stands without quotes, spaces and all, which only a line of a batch file can have.
        batch = self.data.parent / "remove.bat"
        batch.write_text(f'@"{PROGRAM}\\uninstall.exe" /S {" ".join(words)} _?={PROGRAM}\r\n')
        return self.run(["cmd", "/c", r"C:\ProgramData\remove.bat"]).returncode

    def status(self) -> dict[str, str]:
        """Return what the host says of the service."""
        return dict(line.partition("=")[::2] for line in self.host("status").stdout.splitlines())

    def manager_says(self) -> str:
        """Return the service manager's own word: RUNNING, STOPPED, START_PENDING; empty where there is no service."""
        said = self.run(["sc", "query", "Stillopen"]).stdout
        return next((line.split()[-1] for line in said.splitlines() if "STATE" in line), "")

    def sells(self, version: str) -> bool:
        """Say whether this version sells."""
        found = self.status()
        return found.get("ready") == "1" and found.get("runs") == version

    def processes(self) -> list[str]:
        """Return the command lines of every Windows program that runs here."""
        mine = f"WINEPREFIX={self._prefix}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it ended meanwhile
                if mine in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        return found

    def registry(self, key: str, name: str) -> str:
        """Return a value of the registry, as text; empty where there is none."""
        said = self.run(["reg", "query", key, "/v", name]).stdout
        words = [line.split(None, 2) for line in said.splitlines() if line.startswith(f"    {name} ")]
        return words[0][2].strip() if words and len(words[0]) > 2 else ""

    def misbehave(self, name: str) -> None:
        """Leave the stand-in a file that it knows."""
        self.state.mkdir(parents=True, exist_ok=True)
        (self.state / name).touch()

    def behave(self) -> None:
        """Take every such file away."""
        for file in self.state.glob("*"):
            if file.suffix == ".now" or file.name.startswith(("sick-", "slow-", "broken-")):
                file.unlink()

    def said(self, name: str = "logs/host.log") -> str:
        """Return a log."""
        file = self.state / name
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def limits(self, **values: int) -> None:
        """Overrule the host's limits, for a test's time."""
        file = self.program / "service.ini"
        kept = [line for line in file.read_text().splitlines() if line.partition("=")[0] not in values]
        file.write_text("\r\n".join([*kept, *(f"{name}={value}" for name, value in values.items())]) + "\r\n")

    def _must_end(self, command: list[str]) -> None:
        done = subprocess.run(
            command, env=self._environ, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=WAIT_S,
        )  # fmt: skip
        if done.returncode != 0:
            raise Broken(f"{' '.join(command)} ended with {done.returncode}")


def must(true: object, what: str) -> None:
    """Raise `Broken` where a promise does not hold."""
    if not true:
        raise Broken(what)
