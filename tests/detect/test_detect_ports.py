"""A serial port by its device's numbers, whatever port it is on; who holds a port; and that a look sends nothing."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from drivers.errors import PortUnavailable, PortUrlInvalid
from drivers.ports import open_port, parse_port_url
from drivers.ports.holders import Holder, holders, holders_of
from drivers.ports.serial_list import find_serial, in_turn, list_serial
from tests.detect.linux_tree import Listed

ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX device files")

ONE = Listed("COM3", "Voyager", 0x0C2E, 0x0B6A, "S1", "1-1")


def meant(url: str, *ports: Listed) -> str:
    return find_serial(parse_port_url(url, platform="win32"), lambda: ports)


def refused(url: str, *ports: Listed) -> PortUnavailable:
    with pytest.raises(PortUnavailable) as refusal:
        meant(url, *ports)
    assert refusal.value.hint
    return refusal.value


def test_a_renumbered_port_is_found_by_its_device() -> None:
    moved = Listed("COM11", "Voyager", 0x0C2E, 0x0B6A, "S1", "1-4")
    for url in ("serial://0c2e:0b6a/S1?baud=115200", "serial://0C2E:0B6A/s1", "serial://0c2e:0b6a"):
        assert meant(url, ONE) == "COM3"
        assert meant(url, moved) == "COM11"
    assert parse_port_url("serial://0c2e:0b6a/S1?baud=115200").serial.baud == 115200


def test_which_device_is_meant_is_never_chosen_by_chance() -> None:
    other = Listed("COM4", "Voyager", 0x0C2E, 0x0B6A, "S2", "1-2")
    twin = Listed("COM5", "Voyager", 0x0C2E, 0x0B6A, "S2", "1-3")
    several = refused("serial://0c2e:0b6a", ONE, other)
    assert several.hint == "Write which of them: serial://0c2e:0b6a/S1 or serial://0c2e:0b6a/S2."
    assert "serial://COM4 or serial://COM5" in refused("serial://0c2e:0b6a/S2", ONE, other, twin).hint
    assert "Plug the device in" in refused("serial://0403:6001", ONE).hint
    assert "those plugged in: S1" in str(refused("serial://0c2e:0b6a/S9", ONE))


def test_a_list_that_fails_is_said() -> None:
    def broken() -> list[Any]:
        raise OSError("no registry")

    with pytest.raises(PortUnavailable, match="no registry"):
        find_serial(parse_port_url("serial://0c2e:0b6a"), broken)


@pytest.mark.parametrize(
    "url", ["serial://0c2e:b6a", "serial://0c2e:0b6a/a/b", "serial://0c2e:0b6a?speed=1", "serial://x:y"]
)
def test_a_url_by_numbers_that_is_none(url: str) -> None:
    with pytest.raises(PortUrlInvalid) as refusal:
        parse_port_url(url)
    assert "serial://0c2e:0b6a/SERIAL" in refusal.value.hint


async def test_absent_numbers_are_refused_by_the_port_too() -> None:
    with pytest.raises(PortUnavailable, match="no serial port of a device"):
        await open_port("serial://dead:beef/S1")


def test_on_windows_a_look_and_an_open_take_turns() -> None:
    inside = threading.Event()
    order: list[str] = []

    def look() -> None:
        inside.wait(10)
        with in_turn(platform="win32"):
            order.append("look")

    looking = threading.Thread(target=look)
    looking.start()
    with in_turn(platform="win32"):
        inside.set()
        with in_turn(platform="linux"):  # nobody waits there: an enumeration harms no open
            order.append("open")
    looking.join()
    assert order == ["open", "look"]


def test_what_pyserial_does_not_know_is_none() -> None:
    (port,) = list_serial(lambda: [Listed("COM1")])
    assert (port.name, port.serial_number, port.vendor) == (None, None, None)


@posix
def test_who_holds_a_port_is_named() -> None:
    master, slave = os.openpty()
    path = os.ttyname(slave)
    program = (
        "import sys,serial; p=serial.Serial(sys.argv[1],exclusive=True); print('open',flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        assert other.pid in [holder.pid for holder in holders(path)]
        several = holders_of([path, "/dev/null", "/dev/absent"])
        assert several[path] == holders(path)
        assert several["/dev/absent"] == []
        with pytest.raises(PortUnavailable, match=f"process {other.pid}") as refusal:
            asyncio.run(open_port(f"serial://{path}"))
        assert f"(process {other.pid})" in refusal.value.hint
    finally:
        other.communicate()
        os.close(slave)
        os.close(master)


def test_holders_where_the_system_tells_nothing(tmp_path: Path) -> None:
    assert holders(str(tmp_path / "absent")) == []
    assert holders("/dev/null" if sys.platform != "win32" else "NUL", proc=tmp_path / "no-proc") == []
    assert str(Holder(12, "ModemManager")) == "ModemManager (process 12)"


@posix
def test_a_look_opens_no_device_and_sends_no_byte() -> None:
    """The spy: a tty whose every byte would be seen, among the ports; and every file that is opened is noted."""
    master, slave = os.openpty()
    path = os.ttyname(slave)
    os.set_blocking(master, False)
    program = """
import sys
path, opened = sys.argv[1], []
sys.addaudithook(lambda event, given: opened.append(str(given[0])) if event == "open" else None)
from drivers.detect.look import Sources, look
from drivers.ports.holders import holders
from tests.detect.linux_tree import Listed
sight = look(Sources(list_ports=lambda: [Listed(path, "Spy", 0x1a86, 0x7523)]))
assert [one.place for one in sight.found if one.place == path], sight
holders(path)
print(*[name for name in opened if name.startswith("/dev/") and name != "/dev/null"], sep="\\n")
"""
    try:
        seen = subprocess.run(
            [sys.executable, "-c", program, path], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert seen.stdout.strip() == ""
        with pytest.raises(BlockingIOError):
            os.read(master, 100)
    finally:
        os.close(slave)
        os.close(master)
