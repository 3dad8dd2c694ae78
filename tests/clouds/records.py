"""Records as the till writes them, with the till's arithmetic."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from outbox.connector import Fact, ItemRef
from outbox.ids import derived_id
from outbox.money import allocate, ratio, times
from outbox.record import GENESIS, Kind, Record

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

ITEMS = {"mug": ItemRef("V1", "1700000000001"), "tea": ItemRef("V2")}
CHAIN = GENESIS.hex()  # of each record here: they are in no journal
RATES = {"standard": "19", "reduced": "7", "us": "8.875"}
Body = dict[str, Any]


def place(body: Body, kind: Kind, number: int = 1, occurred_at: str = "2026-11-20T12:59:00+01:00") -> Record:
    """Return the record of a body, as the journal would have written it."""
    receipt_number = f"T1-{number:06d}"
    record_id = derived_id("5f6e7d8c-0000-7000-8000-000000000000", f"{kind}-{number}")
    body |= {
        "kind": str(kind),
        "id": record_id,
        "till": "till-1",
        "till_seq": number,
        "receipt_number": receipt_number,
        "occurred_at": occurred_at,
        "business_date": occurred_at[:10],
        "currency": "EUR",
        "state": "completed",
    }
    return Record(number, record_id, kind, "till-1", number, receipt_number, occurred_at, body, GENESIS, GENESIS)


def line(
    sku: str | None,
    price: int,
    quantity: str = "1",
    *,
    discount: int = 0,
    tax: str | None = "standard",
    unit: str = "each",
) -> Body:
    return {
        "sku": sku, "name": (sku or "Open item").title(), "price": price, "quantity": quantity,
        "discount": discount, "tax": tax, "unit": unit,
    }  # fmt: skip


def _work_out(lines: list[Body], sale_discount: int, *, included: bool) -> Body:
    for number, one in enumerate(lines, 1):
        one["id"] = str(number)
        one["total"] = times(one["price"], Decimal(one["quantity"])) - one["discount"]
    shares = allocate(min(sale_discount, sum(one["total"] for one in lines)), [one["total"] for one in lines])
    for one, share in zip(lines, shares, strict=True):
        one |= {"sale_discount": share, "net": one["total"] - share, "tax_amount": 0}
    taxes = []
    for code in dict.fromkeys(one["tax"] for one in lines if one["tax"]):
        taxed = [one for one in lines if one["tax"] == code]
        base, rate = sum(one["net"] for one in taxed), Fraction(RATES[code])
        amount = ratio(base * rate.numerator, 100 * rate.denominator + (rate.numerator if included else 0))
        for one, part in zip(taxed, allocate(amount, [one["net"] for one in taxed]), strict=True):
            one["tax_amount"] = part
        taxes.append(
            {
                "code": code,
                "name": f"VAT {RATES[code]}%",
                "rate": RATES[code],
                "base": base - amount if included else base,
                "amount": amount,
            }
        )
    total = sum(one["net"] for one in lines) + (0 if included else sum(tax["amount"] for tax in taxes))
    return {
        "lines": lines,
        "subtotal": sum(one["total"] for one in lines),
        "taxes": taxes,
        "total": total,
        "prices_include_tax": included,
    }


def sale(
    lines: list[Body],
    tenders: list[tuple[str, int]] | None = None,
    *,
    sale_discount: int = 0,
    included: bool = True,
    rounding: int = 0,
    number: int = 1,
    occurred_at: str = "2026-11-20T12:59:00+01:00",
) -> Record:
    """Return a sale; with no tenders named, it is paid exactly in cash."""
    body = _work_out([dict(one) for one in lines], sale_discount, included=included)
    wanted = body["total"] + rounding
    given = [("cash", wanted)] if tenders is None else tenders
    paid = sum(amount for _, amount in given)
    body |= {
        "rounding": rounding,
        "discounts": [],
        "tenders": [
            {"id": str(n), "type": kind, "amount": amount, "reference": "slip 0042" if kind == "card" else None}
            for n, (kind, amount) in enumerate(given, 1)
        ],
        "paid": paid,
        "due": 0,
        "change": paid - wanted,
    }
    assert paid >= wanted
    return place(body, Kind.SALE, number, occurred_at)


def refund(
    of: Record,
    tenders: list[tuple[str, int]],
    *,
    number: int = 2,
    occurred_at: str = "2026-11-20T12:59:30+01:00",
    lines: list[Body] | None = None,
) -> Record:
    """Return a refund of `of`, paid out as `tenders`; all of its lines come back unless named."""
    back = [dict(one) for one in (of.body["lines"] if lines is None else lines)]
    for n, one in enumerate(back, 1):
        one |= {"line": one["id"], "id": str(n)}
    body: Body = {
        "original": {"receipt_number": of.receipt_number, "id": of.id},
        "lines": back,
        "taxes": of.body["taxes"],
        "prices_include_tax": of.body["prices_include_tax"],
        "total": sum(amount for _, amount in tenders),
        "rounding": 0,
        "tenders": [
            {"id": str(n), "type": kind, "amount": amount, "reference": None}
            for n, (kind, amount) in enumerate(tenders, 1)
        ],
    }
    return place(body, Kind.REFUND, number, occurred_at)


def fact_of(record: Record, clock: Callable[[], datetime], **more: Any) -> Fact:
    """Return the record as a connector gets it; Square knows mugs and tea."""
    return Fact(record, clock(), **({"items": ITEMS} | more))
