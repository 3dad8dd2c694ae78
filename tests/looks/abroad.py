"""The till page where money has no decimals, or three: amounts as long as they get, and below nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.looks.stage import COFFEE, MILK

if TYPE_CHECKING:
    from tests.looks.stage import Stage

DEAR = 98_765_432  # minor units: near the longest that a shop writes


async def abroad_basket(stage: Stage) -> None:
    await stage.ring(COFFEE, MILK, MILK)
    await stage.of_sale("POST", "/lines", {"name": "Grand piano", "price": DEAR})
    await stage.of_sale("POST", "/discounts", {"percent": "2.5", "reason": "Staff"})
    await stage.drawn()


async def abroad_cash(stage: Stage) -> None:
    await stage.ring(COFFEE, MILK)
    await stage.key("F10")


async def abroad_cash_dear(stage: Stage) -> None:
    await abroad_basket(stage)
    await stage.key("F10")


async def abroad_paid(stage: Stage) -> None:
    await abroad_basket(stage)
    await stage.of_sale("POST", "/tenders", {"type": "cash", "amount": DEAR * 2})
    await stage.of_sale("POST", "/complete")
    await stage.there("[data-print=printed]")


async def abroad_exchange(stage: Stage) -> None:
    """More comes back than is taken."""
    await abroad_basket(stage)
    sale = await stage.sale()
    assert sale is not None
    await stage.of_sale("POST", "/tenders", {"type": "cash", "amount": sale["total"]})
    record = await stage.of_sale("POST", "/complete")
    await stage.ask("POST", "/v1/sales", {"till": "till-1"})
    await stage.of_sale("PUT", "/taken-back", {"receipt_number": record["receipt_number"], "tender": "cash"})
    await stage.there(".line-back")
    await stage.ring(MILK)
    await stage.there("[data-key=finish]")


async def abroad_count(stage: Stage) -> None:
    await stage.sold(COFFEE)
    await stage.key("h", alt=True)
    await stage.page.click("[data-key=shift-close]")
    await stage.there(".counting, [data-key=sum]")


ABROAD = (abroad_basket, abroad_cash, abroad_cash_dear, abroad_paid, abroad_exchange, abroad_count)
