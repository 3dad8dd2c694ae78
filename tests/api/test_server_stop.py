from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING

from agent.server import Server
from tests.api.shop import open_shop

if TYPE_CHECKING:
    from pathlib import Path

TICK_S = 0.2  # longer than uvicorn sleeps between two looks at whether it is to stop
PATIENCE_S = 20.0


async def test_who_connects_in_the_moment_of_stopping_is_turned_away(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        server = Server(shop.app, port=0)
        await server.start()
        stopping = asyncio.create_task(server.stop())
        await asyncio.sleep(0)
        with socket.create_connection(("127.0.0.1", server.port)) as late:
            time.sleep(TICK_S)  # noqa: ASYNC251 - the loop is to find the connection and the stop in one round
            await stopping
            late.settimeout(PATIENCE_S)
            assert await asyncio.to_thread(late.recv, 1) == b""
