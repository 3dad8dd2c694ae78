"""WooCommerce's orders and refunds as version 9.4.3 was seen to keep them, and as its source works them out.

It believes no total: lines are without tax, taxes are its own, line by line, from the shop's place. It ignores the
dates it is given, takes an unknown product, and the same order twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Object = dict[str, Any]
WRITABLE_LINE = ("name", "quantity", "total", "subtotal", "tax_class")
WRITABLE_FEE = ("name", "total", "tax_class", "tax_status")


class No(Exception):
    """WooCommerce refuses: an HTTP status and an error in WordPress' shape."""

    def __init__(self, code: str, message: str = "", *, status: int = 400, **data: Any) -> None:
        super().__init__(code)
        self.status = status
        self.error: Object = {"code": code, "message": message or code, "data": {"status": status} | data}


@dataclass(frozen=True, slots=True)
class ShopRate:
    """A tax rate of the shop's own place. `tax_class` "" is the standard one."""

    id: int
    tax_class: str
    percent: Decimal
    compound: bool = False


RATES = (
    ShopRate(1, "", Decimal(19)),
    ShopRate(2, "reduced-rate", Decimal(7)),
    ShopRate(3, "zero-rate", Decimal(0)),
    ShopRate(4, "city-and-state", Decimal("1.5")),
    ShopRate(5, "city-and-state", Decimal("6.25"), compound=True),
    ShopRate(6, "us", Decimal("8.875")),
)


