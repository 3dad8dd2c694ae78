"""What Shopify's answers may do to us: get lost at every step, lag, throttle, expire, and not be Shopify's at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from outbox.clouds.shopify.answer import A_MINUTE_S
from outbox.connector import Absent, Answer, Done, Found, LookOn, Refused, Retry, Step, Unauthorized, Unclear, Unknown
from tests.clouds.records import line, refund, sale
from tests.clouds.shopify_shop import MUG, cents, delivered, refused, settings, shopify_at, shopify_fact, the_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from outbox.connector import Outcome
    from tests.clouds.driver import Clock, Driver
    from tests.clouds.lying_shopify import LyingShopify

SALE = sale([line("mug", 1250, "2"), line("tea", 399)], [("cash", 1000), ("card", 1899)])
BACK = refund(SALE, [("card", 1899), ("cash", 1000)])
LOSSES = ["hang", "drop", "half", "half_json", "status"]


def answer(body: object, status: int = 200, **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


def verdict(got: Answer, clock: Callable[[], datetime]) -> Outcome:
    """Return what an answer to a sale's order means."""
    connector = shopify_at("http://127.0.0.1:1")
    fact = shopify_fact(SALE, clock)
    step = connector.next_step(fact)
    assert isinstance(step, Step)
    return connector.verdict(step, fact, got)


