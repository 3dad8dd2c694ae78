"""Answers of Shopify's that are nearly what was asked for, and must not be taken for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from outbox.clouds.shopify import checks
from outbox.connector import Absent, Answer, Complete, Done, Found, LookOn, Refused, Step, Unclear, Unknown
from outbox.feeds import Feed, Page
from outbox.mapping import Declared, Finding, Level
from tests.clouds.records import line, refund, sale
from tests.clouds.shopify_shop import STORE, settings, shopify_at, shopify_fact

if TYPE_CHECKING:
    from outbox.connector import Fact
    from tests.clouds.driver import Clock

SALE = sale([line("mug", 1250, "2")])
BACK = refund(SALE, [("cash", 2500)])
ORDER = "gid://shopify/Order/1"


def answer(data: object) -> Answer:
    return Answer(200, {}, json.dumps({"data": data}).encode())


def bag(amount: str) -> dict[str, Any]:
    return {"shopMoney": {"amount": amount, "currencyCode": "EUR"}}


def an_order(**more: Any) -> dict[str, Any]:
    return {
        "id": ORDER, "sourceIdentifier": "another", "createdAt": "2026-11-20T12:00:00Z",
        "totalPriceSet": bag("25.00"), "totalTaxSet": bag("3.99"),
    } | more  # fmt: skip


def latest(*orders: object, more: bool = True) -> Answer:
    return answer({"latest": {"nodes": list(orders), "pageInfo": {"hasNextPage": more, "endCursor": "c"}}})


def a_step(fact: Fact, **how: Any) -> tuple[Any, Step]:
    connector = shopify_at("http://127.0.0.1:1", **how)
    step = connector.next_step(fact)
    assert isinstance(step, Step)
    return connector, step


def of_the_refund(clock: Clock, **refs: str) -> Fact:
    return shopify_fact(BACK, clock, sale_refs={"order": ORDER}, refs=refs)


@pytest.mark.parametrize(
    "order",
    [
        None, "text", {"id": 7}, an_order(totalPriceSet=None), an_order(totalPriceSet=bag("12.345")),
        an_order(totalPriceSet=bag("much")), an_order(totalPriceSet={"shopMoney": {"amount": "1.00"}}),
    ],
)  # fmt: skip
def test_what_is_no_order_proves_nothing(clock: Clock, order: object) -> None:
    fact = shopify_fact(SALE, clock)
    connector, step = a_step(fact)
    assert isinstance(
        connector.verdict(step, fact, answer({"orderCreate": {"order": order, "userErrors": []}})), Unclear
    )
    assert isinstance(connector.sighting(step, fact, latest(order)), LookOn)


def test_a_list_is_gone_through_where_no_time_says_how_far(clock: Clock) -> None:
    connector, step = a_step(shopify_fact(SALE, clock))
    unheard, heard = shopify_fact(SALE, clock), shopify_fact(SALE, clock, since=clock())
    old = an_order(createdAt="2026-11-01T00:00:00Z")
    assert isinstance(connector.sighting(step, unheard, latest(old)), LookOn)
    assert connector.sighting(step, heard, latest(old)) == Absent(120.0)
    assert isinstance(connector.sighting(step, heard, latest(an_order(createdAt="yesterday"))), LookOn)
    assert isinstance(connector.sighting(step, heard, latest()), LookOn)


def test_a_look_that_is_refused_proves_nothing(clock: Clock) -> None:
    fact = shopify_fact(SALE, clock)
    connector, step = a_step(fact)
    refused = {"errors": [{"message": "m", "extensions": {"code": "INVALID_VARIABLE"}}]}
    assert isinstance(connector.sighting(step, fact, Answer(200, {}, json.dumps(refused).encode())), Unknown)


def test_a_refund_is_looked_for_at_its_own_order_alone(clock: Clock) -> None:
    read = {"page-1": "", "payment-1": "T", "gateway-1": "cash", "left-1": "2500", "called-cash": "cash"}
    fact = of_the_refund(clock, **read)
    connector, step = a_step(fact)
    assert step.name == "refund"
    mine: dict[str, Any] = {
        "id": "gid://shopify/Refund/1",
        "note": f"Receipt {BACK.id}",
        "totalRefundedSet": bag("25.00"),
    }

    def seen(order: object) -> object:
        return connector.sighting(step, fact, answer({"order": order}))

    assert seen({"id": ORDER, "refunds": [mine]}) == Found({"refund": mine["id"], "refunded": "2500"})
    assert seen({"id": ORDER, "refunds": [mine | {"note": "another"}, mine | {"id": None}]}) == Absent()
    assert isinstance(seen({"id": "another", "refunds": [mine]}), Unknown)
    assert isinstance(seen({"id": ORDER}), Unknown)
    assert isinstance(
        connector.verdict(step, fact, answer({"refundCreate": {"refund": None, "userErrors": []}})), Unclear
    )


def test_only_payments_that_stand_are_given_back_from(clock: Clock) -> None:
    fact = of_the_refund(clock)
    connector, step = a_step(fact)
    paid = {"id": "T1", "kind": "SALE", "status": "SUCCESS", "gateway": "cash", "amountSet": bag("25.00")}
    transactions = [
        paid | {"status": "FAILURE", "id": "T0"}, paid | {"kind": "VOID", "id": "T2"}, paid,
        paid | {"kind": "REFUND", "id": "T3", "amountSet": bag("5.00"), "parentTransaction": {"id": "T1"}},
        paid | {"amountSet": None, "id": "T4"},
    ]  # fmt: skip
    order = {"id": ORDER, "transactions": transactions, "lineItems": {"nodes": []}, "refunds": []}
    found = connector.verdict(step, fact, answer({"order": order}))
    assert isinstance(found, Done)
    assert {name: found.refs[name] for name in found.refs if name.startswith(("payment", "left"))} == {
        "payment-1": "T1",
        "left-1": "2000",
    }
    assert isinstance(connector.verdict(step, fact, answer({"order": order | {"id": "another"}})), Unclear)


def test_stock_that_shopify_does_not_move_is_a_persons(clock: Clock) -> None:
    sold = shopify_fact(SALE, clock, refs={"order": ORDER, "total": "2500", "tax": "399", "currency": "EUR"})
    connector, step = a_step(sold, stock="adjust")
    assert isinstance(connector.verdict(step, sold, answer({"shop": {}})), Unclear)
    refs = {**sold.refs, "items-1": "read", "of-1": "gid://shopify/InventoryItem/1"}
    moving = shopify_fact(SALE, clock, refs=refs)
    connector, step = a_step(moving, stock="adjust")
    error = {"field": ["input"], "message": "not stocked here", "code": "ITEM_NOT_STOCKED_AT_LOCATION"}
    found = connector.verdict(step, moving, answer({"inventoryAdjustQuantities": {"userErrors": [error]}}))
    assert isinstance(found, Done)
    assert "mug -2" in str(found.note)
    assert isinstance(connector.sighting(step, moving, answer({"shop": None, "other": 1})), Unknown)


def test_another_currency_than_the_receipts_is_named(clock: Clock) -> None:
    refs = {"order": ORDER, "total": "2500", "tax": "399", "currency": "USD"}
    ended = shopify_at("http://127.0.0.1:1").next_step(shopify_fact(SALE, clock, refs=refs))
    assert isinstance(ended, Complete)
    assert "USD" in ended.notes[0]


def test_variants_and_levels_that_say_too_little_are_passed_over() -> None:
    connector = shopify_at("http://127.0.0.1:1")
    end = {"pageInfo": {"hasNextPage": False, "endCursor": None}}
    variants = answer({"shop": {"currencyCode": "EUR"}, "productVariants": {"nodes": [{"sku": "mug"}]} | end})
    level = {"item": {"tracked": True, "variants": {"nodes": [{"id": "v"}]}}, "quantities": []}
    levels = answer({"location": {"inventoryLevels": {"nodes": [level]} | end}})
    for feed, got in ((Feed.ITEMS, variants), (Feed.STOCK, levels)):
        page = connector.page(feed, None, got)
        assert isinstance(page, Page)
        assert (page.items, page.tombstones, page.stock) == ((), (), ())


def test_a_shop_that_does_not_say_whether_prices_hold_taxes_is_not_judged() -> None:
    asked = checks(settings(taxes={}), STORE, Declared())
    found = asked.findings("shop", answer({"shop": {"name": "Shop", "currencyCode": "EUR"}}))
    assert all(isinstance(one, Finding) and one.level is not Level.WRONG for one in found)


def test_a_record_that_can_be_no_order_says_what_to_do(clock: Clock) -> None:
    record = sale([line("mug", 1)] * 251)
    ended = shopify_at("http://127.0.0.1:1").next_step(shopify_fact(record, clock))
    assert isinstance(ended, Refused)
    assert "250 lines" in ended.reason
