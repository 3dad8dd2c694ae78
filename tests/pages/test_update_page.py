"""Newer versions on the devices page: switched to by a press, and what went wrong, in a real Chromium."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from agent.config import UpdateConfig
from agent.update import ledger, request
from agent.update.desk import UpdateDesk
from agent.update.ledger import Ending, Staged
from agent.update.machine import Installation
from agent.update.request import Asked

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pages.browser import Browser
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

SAID = "document.querySelector('[data-update=said]').textContent"


@pytest.fixture
def place(tmp_path: Path, store: Shop) -> Installation:
    """Have the agent be one that a package with a root of trust has installed."""
    there = Installation(tmp_path / "versions", tmp_path / "own", tmp_path / "root.json")
    there.own.mkdir()
    there.trusted.write_text("{}", encoding="utf-8")
    app = store.app
    app.update = UpdateDesk(
        replace(app.config, update=UpdateConfig()), app.state, app.journal,
        version="1.0.0", zone=ZoneInfo("Europe/Berlin"), place=there, busy=lambda: None,
    )  # fmt: skip
    return there


async def test_what_lies_ready_is_switched_to_by_a_press(browser: Browser, store: Shop, place: Installation) -> None:
    ledger.settle(place.own, ledger.Ledger(staged=Staged("1.1.0", "1.1.0", 0.5, "Faster receipts.")))
    page = await browser.page(store.address("devices"))
    await page.sees("Version 1.1.0 lies ready")
    await page.sees("Faster receipts.")
    await page.sees("Switch to version 1.1.0")
    await page.click("[data-key=update-apply]")
    await page.until(f"{SAID} === 'The agent is at it…'")
    assert request.take(store.app.state) is Asked.APPLY
    assert [said for said in page.problems if "401" not in said] == []


async def test_what_went_wrong_is_said_with_the_next_step_in_any_light(
    browser: Browser, store: Shop, place: Installation, tmp_path: Path
) -> None:
    last = Ending(
        "refused", "1.1.0", "2026-11-22T02:30:00+00:00", "receipt was ready before, and is lost", "send a bundle"
    )
    ledger.settle(place.own, ledger.Ledger(before="0.9.0", last=last, staged=Staged("1.2.0", "1.2.0", 0.5, "")))
    page = await browser.page(store.address("devices"), language="de")
    await page.sees("Version 1.1.0 wurde nicht genommen")
    await page.sees("receipt was ready before, and is lost")
    await page.sees("Zurück zu Version 0.9.0")
    for width, height, dark in ((1280, 800, False), (1280, 800, True), (1024, 600, False)):
        await page.size(width, height, dark=dark)
        await page.js("document.querySelector('[data-part=versions]').scrollIntoView()")
        assert await page.js("document.documentElement.scrollWidth <= innerWidth")
        keys = "[...document.querySelectorAll('[data-part=versions] button')]"
        assert await page.js(f"{keys}.length") == 2
        assert await page.js(f"{keys}.every((key) => key.getBoundingClientRect().height >= 44)")
        await page.picture(tmp_path / f"update-{width}-{dark}.png")


async def test_where_there_are_none_it_says_why(browser: Browser, store: Shop) -> None:
    page = await browser.page(store.address("devices"))
    await page.sees("this installation is not a package's")
    assert await page.js("document.querySelectorAll('[data-part=versions] button').length") == 0
