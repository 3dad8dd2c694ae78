"""What `stillopen reconcile` would say of a day that is through: every receipt matches, or differs as was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.reconciling import Asker, compare
from outbox import reconcile
from outbox.reconcile import Verdict
from tests.clouds.conformance.agent_life import NAME

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection
    from datetime import datetime

    from outbox.connector import Answer, Request
    from outbox.reconcile import Compared
    from tests.clouds.conformance.contract import CloudUnderTest


async def disagreements(
    cloud: CloudUnderTest,
    reader: sqlite3.Connection,
    now: Callable[[], datetime],
    tills: Collection[str],
    days: Collection[str],
) -> list[str]:
    """Compare days (YYYY-MM-DD in the store) in which all that can be is delivered. Asks the cloud in process."""

    async def exchange(request: Request) -> Answer:
        return cloud.take(request, cloud.connector.credentials(request, "", now()))

    found: list[str] = []
    for day in days:
        expected = [
            reconcile.expected(reader, NAME, record, due)
            for record in reconcile.receipts(reader, day)
            if record.kind in cloud.connector.capabilities.kinds and (due := cloud.ledger.due(record)) is not None
        ]
        told = await compare(NAME, Asker(cloud.ledger, exchange, now), reader, expected, tills)
        found += [f"{day}: {told.trouble}"] if told.trouble else []
        found += [f"{day}: {one.remote_id} is of no record of ours" for one in told.strangers]
        if told.others:
            found.append(f"{day}: {told.others} things there are nobody's")
        found += [
            f"{day}: {one.expected.record.kind} {one.expected.record.receipt_number} {one.verdict}: {one.why}"
            for one in told.receipts
            if not _as_told(one)
        ]
    return found


def _as_told(one: Compared) -> bool:
    if one.verdict is Verdict.DIFFERS:
        return "as when it was delivered" in one.why
    # What waits or is parked at the end of a quiet time is looked into by the judge.
    return one.verdict in (Verdict.MATCHES, Verdict.WAITING, Verdict.PARKED)
