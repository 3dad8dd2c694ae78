"""As zygote.py, for what a till does besides a plain sale: a refund, an exchange, money put in, a Z, and a backup.

Each act has what must be there before it, and what is asked, which `recover` asks again under the same key.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from agent.api.bodies import CloseShift, MoveCash, NewLine, NewRefund, NewShift, NewTender, TakeBack
from agent.api.bodies.sales import RefundTender
from agent.app import App
from agent.config import load
from agent.problem import Problem
from drivers.device import DeviceState
from drivers.printer.settings import PrinterSettings
from outbox import audit, backup, chain, delivery_views, schema
from outbox.errors import OutboxError
from outbox.session import open_client
from tests.kill.zygote import KEY, SETTLE_S, Steps, forked, settled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ASKED = "asked"  # the file in the state folder that says what the act is about
PRICE, DEARER = 1250, 2000  # minor units
FLOAT, PUT_IN = 10_000, 500
COPIES = "copies"  # the folder beside the state folder that backups are made in
STEM = "journal-store-1"


@dataclass(frozen=True)
class Act:
    """What is done before, which says what it is about; and what is asked, which says how it was answered."""

    before: Callable[[App], Awaitable[str]]
    ask: Callable[[App, str], Awaitable[int]]


async def rung(app: App, price: int) -> str:
    sale = str((await app.ringing.open_sale("till-1", key=None)).body["id"])
    await app.ringing.add_line(sale, NewLine(name="Mug", price=price, tax="standard"), key=None)
    return sale


async def sold(app: App, tender: Literal["cash", "card"] = "card") -> str:
    """Sell; returns the receipt's number."""
    sale = await rung(app, PRICE)
    await app.ringing.add_tender(sale, NewTender(type=tender, amount=PRICE), key=None)
    return str((await app.closing.complete(sale, key=None)).body["receipt_number"])


async def sold_for_cash(app: App) -> str:
    return await sold(app, "cash")


async def refund(app: App, receipt: str) -> int:
    wanted = NewRefund(receipt_number=receipt, tender=RefundTender(type="cash"))
    return (await app.closing.refund(wanted, key=KEY)).status


async def to_exchange(app: App) -> str:
    receipt = await sold(app)
    sale = await rung(app, DEARER)
    await app.counters.at("till-1").returns.take_back(sale, TakeBack(receipt_number=receipt), key=None)
    await app.ringing.add_tender(sale, NewTender(type="cash", amount=DEARER - PRICE), key=None)
    return sale


async def exchange(app: App, sale: str) -> int:
    return (await app.closing.complete(sale, key=KEY)).status


async def shift_open(app: App) -> str:
    await app.shifts.open(NewShift(till="till-1", float=FLOAT), key=None)
    return "till-1"


async def pay_in(app: App, till: str) -> int:
    wanted = MoveCash(till=till, direction="in", amount=PUT_IN, reason="change from the bank")
    return (await app.shifts.move(wanted, key=KEY)).status


async def close_shift(app: App, _: str) -> int:
    return (await app.shifts.close(CloseShift(till="till-1", counted=PRICE), key=KEY)).status


async def back_up(app: App, _: str) -> int:
    folder = app.journal.path.parent.with_name(COPIES)
    made = await backup.make(app.journal, folder, STEM, datetime.now(UTC), keep=1)
    return made.records


ACTS = {
    "refund": Act(sold, refund),
    "exchange": Act(to_exchange, exchange),
    "pay-in": Act(shift_open, pay_in),
    "shift close": Act(sold_for_cash, close_shift),
    "backup": Act(sold, back_up),
}


async def act(config: str, state: str, name: str, steps: Steps) -> dict[str, Any]:
    async with App(load(Path(config)), Path(state)) as app:
        async with asyncio.timeout(SETTLE_S):
            while app.devices.printers["receipt"].view.state is not DeviceState.READY:
                await asyncio.sleep(0.002)
        about = await ACTS[name].before(app)
        await settled(app)
        Path(state, ASKED).write_text(about, encoding="utf-8")
        await steps.watch_journal(app)
        steps.armed = True
        status = await ACTS[name].ask(app, about)
        os.write(1, json.dumps({"told": status, "steps": steps.counts}).encode() + b"\n")
        await settled(app)
        steps.armed = False
        return {"steps": steps.counts}


async def recover(config: str, state: str, name: str) -> dict[str, Any]:
    """Start again, ask again, let everything come to its end, and say what there is."""
    copies = whole_copies(Path(state).with_name(COPIES))
    about = Path(state, ASKED).read_text(encoding="utf-8")
    async with App(load(Path(config)), Path(state)) as app:
        reader = app.journal.reader
        before = [record.kind.value for record in chain.oldest_first(reader)]
        status = await ACTS[name].ask(app, about)
        await settled(app)
        records = [record.body for record in chain.oldest_first(reader)]
        return {
            "before": before,
            "status": status,
            "records": records,
            "drawer": expected_in_drawer(app),
            "refunds": reader.execute("select count(*) from refund").fetchone()[0],
            "trail": [entry["action"] for entry in audit.oldest_first(reader)],
            "holds": chain.verify(reader).broken is None and audit.verify(reader).broken is None,
            "prints": [row[0] for row in reader.execute("select state from print_job").fetchall()],
            "kicks": [row[0] for row in reader.execute("select state from kick").fetchall()],
            "open_sales": reader.execute("select count(*) from open_sale").fetchone()[0],
            "parked": len(delivery_views.listed(reader, state="parked")),
            "copies": [copies, whole_copies(Path(state).with_name(COPIES))],
            "files": len(list(Path(state).with_name(COPIES).iterdir())),  # among them what a copy cut short left
        }


def expected_in_drawer(app: App) -> int | None:
    """Return what the open shift should hold, by the sums that are kept of it; None: there is none."""
    with suppress(Problem):
        return int(app.shift_reports.report("till-1")["drawer_expected"])
    return None


def whole_copies(folder: Path) -> dict[str, int | None]:
    """Return how many records each file that bears a copy's name holds; None: it is not whole."""
    found: dict[str, int | None] = {}
    for _, path in backup.made(folder, STEM) if folder.exists() else ():
        try:
            with schema.reading(path) as reader:
                verified = chain.verify(reader)
        except OutboxError:
            found[path.name] = None
        else:
            found[path.name] = None if verified.broken else verified.records
    return found


def main() -> None:
    PrinterSettings().dialect()  # the slow imports that a run makes when it first needs them
    open_client(1)
    for line in sys.stdin:
        told = json.loads(line)
        where = told["config"], told["state"], told["act"]
        if told["do"] == "act":
            steps = Steps(told["kind"], told["at"])

            async def work(where: tuple[str, str, str] = where, steps: Steps = steps) -> dict[str, Any]:
                steps.watch_loop()
                return await act(*where, steps)

            code = forked(work)
        else:
            code = forked(lambda where=where: recover(*where))
        os.write(1, json.dumps({"exit": code}).encode() + b"\n")


if __name__ == "__main__":
    main()
