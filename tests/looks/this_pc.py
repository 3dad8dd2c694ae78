"""The till page while something is to be seen to on its PC: the disk, the journal, and the shift of another day."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from agent import upkeep
from tests.looks.stage import COFFEE, MILK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.looks.stage import Stage

MB = 1024**2
PLENTY = 9000 * MB
KEPT = upkeep.LOG_BYTES_MAX
BAND = ".pc-band .banner"


@dataclass(slots=True)
class ThisPc:
    """Its disk, its time and who reads its journal, as a state needs them."""

    configuration: str = ""

    async def calm(self, stage: Stage) -> None:
        """Make room, let go of the journal, and make it today again."""
        upkeep.LOG_BYTES_MAX = KEPT
        stage.shop.app.upkeep.look_at_log()
        stage.shop.app.tills._now = lambda: datetime.now(UTC)
        _leave(stage, PLENTY)


@asynccontextmanager
async def this_pc(_: Path) -> AsyncIterator[ThisPc]:
    """Give the PC back as it was."""
    try:
        yield ThisPc()
    finally:
        upkeep.LOG_BYTES_MAX = KEPT


async def shift_left_open(stage: Stage) -> None:
    """The day after, with the first customer: above the sale, and where it is closed."""
    await stage.sold(COFFEE)
    stage.shop.app.tills._now = lambda: datetime.now(UTC) + timedelta(days=1)
    await stage.load("")
    await stage.there(".banners .banner-left-open")
    await stage.page.until("!document.querySelector('.banner-away')")  # the agent's, which is there
    await stage.ring(MILK)
    await stage.key("h", alt=True)
    await stage.there(".panel [role=note]")


async def disk_tight(stage: Stage) -> None:
    await _filled(stage, 700)
    await stage.ring(COFFEE, MILK)


async def disk_full(stage: Stage) -> None:
    """And what a scan is told then."""
    await _filled(stage, 150)
    await stage.page.wedge(COFFEE)
    await stage.there(".message-refused")


async def journal_held(stage: Stage) -> None:
    upkeep.LOG_BYTES_MAX = 1
    stage.shop.app.upkeep.look_at_log()
    await stage.load("")
    await stage.there(BAND)


async def journal_put_back(stage: Stage) -> None:
    """It stays so for a fortnight: no state follows this."""
    since = datetime.now(UTC).isoformat()
    await stage.shop.app.journal.write(
        lambda connection: connection.execute(
            "insert into epoch(letters, since, why, head, others) values ('KX', ?, 'it is a backup', null, '')",
            (since,),
        )
    )
    await stage.load("")
    await stage.there(BAND)
    await stage.ring(COFFEE)


async def _filled(stage: Stage, left_mb: int) -> None:
    _leave(stage, left_mb * MB)
    await stage.load("")
    await stage.there(BAND)


def _leave(stage: Stage, free: int) -> None:
    stage.shop.app.disk._free = lambda _: free
    stage.shop.app.disk.look()


THIS_PC = (shift_left_open, disk_tight, disk_full, journal_held, journal_put_back)
