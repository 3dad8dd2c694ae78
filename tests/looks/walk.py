"""Through a scene: each of its states brought about, then looked at in as many ways as are wanted."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.looks.judge import faults, focus_faults, sworn_in
from tests.looks.stage import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.looks.states import Look, Scene
    from tests.pages.browser import Browser, Page


async def walk(
    scene: Scene,
    visitor: Browser,
    language: str,
    looks: Callable[[str], Sequence[Look]],
    *,
    pictures: Path | None = None,
) -> list[str]:
    """Return what is wrong, a line each with the state and the look; keep pictures in a folder if one is named.

    `looks` answers how a state, by its name, is to be looked at; none: it is left out.
    """
    wrong: list[str] = []
    wanted = [(bring, ways) for bring in scene.states if (ways := looks(bring.__name__))]
    if not wanted:
        return wrong
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        async with opened(Path(folder), visitor, language, scene.setting) as stage:
            await sworn_in(stage.page)
            for place, (bring, ways) in enumerate(wanted):
                name = f"{scene.name}-{bring.__name__}-{language}"
                await _look(stage.page, ways[0])
                if place:
                    await stage.fresh()
                try:
                    await bring(stage)
                except (AssertionError, TimeoutError) as error:
                    wrong.append(f"{name}: never came about: {error}")
                    continue
                for way in ways:
                    await _look(stage.page, way)
                    if pictures is not None:
                        await stage.page.picture(pictures / f"{name}-{way}.png")
                    wrong += [f"{name}-{way}: {fault}" for fault in await faults(stage.page)]
                wrong += [f"{name}-{ways[-1]}: {fault}" for fault in await focus_faults(stage.page)]
    return wrong


async def _look(page: Page, look: Look) -> None:
    await page.size(look.width, look.height, dark=look.dark)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if look.dark else "light"}
    still = {"name": "prefers-reduced-motion", "value": "reduce"}  # a picture in mid-movement shows nothing
    await page.call("Emulation.setEmulatedMedia", features=[scheme, still])
    await page.js("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
