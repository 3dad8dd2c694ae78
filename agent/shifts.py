"""Shifts: the float at the start, the count at the end, and what the drawer should hold in between.

A shift is two records and the ones between them on the same till; nothing else is stored, so no figure
can disagree with the journal.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agent import once
from agent.problem import conflict
from agent.staff.actions import Action
from agent.staff.by import OF_ITSELF, By
from outbox import answers, chain
from outbox.anchor import anchor
from outbox.answers import Key, Reply
from outbox.ids import new_id
from outbox.record import Kind, Record

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from agent.api.bodies import CloseShift, NewShift
    from agent.events import Publisher
    from agent.facts import Facts
    from agent.till import Tills
    from outbox.journal import Journal

_EITHER = frozenset({Kind.SHIFT_OPEN, Kind.SHIFT_CLOSE})


class Shifts:
    """Opens and closes shifts, and adds up what lies between."""

    def __init__(
        self,
        journal: Journal,
        facts: Facts,
        tills: Tills,
        events: Publisher,
        *,
        currency: str,
        timezone: ZoneInfo,
        on_record: Callable[[str], None] = lambda _: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._journal = journal
        self._facts = facts
        self._tills = tills
        self._events = events
        self._currency = currency
        self._timezone = timezone
        self._on_record = on_record
        self._now = now

    async def open(self, wanted: NewShift, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Open the till's shift. Raises `Problem` where one is open."""
        till = self._tills.setup(wanted.till)

        def write(connection: sqlite3.Connection, at: datetime) -> Reply:
            if _current(connection, till.id) is not None:
                raise conflict("shift-open", f"Till {till.id} has an open shift: close it first.")
            body = {"currency": self._currency, "float": wanted.float}
            opened = self._facts.write(connection, till, Kind.SHIFT_OPEN, new_id(), at, body, by=by).record
            by.audit(connection, Action.SHIFT_OPEN, opened.occurred_at, subject=opened.id, till=till.id, after=body)
            return Reply(201, opened.body | {"anchor": anchor(opened.hash)})

        return await self._once(key, write)

    async def close(self, wanted: CloseShift, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Close the till's shift with its figures; `over` is what was counted less what was expected."""
        till = self._tills.setup(wanted.till)

        def write(connection: sqlite3.Connection, at: datetime) -> Reply:
            opened = _must_be_open(connection, till.id)
            figures = _figures(connection, opened)
            counted = wanted.counted
            body = figures | {
                "currency": self._currency,
                "opened": opened.id,
                "counted": counted,
                "over": None if counted is None else counted - figures["expected_cash"],
            }
            closed = self._facts.write(connection, till, Kind.SHIFT_CLOSE, new_id(), at, body, by=by).record
            counts = {"counted": counted, "over": body["over"]}
            by.audit(connection, Action.SHIFT_CLOSE, closed.occurred_at, subject=closed.id, till=till.id, after=counts)
            return Reply(200, closed.body | {"anchor": anchor(closed.hash)})

        return await self._once(key, write)

    def report(self, till_id: str | None) -> dict[str, Any]:
        """Return the open shift's figures so far (an X report). Raises `Problem` where none is open."""
        till = self._tills.setup(till_id)
        opened = _must_be_open(self._journal.reader, till.id)
        return {
            "till": till.id,
            "currency": self._currency,
            "opened": opened.id,
            "opened_at": opened.occurred_at,
            **_figures(self._journal.reader, opened),
        }

    async def _once(self, key: Key | None, write: Callable[[sqlite3.Connection, datetime], Reply]) -> Reply:
        at = self._now()

        def change(connection: sqlite3.Connection) -> tuple[Reply, bool]:
            kept = once.kept(connection, key)
            if kept is not None:
                return kept, False
            reply = write(connection, at.astimezone(self._timezone))
            return answers.keep(connection, key, reply, at.isoformat()), True

        reply, fresh = await self._journal.write(change)
        if fresh:
            self._on_record(reply.body["till"])
            self._events.publish("shift", till=reply.body["till"], shift=reply.body)
        return reply


def _current(connection: sqlite3.Connection, till: str) -> Record | None:
    newest = chain.newest(connection, 1, till=till, kinds=_EITHER)
    return newest[0] if newest and newest[0].kind is Kind.SHIFT_OPEN else None


def _must_be_open(connection: sqlite3.Connection, till: str) -> Record:
    opened = _current(connection, till)
    if opened is None:
        raise conflict("no-shift", f"Till {till} has no open shift: open one with POST /v1/shifts.")
    return opened


def _figures(connection: sqlite3.Connection, opened: Record) -> dict[str, Any]:
    """Add up the till's records since the shift was opened; amounts in minor units."""
    sales = refunds = sold = refunded = cash = card = 0
    taxes: dict[str, dict[str, Any]] = {}
    for record in chain.oldest_first(connection, opened.seq):
        if record.till != opened.till or record.kind not in (Kind.SALE, Kind.REFUND):
            continue
        body, sign = record.body, 1 if record.kind is Kind.SALE else -1
        if sign > 0:
            sales, sold = sales + 1, sold + body["total"]
        else:
            refunds, refunded = refunds + 1, refunded + body["total"]
        for tender in body["tenders"]:
            if tender["type"] == "cash":
                cash += sign * tender["amount"]
            else:
                card += sign * tender["amount"]
        cash -= sign * body.get("change", 0)
        for tax in body["taxes"]:
            entry = taxes.setdefault(tax["code"], {**tax, "base": 0, "amount": 0})
            entry["base"] += sign * tax["base"]
            entry["amount"] += sign * tax["amount"]
    return {
        "float": opened.body["float"],
        "sales": sales,
        "sales_total": sold,
        "refunds": refunds,
        "refunds_total": refunded,
        "cash": cash,
        "card": card,
        "taxes": [taxes[code] for code in sorted(taxes)],
        "expected_cash": opened.body["float"] + cash,
    }
