"""A scanner that types, told from a person on a real page: no press is lost, and no scan lands in a field."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

COFFEE, MILK = "4006381333931", "96385074"
SETTLE_MS = 200  # after the last key, longer than anything is held back: what has not come back by then is lost


@pytest.fixture
async def page(browser: Browser, store: Shop) -> Page:
    """A bare page with two fields, a button, and the till's own wedge listening."""
    opened = await browser.page(store.address(paired=False))
    await opened.sees("stillopen pair")
    await opened.js("""(async () => {
        const { Wedge } = await import('/static/till/wedge.js');
        document.body.innerHTML = `<input data-key="entry" value="2"><input id="n" type="number" value="7">
            <select><option>1<option>4<option>9</select><button>pay</button>`;
        [window.scans, window.pressed, window.commands] = [[], [], []];
        document.querySelector('button').onclick = () => window.pressed.push('pay');
        document.addEventListener('keydown', (event) => window.commands.push(event.key));
        new Wedge((text) => window.scans.push(text)).start();
        window.focusOn = (what) => document.querySelector(what).focus();
    })()""")
    return opened


async def typed(page: Page, keys: list[tuple[str, float]]) -> None:
    """Press keys, each so many seconds after the one before by the keyboard's own clock, which never goes back."""
    at = max(time.time(), float(await page.js("window.lastKey ?? 0")))
    presses = []
    for key, gap_s in keys:
        at += gap_s
        presses.append(page.press(key, at=at))
    await asyncio.gather(*presses)
    # By the page's own timers: one that was set before and for less has rung by then, however slow the machine is.
    await page.js(f"window.lastKey = {at}; new Promise((resolve) => setTimeout(resolve, {SETTLE_MS}))")


def burst(code: str, gap_s: float = 0.01) -> list[tuple[str, float]]:
    return [(key, gap_s) for key in (*code, "Enter")]


async def scans(page: Page) -> list[str]:
    found: list[str] = await page.js("window.scans")
    return found


async def value(page: Page, what: str) -> str:
    found: str = await page.js(f"document.querySelector({json.dumps(what)}).value")
    return found


async def test_a_scan_is_a_scan_wherever_the_focus_is_and_leaves_it_as_it_was(page: Page) -> None:
    for focus in ("[data-key=entry]", "#n", "select", "button"):
        await page.js(f"window.focusOn('{focus}'); window.scans = []")
        fields = await page.js("[...document.querySelectorAll('input, select')].map((field) => field.value)")
        await typed(page, burst(COFFEE) + burst(MILK, 0.001))
        assert await scans(page) == [COFFEE, MILK]
        assert await page.js("[...document.querySelectorAll('input, select')].map((field) => field.value)") == fields
        assert await page.js("window.pressed") == []
        assert await page.js(f"document.activeElement === document.querySelector('{focus}')")
    await page.js("window.focusOn('[data-key=entry]'); window.scans = []")
    keys = burst(COFFEE)
    keys[10] = (keys[10][0], 0.09)  # a wireless scanner stumbles
    await typed(page, keys)
    assert await scans(page) == [COFFEE]
    assert await value(page, "[data-key=entry]") == "2"


PEOPLE = (
    ([(key, 0.06) for key in "12345678"], "12345678"),  # as fast as people are
    ([("1", 0.2), ("2", 0.01), ("3", 0.08), ("4", 0.01), ("5", 0.08)], "12345"),  # rolled over two keys, twice
    ([("1", 0.2), ("2", 0.01), ("3", 0.01)], "123"),  # three at once, and then nothing
    ([("1", 0.2), ("2", 0.001)], "12"),
    ([("1", 0.2)], "1"),
)


async def test_no_press_of_a_person_is_lost(page: Page) -> None:
    for keys, left in PEOPLE:
        for focus in ("[data-key=entry]", "#n"):
            await page.js(f"window.focusOn('{focus}'); document.querySelector('{focus}').value = ''")
            await typed(page, keys)
            assert await value(page, focus) == left
            assert await page.js(f"document.activeElement.matches('{focus}')")
    await typed(page, [("Enter", 0.2)])
    assert await scans(page) == []
    assert (await page.js("window.commands"))[-1] == "Enter"
    await page.js("window.focusOn('[data-key=entry]')")  # and what is given back stands where it was typed
    await page.js("document.activeElement.value = 'AD'; document.activeElement.setSelectionRange(1, 1)")
    await typed(page, [("B", 0.2), ("C", 0.01)])
    assert await value(page, "[data-key=entry]") == "ABCD"
    assert await page.js("document.activeElement.selectionStart") == 3


async def test_too_few_quick_keys_are_a_person_whatever_comes_then(page: Page) -> None:
    await page.js("window.focusOn('[data-key=entry]'); document.activeElement.value = ''")
    await typed(page, burst("123"))
    assert await scans(page) == []
    assert await value(page, "[data-key=entry]") == "123"
    assert "Enter" in await page.js("window.commands")
    await page.js("document.activeElement.value = ''")  # eight quick ones, and a slow rest
    await typed(page, [*((key, 0.03) for key in "12345678"), *((key, 0.09) for key in "90"), ("Enter", 0.09)])
    assert await scans(page) == []
    assert await value(page, "[data-key=entry]") == "1234567890"
    await page.js("document.activeElement.value = ''")  # and a key that is held down
    await page.js("""for (let at = 0; at < 8; at++) document.activeElement.dispatchEvent(
        new KeyboardEvent('keydown', { key: '0', repeat: at > 0, bubbles: true, cancelable: true }))""")
    await typed(page, [("Enter", 0.0)])
    assert await scans(page) == []


async def test_plus_changes_the_basket_for_a_person_and_not_for_a_code_that_begins_with_it(page: Page) -> None:
    await page.js("document.activeElement.blur()")
    await typed(page, burst("+A99912345/9"))
    assert await scans(page) == ["+A99912345/9"]
    assert await page.js("window.commands") == []
    await typed(page, [("+", 0.2)])
    await typed(page, [("+", 0.2), ("-", 0.2)])
    assert await page.js("window.commands") == ["+", "+", "-"]


async def test_the_separators_of_a_gs1_code_are_kept_however_they_are_typed(page: Page) -> None:
    await page.js("window.focusOn('[data-key=entry]')")
    await page.js("""(() => {
        const key = (type, init) => document.activeElement.dispatchEvent(
            new KeyboardEvent(type, { bubbles: true, cancelable: true, ...init }));
        for (const one of '10ABC') key('keydown', { key: one });
        key('keydown', { key: 'Control', ctrlKey: true });
        key('keydown', { key: ']', code: 'BracketRight', ctrlKey: true });
        for (const one of '21987') key('keydown', { key: one });
        key('keydown', { key: 'Alt', altKey: true });
        for (const one of '029') key('keydown', { key: one, code: `Numpad${one}`, altKey: true });
        key('keyup', { key: 'Alt' });
        for (const one of '37') key('keydown', { key: one });
        key('keydown', { key: 'm', code: 'KeyM', ctrlKey: true });
    })()""")
    assert await scans(page) == ["10ABC\x1d21987\x1d37"]
    assert await value(page, "[data-key=entry]") == "2"
    await page.js("window.focusOn('[data-key=entry]'); document.activeElement.value = ''")  # Tab and Alt stay theirs
    await typed(page, [("3", 0.2), ("Tab", 0.3)])
    assert await value(page, "[data-key=entry]") == "3"
    await page.press("n", alt=True)
    assert len(await scans(page)) == 1
    assert (await page.js("window.commands"))[-1] == "n"
