"""Square's books as its API description and pages tell them: it works everything out itself.

Halves are rounded to even, a key answers what it answered first, a paid order takes linked items off stock.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

from outbox.money import allocate

if TYPE_CHECKING:
    from collections.abc import Callable

Object = dict[str, Any]


class No(Exception):
    """Square refuses: an HTTP status and one error."""

    def __init__(self, code: str, detail: str = "", *, status: int = 400, category: str = "INVALID_REQUEST_ERROR"):
        super().__init__(detail or code)
        self.status = status
        self.error = {"category": category, "code": code, "detail": detail or code}


def _even(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_HALF_EVEN))


def _on_same_lines(tax: str, other: str, lines: list[Object]) -> bool:
    """Whether a line that has one of the taxes has the other, too."""
    applied = [{one["tax_uid"] for one in line.get("applied_taxes", [])} for line in lines]
    return any({tax, other} <= uids for uids in applied)


@dataclass
class Books:
    """One seller with one location."""

    location_id: str = "L1"
    currency: str = "EUR"
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    key_life: timedelta = timedelta(hours=24)
    page_size: int = 1000
    orders: dict[str, Object] = field(default_factory=dict)
    payments: dict[str, Object] = field(default_factory=dict)
    refunds: dict[str, Object] = field(default_factory=dict)
    returns: dict[str, Object] = field(default_factory=dict)  # the order that Square makes of each refund
    stock: dict[str, Decimal] = field(default_factory=dict)  # by variation, of those that are counted
    changes: list[Object] = field(default_factory=list)
    variations: set[str] = field(default_factory=set)
    customers: dict[str, Object] = field(default_factory=dict)
    counted_at: dict[str, datetime] = field(default_factory=dict)  # by variation: when its count last changed
    keys: dict[tuple[str, str], tuple[datetime, Object, Object]] = field(default_factory=dict)
    made: int = 0

    def stamp(self) -> str:
        return self.now().astimezone(UTC).isoformat().replace("+00:00", "Z")

    def new_id(self, kind: str) -> str:
        self.made += 1
        return f"{kind}{self.made:06d}"

    def once(self, path: str, body: Object, act: Callable[[Object], Object]) -> Object:
        """Do it once a key; the same key with other content is refused."""
        key = (path, body["idempotency_key"])
        if key in self.keys and self.now() - self.keys[key][0] <= self.key_life:
            _, before, first = self.keys[key]
            if before != body:
                raise No("IDEMPOTENCY_KEY_REUSED")
            return first
        answered: Object = json.loads(json.dumps(act(body)))
        self.keys[key] = (self.now(), body, answered)
        return answered

    # --- orders ---

    def create_order(self, body: Object) -> Object:
        order = json.loads(json.dumps(body["order"]))
        if order["location_id"] != self.location_id:
            raise No("INVALID_LOCATION", "no such location")
        if order.get("customer_id", "") not in {"", *self.customers}:
            raise No("NOT_FOUND", "no such customer", status=404)
        order |= {"id": self.new_id("O"), "version": 1, "state": "OPEN", "created_at": self.stamp()}
        self._total(order)
        self.orders[order["id"]] = order
        return {"order": order}

    def update_order(self, order_id: str, body: Object) -> Object:
        order = self.order(order_id)
        sparse = body["order"]
        if order["state"] != "OPEN":
            raise No("BAD_REQUEST", "the order is closed")
        if sparse["version"] != order["version"]:
            raise No("VERSION_MISMATCH", "the version is not the latest")
        changed = json.loads(json.dumps(order))
        for name in ("discounts", "service_charges"):
            if name in sparse:
                changed[name] = changed.get(name, []) + sparse[name]
        changed["version"] += 1
        self._total(changed)
        order.update(changed)
        return {"order": order}

    def order(self, order_id: str) -> Object:
        if order_id in self.returns:
            return self.returns[order_id]
        if order_id not in self.orders:
            raise No("NOT_FOUND", f"order {order_id} is not found", status=404)
        return self.orders[order_id]

    def _money(self, amount: int) -> Object:
        return {"amount": amount, "currency": self.currency}

    def _amount(self, money: Object, *, least: int = 0) -> int:
        if money["currency"] != self.currency:
            raise No("CURRENCY_MISMATCH")
        if money["amount"] < least:
            raise No("VALUE_TOO_LOW", f"{money['amount']} is below {least}")
        return int(money["amount"])

    def _total(self, order: Object) -> None:
        lines = order.get("line_items") or []
        left = []
        for line in lines:
            quantity = Decimal(line["quantity"])
            decimals = -int(quantity.as_tuple().exponent)
            precision = line.get("quantity_unit", {}).get("precision", 0)
            if quantity <= 0 or decimals > precision:
                raise No("INVALID_VALUE", f"quantity {quantity} with precision {precision}")
            linked = line.get("catalog_object_id")
            if linked is not None and linked not in self.variations:
                raise No("NOT_FOUND", f"catalog object {linked} is not found", status=404)
            left.append(_even(quantity * self._amount(line["base_price_money"])))
        for discount in order.get("discounts") or []:
            amount = self._amount(discount["amount_money"], least=1)
            on = [
                i
                for i, line in enumerate(lines)
                if discount["scope"] == "ORDER"
                or discount["uid"] in [applied["discount_uid"] for applied in line.get("applied_discounts", [])]
            ]
            if not on:
                raise No("BAD_REQUEST", "a discount that applies to nothing")
            amount = min(amount, sum(left[i] for i in on))
            for i, share in zip(on, allocate(amount, [left[i] for i in on]), strict=True):
                left[i] -= share
        total, taxed = sum(left), 0
        for tax in order.get("taxes") or []:
            base = sum(
                amount
                for amount, line in zip(left, lines, strict=True)
                if tax["uid"] in [applied["tax_uid"] for applied in line.get("applied_taxes", [])]
            )
            rate = Decimal(tax["percentage"])
            if tax["type"] == "INCLUSIVE":
                together = [
                    Decimal(other["percentage"])
                    for other in order["taxes"]
                    if other["type"] == "INCLUSIVE" and _on_same_lines(tax["uid"], other["uid"], lines)
                ]
                taxed += _even(base * rate / (100 + sum(together)))
            else:
                own = _even(base * rate / 100)
                taxed += own
                total += own
        for charge in order.get("service_charges") or []:
            total += self._amount(charge["amount_money"], least=1)
        order["total_money"], order["total_tax_money"] = self._money(total), self._money(taxed)

    # --- payments ---

    def create_payment(self, body: Object) -> Object:
        order = self.order(body["order_id"])
        amount = self._amount(body["amount_money"], least=1)
        total = order["total_money"]["amount"]
        if order["state"] != "OPEN":
            raise No("BAD_REQUEST", "the order is closed")
        if body["source_id"] == "CASH":
            given = self._amount(body["cash_details"]["buyer_supplied_money"])
            if given < amount:
                raise No("VALUE_TOO_LOW", "the buyer supplied less than the amount")
        elif body["source_id"] != "EXTERNAL" or "external_details" not in body:
            raise No("INVALID_VALUE", "neither CASH nor EXTERNAL")
        if body["autocomplete"] and amount != total:
            raise No("PAYMENT_AMOUNT_MISMATCH", f"{amount} does not pay {total}", category="PAYMENT_METHOD_ERROR")
        payment = {name: body[name] for name in ("amount_money", "order_id", "location_id", "reference_id")}
        payment |= {
            "id": self.new_id("P"),
            "created_at": self.stamp(),
            "total_money": body["amount_money"],
            "source_type": body["source_id"],
            "status": "COMPLETED" if body["autocomplete"] else "APPROVED",
        }
        if "external_details" in body:
            payment["external_details"] = body["external_details"]
        self.payments[payment["id"]] = payment
        if body["autocomplete"]:
            self._close(order)
        return {"payment": payment}

    def pay_order(self, order_id: str, body: Object) -> Object:
        order = self.order(order_id)
        paid = [self.payment(payment_id) for payment_id in body["payment_ids"]]
        if any(p["status"] != "APPROVED" or p["order_id"] != order_id for p in paid) or order["state"] != "OPEN":
            raise No("BAD_REQUEST", "a payment is not approved for this order, or it is paid")
        if sum(p["amount_money"]["amount"] for p in paid) != order["total_money"]["amount"]:
            raise No("BAD_REQUEST", "the total of the payments does not match the total of the order")
        for payment in paid:
            payment["status"] = "COMPLETED"
        self._close(order)
        return {"order": order}

    def _close(self, order: Object) -> None:
        order["state"] = "COMPLETED"
        order["version"] += 1
        for line in order.get("line_items") or []:
            linked = line.get("catalog_object_id")
            if linked in self.stock:
                self.stock[linked] -= Decimal(line["quantity"])
                self.counted_at[linked] = self.now()

    def payment(self, payment_id: str) -> Object:
        if payment_id not in self.payments:
            raise No("NOT_FOUND", f"payment {payment_id} is not found", status=404)
        return self.payments[payment_id]

    # --- refunds ---

    def create_refund(self, body: Object) -> Object:
        amount = self._amount(body["amount_money"], least=1)
        refund: Object = {"id": self.new_id("R"), "status": "COMPLETED", "created_at": self.stamp()}
        refund["location_id"] = self.location_id
        refund |= {name: body[name] for name in ("amount_money", "reason", "payment_id") if name in body}
        if body.get("unlinked"):
            if "payment_id" in body or body["location_id"] != self.location_id or "destination_id" not in body:
                raise No("CONFLICTING_PARAMETERS", "an unlinked refund names a location and a destination")
            refund["unlinked"] = True
        else:
            if "location_id" in body or "destination_id" in body:
                raise No("CONFLICTING_PARAMETERS", "a linked refund names neither")
            payment = self.payment(body["payment_id"])
            back = payment.get("refunded_money", {}).get("amount", 0) + amount
            if payment["status"] != "COMPLETED":
                raise No("PAYMENT_NOT_REFUNDABLE", category="REFUND_ERROR")
            if back > payment["total_money"]["amount"]:
                raise No("REFUND_AMOUNT_INVALID", "more than was paid", category="REFUND_ERROR")
            payment["refunded_money"] = self._money(back)
        refund["order_id"] = self._return_of(refund)
        self.refunds[refund["id"]] = refund
        return {"refund": refund}

    def _return_of(self, refund: Object) -> str:
        """Write a refund down as an order of nothing but returns, as the pages on returns show, and return its id."""
        linked = self.payments.get(refund.get("payment_id", ""))
        returned: Object = {"uid": "return", "return_amounts": {"total_money": refund["amount_money"]}}
        returned |= {} if linked is None else {"source_order_id": linked["order_id"]}
        made: Object = {
            "id": self.new_id("O"),
            "location_id": self.location_id,
            "source": {"name": "Stillopen"},
            "state": "COMPLETED",
            "returns": [returned],
            "refunds": [{"id": refund["id"], "amount_money": refund["amount_money"], "status": "APPROVED"}],
            "created_at": self.stamp(),
            "total_money": self._money(0),
        }
        self.returns[made["id"]] = made
        return str(made["id"])

    def refund(self, refund_id: str) -> Object:
        if refund_id not in self.refunds:
            raise No("NOT_FOUND", f"refund {refund_id} is not found", status=404)
        return self.refunds[refund_id]

    # --- customers ---

    def create_customer(self, body: Object) -> Object:
        made = {name: value for name, value in body.items() if name != "idempotency_key"}
        if not any(made.get(name) for name in ("given_name", "family_name", "company_name", "email_address")):
            raise No("BAD_REQUEST", "a customer needs a name, an e-mail address or a phone number")
        made |= {"id": self.new_id("C"), "created_at": self.stamp(), "updated_at": self.stamp(), "version": 0}
        self.customers[made["id"]] = made
        return {"customer": made}

    def customer(self, customer_id: str) -> Object:
        if customer_id not in self.customers:
            raise No("NOT_FOUND", f"customer {customer_id} is not found", status=404)
        return self.customers[customer_id]

    # --- stock ---

    def counts(self, body: Object) -> list[Object]:
        since = datetime.fromisoformat(body["updated_after"]) if "updated_after" in body else None
        return [
            {
                "catalog_object_id": one,
                "state": "IN_STOCK",
                "quantity": f"{quantity:f}",
                "location_id": self.location_id,
            }
            for one, quantity in self.stock.items()
            if since is None or self.counted_at.get(one, since) > since
        ]

    def change_inventory(self, body: Object) -> Object:
        for change in body["changes"]:
            one = change["adjustment"]
            at = datetime.fromisoformat(one["occurred_at"])
            if not timedelta(0) <= self.now() - at <= timedelta(hours=24):
                raise No("INVALID_TIME", "occurred_at is older than 24 hours, or in the future")
            if one["catalog_object_id"] not in self.variations or one["location_id"] != self.location_id:
                raise No("NOT_FOUND", "no such object", status=404)
            if (one["from_state"], one["to_state"]) not in {("IN_STOCK", "SOLD"), ("UNLINKED_RETURN", "IN_STOCK")}:
                raise No("INVALID_VALUE", "no such transition")
        for change in body["changes"]:
            one = change["adjustment"]
            sign = -1 if one["to_state"] == "SOLD" else 1
            counted = self.stock.setdefault(one["catalog_object_id"], Decimal(0))
            self.stock[one["catalog_object_id"]] = counted + sign * Decimal(one["quantity"])
            self.counted_at[one["catalog_object_id"]] = self.now()
            self.changes.append({"type": "ADJUSTMENT", "adjustment": one | {"created_at": self.stamp()}})
        return {"counts": []}
