"""Looking at shifts: what is open, the figures so far (X), the Zs there were, and all of them on paper.

Nothing here changes a shift.
"""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from agent import print_jobs
from agent.problem import invalid, not_found
from agent.shift import drawer, kept, opening
from agent.shift.figures import figures
from agent.staff.actions import Action
from agent.staff.actor import LOCAL
from agent.staff.by import OF_ITSELF, By
from outbox import answers, chain
from outbox.anchor import anchor
from outbox.answers import Reply
from outbox.ids import new_id
from outbox.record import Kind

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from agent.facts import TillSetup
    from agent.prints import Prints
    from agent.receipts import Receipts
    from agent.shift.figures import Counting
    from agent.till import Tills
    from outbox.answers import Key
    from outbox.journal import Journal
    from outbox.record import Record

# What would tell whoever counts blind what the drawer should hold, alone or put together.
_TELLING = ("cash", "card", "sales_total", "refunds_total", "tips", "rounding", "expected_cash", "drawer_expected")
_TELLING_LISTS = ("tenders", "taxes", "categories", "cashiers", "hours")
_CLOSINGS = frozenset({Kind.SHIFT_CLOSE})


class Reports:
    """Reads the shifts of one journal."""

    def __init__(
        self,
        journal: Journal,
        tills: Tills,
        prints: Prints,
        receipts: Receipts,
        *,
        counting: Counting,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._journal = journal
        self._tills = tills
        self._prints = prints
        self._receipts = receipts
        self._counting = counting
        self._now = now

    def current(self, till_id: str | None) -> dict[str, Any]:
        """Return what a page needs to open or close the till's shift: no figure that would tell what to count."""
        till = self._tills.setup(till_id)
        view = self._tills.view(till.id)
        return {
            "till": till.id,
            "currency": self._counting.currency,
            "shift": view["shift"],
            "asks_for_float": view["asks_for_float"],
            "count_needed": self._counting.count_needed,
            "left": opening.left_by(kept.last_closing(self._journal.reader, till.id)),
            "denominations": list(self._counting.denominations),
            "drawer_shared_with": [other.id for other in drawer.sharing(self._tills, till)],
        }

    def report(self, till_id: str | None, by: By = OF_ITSELF) -> dict[str, Any]:
        """Return the open shift's figures so far (an X). Raises `Problem` where none is open.

        Whoever must count blind gets None, or empty lists, for all that would tell what is in the drawer.
        """
        till = self._tills.setup(till_id)
        so_far = figures(self._journal.reader, self._tills, till)
        report = {"till": till.id, "at": self._at(), "blind": False, **so_far}
        if self._may_see(by):
            return report
        hidden = dict.fromkeys(_TELLING) | {name: [] for name in _TELLING_LISTS}
        return report | hidden | {"blind": True}

    def list(self, *, limit: int, before: int | None = None, till: str | None = None) -> dict[str, Any]:
        """Return a page of Zs, the newest first; `next` is the `before` of the page after it, or None."""
        found = chain.newest(self._journal.reader, limit, before=before, till=till, kinds=_CLOSINGS)
        return {
            "shifts": [_shown(record) for record in found],
            "next": found[-1].seq if len(found) == limit else None,
        }

    def get(self, shift_id: str) -> dict[str, Any]:
        """Return a Z by the id of its record. Raises `Problem`."""
        return _shown(self._closing_of(shift_id))

    # --- paper ---

    async def print_report(self, till_id: str, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Queue the figures so far for the till's printer: an X, which changes nothing. Raises `Problem`."""
        self.allow_figures(by)
        till = self._tills.setup(till_id)
        document = self._receipts.report(self.report(till.id, by))
        return await self._prints.queue(_printer(till), document, key=key)

    async def print_copy(self, shift_id: str, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Queue a Z once more, marked COPY. Raises `Problem`."""
        record = self._closing_of(shift_id)
        printer = _printer(self._tills.setup(record.till))
        at, job_id = self._at(), new_id()

        def change(connection: sqlite3.Connection) -> Reply:
            job = print_jobs.add(connection, job_id, printer, at, record_id=record.id, copy=True)
            by.audit(connection, Action.REPRINT, at, subject=f"Z {record.body['z_number']}", till=record.till)
            return answers.keep(connection, key, Reply(HTTPStatus.ACCEPTED, job.view()), at)

        reply = await self._journal.write(change)
        self._prints.wake(printer)
        return reply

    def allow_figures(self, by: By) -> None:
        """Refuse figures to whoever must count blind. Raises `Problem`."""
        if not self._may_see(by):
            by.allow(Action.EXPECTED_CASH)

    def _may_see(self, by: By) -> bool:
        """Programs with the token of this PC may read the whole journal: hiding a sum from them hides nothing."""
        return not self._counting.blind or by.actor.id == LOCAL.id or by.may(Action.EXPECTED_CASH)

    def _closing_of(self, shift_id: str) -> Record:
        record = chain.by_id(self._journal.reader, shift_id)
        if record is None or record.kind is not Kind.SHIFT_CLOSE:
            raise not_found("shift", f"No closed shift has the id {shift_id!r}: GET /v1/shifts lists the newest.")
        return record

    def _at(self) -> str:
        return self._now().astimezone(self._tills.store.timezone).isoformat(timespec="milliseconds")


def _printer(till: TillSetup) -> str:
    if till.printer is None:
        raise invalid("no-printer", f"Till {till.id} has no printer: add `printer` to its [[till]] in stillopen.toml.")
    return till.printer


def _shown(record: Record) -> dict[str, Any]:
    return {**record.body, "seq": record.seq, "anchor": anchor(record.hash)}
