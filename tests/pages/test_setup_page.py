"""The set-up page: a store that nobody has set up is led there, says whose it is, and the agent takes it up."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from agent.app import App
from agent.config import load
from agent.demo import shop
from agent.server import Server
from agent.service import first_configuration
from tests.detect.linux_tree import Listed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

CODE = "4006381333931"
WAIT_S, LOOK_S = 20.0, 0.02
PICTURES = os.environ.get("STILLOPEN_PICTURES")  # a folder to keep them in


class Bare:
    """A store as the installation leaves it, run as `stillopen run` runs it: it begins anew when it is told to."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "stillopen.toml"
        self._state = folder / "state"
        self.app: App
        self.server: Server
        self._up = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.config.write_text(first_configuration(), "utf-8")
        self._task = asyncio.create_task(self._run())
        await self._up.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        port = 0
        while True:
            async with App(load(self.config), self._state) as self.app, Server(self.app, port=port) as self.server:
                port = self.server.port
                self.app.setup.restarts = True
                self._up.set()
                await self.app.setup.again.wait()

    def address(self, page: str = "") -> str:
        return f"http://localhost:{self.server.port}/{page}#pair={self.app.door.code.make('test')}"


@pytest.fixture
async def bare(tmp_path: Path) -> AsyncIterator[Bare]:
    async with Bare(tmp_path) as opened:
        yield opened


@pytest.fixture(autouse=True)
def ports(monkeypatch: pytest.MonkeyPatch) -> list[Listed]:
    """What pyserial lists: the one place where a test plugs into the PC."""
    from serial.tools import list_ports

    listed = [Listed("/dev/ttyNOTHERE1", "Voyager", 0x0C2E, 0x0B6A, "S1", "1-3")]
    monkeypatch.setattr(list_ports, "comports", lambda: list(listed))
    return listed


async def write(page: Page, key: str, text: str) -> None:
    field = f"document.querySelector('[data-key=\"{key}\"]')"
    await page.until(f"!!{field}")
    await page.js(f"(({field}).value = {text!r}, {field}.dispatchEvent(new Event('input', {{bubbles: true}})), 0)")


async def pictures(page: Page, name: str) -> None:
    for width, height, dark in ((1280, 800, False), (1280, 800, True), (1024, 600, False), (1920, 1080, True)):
        await page.size(width, height, dark=dark)
        assert await page.js("document.documentElement.scrollWidth <= innerWidth")
        small = "e => e.getBoundingClientRect().height < 44"
        assert await page.js(f"[...document.querySelectorAll('button, a, input, select')].filter({small}).length") == 0
        if PICTURES:
            await page.picture(Path(PICTURES) / f"{name}-{width}-{'dark' if dark else 'light'}.png")


async def test_a_store_that_nobody_has_set_up_is_led_there_and_becomes_somebodys(browser: Browser, bare: Bare) -> None:
    page = await browser.page(bare.address())
    await page.until("location.pathname === '/setup'")
    await page.sees("Nobody has set this store up yet")
    await pictures(page, "setup-first")
    await write(page, "setup-name", "Café Ring")
    assert await page.js("document.querySelector('[data-key=setup-id]').value") == "cafe-ring"
    await write(page, "setup-currency", "euros")
    await write(page, "setup-timezone", "Europe/Vienna")
    await write(page, "setup-rate", "20")
    await write(page, "setup-till-0", "k1")
    await page.click("[data-use=scanner]")
    await page.sees("It will be counter, once you save.")
    await write(page, "setup-address", "127.0.0.1:9")
    await page.click("[data-key=setup-address-use]")
    await page.click("[data-key=use-drawer]")
    await page.click("[data-key=setup-save]")
    await page.sees("ISO 4217")
    await pictures(page, "setup-wrong")
    assert bare.config.read_text("utf-8") == first_configuration()

    await write(page, "setup-currency", "EUR")
    await page.click("[data-key=setup-show]")
    await page.sees('+name = "Café Ring"')
    await page.click("[data-key=setup-save]")
    await page.sees("Saved, and the agent goes by it.")
    await page.until("!!document.querySelector('[data-key=try-receipt]')")
    raw = tomllib.loads(bare.config.read_text("utf-8"))
    assert raw["store"]["id"] == "cafe-ring"
    assert raw["till"] == [{"id": "k1", "scanner": "counter", "printer": "receipt", "drawer": "drawer"}]
    assert raw["printer"][0]["port"] == "tcp://127.0.0.1:9"
    assert bare.app.config.store.name == "Café Ring"
    await pictures(page, "setup-saved")
    await page.goto(bare.address())
    await page.until("!!document.querySelector('[data-live=true]')")
    assert await page.js("location.pathname") == "/"


async def test_only_the_till_page_is_led_away_the_customers_screen_is_not(bare: Bare, browser: Browser) -> None:
    screen = await browser.page(bare.address("customer"))
    await screen.until("document.querySelector('#customer')?.innerText.trim()")
    assert await screen.js("location.pathname") == "/customer"
    page = await browser.page(f"http://localhost:{bare.server.port}/")
    await page.until("location.pathname == '/setup'")


async def test_who_wants_to_sell_first_is_not_led_there_twice(browser: Browser, bare: Bare) -> None:
    page = await browser.page(bare.address())
    await page.until("location.pathname === '/setup'")
    await page.click("[data-key=setup-later]")
    await page.until("!!document.querySelector('[data-live=true]')")
    await page.reload()
    await page.until("!!document.querySelector('[data-live=true]')")
    assert await page.js("location.pathname") == "/"


async def test_each_device_is_tried_and_a_scan_that_is_tried_rings_nothing(browser: Browser, store: Shop) -> None:
    page = await browser.page(store.address("setup"))
    await page.click(f"[data-key=try-{shop.PRINTER}]")
    await page.sees("Did the test come out as it should?")
    await page.click(f"[data-key=yes-{shop.PRINTER}]")
    await page.sees("It works.")
    await page.click(f"[data-key=try-{shop.DRAWER}]")
    await page.click(f"[data-key=no-{shop.DRAWER}]")
    await page.sees("pin = 5")
    assert store.world.printer.drawer_open
    await page.click(f"[data-key=try-{shop.SCANNER}]")
    await page.sees("Scan something within")
    await store.world.scanner.scan(CODE)
    await page.sees(f"It read {CODE}")
    assert store.app.tills.view(shop.TILL)["sale"] is None
    await page.until("document.querySelectorAll('[data-device] .device-said').length >= 3")
    async with asyncio.timeout(WAIT_S):
        while store.app.claims.all():  # what was read is said first, and then the scanner is given back
            await asyncio.sleep(LOOK_S)
    await pictures(page, "setup-tried")
    assert [said for said in page.problems if "401" not in said] == []


async def test_what_waits_for_an_administrator_is_shown_with_what_to_do(browser: Browser, bare: Bare) -> None:
    (bare.config.with_name("stillopen.toml.new") / "x").mkdir(parents=True)  # nobody can write there, root neither
    page = await browser.page(bare.address())
    await page.until("location.pathname === '/setup'")
    for field, text in (("name", "Café Ring"), ("currency", "EUR"), ("timezone", "Europe/Vienna"), ("rate", "20")):
        await write(page, f"setup-{field}", text)
    await page.click("[data-key=setup-save]")
    await page.sees("--take-up")
    assert bare.config.read_text("utf-8") == first_configuration()
    await page.reload()
    await page.sees("waits until an administrator takes it up")
    await page.sees("stillopen config import")
    assert await page.js("document.querySelector('[data-key=setup-name]').value") == "Café Ring"
    await pictures(page, "setup-waits")
