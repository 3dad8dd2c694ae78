"""What the agent tells whoever runs it: systemd by datagrams on a real socket, the Windows host by lines."""

from __future__ import annotations

import asyncio
import io
import os
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from agent.service import first_configuration
from agent.service.alive import answers, give_signs
from agent.service.notify import HOSTED, Lines, Systemd, Terminal, host
from outbox.errors import JournalUnclear
from outbox.journal import Journal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

WAIT_S = 60.0  # for a process on a busy machine

on_posix = pytest.mark.skipif(os.name == "nt", reason="systemd's socket is of POSIX")


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket that systemd would listen on."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(WAIT_S)
        yield listening


@on_posix
def test_systemd_hears_each_state_as_a_datagram(heard: socket.socket) -> None:
    told = host({"NOTIFY_SOCKET": heard.getsockname(), "WATCHDOG_USEC": "30000000"}, pid=7)
    assert isinstance(told, Systemd)
    assert told.alive_s == 30.0
    told.ready("Selling at\nhttp://x")
    assert heard.recv(4096) == b"READY=1\nSTATUS=Selling at http://x"  # a line break would be another field
    told.alive("fine")
    assert heard.recv(4096) == b"WATCHDOG=1\nSTATUS=fine"
    told.stopping()
    assert heard.recv(4096) == b"STOPPING=1"


@on_posix
def test_an_abstract_socket_is_named_with_an_at_sign() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0stillopen-test-{os.getpid()}")
        listening.settimeout(WAIT_S)
        host({"NOTIFY_SOCKET": f"@stillopen-test-{os.getpid()}"}).stopping()
        assert listening.recv(100) == b"STOPPING=1"


@on_posix
def test_a_host_that_is_gone_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    told = host({"NOTIFY_SOCKET": str(tmp_path / "nobody")})
    told.ready("x")
    told.alive("x")
    assert len(caplog.records) == 1  # said once, not at each sign of life


@pytest.mark.parametrize(
    ("usec", "pid", "expected"),
    [
        ("20000000", "", 20.0),
        ("20000000", "7", 20.0),
        ("20000000", "8", None),  # it is said to another process
        ("0", "7", None),
        ("", "", None),
        ("soon", "", None),
    ],
)
def test_how_long_systemd_waits(usec: str, pid: str, expected: float | None) -> None:
    if os.name == "nt":
        pytest.skip("systemd's socket is of POSIX")
    found = host({"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": usec, "WATCHDOG_PID": pid}, pid=7)
    assert found.alive_s == expected


def test_the_windows_host_reads_lines() -> None:
    out = io.StringIO()
    told = host({HOSTED: "lines"}, out=out)
    assert isinstance(told, Lines)
    told.ready("Selling")
    told.alive("a\nb")
    told.stopping()
    assert out.getvalue().splitlines() == [
        "@READY=1", "@STATUS=Selling", "@WATCHDOG=1", "@STATUS=a b", "@STOPPING=1",
    ]  # fmt: skip


def test_the_windows_host_asks_for_the_end_by_closing_its_pipe() -> None:
    reading, writing = os.pipe()
    told, asked = host({HOSTED: "lines"}, asked=lambda: os.fdopen(reading, "rb", buffering=0)), threading.Event()
    told.listen(asked.set)
    os.write(writing, b"nothing that is said there means anything")
    os.close(writing)
    assert asked.wait(WAIT_S)
    anew = threading.Event()
    told.listen(anew.set)  # an agent that begins anew in this process hears it too
    assert anew.wait(WAIT_S)


