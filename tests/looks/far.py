"""The till page of a shop whose line is cut at somebody else's page, and whose cloud has discounts by name."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.clouds.lying_square import LyingSquare
from tests.clouds.serving import serving
from tests.line.lines import EMPTY, REDIRECT, far_end
from tests.looks.stage import COFFEE, LONG

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.line.lines import Far
    from tests.looks.stage import Stage

NAMED = (("Personalrabatt", "10"), ("Aktionswoche »Frühling am Waldrand«, nur auf nicht reduzierte Ware", "7.5"))
WEEKS = 14  # more than are shown at a glance


@dataclass(slots=True)
class FarAway:
    """The neutral page that says whether there is a line."""

    far: Far
    configuration: str

    async def calm(self, stage: Stage) -> None:
        """Mend the line."""
        self.far.says = EMPTY
        await stage.shop.app.line.look()


@asynccontextmanager
async def far_away(folder: Path) -> AsyncIterator[FarAway]:
    """Serve the page that is asked, and a Square with discounts."""
    square = LyingSquare()
    for number, (name, percentage) in enumerate(NAMED):
        square.catalogue.offer(f"D{number}", name, percentage=percentage)
    square.catalogue.offer("V", "Voucher", amount=200)
    for number in range(WEEKS):
        square.catalogue.offer(f"W{number}", f"Woche {number:02}", percentage="5")
    async with serving(square) as url, far_end(EMPTY) as far:
        await asyncio.to_thread((folder / "square-token").write_text, square.token)
        yield FarAway(
            far,
            f'[line]\nprobe_url = "http://127.0.0.1:{far.port}/"\n\n[[cloud]]\nname = "sq"\nkind = "square"\n'
            f'base_url = "{url}"\nlocation_id = "L1"\ndiscounts = "pull"\ntoken = {{ file = "square-token" }}\n',
        )


async def discounts_by_name(stage: Stage) -> None:
    pulled = await stage.shop.app.lanes.pull("sq", whole=False, let_go=False)
    assert pulled.ended is None
    await stage.ring(COFFEE, LONG)
    await stage.key("F6")
    await stage.there("[data-key=find-discount]")


async def discounts_by_name_found(stage: Stage) -> None:
    await discounts_by_name(stage)
    await stage.write("find-discount", "woche 1")
    await stage.page.until("document.querySelectorAll('[data-key^=named-]').length === 4")


async def discounts_by_name_none(stage: Stage) -> None:
    await discounts_by_name(stage)
    await stage.write("find-discount", "zzz")
    await stage.page.until("!document.querySelector('[data-key^=named-]')")


async def card_without_line(stage: Stage) -> None:
    """The terminal may have no line either."""
    assert isinstance(stage.beside, FarAway)
    stage.beside.far.says = REDIRECT
    await stage.shop.app.line.look()
    await stage.there("[data-lamp=internet][data-level=bad]")
    await stage.ring(COFFEE)
    await stage.key("F9")
    await stage.there(".panel .card-busy:not([hidden])")


FAR = (discounts_by_name, discounts_by_name_found, discounts_by_name_none, card_without_line)
