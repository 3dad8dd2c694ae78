"""A line over TCP: a network printer's port 9100, or a serial device server."""

from __future__ import annotations

import contextlib
import socket

from drivers.errors import PortLost, PortUnavailable
from drivers.ports.wake import Wake

CONNECT_TIMEOUT_S = 4.0  # for each address; a printer on the store's own network answers in milliseconds
READ_BYTES_MAX = 4096
# What the operating system may hold for a peer that takes nothing: small, so that "written" is near to what
# the printer has, and a stall shows within a receipt or two. Linux doubles it.
SEND_BUFFER_BYTES = 16 * 1024
KEEPALIVE_IDLE_S = 10  # a printer switched off says nothing: ask after this long without a word,
KEEPALIVE_EVERY_S = 5  # again every so often,
KEEPALIVE_TRIES = 3  # and call it lost after so many: 25 s in all


class TcpLine:
    """A connected socket."""

    def __init__(self, name: str, sock: socket.socket, wake: Wake) -> None:
        self._name = name
        self._socket = sock
        self._wake = wake

    def read_some(self) -> bytes:
        """Block until there are bytes. Raises `PortLost`, also when the peer has closed."""
        if not self._wake.readable(self._socket.fileno()):
            return b""
        try:
            data = self._socket.recv(READ_BYTES_MAX)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise _lost(self._name, error.strerror or str(error)) from error
        if not data:
            raise _lost(self._name, "the other end closed the connection")
        return data

    def write_some(self, data: memoryview, timeout_s: float) -> int:
        """Send what the socket takes. Raises `PortLost`."""
        if not self._wake.writable(self._socket.fileno(), timeout_s):
            return 0
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise _lost(self._name, error.strerror or str(error)) from error

    def interrupt(self) -> None:
        """Wake both threads."""
        self._wake.wake()

    def close(self) -> None:
        """Say goodbye in order (what was sent still arrives) and close."""
        with contextlib.suppress(OSError):  # the peer was quicker
            self._socket.shutdown(socket.SHUT_WR)
        self._socket.close()
        self._wake.close()


def open_tcp(url: str, host: str, port: int) -> TcpLine:
    """Connect. Raises `PortUnavailable`."""
    try:
        sock = socket.create_connection((host, port), timeout=CONNECT_TIMEOUT_S)
    except (socket.gaierror, UnicodeError) as error:  # the latter: no name can be spelled so
        raise PortUnavailable(
            f"{url}: no device is called {host}",
            hint="Write the device's IP address in its port; its self-test page shows it.",
        ) from error
    except ConnectionRefusedError as error:
        raise PortUnavailable(
            f"{url}: {host} is there, but nothing answers on port {port}",
            hint="Check the port number (printers use 9100) and that raw printing is on in the printer.",
        ) from error
    except OSError as error:  # TimeoutError and the unreachable ones
        raise PortUnavailable(
            f"{url}: {error.strerror or error}",
            hint=f"Check that the device is on, its network cable is in, and its address is still {host}.",
        ) from error
    _configure(sock)
    return TcpLine(url, sock, Wake())


def _configure(sock: socket.socket) -> None:
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        ("TCP_KEEPIDLE", KEEPALIVE_IDLE_S),
        ("TCP_KEEPINTVL", KEEPALIVE_EVERY_S),
        ("TCP_KEEPCNT", KEEPALIVE_TRIES),
    ):
        if hasattr(socket, option):  # Windows has them since 10 1709, macOS names one otherwise
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def _lost(name: str, why: str) -> PortLost:
    return PortLost(f"{name}: {why}", hint="Look at the device's power and network cable.")
