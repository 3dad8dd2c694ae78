"""uvicorn inside a program that has a loop and signals of its own: up when it says so, gone when it is told to go."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

import uvicorn

if TYPE_CHECKING:
    import socket
    from contextlib import AbstractContextManager

TICK_S = 1.0  # uvicorn makes the Date header anew once a second
LOOK_AGAIN_S = 0.02  # while it stops: whether requests under way have ended
ACCEPT_ROUNDS = 5  # of the loop; a connection that was just accepted is known after three


class WebServer(uvicorn.Server):
    """uvicorn whose signals stay the program's; one can wait until it is up, and it ends when it is told to."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()
        self._ending = asyncio.Event()

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]  # the same, in other words
        """Take none."""
        return nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so by `up`."""
        await super().startup(sockets)
        self.up.set()

    def end(self) -> None:
        """Stop serving: at once, as far as requests under way let it."""
        self.should_exit = True
        self._ending.set()

    async def main_loop(self) -> None:
        """Wait for `end`. uvicorn's own loop looks ten times a second whether it was told to."""
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._ending.wait()
        await _accepted()  # who knocks in this very moment: a listener closed over its head would leave its socket

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let requests under way end, for the configured time; turn away who comes now.

        uvicorn's own does not turn away who connects in the very moment of stopping, and waits for them.
        """
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        try:
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                await self._turn_away()
        except TimeoutError:
            for task in self.server_state.tasks:
                task.cancel()
            for connection in list(self.server_state.connections):  # it was asked, and did not go in time
                if connection.transport is not None:
                    connection.transport.abort()

    async def _turn_away(self) -> None:
        asked: set[Any] = set()
        while True:
            for connection in self.server_state.connections - asked:
                connection.shutdown()
                asked.add(connection)
            await _accepted()
            if not self.server_state.connections and not self.server_state.tasks:
                return
            await asyncio.sleep(LOOK_AGAIN_S)


async def _accepted() -> None:
    """Let the loop finish with connections that it has just accepted."""
    for _ in range(ACCEPT_ROUNDS):
        await asyncio.sleep(0)
