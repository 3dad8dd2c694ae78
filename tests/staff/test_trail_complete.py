"""The trail leaves nothing out: money given back, tax that is paid again, a Z printed again; and it reads in words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from outbox import audit
from tests.api.shop import APPLE, Shop
from tests.staff.conftest import CASHIER, MANAGER, Page, hire, paired

if TYPE_CHECKING:
    from agent.app import App

AGENT = Path(__file__).parents[2] / "agent"
NOTED = re.compile(r'\b(?:audit|note|noting)\(\s*(?:connection,\s*)?"([a-z_]+)"')
OTHERWISE = {"override_refused"}  # the second of a condition, which that pattern does not read


def newest(app: App) -> dict[str, Any]:
    return audit.newest(app.journal.reader, 1)[0]


@pytest.fixture
async def rung(shop: Shop, page: Page) -> str:
    """The path of a sale of one apple, rung by a cashier who is signed in."""
    await hire(page)
    await page.sign_in(CASHIER)
    return f"/v1/sales/{shop.body(await page.post('/v1/tills/till-1/scan', {'data': APPLE}))['id']}"


async def test_a_tender_that_is_given_back_is_in_the_trail(shop: Shop, page: Page, rung: str) -> None:
    shop.body(await page.post(f"{rung}/tenders", {"type": "cash", "amount": 30}))
    shop.body(await page.client.delete(f"{rung}/tenders/1"))
    entry = newest(shop.app)
    assert (entry["action"], entry["actor"]["name"], entry["till"]) == ("tender_removed", "Kim", "till-1")
    assert (entry["before"]["type"], entry["before"]["amount"], entry["after"]) == ("cash", 30, None)


async def test_an_exemption_that_ends_is_in_the_trail(shop: Shop, page: Page, rung: str) -> None:
    await page.sign_in(MANAGER)
    shop.body(await page.post(f"{rung}/exemption", {"reason": "diplomat", "certificate": "D 7"}))
    shop.body(await page.client.delete(f"{rung}/exemption"))
    ended = newest(shop.app)
    assert (ended["action"], ended["actor"]["name"]) == ("exemption_ended", "Mia")
    assert ended["before"] == {"reason": "diplomat", "certificate": "D 7"}
    shop.body(await page.client.delete(f"{rung}/exemption"))
    assert newest(shop.app)["seq"] == ended["seq"]  # there was none any more


async def test_an_exemption_that_goes_with_its_customer_is_in_the_trail(shop: Shop, page: Page, rung: str) -> None:
    await page.sign_in(MANAGER)
    customer = shop.body(await page.post("/v1/customers", {"name": "Ms Vine", "exempt_reason": "reseller"}))["id"]
    shop.body(await page.post(f"{rung}/customer", {"customer": customer}))
    shop.body(await page.client.delete(f"{rung}/customer"))
    assert (newest(shop.app)["action"], newest(shop.app)["before"]["reason"]) == ("exemption_ended", "reseller")


async def test_a_z_that_is_printed_again_is_in_the_trail(shop: Shop, page: Page, rung: str) -> None:
    shop.body(await page.post(f"{rung}/void"))
    shop.body(await page.post("/v1/shifts", {"till": "till-1", "float": 0}))
    closed = shop.body(await page.post("/v1/shifts/current/close", {"till": "till-1", "counted": 0}))
    shop.body(await page.post(f"/v1/shifts/{closed['id']}/print"))
    entry = newest(shop.app)
    assert (entry["action"], entry["subject"], entry["actor"]["name"]) == ("reprint", "Z 1", "Kim")


async def test_the_trail_says_where_by_name(shop: Shop, page: Page) -> None:
    await hire(page)
    async with paired(shop, name="Kiosk by the door") as kiosk:
        await kiosk.sign_in(CASHIER)
        (entry,) = (await page.get("/v1/audit?limit=1"))["entries"]
        assert (entry["page"], entry["page_name"]) == (kiosk.id, "Kiosk by the door")
        shop.body(await shop.client.delete(f"/v1/pairings/{kiosk.id}"))
    names = {one["page"]: one["page_name"] for one in (await page.get("/v1/audit?limit=20"))["entries"]}
    assert names == {page.id: "till page", kiosk.id: None, "local": None, "nobody": None}


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_entry_reads_in_words(language: str) -> None:
    noted = {what for path in AGENT.rglob("*.py") for what in NOTED.findall(path.read_text("utf-8"))}
    assert {"sign_in", "update_apply", "tender_removed", "pairing_added"} <= noted
    words = (AGENT / "pages" / "words" / f"{language}.js").read_text("utf-8")
    said = set(re.findall(r'^  "(?:audit.did|staff.action)_([a-z_]+)": "', words, re.MULTILINE))
    assert noted | OTHERWISE <= said, "say it in words"
