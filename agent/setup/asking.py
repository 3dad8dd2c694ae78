"""The agent that is asked to try devices: the one that runs on this PC, or one of our own for as long as that takes.

Devices are opened by an agent and by nobody else, so two programs are never on one port.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from agent.cli.out import CommandError
from agent.cli.running import RunningAgent
from agent.config import ConfigInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agent.places import Places

UP_S = 60.0  # a slow PC with a large journal; usually a second
LOOK_S = 0.1
END_S = 30.0  # as long as a service is given to stop
SCAN_S = 20.0  # for a person to take the scanner and something off the shelf
PRINT_S = 30.0  # a printer that has not answered by then will not


def running(places: Places, port: int | None) -> RunningAgent | None:
    """Return the agent that answers, or None."""
    try:
        agent = RunningAgent.find(places, port)
        agent.ask("GET", "/v1/status")
    except (CommandError, ConfigInvalid):
        return None
    return agent


@contextmanager
def own_agent(places: Places) -> Iterator[RunningAgent]:
    """Run an agent of our own for as long as the block does. Raises `CommandError` where it does not come up."""
    command = [sys.executable, "-m", "agent", "--config", str(places.config), "--state", str(places.state)]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}  # a package's own folders
    with subprocess.Popen(
        [*command, "run", "--log", "warning"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environ
    ) as process:
        try:
            yield up(places, lambda: process.poll() is None)
        finally:
            process.terminate()
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()


def up(
    places: Places,
    lives: Callable[[], bool] = lambda: True,
    *,
    not_since: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> RunningAgent:
    """Wait for an agent that answers, of another start than `not_since`. Raises `CommandError`."""
    until = clock() + UP_S
    while lives() and clock() < until:
        agent = running(places, None)
        with suppress(CommandError):  # it goes between two questions
            if agent is not None and (not_since is None or started(agent) != not_since):
                return agent
        sleep(LOOK_S)
    raise CommandError("the agent does not come up", hint="see why: stillopen run")


def started(agent: RunningAgent) -> str:
    """Return what tells one start of the agent from the next."""
    return str(agent.ask("GET", "/v1/status")["started_at"])


def printed(agent: RunningAgent, name: str, *, sleep: Callable[[float], None] = time.sleep) -> str:
    """Print a test receipt; return what became of it: `printed`, `not_printed`, `unknown` or `pending`."""
    job = agent.ask("POST", f"/v1/devices/{name}/test", {})
    looks = int(PRINT_S / LOOK_S)
    while job["state"] == "pending" and looks:
        sleep(LOOK_S)
        looks -= 1
        job = agent.ask("GET", f"/v1/jobs/{job['id']}")
    return str(job["state"])


def scanned(agent: RunningAgent, name: str) -> dict[str, Any] | None:
    """Claim a scanner, so that no till rings what is tried, and return its next scan; None: there was none."""
    from websockets.sync.client import connect

    claim = agent.ask("POST", "/v1/claims", {"device": name, "name": "stillopen setup", "lease_s": int(SCAN_S)})
    address, headers, line = agent.events(claim["id"])
    with connect(address, sock=line, additional_headers=headers, proxy=None, open_timeout=SCAN_S) as socket:
        until = time.monotonic() + SCAN_S
        while (left := until - time.monotonic()) > 0:
            try:
                event = json.loads(socket.recv(left))
            except TimeoutError:
                return None
            if event["type"] == "scan" and event.get("scanner") == name:
                return dict(event)
    return None
