"""The till: basket, record, journal, then receipt and drawer, then events, in that order.

Every operation is one closure on the journal's writer: it reads the sale from the disk, changes it,
writes it back and keeps the answer. So two front ends, a scanner and a crash in between can't lose or
double a line, and nothing is told before it is on the disk.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agent import basket, checkout, entry, lookup, once, open_sales
from agent.closing import Closed, Closing, TillSetup, print_state
from agent.pricing import Rules, view
from agent.problem import Problem, conflict, invalid, not_found
from agent.refund import Want, plan_refund
from agent.sale import Sale, State
from drivers.scanner.scan import Scan
from outbox import answers, chain
from outbox.answers import Key, Reply
from outbox.ids import new_id
from outbox.record import Kind

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from agent.api.bodies import LineChange, NewDiscount, NewLine, NewRefund, NewTender
    from agent.events import Events
    from agent.kicks import Kicks
    from agent.prints import Prints
    from drivers.scanner.embedded import Template
    from drivers.scanner.scan import Refusal, Scan
    from outbox.catalogue import Catalogue
    from outbox.journal import Journal

SCANS_WAITING_MAX = 64  # a cashier scans two a second; more waiting means nothing is being sold

_log = logging.getLogger("stillopen.till")


@dataclass(frozen=True, slots=True)
class Store:
    """What every till of the store shares."""

    id: str
    timezone: ZoneInfo
    rules: Rules
    clouds: Mapping[str, frozenset[Kind]]


class Tills:
    """The store's tills and the sales on them."""

    def __init__(
        self,
        journal: Journal,
        catalogue: Catalogue,
        events: Events,
        prints: Prints,
        kicks: Kicks,
        *,
        store: Store,
        tills: Sequence[TillSetup],
        templates: Mapping[str, Sequence[Template]],  # by till
        on_record: Callable[[], None] = lambda: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._journal = journal
        self._catalogue = catalogue
        self._events = events
        self._prints = prints
        self._kicks = kicks
        self._store = store
        self._tills = {till.id: till for till in tills}
        self._templates = templates
        self._closing = Closing(store.id, store.clouds)
        self._on_record = on_record
        self._now = now
        self._scans: dict[str, asyncio.Queue[Scan | Refusal]] = {
            till.id: asyncio.Queue(SCANS_WAITING_MAX) for till in tills
        }

    @property
    def rules(self) -> Rules:
        """How the store prices."""
        return self._store.rules

    # --- looking ---

    def __iter__(self) -> Any:
        return iter(self._tills.values())

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
        sale = open_sales.current(self._journal.reader, till.id)
        return {
            "id": till.id,
            "scanner": till.scanner,
            "printer": till.printer,
            "drawer": till.drawer,
            "sale": view(sale, self._store.rules) if sale else None,
            "parked": len(open_sales.parked(self._journal.reader, till.id)),
        }

    def parked(self, till_id: str) -> list[dict[str, Any]]:
        """Return the till's parked sales, oldest first."""
        found = open_sales.parked(self._journal.reader, self.setup(till_id).id)
        return [view(sale, self._store.rules) for sale in found]

    def view_sale(self, sale_id: str) -> dict[str, Any]:
        """Return a sale: as it is being rung, or as the record it became. Raises `Problem`."""
        sale = open_sales.find(self._journal.reader, sale_id)
        if sale is not None:
            return view(sale, self._store.rules)
        record = chain.by_id(self._journal.reader, sale_id)
        if record is None or record.kind not in (Kind.SALE, Kind.VOID):
            raise _no_such_sale(sale_id)
        return record.body | ({"print": print_state(self._journal.reader, record)} if record.kind is Kind.SALE else {})

    # --- ringing ---

    async def open_sale(self, till_id: str, *, key: Key | None) -> Reply:
        """Return the till's open sale, made now if there is none."""
        till = self.setup(till_id)

        def change(connection: sqlite3.Connection, at: str) -> Reply:
            sale = open_sales.current(connection, till.id)
            if sale is not None:
                return Reply(200, view(sale, self._store.rules))
            sale = self._new_sale(till.id)
            open_sales.save(connection, sale, at)
            return Reply(201, view(sale, self._store.rules))

        return self._told(await self._once(key, change))

    async def scan(self, till_id: str, data: str, *, key: Key | None) -> Reply:
        """Ring what was scanned, opening a sale if there is none; tells everybody. Raises `Problem`."""
        till = self.setup(till_id)
        read = lookup.by_barcode(self._catalogue, data, self._templates.get(till.id, ()), self._store.rules.currency)
        return await self._ring(till, read, key)

    def scanned(self, till_id: str, scan: Scan | Refusal) -> None:
        """Take a scan from the till's own scanner; never waits. It is rung in the order it came."""
        try:
            self._scans[till_id].put_nowait(scan)
        except asyncio.QueueFull:
            _log.warning("Till %s cannot keep up with its scanner; a scan was not rung. Scan it again.", till_id)
            self._tell_scan(till_id, scan, None, conflict("too-many-scans", "That scan was not rung: scan it again."))

    async def run(self, till_id: str) -> None:
        """Ring the scans of one till's scanner, for ever."""
        till, scans = self.setup(till_id), self._scans[till_id]
        while True:
            scan = await scans.get()
            try:
                await self._ring(till, lookup.by_scan(self._catalogue, scan), None)
            except Problem as problem:
                self._tell_scan(till.id, scan, None, problem)
            except Exception as error:
                _log.exception("A scan on till %s was not rung", till.id)
                trouble = conflict("not-rung", f"That scan was not rung: {error}")
                self._tell_scan(till.id, scan, None, trouble)

    async def add_line(self, sale_id: str, wanted: NewLine, *, key: Key | None) -> Reply:
        """Add an item by barcode or sku, or an open item."""
        if wanted.name is not None:
            name, price = wanted.name, wanted.price
            assert price is not None, "the body's own check"
            return await self._change(
                sale_id,
                key,
                lambda sale, rules: basket.add_open_item(
                    sale, rules, name=name, price=price, tax=wanted.tax, quantity=wanted.quantity or "1"
                ),
            )
        read = None
        if wanted.barcode is not None:
            sale_now = open_sales.find(self._journal.reader, sale_id)
            templates = self._templates.get(sale_now.till, ()) if sale_now else ()
            read = lookup.by_barcode(self._catalogue, wanted.barcode, templates, self._store.rules.currency)
            product = read.product
        else:
            assert wanted.sku is not None, "the body's own check"
            product = lookup.by_sku(self._catalogue, wanted.sku)

        def operation(sale: Sale, rules: Rules) -> Sale:
            changed = basket.add_product(
                sale,
                rules,
                product,
                quantity=wanted.quantity or (read.quantity if read else None),
                label_price=read.label_price if read else None,
                barcode=read.scan.text if read else None,
                gs1=read.scan.gs1 if read else None,
            )
            if wanted.price is None:
                return changed
            line = changed.lines[-1].id
            return basket.override_price(changed, rules, line, wanted.price, wanted.price_reason or "")

        return await self._change(sale_id, key, operation)

    async def change_line(self, sale_id: str, line_id: str, wanted: LineChange, *, key: Key | None) -> Reply:
        """Set a line's quantity, or its price with a reason."""

        def operation(sale: Sale, rules: Rules) -> Sale:
            if wanted.quantity is not None:
                sale = basket.change_quantity(sale, rules, line_id, wanted.quantity)
            if wanted.price is not None:
                sale = basket.override_price(sale, rules, line_id, wanted.price, wanted.price_reason or "")
            return sale

        return await self._change(sale_id, key, operation)

    async def remove_line(self, sale_id: str, line_id: str, *, key: Key | None) -> Reply:
        """Take a line out."""
        return await self._change(sale_id, key, lambda sale, rules: basket.remove_line(sale, rules, line_id))

    async def add_discount(self, sale_id: str, wanted: NewDiscount, *, key: Key | None) -> Reply:
        """Take a percentage or an amount off a line or the sale."""
        return await self._change(
            sale_id,
            key,
            lambda sale, rules: basket.add_discount(
                sale, rules, percent=wanted.percent, amount=wanted.amount, line=wanted.line, reason=wanted.reason
            ),
        )

    async def remove_discount(self, sale_id: str, discount_id: str, *, key: Key | None) -> Reply:
        """Take a discount back."""
        return await self._change(sale_id, key, lambda sale, rules: basket.remove_discount(sale, rules, discount_id))

    async def add_tender(self, sale_id: str, wanted: NewTender, *, key: Key | None) -> Reply:
        """Take money."""
        return await self._change(
            sale_id,
            key,
            lambda sale, rules: checkout.add_tender(
                sale, rules, type=wanted.type, amount=wanted.amount, reference=wanted.reference
            ),
        )

    async def remove_tender(self, sale_id: str, tender_id: str, *, key: Key | None) -> Reply:
        """Give a tender back."""
        return await self._change(sale_id, key, lambda sale, rules: checkout.remove_tender(sale, rules, tender_id))

    async def park(self, sale_id: str, label: str | None, *, key: Key | None) -> Reply:
        """Put the sale aside."""
        return await self._change(sale_id, key, lambda sale, _: checkout.park(sale, label))

    async def resume(self, sale_id: str, *, key: Key | None) -> Reply:
        """Take a parked sale up again, where none is open on its till."""

        def change(connection: sqlite3.Connection, at: str) -> Reply:
            sale = self._sale(connection, sale_id)
            resumed = checkout.resume(sale)
            if open_sales.current(connection, sale.till) is not None:
                raise conflict(
                    "till-busy", f"Till {sale.till} has an open sale: complete, park or void that one first."
                )
            open_sales.save(connection, resumed, at)
            return Reply(200, view(resumed, self._store.rules))

        return self._told(await self._once(key, change))

    # --- closing ---

    async def complete(self, sale_id: str, *, key: Key | None) -> Reply:
        """Make a paid sale a record. The reply is given after the fsync; receipt and drawer follow."""

        def close(connection: sqlite3.Connection, at: datetime) -> tuple[Closed, int]:
            done = chain.by_id(connection, sale_id)
            if done is not None and done.kind is Kind.SALE:  # asked again: the same fact
                return Closed(done, new=False, print_state=print_state(connection, done)), 200
            sale = self._sale(connection, sale_id)
            body = checkout.complete(sale, self._store.rules)
            till = self.setup(sale.till)
            cash = any(tender["type"] == "cash" for tender in body["tenders"])
            open_sales.drop(connection, sale.id)
            closed = self._closing.close(connection, till, Kind.SALE, sale.id, at, body, prints=True, opens_drawer=cash)
            return closed, 200

        return await self._close(key, close)

    async def void(self, sale_id: str, reason: str | None, *, key: Key | None) -> Reply:
        """Give a sale up. One that had lines leaves a record."""

        def close(connection: sqlite3.Connection, at: datetime) -> tuple[Closed, int]:
            done = chain.by_id(connection, sale_id)
            if done is not None and done.kind is Kind.VOID:
                return Closed(done, new=False, print_state="not_printed"), 200
            sale = checkout.void(self._sale(connection, sale_id))
            body = checkout.void_fields(sale, self._store.rules, reason=reason)
            open_sales.drop(connection, sale.id)
            return self._closing.close(connection, self.setup(sale.till), Kind.VOID, sale.id, at, body), 200

        return await self._close(key, close)

    async def refund(self, wanted: NewRefund, *, key: Key | None) -> Reply:
        """Give back a local sale, in part or all that is left; never more than was sold."""
        refund_id = new_id()

        def close(connection: sqlite3.Connection, at: datetime) -> tuple[Closed, int]:
            sale = chain.by_receipt_number(connection, wanted.receipt_number)
            if sale is None or sale.kind is not Kind.SALE:
                raise not_found(
                    "receipt",
                    f"No sale on this agent has the receipt number {wanted.receipt_number!r}: read it from the "
                    "receipt again, or look the sale up in the till's last receipts.",
                )
            earlier = chain.refunds_of(connection, sale.id)
            want = Want(
                lines=None if wanted.lines is None else tuple((line.line, line.quantity) for line in wanted.lines),
                tender_type=wanted.tender.type,
                tender_amount=wanted.tender.amount,
                reference=wanted.tender.reference,
                reason=wanted.reason,
            )
            body = plan_refund(sale.body, [refund.body for refund in earlier], want, self._store.rules)
            till = self.setup(wanted.till or (sale.till if sale.till in self._tills else None))
            connection.execute("insert into refund(sale_id, refund_id) values (?, ?)", (sale.id, refund_id))
            closed = self._closing.close(
                connection,
                till,
                Kind.REFUND,
                refund_id,
                at,
                body,
                prints=True,
                opens_drawer=wanted.tender.type == "cash",
            )
            return closed, 201

        return await self._close(key, close)

    async def no_sale(self, till_id: str, reason: str, *, key: Key | None) -> Reply:
        """Open the drawer with no sale, for a reason that stays in the journal."""
        till = self.setup(till_id)
        reason = entry.text("reason", reason, chars_max=basket.REASON_CHARS_MAX)
        if till.drawer is None:
            raise invalid(
                "no-drawer", f"Till {till.id} has no cash drawer: add `drawer` to its [[till]] in stillopen.toml."
            )
        record_id = new_id()

        def close(connection: sqlite3.Connection, at: datetime) -> tuple[Closed, int]:
            body = {"drawer": till.drawer, "reason": reason, "for": None}
            return self._closing.close(connection, till, Kind.DRAWER, record_id, at, body, opens_drawer=True), 200

        return await self._close(key, close)

    # --- how every operation is done ---

    async def _ring(self, till: TillSetup, read: lookup.Read, key: Key | None) -> Reply:
        def change(connection: sqlite3.Connection, at: str) -> Reply:
            rules = self._store.rules
            sale = open_sales.current(connection, till.id) or self._new_sale(till.id)
            changed = basket.add_product(
                sale,
                rules,
                read.product,
                quantity=read.quantity,
                label_price=read.label_price,
                barcode=read.scan.text,
                gs1=read.scan.gs1,
                merge=True,
            )
            open_sales.save(connection, changed, at)
            return Reply(200, view(changed, rules))

        reply = await self._once(key, change)
        self._tell_scan(till.id, read.scan, read.product, None)
        return self._told(reply)

    async def _change(self, sale_id: str, key: Key | None, operation: Callable[[Sale, Rules], Sale]) -> Reply:
        def change(connection: sqlite3.Connection, at: str) -> Reply:
            changed = operation(self._sale(connection, sale_id), self._store.rules)
            open_sales.save(connection, changed, at)
            return Reply(200, view(changed, self._store.rules))

        return self._told(await self._once(key, change))

    async def _close(
        self, key: Key | None, close: Callable[[sqlite3.Connection, datetime], tuple[Closed, int]]
    ) -> Reply:
        local = self._now().astimezone(self._store.timezone)

        def change(connection: sqlite3.Connection) -> tuple[Closed | None, Reply]:
            kept = once.kept(connection, key)
            if kept is not None:
                return None, kept
            closed, status = close(connection, local)
            return closed, answers.keep(connection, key, Reply(status, closed.view()), self._at())

        closed, reply = await self._journal.write(change)
        if closed is not None and closed.new:
            if closed.kick is not None:  # first: the cashier has the customer's money in the hand
                self._kicks.start(*closed.kick)
            if closed.printer is not None:
                self._prints.wake(closed.printer)
            self._on_record()
            self._events.publish("record", till=closed.record.till, record=closed.view())
            if closed.record.kind in (Kind.SALE, Kind.VOID):
                self._events.publish("sale", till=closed.record.till, sale=closed.record.body)
        return reply

    async def _once(self, key: Key | None, change: Callable[[sqlite3.Connection, str], Reply]) -> Reply:
        at = self._at()

        def whole(connection: sqlite3.Connection) -> Reply:
            kept = once.kept(connection, key)
            return kept if kept is not None else answers.keep(connection, key, change(connection, at), at)

        return await self._journal.write(whole)

    def _told(self, reply: Reply) -> Reply:
        self._events.publish("sale", till=reply.body["till"], sale=reply.body)
        return reply

    def _tell_scan(
        self, till: str, scan: Scan | Refusal, product: basket.Product | None, problem: Problem | None
    ) -> None:
        self._events.publish(
            "scan",
            till=till,
            text=scan.text if isinstance(scan, Scan) else scan.raw,
            symbology=str(scan.symbology) if isinstance(scan, Scan) and scan.symbology else None,
            item={"sku": product.sku, "name": product.name} if product else None,
            problem=problem.document() if problem else None,
        )

    def _sale(self, connection: sqlite3.Connection, sale_id: str) -> Sale:
        sale = open_sales.find(connection, sale_id)
        if sale is not None:
            return sale
        record = chain.by_id(connection, sale_id)
        if record is not None and record.kind in (Kind.SALE, Kind.VOID):
            state = State.COMPLETED if record.kind is Kind.SALE else State.VOIDED
            raise conflict("sale-closed", f"This sale is {state}: open a new one with POST /v1/sales.")
        raise _no_such_sale(sale_id)

    def _new_sale(self, till_id: str) -> Sale:
        local = self._now().astimezone(self._store.timezone)
        return basket.new_sale(
            self._store.rules, id=new_id(), till=till_id, opened_at=local.isoformat(timespec="milliseconds")
        )

    def _at(self) -> str:
        return self._now().isoformat()


def _no_such_sale(sale_id: str) -> Problem:
    return not_found("sale", f"There is no sale {sale_id!r}: open one with POST /v1/sales.")
