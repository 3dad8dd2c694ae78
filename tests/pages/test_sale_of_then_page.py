"""Lines, answers and presses belong to the sale that they were of, whatever is open by now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.pages.test_till_page import COFFEE, LINES, MILK, TEA, sales, till, total

if TYPE_CHECKING:
    from tests.pages.browser import Browser, Page
    from tests.pages.conftest import Shop

pytestmark = pytest.mark.browser


async def ask(page: Page, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Ask the agent as a second page would."""
    asked = json.dumps({"method": method, "body": None if body is None else json.dumps(body)})
    return await page.js(f"""(async () => {{
        const headers = {{ "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() }};
        return (await (window.real ?? fetch)({json.dumps(path)}, {{ ...{asked}, headers }})).json();
    }})()""")


async def sale(page: Page) -> Any:
    return (await ask(page, "GET", "/v1/tills/till-1"))["sale"]


async def down(page: Page, selector: str) -> tuple[float, float]:
    """Put a finger on something, and leave it there; answer where."""
    await page.js("new Promise((resolve) => setTimeout(resolve, 50))")  # a finger is no quicker on the next button
    x, y = await page.js(
        f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{ block: 'nearest' }});"
        " const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })()"
    )
    await page.call("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, button="left", clickCount=1)
    return x, y


async def up(page: Page, at: tuple[float, float]) -> None:
    await page.call("Input.dispatchMouseEvent", type="mouseReleased", x=at[0], y=at[1], button="left", clickCount=1)


async def next_customer(page: Page, code: str) -> None:
    """Let a second page close what is open, and ring something for the next customer."""
    before = await sale(page)
    await ask(page, "POST", f"/v1/sales/{before['id']}/void", {})
    await ask(page, "POST", "/v1/tills/till-1/scan", {"data": code})


async def test_what_was_begun_on_one_sale_never_ends_on_the_next(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await page.press("F4")
    await page.type("1")
    await next_customer(page, TEA)
    await page.sees("The sale that this was for is closed.")
    await page.until("!document.querySelector('.panel')")
    await page.click(".message button")
    await page.until(f"{LINES}.join() == 'Black tea, 50 bags'")
    await page.press("F4")  # and with the finger on the button, where nothing is drawn until it is let go
    await page.until("document.activeElement.dataset.key == 'price'")
    await page.type("1")
    await page.click(".chip")
    finger = await down(page, ".panel [data-key=primary]")
    await next_customer(page, MILK)
    await page.sees("The sale that this was for is closed.")
    await up(page, finger)
    await page.until(f"{LINES}.join() == 'Whole milk 1 l'")
    await page.until("!document.querySelector('.panel')")
    assert [(line["name"], line["price"]) for line in (await sale(page))["lines"]] == [("Whole milk 1 l", 129)]


async def test_each_press_of_a_step_counts_from_what_there_is_by_then(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.wedge(COFFEE)
    await page.until("!!document.querySelector('[data-key=more-1]')")
    finger = await down(page, "[data-key=more-1]")
    await store.world.scan(COFFEE)
    await total(page, "12,98 €")
    await up(page, finger)
    await total(page, "19,47 €")


async def test_two_times_is_of_the_line_that_the_scan_went_to(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await ask(page, "POST", f"/v1/sales/{(await sale(page))['id']}/discounts", {"percent": "50", "line": "1"})
    await total(page, "3,24 €")
    await page.type("2x")
    await page.sees("2 \u00d7 the next item")
    await store.world.scan(COFFEE)
    await page.until("document.querySelector('[data-line=\"2\"]')?.innerText.includes('2 \u00d7')")
    await page.until("!document.querySelector('.times-chip')")


async def test_an_answer_of_then_takes_nothing_off_the_screen(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.js("""(() => {
        window.real = window.fetch.bind(window);
        const late = new Promise((resolve) => { window.release = resolve });
        window.fetch = async (path, options) => {
            const answer = await window.real(path, options);
            if (options.method !== "POST" || !path.endsWith("/scan")) return answer;
            window.held = true;
            await late;
            return answer;
        };
    })()""")
    await page.wedge(COFFEE)
    await page.until("window.held")
    await store.world.scan(TEA)
    await page.until(f"{LINES}.length == 2")
    await page.js("""(() => {
        window.counted = [];
        new MutationObserver(() => window.counted.push(document.querySelectorAll(".line-name").length))
            .observe(document.querySelector(".lines"), { childList: true });
        window.release();
    })()""")
    await store.world.scan(MILK)
    await page.until(f"{LINES}.length == 3")
    assert await page.js("Math.min(...window.counted)") >= 2

    before = await sale(page)  # and what was asked for before a reload closes no sale but its own
    await page.press("F10")
    await page.press("Enter")
    await page.sees("No change")
    await store.world.scan(COFFEE)
    await page.until(f"{LINES}.length == 1")
    asked = {"key": "of-then", "label": "finish", "method": "POST", "path": f"/v1/sales/{before['id']}/complete"}
    at = await page.js("Date.now()")
    kept = json.dumps([{**asked, "at": at, "then": "completed", "sent": True, "away": True}])
    await page.js(f"localStorage.setItem('stillopen.outgoing:till-1:0', {json.dumps(kept)})")
    await page.js("""(() => { window.stays = true })()""")
    await page.reload()
    await page.until("!window.stays && !Object.keys(localStorage).some((key) => key.startsWith('stillopen.outgoing'))")
    await page.until(f"{LINES}.join() == 'Coffee, ground 500 g'")
    await page.wedge(TEA)
    await page.until(f"{LINES}.length == 2")
    assert len(sales(store)) == 1


async def test_what_is_asked_behind_a_parked_sale_goes_to_the_next_one(browser: Browser, store: Shop) -> None:
    page = await till(browser, store)
    await page.wedge(COFFEE)
    await page.until(f"{LINES}.length == 1")
    await page.type("co")
    await page.until("!!document.querySelector('.tile-first')")
    port = store.server.port
    await store.stop_agent()
    await page.sees("The agent on this PC does not answer.")
    await page.type("ffin")
    await page.press("Enter")  # what was found for another text is not rung
    await page.sees("was not looked up")
    assert await page.js("document.querySelector('[data-key=entry]').value") == "coffin"
    await page.press("Escape")
    await page.press("F8")
    await page.until("document.activeElement.dataset.key == 'label'")
    await page.press("Enter")
    await page.press("F7")
    await page.until("document.activeElement.dataset.key == 'name'")
    await page.type("Gift")
    await page.press("Enter")
    await page.type("3")
    await page.press("Enter")
    await page.sees("2 things wait for it.")
    await store.start_agent(port=port)
    await page.until(f"{LINES}.join() == 'Gift'")
    parked = await ask(page, "GET", "/v1/tills/till-1/parked")
    assert [[line["name"] for line in one["lines"]] for one in parked["sales"]] == [["Coffee, ground 500 g"]]
