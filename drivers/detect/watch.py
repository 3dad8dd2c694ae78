"""Hearing that something was plugged in or pulled out, within a second: by Linux' own messages, else by looking.

Looking reads lists the system keeps anyway (names under /dev, values of the registry). No device is asked, and no
port is enumerated or opened: on Windows either may disturb an open that goes on.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from typing import TYPE_CHECKING, Any

from drivers.detect.uevent import is_plug

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_S = 1.0  # between two looks; a replugged scanner should be back before the cashier tries again
AGAIN_S = (0.1, 0.4, 1.0)  # after news: udev makes names and permissions some hundred ms after the kernel speaks
MESSAGE_BYTES_MAX = 8192  # udev sends no more than its own properties; the kernel's buffer is 2 KiB

_UEVENT = 15  # NETLINK_KOBJECT_UEVENT, linux/netlink.h
_KERNEL_AND_UDEV = 1 | 2  # the groups that speak
_DEV_FOLDERS = ("", "usb", "input", "serial/by-id", "serial/by-path")
_DEV_NAMES = ("ttyUSB", "ttyACM", "hidraw", "lp", "event", "usb-", "pci-", "platform-")
_ENUMS = ("usbprint", "HidUsb", "usbser")  # services of Windows whose Enum key lists the devices that are there

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    Signature = Callable[[], object]


async def watch(
    changed: Callable[[], None],
    *,
    messages: socket.socket | None = None,
    signature: Signature | None = None,
    look_s: float = LOOK_S,
    again_s: tuple[float, ...] = AGAIN_S,
) -> None:
    """Call `changed`, several times in the second after something came or went, until cancelled.

    `messages` is where the system speaks (default: Linux' netlink), `signature` what changes with what is plugged in.
    """
    news = asyncio.Event()
    messages = messages or (None if signature else _netlink())
    listening = asyncio.create_task(
        _look(news, signature or _signature(), look_s) if messages is None else _hear(news, messages),
        name="plugs",
    )
    try:
        while True:
            await _news(news, listening)
            waits = list(again_s)
            while waits:
                news.clear()
                await asyncio.sleep(waits.pop(0))
                changed()
                if news.is_set():
                    waits = list(again_s)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        if messages is not None:
            messages.close()


async def _news(news: asyncio.Event, listening: asyncio.Task[None]) -> None:
    """Wait for news. Raises what the listener died of."""
    heard = asyncio.ensure_future(news.wait())
    try:
        await asyncio.wait({heard, listening}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        heard.cancel()
    if listening.done():
        listening.result()


async def _hear(news: asyncio.Event, messages: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    while True:
        try:
            message = await loop.sock_recv(messages, MESSAGE_BYTES_MAX)
        except OSError as error:  # ENOBUFS: there was more than the kernel keeps; something was plugged in
            log.debug("messages of the system were lost: %s", error)
            news.set()
            await asyncio.sleep(LOOK_S)
            continue
        if is_plug(message):
            news.set()


async def _look(news: asyncio.Event, signature: Signature, look_s: float) -> None:
    before = signature()
    while True:
        await asyncio.sleep(look_s)
        now = signature()
        if now != before:
            before = now
            news.set()


def _netlink() -> socket.socket | None:
    """Return a socket on which Linux speaks; None: it does not here (another system, a container)."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        messages = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _UEVENT)
    except OSError:
        return None
    try:
        messages.setblocking(False)
        messages.bind((0, _KERNEL_AND_UDEV))
    except OSError:
        messages.close()
        return None
    return messages


def _signature() -> Signature:
    if sys.platform == "win32":
        import winreg

        return lambda: registry_names(winreg)
    return device_names


def device_names(dev: str = "/dev") -> object:
    """Return the names under /dev that come and go with devices, and when each came: a tty may keep its number."""
    found = set()
    for folder in _DEV_FOLDERS:
        try:
            with os.scandir(os.path.join(dev, folder)) as entries:  # noqa: PTH118 - a Path each second, for nothing
                found |= {(folder, entry.name, _made(entry)) for entry in entries if entry.name.startswith(_DEV_NAMES)}
        except OSError:  # there is none of these now
            continue
    return found


def _made(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_ctime_ns
    except OSError:  # gone meanwhile
        return 0


def registry_names(winreg: Any) -> object:
    r"""Return what Windows' registry lists of serial ports, printers and HID devices; `winreg` is the module.

    HARDWARE\DEVICEMAP\SERIALCOMM holds the ports there are, a service's Enum key the devices its driver has.
    """
    keys = [r"HARDWARE\DEVICEMAP\SERIALCOMM", *(rf"SYSTEM\CurrentControlSet\Services\{name}\Enum" for name in _ENUMS)]
    found = []
    for name in keys:
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, name) as key:
                count = winreg.QueryInfoKey(key)[1]
                found.append(tuple(winreg.EnumValue(key, at)[:2] for at in range(count)))
        except OSError:  # no such port or driver now, or it changed while it was read
            found.append(())
    return found
