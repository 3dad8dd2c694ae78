"""The processes of a run: the agent, which is killed, and those beside it, which see to it that it is found out."""

from __future__ import annotations

import http.client
import json
import select
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.soak.peer import END

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).with_name("stillopen")
HEALTHY_S = 60.0  # a start takes under a second; with the tills hammering on it and others on this machine, more
ANSWER_S = 120.0  # for the tills to serve their customers, and for a report to be written
END_S = 10.0  # for a process that has written its report
LOOK_S = 0.05  # between two looks at an agent that starts


class Broken(Exception):
    """The run cannot go on: the agent, or something beside it, did what it never should."""


class Beside:
    """A process of tests.soak beside the agent. `hello` is what it said when it was ready."""

    def __init__(self, name: str, folder: Path, *arguments: str) -> None:
        self.name = name
        self._log = folder / f"{name}.log"
        self._arguments = arguments

    def __enter__(self) -> Self:
        with ExitStack() as held, self._log.open("ab") as log:
            self._process = held.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", f"tests.soak.{self.name}", *self._arguments],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                )
            )
            held.callback(self._process.kill)
            self.hello = self._hear()
            self._held = held.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def tell(self, word: str) -> Any:
        """Say a word to it and return what it answers. Raises `Broken` where it has ended."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(word + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._broken() from None
        return self._hear()

    def end(self) -> Any:
        """Let it end and return its report."""
        report = json.loads(Path(self.tell(END)).read_text(encoding="utf-8"))
        self._process.wait(END_S)
        return report

    def _hear(self) -> Any:
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], ANSWER_S)[0]:  # nothing is buffered: a word, an answer
            raise Broken(f"{self.name} has said nothing for {ANSWER_S:g} s:\n{tail(self._log)}")
        line = self._process.stdout.readline()
        if not line:
            raise self._broken()
        return json.loads(line)

    def _broken(self) -> Broken:
        return Broken(f"{self.name} ended by itself:\n{tail(self._log)}")


@dataclass
class Agent:
    """The installed command over one state folder. `program` runs it: the command itself, or one with a mistake."""

    folder: Path
    port: int
    program: Sequence[str] = (str(COMMAND),)
    _process: subprocess.Popen[bytes] | None = None
    _asked_to_stop: bool = False

    @property
    def log(self) -> Path:
        return self.folder / "agent.log"

    def start(self) -> None:
        """Start it, and return at once."""
        self._asked_to_stop = False
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._arguments("run"), cwd=ROOT, stdout=log, stderr=log)

    def wait_until_healthy(self) -> None:
        """Return when it sells. Raises `Broken`."""
        until = time.monotonic() + HEALTHY_S
        while not self.healthy():
            if not self.runs() or time.monotonic() > until:
                raise Broken(f"the agent did not come up:\n{tail(self.log)}")
            time.sleep(LOOK_S)

    def healthy(self) -> bool:
        """Ask it, as a service would, whether it sells."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HEALTHY_S)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def runs(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> bool:
        """`kill -9`. Returns whether it was there to be killed. Raises `Broken` where it ended, and not as asked."""
        assert self._process is not None
        self._process.kill()
        code = self._process.wait()
        if code != -signal.SIGKILL and not (self._asked_to_stop and code == 0):
            raise Broken(f"the agent ended by itself, with {code}:\n{tail(self.log)}")
        return code != 0

    def ask_to_stop(self) -> None:
        """Send what a service manager sends."""
        assert self._process is not None
        self._asked_to_stop = True
        self._process.terminate()

    def wait_until_stopped(self, timeout_s: float) -> bool:
        """Return whether it ended in time. Raises `Broken` where it did and said that it had to."""
        assert self._process is not None
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        if code != 0:
            raise Broken(f"the agent was told to stop and ended with {code}:\n{tail(self.log)}")
        return True

    def close(self) -> None:
        """Leave nothing behind."""
        if self.runs():
            self.kill()

    def command(self, *words: str) -> str:
        """Run another command of it to its end and return what it said. Raises `Broken` where it fails."""
        done = subprocess.run(
            self._arguments(*words), cwd=ROOT, capture_output=True, text=True, check=False, encoding="utf-8"
        )
        if done.returncode != 0:
            raise Broken(f"stillopen {' '.join(words)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def _arguments(self, *words: str) -> list[str]:
        config, state = self.folder / "stillopen.toml", self.folder / "state"
        return [*self.program, "--config", str(config), "--state", str(state), *words]


def tail(log: Path, lines: int = 30) -> str:
    """Return the end of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
