"""A line from a keyboard-wedge scanner on Linux, by evdev: `evdev:///dev/input/by-id/...`. Its bytes are key events.

The device is grabbed, so that nothing it types reaches the desktop, until the port is closed. An ioctl of two
numbers is all it takes; a library for it would have to be compiled on the store's PC.
Source: linux/input.h, linux/uapi/asm-generic/ioctl.h (x86 and ARM).
"""

from __future__ import annotations

import errno
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from drivers.errors import NotReady, PortUnavailable
from drivers.ports.fd import FdLine
from drivers.ports.refusal import unavailable
from drivers.ports.wake import Wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.ports.url import PortUrl

KEY_BYTES = 96  # a bit for each key that Linux numbers, KEY_CNT of them
KEYS_UP_WAIT_S = 1.0  # a key held at the grab stays pressed on the desktop; longer than this it is stuck anyway
LOOK_S = 0.02

EVIOCGRAB = 1 << 30 | 4 << 16 | ord("E") << 8 | 0x90  # _IOW('E', 0x90, int)
EVIOCGKEY = 2 << 30 | KEY_BYTES << 16 | ord("E") << 8 | 0x18  # _IOC(_IOC_READ, 'E', 0x18, len)


class Ioctl(Protocol):
    """What is used of `fcntl.ioctl`."""

    def __call__(self, fd: int, request: int, arg: int | bytes, /) -> int | bytes:
        """Ask or tell the device. Raises `OSError`."""
        ...


class EvdevLine:
    """A grabbed keyboard."""

    def __init__(self, name: str, line: FdLine) -> None:
        self._name = name
        self._line = line

    def read_some(self) -> bytes:
        """Block until there are events. Raises `PortLost`."""
        return self._line.read_some()

    def write_some(self, data: memoryview, timeout_s: float) -> int:  # noqa: ARG002 - nothing is ever written
        """Raise `NotReady`: a keyboard has no way back."""
        raise NotReady(
            f"{self._name}: a keyboard wedge takes no commands",
            hint="Switch the scanner to USB-COM or HID-POS, or leave its family out of the configuration.",
        )

    def interrupt(self) -> None:
        """Wake the reading thread."""
        self._line.interrupt()

    def close(self) -> None:
        """Close the device; the system lets go of the grab."""
        self._line.close()


def open_evdev(url: PortUrl, ioctl: Ioctl | None = None, *, sleep: Callable[[float], None] = time.sleep) -> EvdevLine:
    """Open and grab the keyboard that `url` names; `ioctl` is the system's by default. Raises `PortUnavailable`."""
    if sys.platform == "win32":
        raise PortUnavailable(
            f"{url.text}: Windows keeps keyboards to itself",
            hint="Switch the scanner to USB-COM or HID-POS; or leave the port out and scan into the till page.",
        )
    ioctl = ioctl or _system_ioctl()
    try:
        fd = os.open(url.target, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError as error:
        raise PortUnavailable(f"{url.text}: no permission to open {url.target}", hint=udev_rule(url.target)) from error
    except OSError as error:
        raise unavailable(url.text, url.target, error.errno, error) from error
    try:
        _wait_for_keys_up(fd, ioctl, sleep)
        ioctl(fd, EVIOCGRAB, 1)
    except OSError as error:
        os.close(fd)
        if error.errno in {errno.ENOTTY, errno.EINVAL}:
            raise PortUnavailable(
                f"{url.text}: {url.target} is no input device",
                hint="Write the scanner's name under /dev/input/by-id, the one that ends in -event-kbd.",
            ) from error
        raise unavailable(url.text, url.target, error.errno, error) from error
    return EvdevLine(url.text, FdLine(url.text, fd, Wake()))


def udev_rule(path: str, sys_input: Path = Path("/sys/class/input")) -> str:
    """Return what lets the agent read this one device: the group `input` would let it read every keyboard."""
    ids = sys_input / Path(path).resolve().name / "device" / "id"
    try:
        vendor, product = ((ids / each).read_text().strip() for each in ("vendor", "product"))
    except OSError:  # no input device, or gone
        return f"Let the agent's user read {path}, or name the scanner's own file under /dev/input/by-id."
    return (
        f'Put SUBSYSTEM=="input", KERNEL=="event*", ATTRS{{id/vendor}}=="{vendor}", ATTRS{{id/product}}=="{product}",'
        ' GROUP="lp", MODE="0660" into /etc/udev/rules.d/70-stillopen-wedge.rules, add the agent\'s user to the group'
        " lp, run `sudo udevadm control --reload`, and plug the scanner in again."
    )


def _system_ioctl() -> Ioctl:
    from importlib import import_module

    return cast("Ioctl", import_module("fcntl").ioctl)  # POSIX only


def _wait_for_keys_up(fd: int, ioctl: Ioctl, sleep: Callable[[float], None]) -> None:
    for _ in range(int(KEYS_UP_WAIT_S / LOOK_S)):
        held = ioctl(fd, EVIOCGKEY, bytes(KEY_BYTES))
        if not isinstance(held, bytes) or not any(held):
            return
        sleep(LOOK_S)
