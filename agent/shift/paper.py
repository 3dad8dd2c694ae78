"""A shift on paper: X and Z reports, and the slip of money that moved with no sale. Pure.

Only what is in the record, or in the report on the screen, is printed: a copy says what the first print said.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from agent import words
from agent.shift.words import shift_words
from drivers.printer.document import Align, Cut, Document, Feed, Item, Row, Rule, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agent.receipt import ReceiptStore

    Body = Mapping[str, Any]

INDENT = 2  # columns, for what belongs to the line above


def report_document(report: Body, store: ReceiptStore, *, copy: bool = False, anchor: str | None = None) -> Document:
    """Return a Z, from the record that closed a shift, or an X, from the figures so far (which have no number)."""
    return Document(tuple(_marked(_Paper(report, store).report(anchor), store, copy=copy)))


def slip_document(record: Body, store: ReceiptStore, *, copy: bool = False, anchor: str | None = None) -> Document:
    """Return the slip of a cash movement, to be signed and put into the drawer."""
    return Document(tuple(_marked(_Paper(record, store).slip(anchor), store, copy=copy)))


def _marked(items: Iterator[Item], store: ReceiptStore, *, copy: bool) -> Iterator[Item]:
    mark = Text(f"* {words.words(store.locale).copy} *", Align.CENTER, bold=True, width=2, height=2)
    if copy:
        yield mark
    yield from items
    if copy:
        yield mark
    yield Cut()


class _Paper:
    def __init__(self, body: Body, store: ReceiptStore) -> None:
        self.body = body
        self.store = store
        self.words = shift_words(store.locale)
        self.receipt_words = words.words(store.locale)

    def report(self, anchor: str | None) -> Iterator[Item]:
        body, word = self.body, self.words
        number = body.get("z_number")
        name = word.x_report if number is None else f"{word.z_report} {body.get('epoch', '')}{number}"
        yield from self.head(name, body["opened_at"], body.get("occurred_at") or body["at"])
        yield Rule()
        yield from self.traded()
        yield from self.section(None, self.tenders())
        yield from self.section(word.taxes, self.taxes())
        yield from self.section(word.categories, self.categories())
        yield from self.section(word.cashiers, self.cashiers())
        yield from self.section(word.hours, self.hours())
        yield from self.section(word.drawer, self.drawer())
        yield from self.section(None, self.receipts())
        yield from self.anchor(anchor)

    def slip(self, anchor: str | None) -> Iterator[Item]:
        body, word = self.body, self.words
        name = {"in": word.paid_in, "out": word.paid_out, "drop": word.drops}[body["direction"]]
        yield Text(self.store.name, Align.CENTER, bold=True)
        yield Feed()
        yield Text(name, Align.CENTER, bold=True, height=2)
        yield Row(f"{self.receipt_words.till} {body['till']}", self.time(body["occurred_at"]))
        yield from self.who()
        yield Rule()
        amount = words.money_text(body["amount"], body["currency"], self.store.locale)
        yield Row(name, amount, bold=True, height=2)
        yield Text(f"{self.receipt_words.reason}: {body['reason']}")
        yield from self.anchor(anchor)
        yield Feed(2)
        yield Rule()
        yield Text(word.signature)

    def head(self, name: str, opened_at: str, until: str) -> Iterator[Item]:
        yield Text(self.store.name, Align.CENTER, bold=True)
        yield Feed()
        yield Text(name, Align.CENTER, bold=True, width=2, height=2)
        yield Text(f"{self.receipt_words.till} {self.body['till']}")
        yield Row(self.words.opened, self.time(opened_at))
        if self.body.get("automatic"):
            yield Text(" " * INDENT + self.words.automatic)
        yield Row(self.words.closed if self.body.get("z_number") else "", self.time(until))
        yield from self.who()

    def who(self) -> Iterator[Item]:
        for name in ("cashier", "authorized_by"):
            if self.body.get(name):
                yield Row(self.words.by if name == "cashier" else "", self.body[name]["name"])

    def traded(self) -> Iterator[Item]:
        body, word = self.body, self.words
        yield self.count(word.sales, body["sales"], body["sales_total"])
        yield self.count(word.refunds, body["refunds"], -body["refunds_total"])
        yield Row(word.net, self.money(body["sales_total"] - body["refunds_total"]), bold=True)
        yield self.count(word.discounts, body["discounts"], -body["discounts_total"])
        yield self.count(word.voids, body["voids"], body["voids_total"])
        if body.get("parked"):
            yield Row(word.parked, str(body["parked"]))
        for name, amount in ((self.receipt_words.rounding, body["rounding"]), (word.tips, body["tips"])):
            if amount:
                yield Row(name, self.amount(amount))

    def tenders(self) -> Iterator[Item]:
        word = self.words
        for tender in self.body["tenders"]:
            name = word.tenders.get(tender["type"], tender["type"])
            yield self.count(f"{name}, {word.taken}", tender["taken"], tender["taken_total"])
            if tender["change"]:
                yield Row(word.of_these_change, self.amount(-tender["change"]), indent=INDENT)
            if tender["given_back"]:
                yield self.count(f"{name}, {word.given_back}", tender["given_back"], -tender["given_back_total"])

    def taxes(self) -> Iterator[Item]:
        for tax in self.body["taxes"]:
            rate = f"{words.decimal_in(self.store.locale, tax['rate'])}%"
            name = tax["name"] if rate in tax["name"].replace(" %", "%") else f"{tax['name']} {rate}"
            yield Row(name, self.amount(tax["amount"]))
            yield Row(self.receipt_words.net, self.amount(tax["base"]), indent=INDENT)

    def categories(self) -> Iterator[Item]:
        if [one["category"] for one in self.body["categories"]] == [""]:
            return  # the store has none
        for one in self.body["categories"]:
            yield Row(one["category"] or self.words.no_category, self.amount(one["total"]))

    def cashiers(self) -> Iterator[Item]:
        word = self.words
        for one in self.body["cashiers"]:
            yield Text(one["name"] or word.nobody, bold=True)
            for name, key, sign in (
                (word.sales, "sales", 1),
                (word.refunds, "refunds", -1),
                (word.discounts, "discounts", -1),
                (word.voids, "voids", 1),
            ):
                if one[key]:
                    yield self.count(name, one[key], sign * one[f"{key}_total"], indent=INDENT)
            if one["no_sales"]:
                yield Row(word.no_sales, str(one["no_sales"]), indent=INDENT)
            for name in ("cash", "card"):
                if one[name]:
                    yield Row(word.tenders[name], self.amount(one[name]), indent=INDENT)

    def hours(self) -> Iterator[Item]:
        days = {one["hour"][:10] for one in self.body["hours"]}
        for one in self.body["hours"]:
            day = f"{one['hour'][:10]} " if len(days) > 1 else ""
            left = f"{day}{one['hour'][11:]}:00 ({one['sales'] + one['refunds']})"
            yield Row(left, self.amount(one["sales_total"] - one["refunds_total"]))

    def drawer(self) -> Iterator[Item]:
        body, word = self.body, self.words
        yield Row(word.float, self.amount(body["float"]))
        yield Row(word.cash, self.amount(body["cash"]))
        for name, key, sign in (
            (word.paid_in, "paid_in", 1),
            (word.paid_out, "paid_out", -1),
            (word.drops, "drops", -1),
        ):
            if body[key]:
                yield self.count(name, body[key], sign * body[f"{key}_total"])
        yield Row(word.expected, self.amount(body["expected_cash"]), bold=True)
        if body["drawer_expected"] != body["expected_cash"]:
            yield Row(word.others, self.amount(body["drawer_expected"]))
        if body.get("z_number"):
            yield from self.counted()
        if body["no_sales"]:
            yield Row(word.no_sales, str(body["no_sales"]))

    def counted(self) -> Iterator[Item]:
        body, word = self.body, self.words
        if body["counted"] is None:
            yield Row(word.counted, word.not_counted)
            return
        for one in body["count"] or ():
            if one["pieces"]:
                yield Row(f"{one['pieces']} x {self.amount(one['value'])}", "", indent=INDENT)
        yield Row(word.counted, self.amount(body["counted"]), bold=True)
        if body["over"]:
            yield Row(word.over if body["over"] > 0 else word.short, self.amount(abs(body["over"])), bold=True)
        else:
            yield Text(word.exact)
        if body["reason"]:
            yield Text(f"{self.receipt_words.reason}: {body['reason']}")
        yield Row(word.left, self.amount(body["left"]))

    def receipts(self) -> Iterator[Item]:
        for name, receipt in ((self.words.first, self.body["first"]), (self.words.last, self.body["last"])):
            if receipt is not None:
                yield Row(name, receipt["receipt_number"])
                yield Row("", receipt["anchor"])

    def section(self, title: str | None, items: Iterator[Item]) -> Iterator[Item]:
        found = list(items)
        if found:
            yield Rule()
            if title is not None:
                yield Text(title, bold=True)
            yield from found

    def anchor(self, anchor: str | None) -> Iterator[Item]:
        if anchor is not None:
            yield Feed()
            yield Row(self.receipt_words.anchor, anchor)

    def count(self, name: str, count: int, amount: int, *, indent: int = 0) -> Row:
        return Row(f"{name} ({count})", self.amount(amount), indent=indent)

    def amount(self, amount: int) -> str:
        return words.amount_text(amount, self.body["currency"], self.store.locale)

    def money(self, amount: int) -> str:
        return words.money_text(amount, self.body["currency"], self.store.locale)

    def time(self, moment: str) -> str:
        return words.time_text(datetime.fromisoformat(moment).astimezone(self.store.timezone), self.store.locale)
