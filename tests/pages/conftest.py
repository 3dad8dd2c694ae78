"""A shop that can be restarted, and a Chromium to visit it with."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from agent.app import App
from agent.config import load
from agent.demo import shop
from agent.demo.routes import DemoRoutes
from agent.demo.world import World
from agent.server import Server
from tests.pages.browser import Browser, Chromium, executable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@dataclass
class Shop:
    """`stillopen demo` without its process: the world stays while the agent stops and starts."""

    folder: Path
    world: World = field(init=False)
    app: App = field(init=False)
    server: Server = field(init=False)
    config: Path = field(init=False)
    _running: bool = False

    async def __aenter__(self) -> Self:
        self.world = World(self.folder)
        self.config = await self.world.start()
        await self.start_agent(port=0)
        result = await self.app.catalogue.import_csv(
            shop.catalogue_csv(), currency=shop.CURRENCY, taxes={tax.code for tax in self.app.config.taxes}
        )
        assert result.ok, result.to_json()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._running:
            await self.stop_agent()
        await self.world.stop()

    async def start_agent(self, *, port: int) -> None:
        self.app = App(load(self.config), self.folder, bench=self.world.bench)
        await self.app.start()
        self.server = Server(self.app, port=port, extra_routes=DemoRoutes(self.world, self.app).routes(), demo=True)
        await self.server.start()
        self._running = True

    async def stop_agent(self) -> None:
        await self.server.stop()
        await self.app.stop()
        self._running = False

    def address(self, page: str = "", *, paired: bool = True) -> str:
        """Return a page's address, with a fresh pairing code."""
        code = f"#pair={self.app.door.code.make('test')}" if paired else ""
        return f"http://localhost:{self.server.port}/{page}{code}"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    if executable() is None:
        pytest.skip("no Chromium here; scripts/chromium finds or installs one")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, Chromium(Path(profile)) as started:
        yield started


@pytest.fixture
async def browser(chromium: Chromium) -> AsyncIterator[Browser]:
    async with Browser(chromium) as visitor:
        yield visitor


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Shop]:
    async with Shop(tmp_path) as opened:
        yield opened
