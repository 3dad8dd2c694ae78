"""What stands on a page: looked at, never touched. JavaScript here reads; hands act."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.pages.browser import Page

SEEN_S = 25.0  # a page that shows nothing new for so long will not; less than DevTools is waited for

# Looks again whenever the page changes, and now and then, as what has the focus is no change of the page.
_UNTIL = """new Promise((resolve) => {
  const look = () => {
    let found = false;
    try { found = (%s); } catch { /* not drawn yet */ }
    if (found || performance.now() > end) { seen.disconnect(); clearInterval(timer); resolve(found || null); }
  };
  const end = performance.now() + %d;
  const seen = new MutationObserver(look);
  seen.observe(document, { childList: true, subtree: true, attributes: true, characterData: true });
  const timer = setInterval(look, 10);
  look();
})"""
_LISTEN = r"""(() => {
  if (!window.said) {
    window.said = [];
    const keep = (node) => window.said.push(node.textContent.replace(/\u00a0/g, " "));
    new MutationObserver((changes) => changes.forEach(({ addedNodes }) => addedNodes.forEach(keep)))
      .observe(document.querySelector(".messages"), { childList: true });
  }
  return window.said.length;
})()"""
_MONEY = re.compile(r"([-\u2212]?)\s*([\d.]+),(\d\d)")


def minor(text: str) -> int:
    """Read an amount as the page writes it ("-1.234,50 EUR") in minor units."""
    found = _MONEY.search(text)
    assert found is not None, f"no amount: {text!r}"
    sign, whole, part = found.groups()
    return (-1 if sign else 1) * int(whole.replace(".", "") + part)


class Eyes:
    """Somebody who looks at one page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def until(self, expression: str) -> Any:
        """Wait until `expression` is true, and return its value."""
        for _ in range(3):  # a page that is loaded anew forgets who looks
            try:
                found = await self.page.js(_UNTIL % (expression, int(SEEN_S * 1000)))
            except AssertionError:
                continue
            if found is None:
                break
            return found
        text = await self.page.js("document.body.innerText")
        raise AssertionError(f"never seen: {expression}\n{self.page.problems[-3:]}\n{text}")

    async def sees(self, *texts: str) -> None:
        """Wait until each of the texts stands on the page, wherever."""
        for text in texts:
            await self.until(rf"document.body.innerText.replace(/\u00a0/g, ' ').includes({json.dumps(text)})")

    async def listens(self) -> int:
        """From here on keep every message that the page says; return how many were said before: for `hears`.

        The next word may take the place of one within milliseconds, before anybody has come to look for it.
        """
        return int(await self.page.js(_LISTEN))

    async def hears(self, text: str, *, since: int) -> None:
        """Wait until a message with that text was said, after so many."""
        await self.until(f"window.said.slice({since}).some((one) => one.includes({json.dumps(text)}))")

    async def gone(self, selector: str) -> None:
        """Wait until nothing on the page is like that."""
        await self.until(f"!document.querySelector({json.dumps(selector)})")

    async def text(self, selector: str) -> str:
        """Return what an element says, once it is there."""
        found = await self.until(f"document.querySelector({json.dumps(selector)})?.innerText")
        return str(found).replace("\xa0", " ")

    async def focus(self, key: str) -> None:
        """Wait until what is typed goes to the element of that data-key."""
        await self.until(f"document.activeElement?.dataset.key === {json.dumps(key)}")

    async def lines(self) -> list[str]:
        """Return the names of the basket's lines, top to bottom."""
        names: list[str] = await self.page.js(_NAMES)
        return names

    async def rung(self, *names: str) -> None:
        """Wait until the basket is just these lines, by what their names begin with."""
        wanted = json.dumps(names)
        await self.until(
            f"(() => {{ const found = {_NAMES}; const wanted = {wanted}; return found.length === wanted.length"
            " && wanted.every((name, at) => found[at].startsWith(name)) })()"
        )

    async def total(self, amount: int | None = None) -> int:
        """Return the large amount beneath the basket; wait until it is `amount`."""
        if amount is not None:
            await self.until(f"{_TOTAL} === {amount}")
        return minor(await self.text(".total-amount"))

    async def sums(self) -> list[tuple[str, int]]:
        """Return the rows beneath the basket: what each says and its amount."""
        rows: list[list[str]] = await self.page.js(
            "[...document.querySelectorAll('.basket .sums > p.sum')].filter((row) => row.children.length > 1)"
            ".map((row) => [row.firstElementChild.textContent, row.lastElementChild.textContent])"
        )
        return [(name, minor(amount)) for name, amount in rows if _MONEY.search(amount)]

    async def done(self, *, after: str = "") -> tuple[str, int, int]:
        """Wait for the next finished sale or refund; return its number, its total, and what is handed over.

        `after` is the number that was on show before.
        """
        number = await self.until(
            "(() => { const said = document.querySelector('.done h2')?.textContent.split(' ').at(-1);"
            f" return said && said !== {json.dumps(after)} && said }})()"
        )
        over = await self.page.js("document.querySelector('.change-amount')?.textContent ?? '0,00'")
        total = await self.page.js(
            "[...document.querySelectorAll('.done > p.quiet')].map((row) => row.textContent)"
            ".find((text) => text.startsWith('Total'))"
        )
        return str(number), minor(total), minor(over)

    async def table(self) -> dict[str, dict[str, int]]:
        """Return a report's figures: by the table's caption, what each row says and its amount, less its parts."""
        found: dict[str, list[list[str]]] = await self.until(
            "document.querySelector('.report') && Object.fromEntries([...document.querySelectorAll('table.figures')]"
            ".map((table) => [table.caption?.textContent ?? '', [...table.querySelectorAll('tr:not(.part)')]"
            ".map((row) => [row.cells[0].textContent, row.cells[1].textContent])]))"
        )
        return {caption: {name: minor(amount) for name, amount in rows} for caption, rows in found.items()}


_NAMES = "[...document.querySelectorAll('.basket .line-name')].map((line) => line.firstChild.textContent)"
_TOTAL = (
    "(() => { const [, sign, whole, part] = /([-\\u2212]?)([\\d.]+),(\\d\\d)/"
    ".exec(document.querySelector('.total-amount').textContent);"
    " return (sign ? -1 : 1) * Number(whole.replaceAll('.', '') + part) })()"
)
