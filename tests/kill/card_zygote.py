"""As zygote.py, for a card payment at a reader: begun, followed and its sale completed, killed at a chosen step."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from agent import open_sales
from agent.api.bodies import NewLine
from agent.app import App
from agent.cards import attempt as rows
from agent.cards.follow import Pace
from agent.config import load
from agent.pricing import view
from outbox import chain
from outbox.session import open_client
from tests.kill.zygote import KEY, SALE, SETTLE_S, Steps, forked

QUICK = Pace(polls_s=(0.002,), troubles_s=(0.002,))


async def pay(config: str, state: str, steps: Steps) -> dict[str, Any]:
    async with App(load(Path(config)), Path(state), card_pace=QUICK) as app:
        sale = (await app.ringing.open_sale("till-1", key=None)).body["id"]
        Path(state, SALE).write_text(sale, encoding="ascii")
        await app.ringing.add_line(sale, NewLine(name="Mug", price=1250, tax="standard"), key=None)
        await steps.watch_journal(app)
        steps.armed = True
        begun = (await app.cards.begin(sale, None, key=KEY)).body
        await ended(app)
        paid = app.cards.view(sale, begun["id"])
        if paid["state"] == "taken":
            reply = await app.closing.complete(sale, key=None)
            os.write(1, json.dumps({"told": reply.body["receipt_number"]}).encode() + b"\n")
        steps.armed = False
        return {"steps": steps.counts}


async def ended(app: App) -> None:
    async with asyncio.timeout(SETTLE_S):
        while rows.open_ones(app.journal.reader):
            await asyncio.sleep(0.002)


async def recover(config: str, state: str) -> dict[str, Any]:
    """Start again, let every payment come to its end, and say what there is."""
    sale_id = Path(state, SALE).read_text(encoding="ascii")
    async with App(load(Path(config)), Path(state), card_pace=QUICK) as app:
        await ended(app)
        reader = app.journal.reader
        sale = open_sales.find(reader, sale_id)
        documents = reader.execute("select document from card_attempt").fetchall()
        return {
            "attempts": [json.loads(document)["state"] for (document,) in documents],
            "records": [record.body for record in chain.oldest_first(reader) if record.body["kind"] == "sale"],
            "sale": None if sale is None else view(sale, app.tills.rules),
            "holds": chain.verify(reader).broken is None,
        }


def main() -> None:
    open_client(1)  # the slow import that a run makes when it first needs it
    for line in sys.stdin:
        told = json.loads(line)
        if told["do"] == "pay":
            steps = Steps(told["kind"], told["at"])

            async def work(told: Any = told, steps: Steps = steps) -> dict[str, Any]:
                steps.watch_loop()
                return await pay(told["config"], told["state"], steps)

            code = forked(work)
        else:
            code = forked(lambda told=told: recover(told["config"], told["state"]))
        os.write(1, json.dumps({"exit": code}).encode() + b"\n")


if __name__ == "__main__":
    main()
