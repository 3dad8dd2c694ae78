import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import websockets

from agent.api.json_body import BODY_BYTES_MAX, PRINT_JOB_BYTES_MAX
from agent.events import EVENTS_WAITING_MAX, SUBSCRIBERS_MAX
from tests.api.shop import APPLE, Shop, browser

SCAN = "/v1/tills/till-1/scan"
JSON = {"Content-Type": "application/json"}


def padded(length: int) -> bytes:
    body = b'{"data": "%s"' % APPLE.encode()
    return body + b" " * (length - len(body) - 1) + b"}"


async def in_parts(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 10_000):
        yield body[start : start + 10_000]


async def test_a_body_of_just_the_limit_passes(shop: Shop) -> None:
    assert (await shop.client.post(SCAN, content=padded(BODY_BYTES_MAX), headers=JSON)).status_code == 200
    assert (await shop.client.post(SCAN, content=in_parts(padded(BODY_BYTES_MAX)), headers=JSON)).status_code == 200


async def test_a_byte_more_does_not_declared_or_not(shop: Shop) -> None:
    body = padded(BODY_BYTES_MAX + 1)
    for content in (body, in_parts(body)):
        answer = await shop.client.post(SCAN, content=content, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert (await shop.client.get("/v1/tills/till-1")).json()["sale"] is None


async def test_a_print_job_may_be_larger(shop: Shop) -> None:
    document = {"document": [{"type": "text", "text": "x" * 3_000}] * 30}
    answer = await shop.client.post("/v1/printers/receipt/jobs", json=document)
    assert answer.status_code == 202
    too_large = padded(PRINT_JOB_BYTES_MAX + 1)
    answer = await shop.client.post("/v1/printers/receipt/jobs", content=too_large, headers=JSON)
    assert answer.status_code == 413


async def test_a_form_is_not_json(shop: Shop) -> None:
    answer = await shop.client.post(SCAN, data={"data": APPLE})
    assert (answer.status_code, answer.json()["code"]) == (415, "not-json")
    assert (await shop.client.post(SCAN, content=padded(100))).status_code == 415


async def test_no_body_needs_no_media_type(shop: Shop) -> None:
    sale = await shop.rung()
    assert (await shop.client.post(f"/v1/sales/{sale['id']}/park")).status_code == 200
    answer = await shop.client.post(SCAN)
    assert answer.json()["errors"] == [
        {"field": "data", "found": "nothing", "expected": "a value; this field is required"}
    ]


async def test_a_body_where_none_belongs_is_refused(shop: Shop) -> None:
    sale = await shop.rung()
    answer = await shop.client.post(f"/v1/sales/{sale['id']}/complete", json={"force": True})
    assert answer.json()["errors"] == [{"field": "force", "found": "an unknown field", "expected": "no fields at all"}]


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: localhost:%d\r\nX: " + b"x" * 100_000,
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost:%d\r\nHost: evil\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a browser that tries https\r\n\r\n",
        b"POST /v1/sales HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: -1\r\n\r\n",
    ],
    ids=["long head", "no host", "two hosts", "tls", "negative length"],
)
async def test_what_is_no_request_is_answered_and_hung_up_on(shop: Shop, head: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", shop.server.port)
    writer.write(head.replace(b"%d", str(shop.server.port).encode()))
    async with asyncio.timeout(10):
        with suppress(ConnectionError):
            answer = await reader.read()
            assert answer.startswith((b"HTTP/1.1 4", b""))
            assert b"Traceback" not in answer
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    assert (await shop.client.get("/v1/status")).status_code == 200


async def test_a_caller_that_leaves_in_the_middle_harms_nobody(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", shop.server.port)
    writer.write(
        f"POST {SCAN} HTTP/1.1\r\nHost: localhost:{shop.server.port}\r\nAuthorization: Bearer {shop.token}\r\n"
        'Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"data'.encode()
    )
    await writer.drain()
    assert shop.server._server is not None
    under_way = shop.server._server.server_state.tasks
    async with asyncio.timeout(10):
        while not under_way:
            await asyncio.sleep(0.01)
        writer.close()
        await writer.wait_closed()
        while under_way:
            await asyncio.sleep(0.01)
    assert (await shop.client.get("/v1/tills/till-1")).json()["sale"] is None
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


# --- events over a real socket ---


async def test_events_come_as_they_happen(shop: Shop) -> None:
    async with shop.events() as listener:
        await shop.sold()
        told: list[str] = []
        async with asyncio.timeout(10):
            while not {"scan", "sale", "record", "print", "drawer"} <= set(told):
                event = json.loads(await listener.recv())
                assert event["at"]
                told.append(event["type"])


async def test_what_a_listener_says_is_not_listened_to(shop: Shop) -> None:
    async with shop.events() as listener:
        for _ in range(50):
            await listener.send('{"type": "sale"}')
        await shop.rung()
        assert json.loads(await listener.recv())["till"] == "till-1"
    async with shop.events() as listener:
        await listener.send("x" * 5_000)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await listener.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
    assert (await shop.client.get("/v1/status")).status_code == 200


async def test_listeners_that_leave_are_forgotten(shop: Shop) -> None:
    for _ in range(3):
        async with shop.events():
            pass
    async with asyncio.timeout(10):
        while len(shop.app.events):
            await asyncio.sleep(0.01)


async def test_one_listener_too_many_is_told_to_come_back(shop: Shop) -> None:
    for number in range(SUBSCRIBERS_MAX):
        shop.app.events.subscribe(str(number))
    async with shop.events() as listener:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await listener.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1013


async def test_a_listener_that_reads_nothing_is_let_go_and_the_rest_hear_on(shop: Shop) -> None:
    deaf = await handshake(shop)
    try:
        async with shop.events(max_queue=None) as listener:
            async with asyncio.timeout(30):
                while shop.app.events.dropped == 0:
                    shop.app.events.publish("scan", text="x" * 60_000)
                    await listener.recv()
                shop.app.events.publish("scan", text="still here")
                while json.loads(await listener.recv()).get("text") != "still here":
                    pass
        assert await last_words(deaf) == 1013
    finally:
        deaf.close()


async def handshake(shop: Shop) -> socket.socket:
    """Connect a listener that has stopped reading, with as little room on its side as it can have."""
    loop = asyncio.get_running_loop()
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.setblocking(False)
    await loop.sock_connect(deaf, ("127.0.0.1", shop.server.port))
    asked = (
        f"GET /v1/events HTTP/1.1\r\nHost: localhost:{shop.server.port}\r\nAuthorization: Bearer {shop.token}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    await loop.sock_sendall(deaf, asked.encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += await loop.sock_recv(deaf, 1)
    assert b" 101 " in answer
    return deaf


async def last_words(deaf: socket.socket) -> int:
    """Read at last; the code of the close frame at the end."""
    loop = asyncio.get_running_loop()
    received = b""
    async with asyncio.timeout(20):
        while part := await loop.sock_recv(deaf, 1 << 20):
            received += part
            frame = received.rfind(b"\x88")  # a close frame: no text of ours has that byte
            if frame >= 0 and len(received) == frame + 2 + received[frame + 1]:
                assert len(received) < EVENTS_WAITING_MAX * 60_000  # what was queued was dropped, not sent
                return int.from_bytes(received[frame + 2 : frame + 4], "big")
    pytest.fail("it hung up without a word")


async def test_connections_have_an_end(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    server = shop.server._server
    assert server is not None
    monkeypatch.setattr(server.config, "limit_concurrency", 2)
    async with shop.events(), browser(base_url=shop.own) as one, browser(base_url=shop.own) as two:
        answers = [await one.get("/healthz"), await two.get("/healthz")]
    assert 503 in {answer.status_code for answer in answers}
