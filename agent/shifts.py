"""Shifts: the float at the start, money that moves with no sale, and the count at the end.

A shift is two records and the ones between them on the same till. Its figures are added up from the journal
(`shift/sums.py`), so none can disagree with it. Nothing here asks a cloud.
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from agent import open_sales
from agent.problem import Problem, conflict, invalid
from agent.shift import coins, drawer, kept, opening
from agent.shift.figures import figures
from agent.staff.actions import Action
from agent.staff.by import OF_ITSELF, By
from outbox import chain
from outbox.anchor import anchor
from outbox.ids import new_id
from outbox.money import format_amount
from outbox.record import Kind

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from agent.api.bodies import CloseShift, MoveCash, NewShift
    from agent.api.bodies.shifts import Pieces
    from agent.closing import Closing
    from agent.facts import Facts, TillSetup, Written
    from agent.shift.figures import Counting
    from agent.till import Tills
    from outbox.answers import Key, Reply
    from outbox.journal import Journal
    from outbox.record import Record

MOVES = {"in": Action.PAY_IN, "out": Action.PAY_OUT, "drop": Action.SAFE_DROP}


class Shifts:
    """Opens and closes shifts, moves cash, and tells what lies between."""

    def __init__(
        self,
        journal: Journal,
        facts: Facts,
        tills: Tills,
        closing: Closing,
        *,
        counting: Counting,
    ) -> None:
        self._journal = journal
        self._facts = facts
        self._tills = tills
        self._closing = closing
        self._counting = counting

    async def open(self, wanted: NewShift, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Open the till's shift. Raises `Problem` where one is open."""
        till = self._tills.setup(wanted.till)
        given = wanted.float if "float" in wanted.model_fields_set else None
        counted = coins.agreed(given, _pairs(wanted.count)) or 0

        def write(connection: sqlite3.Connection, at: datetime) -> tuple[Written, int]:
            body = {"currency": self._counting.currency, "float": counted, "count": _kept_count(wanted.count)}
            opened = opening.begin(connection, self._facts, till, at, body | {"automatic": False}, by=by)
            _audit(by, connection, Action.SHIFT_OPEN, opened.record, why=None, after=body)
            return _anchored(opened), HTTPStatus.CREATED

        return await self._closing.write(key, write)

    async def move(self, wanted: MoveCash, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Put money into the drawer or take it out, with no sale: the drawer opens, and a slip is printed.

        More than the drawer should hold is given out all the same; `drawer_short` says how much more.
        """
        till, record_id = self._tills.setup(wanted.till), new_id()
        action = MOVES[wanted.direction]

        def write(connection: sqlite3.Connection, at: datetime) -> tuple[Written, int]:
            self._tills.must_have_shift(connection, till.id)
            out = 0 if wanted.direction == "in" else wanted.amount
            body = {
                "currency": self._counting.currency,
                "direction": wanted.direction,
                "amount": wanted.amount,
                "reason": wanted.reason,
                "drawer_short": drawer.short(connection, self._tills, till, out),
            }
            moved = self._facts.write_in_shift(
                connection, till, Kind.CASH, record_id, at, body, prints=True, opens_drawer=True, by=by
            )
            _audit(by, connection, action, moved.record, why=wanted.reason, after={"amount": wanted.amount})
            return _anchored(moved), HTTPStatus.CREATED

        return await self._closing.write(key, write)

    async def close(self, wanted: CloseShift, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Close the till's shift: its Z. `over` is what was counted less what the drawer should hold."""
        till = self._tills.setup(wanted.till)
        counted = coins.agreed(wanted.counted, _pairs(wanted.count))

        def write(connection: sqlite3.Connection, at: datetime) -> tuple[Written, int]:
            self._must_be_counted(counted)
            _must_be_settled(connection, till.id)
            body = figures(connection, self._tills, till)
            others = body["drawer_expected"] - body["expected_cash"]
            over = None if counted is None else counted - body["drawer_expected"]
            body |= {
                "z_number": _next_z(connection, till.id),
                "counted": counted,
                "count": _kept_count(wanted.count),
                "over": over,
                "left": self._left(till, wanted.left, counted, others, body["expected_cash"]),
                "reason": self._reason(wanted.reason, over),
            }
            closed = self._facts.write(
                connection, till, Kind.SHIFT_CLOSE, new_id(), at, body, prints=wanted.print, by=by
            )
            told = {name: body[name] for name in ("z_number", "counted", "over", "left")}
            _audit(by, connection, Action.SHIFT_CLOSE, closed.record, why=body["reason"], after=told)
            return _anchored(closed), HTTPStatus.OK

        try:
            return await self._closing.write(key, write)
        except Problem as problem:
            if problem.code == "reason-needed":  # a count is kept, also one that did not close: none is a try for free
                at, told = self._tills.local_now().isoformat(timespec="milliseconds"), {"counted": counted}
                await self._journal.write(
                    lambda connection: by.audit(connection, Action.SHIFT_CLOSE, at, till=till.id, after=told)
                )
            raise

    def _must_be_counted(self, counted: int | None) -> None:
        if counted is None and self._counting.count_needed:
            raise conflict(
                "count-needed", "Here no shift is closed without a count: count the drawer, coin by coin or as a sum."
            )

    def _left(self, till: TillSetup, wanted: int | None, counted: int | None, others: int, expected: int) -> int:
        """Return what of the till's money stays in the drawer: what was said, else all that was counted."""
        if counted is None:
            shared = bool(drawer.sharing(self._tills, till))
            return wanted if wanted is not None else max(expected, 0) if shared else 0
        own = max(counted - others, 0)
        if wanted is not None and wanted > own:
            raise invalid(
                "left-too-much",
                f"Only {format_amount(own, self._counting.currency)} {self._counting.currency} of this till's money "
                "was counted: no more than that can stay in the drawer.",
            )
        return own if wanted is None else wanted

    def _reason(self, given: str | None, over: int | None) -> str | None:
        """Return the reason that a count is off, and insist on one where it is off by more than the store lets pass."""
        limit = self._counting.reason_above
        if given is None and limit is not None and over is not None and abs(over) > limit:
            raise conflict(
                "reason-needed",
                f"The count is off by more than {format_amount(limit, self._counting.currency)} "
                f"{self._counting.currency}: count again, or give the reason.",
            )
        return given


def _must_be_settled(connection: sqlite3.Connection, till: str) -> None:
    sale = open_sales.current(connection, till)
    if sale is not None and sale.tenders:
        raise conflict(
            "sale-has-tenders", "Money was taken for the sale that is open: complete it, or give the money back."
        )


def _next_z(connection: sqlite3.Connection, till: str) -> int:
    """Return the number after the till's newest Z; closings of before they were numbered count, too."""
    newest = kept.last_closing(connection, till)
    if newest is None:
        return 1
    number = newest.body.get("z_number")
    return 1 + (chain.count_of(connection, till, Kind.SHIFT_CLOSE) if number is None else int(number))


def _anchored(written: Written) -> Written:
    return replace(written, beside={"anchor": anchor(written.record.hash)})


def _audit(
    by: By, connection: sqlite3.Connection, action: Action, record: Record, *, why: str | None, after: object
) -> None:
    by.audit(connection, action, record.occurred_at, subject=record.id, till=record.till, why=why, after=after)


def _pairs(count: Sequence[Pieces] | None) -> list[tuple[int, int]] | None:
    return None if count is None else [(one.value, one.pieces) for one in count]


def _kept_count(count: Sequence[Pieces] | None) -> list[dict[str, int]] | None:
    return None if count is None else [{"value": one.value, "pieces": one.pieces} for one in count]
