"""What is said of a sale's lines, taxes and discounts: in its view all of it, in its record no more than there is.

Most lines have nothing to say in ten of their fields. Whoever rings sees them all; a record, of which a store keeps
millions and sends each over its line, is a quarter shorter without them. Who reads one takes what is not there for
what `OF_PLAIN_LINE` and `OF_PLAIN_TAX` say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.marks import LOT, SERIAL, issue
from agent.sale import decimal_text

if TYPE_CHECKING:
    from agent.pricing import PricedLine
    from agent.sale import Discount
    from agent.tax import TaxTotal

OF_PLAIN_LINE: dict[str, Any] = {
    "tax_relief": 0,
    "deposit_of": None,
    "empties": False,
    "lot": None,
    "serial": None,
    "expiry": None,
    "expired_reason": None,
    "add_on": None,
    "category": None,
    "issue": None,
}
OF_PLAIN_TAX: dict[str, Any] = {"compound": False, "exempt": False}


def tax_fields(tax: TaxTotal) -> dict[str, Any]:
    """Return a sale's tax as a record has it."""
    said: dict[str, Any] = {
        "code": tax.rate.code,
        "name": tax.rate.name,
        "rate": "0" if tax.exempt else decimal_text(tax.rate.rate),
        "base": tax.base,
        "amount": tax.amount,
        "included": tax.included,
    }
    if tax.rate.compound:
        said["compound"] = True
    if tax.exempt:
        said["exempt"] = True
    return said


def line_fields(priced: PricedLine, *, exempt: bool) -> dict[str, Any]:
    """Return a line as a record has it."""
    line = priced.line
    said = {
        "tax_relief": priced.tax_relief,
        "deposit_of": line.deposit_of,
        "empties": line.empties,
        "lot": line.gs1.get(LOT),
        "serial": line.gs1.get(SERIAL),
        "expiry": line.expiry and line.expiry.isoformat(),
        "expired_reason": line.expired_reason,
        "add_on": line.add_on,
        "category": line.category,
        "issue": line.add_on and issue(line.barcode, line.add_on),
    }
    return {
        "id": line.id,
        "sku": line.sku,
        "name": line.name,
        "quantity": decimal_text(line.quantity),
        "unit": line.unit.value,
        "price": line.price,
        "list_price": line.list_price,
        "price_reason": line.price_reason,
        "discount": priced.discount,
        "sale_discount": priced.sale_discount,
        "total": priced.total,
        "net": priced.net,
        "tax": None if line.tax is None else line.tax.code,
        "tax_rate": None if line.tax is None else "0" if exempt else decimal_text(line.tax.rate),
        "tax_amount": priced.tax_amount,
        "taxes": [
            {"code": rate.code, "rate": "0" if exempt else decimal_text(rate.rate), "amount": amount}
            for rate, amount in priced.taxes
        ],
        "barcode": line.barcode,
        "gs1": dict(line.gs1),
        **line.about.to_json(),
        **{name: value for name, value in said.items() if value},
    }


def discount_fields(discount: Discount, amount: int) -> dict[str, Any]:
    """Return a discount, and what it comes to."""
    return {
        "id": discount.id,
        "percent": decimal_text(discount.percent),
        "amount": amount,
        "line": discount.line,
        "reason": discount.reason,
    }
