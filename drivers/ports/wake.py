"""Waiting for a file or a socket in a way that another thread can end."""

from __future__ import annotations

import contextlib
import select
import socket
import sys


class Wake:
    """Ends the waits of every thread, for good, once `wake` is called."""

    def __init__(self) -> None:
        self._heard, self._said = socket.socketpair()

    def readable(self, fd: int | None, timeout_s: float | None = None) -> bool:
        """Wait until `fd` can be read; None waits for `wake` alone. False: woken, or the time is over."""
        return self._wait(fd, None, timeout_s)

    def writable(self, fd: int, timeout_s: float | None) -> bool:
        """Wait until `fd` takes bytes. False: woken, or the time is over."""
        return self._wait(None, fd, timeout_s)

    def hung_up(self, fd: int) -> bool:
        """Return whether `fd` has lost its other end for good. False on Windows, which cannot say."""
        if sys.platform == "win32":
            return False
        poll = select.poll()
        poll.register(fd, 0)  # a hang-up is told unasked
        return any(event & select.POLLHUP for _, event in poll.poll(0))

    def wake(self) -> None:
        """End every wait, now and later. Never raises."""
        with contextlib.suppress(OSError):  # closed already
            self._said.send(b"\0")

    def close(self) -> None:
        """Let go of both ends."""
        self._heard.close()
        self._said.close()

    def _wait(self, reading: int | None, writing: int | None, timeout_s: float | None) -> bool:
        heard = self._heard.fileno()
        if sys.platform == "win32":
            readers = [heard] if reading is None else [heard, reading]
            ready = select.select(readers, [] if writing is None else [writing], [], timeout_s)
            return heard not in ready[0] and any(ready)
        poll = select.poll()  # unlike select, for descriptors above 1,023 too
        poll.register(heard, select.POLLIN)
        if reading is not None:
            poll.register(reading, select.POLLIN)
        if writing is not None:
            poll.register(writing, select.POLLOUT)
        events = poll.poll(None if timeout_s is None else timeout_s * 1000)
        return bool(events) and heard not in {fd for fd, _ in events}
