"""What a port has received and nobody has read yet: filled by any thread, emptied by the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque

# A printer's answers are a few bytes and a scan is at most 8 KB. A session that leaves this much unread
# has stopped reading, and then the operating system's own flow control is the right place to wait.
INBOX_BYTES_MAX = 64 * 1024


class Inbox:
    """Bytes in order, then the error that ended them. Nothing is taken by a cancelled `take`.

    `whole`: each piece that was put is taken by itself, as it was.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, whole: bool = False) -> None:
        self._loop = loop
        self._whole = whole
        self._arrived = asyncio.Event()
        self._room = threading.Condition()
        self._pieces: deque[bytes] = deque()
        self._size = 0  # of all of them, in bytes
        self._end: Exception | None = None

    def put(self, data: bytes) -> None:
        """Add bytes, from any thread."""
        with self._room:
            self._pieces.append(data)
            self._size += len(data)
        self._wake()

    def end(self, error: Exception) -> None:
        """Say why nothing more will come, from any thread. The first reason counts."""
        with self._room:
            self._end = self._end or error
            self._room.notify_all()
        self._wake()

    def wait_for_room(self) -> bool:
        """Block the calling thread until there is room. False: it has ended."""
        with self._room:
            self._room.wait_for(lambda: self._end is not None or self._size < INBOX_BYTES_MAX)
            return self._end is None

    async def take(self) -> bytes:
        """Wait for bytes and return all there are, or one whole piece; then raises what `end` was given."""
        while True:
            with self._room:
                if self._pieces:
                    data = self._pieces.popleft()
                    if not self._whole:
                        data = b"".join((data, *self._pieces))
                        self._pieces.clear()
                    self._size -= len(data)
                    self._room.notify_all()
                    return data
                if self._end is not None:
                    raise self._end
                self._arrived.clear()
            await self._arrived.wait()

    def _wake(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody is left to read
            self._loop.call_soon_threadsafe(self._arrived.set)
