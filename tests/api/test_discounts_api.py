"""Discounts with a name over the API, from a cloud's library to the receipt; and a pull by hand through the agent."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from agent.cli import main
from outbox import audit
from tests.api.shop import CONFIG, open_shop
from tests.api.test_api_routes import shaped
from tests.clouds.lying_square import LyingSquare
from tests.clouds.serving import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import pytest

    from tests.api.shop import Shop


def config(folder: Path, url: str, discounts: str = "pull") -> str:
    (folder / "token").write_text("square-test-token")
    return CONFIG + (
        f'[[cloud]]\nname = "sq"\nkind = "square"\nbase_url = "{url}"\nlocation_id = "L1"\ndiscounts = "{discounts}"\n'
        f'token = {{ file = "{folder / "token"}" }}\n[[cloud]]\nname = "books"\nkind = "webhook"\nurl = "{url}/books"\n'
        'secret = { env = "BOOKS_SECRET" }\n'
    )


def a_square() -> LyingSquare:
    square = LyingSquare()
    square.catalogue.offer("D1", "Staff", percentage="10")
    square.catalogue.offer("D2", "Voucher", amount=20)
    square.catalogue.offer("D3", "Locked", percentage="50", pin_required=True)
    return square


@asynccontextmanager
async def shop_at(folder: Path, square: LyingSquare, discounts: str = "pull") -> AsyncIterator[Shop]:
    async with serving(square) as url, open_shop(folder, config=config(folder, url, discounts)) as shop:
        yield shop


async def test_a_discount_by_name_is_given_like_a_typed_one_and_never_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOOKS_SECRET", "whsec_" + "c2VjcmV0" * 4)
    async with shop_at(tmp_path, square := a_square()) as shop:
        brought = shop.body(await shop.client.post("/v1/clouds/sq/pull", json={"all": True}))
        shaped("Pulled", brought)
        assert (brought["error"], [one for one in brought["troubles"] if "PIN" in one] != []) == (None, True)
        told = shop.body(await shop.client.get("/v1/discounts"))
        shaped("NamedDiscounts", told)
        staff, voucher = told["discounts"]
        assert (staff["name"], staff["percent"], voucher["amount"], voucher["cloud"]) == ("Staff", "10", 20, "sq")

        sale = await shop.rung()
        path = f"/v1/sales/{sale['id']}"
        taken = {"percent": staff["percent"], "reason": staff["name"]}
        assert shop.body(await shop.client.post(f"{path}/discounts", json=taken))["total"] == 45
        taken = {"amount": voucher["amount"], "reason": voucher["name"], "line": "1"}
        assert shop.body(await shop.client.post(f"{path}/discounts", json=taken))["total"] == 27
        square.catalogue.offer("D1", "Staff", percentage="90")
        square.catalogue.delete("D2")
        shop.body(await shop.client.post("/v1/clouds/sq/pull", json={}))
        assert [one["percent"] for one in (await shop.client.get("/v1/discounts")).json()["discounts"]] == ["90"]
        shop.body(await shop.client.post(f"{path}/tenders", json={"type": "cash", "amount": 27}))
        record = shop.body(await shop.client.post(f"{path}/complete"))
        assert [(one["reason"], one["amount"]) for one in record["discounts"]] == [("Staff", 3), ("Voucher", 20)]
        status = shop.body(await shop.client.get("/v1/status"))["clouds"]
        assert status["sq"]["discounts"] == {"usable": 1, "left_out": 1}
        assert "discount_conditions" in {limit["code"] for limit in status["sq"]["cannot"]}
        assert "discounts" not in status["books"]
        (entry, *_) = [one for one in audit.newest(shop.app.journal.reader, 10) if one["action"] == "cloud_pull"]
        assert entry["subject"] == "sq"


async def test_a_cloud_whose_discounts_nobody_wants_offers_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOOKS_SECRET", "whsec_" + "c2VjcmV0" * 4)
    async with shop_at(tmp_path, a_square()) as shop:
        shop.body(await shop.client.post("/v1/clouds/sq/pull", json={}))
        assert len(shop.app.lanes.discounts()) == 2
    async with shop_at(tmp_path, a_square(), "none") as shop:
        assert shop.app.lanes.discounts() == []
        for name, code in (("books", "gives-nothing"), ("none", "no-such-cloud")):
            refused = await shop.client.post(f"/v1/clouds/{name}/pull", json={})
            assert refused.json()["code"] == code


async def test_a_pull_by_command_is_the_running_agents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BOOKS_SECRET", "whsec_" + "c2VjcmV0" * 4)
    async with shop_at(tmp_path, square := a_square()) as shop:
        where = ["--config", str(tmp_path / "stillopen.toml"), "--state", str(shop.app.state)]
        here = ["--port", str(shop.server.port), *where]
        code = await asyncio.to_thread(main, ["cloud", "pull", "sq", "--all", "--json", *here])
        said = json.loads(capsys.readouterr().out)
        assert (code, said["discounts"], said["error"]) == (0, 2, None)
        assert audit.newest(shop.app.journal.reader, 1)[0]["action"] == "cloud_pull"
        square.token = "another"
        assert await asyncio.to_thread(main, ["cloud", "pull", "sq", *here]) == 1
        assert "the pull stopped: Square does not accept the token" in capsys.readouterr().err
        square.token = "square-test-token"
        assert await asyncio.to_thread(main, ["cloud", "pull", "sq", "--let-go", *here]) == 0
        assert "0 items, 2 discounts, 0 deleted there" in capsys.readouterr().out


async def test_two_pulls_of_one_cloud_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKS_SECRET", "whsec_" + "c2VjcmV0" * 4)
    square = a_square()
    for number in range(4):
        square.sell(f"I{number}", f"V{number}", f"thing-{number}", 100)
    square.catalogue.page_size = 4
    async with shop_at(tmp_path, square) as shop:
        await asyncio.gather(*(shop.app.lanes.pull("sq", whole=True, let_go=True) for _ in range(2)))
        assert (shop.app.catalogue.count(), len(shop.app.lanes.discounts())) == (3 + 4, 2)  # and the items of the file
