"""Ringing: everything that changes an open sale, up to its tenders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent import basket, checkout, discounts, lookup, open_sales, particulars, sensitive
from agent.about import Parked, Person
from agent.empties import add_empties
from agent.pricing import view
from agent.problem import conflict
from agent.staff.by import OF_ITSELF
from outbox.answers import Reply

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from agent.api.bodies import LineChange, NewDiscount, NewLine, NewTender
    from agent.pricing import Rules
    from agent.sale import Sale
    from agent.scales import Scales
    from agent.staff.by import By
    from agent.till import Tills
    from outbox.answers import Key
    from outbox.catalogue import Catalogue


class Ringing:
    """Operations on open sales; each replies with the sale as it is then."""

    def __init__(self, tills: Tills, catalogue: Catalogue, scales: Scales) -> None:
        self._tills = tills
        self._catalogue = catalogue
        self._scales = scales

    async def open_sale(self, till_id: str, *, key: Key | None) -> Reply:
        """Return the till's open sale, made now if there is none."""
        till = self._tills.setup(till_id)

        def change(connection: sqlite3.Connection, at: str) -> Reply:
            sale = open_sales.current(connection, till.id)
            if sale is not None:
                return Reply(200, view(sale, self._tills.rules))
            sale = self._tills.new_sale(till.id)
            open_sales.save(connection, sale, at)
            return Reply(201, view(sale, self._tills.rules))

        return await self._tills.once(key, change)

    async def add_line(self, sale_id: str, wanted: NewLine, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Add an item by barcode or sku, or an open item; or give an item's deposit back."""
        if wanted.name is not None:
            name, price = wanted.name, wanted.price
            assert price is not None, "the body's own check"
            return await self._change(
                sale_id,
                key,
                lambda sale, rules: basket.add_open_item(
                    sale, rules, name=name, price=price, tax=wanted.tax, quantity=wanted.quantity or "1"
                ),
                by=by,
            )
        read = None
        sale_now = open_sales.find(self._tills.journal.reader, sale_id)
        if wanted.barcode is not None:
            read = self._tills.read(self._catalogue, sale_now.till if sale_now else "", wanted.barcode)
            product = read.product
        else:
            assert wanted.sku is not None, "the body's own check"
            product = lookup.by_sku(self._catalogue, wanted.sku)

        label_price = read.label_price if read else None
        code = read.scan.text if read else None
        if wanted.empties:
            return await self._change(
                sale_id,
                key,
                lambda sale, rules: add_empties(
                    sale, rules, product, quantity=wanted.quantity, label_price=label_price, barcode=code
                ),
                by=by,
            )

        def operation(sale: Sale, rules: Rules) -> Sale:
            changed = basket.add_product(
                sale,
                rules,
                product,
                quantity=quantity,
                label_price=label_price,
                barcode=code,
                marks=read.marks(self._tills.local_now().date(), wanted.expired_reason) if read else basket.NO_MARKS,
            )
            if wanted.price is None:
                return changed
            line = str(sale.lines_made + 1)
            return basket.override_price(changed, rules, line, wanted.price, wanted.price_reason or "")

        given = read.quantity_beside(wanted.quantity) if read else wanted.quantity
        if wanted.pieces:
            lookup.must_be_by_piece(product, label_price)
        till = sale_now.till if sale_now else ""
        async with self._scales.quantity(till, product, given, label_price) as quantity:
            return await self._change(sale_id, key, operation, by=by)

    async def change_line(
        self, sale_id: str, line_id: str, wanted: LineChange, *, key: Key | None, by: By = OF_ITSELF
    ) -> Reply:
        """Set a line's quantity, its price with a reason, its note, or the lot or serial that no barcode said."""

        def operation(sale: Sale, rules: Rules) -> Sale:
            if wanted.quantity is not None:
                sale = basket.change_quantity(sale, rules, line_id, wanted.quantity)
            if wanted.price is not None:
                sale = basket.override_price(sale, rules, line_id, wanted.price, wanted.price_reason or "")
            if wanted.note is not None:
                sale = particulars.note_line(sale, line_id, wanted.note.text, printed=wanted.note.printed)
            if wanted.lot is not None or wanted.serial is not None:
                sale = particulars.key_marks(sale, line_id, lot=wanted.lot, serial=wanted.serial)
            return sale

        return await self._change(sale_id, key, operation, by=by)

    async def remove_line(self, sale_id: str, line_id: str, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Take a line out."""
        return await self._change(sale_id, key, lambda sale, rules: basket.remove_line(sale, rules, line_id), by=by)

    async def add_discount(self, sale_id: str, wanted: NewDiscount, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Take a percentage or an amount off a line or the sale."""
        return await self._change(
            sale_id,
            key,
            lambda sale, rules: discounts.add_discount(
                sale, rules, percent=wanted.percent, amount=wanted.amount, line=wanted.line, reason=wanted.reason
            ),
            by=by,
        )

    async def remove_discount(self, sale_id: str, discount_id: str, *, key: Key | None) -> Reply:
        """Take a discount back."""
        return await self._change(sale_id, key, lambda sale, rules: discounts.remove_discount(sale, rules, discount_id))

    async def add_tender(self, sale_id: str, wanted: NewTender, *, key: Key | None) -> Reply:
        """Take money."""
        return await self._change(
            sale_id,
            key,
            lambda sale, rules: checkout.add_tender(
                sale, rules, type=wanted.type, amount=wanted.amount, reference=wanted.reference, tip=wanted.tip
            ),
            takes_money=True,
        )

    async def remove_tender(self, sale_id: str, tender_id: str, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Give a tender back."""
        return await self._change(
            sale_id, key, lambda sale, rules: checkout.remove_tender(sale, rules, tender_id), by=by
        )

    async def park(self, sale_id: str, label: str | None, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Put the sale aside."""
        parked = Parked(Person(by.actor.id, by.actor.name), self._tills.local_now().isoformat(timespec="seconds"))
        return await self._change(sale_id, key, lambda sale, _: checkout.park(sale, label, parked=parked))

    async def resume(self, sale_id: str, *, key: Key | None) -> Reply:
        """Take a parked sale up again, where none is open on its till."""

        def change(connection: sqlite3.Connection, at: str) -> Reply:
            sale = self._tills.sale(connection, sale_id)
            resumed = checkout.resume(sale)
            if open_sales.current(connection, sale.till) is not None:
                raise conflict(
                    "till-busy", f"Till {sale.till} has an open sale: complete, park or void that one first."
                )
            open_sales.save(connection, resumed, at)
            return Reply(200, view(resumed, self._tills.rules))

        return await self._tills.once(key, change)

    async def _change(
        self,
        sale_id: str,
        key: Key | None,
        operation: Callable[[Sale, Rules], Sale],
        *,
        takes_money: bool = False,
        by: By = OF_ITSELF,
    ) -> Reply:
        def change(connection: sqlite3.Connection, at: str) -> Reply:
            sale = self._tills.sale(connection, sale_id)
            if takes_money:
                self._tills.must_have_shift(connection, sale.till)
            changed = operation(sale, self._tills.rules)
            sensitive.check(connection, at, sale, changed, self._tills.rules, by)
            open_sales.save(connection, changed, at)
            return Reply(200, view(changed, self._tills.rules))

        return await self._tills.once(key, change)
