"""A shop whose staff has PINs, and its till page as a browser calls it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.app import App
from tests.api.shop import CONFIG, Shop, browser, open_shop
from tests.staff.cheap import cheap_pins

MANAGER, SUPERVISOR, CASHIER, TECH = "408215", "739164", "5172", "860342"  # their PINs
STRICT = """
[staff]
idle_lock_min = 15

[permissions]
no_sale = "supervisor"
price_override = "manager"
"""


@dataclass(slots=True)
class Page:
    """One of the agent's own pages, paired."""

    client: httpx.AsyncClient
    id: str
    app: App

    async def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        """Write something."""
        return await self.client.post(path, json=body or {}, headers=headers)

    async def get(self, path: str) -> dict[str, Any]:
        """Read something that may be read."""
        response = await self.client.get(path)
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def sign_in(self, pin: str, staff: str | None = None) -> httpx.Response:
        """Type a PIN."""
        return await self.post("/v1/sign-in", {"pin": pin} | ({} if staff is None else {"staff": staff}))

    async def trail(self) -> list[dict[str, Any]]:
        """Return the audit trail as whoever is here may read it, the oldest first."""
        entries: list[dict[str, Any]] = (await self.get("/v1/audit?limit=500"))["entries"]
        return entries[::-1]


@asynccontextmanager
async def paired(shop: Shop, **grant: str) -> AsyncIterator[Page]:
    """Open a till page, paired as `stillopen pair` has it."""
    code = shop.body(await shop.client.post("/v1/pairing-codes", json=grant))["code"]
    async with browser(base_url=shop.own, headers={"Origin": shop.own}) as client:
        answer = shop.body(await client.post("/v1/pairings", json={"code": code}))
        yield Page(client, answer["pairing"]["id"], shop.app)


async def hire(page: Page) -> dict[str, str]:
    """Set up a manager, sign them in, and add one of each role; returns ids by role."""
    await cheap_pins(page.app)
    ids = {}
    for name, role, pin in (
        ("Mia", "manager", MANAGER),
        ("Sol", "supervisor", SUPERVISOR),
        ("Kim", "cashier", CASHIER),
        ("Tek", "tech", TECH),
    ):
        response = await page.post("/v1/staff", {"name": name, "role": role, "pin": pin})
        assert response.status_code == 201, response.text
        ids[role] = response.json()["staff"]["id"]
        if role == "manager":
            assert (await page.sign_in(pin)).is_success
    return ids


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path, config=CONFIG + STRICT) as opened:
        yield opened


@pytest.fixture
async def page(shop: Shop) -> AsyncIterator[Page]:
    async with paired(shop) as opened:
        yield opened
