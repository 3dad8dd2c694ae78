"""The token is sent to the agent alone: whoever else listens on its port is asked for a proof, and gets nothing."""

from __future__ import annotations

import asyncio
import re
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from agent import api_token
from agent.app import App
from agent.cli.out import CommandError
from agent.cli.running import RunningAgent
from agent.config import load
from agent.places import Places
from agent.proof import proof
from agent.server import AddressTaken, Server
from tests.api.shop import Shop, browser
from tests.api.test_api_routes import shaped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    Answer = Callable[[str], Awaitable[str]]  # what is answered to a nonce

NONCE = "n" * 32
BARE = """
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"

[[till]]
id = "till-1"

"""


class Thief:
    """Another user's program on the agent's port: keeps what it was sent, and answers every request for a proof."""

    def __init__(self, answer: Answer, *, stays: bool) -> None:
        self.heard = b""
        self.port = 0
        self._answer = answer
        self._stays = stays

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await _request(reader):
                self.heard += head
                found = re.search(rb"nonce=(\S+)", head)
                body = (await self._answer(found[1].decode()) if found else "{}").encode()
                end = b"" if self._stays else b"Connection: close\r\n"
                writer.write(b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s" % (end, len(body), body))
                if not self._stays:
                    break
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


@asynccontextmanager
async def a_thief(
    answer: Answer, *, host: str = "127.0.0.1", port: int = 0, stays: bool = True
) -> AsyncIterator[Thief]:
    thief = Thief(answer, stays=stays)
    server = await asyncio.start_server(thief.meet, host, port)
    thief.port = server.sockets[0].getsockname()[1]
    async with server:
        yield thief


async def refused(host: str, port: int, token: str) -> str:
    with pytest.raises(CommandError) as raised:
        await asyncio.to_thread(RunningAgent(host, port, token).ask, "GET", "/v1/status")
    return str(raised.value)


async def test_the_agent_proves_itself_and_is_asked(shop: Shop) -> None:
    agent = RunningAgent("127.0.0.1", shop.server.port, shop.token)
    assert (await asyncio.to_thread(agent.ask, "GET", "/v1/status"))["selling"]
    said = await refused("127.0.0.1", shop.server.port, "another state's token, of another agent")
    assert "does not know the token of this state folder: it was not sent there" in said


async def test_anyone_may_ask_for_a_proof_and_only_with_a_nonce(shop: Shop) -> None:
    answer = await shop.stranger.get("/v1/proof", params={"nonce": NONCE})
    shaped("Proof", shop.body(answer))
    at = [(host, shop.server.port) for host in ("127.0.0.1", "::1")]
    assert answer.json()["proof"] in {proof(api_token.digest(shop.token), NONCE, one) for one in at}
    for nonce in ("", "short", "x" * 65, "with a space, and long enough"):
        assert (await shop.stranger.get("/v1/proof", params={"nonce": nonce})).status_code == 422


async def test_who_makes_something_up_is_not_sent_the_token(shop: Shop) -> None:
    async def nothing(_nonce: str) -> str:
        return "{}"

    async def words(_nonce: str) -> str:
        return "not JSON"

    for answer in (nothing, words):
        async with a_thief(answer) as thief:
            await refused("127.0.0.1", thief.port, shop.token)
        assert b"/v1/proof" in thief.heard
        assert shop.token.encode() not in thief.heard


async def test_a_proof_handed_on_from_the_agent_is_none(shop: Shop) -> None:
    async def hand_on(nonce: str) -> str:
        async with browser(base_url=f"http://127.0.0.1:{shop.server.port}") as client:
            return (await client.get("/v1/proof", params={"nonce": nonce})).text

    for host, port in (("127.0.0.1", 0), ("127.0.0.2", shop.server.port)):  # another port; another address
        async with a_thief(hand_on, host=host, port=port) as thief:
            assert "does not know the token" in await refused(host, thief.port, shop.token)
        assert b"/v1/proof" in thief.heard
        assert shop.token.encode() not in thief.heard


async def test_once_the_line_is_cut_nobody_else_is_sent_the_token(shop: Shop) -> None:
    async def true(nonce: str) -> str:  # the agent itself, and then it goes
        return f'{{"proof": "{proof(api_token.digest(shop.token), nonce, ("127.0.0.1", goes.port))}"}}'

    async with a_thief(true, stays=False) as goes:
        assert "no agent answers" in await refused("127.0.0.1", goes.port, shop.token)
    assert goes.heard.count(b"GET ") == 1
    assert shop.token.encode() not in goes.heard


async def test_events_come_over_the_line_that_was_proved(shop: Shop) -> None:
    agent = RunningAgent("127.0.0.1", shop.server.port, shop.token)
    where, headers, line = await asyncio.to_thread(agent.events, "none")
    try:
        assert where == f"ws://127.0.0.1:{shop.server.port}/v1/events?claim=none"
        assert line.getpeername() == ("127.0.0.1", shop.server.port)
        assert headers == {"Authorization": f"Bearer {shop.token}"}
    finally:
        line.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 - a store's own choice
async def test_an_agent_on_every_address_is_found_on_this_pc(tmp_path: Path, host: str) -> None:
    try:
        socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError:
        pytest.skip(f"this PC cannot listen on {host}")
    file = tmp_path / "stillopen.toml"
    file.write_text(f'{BARE}[api]\nhost = "{host}"\n', "utf-8")
    async with App(load(file), tmp_path / "state") as app, Server(app, port=0) as server:
        agent = RunningAgent.find(Places(file, tmp_path / "state"), server.port)
        assert (await asyncio.to_thread(agent.ask, "GET", "/v1/status"))["selling"]


async def test_a_port_that_another_has_means_a_new_token(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "stillopen.toml"
    file.write_text(BARE, "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as other:
        async with App(load(file), tmp_path / "state") as app:
            before = api_token.read(tmp_path / "state")
            with pytest.raises(AddressTaken):
                await Server(app, port=other.getsockname()[1]).start()
            after = api_token.read(tmp_path / "state")
            assert before
            assert after
            assert before != after
            assert "there is a new one" in caplog.text
            async with Server(app, port=0) as server, browser(base_url=server.url) as client:
                for token, status in ((before, 401), (after, 200)):
                    answer = await client.get("/v1/status", headers={"Authorization": f"Bearer {token}"})
                    assert answer.status_code == status
