"""The till page of a shop with several clouds, one that refuses records and one that knows the shop no more."""

from __future__ import annotations

import asyncio
import base64
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.clouds.serving import read_body, serving
from tests.looks.stage import COFFEE, MILK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

    from tests.looks.stage import Stage

WHY = b'{"error": "item 2740013000076 is not known here"}'


@dataclass(frozen=True, slots=True)
class Answers:
    """A server that answers everything with one status."""

    status: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        assert scope["type"] == "http"
        await read_body(receive)
        kind = [(b"content-type", b"application/json"), (b"content-length", str(len(WHY)).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": kind})
        await send({"type": "http.response.body", "body": WHY})


@dataclass(slots=True)
class Clouds:
    """Their part of the configuration; what they refused stays so."""

    configuration: str

    async def calm(self, stage: Stage) -> None:
        """Leave them as they are: every state of theirs is another look at the same."""


@asynccontextmanager
async def clouds(folder: Path) -> AsyncIterator[Clouds]:
    """Serve a cloud that refuses what it is sent, and one that takes nobody's word."""
    key = "whsec_" + base64.b64encode(bytes(range(32))).decode()
    await asyncio.to_thread((folder / "key.txt").write_text, key)
    async with serving(Answers(422)) as refuses, serving(Answers(401)) as locked:
        yield Clouds(
            "".join(
                f'[[cloud]]\nname = "{name}"\nkind = "webhook"\nurl = "{url}/x"\nsecret = {{ file = "key.txt" }}\n'
                for name, url in (("bookkeeping", refuses), ("webshop-berlin-mitte", locked))
            )
        )


async def clouds_lamps(stage: Stage) -> None:
    """Three clouds, each with a trouble of its own or none."""
    await _troubled(stage)
    await stage.page.click("[data-key=lamp-devices]")
    await stage.there(".panel [data-key=to-matters]")


async def clouds_outage(stage: Stage) -> None:
    await _troubled(stage)
    await stage.key("o", alt=True)
    await stage.there(".panel [data-key=to-matters]")


async def matters(stage: Stage) -> None:
    """What was refused, and what a cloud has otherwise."""
    await _troubled(stage)
    await stage.key("w", alt=True)
    await stage.there("[data-matter=parked]")
    await stage.there("[data-matter=differs]")


async def matter_ticked_off(stage: Stage) -> None:
    await matters(stage)
    await stage.page.click(".panel [data-key^=settle-]")
    await stage.there(".panel [data-key=reason]")


async def matters_none(stage: Stage) -> None:
    await _troubled(stage)
    for one in (await stage.ask("GET", "/v1/outbox/matters"))["matters"]:
        await stage.ask("POST", f"/v1/outbox/{one['id']}/settle", {"reason": "looked at"})
    await stage.key("w", alt=True)
    await stage.there(".panel .card-good")


async def _troubled(stage: Stage) -> None:
    """Sell something, until it is refused here, not let in there, and taken otherwise by the third."""
    open_matters = (await stage.ask("GET", "/v1/outbox/matters"))["matters"]
    if not any(one["matter"] == "differs" for one in open_matters):
        record = await stage.sold(COFFEE, MILK)
        await stage.page.until("!!document.querySelector('[data-lamp=bookkeeping][data-level=bad]')")
        await stage.page.until("!!document.querySelector('[data-lamp=webshop-berlin-mitte][data-level=bad]')")
        await stage.page.until("document.querySelector('[data-lamp=cloud]').dataset.level === 'good'")
        note = '["its discount is told as an item of its own"]'
        await stage.shop.app.journal.write(
            lambda connection: connection.execute(
                "update delivery set drift = -50, notes = ? where cloud = 'cloud' and "
                "record_seq = (select seq from record where receipt_number = ?)",
                (note, record["receipt_number"]),
            )
        )
        await stage.load("")
    await stage.there("[data-lamp=bookkeeping][data-level=bad]")


CLOUDS = (clouds_lamps, clouds_outage, matters, matter_ticked_off, matters_none)
