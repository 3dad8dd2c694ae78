"""What the records of a shift come to: pure sums, record by record.

A report, a closing and what is kept in between are all made by `add`, so they can't disagree. Amounts are integer
minor units; what was given back counts apart from what was taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outbox.anchor import anchor
from outbox.record import NUMBERED, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.record import Record

    Body = Mapping[str, Any]

Sums = dict[str, Any]  # JSON values: kept on the disk as they are

OPENS = NUMBERED | {Kind.CASH}  # what moves money: a till has a shift by the time it is written
_HOUR_CHARS = len("2026-11-21T09")  # of `occurred_at`: the store's own hour
_MOVED = {"in": "paid_in", "out": "paid_out", "drop": "drops"}
_PLAIN = (
    "sales", "sales_total", "refunds", "refunds_total", "voids", "voids_total", "discounts", "discounts_total",
    "no_sales", "rounding", "tips", "cash", "card", "paid_in", "paid_in_total", "paid_out", "paid_out_total", "drops",
    "drops_total",
)  # fmt: skip
_KEYED = ("tenders", "taxes", "categories", "cashiers", "hours")


def nothing() -> Sums:
    """Return the sums of no record."""
    return dict.fromkeys(_PLAIN, 0) | {name: {} for name in _KEYED} | {"first": None, "last": None}


def add(sums: Sums, record: Record) -> None:
    """Add one of the till's records to its shift's sums, in place."""
    body = record.body
    if record.kind in NUMBERED:
        _traded(sums, body, 1 if record.kind is Kind.SALE else -1)
        receipt = {"receipt_number": record.receipt_number, "anchor": anchor(record.hash)}
        sums["first"] = sums["first"] or receipt
        sums["last"] = receipt
    elif record.kind is Kind.VOID:
        _count(sums, "voids", body["total"])
        _count(_cashier(sums, body), "voids", body["total"])
    elif record.kind is Kind.CASH:
        _count(sums, _MOVED[body["direction"]], body["amount"])
    elif record.kind is Kind.DRAWER and body["for"] is None:
        sums["no_sales"] += 1
        _cashier(sums, body)["no_sales"] += 1


def expected_cash(opening_float: int, sums: Sums) -> int:
    """Return what the drawer should hold; less than nothing where more was given out than came in."""
    moved: int = sums["paid_in_total"] - sums["paid_out_total"] - sums["drops_total"]
    return opening_float + int(sums["cash"]) + moved


def shown(sums: Sums) -> dict[str, Any]:
    """Return the sums as reports and records have them: what is kept by name becomes lists, in order."""
    plain = {name: sums[name] for name in (*_PLAIN, "first", "last")}
    return plain | {name: [sums[name][key] for key in sorted(sums[name])] for name in _KEYED}


def _traded(sums: Sums, body: Body, sign: int) -> None:
    name = "sales" if sign > 0 else "refunds"
    cashier = _cashier(sums, body)
    _count(sums, name, body["total"])
    _count(cashier, name, body["total"])
    sums["rounding"] += sign * body["rounding"]
    hour = body["occurred_at"][:_HOUR_CHARS]
    _count(_entry(sums["hours"], hour, {"hour": hour, **_HOUR}), name, body["total"])
    for tender in body["tenders"]:
        _tendered(sums, cashier, tender, sign)
    change = sign * body.get("change", 0)
    sums["cash"] -= change
    cashier["cash"] -= change
    if change:
        _entry(sums["tenders"], "cash", _TENDER | {"type": "cash"})["change"] += change
    for tax in body["taxes"]:
        fresh = {**tax, "base": 0, "amount": 0}
        entry = sums["taxes"].setdefault(f"{tax['code']} {tax['rate']}", fresh)
        entry["base"] += sign * tax["base"]
        entry["amount"] += sign * tax["amount"]
    for line in body["lines"]:
        category = line.get("category") or ""
        _entry(sums["categories"], category, {"category": category, "total": 0})["total"] += sign * line["net"]
        off = line["discount"] + line["sale_discount"]
        if off and sign > 0:
            _count(sums, "discounts", off)
            _count(cashier, "discounts", off)


_TENDER = {"taken": 0, "taken_total": 0, "given_back": 0, "given_back_total": 0, "change": 0}
_CASHIER = {
    "sales": 0, "sales_total": 0, "refunds": 0, "refunds_total": 0, "voids": 0, "voids_total": 0, "discounts": 0,
    "discounts_total": 0, "no_sales": 0, "cash": 0, "card": 0,
}  # fmt: skip
_HOUR = {"sales": 0, "sales_total": 0, "refunds": 0, "refunds_total": 0}


def _tendered(sums: Sums, cashier: Sums, tender: Body, sign: int) -> None:
    kind, amount = tender["type"], tender["amount"]
    entry = _entry(sums["tenders"], kind, _TENDER | {"type": kind})
    _count(entry, "taken" if sign > 0 else "given_back", amount)
    tip = tender.get("tip") or 0  # on top of the amount
    sums["tips"] += sign * tip
    if kind in ("cash", "card"):
        sums[kind] += sign * (amount + tip)
        cashier[kind] += sign * (amount + tip)


def _count(sums: Sums, name: str, amount: int) -> None:
    sums[name] += 1
    sums[f"{name}_total"] += amount


def _entry(entries: Sums, key: str, fresh: Sums) -> Sums:
    found: Sums = entries.setdefault(key, fresh)
    return found


def _cashier(sums: Sums, body: Body) -> Sums:
    who = body.get("cashier") or {"id": "", "name": ""}  # records of before there were cashiers have none
    return _entry(sums["cashiers"], who["id"], {**who, **_CASHIER})
