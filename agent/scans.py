"""Scans: from the till's own scanner, in the order they were made, or from a front end as if they were."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from agent import basket, lookup, open_sales, sensitive
from agent.pricing import view
from agent.problem import Problem, conflict
from agent.scanned_cards import may_be_a_card
from agent.staff.by import OF_ITSELF
from drivers.scanner.scan import Scan
from outbox import chain
from outbox.answers import Reply

if TYPE_CHECKING:
    import sqlite3

    from agent.facts import TillSetup
    from agent.scales import Scales
    from agent.staff.by import By
    from agent.till import Tills
    from drivers.scanner.scan import Refusal
    from outbox.answers import Key
    from outbox.catalogue import Catalogue

SCANS_WAITING_MAX = 64  # a cashier scans two a second; more waiting means nothing is being sold

_log = logging.getLogger("stillopen.till")


class Scans:
    """Rings what is scanned. Everybody hears of every scan, also of one that found nothing."""

    def __init__(self, tills: Tills, catalogue: Catalogue, scales: Scales) -> None:
        self._tills = tills
        self._catalogue = catalogue
        self._scales = scales
        self._waiting: dict[str, asyncio.Queue[Scan | Refusal]] = {
            till.id: asyncio.Queue(SCANS_WAITING_MAX) for till in tills
        }

    async def scan(
        self, till_id: str, data: str, *, expired_reason: str | None = None, key: Key | None, by: By = OF_ITSELF
    ) -> Reply:
        """Ring what was scanned, opening a sale if there is none; tells everybody. Raises `Problem`.

        `expired_reason` is why it is sold even if it is past its day.
        """
        till = self._tills.setup(till_id)
        try:
            read = self._tills.read(self._catalogue, till.id, data)
        except Problem as problem:
            raise self._is_receipt(data) or problem from None
        return await self._ring(till, read, key, expired_reason, by=by)

    def scanned(self, till_id: str, scan: Scan | Refusal) -> None:
        """Take a scan from the till's own scanner; never waits. It is rung in the order it came."""
        try:
            self._waiting[till_id].put_nowait(scan)
        except asyncio.QueueFull:
            _log.warning("Till %s cannot keep up with its scanner; a scan was not rung. Scan it again.", till_id)
            self._tell_scan(till_id, scan, None, conflict("too-many-scans", "That scan was not rung: scan it again."))

    async def run(self, till_id: str) -> None:
        """Ring the scans of one till's scanner, for ever."""
        till, scans = self._tills.setup(till_id), self._waiting[till_id]
        while True:
            scan = await scans.get()
            try:
                await self._ring(till, lookup.by_scan(self._catalogue, scan), None, own=True)
            except Problem as problem:
                self._tell_scan(till.id, scan, None, self._receipt(scan, problem))
            except Exception as error:  # noqa: BLE001 - one scan's trouble must not stop the scanner
                _log.exception("A scan on till %s was not rung", till.id)
                trouble = conflict("not-rung", f"That scan was not rung: {error}")
                self._tell_scan(till.id, scan, None, trouble)

    def _receipt(self, scan: Scan | Refusal, problem: Problem) -> Problem:
        """Return what is wrong with a scan: where it is of a receipt, that."""
        return self._is_receipt(scan.text if isinstance(scan, Scan) else scan.raw) or problem

    def _is_receipt(self, text: str) -> Problem | None:
        record = chain.by_receipt_number(self._tills.journal.reader, text)
        if record is None:
            return None
        return conflict(
            "receipt-scanned",
            f"That is receipt {record.receipt_number}: POST /v1/refunds takes goods back, POST "
            f"/v1/records/{record.receipt_number}/print prints a copy.",
            receipt_number=record.receipt_number,
        )

    async def _ring(
        self,
        till: TillSetup,
        read: lookup.Read,
        key: Key | None,
        expired_reason: str | None = None,
        *,
        own: bool = False,
        by: By = OF_ITSELF,
    ) -> Reply:
        def change(connection: sqlite3.Connection, at: str) -> Reply:
            rules = self._tills.rules
            sale = open_sales.current(connection, till.id) or self._tills.new_sale(till.id)
            changed = basket.add_product(
                sale,
                rules,
                read.product,
                quantity=quantity,
                label_price=read.label_price,
                barcode=read.scan.text,
                marks=read.marks(self._tills.local_now().date(), expired_reason),
                merge=True,
            )
            sensitive.check(connection, at, sale, changed, rules, by)
            open_sales.save(connection, changed, at)
            return Reply(200, view(changed, rules))

        async with self._scales.quantity(till.id, read.product, read.quantity, read.label_price) as quantity:
            reply = await self._tills.once(key, change)
        self._tell_scan(till.id, read.scan, read.product, None, own=own)
        return reply

    def _tell_scan(
        self,
        till: str,
        scan: Scan | Refusal,
        product: basket.Product | None,
        problem: Problem | None,
        *,
        own: bool = True,
    ) -> None:
        """Tell everybody; `own`: it came from the till's own scanner."""
        scanner = self._tills.setup(till).scanner if own else None
        item = {"sku": product.sku, "name": product.name} if product else None
        self._tills.events.publish("scan", **scan_event(scan, till=till, scanner=scanner, item=item, problem=problem))


def scan_event(
    scan: Scan | Refusal | None,
    *,
    till: str | None,
    scanner: str | None,
    item: dict[str, str] | None = None,
    problem: Problem | None = None,
) -> dict[str, Any]:
    """Return what an event says of a scan (None: it is somebody else's).

    `till` None: no till has to do with it. `scanner` None: a front end sent it, or somebody typed it.
    """
    if (problem is not None and problem.code == "card-data") or (scan is not None and may_be_a_card(scan)):
        scan = None  # whoever listens may write it down
    read = scan if isinstance(scan, Scan) else None
    return {
        "till": till,
        "scanner": scanner,
        "text": read.text if read else scan.raw if scan else "",
        "symbology": str(read.symbology) if read and read.symbology else None,
        "gtin": read.gtin if read else None,
        "gs1": dict(read.gs1) if read else {},
        "add_on": read.add_on if read else None,
        "item": item,
        "problem": problem.document() if problem else None,
    }
