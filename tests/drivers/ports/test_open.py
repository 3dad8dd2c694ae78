"""Opening: what is refused, and with which next step; files; and ports only some stores have."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
import sys
import threading
from typing import TYPE_CHECKING

import pytest
import serial
from serial import rfc2217

from drivers.errors import PortLost, PortUnavailable, PortUrlInvalid, WriteStalled
from drivers.ports import open_port, parse_port_url
from drivers.ports import threaded as threaded_module
from drivers.ports.refusal import unavailable
from drivers.ports.serial import SerialLine, _unavailable
from drivers.ports.tcp import open_tcp
from drivers.ports.threaded import start_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT_S = 10.0
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX device files")


async def refused(url: str) -> PortUnavailable:
    with pytest.raises(PortUnavailable) as unavailable:
        await open_port(url)
    assert unavailable.value.hint
    return unavailable.value


async def test_a_url_that_is_none_is_told_so() -> None:
    with pytest.raises(PortUrlInvalid):
        await open_port("COM3")


async def test_simulated_devices_exist_only_on_a_bench() -> None:
    assert "stillopen demo" in (await refused("sim://receipt")).hint


async def test_nothing_listens_there() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound, and not listening
        port = held.getsockname()[1]
        assert str(port) in str(await refused(f"tcp://127.0.0.1:{port}"))


async def test_no_such_host() -> None:
    assert "IP address" in (await refused("tcp://printer.invalid:9100")).hint


def test_no_host_can_be_spelled_so() -> None:
    for host in ("192.168..50", f"{'a' * 64}.local", "\u2028"):
        with pytest.raises(PortUnavailable) as unavailable:
            open_tcp("tcp://it", host, 9100)
        assert "IP address" in unavailable.value.hint


@posix
async def test_a_port_has_a_thread_to_write_from_its_first_write_on() -> None:
    master, slave = os.openpty()
    port = await open_port(f"serial://{os.ttyname(slave)}")

    def running() -> set[str]:
        return {thread.name for thread in threading.enumerate()} & {f"read {port.url}", f"write {port.url}"}

    assert running() == {f"read {port.url}"}
    await port.write(b"x", timeout_s=WAIT_S)
    assert running() == {f"read {port.url}", f"write {port.url}"}
    await port.close()
    os.close(slave)
    os.close(master)


@posix
async def test_an_absent_serial_port_and_device_file() -> None:
    for url in ("serial:///dev/ttyNOTHERE0", "file:///dev/usb/lpNOTHERE"):
        assert "Plug the device in" in (await refused(url)).hint


@posix
async def test_a_device_file_that_is_no_serial_port(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    error = await refused(f"serial://{plain}")
    assert "not a serial port" in str(error)
    assert "file://" in error.hint


@posix
async def test_a_serial_port_that_is_held() -> None:
    master, slave = os.openpty()
    url = f"serial://{os.ttyname(slave)}"
    port = await open_port(url)
    assert "another program" in str(await refused(url))
    await port.close()
    again = await open_port(url)
    await again.close()
    os.close(master)
    os.close(slave)


def test_each_refusal_has_its_next_step(tmp_path: Path) -> None:
    path = str(tmp_path)
    for code, word in (
        (errno.ENOENT, "Plug"),
        (errno.ENXIO, "Plug"),
        (errno.EBUSY, "other program"),
        (errno.EIO, "cable"),
        (None, "cable"),
    ):
        assert word in unavailable("it", path, code, OSError(code, "x")).hint


@posix
def test_no_permission_names_the_group_to_join(tmp_path: Path) -> None:
    import grp

    assert "udev" in unavailable("it", "/dev/null", errno.EACCES, OSError()).hint
    assert "udev" in unavailable("it", str(tmp_path / "gone"), errno.EACCES, OSError()).hint
    device = tmp_path / "ttyUSB0"
    device.touch()
    if os.geteuid() == 0:
        os.chown(device, -1, grp.getgrnam("dialout").gr_gid)
    hint = unavailable("it", str(device), errno.EACCES, OSError()).hint
    assert f"usermod -aG {device.group()}" in hint


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has control groups")
def test_what_the_groups_allow_and_the_sandbox_does_not_names_the_sandbox(tmp_path: Path) -> None:
    (tmp_path / "ttyMI0").touch()
    (tmp_path / "port").symlink_to("ttyMI0")
    refused = unavailable("it", str(tmp_path / "port"), errno.EPERM, OSError())
    assert "sandbox does not open" in str(refused)
    assert "DeviceAllow=char-ttyMI rw" in refused.hint


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("could not open port 'COM9': FileNotFoundError(2, 'The system cannot find the file', None, 2)", "not there"),
        ("could not open port 'COM9': PermissionError(13, 'Access is denied.', None, 5)", "COM9"),
        ("Could not configure port: (25, 'Inappropriate ioctl for device')", "not a serial port"),
        ("something else", "something else"),
    ],
)
def test_what_pyserial_says_only_in_words(text: str, word: str) -> None:
    error = _unavailable(parse_port_url("serial://COM9"), serial.SerialException(text))
    assert word in str(error)
    assert error.hint


async def test_a_regular_file_is_appended_to_and_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "receipts.bin"
    for text in (b"one", b"two" * 5000):
        port = await open_port(path.as_uri())
        reading = asyncio.create_task(port.read())
        await port.write(text, timeout_s=WAIT_S)
        assert not reading.done()
        await port.close()
        with pytest.raises(PortLost):
            await reading
    assert path.read_bytes() == b"one" + b"two" * 5000


async def test_a_folder_is_no_file(tmp_path: Path) -> None:
    await refused(tmp_path.as_uri())


@posix
async def test_a_full_disk_is_named() -> None:
    port = await open_port("file:///dev/full")
    with pytest.raises(PortLost, match="disk is full") as lost:
        await port.write(b"x", timeout_s=WAIT_S)
    assert lost.value.written == 0
    await port.close()


@posix
async def test_empty_reads_are_neither_bytes_nor_the_end() -> None:
    port = await open_port("file:///dev/null")  # reads as empty for ever, as usblp does between answers
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(port.read(), 0.05)
    await port.write(b"x", timeout_s=WAIT_S)
    await port.close()


@posix
async def test_a_tty_that_is_hung_up_is_lost() -> None:
    import tty  # POSIX only

    master, slave = os.openpty()
    tty.setraw(slave)
    port = await open_port(f"file://{os.ttyname(slave)}")
    os.close(slave)
    os.write(master, b"hi")
    assert await asyncio.wait_for(port.read(), WAIT_S) == b"hi"
    os.close(master)  # as when its USB plug is pulled: it reads as empty for ever
    with pytest.raises(PortLost) as lost:
        await asyncio.wait_for(port.read(), WAIT_S)
    assert "cable" in lost.value.hint
    await port.close()


@posix
async def test_a_device_file_both_ways(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    port = await open_port(path.as_uri())
    await port.write(b"echo", timeout_s=WAIT_S)
    assert await asyncio.wait_for(port.read(), WAIT_S) == b"echo"
    with pytest.raises(WriteStalled) as stalled:
        await port.write(bytes(1_000_000), timeout_s=0.0)
    assert 0 < stalled.value.written < 1_000_000
    await port.close()


async def test_a_connection_that_is_reset_is_lost_to_reader_and_writer() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    port = await open_port(f"tcp://127.0.0.1:{server.getsockname()[1]}")
    peer, _ = server.accept()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()  # with a reset, as a printer that was switched off answers when it is on again
    with pytest.raises(PortLost) as lost:
        await asyncio.wait_for(port.read(), WAIT_S)
    assert "power" in lost.value.hint
    with pytest.raises(PortLost):
        await port.write(b"x", timeout_s=WAIT_S)
    await port.close()
    server.close()


async def test_an_address_nobody_can_reach() -> None:
    assert "cable" in (await refused("tcp://255.255.255.255:9100")).hint


# The route that Windows and rfc2217 take: pyserial alone, with its slices.


@posix
async def test_pyserial_alone_reads_writes_stalls_and_closes() -> None:
    master, slave = os.openpty()
    path = os.ttyname(slave)

    def open_line() -> SerialLine:
        return SerialLine(path, serial.Serial(path, 115_200, timeout=None, exclusive=True))

    port = await start_port(path, open_line)
    await port.write(b"question", timeout_s=WAIT_S)
    assert os.read(master, 100) == b"question"
    os.write(master, b"answer")
    assert await asyncio.wait_for(port.read(), WAIT_S)
    with pytest.raises(PortLost) as stalled:  # where nobody says how much of the last slice went out
        await port.write(bytes(100_000), timeout_s=0.1)
    assert stalled.value.written % 256 == 0
    reading = asyncio.create_task(_read_all(port))
    await asyncio.sleep(0)
    await asyncio.wait_for(port.close(), WAIT_S)
    with pytest.raises(PortLost):
        await reading
    os.close(master)
    os.close(slave)


@posix
async def test_pyserial_alone_notices_that_the_device_is_gone() -> None:
    master, slave = os.openpty()
    path = os.ttyname(slave)
    port = await start_port(path, lambda: SerialLine(path, serial.Serial(path)))
    os.close(slave)
    os.close(master)
    with pytest.raises(PortLost):
        await asyncio.wait_for(port.read(), WAIT_S)
    with pytest.raises(PortLost):
        await port.write(b"x", timeout_s=WAIT_S)
    await port.close()


async def _read_all(port: threaded_module.ThreadedPort) -> None:
    while True:
        await port.read()


@pytest.fixture
def rfc2217_server() -> Iterator[tuple[int, serial.SerialBase]]:
    """A device server of pyserial's own, with a loop behind it that sends all back."""
    device = serial.serial_for_url("loop://", timeout=0.05)
    server = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.settimeout(0.05)

            class Wire:
                def write(self, data: bytes) -> None:
                    connection.sendall(data)

            manager = rfc2217.PortManager(device, Wire())  # type: ignore[arg-type]  # what its own example gives
            while not done.is_set():
                try:
                    data = connection.recv(1024)
                except TimeoutError:
                    data = None
                if data == b"":
                    return
                if data:
                    device.write(b"".join(manager.filter(data)))
                answer = device.read(device.in_waiting)
                if answer:
                    connection.sendall(b"".join(manager.escape(answer)))

    thread = threading.Thread(target=serve)
    thread.start()
    yield server.getsockname()[1], device
    done.set()
    thread.join()
    server.close()
    device.close()


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # pyserial's, of its own thread
async def test_a_device_server_by_rfc2217(rfc2217_server: tuple[int, serial.SerialBase]) -> None:
    number, device = rfc2217_server
    port = await open_port(f"rfc2217://127.0.0.1:{number}?baud=19200")
    assert device.baudrate == 19200
    await port.write(b"\xff there and back", timeout_s=WAIT_S)
    heard = b""
    while len(heard) < 16:
        heard += await asyncio.wait_for(port.read(), WAIT_S)
    assert heard == b"\xff there and back"
    await port.close()


