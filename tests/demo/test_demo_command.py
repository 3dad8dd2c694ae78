"""`stillopen demo` from outside: up at once, gone without a trace."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from agent.cli import main
from agent.demo import shop
from agent.demo.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a POSIX signal")
END_S = 20


@contextmanager
def demo(tmp_path: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start it; yield the process and the address it prints."""
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "agent", "demo", "--no-browser", *more]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        said = ""
        for line in process.stdout:
            said += line
            if "Ctrl-C" in line:
                break
        found = re.search(r"(http://localhost:\d+/)demo#pair=(\d{6})", said)
        assert found, said + (process.stderr.read() if process.stderr else "")
        yield process, found[1]
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.outside
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_and_leaves_nothing_behind(tmp_path: Path, end: signal.Signals) -> None:
    with demo(tmp_path) as (process, address):
        assert httpx.get(f"{address}healthz", trust_env=False).json() == {"status": "ok"}
        assert "Stillopen demo" in httpx.get(f"{address}demo", trust_env=False).text
        assert httpx.get(f"{address}demo/world", trust_env=False).status_code == 401
        assert list(tmp_path.iterdir()) != []
        process.send_signal(end)
        _, complaints = process.communicate(timeout=END_S)
        assert "Traceback" not in complaints
        assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.outside
def test_a_named_state_folder_is_kept_and_used_again(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    for _ in range(2):
        with demo(tmp_path, "--state", str(kept)) as (process, _):
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=END_S)
    assert (kept / shop.CONFIG_FILE).exists()


def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "journal.db").touch()
    assert main(["demo", "--no-browser", "--state", str(tmp_path)]) == 2
    assert "a folder of its own" in capsys.readouterr().err


def test_a_port_that_is_taken_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert main(["demo", "--no-browser", "--state", str(tmp_path / "new"), "--port", port]) == 1
    assert "leave --port away" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["x", "-1", "65536", "८"])
def test_a_port_that_is_none_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", f"--port={port}"]) == 2
    assert "a port is a number" in capsys.readouterr().err


async def test_the_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.start()
    await world.stop()
    secret = tmp_path / shop.SECRET_FILE
    assert secret.stat().st_mode & 0o077 == 0
    before = shop.secret_of(tmp_path)
    shop.write_configuration(tmp_path, line_port=1)
    assert shop.secret_of(tmp_path) == before
