"""A bare page and the WebSocket it speaks to, in a process of their own: `python -m bench.echo_page PORT FILE`.

What is typed before Enter goes to the server and comes back as a line; of `pay`, as many bytes as a record has are
appended to the file and synced first. Nothing is looked up, priced or kept.
"""

from __future__ import annotations

import asyncio
import sys
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.http11 import Response

from bench import bare, shop
from outbox.record import canonical

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request

LINES = 1  # of the sale whose record is as long
PAGE = """<!doctype html><meta charset="utf-8"><title>Bare</title><ul></ul>
<script>
const list = document.querySelector("ul");
let typed = "";
const socket = new WebSocket(`ws://${location.host}/ws`);
socket.onopen = () => { document.body.className = "ready"; document.body.dataset.live = "true"; };
socket.onmessage = ({ data }) => {
  const line = document.createElement("li");
  line.className = data === "pay" ? "done" : "line-face";
  line.textContent = data;
  list.append(line);
};
addEventListener("keydown", (event) => {
  if (event.key === "Enter") {
    socket.send(typed);
    typed = "";
  } else if (event.key.length === 1) typed += event.key;
});
</script>
"""


async def main(port: int, file: Path) -> None:
    """Serve until ended."""
    body = canonical(shop.record_body(LINES))
    with bare.append_only(file) as descriptor:

        async def answer(socket: ServerConnection) -> None:
            async for message in socket:
                if message == "pay":
                    await asyncio.to_thread(bare.append, descriptor, body)
                await socket.send(message)

        def page(_: ServerConnection, request: Request) -> Response | None:
            if request.path == "/ws":
                return None
            text = PAGE.encode()
            headers = Headers({"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(text))})
            return Response(HTTPStatus.OK, HTTPStatus.OK.phrase, headers, text)

        async with serve(answer, "127.0.0.1", port, process_request=page, compression=None):
            await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
