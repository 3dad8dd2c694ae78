"""A receiver of records in a process of its own: `python -m bench.receiver` prints its port and ends with its input.

It reads as little of HTTP as it must, so that it is the sender that is measured. `POST /records/20` is answered
after 20 ms; `GET /seen` answers how many records have come, and how many of them with different ids, and forgets
them. What came is read only then: a record, or an array of them.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
_LENGTH = b"content-length:"


class Receiver(asyncio.Protocol):
    """One connection; `came` holds the bodies of all of them."""

    def __init__(self, came: list[bytes]) -> None:
        self._came = came
        self._buffer = bytearray()
        self._wanted = 0  # bytes in the buffer before it is worth looking again

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= self._wanted and (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end])
            self._wanted = end + 4 + _length(head)
            if len(self._buffer) < self._wanted:
                return
            body = bytes(self._buffer[end + 4 : self._wanted])
            del self._buffer[: self._wanted]
            self._wanted = 0
            self._answer(head.split(b" ", 2)[1], body)

    def _answer(self, path: bytes, body: bytes) -> None:
        if path == b"/seen":
            said = json.dumps(_counted(self._came)).encode()
            self._came.clear()
        else:
            self._came.append(body)
            said = b"{}"
        answer = _OK % (len(said), said)
        late_ms = path.rpartition(b"/")[2]
        if late_ms.isdigit() and int(late_ms):
            asyncio.get_running_loop().call_later(int(late_ms) / 1000, self._transport.write, answer)
        else:
            self._transport.write(answer)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(_LENGTH):
            return int(line.removeprefix(_LENGTH))
    return 0


def _counted(bodies: list[bytes]) -> tuple[int, int]:
    ids = []
    for body in bodies:
        value = json.loads(body)
        ids += [record["id"] for record in (value if isinstance(value, list) else [value])]
    return len(ids), len(set(ids))


@asynccontextmanager
async def running(*, core_of_its_own: bool = False) -> AsyncIterator[str]:
    """Start one; yields its address, and it ends with the block.

    On a core of its own (where the system lets a process choose) it is not the sender's time that it takes.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.receiver", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    mine = os.sched_getaffinity(0) if sys.platform == "linux" else set()
    try:
        if sys.platform == "linux" and core_of_its_own and len(mine) > 1:
            os.sched_setaffinity(process.pid, {max(mine)})
            os.sched_setaffinity(0, mine - {max(mine)})
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        if sys.platform == "linux":
            os.sched_setaffinity(0, mine)
        process.stdin.close()
        await process.wait()


async def main() -> None:
    """Serve until standard input ends: the bench that started it is gone then, however it went."""
    loop = asyncio.get_running_loop()
    came: list[bytes] = []
    server = await loop.create_server(lambda: Receiver(came), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.buffer.read)
    os._exit(0)  # connections that are kept alive are nobody's any more


if __name__ == "__main__":
    asyncio.run(main())
