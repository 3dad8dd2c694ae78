"""What real calls show, over lines on 127.0.0.1 that are whole, half dead, or somebody else's."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from agent.config.sections import LineConfig
from agent.events import Events
from agent.line import neutral
from agent.line.exchanges import Exchanges
from agent.line.link import Link
from agent.line.reach import Reach, of_error
from agent.line.watch import AGAIN_S, EVERY_S, FIRST_S, GAP_S, Line
from outbox.connector import Request
from outbox.courier import LaneState
from outbox.session import AnswerLost, ExchangeError, NotSent, Session, open_client
from tests.line.lines import EMPTY, EXPIRED, FOREIGN, HALF, PAGE, REDIRECT, SUCCESS, far_end, nobody

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

LOOK = Request("HEAD", "/")


def impatient(parallel: int) -> httpx.AsyncClient:
    """Return the shipped client, with less patience for what never speaks."""
    client = open_client(parallel)
    client.timeout = httpx.Timeout(0.2)
    return client


async def shown(url: str, client: Callable[[int], httpx.AsyncClient] = impatient) -> Reach:
    exchanges = Exchanges(lambda _: False)
    async with Session(client) as session:
        watched = exchanges.through("there", session)
        with contextlib.suppress(ExchangeError):
            await watched.exchange(url, LOOK, {})
    return exchanges.newest["there"].reach


@contextlib.asynccontextmanager
async def speaking_first(says: bytes) -> AsyncIterator[int]:
    """Say something to whoever connects, and hang up."""

    def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(says)
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("says", "certificate", "reach"),
    [
        (EMPTY, None, Reach.ANSWERED),
        (PAGE, None, Reach.ANSWERED),
        (b"", None, Reach.SILENT),
        (b"SSH-2.0-OpenSSH\r\n\r\n", None, Reach.SILENT),
        (EMPTY, FOREIGN, Reach.FOREIGN_CERTIFICATE),
        (REDIRECT, FOREIGN, Reach.FOREIGN_CERTIFICATE),
    ],
)
async def test_a_cloud_is_told_from_whoever_else_answers(says: bytes, certificate: Path | None, reach: Reach) -> None:
    async with far_end(says, certificate=certificate) as far:
        scheme = "http" if certificate is None else "https"
        assert await shown(f"{scheme}://127.0.0.1:{far.port}") is reach
        assert len(far.asked) == (certificate is None)  # no request goes to somebody else's certificate


async def test_a_line_without_tls_where_there_has_to_be_is_somebody_elses() -> None:
    async with far_end(b"") as far:
        assert await shown(f"https://127.0.0.1:{far.port}") is Reach.UNREACHED  # it never spoke
    for first, reach in ((PAGE, Reach.FOREIGN_CERTIFICATE), (b"", Reach.UNREACHED)):
        async with speaking_first(first) as port:
            assert await shown(f"https://127.0.0.1:{port}") is reach


async def test_a_certificate_that_ran_out_is_the_clocks_fault_or_its_own() -> None:
    def trusts(_: int) -> httpx.AsyncClient:
        return httpx.AsyncClient(verify=ssl.create_default_context(cafile=EXPIRED), trust_env=False)

    async with far_end(EMPTY, certificate=EXPIRED) as far:
        assert await shown(f"https://127.0.0.1:{far.port}", trusts) is Reach.CLOCK


async def test_nobody_there() -> None:
    assert await shown(f"http://127.0.0.1:{await nobody()}") is Reach.UNREACHED


@pytest.mark.parametrize(
    ("cause", "error", "reach"),
    [
        (socket.gaierror(socket.EAI_NONAME, "no such name"), NotSent, Reach.NO_NAME),
        (socket.gaierror(socket.EAI_AGAIN, "try again"), NotSent, Reach.NO_NAME_SERVICE),
        (OSError("no route to host"), NotSent, Reach.UNREACHED),
        (ConnectionResetError("reset"), AnswerLost, Reach.SILENT),
    ],
)
def test_a_name_that_is_not_found(cause: OSError, error: type[ExchangeError], reach: Reach) -> None:
    lost = error("lost", hint="try again")
    lost.__cause__ = httpx.ConnectError("not there")
    lost.__cause__.__cause__ = cause
    assert of_error(lost) is reach


@pytest.mark.parametrize(
    ("says", "config", "reach"),
    [
        (EMPTY, {}, Reach.ANSWERED),
        (SUCCESS, {"probe_status": 200, "probe_text": "success"}, Reach.ANSWERED),
        (REDIRECT, {}, Reach.FOREIGN_PAGE),
        (PAGE, {}, Reach.FOREIGN_PAGE),
        (PAGE, {"probe_status": 200, "probe_text": "success"}, Reach.FOREIGN_PAGE),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n" + b"x" * 99_999, {}, Reach.FOREIGN_PAGE),
        (HALF, {"probe_status": 200, "probe_text": "success"}, Reach.SILENT),
        (b"", {}, Reach.SILENT),
    ],
)
async def test_a_sign_in_page_is_not_the_neutral_page(says: bytes, config: dict[str, object], reach: Reach) -> None:
    async with far_end(says) as far:
        wanted = LineConfig.model_validate({"probe_url": f"http://127.0.0.1:{far.port}/generate_204", **config})
        assert await neutral.ask(wanted, open_client, within_s=0.3) is reach
        assert far.asked == ["GET /generate_204"]


async def test_the_neutral_page_behind_tls_and_behind_nothing() -> None:
    async with far_end(EMPTY, certificate=FOREIGN) as far:
        wanted = LineConfig(probe_url=f"https://127.0.0.1:{far.port}/")
        assert await neutral.ask(wanted, open_client, within_s=5) is Reach.FOREIGN_CERTIFICATE
    wanted = LineConfig(probe_url=f"http://127.0.0.1:{await nobody()}/")
    assert await neutral.ask(wanted, open_client, within_s=5) is Reach.UNREACHED


# --- the task that asks ---


class Watching:
    """A line that is looked after, in time that only goes by when it sleeps."""

    def __init__(self, *, beyond: bool = True, probe_url: str | None = None) -> None:
        self.now = datetime(2026, 11, 21, 12, tzinfo=UTC)
        self.slept: list[float] = []
        self.asked: list[str] = []
        self.looked = 0  # at the local network
        self.held: set[str] = set()
        self.reach = {"a": Reach.ANSWERED, "b": Reach.ANSWERED}
        self.events = Events()
        self.heard = self.events.subscribe("a test")
        self.exchanges = Exchanges(self.held.__contains__, now=lambda: self.now)
        self.line = Line(
            LineConfig(probe_url=probe_url),
            self.exchanges,
            self.events,
            hosts={"a": ("a.example", beyond), "b": ("b.example", beyond)},
            ask=self.ask,
            lane=lambda _: LaneState.OPEN,
            link=self.link,
            now=lambda: self.now,
            sleep=self.sleep,
        )

    async def ask(self, cloud: str) -> None:
        self.asked.append(cloud)
        self.exchanges.note(cloud, self.reach[cloud])

    async def link(self, now: datetime) -> Link:
        self.looked += 1
        return Link(now, route=True, gateway="192.0.2.1", answers=True)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    async def rounds(self, count: int) -> list[float]:
        """Let it go round; returns how long it slept between, the gaps left out."""
        running = asyncio.create_task(self.line.run())
        while len(self.slept) < 1 + 2 * count:
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert self.slept[0] == FIRST_S
        assert set(self.slept[1 : 1 + 2 * count : 2]) == {GAP_S}
        return self.slept[2 : 1 + 2 * count : 2]

    def states(self) -> tuple[str, str, str]:
        view = self.line.view()
        return view["network"]["state"], view["internet"]["state"], view["clouds"]["a"]["state"]


async def test_a_line_that_carries_is_asked_once_a_minute_and_nothing_else_is() -> None:
    watching = Watching()
    assert await watching.rounds(5) == [EVERY_S] * 5
    assert watching.asked == ["a", "b"] * 5
    assert watching.looked == 0
    assert watching.states() == ("up", "up", "up")


async def test_what_the_clouds_own_traffic_shows_is_not_asked_for() -> None:
    watching = Watching()
    watching.exchanges.note("a", Reach.ANSWERED)
    await watching.line.look()
    assert watching.asked == ["b"]
    watching.exchanges.note("a", Reach.UNREACHED)
    await watching.line.look()
    assert watching.asked == ["b", "a"]


async def test_a_line_that_is_gone_is_asked_less_and_less_often() -> None:
    watching = Watching()
    watching.reach = {"a": Reach.UNREACHED, "b": Reach.SILENT}
    delays = await watching.rounds(6)
    assert delays == [AGAIN_S, AGAIN_S * 2, AGAIN_S * 4, AGAIN_S * 8, EVERY_S, EVERY_S]
    assert watching.looked == 6
    assert watching.states() == ("up", "down", "down")


async def test_held_clouds_are_not_asked_and_neither_is_anything_else() -> None:
    async with far_end(EMPTY) as far:
        watching = Watching(probe_url=f"http://127.0.0.1:{far.port}/")
        watching.held |= {"a", "b"}
        await watching.line.look()
        assert (watching.asked, watching.looked, far.asked) == ([], 0, [])
        assert watching.states() == ("unknown", "unknown", "offline")


async def test_a_neutral_page_tells_a_clouds_trouble_from_the_internets() -> None:
    async with far_end(EMPTY) as far:
        watching = Watching(probe_url=f"http://127.0.0.1:{far.port}/")
        watching.reach = {"a": Reach.UNREACHED, "b": Reach.UNREACHED}
        await watching.line.look()
        assert watching.states() == ("up", "up", "down")
        assert watching.looked == 0
        far.says = REDIRECT
        await watching.line.look()
        assert watching.states() == ("up", "portal", "down")
        assert watching.line.view()["internet"]["cause"] == "foreign_page"


async def test_a_change_is_told_once_and_says_since_when() -> None:
    watching = Watching()
    await watching.line.look()
    watching.now += timedelta(seconds=EVERY_S)
    await watching.line.look()
    since = watching.line.view()["clouds"]["a"]["since"]
    watching.now += timedelta(seconds=30)
    watching.exchanges.note("a", Reach.SILENT)
    watching.exchanges.note("a", Reach.SILENT)
    told = [await watching.heard.next() for _ in range(watching.heard._waiting.qsize())]
    assert [text.count('"type":"line"') for text in told] == [1] * 3  # a answered, then b; then a was silent
    lamp = watching.line.view()["clouds"]["a"]
    assert lamp["state"] == "down"
    assert lamp["since"] == lamp["at"] == watching.now.isoformat() != since


async def test_a_fault_in_one_round_does_not_end_the_next() -> None:
    watching = Watching()
    good = watching.ask
    told: list[str] = []

    async def faulty(cloud: str) -> None:
        if not told:
            told.append(cloud)
            raise ZeroDivisionError
        await good(cloud)

    watching.line._ask = faulty
    assert await watching.rounds(2) == [AGAIN_S, EVERY_S]


async def test_a_cloud_that_begins_to_fail_is_looked_into_at_once_and_one_that_goes_on_failing_is_not() -> None:
    watching = Watching()
    await watching.line.look()
    watching.line._wake.clear()
    watching.exchanges.note("a", Reach.UNREACHED)
    assert watching.line._wake.is_set()
    watching.line._wake.clear()
    for reach in (Reach.SILENT, Reach.UNREACHED, Reach.SILENT):
        watching.exchanges.note("a", reach)
    assert not watching.line._wake.is_set()
    watching.exchanges.note("a", Reach.ANSWERED)
    assert not watching.line._wake.is_set()
    watching.exchanges.note("a", Reach.UNREACHED)
    assert watching.line._wake.is_set()
