"""Shifts at the till page, in a real Chromium: opened, counted, closed, looked at again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from outbox import chain
from tests.api.shop import CONFIG, open_shop
from tests.pages.test_till_page import COFFEE, till

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser


async def at(page: Page, key: str) -> None:
    """Wait until what is typed goes there."""
    await page.until(f"document.activeElement.dataset.key === {key!r}")


def records(store: Shop, kind: str) -> list[dict[str, Any]]:
    return [one.body for one in chain.oldest_first(store.app.journal.reader) if one.kind == kind]


async def test_a_shift_from_the_first_sale_to_its_z_by_keyboard(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.wedge(COFFEE)
    await page.until("document.querySelectorAll('.line-name').length == 1")
    await page.press("F10")
    await page.type("20")
    await page.press("Enter")
    await page.sees("A shift has opened by itself, with a float of 0,00 €.")
    await page.press("h", alt=True)
    await page.click('[data-key="shift-cash"]')
    await at(page, "amount")
    await page.type("5")
    await page.press("Enter")
    await at(page, "reason")
    await page.type("Postage")
    await page.press("Enter")
    await page.sees("5,00 € paid out.")
    (cash,) = records(store, "cash")
    assert (cash["direction"], cash["amount"], cash["reason"]) == ("out", 500, "Postage")
    sold = records(store, "sale")[0]["total"]
    await page.press("h", alt=True)
    await page.click('[data-key="shift-x"]')
    await page.sees("X: figures so far")
    await page.sees("Paid out (1)")
    assert not records(store, "shift_close")
    await page.press("h", alt=True)
    await page.click('[data-key="shift-close"]')
    await page.click('[data-key="count-200"]')
    await at(page, "count-200")
    await page.type("1")
    await page.press("Enter")
    await at(page, "count-100")
    await page.type("1")
    await page.click('[data-key="primary"]')
    await page.sees("Z 1")
    (z,) = records(store, "shift_close")
    assert (z["counted"], z["over"]) == (300, 300 - (sold - 500))
    await page.sees("Expected")
    await page.press("h", alt=True)
    await page.sees("No shift is open.")
    await page.click('[data-key="shift-past"]')
    await page.click(f'[data-key="z-{z["id"]}"]')
    await page.click('[data-key="primary"]')
    await page.sees("on its way to the printer")
    assert page.problems == []


async def test_a_float_is_asked_for_before_the_first_sale_and_a_scan_meanwhile_is_rung(
    browser: Browser, store: Shop
) -> None:
    port = store.server.port
    await store.stop_agent()
    with store.config.open("a", encoding="utf-8") as file:
        file.write("\n[shift]\ncount_float = true\n")
    await store.start_agent(port=port)
    page = await browser.page(store.address())
    await page.sees("Count the change money before the first sale.")
    await page.wedge(COFFEE)
    await page.until("document.querySelectorAll('.line-name').length == 1")
    await page.press("Escape")
    await page.press("F10")  # money waits for the float
    await page.click('[data-key="choice-sum"]')
    await at(page, "sum")
    await page.type("150")
    await page.press("Enter")
    await page.sees("The shift is open, with a float of 150,00 €.")
    await page.press("F10")
    await page.press("Enter")
    await page.sees("No change")
    assert [one["automatic"] for one in records(store, "shift_open")] == [False]


async def test_a_z_on_the_screen_leaves_out_nothing_that_its_paper_has(browser: Browser, tmp_path: Path) -> None:
    config = CONFIG.replace("[api]", 'cash_rounding = "0.05"\nlocale = "en_GB"\n\n[api]', 1)
    async with open_shop(tmp_path, config=config) as shop:
        client = shop.client
        line = {"name": "Loose screws", "price": 102, "tax": "standard"}
        sold = f"/v1/sales/{(await shop.opened())['id']}"
        shop.body(await client.post(f"{sold}/lines", json=line))
        shop.body(await client.post(f"{sold}/tenders", json={"type": "cash", "amount": 100}))
        record = shop.body(await client.post(f"{sold}/complete"))
        given_up = f"/v1/sales/{(await shop.opened())['id']}"
        shop.body(await client.post(f"{given_up}/lines", json=line))
        shop.body(await client.post(f"{given_up}/void", json={"reason": "Left"}))
        shop.body(await client.post("/v1/tills/till-1/drawer", json={"reason": "Change"}))
        closing = {"till": "till-1", "counted": 100, "print": False}
        z = shop.body(await client.post("/v1/shifts/current/close", json=closing))
        page = await browser.page(f"{shop.own}/#pair={shop.app.door.code.make('test')}")
        await page.sees("Next customer: just scan.")
        await page.press("h", alt=True)
        await page.click('[data-key="shift-past"]')
        await page.click(f'[data-key="z-{z["id"]}"]')
        await page.until("document.querySelectorAll('.figures').length > 3")
        tables = await page.js(
            "Object.fromEntries([...document.querySelectorAll('.figures')].map((table) =>"
            " [table.caption?.innerText ?? '',"
            " [...table.rows].map((row) => [...row.cells].map((cell) => cell.innerText))]))"
        )
        assert ["Rounding", "-€0.02"] in tables[""]
        assert tables["Hours"] == [[f"{record['occurred_at'][11:13]}:00 (1)", "€1.02"]]
        assert [name for name, _ in tables["Cashiers"]] == [
            *("this PC (1)", "Sales given up (1)", "Drawer opened without a sale (1)", "Cash"),
        ]
        assert ["Drawer opened without a sale (1)", ""] in tables["Cashiers"]
        assert ["Sales given up (1)", "€1.02"] in tables["Cashiers"]
