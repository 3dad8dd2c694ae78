"""Two kinds of hands for the same day: one that points and types, and one that has a keyboard and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from tests.day.keyboard import Keyboard

if TYPE_CHECKING:
    from tests.day.eyes import Eyes
    from tests.day.store import Store

TABS_MAX = 120  # a page has fewer stops than that
AT_HAND = ("open_item", "discount", "customer", "note", "park", "receipts", "void", "more")
KEYS = {
    "help": "F1", "find": "F2", "quantity": "F3", "price": "F4", "discount": "F6", "open_item": "F7", "park": "F8",
    "card": "F9", "cash": "F10", "receipts": "r", "no_sale": "n", "void": "v", "customer": "c", "note": "a",
    "mark": "s", "code": "k", "arrange": "g", "shift": "h", "outage": "o", "unreceipted": "b", "copy": "p",
    "whole": "y", "training": "t", "staff": "u", "lock": "q", "empties": "l", "exempt": "x", "tip": "i", "more": "m",
}  # fmt: skip


class Hands(Protocol):
    """What the day asks of hands. `key` is an element's data-key; `words` are what a button says."""

    keyboard: Keyboard

    async def command(self, name: str) -> None:
        """Ask for what a command does."""

    async def push(self, key: str) -> None:
        """Push a button of the panel or of the page."""

    async def choose(self, words: str) -> None:
        """Push the button of the panel that says just this."""

    async def fill(self, key: str, text: str) -> None:
        """Put a text into a field, in place of what is in it."""

    async def scan(self, code: str) -> None:
        """Hold a code before the scanner of these hands."""

    async def point(self, line: int) -> None:
        """Choose a line of the basket, counted from 0."""


class Pointer:
    """A mouse or a finger, a keyboard for what is text, and the till's own scanner."""

    def __init__(self, eyes: Eyes, store: Store) -> None:
        self.keyboard = Keyboard(eyes.page)
        self._eyes = eyes
        self._store = store

    async def command(self, name: str) -> None:
        if name in ("cash", "card", "staff"):
            await self._click(f"[data-key={name}]")
        elif name == "find":
            await self._click("[data-key=entry]")
        elif name in AT_HAND:
            await self._click(f"[data-command={name}]")
        else:
            await self._click("[data-command=more]")
            await self._click(f"[data-key=more-{name}]")

    async def push(self, key: str) -> None:
        await self._click(f"[data-key={json.dumps(key)}]")

    async def choose(self, words: str) -> None:
        there = _BUTTON % json.dumps(words)
        await self._eyes.until(f"!!{there}")
        await self._click_at(there)

    async def fill(self, key: str, text: str) -> None:
        there = f"document.querySelector('[data-key={json.dumps(key)}]')"
        await self._eyes.until(f"!!{there}")
        await self._click_at(there, count=3)  # what is in it is selected
        if text:
            await self.keyboard.type(text)
        else:
            await self.keyboard.press("Delete")

    async def scan(self, code: str) -> None:
        await self._store.scanner.scan(code)

    async def point(self, line: int) -> None:
        await self._click(f".basket .line:nth-child({line + 1}) .line-face")

    async def _click(self, selector: str) -> None:
        there = f"document.querySelector({json.dumps(selector)})"
        # nor is a hand on the shelf sooner than the shelf takes it, after a payment
        await self._eyes.until(f"{there} && !{there}.disabled && !{there}.closest('[aria-busy]')")
        await self._click_at(there)

    async def _click_at(self, there: str, *, count: int = 1) -> None:
        # A wheel brings into view what is not: here the browser is asked to, which acts on nothing.
        x, y = await self._eyes.page.js(
            f"(() => {{ const found = {there}; found.scrollIntoView({{ block: 'nearest' }});"
            " const r = found.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })()"
        )
        at: dict[str, Any] = {"x": x, "y": y, "button": "left"}
        for clicks in range(1, count + 1):
            for kind in ("mousePressed", "mouseReleased"):
                await self._eyes.page.call("Input.dispatchMouseEvent", type=kind, clickCount=clicks, **at)
        await self._eyes.page.js("new Promise((then) => setTimeout(then, 4))")  # no hand is at the next thing before


class KeysAlone:
    """A keyboard, and a scanner that types. No mouse, and no JavaScript but to look."""

    def __init__(self, eyes: Eyes) -> None:
        self.keyboard = Keyboard(eyes.page)
        self._eyes = eyes

    async def command(self, name: str) -> None:
        key = KEYS[name]
        await self.keyboard.press(key, alt=len(key) == 1)

    async def push(self, key: str) -> None:
        wanted = f"document.querySelector('[data-key={json.dumps(key)}]')"
        await self._go_to(f"document.activeElement?.dataset.key === {json.dumps(key)}", wanted)
        await self.keyboard.press("Enter")

    async def choose(self, words: str) -> None:
        wanted = _BUTTON % json.dumps(words)
        await self._go_to(f"document.activeElement === {wanted}", wanted)
        await self.keyboard.press("Enter")

    async def fill(self, key: str, text: str) -> None:
        wanted = f"document.querySelector('[data-key={json.dumps(key)}]')"
        await self._go_to(f"document.activeElement?.dataset.key === {json.dumps(key)}", wanted)
        await self._eyes.page.call("Input.dispatchKeyEvent", type="rawKeyDown", key="a", code="KeyA", modifiers=2,
                                   windowsVirtualKeyCode=65, commands=["selectAll"])  # fmt: skip
        await self._eyes.page.call("Input.dispatchKeyEvent", type="keyUp", key="a", code="KeyA", modifiers=2)
        if text:
            await self.keyboard.type(text)
        else:
            await self.keyboard.press("Delete")

    async def scan(self, code: str) -> None:
        await self.keyboard.scan(code)

    async def point(self, line: int) -> None:
        chosen = "[...document.querySelectorAll('.basket [data-line]')].findIndex((row) => row.matches('.line-chosen'))"
        while (now := await self._eyes.page.js(chosen)) != line:
            step = 1 if now < line else -1
            await self.keyboard.press("ArrowDown" if step > 0 else "ArrowUp")
            await self._eyes.until(f"{chosen} === {now + step}")

    async def _go_to(self, there: str, wanted: str) -> None:
        """Go from stop to stop until the focus is `there`; among keys and tabs, where Tab stops once, by arrows."""
        await self._eyes.until(f"{wanted} && !{wanted}.disabled")
        group = "closest('.keys-grid, [role=tablist]')"
        beside = f"(document.activeElement?.{group} ?? 0) === {wanted}?.{group}"
        for _ in range(TABS_MAX):
            if await self._eyes.page.js(there):
                return
            await self.keyboard.press("ArrowRight" if await self._eyes.page.js(beside) else "Tab")
        raise AssertionError(f"no key gets there: {wanted}")


_BUTTON = (
    "[...document.querySelectorAll('.panel button, .notices button')].find((one) => "
    "[...one.childNodes].filter((part) => part.nodeName !== 'KBD').map((part) => part.textContent).join('').trim()"
    " === %s)"
)
