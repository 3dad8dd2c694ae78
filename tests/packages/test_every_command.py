"""Every command as installed, from the wheel in an environment of its own: its --help, its exits, and what it does."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import venv
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.packages import every_command
from tests.packages.every_command import (
    FOR_EVER,
    IN_NO_PACKAGE,
    OF_A_SERVICE,
    WHILE_IT_RESTS,
    WHILE_IT_SELLS,
    WRONGLY_SET_UP,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.packages.every_command import Line

ROOT = Path(__file__).parents[2]
WAIT_S = 60.0

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a console script is a program of its own there")


@dataclass(frozen=True)
class Installed:
    """An installation, and a store of its own to try it on."""

    python: str
    launcher: Path
    folder: Path
    port: int

    @property
    def places(self) -> dict[str, str]:
        return {"folder": str(self.folder), "config": str(self.folder / "stillopen.toml")}

    @property
    def environ(self) -> dict[str, str]:
        own = {"STILLOPEN_CONFIG": self.places["config"], "STILLOPEN_STATE": str(self.folder / "state")}
        return every_command.clean_environment(self.folder) | own

    def run(self, lines: list[Line]) -> list[str]:
        said = every_command.run(self.python, self.launcher, lines, self.places, self.environ)
        return every_command.judge(lines, said)

    @contextmanager
    def agent(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """Start a command that goes on, and end it as Ctrl-C does; it has to end well.

        A shell that runs a gate in the background has switched Ctrl-C off, for whatever is started from there.
        """
        ours = signal.signal(signal.SIGINT, signal.default_int_handler)
        started = subprocess.Popen(
            [self.python, "-I", str(self.launcher), *words],
            cwd=self.folder,
            env=self.environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        signal.signal(signal.SIGINT, ours)
        try:
            self._answers(started)
            yield started
            started.send_signal(signal.SIGINT)
            said, _ = started.communicate(timeout=WAIT_S)
            assert started.returncode == 0, said
        finally:
            started.kill()
            started.communicate()

    def _answers(self, started: subprocess.Popen[str]) -> None:
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            assert started.poll() is None, started.communicate()[0]
            try:
                self.ask("GET", "/healthz")
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("it does not answer")

    def ask(self, method: str, path: str, body: object = None) -> dict[str, object]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        token = self.folder / "state" / "api-token"
        headers = {"Authorization": f"Bearer {token.read_text().strip()}"} if token.exists() else {}
        try:
            connection.request(method, path, json.dumps(body), headers | {"Content-Type": "application/json"})
            answer: dict[str, object] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return answer

    def sell(self) -> None:
        sale = self.ask("POST", "/v1/sales", {"till": "till-1"})["id"]
        self.ask("POST", f"/v1/sales/{sale}/lines", {"name": "Mug", "price": 500})
        self.ask("POST", f"/v1/sales/{sale}/tenders", {"type": "cash", "amount": 500})
        assert "receipt_number" in self.ask("POST", f"/v1/sales/{sale}/complete", {})


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def wheel_installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel put by pip into an environment of its own, with the locked dependencies of this one by a .pth."""
    home, dist = tmp_path_factory.mktemp("venv"), tmp_path_factory.mktemp("dist")
    _must([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(dist)])
    venv.create(home, with_pip=False)
    site = Path(sysconfig.get_paths(vars={"base": str(home), "platbase": str(home)})["purelib"])
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin/python"), "install", "--quiet", "--no-index"]
    _must([*pip, "--no-deps", "--no-compile", "--disable-pip-version-check", *map(str, dist.glob("*.whl"))])
    folder, port = tmp_path_factory.mktemp("store"), free_port()
    every_command.put_files(folder, port)
    return Installed(str(home / "bin/python"), home / "bin/stillopen", folder, port)


def _must(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_command_is_in_the_table() -> None:
    lines = (*WHILE_IT_SELLS, *WHILE_IT_RESTS, *IN_NO_PACKAGE, *OF_A_SERVICE)
    tried = {name for name in every_command.leaves() if any(f"{one.line} ".startswith(f"{name} ") for one in lines)}
    assert tried | set(FOR_EVER) == set(every_command.leaves())


def test_every_command_has_help_and_refuses_what_it_does_not_know(wheel_installed: Installed) -> None:
    assert not wheel_installed.run(every_command.asked_for_help(every_command.leaves()))


def test_every_command_exits_as_it_should_on_a_store_that_sells_and_on_one_that_rests(
    wheel_installed: Installed,
) -> None:
    with wheel_installed.agent("run"):
        wheel_installed.sell()
        assert not wheel_installed.run([*WHILE_IT_SELLS, *IN_NO_PACKAGE])
    assert not wheel_installed.run([*WHILE_IT_RESTS, *WRONGLY_SET_UP])


def test_the_demo_runs_and_ends_well(wheel_installed: Installed) -> None:
    with wheel_installed.agent("demo", "--no-browser", "--port", str(wheel_installed.port)) as demo:
        assert demo.poll() is None
