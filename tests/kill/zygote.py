"""Runs the real agent in forks of itself and kills them at a chosen step; told what to do by lines on stdin.

A step is one callback of the event loop (`loop`), which is where every await goes on, or one statement on
the journal's thread (`sql`). Forking makes a run cost what a start costs, without the imports.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio import events
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.api.bodies import NewLine, NewTender
from agent.app import App
from agent.config import load
from drivers.device import DeviceState
from drivers.printer.settings import PrinterSettings
from outbox import chain, delivery_views
from outbox.answers import Key
from outbox.session import open_client

if TYPE_CHECKING:
    import sqlite3

KEY = Key("local", "complete-1", "the request")
SALE = "sale-id"  # the file in the state folder that says which sale it was
SETTLE_S = 20.0  # for a receipt, a drawer and a delivery that take milliseconds


class Steps:
    """Counts steps once armed, and kills this process at the chosen one."""

    def __init__(self, kind: str, at: int) -> None:
        self.kind = kind
        self.at = at
        self.counts: Counter[str] = Counter()
        self.armed = False

    def step(self, kind: str) -> None:
        if self.armed:
            self.counts[kind] += 1
            if kind == self.kind and self.counts[kind] == self.at:
                os.kill(os.getpid(), signal.SIGKILL)

    def watch_loop(self) -> None:
        run = events.Handle._run

        def counted(handle: events.Handle) -> None:
            self.step("loop")
            run(handle)

        events.Handle._run = counted  # type: ignore[assignment,method-assign]  # in this fork, which ends with the run

    async def watch_journal(self, app: App) -> None:
        def trace(connection: sqlite3.Connection) -> None:
            connection.set_trace_callback(lambda _: self.step("sql"))

        await app.journal.write(trace)


async def settled(app: App) -> None:
    """Wait until nothing is left to do: printed or not, opened or not, delivered."""
    async with asyncio.timeout(SETTLE_S):
        while True:
            reader = app.journal.reader
            jobs = dict(reader.execute("select state, count(*) from print_job group by state").fetchall())
            kicks = reader.execute("select count(*) from kick where state = 'sending'").fetchone()[0]
            waiting = sum(
                cloud["waiting"] + cloud["sending"] for cloud in delivery_views.counts(reader, ["cloud"]).values()
            )
            if not (jobs.get("queued") or jobs.get("sending") or kicks or waiting):
                return
            for courier in app.lanes._couriers.values():
                courier.wake(fresh=True)  # a person who does not wait
            await asyncio.sleep(0.002)


async def sell(config: str, state: str, steps: Steps) -> dict[str, Any]:
    async with App(load(Path(config)), Path(state)) as app:
        async with asyncio.timeout(SETTLE_S):
            while app.devices.printers["receipt"].view.state is not DeviceState.READY:
                await asyncio.sleep(0.002)
        sale = (await app.ringing.open_sale("till-1", key=None)).body["id"]
        Path(state, SALE).write_text(sale, encoding="ascii")
        await app.ringing.add_line(sale, NewLine(name="Mug", price=1250, tax="standard"), key=None)
        await app.ringing.add_tender(sale, NewTender(type="cash", amount=2000), key=None)
        await steps.watch_journal(app)
        steps.armed = True
        reply = await app.closing.complete(sale, key=KEY)
        os.write(1, json.dumps({"told": reply.body["receipt_number"]}).encode() + b"\n")
        await settled(app)
        steps.armed = False
        return {"steps": steps.counts}


async def recover(config: str, state: str) -> dict[str, Any]:
    """Start again, ask again, let everything come to its end, and say what there is."""
    sale = Path(state, SALE).read_text(encoding="ascii")
    async with App(load(Path(config)), Path(state)) as app:
        before = chain.by_id(app.journal.reader, sale) is not None
        reply = await app.closing.complete(sale, key=KEY)
        await settled(app)
        reader = app.journal.reader
        records = [record.body for record in chain.oldest_first(reader)]
        return {
            "in_journal_before": before,
            "reply": reply.status,
            "records": records,
            "holds": chain.verify(reader).broken is None,
            "print": app.records.get(reply.body["receipt_number"])["print"],
            "kicks": [row[0] for row in reader.execute("select state from kick").fetchall()],
            "open_sales": reader.execute("select count(*) from open_sale").fetchone()[0],
            "parked": len(delivery_views.listed(reader, state="parked")),
        }


def forked(work: Any) -> int:
    """Run `work` in a fork, with what it returns as a line on stdout; returns how the fork ended."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            answer = asyncio.run(work())
            os.write(1, json.dumps(answer).encode() + b"\n")
            code = 0
        except BaseException as error:
            os.write(1, json.dumps({"failed": repr(error)}).encode() + b"\n")
            raise
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    PrinterSettings().dialect()  # the slow imports that a run makes when it first needs them
    open_client(1)
    for line in sys.stdin:
        told = json.loads(line)
        if told["do"] == "sell":
            steps = Steps(told["kind"], told["at"])

            async def work(told: Any = told, steps: Steps = steps) -> dict[str, Any]:
                steps.watch_loop()
                return await sell(told["config"], told["state"], steps)

            code = forked(work)
        else:
            code = forked(lambda told=told: recover(told["config"], told["state"]))
        os.write(1, json.dumps({"exit": code}).encode() + b"\n")


if __name__ == "__main__":
    main()