@pytest.mark.parametrize("after", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize("what", LOSSES)
async def test_an_answer_lost_at_any_step_doubles_nothing(
    to_shopify: Driver, shopify: LyingShopify, what: str, *, after: bool
) -> None:
    to_shopify.connector = shopify_at(to_shopify.connector.base_url, stock="adjust")  # which has the most steps
    for operation in ("CreateOrder", "StockItems", "AdjustStock", "OrderLeft", "CreateRefund"):
        shopify.faults.add(what, on=operation, after=after)
    ended, sale_refs = await delivered(to_shopify, SALE)
    assert (ended.drift, len(shopify.books.orders), shopify.shelf.available(MUG)) == (0, 1, 98)
    ended, _ = await delivered(to_shopify, BACK, sale_refs=sale_refs)
    assert (ended.drift, ended.notes) == (0, ())
    assert [cents(one["totalRefundedSet"]) for one in the_order(shopify)["refunded"]] == [2899]
    assert shopify.shelf.available(MUG) == 100


@pytest.mark.parametrize(("lag_s", "listing_s"), [(0, 0), (110, 0), (0, 110), (110, 110)])
async def test_an_order_that_the_index_does_not_show_yet_is_found_later(
    to_shopify: Driver, shopify: LyingShopify, lag_s: float, listing_s: float
) -> None:
    shopify.books.lag, shopify.books.listing_lag = timedelta(seconds=lag_s), timedelta(seconds=listing_s)
    shopify.faults.add("drop", on="CreateOrder", after=True, times=2)
    await delivered(to_shopify, SALE)
    assert len(shopify.books.orders) == 1


async def test_the_answer_to_an_order_without_its_customer_may_be_lost_too(
    to_shopify: Driver, shopify: LyingShopify
) -> None:
    def lose(step: Step) -> None:
        if step.name == "order-2":
            shopify.faults.add("drop", on="CreateOrder", after=True)

    to_shopify.on_step = lose
    await delivered(to_shopify, SALE, customer="gid://shopify/Customer/8")
    assert (len(shopify.books.orders), to_shopify.looks > 0) == (1, True)


async def test_an_order_that_never_came_is_sent_again_and_looked_for_again(
    to_shopify: Driver, shopify: LyingShopify
) -> None:
    shopify.books.lag = shopify.books.listing_lag = timedelta(seconds=110)
    shopify.faults.add("drop", on="CreateOrder")  # lost on its way there
    shopify.faults.add("drop", on="CreateOrder", after=True)  # and the next one on its way back
    await delivered(to_shopify, SALE)
    assert len(shopify.books.orders) == 1
    assert shopify.requests.count("CreateOrder") == 2


async def test_a_look_goes_through_the_latest_orders_until_before_the_request(
    to_shopify: Driver, shopify: LyingShopify, clock: Clock
) -> None:
    for number in range(1, 231):
        shopify.books.orders[f"old {number}"] = _anothers(clock, f"old {number}")
    clock.forward(hours=1)
    shopify.books.lag = timedelta(days=1)
    shopify.faults.add("drop", on="CreateOrder", after=True)
    to_shopify.on_failure = lambda: shopify.books.orders.update(
        {f"new {n}": _anothers(clock, f"new {n}") for n in range(130)}
    )
    await delivered(to_shopify, SALE)
    assert sum(one["sourceIdentifier"] == SALE.id for one in shopify.books.orders.values()) == 1
    assert to_shopify.pages == 2  # ours is on the second page of the list; what is older is not asked for


def test_a_look_believes_only_our_own_id(clock: Clock) -> None:
    connector = shopify_at("http://127.0.0.1:1")
    fact = shopify_fact(SALE, clock, since=clock())
    step = connector.next_step(fact)
    assert isinstance(step, Step)
    other: dict[str, Any] = {
        "id": "gid://shopify/Order/9",
        "sourceIdentifier": "another",
        "createdAt": "2026-11-20T12:00:00Z",
    }
    other |= {"totalPriceSet": {"shopMoney": {"amount": "28.99", "currencyCode": "EUR"}}, "totalTaxSet": None}
    last = {"nodes": [other], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    more = {"nodes": [other], "pageInfo": {"hasNextPage": True, "endCursor": "c"}}

    def seen(data: object) -> object:
        return connector.sighting(step, fact, answer({"data": data}))

    assert isinstance(seen({"named": {"nodes": [other]}}), LookOn)
    assert isinstance(seen({"latest": more}), LookOn)
    assert seen({"latest": last}) == Absent(120.0)
    mine = other | {"sourceIdentifier": SALE.id}
    assert isinstance(seen({"named": {"nodes": [mine]}}), Found)
    assert isinstance(seen({"named": {}}), Unknown)
    assert isinstance(seen({}), Unknown)
    assert isinstance(connector.sighting(step, fact, answer(b"<html>")), Unknown)
    expired = answer({"errors": "[API] Invalid API key or access token"}, 401)
    assert isinstance(connector.sighting(step, fact, expired), Unauthorized)


@pytest.mark.parametrize("hours", [0.5, 100], ids=["its key is young", "its key is forgotten"])
async def test_a_refund_in_doubt_is_sent_again_or_looked_for(
    to_shopify: Driver, shopify: LyingShopify, clock: Clock, hours: float
) -> None:
    _, sale_refs = await delivered(to_shopify, SALE)
    shopify.faults.add("drop", on="CreateRefund", after=True)
    to_shopify.on_failure = lambda: clock.forward(hours=hours)
    ended, _ = await delivered(to_shopify, BACK, sale_refs=sale_refs)
    assert (ended.drift, len(the_order(shopify)["refunded"])) == (0, 1)
    assert ("OrderRefunds" in shopify.requests) == (hours > 1)


async def test_stock_whose_answer_was_lost_for_too_long_is_a_persons_to_count(
    to_shopify: Driver, shopify: LyingShopify, clock: Clock
) -> None:
    to_shopify.connector = shopify_at(to_shopify.connector.base_url, stock="adjust")
    shopify.faults.add("drop", on="AdjustStock", after=True)
    to_shopify.on_failure = lambda: clock.forward(hours=2)
    ended, _ = await delivered(to_shopify, SALE)
    assert [note for note in ended.notes if "is not known" in note and "mug -2, tea -1" in note]
    assert shopify.shelf.available(MUG) == 98


async def test_an_empty_bucket_is_waited_for_as_long_as_it_takes_to_fill(
    to_shopify: Driver, shopify: LyingShopify, clock: Clock
) -> None:
    shopify.bucket.left, shopify.bucket.per_s = 0, 2
    connector = to_shopify.connector
    fact = shopify_fact(SALE, clock)
    step = connector.next_step(fact)
    assert isinstance(step, Step)
    found = connector.verdict(step, fact, await to_shopify._exchange(step.request, step.key))
    assert found == Retry("Shopify asks to wait (THROTTLED)", 5.0)  # ten points at two a second
    to_shopify.on_failure = lambda: clock.forward(seconds=5)
    await delivered(to_shopify, SALE)
    assert len(shopify.books.orders) == 1
    assert to_shopify.looks == 0  # it is known not to have come


async def test_a_development_store_takes_five_orders_a_minute(
    to_shopify: Driver, shopify: LyingShopify, clock: Clock
) -> None:
    shopify.books.development = True
    to_shopify.on_failure = lambda: clock.forward(seconds=A_MINUTE_S)
    for number in range(1, 8):
        await delivered(to_shopify, sale([line("mug", 1250)], number=number))
    assert len(shopify.books.orders) == 7
    assert to_shopify.looks == 0


async def test_another_version_is_told(to_shopify: Driver, shopify: LyingShopify) -> None:
    shopify.serves = "2027-07"
    await delivered(to_shopify, SALE)
    assert [note for note in to_shopify.notes if "2027-07" in note]


async def test_a_token_that_ran_out_pauses_and_parks_nothing(to_shopify: Driver, shopify: LyingShopify) -> None:
    shopify.token = "another"

    def renew() -> None:
        shopify.token = settings().token.get_secret_value()  # type: ignore[union-attr]  # it has one

    to_shopify.on_failure = renew
    await delivered(to_shopify, SALE)
    assert len(shopify.books.orders) == 1


async def test_a_total_that_is_another_is_drift(to_shopify: Driver, shopify: LyingShopify) -> None:
    shopify.faults.add("total", on="CreateOrder", value=7)
    ended, _ = await delivered(to_shopify, SALE)
    assert ended.drift == 7


async def test_another_currency_is_refused_by_the_shop(to_shopify: Driver, shopify: LyingShopify) -> None:
    shopify.books.currency = "USD"
    ended = await refused(to_shopify, SALE)
    assert "order.currency" in ended.reason


async def test_a_refusal_is_made_anew_by_a_person(to_shopify: Driver, shopify: LyingShopify) -> None:
    _, sale_refs = await delivered(to_shopify, SALE)
    order = the_order(shopify)
    gone, order["paid"] = order["paid"], []
    order["transactions"] = lambda first: gone
    await refused(to_shopify, BACK, sale_refs=sale_refs)
    order["paid"] = gone
    ended, _ = await delivered(to_shopify, BACK, sale_refs=sale_refs, generation=1)
    assert ended.drift == 0


def wrong(message: str, code: str | None = None) -> dict[str, Any]:
    error = {"field": ["order"], "message": message, "code": code}
    return {"data": {"orderCreate": {"order": None, "userErrors": [error]}}}


def failed(code: str, data: object = None) -> dict[str, Any]:
    return {"errors": [{"message": "m", "extensions": {"code": code}}], "data": data}


@pytest.mark.parametrize(
    ("got", "means"),
    [
        (answer(b"<html>Sign in to the hotel's line</html>"), Unclear),
        (answer(b""), Unclear),
        (answer([1]), Unclear),
        (answer({"data": {}}), Unclear),
        (answer({"data": {"orderCreate": None}}), Unclear),
        (answer({"data": {"orderCreate": {"order": None, "userErrors": []}}}), Unclear),
        (answer(b"<html>", 302), Retry),
        (answer(b"<html>", 403), Retry),
        (answer(b"<html>", 404), Retry),
        (answer(b"", 408), Unclear),
        (answer(b"", 429, retry_after="2"), Retry),
        (answer(b"", 430), Retry),
        (answer({"errors": "Throttled"}, 430), Retry),
        (answer(b"", 500), Unclear),
        (answer({"errors": [{"message": "Internal error"}]}, 500), Unclear),
        (answer({"errors": "Not Found"}, 404), Unauthorized),
        (answer({"errors": "Unavailable Shop"}, 402), Unauthorized),
        (answer({"errors": "Locked"}, 423), Unauthorized),
        (answer({"errors": "[API] Invalid API key"}, 401), Unauthorized),
        (answer(failed("ACCESS_DENIED")), Unauthorized),
        (answer(failed("ACCESS_DENIED", {"orderCreate": None})), Unauthorized),
        (answer(failed("ACCESS_DENIED", {"orderCreate": {"order": {"id": "1"}}})), Unclear),  # it did a part of it
        (answer(failed("INTERNAL_SERVER_ERROR")), Unclear),
        (answer(failed("")), Unclear),
        (answer(failed("THROTTLED")), Retry),
        (answer(failed("undefinedField")), Retry),  # of a version to come: no record's fault
        (answer(failed("INVALID_VARIABLE")), Refused),
        (answer(failed("IDEMPOTENCY_CONCURRENT_REQUEST")), Unclear),
        (answer(wrong("Exceeded order API rate limit, please try again in a minute.")), Retry),
        (answer(wrong("is invalid", "INVALID")), Refused),
        (answer(wrong("could not be claimed", "INVENTORY_CLAIM_FAILED")), Refused),
        (answer(wrong("lies in the future", "PROCESSED_AT_INVALID")), Refused),
        (answer(wrong("asleep", "SHOP_DORMANT")), Unauthorized),
        (answer(wrong("later", "SERVICE_UNAVAILABLE")), Unclear),
        (answer(wrong("under way", "IDEMPOTENCY_CONCURRENT_REQUEST")), Unclear),
    ],
)
def test_what_an_answer_means(clock: Clock, got: Answer, means: type) -> None:
    found = verdict(got, clock)
    assert isinstance(found, means), found
    if isinstance(found, Refused):
        assert found.hint
        assert found.reason


def test_an_order_of_somebody_elses_is_not_ours(clock: Clock) -> None:
    bag = {"shopMoney": {"amount": "1.0", "currencyCode": "EUR"}}
    order = {"id": "gid://shopify/Order/9", "sourceIdentifier": "another", "totalPriceSet": bag, "totalTaxSet": bag}
    assert isinstance(verdict(answer({"data": {"orderCreate": {"order": order, "userErrors": []}}}), clock), Unclear)
    mine = order | {"sourceIdentifier": SALE.id}
    found = verdict(answer({"data": {"orderCreate": {"order": mine, "userErrors": []}}}), clock)
    assert isinstance(found, Done)
    assert found.refs["total"] == "100"


def _anothers(clock: Clock, name: str) -> dict[str, Any]:
    at = clock().astimezone(UTC).isoformat()
    bag = {"shopMoney": {"amount": "1.00", "currencyCode": "EUR"}}
    return {"id": name, "sourceIdentifier": None, "createdAt": at, "totalPriceSet": bag, "totalTaxSet": bag}