@dataclass
class Orders:
    """One shop's orders. `stock` by product id, of those that are counted; `products` are all there are."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    currency: str = "EUR"
    places: int = 2
    prices_include_tax: bool = True
    taxed: bool = True
    round_at_subtotal: bool = False
    rates: tuple[ShopRate, ...] = RATES
    products: dict[int, Object] = field(default_factory=dict)
    stock: dict[int, int] = field(default_factory=dict)
    customers: set[int] = field(default_factory=set)
    orders: dict[int, Object] = field(default_factory=dict)
    notes: dict[int, list[Object]] = field(default_factory=dict)
    breaks_off: int = 0  # so many orders more are left half made: the program dies between saving and adding up
    ids: int = 100

    def next_id(self) -> int:
        self.ids += 1
        return self.ids

    # --- orders ---

    def create(self, asked: Object) -> Object:
        for line in asked.get("line_items", []):
            if not line.get("product_id"):
                raise No("woocommerce_rest_required_product_reference", "Product ID or SKU is required.")
        for fee in asked.get("fee_lines", []):
            if not fee.get("name"):
                raise No("woocommerce_rest_invalid_fee_item", "Fee name is required.")
        for line in [*asked.get("line_items", []), *asked.get("fee_lines", [])]:
            self._valid_class(line.get("tax_class", ""))
        customer_id = asked.get("customer_id", 0)
        if customer_id and customer_id not in self.customers:
            raise No("woocommerce_rest_invalid_customer_id", "Customer ID is invalid.")
        order: Object = {
            "id": self.next_id(),
            "status": "pending",
            "created_via": "rest-api",
            "currency": asked.get("currency", self.currency),
            "date_created_gmt": self._moment(),
            "date_modified_gmt": self._moment(),
            "date_paid_gmt": None,
            "prices_include_tax": self.prices_include_tax,
            "customer_id": customer_id,
            "customer_note": asked.get("customer_note", ""),
            "billing": {"first_name": "", "country": ""} | asked.get("billing", {}),
            "payment_method": asked.get("payment_method", ""),
            "payment_method_title": asked.get("payment_method_title", ""),
            "transaction_id": asked.get("transaction_id", ""),
            "meta_data": [dict(one) for one in asked.get("meta_data", [])],
            "line_items": [self._line(line) for line in asked.get("line_items", [])],
            "fee_lines": [self._fee(fee) for fee in asked.get("fee_lines", [])],
            "refunds": [],
            "total": "0.00",
            "total_tax": "0.00",
            "_reduced": {},
        }
        self.orders[order["id"]] = order
        if self.breaks_off:
            self.breaks_off -= 1
            raise No("internal_server_error", "There has been a critical error on this website.", status=500)
        self._add_up(order)
        self._complete(order, asked)
        return order

    def update(self, order_id: int, asked: Object) -> Object:
        order = self.order(order_id)
        for fee in asked.get("fee_lines", []):
            order["fee_lines"].append(self._fee(fee))
        order["billing"] |= asked.get("billing", {})
        order["transaction_id"] = asked.get("transaction_id", order["transaction_id"])
        if {"billing", "line_items", "fee_lines"} & asked.keys():
            self._add_up(order)
        order["date_modified_gmt"] = self._moment()
        self._complete(order, asked)
        return order

    def order(self, order_id: int) -> Object:
        if order_id not in self.orders:
            raise No("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", status=404)
        return self.orders[order_id]

    def add_note(self, order_id: int, asked: Object) -> Object:
        self.order(order_id)
        note = {"id": self.next_id(), "note": asked["note"], "customer_note": asked.get("customer_note", False)}
        self.notes.setdefault(order_id, []).append(note)
        return note

    def _valid_class(self, named: str) -> None:
        if named and named != "0" and named not in {rate.tax_class for rate in self.rates}:
            raise No("order_item_product_invalid_tax_class", "Invalid tax class")

    def _line(self, asked: Object) -> Object:
        product = self.products.get(asked["product_id"], {}) if isinstance(asked["product_id"], int) else {}
        parent = product.get("parent_id", 0)
        total = _number(asked["total"])
        return {
            "id": self.next_id(),
            "product_id": parent or product.get("id", 0),
            "variation_id": product.get("id", 0) if parent else 0,
            "name": asked.get("name", product.get("name", "")),
            "quantity": asked.get("quantity", 1),
            "tax_class": asked.get("tax_class", product.get("tax_class", "")),
            "_taxable": product.get("tax_status", "taxable") == "taxable",
            "_total": total,
            "_subtotal": max(_number(asked.get("subtotal", asked["total"])), total),
            "meta_data": [dict(one) for one in asked.get("meta_data", [])],
        }

    def _fee(self, asked: Object) -> Object:
        return {
            "id": self.next_id(),
            "name": asked["name"],
            "tax_class": asked.get("tax_class", ""),
            "tax_status": asked.get("tax_status", "taxable"),
            "_taxable": asked.get("tax_status", "taxable") == "taxable",
            "_total": _number(asked["total"]),
            "meta_data": [dict(one) for one in asked.get("meta_data", [])],
        }

    def _complete(self, order: Object, asked: Object) -> None:
        order["status"] = asked.get("status", order["status"])
        if order["status"] == "completed" and order["date_paid_gmt"] is None:
            order["date_paid_gmt"] = self._moment()
            for line in order["line_items"]:
                product = line["variation_id"] or line["product_id"]
                if product in self.stock:
                    self.stock[product] -= line["quantity"]
                    self.products[product]["date_modified_gmt"] = self._moment()
                    order["_reduced"][line["id"]] = line["quantity"]

    # --- what it comes to ---

    def _round(self, value: Decimal) -> Decimal:
        return value.quantize(Decimal(1).scaleb(-self.places), ROUND_HALF_UP)

    def _round_tax(self, value: Decimal) -> Decimal:
        mode = ROUND_HALF_DOWN if self.prices_include_tax else ROUND_HALF_UP
        return value.quantize(Decimal(1).scaleb(-self.places), mode)

    def _taxes(self, amount: Decimal, tax_class: str) -> dict[int, Decimal]:
        plain = [rate for rate in self.rates if rate.tax_class == tax_class and not rate.compound]
        found = {rate.id: amount * rate.percent / 100 for rate in plain}
        for rate in (rate for rate in self.rates if rate.tax_class == tax_class and rate.compound):
            found[rate.id] = (amount + sum(found.values())) * rate.percent / 100
        return found

    def _add_up(self, order: Object) -> None:
        lines, fees = order["line_items"], order["fee_lines"]
        kept = (lambda value: value) if self.round_at_subtotal else self._round
        cart = sum((kept(line["_total"]) for line in lines), Decimal(0))
        of_fees = Decimal(0)
        for fee in fees:  # one below 0 is capped by what stands before it, where that is above 0
            most = -self._round(cart + of_fees)
            if fee["_total"] < 0 and most < 0:
                fee["_total"] = max(fee["_total"], most)
            of_fees += fee["_total"]
        self._tax_lines(order)
        by_rate: dict[int, Decimal] = {}
        for line in [*lines, *fees]:
            for rate, tax in line["_taxes"].items():
                by_rate[rate] = by_rate.get(rate, Decimal(0)) + (
                    tax if self.round_at_subtotal else self._round_tax(tax)
                )
        tax = sum((self._round_tax(one) for one in by_rate.values()), Decimal(0))
        order["total_tax"] = self._text(tax)
        order["total"] = self._text(self._round(cart + of_fees + tax))
        for line in [*lines, *fees]:
            self._show(line)

    def _tax_lines(self, order: Object) -> None:
        above = [line for line in [*order["line_items"], *order["fee_lines"]] if line["_total"] >= 0]
        costs: dict[str | None, Decimal] = {}
        for line in above:
            tax_class = line["tax_class"] if line["_taxable"] else None
            costs[tax_class] = costs.get(tax_class, Decimal(0)) + line["_total"]
        whole = sum(costs.values(), Decimal(0))
        for line in [*order["line_items"], *order["fee_lines"]]:
            line["_taxes"] = {}
            if not self.taxed:
                continue
            if line["_total"] < 0 and "tax_status" in line:  # a fee: its share of all taxes, whatever it says itself
                for tax_class, cost in costs.items():
                    if tax_class is None or not whole:
                        continue
                    for rate, tax in self._taxes(line["_total"] * cost / whole, tax_class).items():
                        line["_taxes"][rate] = line["_taxes"].get(rate, Decimal(0)) + tax
            elif line["_taxable"]:
                line["_taxes"] = self._taxes(line["_total"], line["tax_class"])

    def _show(self, line: Object) -> None:
        line["total"] = self._text(self._round(line["_total"]))
        line["total_tax"] = self._text(sum((self._round_tax(tax) for tax in line["_taxes"].values()), Decimal(0)))
        line["taxes"] = [
            {"id": rate, "total": str(tax.normalize()), "subtotal": ""} for rate, tax in line["_taxes"].items()
        ]
        if "_subtotal" in line:
            line["subtotal"] = self._text(self._round(line["_subtotal"]))

    # --- refunds ---

    def refund(self, order_id: int, asked: Object) -> Object:
        order = self.order(order_id)
        if asked.get("api_refund", True):
            raise No("woocommerce_rest_cannot_create_order_refund", "No gateway.", status=500)
        amount = _number(asked["amount"])
        left = _number(order["total"]) - sum((one["_amount"] for one in order["refunds"]), Decimal(0))
        if not 0 <= amount <= left:
            raise No("woocommerce_rest_cannot_create_order_refund", "Invalid refund amount.", status=500)
        items = {line["id"]: line for line in [*order["line_items"], *order["fee_lines"]]}
        for line in asked.get("line_items", []):
            sold = items.get(line["id"])
            if sold is None:
                continue
            quantity = line.get("quantity", 0)
            product = sold.get("variation_id") or sold.get("product_id")
            if (
                asked.get("api_restock", True)
                and quantity
                and order["_reduced"].get(line["id"])
                and product in self.stock
            ):
                self.stock[product] += quantity
                self.products[product]["date_modified_gmt"] = self._moment()
                order["_reduced"][line["id"]] -= quantity
        refund = {
            "id": self.next_id(),
            "date_created_gmt": self._moment(),
            "reason": asked.get("reason", ""),
            "amount": self._text(amount),
            "_amount": amount,
            "_order": order_id,
            "total": "-" + self._text(amount),
            "meta_data": [dict(one) for one in asked.get("meta_data", [])],
            "_lines": asked.get("line_items", []),
        }
        order["refunds"].append(refund)
        if amount == left:
            order["status"] = "refunded"
        return refund

    def refund_of(self, order_id: int, refund_id: int) -> Object:
        """Return a refund by its id and its order's. Of another order it says 500, with its 404 in a wrong place."""
        refund = next((one for one in self.refunds() if one["id"] == refund_id), None)
        if refund is None:
            raise No("woocommerce_rest_shop_order_refund_invalid_id", "Invalid ID.", status=404)
        if refund["_order"] != order_id:
            no = No("woocommerce_rest_invalid_order_refund_id", "Invalid order refund ID.", status=500)
            no.error["data"] = 404
            raise no
        return refund

    def refunds(self) -> list[Object]:
        """Return the refunds of all orders."""
        return [refund for order in self.orders.values() for refund in order["refunds"]]

    def _text(self, amount: Decimal) -> str:
        return f"{amount:.{self.places}f}"

    def _moment(self) -> str:
        return self.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def shown(value: Any) -> Any:
    """Return what an answer shows of what is kept."""
    if isinstance(value, dict):
        return {key: shown(one) for key, one in value.items() if not key.startswith("_")}
    return [shown(one) for one in value] if isinstance(value, list) else value


def of_order(order: Object) -> Object:
    """Return an order as it is answered: of its refunds, their id, reason and total."""
    refunds = [{"id": one["id"], "reason": one["reason"], "total": one["total"]} for one in order["refunds"]]
    answered: Object = shown(order)
    return answered | {"refunds": refunds}


def meta_of(holder: Object, key: str) -> Any:
    """Return what stands under a key of the meta data, or None."""
    return next((one["value"] for one in holder["meta_data"] if one["key"] == key), None)


def tenders_of(order: Object) -> list[Object]:
    """Return the tenders that the order's meta data names."""
    found: list[Object] = json.loads(meta_of(order, "_stillopen_tenders") or "[]")
    return found


def _number(text: Any) -> Decimal:
    return Decimal(str(text))
