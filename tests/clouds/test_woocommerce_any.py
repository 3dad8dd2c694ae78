"""Any sale and its refunds, through any line: at the shop the receipt's total, once, and as much given back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from outbox.session import Session
from tests.clouds.conftest import hasty
from tests.clouds.driver import Clock, Driver
from tests.clouds.records import line, refund, sale
from tests.clouds.serving import serving
from tests.clouds.woo_shop import STORE, a_shop, cents, delivered, woo_at

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from tests.clouds.lying_woocommerce import LyingWoo

TAXES = st.sampled_from(["standard", "reduced", "us", None])


@st.composite
def lines(draw: st.DrawFn) -> dict[str, Any]:
    unit = draw(st.sampled_from(["each", "each", "kg"]))
    quantity = str(draw(st.integers(1, 30)))
    if unit == "kg":
        quantity = str(draw(st.decimals("0.001", "20", places=3)))
    price = draw(st.integers(0, 20_000))
    made = line(draw(st.sampled_from(["mug", "tea", "nail", None])), price, quantity, tax=draw(TAXES), unit=unit)
    gross = sale([made]).body["lines"][0]["total"]
    return made | {"discount": draw(st.integers(0, gross))}


@st.composite
def days(draw: st.DrawFn):  # type: ignore[no-untyped-def]  # hypothesis' own shape
    """Return a sale, what is given back of it, what the shop is like, and which of its answers are lost."""
    rung = draw(st.lists(lines(), min_size=1, max_size=6))
    included = draw(st.booleans())
    discount = draw(st.integers(0, 3000))
    exact = sale(rung, sale_discount=discount, included=included).body["total"]
    rounding = draw(st.integers(-2, 2)) if exact >= 2 else 0
    wanted = exact + rounding
    first = draw(st.integers(0, wanted))
    tenders = draw(st.sampled_from([[("cash", wanted)], [("card", first), ("cash", wanted - first + 500)]]))
    record = sale(rung, tenders, sale_discount=discount, included=included, rounding=rounding)
    backs, left = [], wanted
    for _ in range(draw(st.integers(0, 2))):
        amount = draw(st.integers(0, left))
        left -= amount
        backs.append((draw(st.sampled_from(["cash", "card"])), amount))
    faults = draw(
        st.lists(st.tuples(st.sampled_from(["drop", "half", "half_json", "status"]), st.booleans()), max_size=3)
    )
    return record, included, wanted, backs, draw(st.booleans()), faults


async def test_any_sale_and_its_refunds_end_with_the_tills_amounts() -> None:
    now_lying: list[LyingWoo] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await now_lying[-1](scope, receive, send)

    async def day(base_url: str, session: Session, of: tuple) -> None:  # type: ignore[type-arg]  # what days() draws
        record, included, wanted, backs, at_subtotal, faults = of
        clock = Clock()
        shop = a_shop(clock)
        shop.orders.prices_include_tax, shop.orders.round_at_subtotal = included, at_subtotal
        now_lying.append(shop)
        store = type(STORE)("store-1", "EUR", included, "Europe/Berlin")
        driver = Driver(woo_at(base_url, store), session, clock)
        for what, after in faults:
            shop.faults.add(what, after=after)
        ended, refs = await delivered(driver, record)
        (order,) = shop.orders.orders.values()
        assert cents(order["total"]) - wanted == ended.drift == 0
        assert order["status"] == "completed"
        for number, (kind, amount) in enumerate(backs, 2):
            back = refund(record, [(kind, amount)], number=number)
            ended, _ = await delivered(driver, back, sale_refs=refs)
            assert ended.drift == 0
        assert [cents(one["amount"]) for one in order["refunds"]] == [amount for _, amount in backs]
        assert shop.spec_faults == []

    async with serving(app) as base_url, Session(hasty) as session:
        loop = asyncio.get_running_loop()

        @settings(max_examples=30, deadline=None)
        @given(days())
        def each(of: tuple) -> None:  # type: ignore[type-arg]  # what days() draws
            asyncio.run_coroutine_threadsafe(day(base_url, session, of), loop).result()

        await asyncio.to_thread(each)  # hypothesis draws on its own thread; the wire stays on this one
