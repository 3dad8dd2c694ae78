"""The till page while money moves: taken, given back, counted; and what became of receipt and drawer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.looks.stage import COFFEE, LONG, MILK, TILL

if TYPE_CHECKING:
    from tests.looks.stage import Stage


async def cash(stage: Stage) -> None:
    await stage.ring(COFFEE, MILK)
    await stage.key("F10")
    await stage.write("given", "20")


async def cash_of_thousands(stage: Stage) -> None:
    await stage.ring(LONG, LONG, LONG)
    await stage.key("F10")


async def card(stage: Stage) -> None:
    await stage.ring(COFFEE, MILK)
    await stage.key("F9")
    await stage.write("amount", "2")


async def half_paid(stage: Stage) -> None:
    await stage.ring(COFFEE, MILK)
    await stage.of_sale("POST", "/tenders", {"type": "card", "amount": 300, "reference": "slip 0042", "tip": 50})
    await stage.of_sale("POST", "/tenders", {"type": "cash", "amount": 100})
    await stage.page.until("document.querySelectorAll('.take-back').length === 2")


async def nothing_due(stage: Stage) -> None:
    """All of it is given: there is nothing to pay, and it is finished."""
    await stage.ring(COFFEE, MILK)
    await stage.of_sale("POST", "/discounts", {"percent": "100", "reason": "Voucher"})
    await stage.there("[data-key=finish]")


async def tip(stage: Stage) -> None:
    await stage.ring(COFFEE)
    await stage.key("i", alt=True)
    await stage.write("tip", "2")


async def paid(stage: Stage) -> None:
    """The change, and a receipt that was printed."""
    await stage.ring(COFFEE)
    await stage.of_sale("POST", "/tenders", {"type": "cash", "amount": 2000})
    await stage.of_sale("POST", "/complete")
    await stage.there("[data-print=printed]")
    await stage.there("[data-drawer=opened]")


async def paid_exactly(stage: Stage) -> None:
    await stage.sold(MILK)
    await stage.there("[data-print=printed]")


async def receipt_waits(stage: Stage) -> None:
    """No paper: the receipt waits, and says for what."""
    stage.shop.world.printer.run_out_of_paper()
    await stage.sold(COFFEE)
    await stage.there(".print-held")
    await stage.there("[data-lamp=receipt][data-level=bad]")


async def receipt_unclear(stage: Stage) -> None:
    """The printer lost its power in mid-receipt, and the next customer is being served."""
    printer = stage.shop.world.printer
    printer.power_off_at = printer.taken + 250
    await stage.sold(COFFEE)
    await stage.there("[data-key=whole]")
    await stage.ring(MILK)


async def receipts(stage: Stage) -> None:
    await stage.sold(COFFEE)
    await stage.key("r", alt=True)
    await stage.there(".panel .row-button")


async def receipts_none(stage: Stage) -> None:
    await stage.key("r", alt=True)
    await stage.write("amount", "98765,43")
    await stage.page.click(".panel [data-key=primary]")
    await stage.there(".list > .quiet")


async def receipt(stage: Stage) -> None:
    """Paid in part by card, the rest with change."""
    await stage.ring(COFFEE, LONG)
    sale = await stage.of_sale("POST", "/tenders", {"type": "card", "amount": 300, "reference": "slip 0042"})
    await stage.of_sale("POST", "/tenders", {"type": "cash", "amount": sale["due"] + 351})
    record = await stage.of_sale("POST", "/complete")
    await stage.key("r", alt=True)
    await stage.page.click(f"[data-key='{record['receipt_number']}']")
    await stage.there("[data-part=paid] li")


async def refund(stage: Stage) -> None:
    record = await stage.sold(COFFEE, MILK, MILK)
    await stage.load("")
    await stage.page.wedge(record["receipt_number"])
    await stage.page.click("[data-key=take-2]")
    await stage.page.until("document.querySelector('.panel .outcome').textContent.length > 3")


async def refund_awaited(stage: Stage) -> None:
    """Asked for while the agent is away: the buttons say that there is no answer yet."""
    await refund(stage)
    await stage.stop_agent()
    await stage.page.click("[data-key=primary]")
    await stage.there("[data-key=exchange][aria-disabled=true]")
    await stage.there(".banners .banner-away")


async def refund_of_nothing(stage: Stage) -> None:
    record = await stage.sold(COFFEE)
    back = {"receipt_number": record["receipt_number"], "tender": {"type": "cash"}, "reason": "Wrong item"}
    await stage.ask("POST", "/v1/refunds", back)
    await stage.load("")
    await stage.page.wedge(record["receipt_number"])
    await stage.there(".refund-line button:disabled")


async def refunded(stage: Stage) -> None:
    record = await stage.sold(COFFEE)
    await stage.load("")
    back = {"receipt_number": record["receipt_number"], "tender": {"type": "cash"}, "till": "till-1"}
    await stage.ask("POST", "/v1/refunds", back)
    await stage.there(".change-amount")
    await stage.there("[data-print=printed]")


async def without_receipt(stage: Stage) -> None:
    await stage.ring(COFFEE)
    await stage.key("b", alt=True)
    await stage.page.until("document.querySelector('.panel .outcome').textContent.length > 3")


async def exchange(stage: Stage) -> None:
    """Other goods for what comes back, with something left to pay."""
    await _takes_back(stage, MILK)
    await stage.ring(COFFEE)


async def exchange_begun(stage: Stage) -> None:
    await _takes_back(stage, COFFEE)


async def exchange_paid_out(stage: Stage) -> None:
    """What comes back is worth more than what is taken."""
    await _takes_back(stage, COFFEE)
    await stage.ring(MILK)
    await stage.there("[data-key=finish]")


async def no_sale(stage: Stage) -> None:
    await stage.key("n", alt=True)


async def drawer_opened(stage: Stage) -> None:
    """With no sale: a note that goes by itself."""
    await stage.ask("POST", f"{TILL}/drawer", {"reason": "Change for the bus"})
    await stage.there(".message-note")


async def shift(stage: Stage) -> None:
    await stage.sold(COFFEE)
    await stage.key("h", alt=True)
    await stage.there("[data-key=shift-x]")


async def shift_report(stage: Stage) -> None:
    """With a sale that was given up and a drawer that was opened with none."""
    await stage.sold(COFFEE)  # what came before it is in no shift
    await stage.ring(COFFEE, MILK)
    await stage.of_sale("POST", "/void", {"reason": "Left"})
    await stage.ask("POST", f"{TILL}/drawer", {"reason": "Change for the bus"})
    await shift(stage)
    await stage.page.click("[data-key=shift-x]")
    await stage.there(".figures")


async def shift_cash(stage: Stage) -> None:
    await stage.key("h", alt=True)
    await stage.page.click("[data-key=shift-cash]")
    await stage.there(".panel .chips .chip")


async def shift_closing(stage: Stage) -> None:
    """Coin by coin, with something typed that is no number of them."""
    await shift(stage)
    await stage.page.click("[data-key=shift-close]")
    await stage.write("count-200", "x")
    await stage.page.click("[data-key=primary]")
    await stage.there(".counting .field-error:not([hidden])")


async def shift_closing_by_sum(stage: Stage) -> None:
    await shift(stage)
    await stage.page.click("[data-key=shift-close]")
    await stage.page.click("[data-key=choice-sum]")
    await stage.write("sum", "123,45")


async def shift_closed(stage: Stage) -> None:
    """Its Z, with too little in the drawer."""
    await stage.sold(COFFEE)
    closing = {"till": "till-1", "counted": 100, "reason": "Wrong change given", "print": False}
    await stage.ask("POST", "/v1/shifts/current/close", closing)
    await stage.key("h", alt=True)
    await stage.there("[data-key=shift-open]")
    await stage.page.click("[data-key=shift-past]")
    await stage.page.click(".panel [data-key^=z-]")
    await stage.there(".figures")


async def shifts_closed(stage: Stage) -> None:
    await shift_closed(stage)
    await stage.key("h", alt=True)
    await stage.page.click("[data-key=shift-past]")
    await stage.there(".panel [data-key^=z-]")


async def shift_opening(stage: Stage) -> None:
    if (await stage.ask("GET", TILL))["shift"]:
        await stage.ask("POST", "/v1/shifts/current/close", {"till": "till-1", "counted": None, "print": False})
    await stage.key("h", alt=True)
    await stage.page.click("[data-key=shift-open]")
    await stage.there("[data-key=choice-pieces]")


async def _takes_back(stage: Stage, code: str) -> None:
    record = await stage.sold(code)
    await stage.ask("POST", "/v1/sales", {"till": "till-1"})
    back = {"receipt_number": record["receipt_number"], "tender": "cash"}
    await stage.of_sale("PUT", "/taken-back", back)
    await stage.there(".line-back")


PAYING = (
    cash,
    cash_of_thousands,
    card,
    half_paid,
    nothing_due,
    tip,
    paid,
    paid_exactly,
    receipt_waits,
    receipt_unclear,
    receipts,
    receipts_none,
    receipt,
    refund,
    refund_awaited,
    refund_of_nothing,
    refunded,
    without_receipt,
    exchange,
    exchange_begun,
    exchange_paid_out,
    no_sale,
    drawer_opened,
    shift,
    shift_report,
    shift_cash,
    shift_closing,
    shift_closing_by_sum,
    shift_closed,
    shifts_closed,
    shift_opening,
)
