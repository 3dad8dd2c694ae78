"""What every operation at a till stands on: the store's rules, the sale on the disk, and doing a thing once.

An operation is one closure on the journal's writer: it reads the sale from the disk, changes it, writes it
back and keeps the answer. So two front ends, a scanner and a crash in between can't lose or double a
line, and nothing is told before it is on the disk.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from agent import basket, lookup, once, open_sales, print_jobs
from agent.facts import TillSetup, print_state
from agent.pricing import Rules, view
from agent.problem import Problem, conflict, not_found
from agent.sale import Sale, State
from agent.shift import kept, opening
from drivers.scanner.code_ids import CodeIds
from outbox import answers, chain
from outbox.ids import new_id
from outbox.record import Kind

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from agent.events import Publisher
    from agent.lookup import Read
    from drivers.scanner.embedded import Template
    from outbox.answers import Key, Reply
    from outbox.catalogue import Catalogue
    from outbox.journal import Journal
    from outbox.record import Record


ASK_ABOUT_PRINTS = timedelta(hours=12)  # a shift: later, nobody knows any more which paper came out


@dataclass(frozen=True, slots=True)
class Store:
    """What every till of the store shares. `clouds` says which kinds of record go to which cloud."""

    id: str
    timezone: ZoneInfo
    rules: Rules
    clouds: Mapping[str, frozenset[Kind]]
    counts_float: bool = False  # whether no money is taken before somebody has counted a float
    training: bool = False  # nothing that is rung counts


class Tills:
    """The store's tills, their open sales as they are on the disk, and the way to change one."""

    def __init__(
        self,
        journal: Journal,
        events: Publisher,
        *,
        store: Store,
        tills: Sequence[TillSetup],
        templates: Mapping[str, Sequence[Template]],  # by till
        code_ids: Mapping[str, CodeIds] = MappingProxyType({}),  # by till, those of its scanner
        has_room: Callable[[], bool] = lambda: True,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._has_room = has_room
        self.journal = journal
        self.events = events
        self.store = store
        self._tills = {till.id: till for till in tills}
        self._templates = templates
        self._code_ids = code_ids
        self._now = now

    def __iter__(self) -> Iterator[TillSetup]:
        return iter(self._tills.values())

    @property
    def rules(self) -> Rules:
        """How the store prices."""
        return self.store.rules

    def local_now(self) -> datetime:
        """Return the time in the store."""
        return self._now().astimezone(self.store.timezone)

    def read(self, catalogue: Catalogue, till_id: str, data: str) -> Read:
        """Read a code as the till's scanner sends it, with the store's own templates, and find its item."""
        ids = self._code_ids.get(till_id, CodeIds.AIM)
        return lookup.by_barcode(catalogue, data, self._templates.get(till_id, ()), self.rules.currency, code_ids=ids)

    def __contains__(self, till_id: object) -> bool:
        return till_id in self._tills

    def setup(self, till_id: str | None) -> TillSetup:
        """Return a till; the store's first where none is named. Raises `Problem`."""
        if till_id is None:
            return next(iter(self._tills.values()))
        try:
            return self._tills[till_id]
        except KeyError:
            known = ", ".join(self._tills)
            raise not_found("till", f"There is no till {till_id!r}; the configuration has: {known}.") from None

    def view(self, till_id: str) -> dict[str, Any]:
        """Return the till with its open sale (or None) and how many are parked."""
        till = self.setup(till_id)
        sale = open_sales.current(self.journal.reader, till.id)
        return {
            "id": till.id,
            "scanner": till.scanner,
            "printer": till.printer,
            "drawer": till.drawer,
            "scale": till.scale,
            "display": till.display,
            "sale": view(sale, self.rules) if sale else None,
            "training": self.store.training,
            "unclear_print": self._unclear_print(till.id),
            "parked": len(open_sales.parked(self.journal.reader, till.id)),
            "shift": self._shift(till.id),
            "asks_for_float": self.store.counts_float,
        }

    def _unclear_print(self, till_id: str) -> dict[str, Any] | None:
        since = (self._now() - ASK_ABOUT_PRINTS).isoformat()
        found = print_jobs.latest_unclear(self.journal.reader, till_id, since)
        if found is None:
            return None
        job, number = found
        return {"job": job.id, "receipt_number": number, "copy": job.copy, "reason": job.reason}

    def _shift(self, till_id: str) -> dict[str, Any] | None:
        opened = kept.opened(self.journal.reader, till_id)
        if opened is None:
            return None
        return {
            "id": opened.id,
            "opened_at": opened.occurred_at,
            "automatic": opened.body.get("automatic", False),
            "float": opened.body["float"],
            "left_open": opened.body["business_date"] < self.local_now().date().isoformat(),
        }

    def parked(self, till_id: str) -> list[dict[str, Any]]:
        """Return the till's parked sales, oldest first."""
        found = open_sales.parked(self.journal.reader, self.setup(till_id).id)
        return [view(sale, self.rules) for sale in found]

    def view_sale(self, sale_id: str) -> dict[str, Any]:
        """Return a sale: as it is being rung, or as the record it became. Raises `Problem`."""
        sale = open_sales.find(self.journal.reader, sale_id)
        if sale is not None:
            return view(sale, self.rules)
        record = chain.by_id(self.journal.reader, sale_id)
        if record is None or record.kind not in (Kind.SALE, Kind.VOID):
            raise _no_such_sale(sale_id)
        return record.body | ({"print": print_state(self.journal.reader, record)} if record.kind is Kind.SALE else {})

    # --- changing ---

    async def once(self, key: Key | None, change: Callable[[sqlite3.Connection, str], Reply]) -> Reply:
        """Run a change and keep its reply, or return the one this request was given before; tells of the sale."""
        at = self._now().isoformat()

        def whole(connection: sqlite3.Connection) -> tuple[Reply, bool]:
            kept = once.kept(connection, key)
            if kept is not None:
                return kept, False
            return answers.keep(connection, key, change(connection, at), at), True

        reply, fresh = await self.journal.write(whole)
        if fresh:
            self.events.publish("sale", till=reply.body["till"], sale=reply)
        return reply

    def sale(self, connection: sqlite3.Connection, sale_id: str) -> Sale:
        """Return an open or parked sale, from inside a change. Raises `Problem`."""
        sale = open_sales.find(connection, sale_id)
        if sale is not None:
            return sale
        raise not_open(sale_id, chain.by_id(connection, sale_id))

    def must_have_shift(self, connection: sqlite3.Connection, till_id: str) -> None:
        """Refuse money where the store counts its float and nobody has, from inside a change. Raises `Problem`."""
        if self.store.counts_float:
            opening.must_be_open(connection, till_id)

    def new_sale(self, till_id: str) -> Sale:
        """Return an empty sale, not yet on the disk. Raises `Problem` where the disk has no room for it."""
        if not self._has_room():
            raise Problem(
                HTTPStatus.INSUFFICIENT_STORAGE,
                "disk-full",
                "The disk is full: sales that are open can be finished, and no new one can begin. Free some space.",
            )
        opened_at = self.local_now().isoformat(timespec="milliseconds")
        sale = basket.new_sale(self.rules, id=new_id(), till=till_id, opened_at=opened_at)
        return replace(sale, training=True) if self.store.training else sale


def not_open(sale_id: str, record: Record | None) -> Problem:
    """Say why a sale is none of the open ones; `record` is the one with its id."""
    if record is not None and record.kind in (Kind.SALE, Kind.VOID):
        state = State.COMPLETED if record.kind is Kind.SALE else State.VOIDED
        return conflict("sale-closed", f"This sale is {state}: open a new one with POST /v1/sales.")
    return _no_such_sale(sale_id)


def _no_such_sale(sale_id: str) -> Problem:
    return not_found("sale", f"There is no sale {sale_id!r}: open one with POST /v1/sales.")
