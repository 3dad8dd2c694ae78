"""The evening: goods come back, money moves, the drawer is counted blind, and the line is there again."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from tests.day.desk import act, euro
from tests.day.features import Feature
from tests.day.goods import COFFEE, TEA
from tests.day.tally import tax_within

if TYPE_CHECKING:
    from tests.day.desk import Desk
    from tests.day.tally import Tally

LEFT, OVER = 5_000, 5
COINS = (50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5, 2, 1)


def reduced(amount: int) -> dict[str, int]:
    return {"VAT 7 %": tax_within(amount, 7)}


@act("the first customer again, with the receipt", Feature.REFUND_SCANNED)
async def refund(desk: Desk) -> None:
    first = next(iter(desk.tally.totals))
    await desk.hands.scan(first)
    await desk.eyes.sees(f"Refund from {first}")
    await desk.hands.push("take-1")
    await desk.eyes.sees("Comes to 6,50 €")  # in coins
    await desk.hands.choose("Faulty")
    await desk.hands.choose("Refund")
    await desk.refunded(reduced, "cash")
    desk.did(Feature.REFUND_SCANNED)


@act("the second, who takes something else instead", Feature.EXCHANGE)
async def exchange(desk: Desk) -> None:
    second = list(desk.tally.totals)[1]
    back = desk.tally.totals[second]
    await desk.scan(COFFEE, "Coffee, ground 500 g")
    rung = await desk.look()
    await desk.hands.scan(second)
    await desk.eyes.sees(f"Refund from {second}")
    await desk.hands.push("take-1")
    await desk.hands.push("exchange")
    await desk.eyes.sees("Taken back")
    credit = -dict(await desk.eyes.sums())["Taken back"]  # what was paid for it, in coins
    await desk.eyes.total(rung.total - credit)
    await desk.cash(rung=rung)
    await desk.hands.command("receipts")
    await desk.eyes.until("document.querySelectorAll('.panel .row-button').length > 2")
    newest: list[str] = await desk.eyes.page.js(
        "[...document.querySelectorAll('.panel .row-button')].slice(0, 2).map((row) => row.dataset.key)"
    )
    (refunded,) = set(newest) - set(desk.tally.totals)
    desk.tally.refunded(desk.who, refunded, back, reduced(back))
    desk.tally.count("exchange", credit)
    await desk.hands.push("back")
    desk.did(Feature.EXCHANGE)


@act("somebody with goods and no receipt", Feature.REFUND_UNRECEIPTED, Feature.OVERRIDE)
async def unreceipted(desk: Desk) -> None:
    await desk.scan(TEA, "Black tea, 50 bags")
    await desk.hands.command("unreceipted")
    await desk.eyes.sees("Comes to 2,80 €")
    await desk.hands.choose("A present")
    await desk.hands.choose("Take back and pay out")
    await desk.leave("Sol")
    await desk.refunded(reduced, "cash")
    desk.did(Feature.REFUND_UNRECEIPTED)


@act("the bank, the window cleaner, the safe", Feature.PAY_IN, Feature.PAY_OUT, Feature.SAFE_DROP, Feature.OVERRIDE)
async def cash_moves(desk: Desk) -> None:
    for way, amount, reason, said in (
        ("in", 5_000, "Change from the bank", "50,00 € paid in."),
        ("out", 1_250, "Cleaning", "12,50 € paid out."),
        ("drop", 6_000, "Too much in the drawer", "60,00 € to the safe."),
    ):
        await desk.hands.command("shift")
        await desk.hands.push("shift-cash")
        await desk.hands.push(f"choice-{way}")
        await desk.hands.fill("amount", euro(amount).removesuffix(" €"))
        await desk.hands.choose(reason)
        await desk.hands.choose("Open the drawer")
        before = await desk.eyes.listens()
        await desk.leave("Sol")
        await desk.eyes.hears(said, since=before)
        desk.tally.count(way, amount)
        await desk.store.until(lambda: desk.store.printer.drawer_open)
        desk.store.shut_drawer()
    desk.did(Feature.PAY_IN, Feature.PAY_OUT, Feature.SAFE_DROP)


@act("nobody: somebody works on the router", Feature.FORCED_OFFLINE, Feature.OVERRIDE)
async def forced_offline(desk: Desk) -> None:
    await desk.hands.command("outage")
    await desk.hands.push("hold-cloud")
    await desk.hands.choose("Working on the router")
    await desk.hands.choose("Take offline")
    await desk.leave("Sol")
    await desk.eyes.sees("Offline by hand:")
    await desk.eyes.until("document.querySelector('[data-lamp=cloud]')?.dataset.level === 'held'")
    await desk.hands.push("release-cloud")
    await desk.leave("Sol")
    await desk.eyes.until("document.querySelector('[data-lamp=cloud]')?.dataset.level !== 'held'")
    desk.did(Feature.FORCED_OFFLINE)


@act("Sol, who looks at the figures so far; Lou may not", Feature.X_REPORT)
async def x_report(desk: Desk) -> None:
    await desk.hands.command("shift")
    await desk.hands.push("shift-x")
    await desk.eyes.sees("The figures are told once the drawer has been counted.")
    await desk.switch("Sol")
    await desk.hands.command("shift")
    await desk.hands.push("shift-x")
    await desk.eyes.sees("X: figures so far")
    same(await desk.eyes.table(), desk.tally.report())
    desk.did(Feature.X_REPORT)
    await desk.switch("Lou")


@act("Lou, who counts", Feature.BLIND_COUNT, Feature.Z_SCREEN, Feature.Z_PAPER, Feature.Z_CSV)
async def close(desk: Desk) -> None:
    eyes, hands = desk.eyes, desk.hands
    counted = desk.tally.expected + OVER
    await hands.command("shift")
    await hands.push("shift-close")
    await eyes.sees("What should be there is told afterwards.")
    assert euro(desk.tally.expected) not in await eyes.page.js("document.querySelector('.panel').innerText")
    rest = counted
    for value in COINS:
        pieces, rest = divmod(rest, value)
        if pieces:
            await hands.fill(f"count-{value}", str(pieces))
    await hands.fill("left", euro(LEFT).removesuffix(" €"))
    await hands.choose("Wrong change given")
    await hands.choose("Close the shift")
    await eyes.sees("Z 1", f"{euro(OVER)} over (Wrong change given)")
    desk.did(Feature.BLIND_COUNT)
    expected = desk.tally.report(counted=counted, left=LEFT)
    same(await eyes.table(), expected)
    if times := desk.tally.counts["no sales"]:
        await eyes.sees(f"The drawer was opened {times} time")
    desk.did(Feature.Z_SCREEN)
    await hands.push("csv")
    kept = desk.store.folder
    # A browser makes the file under its name first, empty, and puts it there whole in the end.
    await desk.store.until(lambda: any(file.stat().st_size for file in kept.glob("*1*.csv")))
    (file,) = kept.glob("*1*.csv")
    rows = csv.DictReader(io.StringIO(file.read_text("utf-8-sig")))
    figures = {(row["section"], row["name"]): (row["count"], row["amount"]) for row in rows}
    for where, figure in in_table(desk.tally, counted).items():
        assert figures[where] == figure, where
    desk.did(Feature.Z_CSV)
    await desk.store.until(lambda: bool(desk.store.paper("Z-BERICHT")))
    (paper,) = desk.store.paper("Z-BERICHT")
    for amount in (desk.tally.sums["Sales"], desk.tally.expected, counted):
        assert euro(amount).removesuffix(" €") in paper, paper
    desk.did(Feature.Z_PAPER)


def in_table(tally: Tally, counted: int) -> dict[tuple[str, str], tuple[str, str]]:
    """Return the figures that the table must have: how many, and how much."""

    def both(key: str) -> tuple[str, str]:
        return str(tally.counts[key]), point(tally.sums[key])

    return {
        ("total", "sales"): both("Sales"),
        ("total", "refunds"): both("Refunds"),
        ("total", "tips"): ("", point(tally.sums["tip"])),
        ("total", "paid_in"): both("in"),
        ("total", "paid_out"): both("out"),
        ("total", "drops"): both("drop"),
        ("tender taken", "cash"): both("cash"),
        ("tender given back", "cash"): both("cash back"),
        ("change", "cash"): ("", point(tally.sums["change"])),
        ("drawer", "expected_cash"): ("", point(tally.expected)),
        ("drawer", "counted"): ("", point(counted)),
        ("drawer", "over"): ("", point(OVER)),
        ("drawer", "left"): ("", point(LEFT)),
    }


def point(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"


def same(shown: dict[str, dict[str, int]], expected: dict[str, dict[str, int]]) -> None:
    """Hold a report against the tally, but for categories and hours, of which the basket says nothing."""
    shown = {caption: rows for caption, rows in shown.items() if caption != "Categories"}
    assert sum(shown.pop("Hours").values()) == sum(shown["Cashiers"].values()), shown
    shown["Taxes"] = {name: amount for name, amount in shown["Taxes"].items() if amount}  # an exempt one has a row
    assert shown == expected, f"\nshown    {shown}\nexpected {expected}"


async def line_back(desk: Desk) -> None:
    """The line is there again: the backlog goes out, though the cloud loses answers and has trouble."""
    desk.store.cloud.faults.add("drop", after=True, times=2)
    await desk.store.line_back()
    await desk.hands.command("outage")
    await desk.store.delivered()  # a day's records take a slow machine longer than anybody looks at one page
    await desk.eyes.sees("Everything is in the clouds. It is safe to go home.")
    await desk.eyes.until("document.querySelector('[data-lamp=internet]')?.dataset.level === 'good'")
    await desk.eyes.until("document.querySelector('[data-lamp=cloud]')?.dataset.level === 'good'")


ACTS = (refund, exchange, unreceipted, cash_moves, forced_offline, x_report, close)
