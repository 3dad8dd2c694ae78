"""A receiver of records in a process of its own: `python -m bench.receiver` prints its port and ends with its input.

It reads as little of HTTP as it must, so that it is the sender that is measured. `POST /records/20` is
answered after 20 ms; `GET /seen` answers how many different `webhook-id`s have come, and forgets them.
"""

from __future__ import annotations

import asyncio
import os
import sys

_OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"


class Receiver(asyncio.Protocol):
    seen: set[bytes]

    def __init__(self, seen: set[bytes]) -> None:
        self.seen = seen
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, rest = self._buffer.partition(b"\r\n\r\n")
            request, *lines = head.split(b"\r\n")
            headers = {
                name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)
            }
            length = int(headers.get(b"content-length", 0))
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            self._answer(request.split(b" ")[1], headers)

    def _answer(self, path: bytes, headers: dict[bytes, bytes]) -> None:
        if path == b"/seen":
            said = str(len(self.seen)).encode()
            self.seen.clear()
        else:
            self.seen.add(headers.get(b"webhook-id", b""))
            said = b"{}"
        answer = _OK % (len(said), said)
        late_ms = path.rpartition(b"/")[2]
        if late_ms.isdigit() and int(late_ms):
            asyncio.get_running_loop().call_later(int(late_ms) / 1000, self._transport.write, answer)
        else:
            self._transport.write(answer)


async def main() -> None:
    """Serve until standard input ends: the bench that started it is gone then, however it went."""
    loop = asyncio.get_running_loop()
    seen: set[bytes] = set()
    server = await loop.create_server(lambda: Receiver(seen), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.buffer.read)
    os._exit(0)  # connections that are kept alive are nobody's any more


if __name__ == "__main__":
    asyncio.run(main())
