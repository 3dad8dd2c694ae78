"""Hearing of plugs: Linux' messages as they come, names under /dev, Windows' registry; and who is tried again then."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.detect.uevent import is_plug
from drivers.detect.watch import device_names, registry_names, watch
from drivers.device import DeviceState
from drivers.errors import PortUnavailable
from drivers.simulated.wire import null_modem
from drivers.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from drivers.port import Port

WAIT_S = 10.0
KERNEL = b"add@/devices/pci/usb1/1-2/1-2:1.0/tty/ttyACM0\0ACTION=add\0DEVNAME=ttyACM0\0SUBSYSTEM=tty\0SEQNUM=7\0"
PROPERTIES = b"ACTION=remove\0SUBSYSTEM=hidraw\0DEVPATH=/devices/x\0"
UDEV = struct.pack("=8sIIIIIIII", b"libudev\0", 0xCAFEFEED, 40, 40, len(PROPERTIES), 0, 0, 0, 0) + PROPERTIES


@pytest.mark.parametrize(
    ("message", "plug"),
    [
        (KERNEL, True),
        (UDEV, True),
        (KERNEL.replace(b"=tty\0", b"=net\0"), False),
        (KERNEL.replace(b"=add", b"=change"), False),
        (UDEV[:12], False),
        (b"", False),
        (b"libudev\0" + b"\xff" * 40, False),
    ],
)
def test_what_a_message_says(message: bytes, plug: bool) -> None:  # noqa: FBT001 - the case's own verdict
    assert is_plug(message) is plug


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_message(message: bytes) -> None:
    assert not is_plug(message)
    assert not is_plug(b"libudev\0" + message)


@asynccontextmanager
async def watching(**how: Any) -> AsyncIterator[asyncio.Semaphore]:
    told = asyncio.Semaphore(0)
    task = asyncio.create_task(watch(told.release, **how))
    try:
        yield told
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_message_is_told_and_told_again() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ours.setblocking(False)
    with theirs:
        async with asyncio.timeout(WAIT_S), watching(messages=ours, again_s=(0, 0, 0)) as told:
            for message in (b"noise", KERNEL):
                theirs.send(message)
            for _ in range(3):
                await told.acquire()
            theirs.send(UDEV)
            await told.acquire()
    assert ours.fileno() == -1


async def test_a_name_that_comes_or_goes_is_told(tmp_path: Path) -> None:
    def names() -> object:
        return device_names(str(tmp_path))

    (tmp_path / "ttyACM0").touch()
    first = names()
    looks = asyncio.Event()

    def signature() -> object:
        looks.set()
        return names()

    async with asyncio.timeout(WAIT_S), watching(signature=signature, look_s=0.001, again_s=(0,)) as told:
        await looks.wait()
        (tmp_path / "null").touch()  # none of ours
        (tmp_path / "serial/by-id").mkdir(parents=True)
        (tmp_path / "serial/by-id/usb-Honeywell").touch()
        await told.acquire()
        (tmp_path / "ttyACM0").unlink()
        await told.acquire()
        (tmp_path / "ttyACM0").touch()  # the same number, another device
        await told.acquire()
    assert names() != first


async def test_a_watch_that_fails_says_so() -> None:
    def broken() -> object:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await watch(lambda: None, signature=broken)


class Winreg:
    """The part of `winreg` that is read, as Microsoft documents it, over a dictionary."""

    HKEY_LOCAL_MACHINE = object()

    def __init__(self, keys: dict[str, dict[str, str]]) -> None:
        self.keys = keys

    def OpenKey(self, root: object, name: str) -> Any:  # noqa: N802 - winreg's own
        assert root is self.HKEY_LOCAL_MACHINE
        if name not in self.keys:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        return _Key(self.keys[name])

    def QueryInfoKey(self, key: _Key) -> tuple[int, int, int]:  # noqa: N802
        return 0, len(key.values), 0

    def EnumValue(self, key: _Key, at: int) -> tuple[str, str, int]:  # noqa: N802
        if at >= len(key.values):
            raise OSError(259, "No more data is available")
        return *list(key.values.items())[at], 1


class _Key:
    def __init__(self, values: dict[str, str]) -> None:
        self.values = values

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


def test_windows_registry_changes_with_what_is_plugged_in() -> None:
    ports = r"HARDWARE\DEVICEMAP\SERIALCOMM"
    winreg = Winreg({ports: {r"\Device\USBSER000": "COM3"}})
    before = registry_names(winreg)
    assert before == registry_names(winreg)
    winreg.keys[ports] = {r"\Device\USBSER000": "COM4"}  # renumbered
    renumbered = registry_names(winreg)
    del winreg.keys[ports]  # Windows takes the key away with the last port
    winreg.keys[r"SYSTEM\CurrentControlSet\Services\HidUsb\Enum"] = {"Count": "1", "0": r"USB\VID_05E0&PID_1300\Z1"}
    assert len({repr(before), repr(renumbered), repr(registry_names(winreg))}) == 3


async def test_a_device_that_waits_is_tried_again_at_a_nudge() -> None:
    """Its back-off is an hour here: without the nudge it would not be back."""
    there = False
    states: list[DeviceState] = []

    async def open_port() -> Port:
        if not there:
            raise PortUnavailable("not there", hint="plug it in")
        host, _ = null_modem("sim://it")
        return host

    async def session(port: Port) -> None:
        await port.read()

    async def sleep(_seconds: float) -> None:
        await asyncio.sleep(3600)

    supervisor = Supervisor(
        "it",
        "scanner",
        "sim://it",
        open_port=open_port,
        session=session,
        on_state=lambda view: states.append(view.state),
        sleep=sleep,
    )

    async def until(state: DeviceState, times: int) -> None:
        while states.count(state) < times:
            await asyncio.sleep(0)

    supervisor.nudge()  # nobody runs it: nothing to do
    running = asyncio.create_task(supervisor.run())
    async with asyncio.timeout(WAIT_S):
        await until(DeviceState.LOST, 1)
        supervisor.nudge()
        supervisor.nudge()
        await until(DeviceState.LOST, 2)
        there = True
        supervisor.nudge()
        await until(DeviceState.READY, 1)
        supervisor.nudge()  # and one that runs is left alone
        await asyncio.sleep(0)
    assert supervisor.view.state is DeviceState.READY
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert states[-1] is DeviceState.STOPPED


def test_names_of_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert device_names(os.fspath(tmp_path / "absent")) == set()
