"""No question of a working day reads a whole table: what is quick with ten records is quick with a million."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from agent import print_jobs
from agent.api.bodies import CloseShift, MoveCash, NewRefund, NewShift, RefundTender
from outbox import retention
from outbox.answers import Key
from outbox.record import Kind
from tests.agent.store import CONFIG, MUG, Shop, opened
from tests.clouds.lying_webhook import SECRET, LyingWebhook
from tests.clouds.serving import serving

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

# As many rows as clouds, front ends, disks put back.
SMALL = {"delivery_count", "offline", "pairing", "epoch", "printer_count"}
# Indexes of only what is open: reading all of one is the point of it.
PARTIAL = r"(?! USING (?:COVERING )?INDEX (?:print_job_queued|print_job_sending|kick_sending))"
WHOLE = re.compile(rf"\bSCAN (\w+)\b{PARTIAL}")
NEWEST = re.compile(r"order by (?:record\.|delivery\.)?(?:seq|id)(?: desc)? limit 1?\d$")  # stops after so many


async def a_day(shop: Shop) -> None:
    await shop.connected()
    await shop.app.shifts.open(_shift(), key=None)
    await shop.app.scans.scan("till-1", MUG, key=Key("local", "1", "x"))
    sale = await shop.sale("TEA")
    await shop.app.closing.void(sale["id"], None, key=None)
    record = await shop.sold("MUG", "TEA")
    await shop.ended(record)
    refund = NewRefund(receipt_number=record["receipt_number"], tender=RefundTender(type="cash"))
    await shop.app.closing.refund(refund, key=None)
    shop.app.shift_reports.report("till-1")
    cash = MoveCash(till="till-1", direction="drop", amount=100, reason="safe")
    await shop.app.shifts.move(cash, key=None)
    closed = await shop.app.shifts.close(CloseShift(till="till-1", counted=0), key=None)
    shop.app.shift_reports.list(limit=5, till="till-1")
    shop.app.shift_reports.get(closed.body["id"])
    await shop.app.shifts.open(_shift(), key=None)
    await shop.app.shifts.close(CloseShift(till="till-1", counted=0), key=None)
    shop.app.records.list(limit=5)
    shop.app.records.list(limit=5, kind="sale", till="till-1")
    shop.app.records.list(limit=5, till="till-1", without=frozenset({Kind.SHIFT_OPEN, Kind.SHIFT_CLOSE}))
    shop.app.records.get(record["receipt_number"])
    await shop.app.records.print_copy(record["receipt_number"], key=None)
    shop.app.status()
    shop.app.outbox_view(limit=5)
    shop.app.outbox_view(cloud="hook", state="delivered", limit=5)
    await shop.until(lambda: not _under_way(shop))  # as at a start: what is under way ends by itself
    await shop.app.prints.recover()
    await shop.app.kicks.recover()
    for duty in retention.DUTIES:
        await shop.app.journal.write(partial(duty.prune, now=shop.clock()))
    await shop.until(lambda: shop.app.lanes.views()["hook"]["waiting"] + shop.app.lanes.views()["hook"]["sending"] == 0)


def _under_way(shop: Shop) -> bool:
    """Say whether a receipt is being printed or waits to be."""
    reader = shop.app.journal.reader
    return bool(print_jobs.next_queued(reader, "receipt") or print_jobs.left_sending(reader))


def _shift() -> NewShift:
    return NewShift(till="till-1", float=0)


async def test_no_question_of_a_day_reads_a_whole_table(tmp_path: Path) -> None:
    asked: set[str] = set()
    async with serving(LyingWebhook()) as url:
        (tmp_path / "secret").write_text(SECRET)
        cloud = f'[[cloud]]\nname = "hook"\nkind = "webhook"\nurl = "{url}/hook"\nsecret = {{ file = "secret" }}\n'
        async with opened(tmp_path, config=CONFIG + cloud) as shop:
            shop.app.journal.reader.set_trace_callback(asked.add)
            await shop.app.journal.write(lambda tx: tx.set_trace_callback(asked.add))
            await a_day(shop)
            shop.app.journal.reader.set_trace_callback(None)
            plans = await shop.app.journal.write(lambda tx: explained(tx, asked))
    assert len(plans) > 40
    whole = {
        sql: step
        for sql, steps in plans.items()
        for step in steps
        for table in WHOLE.findall(step)
        if table not in SMALL and not NEWEST.search(sql)
    }
    assert not whole, "\n".join(f"{step}: {sql}" for sql, step in whole.items())


def explained(connection: sqlite3.Connection, statements: set[str]) -> dict[str, list[str]]:
    connection.set_trace_callback(None)
    plans = {}
    for sql in statements:
        if sql.lstrip().lower().startswith(("select", "update", "delete", "insert")):
            plans[sql] = [row[3] for row in connection.execute(f"explain query plan {sql}").fetchall()]
    return plans
