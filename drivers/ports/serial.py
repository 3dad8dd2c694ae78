"""A line over a serial port, by pyserial: `serial://` and `rfc2217://`."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TYPE_CHECKING

import serial

from drivers.errors import PortLost, PortUnavailable
from drivers.ports.fd import write_fd
from drivers.ports.modem import ModemLines
from drivers.ports.refusal import unavailable
from drivers.ports.serial_list import find_serial, in_turn, names_numbers
from drivers.ports.wake import Wake

if sys.platform == "win32":
    _SETTING_UP: tuple[type[Exception], ...] = ()
else:
    import termios

    _SETTING_UP = (termios.error,)

if TYPE_CHECKING:
    from drivers.ports.url import PortUrl

WRITE_SLICE_BYTES = 256  # what a write that is given up may still have going out: a quarter of a second at 9,600 baud
BITS_PER_BYTE = 11  # start, eight, parity, stop: the slowest usual line
READ_POLL_S = 0.2  # how soon a read ends that cannot be cancelled (rfc2217)


class SerialLine:
    """A serial port, read by pyserial and written in slices."""

    def __init__(self, name: str, port: serial.Serial, *, timed: bool = True) -> None:
        self._name = name
        self._serial = port
        self._timed = timed  # False: pyserial's rfc2217 has no write timeout; its socket is lost after 5 s

    def read_some(self) -> bytes:
        """Block until there are bytes. Raises `PortLost`."""
        try:
            return bytes(self._serial.read(max(1, self._serial.in_waiting)))
        except (OSError, TypeError) as error:  # SerialException is an OSError; TypeError: closed while reading
            raise _lost(self._name, error) from error

    def write_some(self, data: memoryview, timeout_s: float) -> int:
        """Write one slice. Raises `PortLost`, also where nobody says how much of one that timed out has gone out."""
        piece = bytes(data[:WRITE_SLICE_BYTES])
        # The whole slice must fit into the time, and at 1,200 baud it needs two seconds by itself.
        within_s = timeout_s + len(piece) * BITS_PER_BYTE / self._serial.baudrate
        try:
            if self._timed and self._serial.write_timeout != within_s:  # setting it configures the port anew
                self._serial.write_timeout = within_s
            taken = self._serial.write(piece)
        except serial.SerialTimeoutException as error:
            gone = self._gone()
            if gone is None:  # sent again, it might be there twice
                raise _lost(self._name, error) from error
            return gone
        except (OSError, TypeError) as error:
            raise _lost(self._name, error) from error
        return len(piece) if taken is None else taken

    def _gone(self) -> int | None:
        """Return how much of a write that timed out went out, which pyserial leaves in its `OVERLAPPED` on Windows."""
        gone: int | None = getattr(getattr(self._serial, "_overlapped_write", None), "InternalHigh", None)
        return gone

    def modem_lines(self) -> ModemLines | None:
        """Return what the other end holds high; None: a pseudo-terminal has no such lines. Raises `PortLost`."""
        port = self._serial
        try:
            return ModemLines(cts=port.cts, dsr=port.dsr, ri=port.ri, cd=port.cd)
        except OSError as error:
            # The last is pyserial's word for a device server that never said anything of its lines.
            if error.errno in {errno.ENOTTY, errno.EINVAL} or "NOTIFY_MODEMSTATE" in str(error):
                return None
            raise _lost(self._name, error) from error
        except TypeError as error:  # closed while asking
            raise _lost(self._name, error) from error

    def interrupt(self) -> None:
        """Wake both threads; on Windows this may have to be repeated."""
        for name in ("cancel_read", "cancel_write"):
            with contextlib.suppress(OSError, TypeError, AttributeError):  # gone; rfc2217 has neither
                getattr(self._serial, name)()

    def close(self) -> None:
        """Close the port."""
        with contextlib.suppress(OSError, TypeError):  # an unplugged device makes some drivers say no
            self._serial.close()


class TtyLine(SerialLine):
    """A POSIX tty: configured and read by pyserial, written by us, so that `written` is exact."""

    def __init__(self, name: str, port: serial.Serial, fd: int, wake: Wake) -> None:
        super().__init__(name, port)
        self._fd = fd
        self._wake = wake

    def write_some(self, data: memoryview, timeout_s: float) -> int:
        """Write what the tty takes. Raises `PortLost`."""
        if not self._wake.writable(self._fd, timeout_s):
            return 0
        return write_fd(self._name, self._fd, data)

    def interrupt(self) -> None:
        """Wake both threads."""
        super().interrupt()
        self._wake.wake()

    def close(self) -> None:
        """Close the port."""
        super().close()
        self._wake.close()


def open_serial(url: PortUrl) -> SerialLine:
    """Open a serial port for this program alone. Raises `PortUnavailable`."""
    remote = url.scheme == "rfc2217"
    device = f"rfc2217://{url.target}:{url.port}" if remote else url.target
    if names_numbers(url):
        device = find_serial(url)
    settings = url.serial
    try:
        port = serial.serial_for_url(
            device,
            do_not_open=True,
            baudrate=settings.baud,
            bytesize=settings.data_bits,
            parity=settings.parity,
            stopbits=settings.stop_bits,
            rtscts=settings.flow == "rtscts",
            xonxoff=settings.flow == "xonxoff",
            dsrdtr=settings.flow == "dsrdtr",
            timeout=READ_POLL_S if remote else None,
        )
    except ValueError as error:  # a speed or a mode this system does not know
        raise _unavailable(url, error, device) from error
    try:
        if not remote:
            port.exclusive = True
        # Before opening: opening raises both lines, which resets some printers and boards.
        port.dtr = settings.dtr
        port.rts = settings.rts
        with in_turn():
            _open(port)
    except (OSError, ValueError) as error:  # SerialException is an OSError
        with contextlib.suppress(OSError):
            port.close()
        raise _unavailable(url, error, device) from error
    if remote or sys.platform == "win32":
        return SerialLine(url.text, port, timed=not remote)
    return TtyLine(url.text, port, port.fileno(), Wake())


def _open(port: serial.Serial) -> None:
    """Open it. Raises `OSError`, also where pyserial lets `termios.error` out: the device went just then."""
    try:
        port.open()
    except _SETTING_UP as error:
        raise OSError(*error.args) from error


def _unavailable(url: PortUrl, error: OSError | ValueError, device: str | None = None) -> PortUnavailable:
    if url.scheme == "rfc2217":
        return PortUnavailable(
            f"{url.text}: {error}", hint="Check the device server's address and that RFC 2217 is on in it."
        )
    code = error.errno if isinstance(error, OSError) else None
    if code is None:
        # On Windows pyserial keeps the reason only as text, and so it does for a file that is no tty.
        for word, meaning in (
            ("FileNotFoundError", errno.ENOENT),
            ("PermissionError", errno.EACCES),
            ("Inappropriate ioctl", errno.ENOTTY),
        ):
            if word in str(error):
                code = meaning
                break
    if code == errno.EACCES and os.name == "nt":
        code = errno.EBUSY  # COM ports have no permissions: refused means held
    return unavailable(url.text, device or url.target, code, error)


def _lost(name: str, error: Exception) -> PortLost:
    return PortLost(f"{name}: {error}", hint="Look at the device's cable; unplug it and plug it in again.")
