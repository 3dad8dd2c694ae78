"""Matters over the local API and on the command line, in a shop whose cloud refuses what it is sent."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Any

from agent.cli import main
from outbox import audit
from tests.api.shop import CONFIG, Shop, open_shop
from tests.clouds.serving import serving

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from starlette.types import Receive, Scope, Send


async def refuses(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse whatever is sent."""
    await send({"type": "http.response.start", "status": 422, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def config(url: str) -> str:
    return f'{CONFIG}\n[[cloud]]\nname = "hook"\nkind = "webhook"\nurl = "{url}/x"\nsecret = {{ file = "s.txt" }}\n'


async def parked(shop: Shop) -> list[dict[str, Any]]:
    """Wait until everything is parked, and return the matters."""
    while True:
        counts = shop.body(await shop.client.get("/v1/outbox"))["clouds"]["hook"]
        if counts["parked"] and not counts["waiting"] + counts["sending"]:
            return list(shop.body(await shop.client.get("/v1/outbox/matters"))["matters"])
        await asyncio.sleep(0.02)


async def test_a_person_lists_and_ticks_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await asyncio.to_thread((tmp_path / "s.txt").write_text, "whsec_" + base64.b64encode(bytes(range(32))).decode())
    async with serving(refuses) as url, open_shop(tmp_path, config=config(url)) as shop:
        await shop.sold()
        found = await parked(shop)
        assert {one["matter"] for one in found} == {"parked"}
        assert shop.body(await shop.client.get("/v1/status"))["clouds"]["hook"]["matters"] == len(found)
        assert shop.body(await shop.client.get("/v1/outage"))["matters"] == len(found)

        first, *others = found
        page = shop.body(await shop.client.get("/v1/outbox/matters", params={"cloud": "hook", "limit": 1}))
        assert (page["matters"][0]["id"], page["next"]) == (first["id"], first["id"])
        path, once = f"/v1/outbox/{first['id']}/settle", {"Idempotency-Key": "once"}
        settled = await shop.client.post(path, json={"reason": "entered there by hand"}, headers=once)
        again = await shop.client.post(path, json={"reason": "entered there by hand"}, headers=once)
        assert shop.body(settled)["settled"]["reason"] == "entered there by hand"
        assert again.json() == settled.json()
        refused = await shop.client.post(path, json={"reason": "once more"})
        assert (refused.status_code, refused.json()["code"]) == (409, "nothing-to-settle")
        missing = await shop.client.post("/v1/outbox/999/settle", json={"reason": "x"})
        assert (missing.status_code, missing.json()["code"]) == (404, "no-such-delivery")
        (entry, *_) = [one for one in audit.newest(shop.app.journal.reader, 10) if one["action"] == "delivery_settle"]
        assert (entry["why"], entry["before"]) == ("entered there by hand", {"state": "parked"})

        def cli(*command: str) -> int:
            where = ("--config", str(tmp_path / "stillopen.toml"), "--state", str(tmp_path / "state"))
            return main([*command, *where])

        port = str(shop.client.base_url.port)
        assert await asyncio.to_thread(cli, "outbox", "matters", "--json") == 0
        assert [one["id"] for one in json.loads(capsys.readouterr().out)["matters"]] == [one["id"] for one in others]
        ids = [str(one["id"]) for one in others]
        assert await asyncio.to_thread(cli, "outbox", "settle", *ids, "--reason", "likewise", "--port", port) == 0
        assert "is settled" in capsys.readouterr().out
        assert await asyncio.to_thread(cli, "outbox", "matters") == 0
        assert "nothing" in capsys.readouterr().out
        assert shop.body(await shop.client.get("/v1/status"))["clouds"]["hook"]["matters"] == 0
