"""What a service tells whoever runs it: that it is ready, that it is alive, how it is.

Three hosts: systemd (sd_notify(3): a datagram to NOTIFY_SOCKET), the Windows service host (`packaging/windows`: lines
on stdout), and a terminal, which is told nothing.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

HOSTED = "STILLOPEN_SERVICE_HOST"  # set by the Windows host for its child: "lines", and how often in seconds it listens
HOSTED_ALIVE_S = 20.0  # how long that host waits for a sign of life

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


class Terminal:
    """Nobody that has to be told."""

    alive_s: float | None = None

    def ready(self, status: str) -> None:
        """Tell nothing."""

    def alive(self, status: str) -> None:
        """Tell nothing."""

    def stopping(self) -> None:
        """Tell nothing."""


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
    """The Windows service host, which reads lines that begin with `@` from the agent's stdout."""

    def __init__(self, out: TextIO, alive_s: float | None) -> None:
        self.alive_s = alive_s
        self._out = out

    def ready(self, status: str) -> None:
        """Tell that the store can sell."""
        self._tell("@READY=1", f"@STATUS={status}")

    def alive(self, status: str) -> None:
        """Give a sign of life."""
        self._tell("@WATCHDOG=1", f"@STATUS={status}")

    def stopping(self) -> None:
        """Tell that the end was asked for."""
        self._tell("@STOPPING=1")

    def _tell(self, *lines: str) -> None:
        self._out.write("".join(line.replace("\n", " ") + "\n" for line in lines))
        self._out.flush()


def host(environ: Mapping[str, str] = os.environ, *, pid: int | None = None, out: TextIO | None = None) -> Host:
    """Return who runs this process. What systemd says of another process (WATCHDOG_PID) is not for this one."""
    address = environ.get("NOTIFY_SOCKET", "")
    if address.startswith(("/", "@")) and hasattr(socket, "AF_UNIX"):
        return Systemd(address, _watchdog_s(environ, os.getpid() if pid is None else pid))
    if environ.get(HOSTED) == "lines":
        return Lines(sys.stdout if out is None else out, HOSTED_ALIVE_S)
    return Terminal()


def _watchdog_s(environ: Mapping[str, str], pid: int) -> float | None:
    wanted, of = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not wanted.isascii() or not wanted.isdigit() or int(wanted) == 0 or of not in ("", str(pid)):
        return None
    return int(wanted) / 1e6
