"""Closing: what makes a record of a sale, gives one up, refunds one, or opens the drawer without one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agent import checkout, entry, exchanging, once, open_sales
from agent.basket import REASON_CHARS_MAX
from agent.facts import Facts, Written, print_state
from agent.pricing import price
from agent.problem import invalid
from agent.returns import sold
from agent.shift import drawer
from agent.staff.actions import Action
from agent.staff.actor import Actor
from agent.staff.by import OF_ITSELF, By
from agent.till import not_open
from outbox import answers, chain
from outbox.ids import derived_id, new_id
from outbox.record import Kind

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from datetime import datetime

    from agent.api.bodies import NewRefund
    from agent.facts import TillSetup
    from agent.kicks import Kicks
    from agent.prints import Prints
    from agent.returns import Returns
    from agent.sale import Sale
    from agent.till import Tills
    from outbox.answers import Key, Reply
    from outbox.record import Record

    Close = Callable[[sqlite3.Connection, datetime], tuple[Written, int]]  # what to write, and the status to answer
    Closed = tuple[Written | None, Reply]  # None: it was answered before


class Closing:
    """The order is the product: record, journal (fsync), then drawer and receipt, then events."""

    def __init__(
        self,
        tills: Tills,
        facts: Facts,
        prints: Prints,
        kicks: Kicks,
        returns: Returns,
        *,
        on_record: Callable[[str], None] = lambda _: None,
        is_out: Callable[[], bool] = lambda: False,
    ) -> None:
        self._tills = tills
        self._facts = facts
        self._prints = prints
        self._kicks = kicks
        self._returns = returns
        self._on_record = on_record
        self._is_out = is_out
        self._acting: set[asyncio.Future[Closed]] = set()

    async def complete(self, sale_id: str, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Make a paid sale a record. The reply is given after the fsync; receipt and drawer follow."""
        mark = self._mark()

        def close(connection: sqlite3.Connection, at: datetime) -> tuple[Written, int]:
            sale = open_sales.take(connection, sale_id)
            if sale is None:
                return _closed_before(connection, sale_id, Kind.SALE), 200
            body = checkout.complete(sale, self._tills.rules) | mark
            till = self._tills.setup(sale.till)
            back = None
            if sale.taken_back is not None:
                credited = price(sale, self._tills.rules).credited
                back = self._take_back(connection, till, sale, credited, at, by)
                body = exchanging.sale_fields(body, back.record.body, credited)
            moved = body["tenders"] if back is None else [*body["tenders"], *back.record.body["tenders"]]
            cash = bool(body["change"]) or any(tender["type"] == "cash" for tender in moved)  # empties are paid out
            closed = self._facts.write_in_shift(
                connection, till, Kind.SALE, sale.id, at, body, prints=True, opens_drawer=cash, by=by
            )
            return closed if back is None else replace(closed, back=back.record, opened=back.opened), 200

        return await self._close(key, close)

    def _mark(self) -> dict[str, Any]:
        """Return what a receipt says of the line: that no cloud could be reached when it was made."""
        return {"offline": True} if self._is_out() else {}

    def _take_back(
        self, connection: sqlite3.Connection, till: TillSetup, sale: Sale, credited: int, at: datetime, by: By
    ) -> Written:
        """Write the refund of an exchange, in the change that writes its sale."""
        assert sale.taken_back is not None, "asked of an exchange only"
        allowed_by = sale.taken_back.allowed_by
        if allowed_by is not None:  # when it was taken back; of their role of then nothing is kept
            by = by.with_leave(Action.REFUND, Actor(allowed_by.id, allowed_by.name, None))
        original, earlier = sold(connection, sale.taken_back.receipt_number)
        body = exchanging.refund_fields(sale, credited, original.body, earlier, self._tills.rules)
        refund_id = derived_id(sale.id, exchanging.EXCHANGE)
        connection.execute("insert into refund(sale_id, refund_id) values (?, ?)", (original.id, refund_id))
        back = self._facts.write_in_shift(connection, till, Kind.REFUND, refund_id, at, body, by=by)
        _audit_refund(connection, Action.REFUND, back.record, by)
        return back

    async def void(self, sale_id: str, reason: str | None, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Give a sale up. One that had lines leaves a record."""

        def close(connection: sqlite3.Connection, at: datetime) -> tuple[Written, int]:
            sale = open_sales.take(connection, sale_id)
            if sale is None:
                return _closed_before(connection, sale_id, Kind.VOID), 200
            body = checkout.void_fields(checkout.void(sale), self._tills.rules, reason=reason)
            till = self._tills.setup(sale.till)
            by.audit(connection, Action.SALE_VOID, _text(at), subject=sale.id, till=till.id, why=reason)
            return self._facts.write(connection, till, Kind.VOID, sale.id, at, body, by=by), 200

        return await self._close(key, close)

    async def refund(self, wanted: NewRefund, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Give back a local sale, in part or all that is left, never more than was sold; or goods with no receipt."""
        refund_id, mark = new_id(), self._mark()

        def close(connection: sqlite3.Connection, at: datetime) -> tuple[Written, int]:
            planned = self._returns.plan(connection, wanted)
            till, body = planned.till, planned.body | mark
            if wanted.sale is not None:
                open_sales.take(connection, wanted.sale)  # it comes back instead of being sold
            if planned.sale is not None:
                taken = (planned.sale.id, refund_id)
                connection.execute("insert into refund(sale_id, refund_id) values (?, ?)", taken)
            if wanted.tender.type == "cash":
                self._tills.must_have_shift(connection, till.id)
                if short := drawer.short(connection, self._tills, till, body["paid"]):
                    body = body | {"drawer_short": short}
            closed = self._facts.write_in_shift(
                connection,
                till,
                Kind.REFUND,
                refund_id,
                at,
                body,
                prints=True,
                opens_drawer=wanted.tender.type == "cash",
                by=by,
            )
            action = Action.REFUND_WITHOUT_RECEIPT if planned.sale is None else Action.REFUND
            _audit_refund(connection, action, closed.record, by)
            return closed, 201

        return await self._close(key, close)

    async def no_sale(self, till_id: str, reason: str, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Open the drawer with no sale, for a reason that stays in the journal."""
        till = self._tills.setup(till_id)
        reason = entry.text("reason", reason, chars_max=REASON_CHARS_MAX)
        if till.drawer is None:
            raise invalid(
                "no-drawer", f"Till {till.id} has no cash drawer: add `drawer` to its [[till]] in stillopen.toml."
            )
        record_id = new_id()

        def close(connection: sqlite3.Connection, at: datetime) -> tuple[Written, int]:
            body = {"drawer": till.drawer, "reason": reason, "for": None}
            by.audit(connection, Action.NO_SALE, _text(at), subject=record_id, till=till.id, why=reason)
            closed = self._facts.write(connection, till, Kind.DRAWER, record_id, at, body, opens_drawer=True, by=by)
            return closed, 200

        return await self._close(key, close)

    async def write(self, key: Key | None, close: Close) -> Reply:
        """Write what another part of the till makes, and act on it as on a sale."""
        return await self._close(key, close)

    async def close(self) -> None:
        """Wait for what is being closed."""
        if self._acting:
            await asyncio.wait(self._acting)

    async def _close(self, key: Key | None, close: Close) -> Reply:
        """Write, then act. Whoever asked may go away meanwhile: a written sale gets its drawer and its receipt."""
        local = self._tills.local_now()

        def change(connection: sqlite3.Connection) -> Closed:
            kept = once.kept(connection, key)
            if kept is not None:
                return None, kept
            closed, status = close(connection, local)
            return closed, answers.keep(connection, key, closed.reply(status), local.isoformat())

        with self._tills.journal.ahead():
            written = self._tills.journal.submit(change)
            self._acting.add(written)
            written.add_done_callback(self._act)
            _, reply = await asyncio.shield(written)
            return reply

    def _act(self, written: asyncio.Future[Closed]) -> None:
        """Drawer, receipt, clouds, events: in this order, and started before whoever asked is told."""
        self._acting.discard(written)
        if written.exception() is not None:
            return
        closed, reply = written.result()
        if closed is None or not closed.new:
            return
        if closed.kick is not None:  # first: the cashier has the customer's money in the hand
            self._kicks.start(*closed.kick)
        if closed.printer is not None:
            self._prints.wake(closed.printer)
        self._on_record(closed.record.till)
        if closed.opened is not None:
            self._tills.events.publish("shift", till=closed.record.till, shift=closed.opened)
        if closed.back is not None:
            self._tills.events.publish("record", till=closed.record.till, record=closed.back)
        self._tills.events.publish("record", till=closed.record.till, record=reply)
        if closed.record.kind in (Kind.SALE, Kind.VOID):
            self._tills.events.publish("sale", till=closed.record.till, sale=closed.record)
        elif closed.record.kind in (Kind.SHIFT_OPEN, Kind.SHIFT_CLOSE):
            self._tills.events.publish("shift", till=closed.record.till, shift=reply)


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def _audit_refund(connection: sqlite3.Connection, action: Action, refund: Record, by: By) -> None:
    original = refund.body["original"]
    by.audit(
        connection,
        action,
        refund.occurred_at,
        subject=refund.receipt_number,
        till=refund.till,
        why=refund.body["reason"],
        after={
            "refunds": None if original is None else original["receipt_number"],
            "total": refund.body["total"],
        },
    )


def _closed_before(connection: sqlite3.Connection, sale_id: str, kind: Kind) -> Written:
    """Return the record that a sale became when this was asked for before. Raises `Problem` where it did not."""
    done = chain.by_id(connection, sale_id)
    if done is None or done.kind is not kind:
        raise not_open(sale_id, done)
    return Written(done, new=False, print_state=print_state(connection, done))
