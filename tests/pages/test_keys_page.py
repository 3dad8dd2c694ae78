"""Keys at the till page: as they are printed, held down, while nobody is signed in, and while the agent is away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pages.test_till_page import COFFEE, LINES, till
from tests.staff.cheap import cheap_pins

if TYPE_CHECKING:
    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

PIN = "408215"
AT = "document.activeElement.dataset.key"
TITLE = "document.querySelector('.panel h2')?.textContent"


async def alt(page: Page, key: str, code: str, *, held: bool = False) -> None:
    """Press Alt and a key that says `key` and lies where an American keyboard has `code`."""
    code_of = ord(key.upper()) if key.isascii() else 0
    shared = {"key": key, "code": code, "modifiers": 1, "windowsVirtualKeyCode": code_of}
    await page.call("Input.dispatchKeyEvent", type="rawKeyDown", autoRepeat=held, **shared)
    await page.call("Input.dispatchKeyEvent", type="keyUp", **shared)


async def field(page: Page, key: str) -> str:
    return str(await page.js(f"document.querySelector('[data-key={key}]').value"))


async def test_a_key_does_what_is_printed_on_it_once(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await alt(page, "y", "KeyZ")  # German
    await page.sees("Every receipt is accounted for.")
    await alt(page, "a", "KeyQ")  # French
    await page.until(f"{TITLE} == 'Note'")
    await alt(page, "ф", "KeyM")  # a letter that no key of the table is named by goes by its place
    await page.until(f"{TITLE} == 'Everything'")

    await page.js("""(() => {
        const real = window.fetch.bind(window);
        window.asked = 0;
        window.fetch = (path, options) => {
            if (path.startsWith("/v1/records?")) window.asked += 1;
            return real(path, options);
        };
    })()""")
    for held in (False, True, True):
        await alt(page, "p", "KeyP", held=held)
    await page.sees("Nothing was sold here yet.")
    assert await page.js("window.asked") == 1
    await store.stop_agent()
    await page.until("!document.querySelector('.message')?.innerText.includes('answer')")
    await alt(page, "p", "KeyP")
    await page.until("document.querySelector('.message')?.innerText.includes('does not answer')")
    assert not [said for said in page.problems if "Uncaught" in said or "Error:" in said]


async def test_while_nobody_is_here_digits_are_a_pin_and_stand_nowhere_else(browser: Browser, store: Shop) -> None:
    await cheap_pins(store.app)
    page = await till(browser, store)
    await page.js(f"""fetch("/v1/staff", {{
        method: "POST", headers: {{ "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() }},
        body: JSON.stringify({{ name: "Mia", role: "manager", pin: "{PIN}" }}) }}).then((answer) => answer.status)""")
    await page.until(f"{TITLE} == 'Who is here?' && {AT} == 'pin'")
    await page.press("Escape")
    await page.type(PIN[:2])
    await page.js("document.activeElement.blur()")
    await page.type(PIN[2:4])
    await page.click("[data-key=entry]")
    await page.type(PIN[4:])
    assert (await field(page, "entry"), await field(page, "pin")) == ("", PIN)
    await page.press("F1")
    await page.until(f"{TITLE} == 'Keys'")
    await page.type(PIN)
    assert (await field(page, "entry"), await field(page, "pin")) == ("", PIN)
    await page.press("Enter")
    await page.until("document.querySelector('.staff-button span').textContent == 'Mia'")

    await store.stop_agent()
    await page.press("q", alt=True)
    await page.sees("The agent on this PC does not answer. This page is not locked.")
    await page.press("u", alt=True)
    await page.until(f"{AT} == 'pin'")
    await page.type(PIN)
    await page.press("Enter")
    await page.until(
        "document.querySelector('.panel .field-error:not([hidden])')?.innerText.includes('does not answer')"
    )
    assert await field(page, "pin") == ""
