"""Shopify's books as its schema tells them: it believes amounts, and takes the same order as often as it is sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outbox.money import decimals
from tests.clouds.lying_shopify_graphql import connection
from tests.clouds.lying_shopify_search import is_found

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.clouds.lying_shopify_shelf import Shelf

Object = dict[str, Any]
HERE = "gid://shopify/Location/1"
ARRAY_MAX = 250
DEVELOPMENT_ORDERS = 5  # a minute
_ANY = Decimal("0.001")  # more than nothing


class Wrong(Exception):
    """One of a mutation's `userErrors`."""

    def __init__(self, message: str, code: str | None = "INVALID", *fields: str):
        super().__init__(message)
        self.error: Object = {"field": list(fields) or None, "message": message, "code": code}


@dataclass
class Books:
    """One shop's orders. `lag`: how far the search is behind; `listing_lag`: and the plain list of orders."""

    shelf: Shelf
    currency: str = "EUR"
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    lag: timedelta = timedelta(seconds=60)
    listing_lag: timedelta = timedelta(0)
    key_life: timedelta = timedelta(hours=24)
    development: bool = False  # a trial or development store
    orders: dict[str, Object] = field(default_factory=dict)
    adjustments: list[Object] = field(default_factory=list)
    keys: dict[str, tuple[datetime, Object, Object]] = field(default_factory=dict)
    page_size: int = ARRAY_MAX  # of a list of orders, however many are asked for
    made: int = 1000

    def new_id(self, kind: str) -> str:
        self.made += 1
        return f"gid://shopify/{kind}/{self.made}"

    def stamp(self) -> str:
        return self.now().astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def once(self, key: str | None, given: Object, act: Callable[[Object], Object]) -> Object:
        """Do it once a key; the same key with other content is refused."""
        assert key, "the judge lets no such mutation through without a key"
        if key in self.keys and self.now() - self.keys[key][0] <= self.key_life:
            _, before, first = self.keys[key]
            if before != given:
                raise Wrong("The same idempotency key has other parameters.", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")
            return first
        answered = act(given)
        self.keys[key] = (self.now(), json.loads(json.dumps(given)), answered)
        return answered

    # --- orders ---

    def create_order(self, order: Object, options: Object | None = None) -> Object:
        options = options or {}
        minute_ago = self.now() - timedelta(minutes=1)
        if self.development and sum(_at(one) > minute_ago for one in self.orders.values()) >= DEVELOPMENT_ORDERS:
            raise Wrong("Exceeded order API rate limit, please try again in a minute.", None)
        if order["currency"] != self.currency:
            raise Wrong(f"Currency must be {self.currency}", "INVALID", "order", "currency")
        sale_at = min(datetime.fromisoformat(order["processedAt"]), self.now())
        lines = [self._line(one, n) for n, one in enumerate(order["lineItems"])]
        if not lines or len(lines) > ARRAY_MAX:
            raise Wrong("An order has 1 to 250 line items")
        subtotal = sum((one["price"] * one["quantity"] for one in lines), Decimal(0))
        code = (order.get("discountCode") or {}).get("itemFixedDiscountCode")
        off = self._amount(code["amountSet"], least=_ANY) if code else Decimal(0)
        tax = sum((one["tax"] for one in lines), Decimal(0))
        total = subtotal - min(off, subtotal) + (0 if order["taxesIncluded"] else tax)
        made: Object = {
            "id": self.new_id("Order"),
            "name": order["name"],
            "sourceIdentifier": order["sourceIdentifier"],
            "createdAt": self.stamp(),
            "processedAt": sale_at.isoformat(),
            "cancelledAt": None,
            "touched": [self.now()],
            "totalPriceSet": self.bag(total),
            "totalTaxSet": self.bag(tax),
            "tags": order["tags"],
            "note": order.get("note"),
            "customAttributes": order["customAttributes"],
            "financialStatus": order["financialStatus"],
            "customer": self._customer(order.get("customer")),
            "discount": code,
            "lines": lines,
            "paid": [self._paid(one) for one in order["transactions"]],
            "refunded": [],
        }
        made["fullyPaid"] = lambda: _received(made) >= self._amount(made["totalPriceSet"])
        made["displayFinancialStatus"] = lambda: _status(made)
        made["transactions"] = lambda first: (made["paid"] + _refund_payments(made))[:first]
        made["lineItems"] = lambda first, after=None: connection(lines, first, after)
        made["refunds"] = lambda first: made["refunded"][:first]
        at = (order.get("fulfillment") or {}).get("locationId")
        if at not in (None, HERE) or (at is None and order.get("fulfillmentStatus") != "FULFILLED"):
            raise Wrong("Fulfillment is invalid", "INVALID", "order", "fulfillment")
        if options.get("inventoryBehaviour") == "DECREMENT_IGNORING_POLICY":
            for one in lines:
                self.shelf.move(one["variant"], -one["quantity"])
        self.orders[made["id"]] = made
        return {"order": made, "userErrors": []}

    def _customer(self, named: Object | None) -> str | None:
        gid: str | None = named["toAssociate"]["id"] if named else None
        if gid is not None and gid not in self.shelf.customers:
            raise Wrong("Customer is invalid", "INVALID", "order", "customer")
        return gid

    def _line(self, line: Object, n: int) -> Object:
        variant = line.get("variantId")
        where = ("order", "lineItems", str(n))
        if variant is not None and variant not in self.shelf.variants:
            raise Wrong("Variant is invalid", "INVALID", *where)
        if line["quantity"] < 1:
            raise Wrong("Quantity must be greater than or equal to 1", "INVALID", *where)
        taxes = line.get("taxLines") or []
        if len(taxes) > ARRAY_MAX or any(not 0 <= Decimal(one["rate"]) <= 1 for one in taxes):
            raise Wrong("Tax line is invalid", "TAX_LINE_RATE_MISSING", *where)
        return {
            "id": self.new_id("LineItem"),
            "title": line["title"],
            "sku": line.get("sku"),
            "quantity": line["quantity"],
            "refundableQuantity": line["quantity"],
            "variant": None if variant is None else {"id": variant},
            "customAttributes": [{"key": one["name"], "value": one["value"]} for one in line.get("properties") or []],
            "price": self._amount(line["priceSet"]),
            "tax": sum((self._amount(one["priceSet"]) for one in taxes), Decimal(0)),
            "taxLines": taxes,
        }

    def _paid(self, one: Object) -> Object:
        if one["kind"] != "SALE" or one["status"] != "SUCCESS" or one["locationId"] != HERE:
            raise Wrong("Transaction is invalid", "INVALID", "order", "transactions")
        amount = self._amount(one["amountSet"], least=_ANY)
        return {
            "id": self.new_id("OrderTransaction"),
            "kind": "SALE",
            "status": "SUCCESS",
            "gateway": one["gateway"],
            "authorizationCode": one.get("authorizationCode"),
            "amountSet": self.bag(amount),
            "parentTransaction": None,
            "left": amount,
        }

    def found(self, query: str) -> list[Object]:
        """Return the orders that a search finds, oldest first, as far as the index knows of them yet."""
        return [one for one in self.orders.values() if is_found(one, query, self.now() - self.lag)]

    def listed(self) -> list[Object]:
        """Return all orders, newest first."""
        return [one for one in reversed(self.orders.values()) if self.now() - _at(one) >= self.listing_lag]

    def cancel(self, order: Object) -> None:
        """Cancel an order, as a person does it in the admin; its payments are not given back."""
        order["cancelledAt"] = self.stamp()
        order["touched"].append(self.now())

    def edit(self, order: Object, total: str) -> None:
        """Give an order another total, as a person does it in the admin."""
        order["totalPriceSet"] = self.bag(Decimal(total))
        order["touched"].append(self.now())

    # --- refunds ---

    def refund(self, id: str) -> Object | None:  # noqa: A002 - GraphQL's
        every = (refund for order in self.orders.values() for refund in order["refunded"])
        return next((one for one in every if one["id"] == id), None)

    def create_refund(self, given: Object) -> Object:
        order = self.orders.get(given["orderId"])
        if order is None:
            raise Wrong("Order does not exist", None, "orderId")
        lines = {one["id"]: one for one in order["lines"]}
        back = _payments_back({one["id"]: one for one in order["paid"]}, given["transactions"])
        if not back and not given["refundLineItems"]:
            raise Wrong("A refund needs lines or transactions", None)
        for one in given["refundLineItems"]:
            line = lines.get(one["lineItemId"])
            if line is None or not 1 <= one["quantity"] <= line["refundableQuantity"]:
                raise Wrong("Quantity cannot refund more items than were purchased", None, "refundLineItems")
            if one["restockType"] == "RETURN" and (one.get("locationId") != HERE or line["variant"] is None):
                raise Wrong("Location is invalid", None, "refundLineItems")
        for one in given["refundLineItems"]:
            line = lines[one["lineItemId"]]
            line["refundableQuantity"] -= one["quantity"]
            if one["restockType"] == "RETURN":
                self.shelf.move(line["variant"], one["quantity"])
        for each in back:
            each["parent"]["left"] -= each["amount"]
        refund = {
            "id": self.new_id("Refund"),
            "note": given["note"],
            "totalRefundedSet": self.bag(sum((each["amount"] for each in back), Decimal(0))),
            "processedAt": given["processedAt"],
            "lines": given["refundLineItems"],
            "payments": [
                {
                    "id": self.new_id("OrderTransaction"),
                    "kind": "REFUND",
                    "status": "SUCCESS",
                    "gateway": each["parent"]["gateway"],
                    "amountSet": self.bag(each["amount"]),
                    "parentTransaction": {"id": each["parent"]["id"]},
                }
                for each in back
            ],
        }
        order["refunded"].append(refund)
        order["touched"].append(self.now())
        return {"refund": refund, "userErrors": []}

    # --- stock ---

    def adjust(self, given: Object) -> Object:
        if given["name"] != "available" or given["reason"] not in ("other", "restock"):
            raise Wrong("Reason is invalid", "INVALID_REASON", "input", "reason")
        for one in given["changes"]:
            if one["inventoryItemId"] not in self.shelf.items:
                raise Wrong("The inventory item could not be found", "INVALID_INVENTORY_ITEM", "input", "changes")
            if one["locationId"] != HERE:
                raise Wrong("The location could not be found", "INVALID_LOCATION", "input", "changes")
        for one in given["changes"]:
            self.shelf.move_item(one["inventoryItemId"], one["delta"])
        self.adjustments.append(given)
        return {"inventoryAdjustmentGroup": {"id": self.new_id("InventoryAdjustmentGroup")}, "userErrors": []}

    # --- money ---

    def bag(self, amount: Decimal) -> Object:
        # A currency without decimals is written with one, as Shopify does.
        return {"shopMoney": {"amount": f"{amount:.{decimals(self.currency) or 1}f}", "currencyCode": self.currency}}

    def _amount(self, bag: Object, *, least: Decimal = Decimal(0)) -> Decimal:
        amount = Decimal(bag["shopMoney"]["amount"])
        if (
            bag["shopMoney"]["currencyCode"] != self.currency
            or amount < least
            or amount != round(amount, decimals(self.currency))
        ):
            raise Wrong(f"Amount {amount} is invalid")
        return amount


def _at(order: Object) -> datetime:
    return datetime.fromisoformat(order["createdAt"])


def _received(order: Object) -> Decimal:
    return sum((Decimal(one["amountSet"]["shopMoney"]["amount"]) for one in order["paid"]), Decimal(0))


def _status(order: Object) -> str:
    """Return the `OrderDisplayFinancialStatus`."""
    if not order["fullyPaid"]():
        return "PARTIALLY_PAID" if order["paid"] else "PENDING"
    if not _refund_payments(order):
        return str(order["financialStatus"])
    return "PARTIALLY_REFUNDED" if any(one["left"] for one in order["paid"]) else "REFUNDED"


def _refund_payments(order: Object) -> list[Object]:
    return [one for refund in order["refunded"] for one in refund["payments"]]


def _payments_back(payments: dict[str, Object], transactions: list[Object]) -> list[Object]:
    """Return what is given back of which payment: never more than is left of it, and by its own gateway."""
    back: list[Object] = []
    for one in transactions:
        parent, amount = payments.get(one["parentId"]), Decimal(one["amount"])
        if one["kind"] != "REFUND" or parent is None or parent["gateway"] != one["gateway"] or amount <= 0:
            raise Wrong("Transactions are invalid", None, "transactions")
        taken = sum((each["amount"] for each in back if each["parent"] is parent), Decimal(0))
        if taken + amount > parent["left"]:
            raise Wrong("Refund amount is more than what was paid", None, "transactions")
        back.append({"parent": parent, "amount": amount})
    return back
