"""A WebSocket's protocol: uvicorn's own, and one way more to end."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

CLOSE_WAIT_S = 5.0  # for a listener that was let go to read why


class Listener(WebSocketsSansIOProtocol):
    """A WebSocket that can also be closed on someone who reads nothing.

    uvicorn waits until everything before the close was read, which is what a listener that is let go for
    not reading never does.
    """

    async def send(self, message: Any) -> None:
        """Send what the application says."""
        if message["type"] == "websocket.close" and not self.writable.is_set():
            self.writable.set()
            self.loop.call_later(CLOSE_WAIT_S, self.transport.abort)
        await super().send(message)
