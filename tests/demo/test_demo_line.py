"""The line that can be cut, over real sockets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from agent.demo.line import HOST, Line

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1024):
            writer.write(data)
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(echo, HOST, 0)
    relay = Line(server.sockets[0].getsockname()[1])
    await relay.plug()
    yield relay
    await relay.close()
    server.close()


async def test_what_goes_in_comes_out_at_the_other_end(line: Line) -> None:
    reader, writer = await asyncio.open_connection(HOST, line.port)
    writer.write(b"a sale" * 10_000)
    writer.write_eof()
    assert await reader.read() == b"a sale" * 10_000
    writer.close()
    await writer.wait_closed()


async def test_cut_tears_off_what_is_under_way_and_refuses_what_comes(line: Line) -> None:
    reader, writer = await asyncio.open_connection(HOST, line.port)
    writer.write(b"half a")
    assert await reader.readexactly(6) == b"half a"
    await line.cut()
    assert not line.plugged
    assert await _ended(reader)
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(HOST, line.port)


async def test_it_can_be_cut_and_plugged_in_at_the_same_address_again_and_again(line: Line) -> None:
    port = line.port
    for _ in range(5):
        await line.cut()
        await line.cut()
        await line.plug()
        await line.plug()
        assert line.port == port
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"there")
        assert await reader.readexactly(5) == b"there"
        writer.close()
        await writer.wait_closed()


async def test_a_cloud_that_is_not_there_closes_the_connection(line: Line) -> None:
    nowhere = Line(_closed_port())
    await nowhere.plug()
    reader, writer = await asyncio.open_connection(HOST, nowhere.port)
    assert await _ended(reader)
    writer.close()
    await nowhere.close()


async def _ended(reader: asyncio.StreamReader) -> bool:
    """Say whether the other end is gone, by an end of file or by a reset."""
    try:
        return await reader.read() == b""
    except ConnectionError:
        return True


def _closed_port() -> int:
    import socket

    with socket.socket() as taken:
        taken.bind((HOST, 0))
        return int(taken.getsockname()[1])
