"""One exchange over a real socket: what every ending says about the far side."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import traceback
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outbox.connector import Answer, Request
from outbox.retry_after import RETRY_AFTER_MAX_S, asked_to_wait
from outbox.session import AnswerLost, ExchangeError, NotSent, Session, open_client, parse_retry_after, url_fault
from tests.clouds.conftest import hasty
from tests.clouds.serving import Faults, commit_fault, read_body, serving

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

POST = Request("POST", "/x", b'{"a": 1}', (("content-type", "application/json"),))


class Echo:
    """Answers what it was sent, unless a fault is due."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.seen: list[dict[str, str]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        self.seen.append({name.decode(): value.decode() for name, value in scope["headers"]})
        fault = self.faults.due(f"{scope['method']} {scope['path']}", after=False)
        if fault is not None:
            await commit_fault(fault, body, receive, send)
            return
        headers = [(b"X-Loud", b"yes"), (b"set-cookie", b"a=b; Path=/"), (b"location", b"/elsewhere")]
        status = 307 if scope["path"] == "/moved" else 200
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def test_an_answer_comes_back_whole_with_its_names_in_lower_case() -> None:
    echo = Echo()
    async with serving(echo) as base_url, Session(hasty) as session:
        answer = await session.exchange(base_url, POST, {"authorization": "Bearer x"})
        assert (answer.status, answer.body, answer.headers["x-loud"]) == (200, POST.body, "yes")
        await session.exchange(base_url, Request("GET", "/y"), {})
        assert (await session.exchange(base_url, Request("GET", "/moved"), {})).status == 307
    assert len(echo.seen) == 3, "a redirect is not followed"
    assert echo.seen[0]["authorization"] == "Bearer x"
    assert "cookie" not in echo.seen[1]
    assert echo.seen[1].get("content-type") is None


@pytest.mark.parametrize("what", ["hang", "drop", "half"])
async def test_an_answer_that_does_not_come_whole_is_lost(what: str) -> None:
    echo = Echo()
    echo.faults.add(what)
    async with serving(echo) as base_url, Session(hasty) as session:
        with pytest.raises(AnswerLost) as lost:
            await session.exchange(base_url, POST, {"authorization": "Bearer secret"})
        assert "127.0.0.1" in lost.value.hint
        assert "secret" not in str(lost.value)
        assert (await session.exchange(base_url, POST, {})).status == 200


async def test_an_answer_that_drips_or_never_stops_is_cut_off() -> None:
    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while (await receive())["type"] != "http.disconnect":
            await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": True})

    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass

    async with serving(endless) as base_url, Session(open_client, answer_bytes_max=900) as session:
        with pytest.raises(AnswerLost, match="larger than 900 bytes"):
            await session.exchange(base_url, Request("GET", "/"), {})
    async with serving(silent) as base_url, Session(open_client, exchange_s=0.1) as session:
        with pytest.raises(AnswerLost, match=r"did not finish its answer in 0\.1 s"):
            await session.exchange(base_url, Request("GET", "/"), {})


async def test_the_first_client_is_made_once_and_holds_up_nothing_else() -> None:
    made: list[int] = []
    meanwhile = threading.Event()

    def slow(parallel: int) -> httpx.AsyncClient:
        made.append(parallel)
        assert meanwhile.wait(10), "the loop stood still while the client was made"
        return hasty(parallel)

    async with serving(Echo()) as base_url, Session(slow) as session:
        first = [asyncio.create_task(session.exchange(base_url, POST, {})) for _ in range(3)]
        while not made:
            await asyncio.sleep(0)
        meanwhile.set()
        assert [answer.status for answer in await asyncio.gather(*first)] == [200, 200, 200]
    assert len(made) == 1


async def test_nobody_there_is_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    async with Session(hasty) as session:
        for url in (f"http://127.0.0.1:{port}", "https://name.invalid", "http://example.com", "ftp://x", "https://"):
            with pytest.raises(NotSent) as caught:
                await session.exchange(url, POST, {})
            assert caught.value.hint


async def test_a_peer_that_speaks_no_tls_is_sent_nothing() -> None:
    echo = Echo()
    async with serving(echo) as base_url, Session(hasty) as session:
        with pytest.raises(NotSent) as caught:
            await session.exchange(base_url.replace("http:", "https:"), POST, {})
    assert echo.seen == []
    assert isinstance(caught.value.__cause__, httpx.ConnectError)


