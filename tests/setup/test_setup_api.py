"""The set-up over the local API: read, drafted, written by the agent, and by nobody who may not."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agent.config import load
from agent.config.in_force import taken_up
from agent.places import Places
from agent.problem import Problem
from agent.setup.desk import SetupDesk
from outbox import audit
from tests.api.shop import CONFIG, Shop, browser, open_shop
from tests.api.test_api_routes import shaped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ANSWERS: dict[str, Any] = {
    "store": {"name": "Kiosk"},
    "till": [{"id": "till-2", "printer": "kitchen"}],
    "printer": [{"name": "kitchen", "port": "tcp://192.0.2.9:9100", "columns": 32}],
}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path) as opened:
        yield opened


def on_disk(shop: Shop) -> str:
    return shop.app.config.file.read_text("utf-8")


async def test_it_is_read_drafted_and_written_and_the_one_before_is_kept(shop: Shop) -> None:
    seen = shop.body(await shop.client.get("/v1/setup"))
    shaped("Setup", seen)
    assert (seen["needed"], seen["may"], seen["store"]["name"]) == (False, True, "Corner Shop")
    before = on_disk(shop)
    draft = shop.body(await shop.client.post("/v1/setup/draft", json=ANSWERS))
    shaped("SetupChange", draft)
    assert '+name = "Kiosk"' in draft["changes"]
    assert on_disk(shop) == before

    key = {"Idempotency-Key": "once"}
    saved = shop.body(await shop.client.put("/v1/setup", json=ANSWERS, headers=key))
    shaped("SetupChange", saved)
    assert saved["written"] is True
    assert saved["changes"] == draft["changes"]
    assert Path(saved["kept"]).read_text("utf-8") == before
    assert tomllib.loads(on_disk(shop))["till"][1] == {"id": "till-2", "printer": "kitchen"}
    assert shop.body(await shop.client.put("/v1/setup", json=ANSWERS, headers=key)) == saved
    again = shop.body(await shop.client.put("/v1/setup", json=ANSWERS))
    assert (again["written"], again["changes"]) == (False, [])
    assert shop.body(await shop.client.get("/v1/status"))["store"]["name"] == "Corner Shop"  # until it begins anew


async def test_a_null_takes_a_device_off_its_till(shop: Shop) -> None:
    shop.body(await shop.client.put("/v1/setup", json={"till": [{"id": "till-1", "drawer": None}]}))
    assert "drawer" not in tomllib.loads(on_disk(shop))["till"][0]


async def test_whoever_runs_it_is_told_to_begin_anew_or_a_person_is(shop: Shop) -> None:
    refused = await shop.client.post("/v1/setup/restart")
    assert (refused.status_code, refused.json()["code"]) == (409, "restart-by-hand")
    assert "systemctl restart" in refused.json()["detail"]
    shop.app.setup.restarts = True
    accepted = await shop.client.post("/v1/setup/restart")
    assert accepted.status_code == 202
    shaped("SetupRestart", accepted.json())
    assert shop.app.setup.again.is_set()


async def test_a_store_that_sells_is_not_begun_anew_with_a_file_that_would_stop_it(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.app.setup.restarts = True
    before = on_disk(shop)
    shop.app.config.file.write_text(before.replace("[store]", "[store", 1), "utf-8")
    refused = await shop.client.post("/v1/setup/restart")
    assert (refused.status_code, refused.json()["code"]) == (409, "setup-unreadable")
    assert str(shop.app.config.file) in refused.json()["detail"]
    assert not shop.app.setup.again.is_set()
    assert "restart" not in [entry["subject"] for entry in audit.oldest_first(shop.app.journal.reader)]

    places = Places(shop.app.config.file, shop.app.state)
    assert taken_up(shop.app.config, places) is shop.app.config  # broken after it was looked at, and before it was read
    assert "goes on with the configuration it had" in caplog.text
    within = f"\n[backup]\nfolder = {str(shop.app.state / 'copies')!r}\n"
    shop.app.config.file.write_text(before + within, "utf-8")
    assert (await shop.client.post("/v1/setup/restart")).json()["code"] == "setup-unreadable"
    shop.app.config.file.write_text(before.replace("Corner Shop", "Kiosk"), "utf-8")
    assert taken_up(shop.app.config, places).store.name == "Kiosk"


@pytest.mark.parametrize(
    ("answers", "code", "words"),
    [
        ({"store": {"currency": "euro"}}, "setup-invalid", "ISO 4217"),
        ({"printer": [{"name": "p", "port": "nonsense"}]}, "setup-invalid", "port"),
        ({"till": [{"id": "till-1", "printer": "none"}]}, "setup-invalid", "printer"),
        ({"store": {"receipt_header": ["4111 1111 1111 1111"]}}, "card-data", "card number"),
        ({"cloud": [{"name": "x"}]}, "invalid-request", "cloud"),
    ],
)
async def test_what_would_not_be_in_order_is_refused_whole(
    shop: Shop, answers: dict[str, Any], code: str, words: str
) -> None:
    before = on_disk(shop)
    refused = await shop.client.put("/v1/setup", json=answers)
    assert (refused.json()["code"], refused.status_code) == (code, 422)
    assert words in refused.text
    assert on_disk(shop) == before
    assert list(audit.oldest_first(shop.app.journal.reader)) == []  # nothing was changed


async def test_a_card_number_among_the_answers_is_kept_nowhere(shop: Shop) -> None:
    refused = await shop.client.put("/v1/setup", json={"store": {"receipt_header": ["Pay to 4111 1111 1111 1111"]}})
    assert refused.json()["code"] == "card-data"
    assert "4111" not in refused.text
    await shop.app.journal.write(lambda _: None)
    kept = [
        file for file in shop.app.config.file.parent.rglob("*") if file.is_file() and b"4111 1111" in file.read_bytes()
    ]
    assert kept == []


async def test_a_file_that_somebody_broke_meanwhile_is_said(shop: Shop) -> None:
    shop.app.config.file.write_text(on_disk(shop).replace('id = "till-2"', "id = 2"), "utf-8")
    for method, path in (("GET", ""), ("POST", "/draft"), ("PUT", "")):
        body = None if method == "GET" else ANSWERS
        refused = await shop.client.request(method, f"/v1/setup{path}", json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "setup-unreadable"), method
        assert "[[till]]" in refused.json()["detail"]


async def test_records_stay_with_their_store(shop: Shop) -> None:
    await shop.sold()
    refused = await shop.client.put("/v1/setup", json={"store": {"id": "another"}})
    assert (refused.status_code, refused.json()["code"]) == (409, "setup-refused")


async def test_what_the_agent_may_not_write_is_kept_and_said(shop: Shop) -> None:
    no_writing(shop)
    before = on_disk(shop)
    saved = shop.body(await shop.client.put("/v1/setup", json=ANSWERS))
    shaped("SetupChange", saved)
    assert saved["written"] is False
    assert "--take-up" in saved["next"]
    kept = shop.app.state / "setup.toml"
    assert tomllib.loads(kept.read_text("utf-8"))["store"]["name"] == "Kiosk"
    assert on_disk(shop) == before


def no_writing(shop: Shop) -> None:
    """Put a folder in the way of whoever writes the configuration, root as well."""
    in_the_way = shop.app.config.file.with_name(shop.app.config.file.name + ".new")
    in_the_way.mkdir()
    (in_the_way / "x").touch()


async def test_what_waits_to_be_taken_up_is_gone_on_from(shop: Shop) -> None:
    no_writing(shop)
    kept = shop.app.state / "setup.toml"
    shop.body(await shop.client.put("/v1/setup", json={"store": {"name": "Kiosk"}}))
    both = shop.body(await shop.client.put("/v1/setup", json={"store": {"receipt_footer": ["Thank you"]}}))
    assert '+name = "Kiosk"' in both["changes"]
    store = tomllib.loads(kept.read_text("utf-8"))["store"]
    assert (store["name"], store["receipt_footer"]) == ("Kiosk", ["Thank you"])
    seen = shop.body(await shop.client.get("/v1/setup"))
    shaped("Setup", seen)
    assert (seen["store"]["name"], str(kept) in seen["next"]) == ("Kiosk", True)

    back = {"store": {"name": "Corner Shop", "receipt_footer": None}}
    shop.body(await shop.client.put("/v1/setup", json=back))
    assert not kept.exists()  # as it was: there is nothing to take up

    shop.body(await shop.client.put("/v1/setup", json={"store": {"name": "Kiosk"}}))
    by_hand = on_disk(shop).replace("Corner Shop", "By hand")
    shop.app.config.file.write_text(by_hand, "utf-8")
    seen = shop.body(await shop.client.get("/v1/setup"))
    assert (seen["store"]["name"], seen["next"]) == ("By hand", None)
    shop.body(await shop.client.put("/v1/setup", json={"store": {"receipt_footer": ["Thank you"]}}))
    assert tomllib.loads(kept.read_text("utf-8"))["store"]["name"] == "By hand"


@pytest.mark.parametrize(
    ("answers", "code"),
    [({"store": {"timezone": "Nowhere/None"}}, "setup-invalid"), ({"store": {"id": "another"}}, "setup-refused")],
)
async def test_what_would_not_be_in_order_is_not_kept_either(shop: Shop, answers: dict[str, Any], code: str) -> None:
    await shop.sold()
    no_writing(shop)
    refused = await shop.client.put("/v1/setup", json=answers)
    assert refused.json()["code"] == code
    assert not (shop.app.state / "setup.toml").exists()


def test_a_full_disk_is_said_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "stillopen.toml"
    file.write_text(CONFIG, "utf-8")
    desk = SetupDesk(load(file), tmp_path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Problem) as refused:
        asyncio.run(desk.save({"store": {"name": "Kiosk"}}))
    assert (refused.value.status, refused.value.code) == (507, "disk-full")
    assert "sudo" not in refused.value.detail
    assert [one.name for one in tmp_path.iterdir()] == ["stillopen.toml"]
    assert file.read_text("utf-8") == CONFIG


async def test_a_state_folder_that_takes_nothing_is_no_fault_of_the_agent(shop: Shop) -> None:
    no_writing(shop)
    (shop.app.state / "setup.toml").mkdir()
    refused = await shop.client.put("/v1/setup", json=ANSWERS)
    assert (refused.status_code, refused.json()["code"]) == (409, "setup-refused")


async def test_a_page_may_until_there_is_staff_and_then_who_may(shop: Shop) -> None:
    code = shop.app.door.code.make("page")
    async with browser(base_url=str(shop.client.base_url)) as page:
        own = {"Origin": shop.own}
        assert (await page.post("/v1/pairings", json={"code": code}, headers=own)).is_success
        assert (await page.put("/v1/setup", json=ANSWERS, headers=own)).is_success
        boss = {"name": "Ada", "role": "manager", "pin": "271828"}
        assert (await page.post("/v1/staff", json=boss, headers=own)).is_success
        await page.request("DELETE", "/v1/sign-in", headers=own)
        refused = await page.put("/v1/setup", json={"store": {"name": "Mine"}}, headers=own)
        assert (refused.status_code, refused.json()["code"]) == (403, "sign-in-needed")
        assert (await page.post("/v1/setup/restart", headers=own)).status_code == 403
        assert (await page.get("/v1/setup")).json()["may"] is False
        assert (await page.post("/v1/sign-in", json={"pin": "271828"}, headers=own)).is_success
        assert (await page.put("/v1/setup", json={"store": {"name": "Mine"}}, headers=own)).is_success
        trail = (await page.get("/v1/audit", headers=own)).json()["entries"]
        assert {"settings", "setup"} <= {text for entry in trail for text in (entry["action"], entry["subject"])}
    assert json.loads(json.dumps(tomllib.loads(on_disk(shop))))["store"]["name"] == "Mine"
