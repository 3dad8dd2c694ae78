"""The demo page: the guided walk, from the first barcode to the last sale's arrival."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
import zxingcpp
from PIL import Image

from agent.demo import shop

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

COUNT = "Number(document.querySelector('[data-count={name}]').dataset.value)"


async def visit(browser: Browser, store: Shop) -> Page:
    page = await browser.page(store.address("demo"), width=1440, height=900)
    await page.until("document.querySelectorAll('.shelf-item').length > 40")
    return page


async def pay_cash(page: Page, given: str) -> None:
    await page.press("F10")
    await page.until("document.activeElement.dataset.key == 'given'")
    await page.type(given)
    await page.press("Enter")


async def test_the_walk_of_the_guide(browser: Browser, store: Shop) -> None:
    page = await visit(browser, store)
    for lines in (1, 2, 3):
        await page.click(f".shelf-item:nth-child({lines})")
        await page.until(f"document.querySelectorAll('[data-line]').length == {lines}")
    await pay_cash(page, "20")
    assert (await page.text(".change-amount")) == "9,53 €"
    await page.sees("Receipt printed")
    await page.until("document.querySelector('[data-receipt]')?.naturalWidth > 300")
    await page.until("document.querySelector('[data-open]').dataset.open == 'true'")
    # the shift that opened by itself, the sale, and the drawer's opening
    await page.until(f"{COUNT.format(name='cloud')} == 3 && {COUNT.format(name='waiting')} == 0")

    await page.click("[data-plug]")
    await page.until("document.querySelector('[data-plugged]').dataset.plugged == 'false'")
    await page.click(".shelf-item:nth-child(4)")
    await page.until("document.querySelectorAll('[data-line]').length == 1")
    await pay_cash(page, "5")
    assert (await page.text(".change-amount")) == "1,71 €"
    await page.sees("Receipt printed")
    await page.until(f"{COUNT.format(name='waiting')} == 2")
    await page.sees("2 waiting")
    assert len(store.world.cloud().orders) == 3

    await page.click("[data-plug]")
    await page.until(f"{COUNT.format(name='waiting')} == 0 && {COUNT.format(name='cloud')} == 5")
    await page.sees("Every sale arrived, once.")
    assert store.world.cloud().doubles == 0
    assert [said for said in page.problems if "401" not in said] == []


async def test_what_lies_on_the_pan_is_weighed_when_it_is_scanned(browser: Browser, store: Shop) -> None:
    page = await visit(browser, store)
    await page.click("[data-key=desk-scale]")
    await page.sees("The pan is empty")
    await page.click("[data-key=pan-1021]")
    await page.until("document.querySelector('.pan-display').dataset.kg == '0.870'")
    await page.click("[data-key=pan-scan-1021]")
    await page.until("document.querySelector('[data-line]')?.innerText.includes('0,87')")
    await page.sees("1,73 €")  # 0.870 kg of 1.99
    await page.click("[data-key=pan-1021]")
    await page.sees("The pan is empty")
    await page.click("[data-key=pan-scan-1022]")
    await page.sees("Weight in kg")  # nothing to weigh: the till asks
    await page.click("[data-key=pan-1022]")
    await page.until("document.querySelector('.pan-display').dataset.kg == '1.240'")
    await page.click("[data-key=weigh]")
    await page.until("document.querySelectorAll('[data-line]').length == 2")
    assert [said for said in page.problems if "401" not in said] == []


async def test_a_cloud_that_keeps_a_record_and_never_answers_has_it_once(browser: Browser, store: Shop) -> None:
    page = await visit(browser, store)
    await page.click("[data-key=choice-unavailable]")
    await page.until("document.querySelector('[data-key=choice-unavailable]').ariaChecked == 'true'")
    await page.click(".shelf-item:nth-child(1)")
    await page.until("document.querySelectorAll('[data-line]').length == 1")
    await pay_cash(page, "10")
    await page.sees("3,51 €")
    await page.until(f"{COUNT.format(name='waiting')} == 3")
    await page.click("[data-key=choice-none]")
    await page.until(f"{COUNT.format(name='cloud')} == 3 && {COUNT.format(name='waiting')} == 0", seconds=40)


async def test_the_printers_switches_show_in_the_lamps(browser: Browser, store: Shop) -> None:
    page = await visit(browser, store)
    await switch(page, "cover_open")
    await page.until("document.querySelector('[data-lamp=receipt]').dataset.level == 'bad'")
    await page.click("[data-lamp=receipt]")
    await page.sees("cover open")
    await switch(page, "cover_open")
    await page.until("document.querySelector('[data-lamp=receipt]').dataset.level == 'good'")
    await switch(page, "power")
    await page.until("document.querySelector('[data-lamp=receipt]').dataset.level == 'bad'")
    await switch(page, "power")
    await page.until("document.querySelector('[data-lamp=receipt]').dataset.level == 'good'")


async def switch(page: Page, name: str) -> None:
    before = await page.until(f"document.querySelector('[data-switch={name}]')?.ariaPressed")
    await page.click(f"[data-switch={name}]")
    await page.until(f"document.querySelector('[data-switch={name}]').ariaPressed != {before!r}")


async def test_the_barcodes_on_the_shelf_can_be_read_by_a_scanner(
    browser: Browser, store: Shop, tmp_path: Path
) -> None:
    page = await visit(browser, store)
    await page.size(1440, 900, scale=3)
    await page.picture(tmp_path / "shelf.png")
    read = {code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO((tmp_path / "shelf.png").read_bytes())))}
    assert len(read & {item["code"] for item in shop.shelf()}) >= 4


async def test_every_fault_is_a_button_that_says_it_is_on_and_all_is_well_again(browser: Browser, store: Shop) -> None:
    page = await visit(browser, store)
    await page.click("[data-key=desk-faults]")
    await page.sees("well, nothing waits")
    switches = store.world.faults.choice()["switches"]
    wanted = {f"fault-{name}-{position}" for name, stands in switches.items() for position in stands[1:]}
    shown = await page.js("[...document.querySelectorAll('.fault')].map((button) => button.dataset.key)")
    assert set(shown) == wanted - {"fault-tray-open"}  # that one is beside the drawer
    for fault in ("cover-open", "ids-none", "cable-slow", "drawer-jammed"):
        await page.click(f"[data-key=fault-{fault}]")
        await page.until(f"document.querySelector('[data-key=fault-{fault}]').ariaPressed == 'true'")
    assert await page.text(".desk-tab .badge") == "4"
    await page.sees("Cover open · Drawer jammed · Slow cable · Prints the ids")  # and perhaps what waits in it
    await page.until("document.querySelector('[data-lamp=receipt]').dataset.level == 'bad'")
    await page.click("[data-key=fault-cover-open]")
    await page.until("document.querySelector('[data-lamp=receipt]').dataset.level == 'good'")
    await page.click("[data-key=all-well]")
    await page.sees("well, nothing waits")
    assert set(store.world.faults.view()["switches"].values()) == {stands[0] for stands in switches.values()}
    assert page.problems == []


async def test_a_script_plays_through_a_sale_and_its_receipt_comes_out_once(browser: Browser, store: Shop) -> None:
    page = await visit(browser, store)
    await page.click("[data-key=desk-faults]")
    await page.click("[data-key=script-paper-runs-out]")
    await page.until("document.querySelector('[data-key=script-paper-runs-out]').ariaPressed == 'true'")
    await page.click("[data-key=desk-shelf]")
    await page.click(".shelf-item:nth-child(1)")
    await page.until("document.querySelectorAll('[data-line]').length == 1")
    await pay_cash(page, "10")
    await page.until("document.querySelector('.printer-state').innerText.includes('Paper out')")
    await page.until("document.querySelector('[data-receipt]')?.naturalWidth > 300", seconds=30)
    await page.sees("Receipt printed")
    assert len(store.world.printer.receipts) == 1
    await page.until("document.querySelector('[data-open]').dataset.open == 'true'")
    await page.click("[data-push]")
    await page.until("document.querySelector('[data-open]').dataset.open == 'false'")
    await page.click("[data-push]")  # by its key
    await page.until("document.querySelector('[data-open]').dataset.open == 'true'")
