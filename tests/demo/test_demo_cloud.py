"""The demo's cloud: signatures, each fact once, and its troubles."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest
from standardwebhooks import Webhook

from agent.demo.cloud import CloudServer, DemoCloud, Trouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
RECORD = json.dumps(
    {"kind": "sale", "receipt_number": "TILL-1-000001", "total": 1250, "occurred_at": "2026-11-20T12:00:00+01:00"}
)


@pytest.fixture
async def cloud() -> AsyncIterator[tuple[DemoCloud, httpx.AsyncClient]]:
    receiver = DemoCloud(SECRET)
    server = CloudServer(receiver)
    port = await server.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        yield receiver, client
    await server.stop()


async def post(client: httpx.AsyncClient, id_: str, *, at: float | None = None, body: str = RECORD) -> httpx.Response:
    moment = datetime.fromtimestamp(time.time() if at is None else at, UTC)
    headers = {
        "webhook-id": id_,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(id_, moment, RECORD),
    }
    return await client.post("/records", content=body, headers=headers)


async def test_a_record_is_kept_once_however_often_it_comes(cloud: tuple[DemoCloud, httpx.AsyncClient]) -> None:
    receiver, client = cloud
    assert [(await post(client, "a")).status_code for _ in range(3)] == [204, 204, 204]
    assert list(receiver.orders) == ["a"]
    assert receiver.doubles == 2
    assert receiver.orders["a"].to_json()["total"] == 1250


async def test_what_is_signed_wrongly_or_long_ago_is_refused(cloud: tuple[DemoCloud, httpx.AsyncClient]) -> None:
    receiver, client = cloud
    assert (await post(client, "a", body=RECORD.replace("1250", "1"))).status_code == 401
    assert (await post(client, "a", at=time.time() - 3_600)).status_code == 401
    assert (await client.post("/records", content=RECORD)).status_code == 401
    odd = {"webhook-id": "a", "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1,??? v2,x"}
    assert (await client.post("/records", content=RECORD, headers=odd)).status_code == 401
    assert (receiver.orders, receiver.refused) == ({}, 4)


async def test_unavailable_keeps_nothing(cloud: tuple[DemoCloud, httpx.AsyncClient]) -> None:
    receiver, client = cloud
    receiver.trouble = Trouble.UNAVAILABLE
    assert (await post(client, "a")).status_code == 503
    assert receiver.orders == {}


async def test_hanging_keeps_the_record_and_lets_go_when_the_demo_ends(
    cloud: tuple[DemoCloud, httpx.AsyncClient],
) -> None:
    receiver, client = cloud
    receiver.trouble = Trouble.HANG
    asking = asyncio.create_task(post(client, "a"))
    while not receiver.orders:
        await asyncio.sleep(0.01)
    assert not asking.done()
    receiver.stop()
    assert (await asking).status_code == 204


async def test_more_than_any_sale_is_refused(cloud: tuple[DemoCloud, httpx.AsyncClient]) -> None:
    _, client = cloud
    assert (await client.post("/records", content=bytes(1024 * 1024 + 1))).status_code == 413
