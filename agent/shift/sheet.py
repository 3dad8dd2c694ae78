"""A shift as CSV (RFC 4180): a figure a row, for a spreadsheet or a bookkeeper's import. Pure.

Amounts are decimals with a point, as imports read them. A name that a spreadsheet would take for a formula
(OWASP, "CSV Injection") gets an apostrophe before it.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from outbox.money import format_amount

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Body = Mapping[str, Any]
    Figure = tuple[str, str, int | None, int | None]  # section, name, how many, minor units

MEDIA_TYPE = "text/csv; charset=utf-8"
HEAD = ("till", "z_number", "section", "name", "count", "amount", "currency")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COUNTED = ("sales", "refunds", "voids", "discounts", "paid_in", "paid_out", "drops")


def sheet(report: Body) -> str:
    """Return a Z, or an X (which has no number), as CSV text."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEAD)
    number = report.get("z_number")
    for section, name, count, amount in _figures(report):
        writer.writerow(
            (
                _plain(report["till"]),
                "" if number is None else f"{report.get('epoch', '')}{number}",
                section,
                _plain(name),
                "" if count is None else count,
                "" if amount is None else format_amount(amount, report["currency"]),
                report["currency"],
            )
        )
    return text.getvalue()


def _figures(report: Body) -> Iterator[Figure]:
    yield "shift", report["opened_at"], None, report["float"]
    for name in _COUNTED:
        yield "total", name, report[name], report[f"{name}_total"]
    for name in ("no_sales", "parked"):
        if name in report:  # nobody counted what was parked before Zs said so
            yield "total", name, report[name], None
    for name in ("rounding", "tips"):
        yield "total", name, None, report[name]
    for tender in report["tenders"]:
        yield "tender taken", tender["type"], tender["taken"], tender["taken_total"]
        yield "tender given back", tender["type"], tender["given_back"], tender["given_back_total"]
        yield "change", tender["type"], None, tender["change"]
    for tax in report["taxes"]:
        yield "tax", f"{tax['code']} {tax['rate']}", None, tax["amount"]
        yield "tax base", f"{tax['code']} {tax['rate']}", None, tax["base"]
    yield from _broken_down(report)
    yield from _drawer(report)


def _broken_down(report: Body) -> Iterator[Figure]:
    for one in report["categories"]:
        yield "category", one["category"], None, one["total"]
    for one in report["cashiers"]:
        for name in ("sales", "refunds", "voids", "discounts"):
            yield f"cashier {name}", one["name"], one[name], one[f"{name}_total"]
        yield "cashier no_sales", one["name"], one["no_sales"], None
        for name in ("cash", "card"):
            yield f"cashier {name}", one["name"], None, one[name]
    for one in report["hours"]:
        yield "hour", one["hour"], one["sales"] + one["refunds"], one["sales_total"] - one["refunds_total"]


def _drawer(report: Body) -> Iterator[Figure]:
    for name in ("cash", "expected_cash", "drawer_expected", "counted", "over", "left"):
        if name in report:
            yield "drawer", name, None, report[name]
    for one in report.get("count") or ():
        yield "counted", format_amount(one["value"], report["currency"]), one["pieces"], one["value"] * one["pieces"]
    for name in ("first", "last"):
        if report[name] is not None:
            yield "receipt", f"{name} {report[name]['receipt_number']} {report[name]['anchor']}", None, None


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
