"""The afternoon: deposits and taxes, training, a printer that fails, who stands here; what dies and comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.day.desk import BAR, PINS, act
from tests.day.eyes import minor
from tests.day.features import Feature
from tests.day.goods import BATTERIES, COFFEE, MILK, OAT_DRINK, TEA
from tests.day.morning import QUANTITY
from tests.day.store import BAG, COLA

if TYPE_CHECKING:
    from tests.day.desk import Desk

CUT_AFTER_BYTES = 250  # within a receipt


@act("bottles, full and empty", Feature.DEPOSIT, Feature.EMPTIES)
async def bottles(desk: Desk) -> None:
    await desk.scan(COLA, "Cola 1 l", "Deposit: Cola 1 l")
    desk.did(Feature.DEPOSIT)
    await desk.hands.command("empties")
    await desk.hands.fill("empties-count", "2")
    await desk.hands.push("empties-9004")
    await desk.eyes.rung("Cola 1 l", "Deposit: Cola 1 l", "Empties: Cola 1 l")
    desk.did(Feature.EMPTIES)
    await desk.hands.keyboard.press("Escape")
    await desk.cash()


@act("a bag, with a levy and the tax on it", Feature.TAX_ADDED, Feature.TAX_ON_TAX, Feature.CASH_ROUNDING)
async def a_bag(desk: Desk) -> None:
    await desk.hands.command("quantity")
    await desk.eyes.sees("There is no line to change yet.")
    await desk.scan(BAG, "Paper bag")
    await desk.hands.command("quantity")
    await desk.hands.fill("quantity", "40")
    await desk.hands.keyboard.press("Enter")
    await desk.eyes.until(f"{QUANTITY} === 40")
    await desk.eyes.total(1346)  # 12.00, 2 % levy on it, 10 % on both: 0.24 and 1.22
    sums = dict(await desk.eyes.sums())
    assert (sums["plus Levy 2 %"], sums["plus Tax on levy 10 %"]) == (24, 122)
    desk.did(Feature.TAX_ADDED, Feature.TAX_ON_TAX)
    await desk.cash()


@act("an embassy", Feature.EXEMPT, Feature.OVERRIDE)
async def exempt(desk: Desk) -> None:
    await desk.scan(COFFEE, "Coffee, ground 500 g")
    await desk.hands.command("exempt")
    await desk.hands.choose("Embassy")
    await desk.hands.choose("Charge no tax")
    await desk.leave("Sol")
    await desk.eyes.sees("No tax: Embassy")
    await desk.eyes.total(607)
    desk.did(Feature.EXEMPT)
    await desk.cash()


@act("somebody content", Feature.TIP)
async def a_tip(desk: Desk) -> None:
    await desk.scan(BATTERIES, "Batteries AA, 4")
    rung = await desk.look()
    await desk.hands.command("tip")
    await desk.hands.fill("tip", "1,00")
    await desk.eyes.sees("Card: 5,99 €")
    await desk.hands.fill("tip-slip", "slip 0045")
    await desk.hands.keyboard.press("Enter")
    desk.tally.count("card", rung.total)
    desk.tally.sums["tip"] += 100
    await desk.finished(rung, change=0)
    desk.did(Feature.TIP)


@act("nobody: Lou practises, and the real customer waits", Feature.TRAINING, Feature.OVERRIDE)
async def training(desk: Desk) -> None:
    eyes, hands = desk.eyes, desk.hands
    await desk.scan(COFFEE, "Coffee, ground 500 g")
    await hands.command("training")
    await hands.choose("Begin training")
    await desk.leave("Sol")
    await eyes.sees("Nothing here is a real sale.")
    await eyes.rung()
    await desk.customer.sees("TRAINING")
    await desk.scan(MILK, "Whole milk 1 l")
    await hands.command("cash")
    await hands.push("offer-0")
    number, _, _ = await eyes.done(after=desk.number)
    assert "TRAIN" in number
    await desk.printed()
    assert all(text.count("TRAINING") > 1 for text in desk.store.paper(number))
    await hands.push("training-end")
    await desk.leave("Sol")
    await eyes.rung("Coffee, ground 500 g")
    await eyes.gone(".training-band strong")
    await desk.customer.until("!document.body.innerText.includes('TRAINING')")
    desk.did(Feature.TRAINING)
    await desk.cash()


@act("one whose receipt has to wait", Feature.PRINT_OUTCOME)
async def paper_out(desk: Desk) -> None:
    desk.store.printer.run_out_of_paper()
    await desk.eyes.until("document.querySelector('[data-lamp=receipt]')?.dataset.level === 'bad'")
    await desk.scan(TEA, "Black tea, 50 bags")
    rung = await desk.look()
    await desk.hands.command("cash")
    amount = minor(await desk.eyes.text("[data-key=offer-0]"))
    await desk.hands.push("offer-0")
    desk.tally.count("cash", amount)
    await desk.finished(rung, change=0, printed=False)
    await desk.eyes.sees("Receipt waits for the printer")
    desk.store.printer.load_paper()
    await desk.printed()
    await desk.store.until(lambda: desk.store.printer.drawer_open)
    desk.store.shut_drawer()
    desk.did(Feature.PRINT_OUTCOME)


@act("one whose receipt nobody knows of", Feature.PRINT_QUESTION)
async def print_question(desk: Desk) -> None:
    printer = desk.store.printer
    printer.power_off_at = printer.taken + CUT_AFTER_BYTES
    await desk.scan(OAT_DRINK, "Oat drink 1 l")
    rung = await desk.look()
    await desk.hands.command("card")
    await desk.eyes.focus("amount")
    await desk.hands.keyboard.press("Enter")
    await desk.typed("slip", "slip 0046")
    desk.tally.count("card", rung.total)
    await desk.finished(rung, change=0, printed=False)
    await desk.store.until(lambda: not printer.powered)  # the job has come as far: what is asked is asked after that
    await desk.eyes.sees(f"Did receipt {desk.number} come out whole?")
    printer.power_on()
    await desk.eyes.until("document.querySelector('[data-lamp=receipt]')?.dataset.level === 'good'")
    await desk.hands.push("again")
    await desk.eyes.gone(".banner-asks")
    await desk.store.until(lambda: bool(desk.store.paper(desk.number)))
    desk.did(Feature.PRINT_QUESTION)


@act("a customer in the middle of whom Lou takes over", Feature.SWITCH)
async def switch(desk: Desk) -> None:
    await desk.scan(COFFEE, "Coffee, ground 500 g")
    await desk.switch("Lou")
    await desk.eyes.rung("Coffee, ground 500 g")
    desk.did(Feature.SWITCH)
    await desk.cash()


@act("one during whom the agent is killed", Feature.AGENT_KILLED, Feature.PRESSED_WHILE_AWAY)
async def agent_killed(desk: Desk) -> None:
    await desk.scan(COFFEE, "Coffee, ground 500 g")
    await desk.scan(MILK, "Coffee, ground 500 g", "Whole milk 1 l")
    await desk.store.kill()
    await desk.eyes.sees("The agent on this PC does not answer.")
    await desk.hands.keyboard.scan(TEA)
    await desk.hands.keyboard.press("+")  # of the milk, which is the line that is chosen
    await desk.hands.keyboard.press("+")
    await desk.eyes.sees("3 things wait for it.")
    await desk.store.start()
    await desk.store.healthy()
    await desk.eyes.rung("Coffee, ground 500 g", "Whole milk 1 l", "Black tea, 50 bags")
    await desk.eyes.until("document.querySelector('[data-line=\"2\"] .line-quantity')?.textContent.startsWith('3')")
    await desk.eyes.gone(".banner-away")
    desk.did(Feature.AGENT_KILLED, Feature.PRESSED_WHILE_AWAY)
    await desk.eyes.until("document.querySelector('[data-lamp=receipt]')?.dataset.level === 'good'")
    await desk.cash("20,00")


@act("one during whom the browser is started again", Feature.BROWSER_RESTARTED)
async def browser_restarted(desk: Desk) -> None:
    await desk.scan(COFFEE, "Coffee, ground 500 g")
    await desk.scan(TEA, "Coffee, ground 500 g", "Black tea, 50 bags")
    await desk.reopen()
    await desk.eyes.rung("Coffee, ground 500 g", "Black tea, 50 bags")
    await desk.eyes.until(f"{BAR} === '{desk.who}' && !!document.querySelector('[data-live=true]')")
    await desk.customer.sees("Black tea, 50 bags")
    desk.did(Feature.BROWSER_RESTARTED)
    desk.number = ""
    await desk.cash("10,00")


@act("one who waits until Lou remembers the PIN", Feature.LOCK, Feature.LOCK_OUT)
async def lock(desk: Desk) -> None:
    eyes, hands = desk.eyes, desk.hands
    await desk.scan(COFFEE, "Coffee, ground 500 g")
    await hands.command("lock")
    await eyes.sees("Who is here?", "Nobody signed in")
    await hands.keyboard.scan(MILK)
    await eyes.sees(f"{MILK} was not rung: nobody is signed in.")
    await desk.store.scanner.scan(TEA)  # nor by the till's own scanner
    await eyes.sees(f"{TEA} was not rung: nobody is signed in.")
    assert await eyes.lines() == ["Coffee, ground 500 g"]
    desk.did(Feature.LOCK)
    for number in range(5):
        await desk.typed("pin", f"99{number}88{number}")
        await eyes.until(f"document.querySelector('.panel .field-error')?.textContent.includes('{_LEFT[number]}')")
    await desk.typed("pin", PINS["Lou"])
    await eyes.sees("too many wrong PINs: wait")
    await hands.choose("Lou")
    await desk.typed("pin", PINS["Lou"])
    await eyes.until(f"{BAR} === 'Lou'")
    desk.did(Feature.LOCK_OUT)
    desk.waits = True
    await eyes.rung("Coffee, ground 500 g")
    await desk.cash()


_LEFT = ("4 more", "3 more", "2 more", "1 more", "the next try is in")

SALES = (
    bottles, a_bag, exempt, a_tip, training, paper_out, print_question, switch, agent_killed, browser_restarted, lock,
)  # fmt: skip
