"""A real Chromium, driven over its DevTools websocket: only what these tests need of it.

Protocol: https://chromedevtools.github.io/devtools-protocol/ (domains Page, Runtime, Input, Emulation).
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START_S = 60.0  # a cold Chromium on a loaded two-core machine
ANSWER_S = 30.0
WAIT_S = 20.0  # for something to become true on a page
LOOK_S = 0.05
STOP_S = 10.0
WEDGE_GAP_S = 0.005  # the usual inter-key delay; the keyboard's clock counts, however late the page hears of it
MESSAGE_BYTES_MAX = 64 * 1024 * 1024  # a screenshot as base64

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-breakpad",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--remote-debugging-port=0",
)
_KEY_CODES = {
    "Enter": 13, "Escape": 27, "Tab": 9, "Delete": 46, "ArrowUp": 38, "ArrowDown": 40, "ArrowRight": 39,
    "F1": 112, "F2": 113, "F3": 114, "F4": 115, "F6": 117, "F7": 118, "F8": 119, "F9": 120, "F10": 121,
}  # fmt: skip


def executable() -> str | None:
    """Return the Chromium to drive, or None: `scripts/chromium` says how to get one."""
    named = os.environ.get("STILLOPEN_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


@dataclass
class Page:
    """One tab."""

    _connection: ClientConnection
    problems: list[str] = field(default_factory=list)  # exceptions and console errors, for the test to judge
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _waiting: dict[int, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)
    _reader: asyncio.Task[None] | None = None

    async def open(self, domains: tuple[str, ...]) -> None:
        self._reader = asyncio.create_task(self._read(), name="devtools")
        for domain in domains:
            await self.call(f"{domain}.enable")

    async def close(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
        await self._connection.close()

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._ids)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        await self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
        async with asyncio.timeout(ANSWER_S):
            return await answer

    async def goto(self, url: str) -> None:
        await self.call("Page.navigate", url=url)

    async def reload(self) -> None:
        await self.call("Page.reload")

    async def js(self, expression: str) -> Any:
        """Return the value of `expression` (awaited if it is a promise), as JSON."""
        answer = await self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    async def until(self, expression: str, *, seconds: float = WAIT_S) -> Any:
        """Wait until `expression` is true, and return its value."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    with contextlib.suppress(AssertionError):  # the page may be between two documents
                        if value := await self.js(expression):
                            return value
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            seen = await self.js("document.body.innerText")
            raise AssertionError(f"never true: {expression}\n{self.problems}\n{seen}") from None

    async def text(self, selector: str) -> str:
        found = await self.until(f"document.querySelector({json.dumps(selector)})?.innerText")
        return str(found).replace("\xa0", " ")

    async def sees(self, text: str) -> None:
        wanted = json.dumps(text)
        await self.until(rf"document.body.innerText.replace(/\u00a0/g, ' ').includes({wanted})")

    async def click(self, selector: str) -> None:
        """Click in the middle of the element, as a hand does: what covers it gets the click."""
        quoted = json.dumps(selector)
        await self.until(f"document.querySelector({quoted}) && !document.querySelector({quoted}).disabled")
        seen = (
            f"(() => {{ const e = document.querySelector({quoted}); e.scrollIntoView({{block: 'nearest'}});"
            " const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })()"
        )
        before, (x, y) = None, await self.js(seen)
        while before != (x, y):  # what is still moving, as where something was added above it, nobody aims at
            await self.js("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
            before, (x, y) = (x, y), await self.js(seen)
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def press(self, key: str, *, alt: bool = False, at: float | None = None) -> None:
        """Press and let go of one key; `at` is when the keyboard did, in seconds since 1970."""
        code = f"Key{key.upper()}" if len(key) == 1 and key.isalpha() else key
        shared: dict[str, Any] = {"key": key, "code": code, "modifiers": 1 if alt else 0}
        if at is not None:
            shared["timestamp"] = at
        shared["windowsVirtualKeyCode"] = _KEY_CODES.get(key, ord(key[0].upper()))
        text = "\r" if key == "Enter" else key if len(key) == 1 and not alt else ""
        await self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **shared)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **shared)

    async def type(self, text: str, *, gap_s: float = 0.08) -> None:
        """Type as a person does: slower than any scanner."""
        for char in text:
            await self.press(char)
            await asyncio.sleep(gap_s)

    async def wedge(self, code: str) -> None:
        """Type as a keyboard-wedge scanner does: a burst with Enter at its end, a key each `WEDGE_GAP_S`."""
        begun = time.time()
        keys = [self.press(key, at=begun + place * WEDGE_GAP_S) for place, key in enumerate([*code, "Enter"])]
        await asyncio.gather(*keys)

    async def speaks(self, language: str) -> None:
        agent = (await self.call("Browser.getVersion"))["userAgent"]
        await self.call("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=language)

    async def size(self, width: int, height: int, *, dark: bool = False, scale: int = 1) -> None:
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])

    async def picture(self, path: Path) -> None:
        shot = await self.call("Page.captureScreenshot", format="png")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosedError):  # a Chromium that ends says no more
            await self._read_all()

    async def _read_all(self) -> None:
        async for message in self._connection:
            said = json.loads(message)
            if "id" in said:
                waiting = self._waiting.pop(said["id"])
                if not waiting.done():
                    waiting.set_result(said.get("result", {"exceptionDetails": said.get("error")}))
            elif said["method"] == "Runtime.exceptionThrown":
                details = said["params"]["exceptionDetails"]
                self.problems.append(details.get("exception", {}).get("description", details["text"]))
            elif said["method"] == "Log.entryAdded" and said["params"]["entry"]["level"] == "error":
                entry = said["params"]["entry"]
                self.problems.append(f"{entry['source']}: {entry['text']} {entry.get('url', '')}")


