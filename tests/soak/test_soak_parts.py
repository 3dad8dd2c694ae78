"""What the soak rests on: a line that loses just what it says, and a front end that notices when an answer changes."""

from __future__ import annotations

import sys
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.clouds.serving import serving
from tests.soak.front_end import FrontEnd, Refusal
from tests.soak.processes import Broken
from tests.soak.run import Plan, soak
from tests.soak.weather import Shares, Weather

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

ANSWER = b'{"took": true}'


class Counting:
    """A program that counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"14")]})
        await send({"type": "http.response.body", "body": ANSWER})


@pytest.mark.parametrize(
    ("shares", "done", "status"),
    [
        (Shares(), True, 200),
        (Shares(cut=1), True, None),
        (Shares(half=1), True, None),
        (Shares(hang=1), True, None),
        (Shares(error_after=1), True, 500),
        (Shares(error=1), False, 500),
        (Shares(unavailable=1), False, 503),
        (Shares(too_many=1), False, 429),
    ],
    ids=["well", *Shares.__slots__],
)
async def test_a_line_loses_the_answer_or_the_request_as_it_says(
    shares: Shares, *, done: bool, status: int | None
) -> None:
    counting = Counting()
    line = Weather(counting, Random(1), shares)
    seen = None
    async with serving(line) as url, httpx.AsyncClient(trust_env=False) as client:
        try:
            seen = (await client.post(url, content=b"sale")).status_code
        except httpx.RemoteProtocolError:
            assert line.counts["lost answers"] == 1
    assert seen == status
    assert counting.asked == ([b"sale"] if done else [])


class Chance(Random):
    """Draws that lose the first answer to reach the page, and no other."""

    draws = 0

    def random(self) -> float:
        self.draws += 1
        return 0.0 if self.draws == 1 else 1.0


@pytest.mark.parametrize("changes", [False, True])
async def test_an_answer_that_changes_under_its_key_is_complained_of(tmp_path: Path, *, changes: bool) -> None:
    keys: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        if len(keys) == 1:
            raise httpx.ReadError("the agent was killed")
        if len(keys) == 2:
            return httpx.Response(503, json={})
        return httpx.Response(200, json={"sales": len(keys) if changes else 1})

    token = tmp_path / "token"
    token.write_text("a token")
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://agent") as client:
        front_end = FrontEnd(client, token, Chance())
        heard: Any = await front_end.write("POST", "/v1/sales")
    assert heard == {"sales": 4 if changes else 1}
    assert len(keys) == 4
    assert len(set(keys)) == 1
    assert bool(front_end.complaints) == changes


async def test_a_refusal_is_an_answer(tmp_path: Path) -> None:
    async def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(409, json={"code": "nothing-to-refund"})

    token = tmp_path / "token"
    token.write_text("a token")
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://agent") as client:
        with pytest.raises(Refusal) as refusal:
            await FrontEnd(client, token, Random(1)).write("POST", "/v1/refunds")
    assert refusal.value.code == "nothing-to-refund"


def test_an_agent_that_does_not_come_up_ends_the_run_with_its_last_words(tmp_path: Path) -> None:
    program = (sys.executable, "-c", "raise SystemExit('no disk')")
    with pytest.raises(Broken, match="no disk"):
        soak(Plan(1, "1", program=program), tmp_path)
