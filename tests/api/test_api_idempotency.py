import asyncio
from pathlib import Path

import pytest

from outbox.errors import JournalFull
from tests.api.shop import Shop, open_shop

KEY = {"Idempotency-Key": "7f0c-1"}
BAG = {"name": "Bag", "price": 10}
BOX = {"name": "Box", "price": 20}


@pytest.fixture
async def lines(shop: Shop) -> str:
    """Where lines are added to an open sale."""
    return f"/v1/sales/{(await shop.opened())['id']}/lines"


async def count(shop: Shop, lines: str) -> int:
    sale = shop.body(await shop.client.get(lines.removesuffix("/lines")))
    return len(sale["lines"])


async def test_a_repeat_gets_the_very_same_answer_and_nothing_is_done_twice(shop: Shop, lines: str) -> None:
    first = await shop.client.post(lines, json={"sku": "apple"}, headers=KEY)
    await shop.client.post(lines, json={"sku": "milk"})
    again = await shop.client.post(lines, json={"sku": "apple"}, headers=KEY)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await count(shop, lines) == 2


async def test_a_repeat_gets_the_same_answer_after_a_restart(tmp_path: Path) -> None:
    async with open_shop(tmp_path) as shop:
        sale = await shop.rung()
        path = f"/v1/sales/{sale['id']}"
        await shop.client.post(f"{path}/tenders", json={"type": "card", "amount": sale["due"]})
        first = await shop.client.post(f"{path}/complete", headers=KEY)
        refused = await shop.client.post("/v1/sales", json={"till": "none"}, headers={"Idempotency-Key": "k2"})
        assert (first.status_code, refused.status_code) == (200, 404)
    async with open_shop(tmp_path) as shop:
        again = await shop.client.post(f"{path}/complete", headers=KEY)
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers["idempotency-replayed"] == "true"
        refused_again = await shop.client.post("/v1/sales", json={"till": "none"}, headers={"Idempotency-Key": "k2"})
        assert (refused_again.status_code, refused_again.content) == (404, refused.content)
        assert refused_again.headers["idempotency-replayed"] == "true"
        assert refused_again.headers["content-type"] == "application/problem+json"
        sold = shop.body(await shop.client.get("/v1/records", params={"kind": "sale"}))["records"]
        assert len(sold) == 1


async def test_requests_with_one_key_at_once_are_one(shop: Shop, lines: str) -> None:
    answers = await asyncio.gather(*(shop.client.post(lines, json=BAG, headers=KEY) for _ in range(6)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 5
    assert await count(shop, lines) == 1


async def test_requests_with_keys_of_their_own_are_several(shop: Shop, lines: str) -> None:
    for key in ("a", "b"):
        assert (await shop.client.post(lines, json=BAG, headers={"Idempotency-Key": key})).status_code == 200
    assert (await shop.client.post(lines, json=BAG)).status_code == 200
    assert (await shop.client.post(lines, json=BAG)).status_code == 200
    assert await count(shop, lines) == 4


async def test_one_key_stands_for_one_request(shop: Shop, lines: str) -> None:
    assert (await shop.client.post(lines, json=BAG, headers=KEY)).status_code == 200
    for method, path, body in (
        ("POST", lines, BOX),
        ("POST", "/v1/sales", {"till": "till-1"}),
        ("DELETE", "/v1/sales/1/lines/1", None),
    ):
        answer = await shop.client.request(method, path, json=body, headers=KEY)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    again = await shop.client.post(lines, json=BAG, headers=KEY)
    assert again.headers["idempotency-replayed"] == "true"


async def test_keys_of_different_callers_are_different_keys(shop: Shop, lines: str) -> None:
    code = shop.body(await shop.client.post("/v1/pairing-codes", json={}))["code"]
    token = (await shop.stranger.post("/v1/pairings", json={"code": code})).json()["token"]
    mine = await shop.client.post(lines, json=BAG, headers=KEY)
    other = {"Authorization": f"Bearer {token}"} | KEY
    theirs = await shop.stranger.post(lines, json=BOX, headers=other)
    assert (mine.status_code, theirs.status_code) == (200, 200)
    assert await count(shop, lines) == 2


async def test_an_effect_outside_the_journal_is_not_repeated_either(shop: Shop) -> None:
    first = await shop.client.post("/v1/devices/receipt/test", headers=KEY)
    again = await shop.client.post("/v1/devices/receipt/test", headers=KEY)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("body", [b"{", b'{"name": 5}', b"[]"])
async def test_a_refusal_is_final_too(shop: Shop, lines: str, body: bytes) -> None:
    headers = KEY | {"Content-Type": "application/json"}
    first = await shop.client.post(lines, content=body, headers=headers)
    again = await shop.client.post(lines, content=body, headers=headers)
    assert first.status_code in {400, 422}
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    mended = await shop.client.post(lines, json=BAG, headers=KEY)
    assert mended.json()["code"] == "idempotency-key-reused"


async def test_not_now_is_not_final(shop: Shop, lines: str) -> None:
    too_large = await shop.client.post(lines, json=BAG | {"tax": "x" * 70_000}, headers=KEY)
    assert too_large.status_code == 413
    stranger = await shop.stranger.post(lines, json=BAG, headers=KEY)
    assert stranger.status_code == 401
    answer = await shop.client.post(lines, json=BAG, headers=KEY)
    assert answer.status_code == 200
    assert "idempotency-replayed" not in answer.headers


async def test_a_full_disk_is_not_final_and_says_what_to_do(
    shop: Shop, lines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_: object) -> None:
        raise JournalFull("the disk is full", hint="Free some space.")

    with monkeypatch.context() as patch:
        patch.setattr(shop.app.journal, "write", full)
        answer = await shop.client.post(lines, json=BAG, headers=KEY)
        assert (answer.status_code, answer.json()["code"]) == (507, "disk-full")
        assert answer.json()["detail"] == "the disk is full. Free some space."
        refusal = await shop.client.post(lines, json={}, headers={"Idempotency-Key": "other"})
        assert refusal.json()["code"] == "invalid-request"  # told, though it cannot be kept
    assert (await shop.client.post(lines, json=BAG, headers=KEY)).status_code == 200


@pytest.mark.parametrize("key", ["", "a b", "ü", "x" * 256])
async def test_a_key_is_visible_ascii(shop: Shop, lines: str, key: str) -> None:
    answer = await shop.client.post(lines, json=BAG, headers={b"Idempotency-Key": key.encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-idempotency-key")


async def test_the_longest_key_is_taken(shop: Shop, lines: str) -> None:
    headers = {"Idempotency-Key": "~" * 255}
    assert (await shop.client.post(lines, json=BAG, headers=headers)).status_code == 200


async def test_a_secret_is_never_kept_as_an_answer(shop: Shop, tmp_path: Path) -> None:
    code = shop.body(await shop.client.post("/v1/pairing-codes", json={}, headers=KEY))["code"]
    bearer = {"Authorization": f"Bearer {shop.token}"}
    paired = await shop.client.post("/v1/pairings", json={"code": code}, headers=KEY | bearer)
    token = paired.json()["token"]
    assert token.encode() not in (tmp_path / "state" / "journal.db-wal").read_bytes()


async def test_reading_takes_no_key(shop: Shop) -> None:
    first = await shop.client.get("/v1/tills", headers=KEY)
    await shop.rung()
    again = await shop.client.get("/v1/tills", headers=KEY)
    assert first.content != again.content
