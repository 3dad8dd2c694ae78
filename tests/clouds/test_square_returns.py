"""Exchanges and refunds without a receipt at Square: the same totals, and money that went no terminal's way."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from outbox.connector import Complete
from tests.clouds.records import fact_of, line, refund, sale

if TYPE_CHECKING:
    from outbox.record import Record
    from tests.clouds.driver import Clock, Driver
    from tests.clouds.lying_square import LyingSquare


async def test_an_exchange_is_a_refund_and_a_sale_paid_with_something_else(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    original = sale([line("tea", 320)])
    _, refs = await driver.deliver(fact_of(original, clock))
    back = refund(original, [("exchange", 320)])
    ended, _ = await driver.deliver(fact_of(back, clock, sale_refs=refs))
    assert isinstance(ended, Complete)
    sent: list[Any] = []
    driver.on_step = lambda step: sent.append(json.loads(step.request.body or b"{}"))
    instead = sale([line("mug", 1250)], [("exchange", 320), ("cash", 1000)], number=3)
    ended, refs = await driver.deliver(fact_of(instead, clock))
    assert ended == Complete(refs["order"])  # with no drift
    paid = [(body["source_id"], body["amount_money"]["amount"]) for body in sent if "source_id" in body]
    assert paid == [("EXTERNAL", 320), ("CASH", 930)]
    external = next(body["external_details"] for body in sent if "external_details" in body)
    assert (external["type"], external["source"]) == ("OTHER", "exchange")
    assert [r["amount_money"]["amount"] for r in square.books.refunds.values()] == [320]


async def test_a_refund_without_a_receipt_hangs_on_no_payment(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    back = _without_original(refund(sale([line("mug", 1250)]), [("cash", 1250)]))
    ended, found = await driver.deliver(fact_of(back, clock))
    assert ended == Complete(found["refund-1"])
    (made,) = square.books.refunds.values()
    assert (made.get("payment_id"), made["amount_money"]["amount"]) == (None, 1250)


def _without_original(record: Record) -> Record:
    return replace(record, body=record.body | {"original": None})
