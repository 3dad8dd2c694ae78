"""Goods that come back: by their receipt, without one, or in exchange for others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent import basket, exchanging, lookup, open_sales
from agent.about import Person
from agent.pricing import view
from agent.problem import not_found
from agent.refund import Want, plan_refund
from agent.staff.actions import Action
from agent.staff.by import OF_ITSELF
from agent.unreceipted import plan_without_receipt, unpaid
from outbox import chain
from outbox.answers import Reply
from outbox.record import Kind, Record

if TYPE_CHECKING:
    import sqlite3

    from agent.api.bodies import NewRefund, RefundItem, TakeBack
    from agent.facts import TillSetup
    from agent.sale import Sale
    from agent.staff.by import By
    from agent.till import Tills
    from outbox.answers import Key
    from outbox.catalogue import Catalogue

_SHOWN = ("currency", "lines", "subtotal", "taxes", "total", "rounding", "tenders", "paid")


@dataclass(frozen=True, slots=True)
class Planned:
    """A refund about to be written: its fields, whose drawer pays, and the sale it takes back, if there is one."""

    body: dict[str, Any]
    till: TillSetup
    sale: Record | None


class Returns:
    """Works out what comes back. `amount_max`, in minor units, is the most without a receipt; None: any."""

    def __init__(self, tills: Tills, catalogue: Catalogue, *, amount_max: int | None = None) -> None:
        self._tills = tills
        self._catalogue = catalogue
        self._amount_max = amount_max

    def plan(self, connection: sqlite3.Connection, wanted: NewRefund) -> Planned:
        """Return the refund that was asked for. Raises `Problem`."""
        want = Want(
            lines=None if wanted.lines is None else tuple((line.line, line.quantity) for line in wanted.lines),
            tender_type=wanted.tender.type,
            tender_amount=wanted.tender.amount,
            reference=wanted.tender.reference,
            reason=wanted.reason,
        )
        if wanted.receipt_number is None:
            if wanted.sale is not None:
                goods = unpaid(self._tills.sale(connection, wanted.sale))
            else:
                goods = self._goods(self._tills.setup(wanted.till).id, wanted.items or [], wanted.reason or "")
            till = self._tills.setup(goods.till)
            body = plan_without_receipt(goods, want, self._tills.rules, amount_max=self._amount_max)
            return Planned(body, till, None)
        sale, earlier = sold(connection, wanted.receipt_number)
        till = self._tills.setup(wanted.till or (sale.till if sale.till in self._tills else None))
        return Planned(plan_refund(sale.body, earlier, want, self._tills.rules), till, sale)

    def preview(self, wanted: NewRefund) -> Reply:
        """Return what a refund would come to; nothing is written. Raises `Problem`."""
        body = self.plan(self._tills.journal.reader, wanted).body
        return Reply(200, {name: body[name] for name in _SHOWN})

    async def take_back(self, sale_id: str, wanted: TakeBack, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Set what an open sale takes back in exchange, in place of what it did before; keep who allowed it."""
        allowed_by = by.used.get(Action.REFUND, by.actor)

        def change(connection: sqlite3.Connection, at: str) -> Reply:
            sale = self._tills.sale(connection, sale_id)
            original, earlier = sold(connection, wanted.receipt_number)
            lines = None if wanted.lines is None else tuple((line.line, line.quantity) for line in wanted.lines)
            want = Want(wanted.tender or _paid_by(original), lines, reason=wanted.reason)
            changed = exchanging.take_back(
                sale,
                self._tills.rules,
                original.body,
                earlier,
                want,
                allowed_by=Person(allowed_by.id, allowed_by.name),
            )
            open_sales.save(connection, changed, at)
            return Reply(200, view(changed, self._tills.rules))

        return await self._tills.once(key, change)

    async def keep_goods(self, sale_id: str, *, key: Key | None) -> Reply:
        """Take nothing back in an open sale after all."""

        def change(connection: sqlite3.Connection, at: str) -> Reply:
            changed = exchanging.keep_goods(self._tills.sale(connection, sale_id), self._tills.rules)
            open_sales.save(connection, changed, at)
            return Reply(200, view(changed, self._tills.rules))

        return await self._tills.once(key, change)

    def _goods(self, till_id: str, items: list[RefundItem], reason: str) -> Sale:
        """Return what comes back as if it were sold now, and rung nowhere."""
        rules = self._tills.rules
        sale = self._tills.new_sale(till_id)
        for item in items:
            if item.name is not None:
                sale = basket.add_open_item(
                    sale, rules, name=item.name, price=item.price or 0, tax=item.tax, quantity=item.quantity or "1"
                )
                continue
            if item.barcode is not None:
                read = self._tills.read(self._catalogue, till_id, item.barcode)
                product, quantity, label_price = read.product, read.quantity_beside(item.quantity), read.label_price
            else:
                product, quantity, label_price = lookup.by_sku(self._catalogue, item.sku or ""), item.quantity, None
            sale = basket.add_product(
                sale, rules, product, quantity=quantity, label_price=label_price, barcode=item.barcode
            )
            if item.price is not None:
                sale = basket.override_price(sale, rules, sale.lines[-1].id, item.price, reason)
        return sale


def sold(connection: sqlite3.Connection, receipt_number: str) -> tuple[Record, list[dict[str, Any]]]:
    """Return a sale by its receipt number, and the bodies of its refunds, oldest first. Raises `Problem`."""
    sale = chain.by_receipt_number(connection, receipt_number)
    if sale is None or sale.kind is not Kind.SALE:
        raise not_found(
            "receipt",
            f"No sale on this agent has the receipt number {receipt_number!r}: read it from the "
            "receipt again, or look the sale up in the till's last receipts.",
        )
    return sale, [refund.body for refund in chain.refunds_of(connection, sale.id)]


def _paid_by(sale: Record) -> str:
    """Return how most of a sale's money came in: cash or card."""
    by: dict[str, int] = {}
    for tender in sale.body["tenders"]:
        by[tender["type"]] = by.get(tender["type"], 0) + tender["amount"]
    return "card" if by.get("card", 0) > by.get("cash", 0) else "cash"