def test_the_real_agent_under_the_windows_hosts_words(tmp_path: Path) -> None:
    config = tmp_path / "stillopen.toml"
    config.write_text(first_configuration() + "\n[api]\nport = 0\n", encoding="utf-8")
    command = [sys.executable, "-m", "agent", "--config", str(config), "--state", str(tmp_path / "state"), "run"]
    environ = os.environ | {HOSTED: "lines"}
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as agent:
        assert agent.stdin is not None
        assert agent.stdout is not None
        try:
            said: list[str] = []
            while "@READY=1" not in said:
                said.append(agent.stdout.readline().rstrip("\n"))
                assert said[-1], said  # it ended, or stopped talking
            assert agent.stdout.readline().startswith("@STATUS=Selling at http://localhost:")
            agent.stdin.close()
            assert "@STOPPING=1" in agent.stdout.read().splitlines()
            assert agent.wait(WAIT_S) == 0
        finally:
            agent.kill()


def test_a_terminal_is_told_nothing() -> None:
    told = host({})
    assert isinstance(told, Terminal)
    told.ready("x")
    told.alive("x")
    told.stopping()


class Ear(Terminal):
    """Hears signs of life."""

    def __init__(self) -> None:
        self.alive_s = 5.0
        self.signs: list[str] = []

    def alive(self, status: str) -> None:
        self.signs.append(status)


async def test_signs_come_while_the_journal_answers_and_stop_when_its_thread_hangs(tmp_path: Path) -> None:
    journal, ear, naps, gate = Journal(tmp_path), Ear(), [], threading.Event()
    await journal.open()
    go_on = asyncio.Event()

    async def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            await go_on.wait()

    signs = asyncio.create_task(give_signs(ear, journal, lambda: "fine", sleep=sleep))
    while len(naps) < 3:
        await asyncio.sleep(0)
    assert (ear.signs, naps) == (["fine"] * 3, [2.0] * 3)
    stuck = journal.submit(lambda _: gate.wait(WAIT_S))  # the journal's thread hangs
    go_on.set()
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(ear.signs) == 3
    gate.set()
    await stuck
    while len(ear.signs) < 4:  # and goes on when it answers again
        await asyncio.sleep(0)
    signs.cancel()
    await journal.close()


async def test_a_sign_of_life_writes_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open()
    await journal.rest(5.0)
    log = tmp_path / "journal.db-wal"
    before = (log.stat().st_size, log.stat().st_mtime_ns, (tmp_path / "journal.db").stat().st_mtime_ns)
    for _ in range(5):
        await answers(journal)
    assert (log.stat().st_size, log.stat().st_mtime_ns, (tmp_path / "journal.db").stat().st_mtime_ns) == before
    await journal.close()


async def test_a_journal_that_says_why_it_does_not_write_is_alive(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open()

    def fails(_: sqlite3.Connection) -> None:
        raise JournalUnclear("the disk is gone", hint="x")

    with pytest.raises(JournalUnclear):
        await journal.write(fails)
    await answers(journal)
    await journal.close()


async def test_nobody_who_waits_for_no_signs_gets_any(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open()
    await asyncio.wait_for(give_signs(Terminal(), journal, str), WAIT_S)
    await journal.close()


@on_posix
def test_the_real_agent_says_that_it_is_ready_alive_and_ending(tmp_path: Path, heard: socket.socket) -> None:
    config = tmp_path / "stillopen.toml"
    config.write_text(first_configuration() + "\n[api]\nport = 0\n", encoding="utf-8")
    environ = os.environ | {"NOTIFY_SOCKET": heard.getsockname(), "WATCHDOG_USEC": "200000"}
    environ.pop("WATCHDOG_PID", None)
    command = [sys.executable, "-m", "agent", "--config", str(config), "--state", str(tmp_path / "state"), "run"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as agent:
        try:
            ready = heard.recv(4096).decode()
            assert ready.startswith("READY=1\nSTATUS=Selling at http://localhost:")
            for _ in range(2):
                assert heard.recv(4096).startswith(b"WATCHDOG=1\nSTATUS=Selling")
            agent.terminate()
            while not (last := heard.recv(4096)).startswith(b"STOPPING=1"):
                assert last.startswith(b"WATCHDOG=1")
            assert agent.wait(WAIT_S) == 0
        finally:
            agent.kill()
