"""A port: a byte stream to a device, named by a URL. What every kind of port promises."""

from __future__ import annotations

from typing import Protocol


class Port(Protocol):
    """An open byte stream. One task reads, one task writes; `close` may come from any.

    A port never repeats, reorders or drops bytes by itself, and never reconnects: that is the
    supervisor's decision, because only it knows what the bytes meant.
    """

    url: str

    async def read(self) -> bytes:
        """Wait for bytes and return at least one. Raises `PortLost`; safe to cancel, losing nothing."""
        ...

    async def write(self, data: bytes, *, timeout_s: float) -> None:
        """Return when all of `data` was taken by the operating system or the peer.

        `timeout_s` is how long to wait *without any progress*. Raises `WriteStalled` or `PortLost`,
        each with `written`: how many bytes of `data` went out.
        """
        ...

    async def close(self) -> None:
        """Let go of the port. Never raises, never hangs, and may be called twice."""
        ...
