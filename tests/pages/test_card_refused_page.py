"""A card swiped or typed at the till page is shown nowhere, kept nowhere and sent nowhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from agent.card_guard import find_card_data
from tests.pages.test_till_page import COFFEE, LINES, till

if TYPE_CHECKING:
    from tests.pages.browser import Browser
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser

NUMBER = "4111111111111111"
TRACK = f"%B{NUMBER}^DOE/JOHN^25121010000000000000?"
TEXTS = (
    NUMBER,
    TRACK,
    f";{NUMBER}=25121010000000000000?",
    f"%B{NUMBER}&DOE-JOHN&2512_",  # a reader for another keyboard
    "4111 1111 1111 1111",
    "slip 3782-822463-10005 ok",
    "\uff14\uff11\uff11\uff11111111111111",
    "5555555555554444D25121011234567",
    "0042 4111 1111 1111 1111",
    "6304000000000000",
    "2720999999999996",
    "2721000000000004",
    "4000000000006",  # thirteen digits, and no EAN
    "4111111111111112",
    "4006381333931",
    "4006381333948",
    "96385074",
    "]E04006381333931",
    "0104006381333931172612311012345",
    "TILL-1-000001",
    "+49 30 1234567890123",
    "slip 0042",
    "",
    "41111111111111111227",
    "4111111111111111 123",
    "4111/1111/1111/1111",
    "4111_1111_1111_1111",
    "4111, 1111, 1111, 1111",
    "4111\u200b1111\u00ad11111111",
    "\u0664\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661",
    "41111111111111120427",
    "12345678901234567894",
    "2026-11-20 14:05:33 1234",
    "3782/822463/10005",
    "+49 151 12345678",
    "+49 (0)30 94739147 / +49 171 7654321",
    "60,11, 24,04, 25,38, 19,99, 41,20, 10,00",
    "+4111111111111111",
    "4111\x1d1111\x1d1111\x1d1111",
)
CODES = {  # as a scanner sends them, and whether they are a card
    NUMBER: True,
    TRACK: True,
    f"]C0{NUMBER}": True,
    "4006381333931": False,
    "]E04006381333931": False,
    "4006381333932": False,  # misread: the agent says so
    "491001234567812345": False,  # a magazine's number and its add-on
    "]E3977123456700312": False,
    "]Q3010400638133393117261231": False,
    "370123456789105": False,
}


async def test_a_card_is_shown_kept_and_sent_nowhere(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    found = await page.js(
        f"import('/static/till/card_guard.js').then((m) => {json.dumps(TEXTS)}.map((text) => m.holdsCardData(text)))"
    )
    assert dict(zip(TEXTS, found, strict=True)) == {text: find_card_data(text) for text in TEXTS}
    scanned = await page.js(
        "import('/static/till/card_guard.js')"
        f".then((m) => {json.dumps(list(CODES))}.map((code) => m.scanHoldsCardData(code)))"
    )
    assert dict(zip(CODES, scanned, strict=True)) == CODES

    await page.js("""(() => {
        window.kept = [];
        const real = Storage.prototype.setItem;
        Storage.prototype.setItem = function (key, value) { window.kept.push(value); real.call(this, key, value); };
        const fetched = window.fetch.bind(window);
        window.fetch = (path, options) => {
            window.kept.push(path, options?.body ?? '');
            return fetched(path, options);
        };
        new MutationObserver(() => window.kept.push(document.body.innerText))
            .observe(document.body, { childList: true, subtree: true, characterData: true });
    })()""")
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    port = store.server.port
    await store.stop_agent()
    await page.sees("The agent on this PC does not answer.")
    for swiped in (TRACK, NUMBER):
        await page.wedge(swiped)
        await page.sees("That was a card.")
        await page.click(".message button")
    await page.js(f"document.querySelector('[data-key=entry]').value = '{NUMBER}'")
    await page.press("F2")
    await page.press("Enter")
    await page.sees("That was a card.")
    await page.press("F9")
    await page.click("[data-key=slip]")
    await page.js(f"document.activeElement.value = '{NUMBER}'")
    await page.press("Enter")
    await page.sees("That looks like a card number.")
    await store.start_agent(port=port)
    await page.until("!document.querySelector('.banner-away')")
    kept = await page.js(f"window.kept.filter((one) => one.replace(/[ -]/g, '').includes('{NUMBER}'))")
    assert kept == []
    assert await page.js("Object.keys(localStorage).filter((key) => key.startsWith('stillopen.outgoing'))") == []
