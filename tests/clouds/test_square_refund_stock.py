"""Refunds and stock at Square: money back to where it came from, goods moved once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from outbox.connector import Answer, Complete, Done, Refused, Step, Unclear
from tests.clouds.conftest import square_at
from tests.clouds.records import fact_of, line, refund, sale

if TYPE_CHECKING:
    from outbox.record import Record
    from tests.clouds.driver import Clock, Driver
    from tests.clouds.lying_square import LyingSquare


async def sold(driver: Driver, clock: Clock, record: Record) -> dict[str, str]:
    ended, refs = await driver.deliver(fact_of(record, clock))
    assert isinstance(ended, Complete)
    return refs


def booked(square: LyingSquare) -> list[tuple[str | None, int]]:
    return [(r.get("payment_id"), r["amount_money"]["amount"]) for r in square.books.refunds.values()]


async def test_money_goes_back_to_the_payments_it_came_from(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    record = sale([line("mug", 1250, "2")], [("cash", 1000), ("card", 1500)])
    refs = await sold(driver, clock, record)
    ended, found = await driver.deliver(
        fact_of(refund(record, [("card", 1500), ("cash", 1000)]), clock, sale_refs=refs)
    )
    assert ended == Complete(found["refund-1"])
    assert booked(square) == [(refs["payment-2"], 1500), (refs["payment-1"], 1000)]


async def test_several_refunds_never_ask_a_payment_for_more_than_it_has_left(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    record = sale([line("mug", 1000, "2")], [("cash", 1000), ("card", 1000)])
    refs = await sold(driver, clock, record)
    for number in (2, 3, 4):  # all of it in cash, though half was paid by card
        back = refund(record, [("cash", 600)], number=number)
        ended, _ = await driver.deliver(fact_of(back, clock, sale_refs=refs))
        assert isinstance(ended, Complete)
        assert ended.drift == 0
    assert booked(square) == [
        (refs["payment-1"], 600), (refs["payment-1"], 400), (refs["payment-2"], 200), (refs["payment-2"], 600),
    ]  # fmt: skip


async def test_a_refund_of_a_sale_square_never_had_is_unlinked(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    record = sale([line("mug", 1000, "2")], [("cash", 1000), ("card", 1000)])
    back = refund(record, [("cash", 1000), ("card", 1000)])
    ended, _ = await driver.deliver(fact_of(back, clock))
    assert isinstance(ended, Complete)
    assert ended.notes == (
        "part of it is booked at Square without its sale: Square has no payment left to take it from",
    )
    assert booked(square) == [(None, 1000), (None, 1000)]
    assert all(r["unlinked"] for r in square.books.refunds.values())


async def test_an_exchange_for_nothing_only_moves_stock(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    record = sale([line("mug", 1250)])
    refs = await sold(driver, clock, record)
    ended, _ = await driver.deliver(fact_of(refund(record, [("cash", 0)]), clock, sale_refs=refs))
    assert ended == Complete(refs["order"])
    assert booked(square) == []
    assert square.books.stock["V1"] == 100


async def test_a_refund_square_refuses_is_parked_with_its_words(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    record = sale([line("mug", 1250)])
    refs = await sold(driver, clock, record)
    body = b'{"errors": [{"category": "REFUND_ERROR", "code": "PAYMENT_NOT_REFUNDABLE", "detail": "too old"}]}'
    square.faults.add("status", on="/v2/refunds", status=400, body=body)
    ended, _ = await driver.deliver(fact_of(refund(record, [("cash", 1250)]), clock, sale_refs=refs))
    assert isinstance(ended, Refused)
    assert ended.reason == "Square refused it: too old"
    assert "by hand" in ended.hint


def test_what_is_left_of_a_payment_is_read_not_guessed(clock: Clock) -> None:
    connector = square_at("https://connect.squareup.com")
    back = refund(sale([line("mug", 1250)]), [("cash", 1250)])
    fact = fact_of(back, clock, sale_refs={"payment-1": "P1", "type-1": "cash", "order": "O1"})
    step = connector.next_step(fact)
    assert isinstance(step, Step)
    assert step.name == "look-1"

    def read(payment: str) -> object:
        return connector.verdict(step, fact, Answer(200, {}, f'{{"payment": {payment}}}'.encode()))

    assert read(
        '{"id": "P1", "status": "COMPLETED", "total_money": {"amount": 9}, "refunded_money": {"amount": 4}}'
    ) == Done({"left-1": "5"})
    assert read('{"id": "P1", "status": "CANCELED", "total_money": {"amount": 9}}') == Done({"left-1": "0"})
    assert isinstance(read('{"id": "P2", "status": "COMPLETED", "total_money": {"amount": 9}}'), Unclear)
    assert isinstance(read('{"id": "P1", "status": "COMPLETED"}'), Unclear)
    assert isinstance(read("null"), Unclear)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ('{"id": "R1", "status": "PENDING", "amount_money": {"amount": 1250}}', Done),
        ('{"id": "R1", "status": "COMPLETED", "amount_money": {"amount": 1}}', Unclear),
        ('{"id": "R1", "status": "NEW", "amount_money": {"amount": 1250}}', Unclear),
        ('{"id": "R1", "status": "REJECTED", "amount_money": {"amount": 1250}}', Refused),
        ("{}", Unclear),
        ("3", Unclear),
    ],
)
def test_a_refund_counts_only_as_it_was_asked_for(clock: Clock, value: str, kind: type) -> None:
    connector = square_at("https://connect.squareup.com")
    fact = fact_of(refund(sale([line("mug", 1250)]), [("cash", 1250)]), clock)
    step = connector.next_step(fact)
    assert isinstance(step, Step)
    answer = Answer(200, {}, f'{{"refund": {value}}}'.encode())
    assert type(connector.verdict(step, fact, answer)) is kind


# --- stock ---


@pytest.mark.parametrize(("stock", "left"), [("order", 98), ("adjust", 98), ("none", 100)])
async def test_a_sale_leaves_stock_once(
    driver: Driver, square: LyingSquare, clock: Clock, stock: str, left: int
) -> None:
    driver.connector = square_at(driver.connector.base_url, stock=stock)
    record = sale([line("mug", 1250, "2"), line("unknown", 100), line(None, 50)])
    refs = await sold(driver, clock, record)
    assert square.books.stock == {"V1": left, "V2": 50}
    ended, _ = await driver.deliver(fact_of(refund(record, [("cash", 2650)]), clock, sale_refs=refs))
    assert isinstance(ended, Complete)
    assert square.books.stock == {"V1": 100, "V2": 50}


async def test_after_a_day_an_order_still_moves_stock_and_the_agent_cannot(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    record = sale([line("mug", 1250, "2")])
    clock.forward(days=3)
    await sold(driver, clock, record)
    assert square.books.stock["V1"] == 98
    driver.connector = square_at(driver.connector.base_url, stock="adjust")
    ended, refs = await driver.deliver(fact_of(sale([line("mug", 1250, "2")], number=2), clock))
    assert isinstance(ended, Complete)
    by_hand = "Square's stock was not moved (Square takes changes for 24 hours only); correct it there by hand: "
    assert ended.notes == (by_hand + "mug -2",)
    back = refund(record, [("cash", 2500)], number=3)
    ended, _ = await driver.deliver(fact_of(back, clock, sale_refs=refs))
    assert isinstance(ended, Complete)
    assert ended.notes == (by_hand + "mug +2",)
    assert square.books.stock["V1"] == 98


async def test_stock_that_square_refuses_is_a_note_and_no_parked_sale(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    driver.connector = square_at(driver.connector.base_url, stock="adjust")
    square.books.variations.clear()
    ended, _ = await driver.deliver(fact_of(sale([line("mug", 1250)]), clock))
    assert isinstance(ended, Complete)
    assert driver.notes == [
        "Square's stock was not moved (Square refused it: no such object); correct it there by hand: mug -1"
    ]


async def test_a_long_sale_moves_its_stock_in_several_requests(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    driver.connector = square_at(driver.connector.base_url, stock="adjust")
    await sold(driver, clock, sale([line("tea", 10) for _ in range(150)]))
    assert square.books.stock["V2"] == -100
    assert len([asked for asked in square.requests if "batch-create" in asked]) == 2


async def test_a_till_whose_clock_runs_ahead_still_moves_stock(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    driver.connector = square_at(driver.connector.base_url, stock="adjust")
    await sold(driver, clock, sale([line("mug", 1250)], occurred_at="2026-11-20T13:30:00+01:00"))
    assert square.books.stock["V1"] == 99
