"""A sale's lines as WooCommerce takes them: product lines where they are whole pieces of its products, else fees.

Lines go in without tax and under a tax class of the shop's. A line's discounts are the difference between its
`subtotal` and its `total`. A fee below 0 lowers the taxes by its share, whatever its own tax status is, and is capped
by what stands before it; so those come last, and are as much smaller as the taxes make up.
Source: the routes of a running WooCommerce 9.4.3; its `WC_Abstract_Order::calculate_totals`, `WC_Order_Item_Fee`.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from outbox.clouds.woocommerce import net
from outbox.clouds.woocommerce.plan import LINE_META, NOTE_META, PART_META, Place, fraction_text, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.connector import ItemRef

    Body = Mapping[str, Any]

UNTAXED = "0"  # the tax class of a line that bears none, as WooCommerce's own order editor writes it
STANDARD = "standard"  # its standard class, which orders and products write as nothing
QUANTITY_MAX = 100_000  # pieces of a line; beyond, a finger slipped, and no stock is moved by it
DIFFERENCE = "Difference to the receipt"


class Unmapped(ValueError):
    """A tax code of the store's that the configuration has no class of the shop's for."""


def is_negative(line: Body) -> bool:
    """Return whether a line pays for others: empties that came back."""
    return bool(line.get("empties")) or int(line["price"]) < 0


def is_product(line: Body, items: Mapping[str, ItemRef], place: Place) -> bool:
    """Return whether a line can name a product of the shop's, which then goes off its stock."""
    item = items.get(line["sku"]) if line["sku"] and place.stock == "order" else None
    return item is not None and item.remote_id.isdecimal() and pieces(line) is not None


def pieces(line: Body) -> int | None:
    """Return how many pieces a line has, or None: WooCommerce counts whole ones, from 1."""
    quantity = Decimal(line["quantity"])
    whole = quantity == quantity.to_integral_value() and 1 <= quantity <= QUANTITY_MAX
    return int(quantity) if whole else None


def products(body: Body, items: Mapping[str, ItemRef], place: Place) -> list[dict[str, Any]]:
    """Return the lines that name a product. Raises `Unmapped`."""
    goods = (line for line in body["lines"] if not is_negative(line) and is_product(line, items, place))
    return [_product(line, body, place, items[line["sku"]]) for line in goods]


def fees(body: Body, items: Mapping[str, ItemRef], place: Place) -> list[dict[str, Any]]:
    """Return everything else, what is below 0 last. Raises `Unmapped`."""
    goods = [line for line in body["lines"] if not is_negative(line) and not is_product(line, items, place)]
    return [_fee(line, body, place) for line in goods] + _extras(body, place)


def adjustment(difference: int, number: int, costs: int, taxed: int, place: Place) -> dict[str, Any]:
    """Return the fee that moves an order's total by `difference`.

    `costs`, `taxed`: what is above 0 in the order, and the taxes on that.
    """
    amount = Fraction(difference)
    if difference < 0:
        amount = _less(difference, Fraction(costs), Fraction(taxed))
    return _extra(f"adjust-{number}", DIFFERENCE, amount, place)


def _product(line: Body, body: Body, place: Place, item: ItemRef) -> dict[str, Any]:
    tax_class, amount = _tax_class(line, body, place), _sent(line, body, fee=False)
    before = amount + net.exact(_off(line), net.rates(body, line))
    return {
        "product_id": int(item.remote_id),
        "quantity": pieces(line),
        "name": str(line["name"]),
        "tax_class": UNTAXED if tax_class is None else tax_class,
        "subtotal": fraction_text(before, place.currency, net.PLACES),
        "total": fraction_text(amount, place.currency, net.PLACES),
        "meta_data": _meta(line),
    }


def _fee(line: Body, body: Body, place: Place) -> dict[str, Any]:
    tax_class, off = _tax_class(line, body, place), _off(line)
    made = {
        "name": _name(line),
        "total": fraction_text(_sent(line, body, fee=True), place.currency, net.PLACES),
        "tax_status": "none" if tax_class is None else "taxable",
        "meta_data": _meta(line) + ([{"key": "Discount", "value": text(off, place.currency)}] if off else []),
    }
    return made if tax_class is None else made | {"tax_class": tax_class}