class Chromium:
    """A Chromium of our own, with a profile of its own, ended by its own process id."""

    def __init__(self, profile: Path) -> None:
        self.profile = profile
        self.address = ""  # of the browser's own DevTools websocket
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        program = executable()
        assert program, "no Chromium; run scripts/chromium"
        said = self.profile / "DevToolsActivePort"
        said.unlink(missing_ok=True)  # of the Chromium that had this profile before
        self._process = subprocess.Popen(
            [program, *_FLAGS, f"--user-data-dir={self.profile}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + START_S
        while not (said.exists() and "/" in said.read_text()):
            assert self._process.poll() is None, "Chromium ended at once"
            assert time.monotonic() < until, "Chromium did not come up"
            time.sleep(LOOK_S)
        port, path = said.read_text().split("\n")[:2]
        self.address = f"ws://127.0.0.1:{port}{path}"
        return self

    def wait(self) -> None:
        """Wait for a Chromium that was told to end, and is writing down what it keeps."""
        assert self._process is not None
        self._process.wait(ANSWER_S)

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Browser:
    """One visitor: tabs that share cookies with each other and with nobody else.

    `kept`: the profile's own cookies, which are still there when a Chromium is started again on that profile.
    """

    def __init__(self, chromium: Chromium, *, kept: bool = False) -> None:
        self._chromium = chromium
        self._kept = kept
        self._whole: Page | None = None  # the connection to the browser itself
        self._context = ""
        self._pages: list[Page] = []

    async def __aenter__(self) -> Self:
        self._whole = await self._connect(self._chromium.address, domains=())
        if not self._kept:
            self._context = (await self._whole.call("Target.createBrowserContext"))["browserContextId"]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._whole is not None
        for page in self._pages:
            await page.close()
        if self._kept:  # the whole Chromium ends as a person ends it: its cookies are on the disk then
            await self._whole.call("Browser.close")
            await asyncio.to_thread(self._chromium.wait)
        else:
            await self._whole.call("Target.disposeBrowserContext", browserContextId=self._context)
        await self._whole.close()

    async def page(
        self, url: str = "about:blank", *, width: int = 1280, height: int = 800, language: str = "en"
    ) -> Page:
        assert self._whole is not None
        of = {"newWindow": True} if self._kept else {"browserContextId": self._context}
        target = await self._whole.call("Target.createTarget", url="about:blank", **of)
        address = self._chromium.address.split("/devtools/")[0] + f"/devtools/page/{target['targetId']}"
        page = await self._connect(address, domains=("Page", "Runtime", "Log"))
        self._pages.append(page)
        await page.size(width, height)
        await page.speaks(language)
        await page.goto(url)
        return page

    async def _connect(self, address: str, *, domains: tuple[str, ...]) -> Page:
        connection = await connect(
            address, max_size=MESSAGE_BYTES_MAX, ping_interval=None, proxy=None, compression=None
        )
        page = Page(connection)
        await page.open(domains)
        return page
