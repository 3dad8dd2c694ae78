"""Training: everything works as ever, and nothing of it is anywhere but on paper that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agent.api.bodies import CloseShift, NewDiscount, NewRefund, NewTender, RefundTender, TakeBack
from agent.problem import Problem
from agent.staff.by import OF_ITSELF
from agent.training import Trainee
from outbox import chain
from tests.agent.store import CONFIG, MUG, Shop, opened

if TYPE_CHECKING:
    from pathlib import Path

SALES = 100
PAGE = "a page"
CLOUD = """
[[cloud]]
name = "books"
kind = "webhook"
url = "http://127.0.0.1:9/hook"
secret = { env = "BOOKS_SECRET" }
"""


def facts(shop: Shop) -> dict[str, Any]:
    """Return every byte that counts: records, numbers, refunds, what is to be delivered, shifts' sums."""
    reader = shop.app.journal.reader
    tables = {
        "record": "*",
        "till": "*",
        "refund": "*",
        "epoch": "*",
        "delivery": "cloud, record_seq, chain, after",  # its attempts go on
        "open_sale": "*",
        "print_job": "id",
        "kick": "*",
    }
    return {
        name: reader.execute(f"select {columns} from {name} order by 1").fetchall() for name, columns in tables.items()
    }


async def trains(shop: Shop, *, drawer: bool = False) -> None:
    await shop.app.training.begin("till-1", Trainee(PAGE, drawer))


async def pay(shop: Shop, sale: dict[str, Any], *, card: bool = False) -> dict[str, Any]:
    at = shop.app.counters.of_sale(sale["id"])
    tender = NewTender(type="card" if card else "cash", amount=sale["due"] if card else sale["due"] + 100)
    await at.ringing.add_tender(sale["id"], tender, key=None)
    return (await at.closing.complete(sale["id"], key=None)).body


async def ring(shop: Shop) -> dict[str, Any]:
    at = shop.app.counters.at("till-1")
    return (await at.scans.scan("till-1", MUG, key=None)).body


