"""What a service tells whoever runs it: that it is ready, that it is alive, how it is; and how it is asked to end.

Three hosts: systemd (sd_notify(3): a datagram to NOTIFY_SOCKET), the Windows service host (`packaging/windows`: lines
on stdout, and stdin closed to ask for the end), and a terminal, which is told nothing.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sys
import threading
from typing import TYPE_CHECKING, BinaryIO, Protocol, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HOSTED = "STILLOPEN_SERVICE_HOST"  # set to "lines" by the Windows host for its child
HOSTED_ALIVE_S = 20.0  # how long that host waits for a sign of life: ALIVE_S in packaging/windows/host/host.h

_log = logging.getLogger("stillopen.service")


class Host(Protocol):
    """Who runs the agent. `alive_s`: how long it waits for a sign of life before it ends the agent; None: for ever."""

    alive_s: float | None

    def ready(self, status: str) -> None:
        """Tell that the store can sell. `status` is one line for a person."""
        ...

    def alive(self, status: str) -> None:
        """Give a sign of life."""
        ...

    def stopping(self) -> None:
        """Tell that the end was asked for."""
        ...

    def listen(self, stop: Callable[[], None]) -> None:
        """Have `stop` called, from any thread, where the host asks for the end by other means than a signal."""
        ...


class Terminal:
    """Nobody that has to be told."""

    alive_s: float | None = None

    def ready(self, status: str) -> None:
        """Tell nothing."""

    def alive(self, status: str) -> None:
        """Tell nothing."""

    def stopping(self) -> None:
        """Tell nothing."""

    def listen(self, stop: Callable[[], None]) -> None:
        """Hear nothing: a terminal sends signals."""


class Systemd:
    """systemd, by sd_notify(3). What cannot be told is logged once and stops nothing."""

    def __init__(self, address: str, alive_s: float | None) -> None:
        self.alive_s = alive_s
        # An abstract socket's name begins with a zero byte, which an environment cannot hold.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._said_why = False

    def ready(self, status: str) -> None:
        """Tell that the store can sell."""
        self._tell("READY=1", f"STATUS={status}")

    def alive(self, status: str) -> None:
        """Give a sign of life."""
        self._tell("WATCHDOG=1", f"STATUS={status}")

    def stopping(self) -> None:
        """Tell that the end was asked for."""
        self._tell("STOPPING=1")

    def listen(self, stop: Callable[[], None]) -> None:
        """Hear nothing: systemd sends signals."""

    def _tell(self, *lines: str) -> None:
        text = "\n".join(line.replace("\n", " ") for line in lines)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
                to.setblocking(False)  # a host that does not listen must not stop a sale
                to.sendto(text.encode("utf-8", "replace"), self._address)
        except OSError as error:
            if not self._said_why:
                _log.warning("systemd cannot be told how the agent is: %s", error)
                self._said_why = True


class Lines:
    """The Windows service host: it reads lines of `out` that begin with `@`, and closes `asked` to ask for the end."""

    def __init__(self, out: TextIO, asked: Callable[[], BinaryIO], alive_s: float | None) -> None:
        self.alive_s = alive_s
        self._out = out
        self._asked = asked
        self._closed: threading.Event | None = None  # from the first time that somebody listens
        self._stop: Callable[[], None] = _nobody

    def ready(self, status: str) -> None:
        """Tell that the store can sell."""
        self._tell("@READY=1", f"@STATUS={status}")

    def alive(self, status: str) -> None:
        """Give a sign of life."""
        self._tell("@WATCHDOG=1", f"@STATUS={status}")

    def stopping(self) -> None:
        """Tell that the end was asked for."""
        self._tell("@STOPPING=1")

    def listen(self, stop: Callable[[], None]) -> None:
        """Have `stop` called when the host has closed its end, or is gone. Called again, the newest is asked."""
        self._stop = stop
        if self._closed is None:
            self._closed = threading.Event()
            threading.Thread(
                target=self._until_closed, args=(self._asked(),), name="asked to stop", daemon=True
            ).start()
        elif self._closed.is_set():
            stop()

    def _until_closed(self, asked: BinaryIO) -> None:
        assert self._closed is not None
        with asked, contextlib.suppress(OSError):  # a pipe whose other end is gone is an error on Windows
            while asked.read(1):
                pass
        self._closed.set()  # before the call: who listens anew meanwhile sees one or the other
        self._stop()

    def _tell(self, *lines: str) -> None:
        self._out.write("".join(line.replace("\n", " ") + "\n" for line in lines))
        self._out.flush()


def own_stdin() -> BinaryIO:
    """Return what stdin was, and leave nothing to read in its place.

    Windows lets one thread at a time at a pipe: a program started from here would inherit it, and wait behind our own
    reading before its first line.
    """
    asked = os.fdopen(os.dup(0), "rb", buffering=0)  # unbuffered: a reading that never ends holds no lock at the exit
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return asked


def _nobody() -> None:
    """Stop nobody: nobody listens yet."""


def host(
    environ: Mapping[str, str] = os.environ,
    *,
    pid: int | None = None,
    out: TextIO | None = None,
    asked: Callable[[], BinaryIO] = own_stdin,
) -> Host:
    """Return who runs this process. What systemd says of another process (WATCHDOG_PID) is not for this one."""
    address = environ.get("NOTIFY_SOCKET", "")
    if address.startswith(("/", "@")) and hasattr(socket, "AF_UNIX"):
        return Systemd(address, _watchdog_s(environ, os.getpid() if pid is None else pid))
    if environ.get(HOSTED) == "lines":
        return Lines(sys.stdout if out is None else out, asked, HOSTED_ALIVE_S)
    return Terminal()


def _watchdog_s(environ: Mapping[str, str], pid: int) -> float | None:
    wanted, of = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not wanted.isascii() or not wanted.isdigit() or int(wanted) == 0 or of not in ("", str(pid)):
        return None
    return int(wanted) / 1e6
