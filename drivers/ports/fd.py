"""A line over a POSIX file descriptor, or a plain file anywhere: `file://`."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

from drivers.errors import PortLost, PortUnavailable
from drivers.ports.ieee1284 import DEVICE_ID_BYTES_MAX, DeviceId, PortStatus, parse_device_id, parse_port_status
from drivers.ports.refusal import unavailable
from drivers.ports.wake import Wake

READ_BYTES_MAX = 4096  # one read; a tty's own buffer holds this much
WRITE_SLICE_BYTES = 1024  # one write; a write that was given up stops this soon
EMPTY_READ_WAIT_S = 0.1  # usblp answers empty packets as empty reads: they are not the end, and not to be spun on


# usblp's, from linux/lp.h and drivers/usb/class/usblp.c: an int, and _IOC(_IOC_READ, 'P', 1, size)
LPGETSTATUS = 0x060B
LPIOC_GET_DEVICE_ID = 2 << 30 | DEVICE_ID_BYTES_MAX << 16 | ord("P") << 8 | 1


class FdLine:
    """A descriptor that does not block.

    `reads` is False where nothing ever comes back; `waits` is False for a regular file, which always takes
    bytes and which Windows cannot wait for.
    """

    def __init__(self, name: str, fd: int, wake: Wake, *, reads: bool = True, waits: bool = True) -> None:
        self._name = name
        self._fd = fd
        self._wake = wake
        self._reads = reads
        self._waits = waits

    def read_some(self) -> bytes:
        """Block until there are bytes. Raises `PortLost`."""
        if not self._wake.readable(self._fd if self._reads else None):
            return b""
        try:
            data = os.read(self._fd, READ_BYTES_MAX)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise _lost(self._name, error) from error
        if not data:
            if self._wake.hung_up(self._fd):
                raise _lost(self._name, OSError(errno.EIO, "it was hung up"))
            self._wake.readable(None, EMPTY_READ_WAIT_S)
        return data

    def write_some(self, data: memoryview, timeout_s: float) -> int:
        """Write what the descriptor takes. Raises `PortLost`."""
        if self._waits and not self._wake.writable(self._fd, timeout_s):
            return 0
        return write_fd(self._name, self._fd, data)

    def port_status(self) -> PortStatus | None:
        """Ask usblp for the port status; None: this is not usblp. Raises `PortLost`."""
        answer = self._ask(LPGETSTATUS, 4)
        return None if answer is None else parse_port_status(answer[0 if sys.byteorder == "little" else 3])

    def device_id(self) -> DeviceId | None:
        """Ask usblp for the device id; None: this is not usblp. Raises `PortLost`."""
        answer = self._ask(LPIOC_GET_DEVICE_ID, DEVICE_ID_BYTES_MAX)
        return None if answer is None else parse_device_id(answer)

    def interrupt(self) -> None:
        """Wake both threads."""
        self._wake.wake()

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._fd)
        self._wake.close()

    def _ask(self, request: int, count: int) -> bytes | None:
        if sys.platform == "win32":
            return None
        import fcntl  # POSIX only

        try:
            return fcntl.ioctl(self._fd, request, bytes(count))
        except OSError as error:
            if error.errno in {errno.ENODEV, errno.EIO}:
                raise _lost(self._name, error) from error
            return None


def write_fd(name: str, fd: int, data: memoryview) -> int:
    """Write one slice now, and return exactly how much of it was taken. Raises `PortLost`."""
    try:
        return os.write(fd, data[:WRITE_SLICE_BYTES])
    except BlockingIOError:
        return 0
    except OSError as error:
        raise _lost(name, error) from error


def open_file(url: str, path: str) -> FdLine:
    """Open a device file to read and write, or a regular file to append to. Raises `PortUnavailable`."""
    try:
        if _is_device(path):
            if sys.platform == "win32":  # there, only sockets can be waited for
                raise PortUnavailable(
                    f"{url} is a device, which file:// cannot open on Windows",
                    hint="Write serial://COM3 for a serial port, or tcp://host:9100 for a printer on the network.",
                )
            fd, reads = _open_device(path)
            return FdLine(url, fd, Wake(), reads=reads)
        return FdLine(url, _open_regular(path), Wake(), reads=False, waits=False)
    except OSError as error:
        raise unavailable(url, path, error.errno, error) from error


def _is_device(path: str) -> bool:
    try:
        return not stat.S_ISREG(Path(path).stat().st_mode)
    except FileNotFoundError:
        # An unplugged printer's device file is gone. A regular file made in its place would swallow receipts.
        if path.startswith("/dev/"):
            raise
        return False


def _open_device(path: str) -> tuple[int, bool]:
    flags = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    try:
        return os.open(path, os.O_RDWR | flags), True
    except OSError as error:
        if error.errno not in {errno.EACCES, errno.EINVAL, errno.EROFS}:
            raise
    return os.open(path, os.O_WRONLY | flags), False  # a one-way printer


def _open_regular(path: str) -> int:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
    return os.open(path, flags, 0o600)


def _lost(name: str, error: OSError) -> PortLost:
    if error.errno == errno.ENOSPC:
        return PortLost(f"{name}: the disk is full", hint="Free some space on this computer's disk.")
    return PortLost(f"{name}: {error.strerror or error}", hint="Look at the device's cable and power.")
