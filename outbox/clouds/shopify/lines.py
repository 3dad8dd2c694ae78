"""A sale's lines as Shopify takes them: whole pieces at a net price, with the till's own taxes.

`orderCreate` takes one discount code for a whole order and none for a line, and spreads that code over the lines by
its own rounding. So a line goes in at what was paid for it: its discounts stay with it, its taxes are the receipt's,
and a refund of it gives back what it cost. List price and discounts stand beside it as properties.
A price that does not divide by the pieces makes two lines, a minor unit apart: 3 for 10.00 are 2 at 3.33 and 1 at
3.34. What is no whole number of pieces (0.512 kg) is one piece.
Source: the schema 2026-07, `OrderCreateLineItemInput`, `OrderCreateTaxLineInput`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outbox.clouds.shopify.plan import money
from outbox.money import allocate, format_amount

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from outbox.connector import ItemRef

LINES_MAX = 250  # Shopify takes no longer list in one request
QUANTITY_MAX = 1_000_000  # pieces on one line; more are sold as one
RATE_DECIMALS = 6  # of a tax as a part of one: 8.875 % is 0.08875
MARK = "_stillopen"  # the property that says which line of the receipt it is; Shopify hides names with _ from customers


@dataclass(frozen=True, slots=True)
class Piece:
    """One line at Shopify. Amounts in minor units."""

    line: Mapping[str, Any]  # the receipt's
    mark: str  # `3`, `3/2` for the second part of a split line, `3=0.512` for what is one piece there
    quantity: int
    price: int  # of one
    taxes: tuple[tuple[str, str, int], ...]  # title, rate as a part of one, amount


def pieces(body: Mapping[str, Any], *, included: bool) -> list[Piece]:
    """Return a receipt's lines, empties left out; their prices hold their taxes as `included` says.

    Raises `ValueError` where Shopify cannot hold them.
    """
    sold = [line for line in body["lines"] if not line.get("empties")]
    found = [_pieces(line, body, included=included) for line in sold]
    if sum(map(len, found)) > LINES_MAX:
        found = [split if len(split) == 1 else [_as_one(split)] for split in found]
    if len(found) > LINES_MAX:
        raise ValueError(f"it has more than {LINES_MAX} lines")
    return [piece for split in found for piece in split]


def is_linked(piece: Piece, items: Mapping[str, ItemRef]) -> bool:
    """Return whether it is so many pieces of an item that Shopify knows."""
    return "=" not in piece.mark and piece.line["sku"] in items


def tax_total(line: Mapping[str, Any], body: Mapping[str, Any], *, included: bool) -> int:
    """Return what a line's taxes of one kind come to: those in its price, or those on top of it."""
    return sum(amount for tax, amount in _taxes(line, body) if _included(tax, body) is included)


def line_item(piece: Piece, currency: str, items: Mapping[str, ItemRef]) -> dict[str, Any]:
    """Return an `OrderCreateLineItemInput`."""
    line = piece.line
    made: dict[str, Any] = {
        "title": str(line["name"]),
        "quantity": piece.quantity,
        "priceSet": money(piece.price, currency),
        "requiresShipping": False,
        "taxable": bool(piece.taxes),
        "properties": [{"name": MARK, "value": piece.mark}, *_properties(piece, currency)],
    }
    if line["sku"]:
        made["sku"] = line["sku"]
    if is_linked(piece, items):
        made["variantId"] = items[line["sku"]].remote_id
    if piece.taxes:
        made["taxLines"] = [
            {"title": title, "rate": rate, "priceSet": money(amount, currency)} for title, rate, amount in piece.taxes
        ]
    return made


def _pieces(line: Mapping[str, Any], body: Mapping[str, Any], *, included: bool) -> list[Piece]:
    amount = int(line["net"])
    if included:
        amount += tax_total(line, body, included=False)
    else:
        amount -= tax_total(line, body, included=True)
    taxed = [
        (_title(tax), rate, part)
        for (tax, part), rate in zip(_taxes(line, body), _rates(line, body), strict=True)
        if Decimal(tax["rate"])
    ]
    quantity = Decimal(line["quantity"])
    if line["unit"] == "kg" or quantity != quantity.to_integral_value() or not 0 < quantity <= QUANTITY_MAX:
        return [Piece(line, f"{line['id']}={line['quantity']}", 1, amount, tuple(taxed))]
    price, dearer = divmod(amount, int(quantity))
    parts = [part for part in ((int(quantity) - dearer, price), (dearer, price + 1)) if part[0]]
    shares = [allocate(tax, [count * each for count, each in parts]) for _, _, tax in taxed]
    return [
        Piece(
            line,
            str(line["id"]) if n == 0 else f"{line['id']}/{n + 1}",
            count,
            each,
            tuple((title, rate, share[n]) for (title, rate, _), share in zip(taxed, shares, strict=True)),
        )
        for n, (count, each) in enumerate(parts)
    ]


def _as_one(split: Sequence[Piece]) -> Piece:
    """Return a split line as one piece: then the receipt fits."""
    line = split[0].line
    taxes = tuple(
        (title, rate, sum(piece.taxes[n][2] for piece in split)) for n, (title, rate, _) in enumerate(split[0].taxes)
    )
    amount = sum(piece.quantity * piece.price for piece in split)
    return Piece(line, f"{line['id']}={line['quantity']}", 1, amount, taxes)


def _properties(piece: Piece, currency: str) -> list[dict[str, str]]:
    """Return what stands beside a line at Shopify, for whoever looks at it there."""
    line = piece.line
    off = {
        "Discount": int(line.get("discount") or 0),
        "Share of the sale's discount": int(line.get("sale_discount") or 0),
        "Tax not paid": int(line.get("tax_relief") or 0),
    }
    said = {name: format_amount(amount, currency) for name, amount in off.items() if amount}
    if said or "=" in piece.mark:
        said = {"Price": format_amount(int(line["price"]), currency)} | said
    if "=" in piece.mark:
        said = {"Quantity": f"{line['quantity']} {line['unit']}"} | said
    note = line.get("note")
    said |= {"Note": str(note["text"])} if isinstance(note, dict) else {}
    said |= {name.title(): str(line[name]) for name in ("lot", "serial", "expiry") if line.get(name)}
    return [{"name": name, "value": value} for name, value in said.items()]


def _taxes(line: Mapping[str, Any], body: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], int]]:
    """Return each tax of a line, as the receipt names it, and its amount; older records have one at most."""
    named = {(tax["code"], tax["rate"]): tax for tax in body["taxes"]}
    if "taxes" in line:
        return [
            (named[share["code"], share["rate"]], int(share["amount"]))
            for share in line["taxes"]
            if (share["code"], share["rate"]) in named
        ]
    return [(tax, int(line["tax_amount"])) for (code, _), tax in named.items() if code == line["tax"]][:1]


def _included(tax: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    return bool(tax.get("included", body["prices_include_tax"]))


def _title(tax: Mapping[str, Any]) -> str:
    return str(tax["name"] or tax["code"])


def _rates(line: Mapping[str, Any], body: Mapping[str, Any]) -> list[str]:
    """Return each tax of a line as a part of the price without taxes; a tax on taxes comes to more than its rate."""
    so_far, found = Decimal(0), []
    for tax, _ in _taxes(line, body):
        effective = Decimal(tax["rate"]) * ((100 + so_far) / 100 if tax.get("compound") else 1)
        so_far += effective
        found.append(f"{round(effective / 100, RATE_DECIMALS).normalize():f}")
    return found
