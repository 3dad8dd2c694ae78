"""The devices page: state with its hint, what is plugged in, a test, and a scan's bytes, seen in a real Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.demo import shop
from tests.detect.linux_tree import Listed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

CODE = "4006381333931"


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> list[Listed]:
    """What pyserial lists: the one place where a test plugs into the PC."""
    from serial.tools import list_ports

    listed = [Listed("/dev/ttyNOTHERE0", "USB Serial", 0x1A86, 0x7523, None, "1-2")]
    monkeypatch.setattr(list_ports, "comports", lambda: list(listed))
    return listed


async def visit(browser: Browser, store: Shop, language: str = "en") -> Page:
    page = await browser.page(store.address("devices"), language=language)
    await page.until("document.querySelectorAll('[data-device]').length == 4")
    return page


async def test_a_device_that_is_lost_says_what_to_do_and_is_back(browser: Browser, store: Shop) -> None:
    page = await visit(browser, store)
    await page.until(f"document.querySelector('[data-device={shop.SCANNER}]').dataset.state == 'ready'")
    store.world.bench.unplug(shop.SCANNER)
    await page.until(f"!!document.querySelector('[data-device={shop.SCANNER}][data-state=lost] .next')")
    store.world.bench.plug(shop.SCANNER)
    await page.until(f"document.querySelector('[data-device={shop.SCANNER}]').dataset.state == 'ready'")
    assert [said for said in page.problems if "401" not in said] == []


async def test_a_scan_is_shown_with_its_bytes_and_a_test_page_is_printed(browser: Browser, store: Shop) -> None:
    page = await visit(browser, store)
    await page.click(f"[data-key=trace-{shop.SCANNER}]")
    await page.until(f"document.querySelector('[data-key=trace-{shop.SCANNER}]').ariaPressed == 'true'")
    await store.world.scanner.scan(CODE)
    await page.until(f"!!document.querySelector('[data-scan=\"{CODE}\"]')")
    await page.sees("34 30 30 36")  # its first digits as they came
    await page.click(f"[data-key=trace-{shop.SCANNER}]")
    await page.until("!document.querySelector('[data-scan]')")

    await page.click(f"[data-key=test-{shop.PRINTER}]")
    await page.until(f"!!document.querySelector('[data-device={shop.PRINTER}] .device-said')")
    await page.click(f"[data-key=test-{shop.SCANNER}]")
    await page.sees("Scan something")


async def test_a_scanner_that_a_front_end_has_is_said_at_the_till_and_taken_back(browser: Browser, store: Shop) -> None:
    till = await browser.page(store.address())
    await till.until("!!document.querySelector('[data-live=true]')")
    await store.app.claims.claim(shop.SCANNER, caller="kiosk", holder="Kiosk 2", lease_s=300)
    await store.world.scanner.scan(CODE)
    await till.sees("is lent to Kiosk 2, which got this scan")
    await till.until("document.querySelector('[data-lamp=counter][data-level=held]')?.innerText.includes('lent')")
    page = await visit(browser, store)
    await page.sees("Lent to Kiosk 2")
    await page.click(f"[data-key=back-{shop.SCANNER}]")
    await page.until(f"!document.querySelector('[data-key=back-{shop.SCANNER}]')")
    await page.sees("again.")
    assert store.app.claims.all() == []


async def test_what_is_plugged_in_comes_and_goes_with_its_lines(
    browser: Browser, store: Shop, ports: list[Listed]
) -> None:
    page = await visit(browser, store)
    await page.sees("Probably QinHeng CH340")
    await page.sees('port = "serial:///dev/ttyNOTHERE0?baud=9600"')
    await page.sees("leave it there")
    ports.append(Listed("/dev/ttyNOTHERE1", "Voyager", 0x0C2E, 0x0B6A, "S1", "1-3"))
    await page.until("document.querySelector('[data-found=\"/dev/ttyNOTHERE1\"]')?.dataset.kind == 'scanner'")
    ports.clear()
    await page.until("!document.querySelector('[data-found^=\"/dev/ttyNOTHERE\"]')")
    assert [said for said in page.problems if "401" not in said] == []


async def test_it_can_be_read_in_any_light_and_on_a_small_screen(
    browser: Browser, store: Shop, ports: list[Listed], tmp_path: Path
) -> None:
    page = await visit(browser, store, "de")
    await page.sees("Was angeschlossen ist")
    for width, height, dark in ((1280, 800, False), (1280, 800, True), (1024, 600, False)):
        await page.size(width, height, dark=dark)
        assert await page.js("document.documentElement.scrollWidth <= innerWidth")
        small = await page.js(
            "[...document.querySelectorAll('button, a')].filter(e => e.getBoundingClientRect().height < 44).length"
        )
        assert small == 0
        await page.picture(tmp_path / f"devices-{width}-{dark}.png")


async def test_everything_is_checked_on_the_page_the_worst_first(browser: Browser, store: Shop) -> None:
    page = await visit(browser, store)
    await page.click("[data-key=doctor]")
    await page.until("!!document.querySelector('[data-check=journal][data-state=ok]')")
    states = await page.js("[...document.querySelectorAll('[data-check]')].map((one) => one.dataset.state)")
    order = ["failed", "warning", "not known", "ok"]
    assert states == sorted(states, key=order.index)
    await page.sees("Well: journal")
    assert [said for said in page.problems if "401" not in said] == []