def _extras(body: Body, place: Place) -> list[dict[str, Any]]:
    """Return the fees that are no goods: tips, rounding, and what was paid for empties."""
    costs, taxed = _costs(body)
    made = []
    rounding, tips = int(body.get("rounding") or 0), int(body.get("tips") or 0)
    for part, name, amount in (("tip", "Tip", tips), ("rounding", "Cash rounding", max(rounding, 0))):
        if amount:
            made.append(_extra(part, name, Fraction(amount), place))
            costs += amount
    for line in body["lines"]:
        if is_negative(line):
            fee = _extra("empties", _name(line), _less(_effect(line, body), costs, taxed), place)
            made.append(fee | {"meta_data": [*fee["meta_data"], *_meta(line)]})
    if rounding < 0:
        made.append(_extra("rounding", "Cash rounding", _less(rounding, costs, taxed), place))
    return made


def _extra(part: str, name: str, amount: Fraction, place: Place) -> dict[str, Any]:
    return {
        "name": name,
        "total": fraction_text(amount, place.currency, net.PLACES),
        "tax_status": "none",
        "meta_data": [{"key": PART_META, "value": part}],
    }


def _less(amount: int, costs: Fraction, taxed: Fraction) -> Fraction:
    """Return the fee below 0 that takes `amount` off together with its share of the taxes."""
    return amount * costs / (costs + taxed) if costs > 0 else Fraction(amount)


def _effect(line: Body, body: Body) -> int:
    """Return what a negative line takes off what is to be paid, its taxes on top included; below 0."""
    shares = zip(line.get("taxes") or (), net.rates(body, line), strict=False)
    return int(line["net"]) + sum(int(tax["amount"]) for tax, rate in shares if not rate.included)


def _costs(body: Body) -> tuple[Fraction, Fraction]:
    """Return what the lines above 0 come to without tax, and the taxes on them, exactly."""
    costs = taxed = Fraction(0)
    for line in body["lines"]:
        if not is_negative(line):
            rates = net.rates(body, line)
            amount = net.exact(int(line["net"]), rates)
            costs += amount
            taxed += sum((amount * rate.of_net for rate in rates), Fraction(0))
    return costs, taxed


def _sent(line: Body, body: Body, *, fee: bool) -> Fraction:
    return net.fitting(int(line["net"]), net.rates(body, line), fee=fee, included=body["prices_include_tax"])


def _off(line: Body) -> int:
    return int(line.get("discount") or 0) + int(line.get("sale_discount") or 0)


def _tax_class(line: Body, body: Body, place: Place) -> str | None:
    """Return the shop's class for a line's tax, or None: it bears none. Raises `Unmapped`."""
    code = line["tax"]
    if code is None or body.get("exemption"):
        return None
    if code not in place.taxes:
        raise Unmapped(str(code))
    named = place.taxes[code]
    return "" if named == STANDARD else named


def _meta(line: Body) -> list[dict[str, str]]:
    found = [{"key": LINE_META, "value": str(line["id"])}]
    if line.get("note"):  # under a word of its own the shop shows it to the customer, as the receipt does
        key = "Note" if line["note"]["printed"] else NOTE_META
        found.append({"key": key, "value": str(line["note"]["text"])})
    named = (("Serial number", line.get("serial")), ("Lot", line.get("lot")))
    return found + [{"key": key, "value": str(value)} for key, value in named if value]


def _name(line: Body) -> str:
    name = str(line["name"]) or "Item"
    if line.get("deposit_of"):
        name = f"Deposit: {name}"
    elif line.get("empties"):
        name = f"Empties: {name}"
    if line["quantity"] == "1" and line["unit"] == "each":
        return name
    return f"{name} ({line['quantity']} {'x' if line['unit'] == 'each' else line['unit']})"
