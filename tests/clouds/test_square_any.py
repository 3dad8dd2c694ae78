"""Any sale and its refunds: at Square the till's total, and never a cent more given back than was taken."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from outbox.connector import Complete
from outbox.session import Session
from tests.clouds.conftest import a_square, hasty, square_at
from tests.clouds.driver import Clock, Driver
from tests.clouds.records import fact_of, line, refund, sale
from tests.clouds.serving import serving

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from tests.clouds.lying_square import LyingSquare

PRICES = st.integers(0, 100_000)
TAXES = st.sampled_from(["standard", "reduced", "us", None])


@st.composite
def lines(draw: st.DrawFn) -> dict[str, object]:
    unit = draw(st.sampled_from(["each", "kg"]))
    quantity = str(draw(st.integers(1, 30)))
    if unit == "kg":
        quantity = str(draw(st.decimals("0.001", "20", places=draw(st.sampled_from([3, 5, 7])))))
    made = line(draw(st.sampled_from(["mug", "tea", "nail", None])), draw(PRICES), quantity, tax=draw(TAXES), unit=unit)
    gross = sale([made]).body["lines"][0]["total"]
    return made | {"discount": draw(st.integers(0, gross))}


@st.composite
def days(draw: st.DrawFn):  # type: ignore[no-untyped-def]  # hypothesis' own shape
    """Return a sale, what is given back of it, and which of Square's answers are lost."""
    rung = draw(st.lists(lines(), min_size=1, max_size=6))
    included = draw(st.booleans())
    discount = draw(st.integers(0, 3000))
    exact = sale(rung, sale_discount=discount, included=included)
    rounding = draw(st.integers(-2, 2)) if exact.body["total"] >= 2 else 0
    wanted = exact.body["total"] + rounding
    kinds = draw(st.lists(st.sampled_from(["cash", "card", "voucher"]), min_size=1, max_size=3))
    tenders: list[tuple[str, int]] = []
    for kind in kinds[:-1]:
        amount = draw(st.integers(0, wanted - sum(amount for _, amount in tenders)))
        tenders.append((kind, amount))
    rest = wanted - sum(amount for _, amount in tenders)
    over = draw(st.integers(0, 5000)) if kinds[-1] == "cash" else 0
    tenders.append((kinds[-1], rest + over))
    record = sale(rung, tenders, sale_discount=discount, included=included, rounding=rounding)
    backs = []
    left = wanted
    for _ in range(draw(st.integers(0, 2))):
        amount = draw(st.integers(0, left))
        left -= amount
        backs.append((draw(st.sampled_from(["cash", "card"])), amount))
    faults = draw(
        st.lists(st.tuples(st.sampled_from(["drop", "half", "half_json", "status"]), st.booleans()), max_size=3)
    )
    return record, wanted, backs, faults


async def test_any_sale_and_its_refunds_end_with_the_tills_amounts() -> None:
    now_lying: list[LyingSquare] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await now_lying[-1](scope, receive, send)

    async def day(driver: Driver, of: tuple) -> None:  # type: ignore[type-arg]  # what days() draws
        record, wanted, backs, faults = of
        clock = driver.clock
        square = a_square(clock)
        now_lying.append(square)
        for what, after in faults:
            square.faults.add(what, after=after)
        ended, refs = await driver.deliver(fact_of(record, clock))
        assert isinstance(ended, Complete)
        (order,) = square.books.orders.values()
        assert order["total_money"]["amount"] - wanted == ended.drift == 0
        assert order["state"] == "COMPLETED"
        assert sum(p["amount_money"]["amount"] for p in square.books.payments.values()) == wanted
        for number, (kind, amount) in enumerate(backs, 2):
            back = refund(record, [(kind, amount)], number=number)
            ended, _ = await driver.deliver(fact_of(back, clock, sale_refs=refs))
            assert isinstance(ended, Complete)
            assert ended.drift == 0
        given_back = [r["amount_money"]["amount"] for r in square.books.refunds.values()]
        assert sum(given_back) == sum(amount for _, amount in backs)
        assert not any(r.get("unlinked") for r in square.books.refunds.values())
        assert square.spec_faults == []

    async with serving(app) as base_url, Session(hasty) as session:
        loop = asyncio.get_running_loop()

        @settings(max_examples=30, deadline=None)
        @given(days())
        def each(of: tuple) -> None:  # type: ignore[type-arg]  # what days() draws
            driver = Driver(square_at(base_url), session, Clock())
            asyncio.run_coroutine_threadsafe(day(driver, of), loop).result()

        await asyncio.to_thread(each)  # hypothesis draws on its own thread; the wire stays on this one