@pytest.mark.parametrize("token", ["sk-live-hidden\nsecond line", "sk-live-hidden-\u00e4"])
async def test_a_header_that_cannot_be_sent_is_not_sent_and_quoted_nowhere(token: str) -> None:
    echo = Echo()
    async with serving(echo) as base_url, Session(hasty) as session:
        with pytest.raises(NotSent, match="cannot be sent") as caught:
            await session.exchange(base_url, POST, {"authorization": f"Bearer {token}"})
    assert echo.seen == []
    told = "".join(traceback.format_exception(caught.value)) + caught.value.hint
    assert "hidden" not in told
    assert "stillopen check" in told


async def test_a_proxy_that_is_wrong_is_named_and_never_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    echo = Echo()
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with serving(echo) as base_url, Session(hasty) as session:
        assert (await session.exchange(base_url, POST, {})).status == 200
        assert (await session.exchange(base_url.replace("127.0.0.1", "localhost"), POST, {})).status == 200
        with pytest.raises(NotSent):
            await session.exchange("https://cloud.invalid", POST, {})
    monkeypatch.setenv("ALL_PROXY", "socks9://127.0.0.1:9")
    async with Session(hasty) as session:
        with pytest.raises(NotSent) as caught:
            await session.exchange("https://cloud.invalid", POST, {})
    assert "ALL_PROXY" in caught.value.hint


async def test_neither_address_nor_headers_nor_bodies_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with serving(Echo()) as base_url, Session(open_client) as session:
            await session.exchange(base_url, Request("POST", "/hook-9a8b7c", b"body-9a8b7c"), {"x": "header-9a8b7c"})
    assert "9a8b7c" not in caplog.text


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://connect.example.com", None), ("https://connect.example.com/a?b=c", None),
        ("http://localhost:8000", None), ("http://127.9.9.9", None), ("http://[::1]:80/x", None),
        ("http://example.com", "https"), ("http://10.0.0.1", "https"), ("ftp://x", "URL"), ("x", "URL"), ("", "URL"),
        ("https://", "URL"), ("https://u:p@example.com", "password"), ("https://example.com/#a", "#"),
        ("https://[::1", "URL"), ("https://example.com:99999", "URL"),
    ],
)  # fmt: skip
def test_which_addresses_a_cloud_may_have(url: str, fault: str | None) -> None:
    found = url_fault(url)
    assert (found is None) if fault is None else (found is not None and fault in found)


def test_both_endings_are_one_family() -> None:
    assert issubclass(NotSent, ExchangeError)
    assert issubclass(AnswerLost, ExchangeError)


# --- Retry-After ---

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None), ("", None), ("0", 0.0), ("7", 7.0), (" 120 ", 120.0), ("-3", None), ("1.5", None),
        ("99999", RETRY_AFTER_MAX_S), ("9" * 400, RETRY_AFTER_MAX_S), ("٣", None), ("soon", None),
        ("Fri, 20 Nov 2026 12:01:00 GMT", 60.0), ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("Fri, 20 Nov 2026 13:01:00 +0100", 60.0), ("Sat, 21 Nov 2099 12:01:00 GMT", RETRY_AFTER_MAX_S),
        ("Fri, 20 Nov 2026 12:01:00 -0000", 60.0), ("Fri, 99 Nov 2026 12:01:00 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_in_seconds_and_as_a_date(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_no_retry_after_however_strange_trips(value: str) -> None:
    found = parse_retry_after(value, NOW)
    assert found is None or 0 <= found <= RETRY_AFTER_MAX_S


def test_a_date_is_read_by_the_clock_that_wrote_it() -> None:
    def after(now: datetime | None, **headers: Any) -> float | None:
        return asked_to_wait(Answer(429, {name.replace("_", "-"): v for name, v in headers.items()}, b""), now)

    date = "Fri, 20 Nov 2026 12:01:00 GMT"
    assert after(NOW, retry_after=date) == 60.0
    assert after(NOW + timedelta(days=9), retry_after=date, date="Fri, 20 Nov 2026 12:00:30 GMT") == 30.0
    assert after(None, retry_after=date) is None
    assert after(None, retry_after="5") == 5.0
    assert after(None) is None


async def test_a_pool_that_stays_full_and_a_path_that_is_none_send_nothing() -> None:
    echo = Echo()
    echo.faults.add("hang")
    async with serving(echo) as base_url, Session(hasty, parallel=1) as session:
        first = asyncio.create_task(session.exchange(base_url, POST, {}))
        while not echo.seen:
            await asyncio.sleep(0)
        with pytest.raises(NotSent, match="no connection") as caught:
            await session.exchange(base_url, POST, {})
        assert isinstance(caught.value.__cause__, httpx.PoolTimeout)
        with pytest.raises(AnswerLost):
            await first
        with pytest.raises(NotSent, match="cannot be called"):
            await session.exchange(base_url, Request("GET", "/a\x00b"), {})
    assert len(echo.seen) == 1
