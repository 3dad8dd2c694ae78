"""Card payments at a reader, from the till's side: the real agent, a lying Stripe on a real socket, a customer."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from agent.api.bodies import NewLine, NewRefund, NewTender, RefundLine, RefundTender
from agent.cards import attempt, following
from agent.cards.attempt import Attempt
from agent.cards.follow import Pace
from agent.problem import Problem
from agent.training import Trainee
from outbox.answers import Key
from outbox.session import AnswerLost
from tests.agent.store import CONFIG, Shop, opened
from tests.clouds.lying_stripe import KEY, LyingStripe
from tests.clouds.serving import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

READER = "tmr_1"
STRIPE = """
[[cloud]]
name = "stripe"
kind = "stripe"
base_url = "{url}"
key = {{ file = "stripe-key" }}
readers = {{ till-1 = "tmr_1", till-2 = "tmr_1" }}
{more}
"""
QUICK = Pace(polls_s=(0.005,), troubles_s=(0.005,))


@asynccontextmanager
async def a_shop(folder: Path, url: str, *, more: str = "", pace: Pace = QUICK) -> AsyncIterator[Shop]:
    (folder / "stripe-key").write_text(KEY)
    async with opened(folder, config=CONFIG + STRIPE.format(url=url, more=more), card_pace=pace) as shop:
        yield shop


@pytest.fixture
async def stripe() -> AsyncIterator[LyingStripe]:
    lying = LyingStripe()
    lying.readers.put(READER)
    yield lying
    assert lying.spec_faults == []


@pytest.fixture
async def shop(tmp_path: Path, stripe: LyingStripe) -> AsyncIterator[Shop]:
    async with serving(stripe) as url, a_shop(tmp_path, url) as shop:
        yield shop


async def begun(
    shop: Shop, amount: int | None = None, *, till: str = "till-1"
) -> tuple[dict[str, Any], dict[str, Any]]:
    sale = await shop.sale("MUG", till=till)
    return sale, (await shop.app.cards.begin(sale["id"], amount, key=None)).body


async def ended(shop: Shop, payment: dict[str, Any]) -> dict[str, Any]:
    return await until(shop, payment, lambda now: not now["open"])


async def until(shop: Shop, payment: dict[str, Any], so: Any) -> dict[str, Any]:
    found: dict[str, Any] = await shop.until(
        lambda: now if so(now := shop.app.cards.view(payment["sale"], payment["id"])) else None
    )
    return found


async def test_a_card_at_the_reader_becomes_a_tender_and_the_sale_is_completed(shop: Shop, stripe: LyingStripe) -> None:
    sale, payment = await begun(shop)
    assert (payment["state"], payment["open"], payment["amount"]) == ("creating", True, 1250)
    done = await ended(shop, payment)
    assert (done["state"], done["charged"], done["last4"], done["brand"]) == ("taken", 1250, "4242", "visa")
    paid = shop.app.tills.view_sale(sale["id"])
    tender = paid["tenders"][0]
    assert (tender["type"], tender["amount"], tender["reference"]) == ("card", 1250, "A1B2C3")
    assert tender["card"] == {
        "provider": "stripe", "payment": done["payment"], "attempt": payment["id"], "brand": "visa", "last4": "4242",
    }  # fmt: skip
    assert (paid["due"], paid.get("card_payment")) == (0, None)
    record = (await shop.app.closing.complete(sale["id"], key=None)).body
    assert record["tenders"] == paid["tenders"]
    assert stripe.books.charged == 1250
    assert [event["payment"]["state"] for event in shop.told("card")][-1] == "taken"


async def test_a_card_is_never_taken_for_more_than_is_due_nor_for_nothing(shop: Shop) -> None:
    sale = await shop.sale("MUG")
    for amount, code in ((1251, "card-over-due"), (0, "amount")):
        with pytest.raises(Problem) as refused:
            await shop.app.cards.begin(sale["id"], amount, key=None)
        assert refused.value.code == code
    assert shop.app.cards.till_view("till-1")["payment"] is None  # type: ignore[index]  # it has a reader


async def test_a_declined_card_charges_nothing_and_another_one_may_be_shown(shop: Shop, stripe: LyingStripe) -> None:
    stripe.readers.put(READER, "declined", "pays")
    sale, first = await begun(shop)
    done = await ended(shop, first)
    assert (done["state"], done["charged"], done["reason"]) == ("declined", 0, "Your card was declined.")
    assert "another" in done["hint"]
    assert shop.app.tills.view_sale(sale["id"])["tenders"] == []
    second = (await shop.app.cards.begin(sale["id"], None, key=None)).body
    assert (await ended(shop, second))["state"] == "taken"
    assert stripe.books.charged == 1250
    assert [intent["status"] for intent in stripe.books.intents.values()] == ["canceled", "succeeded"]


async def test_a_customer_cancels_at_the_reader(shop: Shop, stripe: LyingStripe) -> None:
    stripe.readers.put(READER, "cancels")
    _, payment = await begun(shop)
    done = await ended(shop, payment)
    assert (done["state"], done["reason"]) == ("cancelled", "the customer cancelled at the reader")


async def test_while_a_card_is_asked_for_the_sale_waits_and_lines_may_come(shop: Shop, stripe: LyingStripe) -> None:
    stripe.readers.put(READER, "walks about")
    sale, payment = await begun(shop, 1000)
    await until(shop, payment, lambda now: now["state"] == "at_reader")
    ringing, closing, tender = shop.app.ringing, shop.app.closing, NewTender(type="cash", amount=100)
    refusals: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: closing.complete(sale["id"], key=None),
        lambda: closing.void(sale["id"], None, key=None),
        lambda: ringing.park(sale["id"], None, key=None),
        lambda: ringing.add_tender(sale["id"], tender, key=None),
        lambda: shop.app.cards.begin(sale["id"], None, key=None),
    )
    for refused in refusals:
        with pytest.raises(Problem) as problem:
            await refused()
        assert problem.value.code == "card-payment-open"
    more = await shop.sale("TEA")  # a scan counts meanwhile
    assert (more["id"], more["total"], more["card_payment"]["amount"]) == (sale["id"], 1570, 1000)
    with pytest.raises(Problem) as problem:  # what is asked for at the reader is not taken away under it
        await ringing.remove_line(sale["id"], "1", key=None)
    assert problem.value.code == "cards-over-total"
    await shop.app.cards.cancel(sale["id"], payment["id"], key=None)
    assert (await ended(shop, payment))["state"] == "cancelled"
    assert "card_payment" not in shop.app.tills.view_sale(sale["id"])
    assert stripe.readers.by_id[READER].action is None, "the reader was let go"
    assert stripe.books.charged == 0
    await ringing.remove_line(sale["id"], "1", key=None)


async def test_a_card_that_is_charged_before_it_could_be_cancelled_is_taken(shop: Shop, stripe: LyingStripe) -> None:
    stripe.readers.put(READER, "walks about")
    sale, payment = await begun(shop)
    await until(shop, payment, lambda now: now["state"] == "at_reader")
    intent = next(iter(stripe.books.intents.values()))
    stripe.books.pay(intent, "0005")  # just then
    stripe.books.capture_intent(intent["id"])
    await shop.app.cards.cancel(sale["id"], payment["id"], key=None)
    assert (await ended(shop, payment))["state"] == "taken"
    assert shop.app.tills.view_sale(sale["id"])["due"] == 0


async def test_what_was_only_authorised_is_released_when_it_is_cancelled(shop: Shop, stripe: LyingStripe) -> None:
    stripe.readers.put(READER, "walks about")
    sale, payment = await begun(shop)
    await until(shop, payment, lambda now: now["state"] == "at_reader")
    await shop.app.cards.cancel(sale["id"], payment["id"], key=None)
    stripe.books.pay(next(iter(stripe.books.intents.values())), "4242")
    assert (await ended(shop, payment))["state"] == "cancelled"
    assert stripe.books.charged == 0


async def test_a_bank_that_agrees_to_a_part_pays_that_part(shop: Shop, stripe: LyingStripe) -> None:
    stripe.readers.put(READER, "part")
    sale, payment = await begun(shop)
    assert (await ended(shop, payment))["charged"] == 625
    assert shop.app.tills.view_sale(sale["id"])["due"] == 625


async def test_two_tills_and_one_reader_take_turns(shop: Shop, stripe: LyingStripe) -> None:
    stripe.readers.put(READER, "walks about")
    sale, payment = await begun(shop)
    await until(shop, payment, lambda now: now["state"] == "at_reader")
    other = await shop.sale("TEA", till="till-2")
    with pytest.raises(Problem) as problem:
        await shop.app.cards.begin(other["id"], None, key=None)
    assert (problem.value.code, problem.value.extra["till"]) == ("reader-busy", "till-1")
    await shop.app.cards.cancel(sale["id"], payment["id"], key=None)
    await ended(shop, payment)
    second = (await shop.app.cards.begin(other["id"], None, key=None)).body
    assert (await ended(shop, second))["state"] == "taken"


async def test_a_reader_that_does_not_take_it_is_said_at_once(shop: Shop, stripe: LyingStripe) -> None:
    for code in ("terminal_reader_offline", "terminal_reader_busy", "reader_hardware_fault"):
        stripe.readers.refusals.append(code)
        sale, payment = await begun(shop)
        done = await ended(shop, payment)
        assert done["state"] == "failed", code
        assert "the reader did not take it" in done["reason"]
        assert done["hint"]
        await shop.app.closing.void(sale["id"], None, key=None)


async def test_a_till_without_a_reader_says_so(shop: Shop, stripe: LyingStripe) -> None:
    stripe.readers.by_id.clear()  # the id in the configuration is wrong
    _, payment = await begun(shop)
    assert "No such terminal.reader" in (await ended(shop, payment))["reason"]
    with pytest.raises(Problem) as problem:
        shop.app.cards.reader_of("till-9")
    assert problem.value.code == "no-card-reader"


async def test_a_reader_that_is_unplugged_is_said_and_comes_back(shop: Shop, stripe: LyingStripe) -> None:
    stripe.readers.put(READER, "unplugged")
    _, payment = await begun(shop)
    seen = await until(shop, payment, lambda now: now["trouble"])
    assert "offline" in seen["trouble"]
    reader = stripe.readers.by_id[READER]
    reader.now_with, reader.online = "pays", True
    done = await ended(shop, payment)
    assert (done["state"], done["trouble"]) == ("taken", None)


async def test_nobody_shows_a_card(tmp_path: Path, stripe: LyingStripe) -> None:
    stripe.readers.put(READER, "walks about")
    async with serving(stripe) as url, a_shop(tmp_path, url, pace=Pace((0.005,), (0.005,), 60.0)) as shop:
        _, payment = await begun(shop)
        await until(shop, payment, lambda now: now["state"] == "at_reader")
        shop.clock.forward(seconds=61)
        done = await ended(shop, payment)
        assert (done["state"], done["reason"]) == ("cancelled", "nobody showed the reader a card")


async def test_asked_twice_under_one_key_it_is_one_payment(shop: Shop, stripe: LyingStripe) -> None:
    sale = await shop.sale("MUG")
    key = Key("page", "card-1", "digest")
    first = await shop.app.cards.begin(sale["id"], None, key=key)
    again = await shop.app.cards.begin(sale["id"], None, key=key)
    assert first.body == again.body
    assert (await ended(shop, first.body))["state"] == "taken"
    assert len(stripe.books.intents) == 1


STEPS = (
    "POST /v1/payment_intents",
    "process_payment_intent",
    "GET /v1/terminal",
    "GET /v1/payment_intents",
    "/capture",
)


async def test_a_lost_answer_at_any_step_charges_once(shop: Shop, stripe: LyingStripe) -> None:
    shop.app.cards._following._call = hasty(shop.app.cards._following._call)
    lost = [("drop", on) for on in STEPS] + [("half", STEPS[1]), ("half_json", STEPS[4]), ("hang", STEPS[0])]
    for count, (what, on) in enumerate(lost, 1):
        stripe.faults.add(what, on=on, after=True)
        sale, payment = await begun(shop)
        assert (await ended(shop, payment))["state"] == "taken", (what, on)
        assert (len(stripe.books.intents), stripe.books.charged) == (count, count * 1250), (what, on)
        assert len(stripe.readers.by_id[READER].handed) == count, (what, on)
        await shop.app.closing.complete(sale["id"], key=None)


async def test_an_answer_that_is_none_is_asked_for_again(shop: Shop, stripe: LyingStripe) -> None:
    asked = [(401, STEPS[0]), (403, STEPS[2]), (409, STEPS[4]), (429, STEPS[3]), (500, STEPS[4]), (502, STEPS[0])]
    for count, (status, on) in enumerate(asked, 1):
        stripe.faults.add("status", on=on, status=status, body=b"<html>a login page</html>")
        sale, payment = await begun(shop)
        assert (await ended(shop, payment))["state"] == "taken", (status, on)
        assert stripe.books.charged == count * 1250, (status, on)
        await shop.app.closing.complete(sale["id"], key=None)


async def test_a_charged_card_is_given_back_before_the_sale_is_complete(shop: Shop, stripe: LyingStripe) -> None:
    sale, payment = await begun(shop)
    await ended(shop, payment)
    with pytest.raises(Problem) as problem:
        await shop.app.ringing.remove_tender(sale["id"], "1", key=None)
    assert problem.value.code == "card-charged"
    stripe.faults.add("drop", on="POST /v1/refunds", after=True)
    await shop.app.cards.cancel(sale["id"], payment["id"], key=None)
    done = await ended(shop, payment)
    assert done["state"] == "given_back"
    assert stripe.books.charged == 0
    assert len(stripe.books.refunds) == 1
    assert shop.app.tills.view_sale(sale["id"])["tenders"] == []


async def test_a_card_that_cannot_be_given_back_stays_a_tender(shop: Shop, stripe: LyingStripe) -> None:
    sale, payment = await begun(shop)
    await ended(shop, payment)
    stripe.books.refuses_refunds = "charge_disputed"
    await shop.app.cards.cancel(sale["id"], payment["id"], key=None)
    done = await ended(shop, payment)
    assert (done["state"], "complete the sale" in done["hint"]) == ("taken", True)
    record = (await shop.app.closing.complete(sale["id"], key=None)).body
    assert record["tenders"][0]["card"]["payment"] == done["payment"]
    with pytest.raises(Problem) as problem:
        await shop.app.cards.cancel(sale["id"], payment["id"], key=None)
    assert problem.value.code == "sale-closed"


async def test_with_the_line_gone_the_sale_goes_on_without_and_a_charge_is_given_back(
    shop: Shop, stripe: LyingStripe
) -> None:
    stripe.readers.put(READER, "walks about")
    sale, payment = await begun(shop)
    await until(shop, payment, lambda now: now["state"] == "at_reader")
    stripe.faults.add("drop", times=1_000_000)
    seen = await until(shop, payment, lambda now: now["trouble"])
    assert seen["open"]
    left = (await shop.app.cards.leave(sale["id"], payment["id"], key=None)).body
    assert (left["left"], left["open"]) == (True, True)
    await shop.app.ringing.add_tender(sale["id"], NewTender(type="cash", amount=1250), key=None)
    record = (await shop.app.closing.complete(sale["id"], key=None)).body
    assert [tender["type"] for tender in record["tenders"]] == ["cash"]
    assert [one["id"] for one in shop.app.cards.till_view("till-1")["left"]] == [payment["id"]]  # type: ignore[index]  # it has a reader
    intent = next(iter(stripe.books.intents.values()))  # the customer had paid after all
    stripe.books.pay(intent, "4242")
    stripe.books.capture_intent(intent["id"])
    stripe.faults.waiting.clear()
    done = await ended(shop, payment)
    assert (done["state"], done["charged"]) == ("given_back", 1250)
    assert stripe.books.charged == 0
    told = shop.app.cards.till_view("till-1")
    assert told is not None
    assert [one["id"] for one in told["ended"]] == [payment["id"]]
    await shop.app.cards.told(sale["id"], payment["id"], key=None)
    assert shop.app.cards.till_view("till-1")["ended"] == []  # type: ignore[index]  # it has a reader
    assert [entry["action"] for entry in audited(shop)] == ["card_leave"]


async def test_what_was_left_and_cannot_be_given_back_is_a_persons(shop: Shop, stripe: LyingStripe) -> None:
    stripe.readers.put(READER, "walks about")
    sale, payment = await begun(shop)
    await until(shop, payment, lambda now: now["state"] == "at_reader")
    stripe.faults.add("drop", times=1_000_000)
    await until(shop, payment, lambda now: now["trouble"])
    await shop.app.cards.leave(sale["id"], payment["id"], key=None)
    intent = next(iter(stripe.books.intents.values()))
    stripe.books.pay(intent, "4242")
    stripe.books.capture_intent(intent["id"])
    stripe.books.refuses_refunds = "charge_disputed"
    stripe.faults.waiting.clear()
    done = await ended(shop, payment)
    assert done["state"] == "unknown"
    assert done["payment"] in done["hint"]


async def test_a_restart_looks_the_payment_up_and_hands_nothing_over_again(tmp_path: Path, stripe: LyingStripe) -> None:
    stripe.readers.put(READER, "walks about")
    async with serving(stripe) as url:
        async with a_shop(tmp_path, url) as shop:
            sale, payment = await begun(shop)
            await until(shop, payment, lambda now: now["state"] == "at_reader")
        stripe.readers.by_id[READER].now_with = "pays"
        stripe.readers.tick()
        async with a_shop(tmp_path, url) as shop:
            assert (await ended(shop, payment))["state"] == "taken"
            assert shop.app.tills.view_sale(sale["id"])["due"] == 0
    assert len(stripe.readers.by_id[READER].handed) == 1
    assert stripe.books.charged == 1250


async def test_a_journal_that_was_put_back_goes_by_nothing_it_knew(tmp_path: Path, stripe: LyingStripe) -> None:
    stripe.readers.put(READER, "walks about")
    async with serving(stripe) as url:
        async with a_shop(tmp_path, url) as shop:
            sale, payment = await begun(shop)
            await until(shop, payment, lambda now: now["state"] == "at_reader")
            await shop.app.journal.write(
                lambda connection: connection.execute(
                    "insert into epoch(number, letters, since, why, others) values (9, 'KX', '', 'test', '')"
                )
            )
        before = len(stripe.requests)
        async with a_shop(tmp_path, url) as shop:
            done = shop.app.cards.view(sale["id"], payment["id"])
            assert (done["state"], done["open"]) == ("unknown", False)
            assert "card_payment" not in shop.app.tills.view_sale(sale["id"])
            assert [one["id"] for one in shop.app.cards.till_view("till-1")["ended"]] == [payment["id"]]  # type: ignore[index]  # it has a reader
    assert not any("/v1/payment_intents" in asked for asked in stripe.requests[before:])


async def test_training_charges_nobody(shop: Shop, stripe: LyingStripe) -> None:
    await shop.app.training.begin("till-1", Trainee("page", opens_drawer=False))
    counter = shop.app.counters.at("till-1")
    sale = (await counter.ringing.open_sale("till-1", key=None)).body
    await counter.ringing.add_line(sale["id"], NewLine(sku="MUG"), key=None)
    taken = (await shop.app.cards.train(sale["id"], None, key=None, tills=counter.tills)).body
    assert (taken["state"], taken["brand"]) == ("taken", "training")
    record = (await counter.closing.complete(sale["id"], key=None)).body
    assert record["tenders"][0]["card"]["provider"] == "training"
    assert not any("payment_intents" in asked for asked in stripe.requests)


async def test_a_card_of_training_is_given_back_in_training(shop: Shop, stripe: LyingStripe) -> None:
    await shop.app.training.begin("till-1", Trainee("page", opens_drawer=False))
    counter = shop.app.counters.at("till-1")
    sale = (await counter.ringing.open_sale("till-1", key=None)).body
    await counter.ringing.add_line(sale["id"], NewLine(sku="MUG"), key=None)
    taken = (await shop.app.cards.train(sale["id"], None, key=None, tills=counter.tills)).body
    assert shop.app.cards.view(sale["id"], taken["id"], counter.tills)["state"] == "taken"
    key = Key("local", "once", "give it back")
    back = await shop.app.cards.train_back(sale["id"], taken["id"], key=key, tills=counter.tills)
    assert back.body["state"] == "given_back"
    assert (await shop.app.cards.train_back(sale["id"], taken["id"], key=key, tills=counter.tills)) == back
    assert counter.tills.view_sale(sale["id"])["tenders"] == []
    assert stripe.requests == [] or not any("refunds" in asked for asked in stripe.requests)
    with pytest.raises(Problem) as refused:
        await shop.app.cards.train_back(sale["id"], "none", key=None, tills=counter.tills)
    assert refused.value.code == "no-such-card-payment"


async def test_a_disk_that_cannot_be_read_for_a_moment_ends_no_payment(
    shop: Shop, stripe: LyingStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "FAULT_S", 0.01)
    stripe.readers.put(READER, "walks about")
    sale, payment = await begun(shop)
    await until(shop, payment, lambda now: now["state"] == "at_reader")
    failures = iter(range(3))

    def find(*_: object) -> Attempt | None:
        if next(failures, None) is not None:
            raise sqlite3.OperationalError("disk I/O error")
        return rows_find(*_)  # type: ignore[arg-type]  # as it was called

    rows_find = attempt.find
    monkeypatch.setattr(attempt, "find", find)
    await shop.until(lambda: next(failures, None) is None)
    intent = next(iter(stripe.books.intents.values()))
    stripe.books.pay(intent, "4242")
    assert (await ended(shop, payment))["state"] == "taken"
    assert shop.app.tills.view_sale(sale["id"])["due"] == 0


async def test_a_payment_that_only_the_disk_knows_of_is_followed_once_it_is_opened_again(
    shop: Shop, stripe: LyingStripe
) -> None:
    sale = await shop.sale("MUG")
    at = shop.clock().isoformat()
    begun_unseen = Attempt("a-1", sale["id"], "till-1", "stripe", READER, 1250, "EUR", at)
    await shop.app.journal.write(lambda connection: attempt.save(connection, begun_unseen, at))
    assert shop.app.cards.view(sale["id"], "a-1")["open"]
    shop.app.cards.look_again()
    done = await ended(shop, shop.app.cards.view(sale["id"], "a-1"))
    assert done["charged"] == 0  # nobody knows whether a reader was told: it is looked up, and called off
    assert stripe.books.charged == 0


async def test_a_refund_that_failed_at_stripe_is_said(shop: Shop, stripe: LyingStripe) -> None:
    sale, payment = await begun(shop)
    await ended(shop, payment)
    stripe.books.fails_refunds = "expired_or_canceled_card"
    await shop.app.cards.cancel(sale["id"], payment["id"], key=None)
    done = await ended(shop, payment)
    assert (done["state"], "complete the sale" in done["hint"]) == ("taken", True)
    assert "expired_or_canceled_card" in done["reason"]


async def test_with_automatic_capture_it_is_charged_at_the_reader(tmp_path: Path, stripe: LyingStripe) -> None:
    async with serving(stripe) as url, a_shop(tmp_path, url, more="capture = false") as shop:
        sale, payment = await begun(shop)
        assert (await ended(shop, payment))["state"] == "taken"
        assert shop.app.tills.view_sale(sale["id"])["due"] == 0
    assert not any("/capture" in asked for asked in stripe.requests)


async def test_ended_payments_are_forgotten_after_three_months(shop: Shop, stripe: LyingStripe) -> None:
    sale, payment = await begun(shop)
    await ended(shop, payment)
    await shop.app.closing.complete(sale["id"], key=None)
    shop.clock.forward(days=91)
    _, second = await begun(shop)
    await ended(shop, second)
    rows = shop.app.journal.reader.execute("select id from card_attempt").fetchall()
    assert rows == [(second["id"],)]


def hasty(call: Any) -> Any:
    """Return a way to ask with no patience for a server that hangs on purpose."""

    async def asked(cloud: str, request: Any) -> Any:
        try:
            async with asyncio.timeout(0.3):
                return await call(cloud, request)
        except TimeoutError as error:
            raise AnswerLost("it took too long", hint="") from error

    return asked


def audited(shop: Shop) -> list[dict[str, Any]]:
    rows = shop.app.journal.reader.execute("select body from audit order by seq").fetchall()
    return [json.loads(body) for (body,) in rows]


async def test_a_refund_goes_back_on_the_card_by_stripe(shop: Shop, stripe: LyingStripe) -> None:
    sale = await shop.sale("MUG", "TEA")
    payment = (await shop.app.cards.begin(sale["id"], 1000, key=None)).body
    await ended(shop, payment)
    await shop.app.ringing.add_tender(sale["id"], NewTender(type="card", amount=570, reference="slip 7"), key=None)
    record = (await shop.app.closing.complete(sale["id"], key=None)).body
    number, on_card = record["receipt_number"], RefundTender(type="card")
    back = NewRefund(receipt_number=number, lines=[RefundLine(line="2")], tender=on_card)
    first = (await shop.app.closing.refund(back, key=None)).body
    rest = (await shop.app.closing.refund(NewRefund(receipt_number=number, tender=on_card), key=None)).body
    assert [(tender["amount"], "card" in tender) for tender in first["tenders"]] == [(320, True)]
    assert [(tender["amount"], "card" in tender) for tender in rest["tenders"]] == [(680, True), (570, False)]
    await shop.until(lambda: shop.app.lanes.views()["stripe"]["delivered"] == 3)
    assert stripe.books.charged == 0
    assert [refund["amount"] for refund in stripe.books.refunds.values()] == [320, 680]
    (outside,) = stripe.books.records.values()  # the other terminal's card is reported, and its refund
    assert (outside["amount_guaranteed"]["value"], outside["amount_refunded"]["value"]) == (570, 570)
    assert stripe.books.intents[record["tenders"][0]["card"]["payment"]]["description"] == number
    assert shop.app.lanes.views()["stripe"]["parked"] == 0


async def test_the_receipt_says_which_card_and_no_more(shop: Shop) -> None:
    await shop.connected()
    sale, payment = await begun(shop)
    await ended(shop, payment)
    record = (await shop.app.closing.complete(sale["id"], key=None)).body
    assert await shop.ended(record) == "printed"
    text = shop.printer.receipts[-1].text
    assert b"Visa **** 4242" in text
    assert b"A1B2C3" in text


async def test_what_becomes_of_a_payment_at_stripe_itself_is_gone_by(shop: Shop, stripe: LyingStripe) -> None:
    stripe.readers.put(READER, "walks about", "walks about", "walks about", "pays")
    sale, payment = await begun(shop)  # called off there
    await until(shop, payment, lambda now: now["state"] == "at_reader")
    stripe.books.intents["pi_000001"]["status"] = "canceled"
    stripe.readers.by_id[READER].action = None
    done = await ended(shop, payment)
    assert (done["state"], done["reason"]) == ("failed", "stripe called it off")
    second = (await shop.app.cards.begin(sale["id"], None, key=None)).body  # the reader was taken for something else
    await until(shop, second, lambda now: now["state"] == "at_reader")
    stripe.readers.by_id[READER].action = None
    done = await ended(shop, second)
    assert (done["state"], done["reason"]) == ("failed", "the reader is not at this payment")
    third = (await shop.app.cards.begin(sale["id"], None, key=None)).body  # the bank takes its time
    await until(shop, third, lambda now: now["state"] == "at_reader")
    intent = stripe.books.intents["pi_000003"]
    intent["status"], stripe.readers.by_id[READER].action = "processing", None
    asked = len(stripe.requests)
    await shop.until(lambda: len(stripe.requests) > asked + 4)
    assert shop.app.cards.view(sale["id"], third["id"])["open"]
    intent["status"] = "requires_payment_method"
    assert (await ended(shop, third))["state"] == "failed"
    body = json.dumps({"error": {"type": "invalid_request_error", "code": "planted", "message": "no"}}).encode()
    stripe.faults.add("status", on="/capture", status=400, body=body)
    fourth = (await shop.app.cards.begin(sale["id"], None, key=None)).body  # it may not be captured
    done = await ended(shop, fourth)
    assert (done["state"], done["charged"]) == ("failed", 0)
    assert "Stripe refused it: no" in done["reason"]
    assert stripe.books.charged == 0
    assert stripe.books.intents["pi_000004"]["status"] == "canceled"


async def test_a_reader_that_asks_to_wait_is_told_again(shop: Shop, stripe: LyingStripe) -> None:
    body = json.dumps({"error": {"type": "invalid_request_error", "code": "lock_timeout"}}).encode()
    stripe.faults.add("status", on="process_payment_intent", status=429, body=body)
    _, payment = await begun(shop)
    assert (await ended(shop, payment))["state"] == "taken"
    assert len(stripe.readers.by_id[READER].handed) == 1


async def test_a_payment_whose_cloud_is_taken_out_of_the_configuration_waits_and_says_so(
    tmp_path: Path, stripe: LyingStripe
) -> None:
    stripe.readers.put(READER, "walks about")
    async with serving(stripe) as url:
        async with a_shop(tmp_path, url) as shop:
            sale, payment = await begun(shop)
            await until(shop, payment, lambda now: now["state"] == "at_reader")
        async with opened(tmp_path, card_pace=QUICK) as shop:
            seen = await until(shop, payment, lambda now: now["trouble"])
            assert "put it back" in seen["trouble"]
            assert shop.app.tills.view_sale(sale["id"])["card_payment"]["id"] == payment["id"]
            cards = shop.app.cards.till_view("till-1")  # the page shows it, and lets somebody go on without it
            assert cards is not None
            assert (cards["cloud"], cards["payment"]["id"]) == (None, payment["id"])
            await shop.app.cards.leave(sale["id"], payment["id"], key=None)
            await shop.app.closing.void(sale["id"], None, key=None)
