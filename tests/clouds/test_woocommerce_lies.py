"""WooCommerce behind a bad line, a bad host and bad plugins: one order a sale, whatever happens, and nothing parked."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from outbox.clouds.woocommerce.answer import parsed
from outbox.clouds.woocommerce.stretch import PAGE
from outbox.connector import (
    Absent,
    Answer,
    Idempotency,
    LookOn,
    Refused,
    Request,
    Retry,
    Step,
    Unauthorized,
    Unclear,
    Unknown,
)
from tests.clouds.lying_woocommerce import KEY, SECRET
from tests.clouds.records import line, refund, sale
from tests.clouds.test_woocommerce_sale import the_order
from tests.clouds.woo_shop import STORE, delivered, woo_at, woo_fact
from tests.clouds.woocommerce_spec import needs_woocommerce_spec, woocommerce_faults

if TYPE_CHECKING:
    from tests.clouds.driver import Clock, Driver
    from tests.clouds.lying_woocommerce import LyingWoo

API = "/wp-json/wc/v3"
ORDERS = f"POST {API}/orders"
MUG = [line("mug", 1250)]
SPLIT = [("card", 1000), ("cash", 250)]


def json_of(status: int, code: str, **data: Any) -> Answer:
    body = {"code": code, "message": "no", "data": {"status": status} | data}
    return Answer(status, {}, json.dumps(body).encode())


@pytest.mark.parametrize("what", ["hang", "drop", "half", "half_json", "status"])
@pytest.mark.parametrize("after", [False, True])
async def test_an_answer_lost_at_any_step_makes_nothing_twice(
    woo_driver: Driver, woo: LyingWoo, what: str, *, after: bool
) -> None:
    woo.own_tables, woo.orders.taxed = what in ("drop", "half"), False  # without taxes the total has to be evened out
    record = sale([line("mug", 11900)], [("card", 10000), ("cash", 1900)])
    for on in (f"{ORDERS} ", "GET", "PUT", "notes", "refunds"):
        woo.faults.add(what, on=on.strip(), after=after)
    ended, refs = await delivered(woo_driver, record)
    order = the_order(woo)
    assert (order["total"], ended.drift) == ("119.00", 0)
    assert len(order["fee_lines"]) == len(woo.orders.notes[order["id"]]) == 1
    ended, _ = await delivered(woo_driver, refund(record, [("cash", 11900)]), sale_refs=refs)
    assert [one["amount"] for one in order["refunds"]] == ["119.00"]
    assert woo.shelves.stock[10] == 100


async def test_a_look_believes_nothing_that_does_not_carry_our_id(woo_driver: Driver, woo: LyingWoo) -> None:
    """What WooCommerce does not know it ignores, and answers with everything it has."""
    woo.own_tables = False
    await delivered(woo_driver, sale(MUG, number=7))
    woo.faults.add("drop", on=ORDERS)
    await delivered(woo_driver, sale(MUG, number=8))
    assert len(woo.orders.orders) == 2


async def test_all_orders_since_are_looked_through_page_by_page_while_the_list_moves(
    woo_driver: Driver, woo: LyingWoo, clock: Clock
) -> None:
    woo.own_tables = False
    woo.faults.add("drop", on=ORDERS, after=True)

    def many() -> None:
        """Online orders keep coming in, some of them in one second; ours is among them."""
        for number in range(PAGE + 30):
            clock.forward(seconds=number % 3 == 0)
            woo.orders.create({"transaction_id": f"web-{number}", "line_items": []})

    woo_driver.on_failure = many
    record = sale(MUG)
    for number in range(PAGE + 5):
        woo.orders.create({"transaction_id": f"early-{number}", "line_items": []})
    await delivered(woo_driver, record)
    assert [one["transaction_id"] for one in woo.orders.orders.values()].count(record.id) == 1
    assert woo_driver.pages >= 2


async def test_an_order_of_the_same_moment_on_a_full_page_is_found(woo_driver: Driver, woo: LyingWoo) -> None:
    woo.own_tables = False
    for number in range(2 * PAGE):
        woo.orders.create({"transaction_id": f"bulk-{number}", "line_items": []})
    woo.faults.add("drop", on=ORDERS, after=True)
    record = sale(MUG)
    await delivered(woo_driver, record)
    assert [one["transaction_id"] for one in woo.orders.orders.values()].count(record.id) == 1


async def test_a_shop_that_is_still_at_it_is_given_time(woo_driver: Driver, woo: LyingWoo, clock: Clock) -> None:
    """The line broke while the shop was working: the order is there only a minute later."""
    woo.faults.add("drop", on=ORDERS)
    record = sale(MUG)
    body = {"transaction_id": record.id, "status": "completed", "line_items": []}
    woo.late.append((clock() + timedelta(minutes=1), body))
    await woo_driver.deliver(woo_fact(record, clock))
    assert len(woo.orders.orders) == 1


async def test_an_order_that_was_left_half_made_is_finished(woo_driver: Driver, woo: LyingWoo) -> None:
    woo.orders.breaks_off = 1
    ended, _ = await delivered(woo_driver, sale([line("mug", 1250, "2")], [("card", 2000), ("cash", 500)]))
    order = the_order(woo)
    assert (order["status"], order["total"], ended.drift) == ("completed", "25.00", 0)
    assert woo.shelves.stock[10] == 98


async def test_notices_of_php_before_each_answer_are_read_over(woo_driver: Driver, woo: LyingWoo) -> None:
    woo.notices = True
    woo.faults.add("drop", on=ORDERS, after=True)
    await delivered(woo_driver, sale(MUG, SPLIT))
    assert len(woo.orders.orders) == 1


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {"content-type": "text/html"}, b"<html>Welcome to the hotel</html>"),
        (403, {"content-type": "text/html"}, b"<html>Blocked by the firewall</html>"),
        (401, {"www-authenticate": "Basic realm=staging"}, b"<html>Staging</html>"),
        (429, {"retry-after": "1"}, b"<html>Too many requests</html>"),
        (503, {"retry-after": "1"}, b"Briefly unavailable for scheduled maintenance."),
        (500, {}, b'{"code":"internal_server_error","message":"critical","data":{"status":500}}'),
        (404, {}, b'{"code":"rest_no_route","message":"No route","data":{"status":404}}'),
        (403, {}, b'{"code":"rest_forbidden","message":"Only for members","data":{"status":403}}'),
        (301, {"location": "https://www.example.com/wp-json/wc/v3/orders"}, b""),
        (200, {}, b""),
        (200, {}, b"[]"),
    ],
)
async def test_what_stands_between_parks_nothing(
    woo_driver: Driver, woo: LyingWoo, status: int, headers: dict[str, str], body: bytes
) -> None:
    for after in (False, True):
        woo.faults.add(
            "status", on=ORDERS, status=status, headers=headers, body=body, after=after and status in (200, 500)
        )
    await delivered(woo_driver, sale(MUG))
    assert len(woo.orders.orders) == 1


def verdict(answer: Answer, clock: Clock, step: str = "order") -> object:
    connector = woo_at("https://shop.example.com")
    record = sale(MUG)
    fact = woo_fact(
        record, clock, refs={} if step == "order" else {"lines": "{}", "left": "0"}, sale_refs={"order": "1"}
    )
    asked = Step(step, "", Idempotency.PROBE_FIRST, Request("POST", "/orders"))
    return connector.verdict(asked, fact, answer)


def test_a_host_that_sends_on_is_told_with_the_address_it_sends_to(clock: Clock) -> None:
    found = verdict(Answer(301, {"location": "https://www.example.com/x"}, b""), clock)
    assert isinstance(found, Retry)
    assert "to www.example.com" in found.reason


@pytest.mark.parametrize(
    "code", ["woocommerce_rest_cannot_create", "woocommerce_rest_authentication_error", "woocommerce_rest_cannot_view"]
)
def test_a_key_that_is_not_taken_pauses_the_shop_and_says_where_keys_are_made(code: str, clock: Clock) -> None:
    found = verdict(json_of(401, code), clock)
    assert isinstance(found, Unauthorized)
    assert "REST API" in found.reason


async def test_a_key_without_write_permission_parks_nothing(woo_driver: Driver, woo: LyingWoo, clock: Clock) -> None:
    woo.read_only = True
    fact = woo_fact(sale(MUG), clock)
    step = woo_driver.connector.next_step(fact)
    assert isinstance(step, Step)
    answer = await woo_driver._exchange(step.request, "")
    assert isinstance(woo_driver.connector.verdict(step, fact, answer), Unauthorized)


def test_a_500_is_final_only_by_woocommerces_own_word_for_a_refund(clock: Clock) -> None:
    final = verdict(json_of(500, "woocommerce_rest_cannot_create_order_refund"), clock, "refund")
    assert isinstance(final, Refused)
    assert isinstance(verdict(json_of(500, "internal_server_error"), clock, "refund"), Unclear)
    assert isinstance(
        verdict(Answer(500, {}, b"woocommerce_rest_cannot_create_order_refund"), clock, "refund"), Unclear
    )


def test_a_refusal_names_the_parameter_it_is_about(clock: Clock) -> None:
    found = verdict(json_of(400, "rest_invalid_param", params={"line_items": "is not of type array"}), clock)
    assert isinstance(found, Refused)
    assert "line_items: is not of type array" in found.reason


def test_an_error_under_a_good_status_is_unclear(clock: Clock) -> None:
    assert isinstance(verdict(json_of(200, "rest_invalid_param"), clock), Unclear)


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf{}",
        b"<b>Notice</b>: {x} on line 3\n[1, {}]<!-- cached -->",
        b"{" * 10_000,
        b'{"id": 1',
        b"Warning {not json} {neither}",
        b"notice [1] then {2} and more",
        b'{"id": true, "status": 3, "total": "NaN"}',
        b'{"id": 1, "status": "completed", "total": "1e99999", "total_tax": "x"}',
        b'{"id": 1, "status": "completed", "total": "12.50", "total_tax": "1.00", "meta_data": [7, {"key": 3}]}',
    ],
)
def test_any_body_is_read_without_tripping_and_proves_nothing(body: bytes, clock: Clock) -> None:
    assert isinstance(verdict(Answer(201, {}, body), clock), Unclear)


@pytest.mark.parametrize(
    "notices", [b"", b"<br />\n<b>Warning</b>: key {0} of [] in <b>/p.php</b> on line <b>1</b><br />\n"]
)
def test_an_answer_that_is_cut_anywhere_is_none(notices: bytes) -> None:
    """What is whole within it, like an empty list of meta data, is not the answer."""
    values = [{"id": 1, "meta_data": [], "refunds": [{"id": 2}], "billing": {}}, {"id": 3, "lines": []}]
    whole = notices + json.dumps(values).encode()
    assert parsed(Answer(200, {}, whole)) == values
    for cut in range(len(whole)):
        assert parsed(Answer(200, {}, whole[:cut])) is None, whole[:cut]


async def test_looks_are_asked_for_anew_and_not_out_of_a_hosts_cache(woo_driver: Driver, clock: Clock) -> None:
    fact = woo_fact(sale(MUG), clock)
    step = woo_driver.connector.next_step(fact)
    assert isinstance(step, Step)
    asked = woo_driver.connector.probe(step, fact)
    assert asked is not None
    assert ("cache-control", "no-cache") in asked.headers


def test_over_https_the_key_goes_as_it_is_and_over_plain_http_it_signs(clock: Clock) -> None:
    basic = woo_at("https://shop.example.com").credentials(Request("GET", "/orders"), "", clock())
    assert basic == {"authorization": "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()}
    signed = woo_at("http://127.0.0.1:8080").credentials(Request("GET", "/orders?page=2"), "", clock())["authorization"]
    assert signed.startswith("OAuth ")
    assert 'oauth_signature_method="HMAC-SHA256"' in signed
    assert SECRET not in signed


@pytest.mark.parametrize("given", ["https://shop.example.com/", "https://shop.example.com/wp-json/wc/v3"])
def test_the_shops_address_is_understood_with_and_without_the_api(given: str) -> None:
    assert woo_at(given, STORE).base_url == "https://shop.example.com/wp-json/wc/v3"


@needs_woocommerce_spec
def test_the_judge_refuses_what_a_shop_would_ignore() -> None:
    good = b'{"status":"completed","line_items":[{"product_id":10,"quantity":2,"total":"1.00"}]}'
    assert woocommerce_faults("POST", f"{API}/orders", good) == []
    for bad in (
        b'{"date_created_gmt":"2026-11-20T10:00:00"}',
        b'{"line_items":[{"product_id":10,"total":1.0}]}',
        b'{"line_items":[{"product_id":10,"total_tax":"1.00"}]}',
        b'{"colour":"red"}',
    ):
        assert woocommerce_faults("POST", f"{API}/orders", bad), bad
    assert woocommerce_faults("GET", f"{API}/orders?meta_key=x", b"")
    assert woocommerce_faults("GET", f"{API}/orders?per_page=500", b"")
    assert woocommerce_faults("POST", f"{API}/orders/1/refunds", b'{"line_items":[{"id":"1"}]}')
    assert woocommerce_faults("GET", f"{API}/nothing", b"")


def sighting(answer: Answer, clock: Clock, name: str = "order", **more: Any) -> object:
    connector, refs = woo_at("https://shop.example.com"), {} if name == "order" else {"order": "5"}
    fact = woo_fact(sale(MUG), clock, **({"refs": refs, "sale_refs": {"order": "5"}} | more))
    asked = Step(name, "", Idempotency.PROBE_FIRST, Request("POST", "/orders"))
    return connector.sighting(asked, replace(fact, asked=Request("GET", "/orders?after=2026-11-20T11:00:00")), answer)


def listed(*values: object, **headers: str) -> Answer:
    return Answer(200, {name.replace("_", "-"): text for name, text in headers.items()}, json.dumps(values).encode())


def test_a_look_that_is_refused_or_not_let_in_proves_nothing(clock: Clock) -> None:
    assert isinstance(sighting(json_of(400, "rest_invalid_param"), clock), Unknown)
    assert isinstance(sighting(json_of(401, "woocommerce_rest_cannot_view"), clock), Unauthorized)
    assert isinstance(sighting(Answer(502, {}, b"<html>"), clock, "adjust-1"), Unknown)
    assert isinstance(sighting(Answer(403, {}, b"<html>"), clock, "refund"), Unknown)


@pytest.mark.parametrize("name", ["adjust-1", "refund"])
def test_another_order_than_was_asked_for_proves_nothing(name: str, clock: Clock) -> None:
    other = {"id": 6, "status": "completed", "total": "1.00", "total_tax": "0.00", "refunds": []}
    assert isinstance(sighting(Answer(200, {}, json.dumps(other).encode()), clock, name), Unknown)


def test_others_refunds_and_notes_are_not_ours(clock: Clock) -> None:
    order = {"id": 5, "total": "1.00", "refunds": [{"id": 9, "reason": "by the shop", "total": "-1.00"}]}
    assert isinstance(sighting(Answer(200, {}, json.dumps(order).encode()), clock, "refund"), Absent)
    assert isinstance(sighting(listed({"id": 9, "note": "called the customer"}), clock, "note"), Absent)


def test_a_page_without_dates_is_gone_on_from_by_place(clock: Clock) -> None:
    seen = sighting(listed({"id": 1}, {"id": 2}, x_wp_total="3"), clock)
    assert isinstance(seen, LookOn)
    assert "offset=2" in seen.request.path
    assert "after=2026-11-20T11%3A00%3A00" in seen.request.path
    assert isinstance(sighting(listed(x_wp_total="3"), clock), Unknown), "it counts some and lists none"


async def test_with_no_word_ever_heard_from_the_shop_all_its_orders_are_looked_through(
    woo_driver: Driver, clock: Clock
) -> None:
    fact = woo_fact(sale(MUG), clock)
    step = woo_driver.connector.next_step(fact)
    assert isinstance(step, Step)
    asked = woo_driver.connector.probe(step, fact)
    seen = woo_driver.connector.sighting(step, replace(fact, asked=asked), listed())
    assert isinstance(seen, LookOn)
    assert "after" not in seen.request.path


def test_a_host_that_asks_to_wait_in_words_of_wordpress_is_waited_for(clock: Clock) -> None:
    found = verdict(json_of(429, "too_many_requests"), clock)
    assert isinstance(found, Retry)


def test_a_place_it_was_moved_to_that_is_none_trips_nothing(clock: Clock) -> None:
    assert isinstance(verdict(Answer(308, {"location": "https://[broken"}, b""), clock), Retry)


@pytest.mark.parametrize("name", ["order", "adjust-1", "note", "look", "refund"])
def test_a_whole_answer_about_something_else_is_unclear(name: str, clock: Clock) -> None:
    record = sale(MUG)
    ours = [{"key": "_stillopen_id", "value": record.id}] if name == "adjust-1" else []
    other = {"id": 1, "status": "completed", "total": "1.00", "total_tax": "0.00", "note": "x", "meta_data": ours}
    if name == "look":
        other["id"] = 7
    fact = woo_fact(record, clock, refs={"order": "1"}, sale_refs={"order": "1"})
    asked = Step(name, "", Idempotency.NONE, Request("GET", "/orders/1"))
    answer = Answer(200, {}, json.dumps(other).encode())
    assert isinstance(woo_at("https://shop.example.com").verdict(asked, fact, answer), Unclear)
