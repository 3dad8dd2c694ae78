"""Every page in every state, once: axe-core finds nothing at WCAG 2.2 AA; nothing is cut, covered or out of sight."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from tests.looks.judge import AXE, faults, focus_faults, sworn_in
from tests.looks.states import LANGUAGES, SCENES
from tests.looks.walk import walk

if TYPE_CHECKING:
    from tests.looks.states import Scene
    from tests.pages.browser import Browser

needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not here: run scripts/thirdparty, which says why")
pytestmark = [pytest.mark.browser, needs_axe]

SEED = int(os.environ.get("STILLOPEN_SEED") or random.randrange(1_000_000))


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_nothing_is_wrong_with_any_state_of_any_page(scene: Scene, browser: Browser) -> None:
    chance = random.Random(f"{SEED} {scene.name}")
    looks = iter(
        chance.sample(scene.looks, len(scene.looks)) * len(scene.states)
    )  # each look in turn, light and dark alike
    wrong = await walk(scene, browser, chance.choice(LANGUAGES), lambda _: (next(looks),))
    assert not wrong, "\n".join([*wrong, f"STILLOPEN_SEED={SEED} looks at it again"])


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<button style='width: 50px'>Very long words</button>", "words are cut sideways"),
        ("<button style='width: 50px; overflow: visible'>Unbreakablelongword</button>", "beyond their button"),
        ("<button>There<span style='margin-left: -30px'>are</span></button>", "words lie on"),
        (
            "<button>Under</button><p style='position: fixed; inset: 0; margin: 0; background: #fff'>Over</p>",
            "is covered by",
        ),
        ("<div style='width: 3000px'>Wide</div>", "the page is"),
        ("<div style='overflow: auto; width: 90px'><p style='width: 300px'>Wide</p></div>", "scrolls sideways"),
        ("<p style='position: fixed; top: 580px; line-height: 40px'>Low</p>", "ends outside of the screen"),
        ("<button style='color: #aaa; background: #fff'>Pale</button>", "axe color-contrast"),
        ("<button aria-label='Go'>Stay</button>", "axe label-content-name-mismatch"),
        ("<button style='outline: none'>Where?</button>", "the focus does not show"),
        ("<div style='overflow: hidden; width: 100px'><button style='width: 100px'>Ring</button></div>", "is cut off"),
    ],
)
async def test_the_judges_find_what_is_wrong(browser: Browser, body: str, found: str) -> None:
    page = await browser.page(width=1024, height=600)
    await sworn_in(page)
    rest = "*{box-sizing:border-box} body{margin:0;height:100vh} button{overflow:hidden;white-space:nowrap} "
    ring = ":focus-visible{outline:3px solid #000;outline-offset:2px}"
    html = f"<!doctype html><html lang=en><title>Judged</title><style>{rest}{ring}</style>{body}"
    await page.js(f"(document.open(), document.write({html!r}), document.close(), 0)")
    said = [*await faults(page), *await focus_faults(page)]
    assert any(found in fault for fault in said), said


async def test_the_judges_find_nothing_wrong_with_a_plain_page(browser: Browser) -> None:
    page = await browser.page(width=1024, height=600)
    await sworn_in(page)
    html = "<!doctype html><html lang=en><title>Plain</title><main style='padding:9px'><button>Go</button></main>"
    await page.js(f"(document.open(), document.write({html!r}), document.close(), 0)")
    assert [*await faults(page), *await focus_faults(page)] == []
