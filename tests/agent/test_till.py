"""The till as a whole: what is told is on the disk, what is asked twice is done once, what breaks comes back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from agent.api.bodies import (
    CloseShift,
    LineChange,
    NewDiscount,
    NewLine,
    NewRefund,
    NewShift,
    NewTender,
    RefundLine,
    RefundTender,
)
from agent.problem import Problem
from drivers.device import DeviceState
from outbox import anchor, chain
from outbox.answers import Key, Reply
from outbox.room import Room
from tests.agent.store import MUG, TEA, Shop, opened
from tests.outbox.failing_disk import fail

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_basket_is_there_after_a_restart_with_its_tender(tmp_path: Path) -> None:
    async with opened(tmp_path) as shop:
        sale = await shop.sale("MUG", "TEA")
        before = (await shop.app.ringing.add_tender(sale["id"], NewTender(type="cash", amount=500), key=None)).body
    async with opened(tmp_path) as shop:
        assert shop.app.tills.view("till-1")["sale"] == before
        assert (await shop.app.ringing.open_sale("till-1", key=None)) == Reply(200, before)


async def test_scans_of_the_real_scanner_are_rung_in_their_order(shop: Shop) -> None:
    await shop.until(lambda: shop.app.devices.scanners["counter"].view.state is DeviceState.READY)
    for code in (MUG, TEA, MUG, "2000123012346", "4006381333932", "nothing"):
        await shop.scanner.scan(code)
    await shop.until(lambda: len(shop.told("scan")) == 6)
    sale = shop.app.tills.view("till-1")["sale"]
    assert sale is not None
    lines = [(line["sku"], line["quantity"], line["total"]) for line in sale["lines"]]
    assert lines == [("MUG", "2", 2500), ("TEA", "1", 320), ("APPLES", "1.234", 369)]
    told = [(event["item"] or {}).get("sku") or event["problem"]["code"] for event in shop.told("scan")]
    assert told == ["MUG", "TEA", "MUG", "APPLES", "scan-refused", "no-such-barcode"]


async def test_the_same_request_under_one_key_is_done_once_also_after_a_restart(tmp_path: Path) -> None:
    def key(name: str) -> Key:
        return Key("local", name, f"the request {name}")

    async def ask(shop: Shop, sale: str) -> list[Any]:
        wanted = NewLine(sku="MUG")
        return [
            await shop.app.shifts.open(NewShift(till="till-1", float=100), key=key("shift")),
            await shop.app.ringing.add_line(sale, wanted, key=key("line")),
            await shop.app.ringing.add_tender(sale, NewTender(type="card", amount=1250), key=key("tender")),
            await shop.app.closing.complete(sale, key=key("complete")),
            await shop.app.closing.refund(
                NewRefund(receipt_number="TILL-1-000001", tender=RefundTender(type="card")), key=key("refund")
            ),
            await shop.app.closing.no_sale("till-1", "change", key=key("drawer")),
        ]

    async with opened(tmp_path) as shop:
        sale = (await shop.app.ringing.open_sale("till-1", key=key("open"))).body["id"]
        first = await ask(shop, sale)
        assert await ask(shop, sale) == first
    async with opened(tmp_path) as shop:
        assert await ask(shop, sale) == first
        kinds = [record.kind for record in chain.oldest_first(shop.app.journal.reader)]
        assert kinds == ["shift_open", "sale", "refund", "drawer"]
        with pytest.raises(Problem, match="used for another request"):
            await shop.app.closing.no_sale("till-1", "change", key=Key("local", "drawer", "another request"))


async def test_many_at_once_under_one_key_are_one(shop: Shop) -> None:
    sale = await shop.sale("MUG")
    key = Key("local", "k", "a mug")
    wanted = NewLine(sku="MUG")
    replies = await asyncio.gather(*(shop.app.ringing.add_line(sale["id"], wanted, key=key) for _ in range(10)))
    assert all(reply == replies[0] for reply in replies)
    assert len(replies[0].body["lines"]) == 2


async def test_two_front_ends_at_once_lose_no_line(shop: Shop) -> None:
    sale = await shop.sale("MUG")
    wanted = NewLine(sku="TEA")
    await asyncio.gather(*(shop.app.ringing.add_line(sale["id"], wanted, key=None) for _ in range(20)))
    assert len(shop.app.tills.view_sale(sale["id"])["lines"]) == 21


async def test_a_sale_whose_commit_had_to_be_made_twice_is_one(shop: Shop) -> None:
    sale = await shop.sale("MUG", "TEA")
    await shop.app.ringing.add_tender(sale["id"], NewTender(type="cash", amount=2000), key=None)
    key = Key("local", "k", "complete")
    fail(shop.app.journal, "lost")
    reply = await shop.app.closing.complete(sale["id"], key=key)
    assert (reply.body["receipt_number"], reply.body["print"], reply.body["change"]) == (
        "TILL-1-000001",
        "pending",
        430,
    )
    kinds = [record.kind for record in chain.oldest_first(shop.app.journal.reader)]
    assert kinds == ["shift_open", "sale", "drawer"]
    again = await shop.app.closing.complete(sale["id"], key=key)
    assert (again.status, again.text) == (reply.status, reply.text)
    await shop.until(lambda: shop.told("drawer"))


async def test_what_is_told_of_a_sale_is_its_record_word_for_word(shop: Shop) -> None:
    record = await shop.sold("MUG", card=True)
    told = await shop.until(lambda: shop.told("record"))
    assert told[0]["record"] == record
    closed = shop.told("sale")[-1]["sale"]
    assert record == closed | {"print": "pending"}
    assert shop.app.tills.view_sale(record["id"]).items() >= closed.items()


async def test_complete_twice_is_one_record_and_one_receipt_number(shop: Shop) -> None:
    sale = await shop.sale()
    await shop.app.ringing.add_tender(sale["id"], NewTender(type="cash", amount=2000), key=None)
    replies = await asyncio.gather(*(shop.app.closing.complete(sale["id"], key=None) for _ in range(5)))
    assert {reply.body["receipt_number"] for reply in replies} == {"TILL-1-000001"}
    kinds = [record.kind for record in chain.oldest_first(shop.app.journal.reader)]
    assert kinds == ["shift_open", "sale", "drawer"]
    await shop.until(lambda: shop.told("drawer"))
    assert len(shop.told("drawer")) == 1


async def test_receipt_numbers_have_no_gap_whatever_is_voided_or_refused(shop: Shop) -> None:
    await shop.sold(card=True)
    sale = await shop.sale("TEA")
    with pytest.raises(Problem, match="still due"):
        await shop.app.closing.complete(sale["id"], key=None)
    voided = await shop.app.closing.void(sale["id"], "the customer left", key=None)
    assert voided.body["state"] == "voided"
    assert voided == await shop.app.closing.void(sale["id"], None, key=None)
    assert (await shop.sold(card=True))["receipt_number"] == "TILL-1-000002"
    assert (await shop.sold(till="till-2"))["receipt_number"] == "TILL-2-000001"
    records = shop.app.records.list(limit=10)["records"]
    numbers = [record["receipt_number"] for record in records if record["kind"] != "shift_open"]
    assert numbers == ["TILL-2-000001", "TILL-1-000002", None, "TILL-1-000001"]
    assert chain.verify(shop.app.journal.reader).broken is None


async def test_a_closed_sale_can_be_looked_at_and_not_changed(shop: Shop) -> None:
    record = await shop.sold(card=True)
    assert shop.app.tills.view_sale(record["id"])["receipt_number"] == "TILL-1-000001"
    with pytest.raises(Problem, match="completed: open a new one"):
        await shop.app.ringing.add_line(record["id"], NewLine(sku="MUG"), key=None)
    with pytest.raises(Problem, match="no sale 'nope'"):
        shop.app.tills.view_sale("nope")
    with pytest.raises(Problem, match="no sale 'nope'"):
        await shop.app.closing.complete("nope", key=None)
    with pytest.raises(Problem, match="no till 'till-9'"):
        await shop.app.ringing.open_sale("till-9", key=None)


async def test_lines_discounts_and_tenders_change_and_go(shop: Shop) -> None:
    sale = await shop.sale("MUG", "TEA")
    ring, number = shop.app.ringing, sale["id"]
    await ring.change_line(number, "1", LineChange(quantity="3"), key=None)
    await ring.change_line(number, "2", LineChange(price=250, price_reason="dented"), key=None)
    await ring.add_discount(number, NewDiscount(percent="10", line="1"), key=None)
    changed = (await ring.add_discount(number, NewDiscount(amount=100, reason="regular"), key=None)).body
    assert (changed["subtotal"], changed["total"]) == (3 * 1250 - 375 + 250, 3 * 1250 - 375 + 250 - 100)
    await ring.remove_discount(number, "2", key=None)
    await ring.remove_line(number, "2", key=None)
    taken = (await ring.add_tender(number, NewTender(type="card", amount=1000), key=None)).body
    assert taken["due"] == 3 * 1250 - 375 - 1000
    given_back = (await ring.remove_tender(number, "1", key=None)).body
    assert given_back["due"] == given_back["total"] == 3 * 1250 - 375
    override = NewLine(sku="TEA", price=300, price_reason="match")
    line = (await ring.add_line(number, override, key=None)).body["lines"][-1]
    assert (line["price"], line["list_price"], line["price_reason"]) == (300, 320, "match")


async def test_park_and_resume(shop: Shop) -> None:
    first = await shop.sale("MUG")
    await shop.app.ringing.park(first["id"], "Mrs Miller", key=None)
    assert shop.app.tills.view("till-1")["parked"] == 1
    second = await shop.sale("TEA")
    assert second["id"] != first["id"]
    with pytest.raises(Problem, match="has an open sale"):
        await shop.app.ringing.resume(first["id"], key=None)
    await shop.app.closing.void(second["id"], None, key=None)
    resumed = (await shop.app.ringing.resume(first["id"], key=None)).body
    assert (resumed["state"], resumed["label"]) == ("open", "Mrs Miller")
    assert shop.app.tills.parked("till-1") == []


async def test_a_refund_is_never_more_than_was_sold_however_many_try(shop: Shop) -> None:
    record = await shop.sold("MUG", "MUG", "TEA")
    one = NewRefund(
        receipt_number=record["receipt_number"].lower(),
        lines=[RefundLine(line="1", quantity="1")],
        tender=RefundTender(type="cash"),
        reason="broken",
    )
    replies = await asyncio.gather(*(shop.app.closing.refund(one, key=None) for _ in range(4)), return_exceptions=True)
    done = [reply for reply in replies if not isinstance(reply, BaseException)]
    assert len(done) == 1
    assert all(isinstance(reply, Problem) for reply in replies if reply not in done)
    rest = NewRefund(receipt_number=record["receipt_number"], tender=RefundTender(type="cash"))
    last = (await shop.app.closing.refund(rest, key=None)).body
    assert done[0].body["total"] + last["total"] == record["total"]
    assert last["receipt_number"] == "TILL-1-000003"
    with pytest.raises(Problem):
        await shop.app.closing.refund(rest, key=None)
    with pytest.raises(Problem, match="No sale on this agent"):
        await shop.app.closing.refund(
            NewRefund(receipt_number="TILL-1-999999", tender=RefundTender(type="cash")), key=None
        )
    with pytest.raises(Problem, match="No sale on this agent"):  # a refund is no sale
        await shop.app.closing.refund(
            NewRefund(receipt_number="TILL-1-000003", tender=RefundTender(type="cash")), key=None
        )


async def test_shifts_add_up_what_lies_between(shop: Shop) -> None:
    with pytest.raises(Problem, match="no open shift"):
        shop.app.shift_reports.report("till-1")
    opened_ = await shop.app.shifts.open(NewShift(till="till-1", float=10_000), key=None)
    assert opened_.status == 201
    with pytest.raises(Problem, match="has an open shift"):
        await shop.app.shifts.open(NewShift(till="till-1"), key=None)
    cash = await shop.sold("MUG")
    await shop.sold("TEA", card=True)
    await shop.sold("TEA", till="till-2")
    await shop.app.closing.refund(
        NewRefund(receipt_number=cash["receipt_number"], tender=RefundTender(type="cash")), key=None
    )
    await shop.sold("MUG", "MUG")
    report = shop.app.shift_reports.report("till-1")
    assert {name: report[name] for name in ("sales", "sales_total", "refunds", "refunds_total", "cash", "card")} == {
        "sales": 3,
        "sales_total": 1250 + 320 + 2500,
        "refunds": 1,
        "refunds_total": 1250,
        "cash": 2500,
        "card": 320,
    }
    assert report["expected_cash"] == 12_500
    closed = (await shop.app.shifts.close(CloseShift(till="till-1", counted=12_450), key=None)).body
    assert (closed["kind"], closed["over"], closed["expected_cash"]) == ("shift_close", -50, 12_500)
    found = anchor.find(shop.app.journal.reader, anchor.parse(closed["anchor"]))
    assert found is not None
    assert chain.by_seq(shop.app.journal.reader, found[0]).id == closed["id"]  # type: ignore[union-attr]  # it is there
    with pytest.raises(Problem, match="no open shift"):
        await shop.app.shifts.close(CloseShift(till="till-1", counted=None), key=None)


async def test_nothing_that_looks_like_a_card_gets_anywhere(
    shop: Shop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sale = await shop.sale()
    card, track = "4111 1111 1111 1111", "%B4111111111111111^DOE/JOHN^2512101?"
    with pytest.raises(Problem) as refused:
        await shop.app.ringing.add_tender(
            sale["id"], NewTender(type="card", amount=1250, reference=f"visa {card}"), key=None
        )
    assert refused.value.code == "card-data"
    for typed in (track, card, card.replace(" ", "")):
        with pytest.raises(Problem):
            await shop.app.scans.scan("till-1", typed, key=None)
    with pytest.raises(Problem):
        await shop.app.closing.no_sale("till-1", card, key=None)
    await shop.until(lambda: shop.app.devices.scanners["counter"].view.state is DeviceState.READY)
    for swiped in (track, card.replace(" ", "")):
        await shop.scanner.scan(swiped)
    await shop.until(lambda: len(shop.told("scan")) == 2)
    everything = caplog.text + str(shop.events) + str(refused.value.document())
    for file in (tmp_path / "state").iterdir():
        everything += file.read_bytes().decode("latin-1")
    assert "4111" not in everything


async def test_the_agent_stops_when_a_part_of_it_ends_by_itself(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    async def ends() -> None:
        raise RuntimeError("a bug")

    shop.app._run("a part", ends())
    assert shop.app.failed is not None
    with pytest.raises(RuntimeError, match="a bug"):
        await shop.app.failed
    assert "a part failed" in caplog.text


async def test_a_device_test_is_something_a_person_can_see(shop: Shop) -> None:
    await shop.connected()
    await shop.app.test_device("receipt")
    await shop.until(lambda: shop.printer.receipts)
    assert b"Test of printer receipt" in shop.printer.receipts[-1].text
    assert b" <- now" in shop.printer.receipts[-1].text  # which number the code page has, among those it may have
    await shop.app.test_device("drawer")
    await shop.until(lambda: shop.printer.kicks)
    await shop.until(lambda: shop.app.devices.scanners["counter"].view.state is DeviceState.READY)
    assert (await shop.app.test_device("counter")).body["next"]
    with pytest.raises(Problem, match="no device 'nope'"):
        await shop.app.test_device("nope")


async def test_a_full_disk_lets_what_is_open_be_finished_and_nothing_new_begin(shop: Shop) -> None:
    sale = await shop.sale("MUG")
    shop.app.disk.room = Room.FULL
    await shop.app.ringing.add_line(sale["id"], NewLine(sku="TEA"), key=None)
    await shop.app.ringing.add_tender(sale["id"], NewTender(type="card", amount=1570), key=None)
    assert (await shop.app.closing.complete(sale["id"], key=None)).status == 200
    with pytest.raises(Problem) as refused:
        await shop.app.ringing.open_sale("till-1", key=None)
    assert (refused.value.status, refused.value.code) == (507, "disk-full")
    with pytest.raises(Problem):
        await shop.app.scans.scan("till-1", MUG, key=None)
    assert shop.app.status()["disk"]["room"] == "full"


async def test_a_caller_who_goes_away_takes_neither_drawer_nor_receipt_along(shop: Shop) -> None:
    await shop.connected()
    sale = await shop.sale()
    await shop.app.ringing.add_tender(sale["id"], NewTender(type="cash", amount=1250), key=None)
    asking = asyncio.create_task(shop.app.closing.complete(sale["id"], key=None))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await shop.until(lambda: shop.told("drawer"))
    record = (await shop.app.closing.complete(sale["id"], key=None)).body
    assert await shop.ended(record) == "printed"
    assert len(shop.printer.kicks) == 1


async def test_a_record_says_what_the_clocks_said_and_no_order_rests_on_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as shop:
        first = await shop.sold(card=True)
        shop.clock.forward(days=-90)  # the battery was flat
        second = await shop.sold(card=True)
        assert second["occurred_at"] < first["occurred_at"]
        assert second["clock"]["boot"] == first["clock"]["boot"]
        assert second["clock"]["since_boot_ms"] >= first["clock"]["since_boot_ms"]
        assert [record["id"] for record in shop.app.records.list(limit=2)["records"]] == [second["id"], first["id"]]
        assert second["receipt_number"] > first["receipt_number"]
        assert second["business_date"] < first["business_date"]
        assert first["occurred_at"].endswith("+01:00") or first["occurred_at"].endswith("+02:00")


async def test_a_refusal_kept_under_a_key_is_told_again_and_nobody_else_hears_of_it(shop: Shop) -> None:
    key = Key("local", "refused", "x")
    refusal = Reply(409, {"code": "sale-empty"})
    await shop.app.journal.keep_answer(key, refusal, "2026-11-20T10:00:00+00:00")
    sale = await shop.sale()
    await shop.until(lambda: shop.told("sale") and shop.told("sale")[-1]["sale"]["lines"])
    told = len(shop.events)
    assert await shop.app.ringing.add_line(sale["id"], NewLine(sku="TEA"), key=key) == refusal
    assert await shop.app.closing.complete(sale["id"], key=key) == refusal
    assert await shop.app.shifts.open(NewShift(till="till-1", float=0), key=key) == refusal
    await asyncio.sleep(0.01)
    assert [event for event in shop.events[told:] if event["type"] in ("sale", "shift", "record")] == []