async def test_no_byte_of_records_numbers_and_deliveries_changes_over_a_hundred_training_sales(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOOKS_SECRET", "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    async with opened(tmp_path, config=CONFIG + CLOUD) as shop:
        sold = await shop.sold("MUG", "TEA")
        await shop.ended(sold)
        open_before = await shop.sale("APPLES")
        before = facts(shop)
        assert before["delivery"]
        await trains(shop)
        assert shop.app.till_view("till-1")["sale"] is None
        at = shop.app.counters.at("till-1")
        numbers: list[str] = []
        for round_ in range(SALES):
            sale = await ring(shop)
            if round_ % 10 == 3:
                await at.closing.void(sale["id"], "wrong", key=None)
                continue
            if round_ % 10 == 5:
                discount = NewDiscount(percent="10", reason="dented")
                sale = (await at.ringing.add_discount(sale["id"], discount, key=None)).body
            if round_ % 10 == 7:
                back = TakeBack(receipt_number=numbers[-1])
                sale = (await at.returns.take_back(sale["id"], back, key=None)).body
                assert sale["due"] == 0
                numbers.append((await at.closing.complete(sale["id"], key=None)).body["receipt_number"])
                continue
            record = await pay(shop, sale, card=round_ % 2 == 0)
            assert record["training"] is True
            numbers.append(record["receipt_number"])
            if round_ % 10 == 9:
                refund = NewRefund(
                    receipt_number=record["receipt_number"], till="till-1", tender=RefundTender(type="cash")
                )
                await at.closing.refund(refund, key=None)
        await at.closing.no_sale("till-1", "change", key=None)
        assert len(set(numbers)) == len(numbers) > SALES * 0.8
        assert facts(shop) == before
        shop.app.training.end("till-1")
        assert facts(shop) == before
        assert shop.app.till_view("till-1")["sale"] == open_before
        assert chain.verify(shop.app.journal.reader).broken is None
        after = await pay(shop, open_before)
        assert after["receipt_number"] == "TILL-1-000002"
        assert "training" not in after
    assert not shop.printer.kicks[2:]  # the two real sales' alone


async def test_training_says_so_on_paper_and_in_what_is_told(shop: Shop) -> None:
    await trains(shop)
    assert shop.told("training") == [] or shop.told("training")[-1]["training"] is True
    record = await pay(shop, await ring(shop))
    assert record["receipt_number"] == "TILL-1-TRAIN000001"
    at = shop.app.counters.at("till-1")
    await shop.until(lambda: at.records.get(record["receipt_number"])["print"] == "printed")
    (paper,) = shop.printer.receipts
    assert paper.text.count(b"* TRAINING *") == 3
    assert not shop.printer.kicks
    told = await shop.until(lambda: shop.told("record"))
    assert told[-1]["training"] is True
    assert shop.told("sale")[0]["sale"]["training"] is True
    assert shop.app.till_view("till-1")["training"] is True
    assert shop.app.till_view("till-2")["training"] is False
    assert [till["training"] for till in shop.app.status()["tills"]] == [True, False]


async def test_the_drawer_opens_in_training_where_somebody_asked_for_it(shop: Shop) -> None:
    await shop.connected()
    await trains(shop, drawer=True)
    await pay(shop, await ring(shop))
    await shop.until(lambda: shop.told("drawer"))
    assert shop.told("drawer")[-1]["training"] is True
    assert shop.printer.kicks


async def test_the_tills_own_scanner_rings_for_training_too(shop: Shop) -> None:
    await trains(shop)
    await shop.until(lambda: shop.app.devices.scanners["counter"].view.state == "ready")
    await shop.scanner.scan(MUG)
    await shop.until(lambda: shop.app.till_view("till-1")["sale"])
    assert shop.app.till_view("till-1")["sale"]["training"] is True
    assert shop.app.tills.view("till-1")["sale"] is None


async def test_a_shift_that_is_closed_in_training_is_trainings_own(shop: Shop) -> None:
    await shop.connected()
    real = await shop.sold("TEA", card=True)
    await shop.ended(real)
    before = facts(shop)
    await trains(shop)
    await pay(shop, await ring(shop), card=True)
    at = shop.app.counters.at("till-1")
    await at.shift_reports.print_report("till-1", key=None, by=OF_ITSELF)
    x = await shop.until(lambda: list(shop.printer.receipts)[2:])
    assert x[0].text.count(b"* TRAINING *") == 3
    z = (await at.shifts.close(CloseShift(till="till-1", counted=0), key=None)).body
    assert (z["training"], z["sales"], z["z_number"]) == (True, 1, 1)
    assert shop.app.counters.of_record(z["id"]) is at
    assert facts(shop) == before
    assert shop.app.tills.view("till-1")["shift"] is not None


async def test_what_was_being_rung_for_training_is_gone_with_it(shop: Shop) -> None:
    await trains(shop)
    sale = await ring(shop)
    shop.app.training.end("till-1")
    assert shop.app.till_view("till-1")["sale"] is None
    await trains(shop)
    assert shop.app.till_view("till-1")["sale"] is None
    with pytest.raises(Problem, match="no sale"):
        shop.app.counters.of_sale(sale["id"]).tills.view_sale(sale["id"])


async def test_signing_out_at_the_page_that_began_it_ends_it(shop: Shop) -> None:
    await trains(shop)
    shop.app.events.publish("staff", page="another page", staff=None)
    assert "till-1" in shop.app.training
    shop.app.events.publish("staff", page=PAGE, staff=None)
    assert "till-1" not in shop.app.training
    await shop.until(lambda: len(shop.told("training")) == 2)


async def test_a_training_receipt_gives_no_money_back(shop: Shop) -> None:
    await trains(shop)
    record = await pay(shop, await ring(shop))
    shop.app.training.end("till-1")
    with pytest.raises(Problem, match="printed in training"):
        shop.app.counters.for_refund("till-1", record["receipt_number"])
    with pytest.raises(Problem, match="printed in training"):
        shop.app.counters.for_refund(None, record["receipt_number"])


async def test_a_restart_ends_training_and_keeps_nothing_of_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as shop:
        real = await shop.sale("MUG")
        await trains(shop)
        record = await pay(shop, await ring(shop))
        before = facts(shop)
    async with opened(tmp_path) as shop:
        assert facts(shop)["record"] == before["record"]
        assert shop.app.till_view("till-1")["training"] is False
        assert shop.app.till_view("till-1")["sale"]["id"] == real["id"]
        assert not (tmp_path / "state" / "training").exists()
        with pytest.raises(Problem, match="No record"):
            shop.app.counters.of_receipt(record["receipt_number"]).records.get(record["receipt_number"])