async def test_a_device_server_that_is_not_there() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        assert "device server" in (await refused(f"rfc2217://127.0.0.1:{held.getsockname()[1]}")).hint


# Drivers that hang.


class HungLine:
    """A line whose driver takes nothing, wakes for nobody, and is slow to close."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.closed = threading.Event()

    def read_some(self) -> bytes:
        self.released.wait()
        return b""

    def write_some(self, data: memoryview, timeout_s: float) -> int:
        self.released.wait()
        return 0

    def interrupt(self) -> None:
        pass

    def close(self) -> None:
        self.released.wait()
        self.closed.set()

    async def is_closed(self) -> None:
        async with asyncio.timeout(WAIT_S):
            while not self.closed.is_set():
                await asyncio.sleep(0.005)


async def test_a_hung_driver_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threaded_module, "CLOSE_WAIT_S", 0.1)
    line = HungLine()
    port = await start_port("serial://COM9", lambda: line)
    writing = asyncio.create_task(port.write(b"x", timeout_s=1.0))
    await asyncio.sleep(0)
    await port.close()
    with pytest.raises(PortLost):
        await writing
    with pytest.raises(PortLost):
        await port.read()
    assert not line.closed.is_set()
    line.released.set()
    await line.is_closed()


async def test_a_driver_that_does_not_open_is_given_up_and_closed_when_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threaded_module, "OPEN_WAIT_S", 0.05)
    line, release = HungLine(), threading.Event()
    line.released.set()

    def open_line() -> HungLine:
        release.wait()
        return line

    with pytest.raises(PortUnavailable) as given_up:
        await start_port("serial://COM9", open_line)
    assert given_up.value.hint
    opening = asyncio.create_task(start_port("serial://COM9", open_line))
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    release.set()
    await line.is_closed()


async def test_a_bug_in_a_line_reaches_whoever_waits() -> None:
    class Broken(HungLine):
        def read_some(self) -> bytes:
            raise ZeroDivisionError

        def write_some(self, data: memoryview, timeout_s: float) -> int:
            raise ZeroDivisionError

    line = Broken()
    line.released.set()
    port = await start_port("serial://COM9", lambda: line)
    with pytest.raises(ZeroDivisionError):
        await port.read()
    with pytest.raises(ZeroDivisionError):
        await port.write(b"x", timeout_s=1.0)
    await port.close()
