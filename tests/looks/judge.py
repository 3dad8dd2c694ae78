"""Two judges of a page as it stands: axe-core at WCAG 2.2 AA, and our own eye for what is cut, covered or unseen."""

from __future__ import annotations

import asyncio
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.pages.browser import Page

HERE = Path(__file__).parent
AXE = HERE.parents[1] / "build/thirdparty/node_modules/axe-core/axe.min.js"  # put there by scripts/thirdparty
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")

_AXE_RUN = f"""axe.run(document, {{
  runOnly: {{ type: "tag", values: {json.dumps(TAGS)} }},
  resultTypes: ["violations"], preload: false, elementRef: false,
}}).then(({{ violations }}) => violations.flatMap(({{ id, help, nodes }}) => nodes.map((node) => [
  `axe ${{id}}: ${{help}}`, node.target.join(" "), node.html.slice(0, 120),
  node.failureSummary.replace(/\\s+/g, " ").slice(0, 300),
].join(": "))))"""


async def sworn_in(page: Page) -> None:
    """Let this document have axe-core in it, and every other that the page loads from here on."""
    source = await asyncio.to_thread(_text, AXE)
    await page.call("Page.addScriptToEvaluateOnNewDocument", source=source)
    await page.js(f"{source}; 0")


async def faults(page: Page) -> list[str]:
    """Return what is wrong with the page of somebody `sworn_in`, a line each; its focus is where it was."""
    return [*await page.js(_AXE_RUN), *await page.js(_text(HERE / "judge.js"))]


async def focus_faults(page: Page) -> list[str]:
    """Return what a keyboard comes to without seeing where it is, a line each."""
    await page.press("F16")  # a keyboard is used, by a key that does nothing: from here on the browser draws the ring
    return list(await page.js(_text(HERE / "focus.js")))


@cache
def _text(file: Path) -> str:
    return file.read_text("utf-8")
