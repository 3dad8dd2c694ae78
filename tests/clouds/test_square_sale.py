"""Sales to a Square that works everything out itself, and lies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from outbox.connector import Complete, Refused
from tests.clouds.records import fact_of, line, sale

if TYPE_CHECKING:
    from tests.clouds.driver import Clock, Driver
    from tests.clouds.lying_square import LyingSquare


def only(things: dict[str, Any]) -> Any:
    (thing,) = things.values()
    return thing


async def test_a_cash_sale_is_one_order_paid_by_one_payment(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    record = sale([line("mug", 1250, "2", discount=250)], [("cash", 5000)], sale_discount=100)
    ended, _ = await driver.deliver(fact_of(record, clock))
    order, payment = only(square.books.orders), only(square.books.payments)
    assert ended == Complete(order["id"])
    assert order["state"] == "COMPLETED"
    assert order["total_money"] == {"amount": 2150, "currency": "EUR"}
    assert order["total_tax_money"]["amount"] == record.body["taxes"][0]["amount"] == 343
    assert order["reference_id"] == "T1-000001"
    assert order["metadata"] == {
        "stillopen_id": record.id,
        "stillopen_sold_at": record.occurred_at,
        "stillopen_till": "till-1",
        "stillopen_chain": record.hash.hex(),
    }
    assert payment["amount_money"]["amount"] == 2150
    assert payment["source_type"] == "CASH"
    assert square.requests == ["POST /v2/orders", "POST /v2/payments"]


async def test_several_tenders_are_approved_and_then_paid_together(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    record = sale([line("mug", 1250, "2")], [("cash", 1500), ("card", 700), ("voucher", 500)])
    ended, refs = await driver.deliver(fact_of(record, clock))
    assert isinstance(ended, Complete)
    assert ended.drift == 0
    amounts = {p["source_type"] + str(p["amount_money"]["amount"]): p["status"] for p in square.books.payments.values()}
    assert amounts == {"CASH1300": "COMPLETED", "EXTERNAL700": "COMPLETED", "EXTERNAL500": "COMPLETED"}
    assert square.requests[-1] == f"POST /v2/orders/{refs['order']}/pay"
    assert [refs[f"type-{n}"] for n in (1, 2, 3)] == ["cash", "card", "voucher"]


async def test_change_that_cash_cannot_give_comes_off_what_is_there(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    record = sale([line("mug", 1000)], [("cash", 100), ("voucher", 1500)])
    ended, _ = await driver.deliver(fact_of(record, clock))
    assert isinstance(ended, Complete)
    assert [p["amount_money"]["amount"] for p in square.books.payments.values()] == [1000]


async def test_a_sale_for_nothing_is_paid_with_no_payment(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    record = sale([line("mug", 1250)], [], sale_discount=1250)
    ended, _ = await driver.deliver(fact_of(record, clock))
    assert isinstance(ended, Complete)
    assert only(square.books.orders)["state"] == "COMPLETED"
    assert square.books.payments == {}


@pytest.mark.parametrize("rounding", [-2, 2, -1, 1])
@pytest.mark.parametrize("included", [True, False])
async def test_cash_rounding_is_an_adjustment_of_its_own(
    driver: Driver, square: LyingSquare, clock: Clock, rounding: int, *, included: bool
) -> None:
    record = sale([line("tea", 399, "3")], included=included, rounding=rounding)
    ended, _ = await driver.deliver(fact_of(record, clock))
    order = only(square.books.orders)
    assert isinstance(ended, Complete)
    assert ended.drift == 0
    assert order["total_money"]["amount"] == record.body["total"] + rounding
    named = order.get("service_charges", []) + order.get("discounts", [])
    assert ("Cash rounding", abs(rounding)) in [(one["name"], one["amount_money"]["amount"]) for one in named]


async def test_half_a_cent_that_square_rounds_down_is_added_back(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    record = sale([line("tea", 150, tax="reduced")], included=False)  # 10.5: the till says 11, Square 10
    ended, refs = await driver.deliver(fact_of(record, clock))
    assert ended == Complete(
        refs["order"],
        notes=(
            "Square worked the total out as 160, the till as 161; it was evened out",
            "Square counts 10 as tax, the receipt 11",
        ),
    )
    assert only(square.books.orders)["total_money"]["amount"] == 161


async def test_a_weight_that_square_rounds_otherwise_is_evened_out(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    record = sale([line("cheese", 1300, "0.125", unit="kg", tax=None)])  # 162.5: the till says 163, Square 162
    ended, _ = await driver.deliver(fact_of(record, clock))
    assert isinstance(ended, Complete)
    assert ended.drift == 0
    order = only(square.books.orders)
    assert order["total_money"]["amount"] == 163
    assert order["line_items"][0]["quantity_unit"] == {
        "measurement_unit": {"weight_unit": "METRIC_KILOGRAM", "type": "TYPE_WEIGHT"},
        "precision": 3,
    }


async def test_a_discount_that_also_lowers_the_tax_is_made_up_for(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    square.faults.add("total", on="POST /v2/orders", value=2)  # so it is lowered by 2 that were never there
    record = sale([line("mug", 3, tax="standard"), line("tea", 399, tax="standard")], included=False)
    ended, _ = await driver.deliver(fact_of(record, clock))
    assert isinstance(ended, Complete)
    assert ended.drift == 0
    assert only(square.books.orders)["total_money"]["amount"] == record.body["total"]
    assert len([asked for asked in square.requests if asked.startswith("PUT")]) == 2


@pytest.mark.parametrize("wrong", [700, -700])
async def test_a_wrong_total_is_looked_at_twice_before_it_is_believed(
    driver: Driver, square: LyingSquare, clock: Clock, wrong: int
) -> None:
    square.faults.add("total", on="POST /v2/orders", value=wrong)
    record = sale([line("mug", 1250)])
    ended, _ = await driver.deliver(fact_of(record, clock))
    assert isinstance(ended, Complete)
    assert ended.drift == 0
    assert [asked.split("/O")[0] for asked in square.requests] == [
        "POST /v2/orders", "GET /v2/orders", "POST /v2/payments",
    ]  # fmt: skip
    assert only(square.books.orders)["total_money"]["amount"] == 1250


@pytest.mark.parametrize("wrong", [1, -1])
async def test_a_total_that_lies_within_rounding_is_corrected_by_what_comes_next(
    driver: Driver, square: LyingSquare, clock: Clock, wrong: int
) -> None:
    square.faults.add("total", on="POST /v2/orders", value=wrong)
    record = sale([line("mug", 1250)], included=False)
    ended, _ = await driver.deliver(fact_of(record, clock))
    assert isinstance(ended, Complete)
    assert ended.drift == 0
    assert only(square.books.orders)["total_money"]["amount"] == record.body["total"]


async def test_a_total_that_lies_for_ever_is_judged_by_square_itself(
    driver: Driver, square: LyingSquare, clock: Clock
) -> None:
    square.faults.add("total", on="/v2/orders", value=500, times=99)
    ended, _ = await driver.deliver(fact_of(sale([line("mug", 1250)]), clock))
    assert isinstance(ended, Refused)
    assert ended.code == "PAYMENT_AMOUNT_MISMATCH"
    assert square.books.payments == {}


async def test_what_square_cannot_hold_goes_in_as_one_piece(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    record = sale([line("mug", 1000, "0.3333333", unit="kg", discount=3), line("tea", 399, "0.5")])
    ended, _ = await driver.deliver(fact_of(record, clock))
    assert isinstance(ended, Complete)
    assert ended.drift == 0
    first, second = only(square.books.orders)["line_items"]
    assert (first["quantity"], first["base_price_money"]["amount"]) == ("1", 333)
    assert first["note"] == "0.3333333 kg at 1000"
    assert second["note"] == "0.5 each at 399"
    assert "catalog_object_id" not in first


@pytest.mark.parametrize(("price", "quantity"), [(-5, "1"), (5, "0")])
async def test_a_line_square_has_no_place_for_is_parked_before_anything_is_sent(
    driver: Driver, square: LyingSquare, clock: Clock, price: int, quantity: str
) -> None:
    record = sale([line("mug", 1250)])
    record.body["lines"][0] |= {"price": price, "quantity": quantity}
    ended, _ = await driver.deliver(fact_of(record, clock))
    assert isinstance(ended, Refused)
    assert ended.code == "cannot_be_an_order"
    assert square.requests == []


async def test_tenders_carry_their_kind_and_reference(driver: Driver, square: LyingSquare, clock: Clock) -> None:
    sent: list[Any] = []
    record = sale([line("mug", 1250)], [("card", 1000), ("voucher", 250)])
    driver.on_step = lambda step: sent.append(json.loads(step.request.body))
    await driver.deliver(fact_of(record, clock))
    details = [body["external_details"] for body in sent if "external_details" in body]
    assert details == [
        {"type": "CARD", "source": "card", "source_id": "slip 0042"},
        {"type": "OTHER", "source": "voucher"},
    ]
