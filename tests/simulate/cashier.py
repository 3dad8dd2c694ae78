"""A cashier at a till: rings, takes money, gives it back, and counts the drawer in the evening.

Everything goes through what the local API calls, each request under one idempotency key until it is answered:
asked again when the answer was lost, when the agent died, and when the disk had no room.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agent.api.bodies import (
    CloseShift,
    LineChange,
    MoveCash,
    NewDiscount,
    NewLine,
    NewRefund,
    NewShift,
    NewTender,
    RefundItem,
    RefundLine,
    RefundTender,
    TakeBack,
)
from agent.problem import Problem
from drivers.errors import PortLost
from outbox.answers import Key, Reply
from outbox.errors import OutboxError
from tests.simulate.shop import ITEMS
from tests.simulate.world import Died

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from agent.app import App
    from tests.simulate.ledger import Ledger
    from tests.simulate.world import World

ASK_AGAIN_S = 0.5  # how soon a front end repeats itself
LINES_MAX = 4
FLOAT = 10_000
MONEY_S = 3.2  # after which no opening is waited for any more: only a switch that moves says that a drawer opened
KINDS_OF_RETURNS = 5  # of so many customers who bring something back, one has no receipt and one takes other goods
GONE_MEANWHILE = ("nothing-to-refund", "line-refunded", "refund-too-much")  # somebody else brought it back
ANSWER_S = 1.0  # of an agent that lives, whatever line, clouds and devices do: some fsyncs, of 20 ms at most


@dataclass
class Cashier:
    """One person at one till."""

    world: World
    ledger: Ledger
    till: str
    printer: str
    scans: bool  # whether the till has a scanner of its own
    cash: int = 0  # what is in the drawer, as the hand counts it
    receipts: list[str] = field(default_factory=list)

    async def open_shift(self) -> None:
        """Put the float in."""
        self.cash = FLOAT
        wanted = NewShift(till=self.till, float=self.cash)
        await self._ask("open shift", lambda app, key: app.shifts.open(wanted, key=key))

    async def close_shift(self) -> None:
        """Count the drawer and hold it against the report."""
        await self._clear()
        await self._drop()
        wanted = CloseShift(till=self.till, counted=self.cash)
        reply = await self._ask("close shift", lambda app, key: app.shifts.close(wanted, key=key))
        if reply.body["over"] != 0:
            self.world.violate(f"{self.till}: the shift is {reply.body['over']} over, the drawer holds {self.cash}")

    async def _drop(self) -> None:
        """Take what is more than the float to the safe."""
        more = self.cash - FLOAT
        if more <= 0:
            return
        wanted = MoveCash(till=self.till, direction="drop", amount=more, reason="Feierabend")
        await self._ask("drop", lambda app, key: app.shifts.move(wanted, key=key))
        self.cash = FLOAT
        await self._shut()

    async def customer(self) -> None:
        """Serve one customer."""
        random = self.world.random
        await self._shut(0.0)  # one that opened late
        what = random.random()
        if random.random() < self.world.weather.brings_back and self.ledger.sales:
            await self._refund()
        elif what < 0.03:
            reason = "Wechselgeld"
            await self._ask("no sale", lambda app, key: app.closing.no_sale(self.till, reason, key=key))
        elif what < 0.06 and self.receipts:
            number = random.choice(self.receipts[-5:])
            await self._ask("copy", lambda app, key: app.records.print_copy(number, key=key))
        else:
            await self._sale()

    # --- a sale ---

    async def _sale(self) -> None:
        random = self.world.random
        try:
            opened = await self._ask("open", lambda app, key: app.ringing.open_sale(self.till, key=key))
        except Problem as problem:
            self._send_away(problem)
            return
        sale_id = opened.body["id"]
        for _ in range(random.randint(1, LINES_MAX)):
            await self._line(sale_id)
        if not (await self._view())["sale"]["lines"]:  # every scan was lost
            await self._ask("void", lambda app, key: app.closing.void(sale_id, None, key=key))
            return
        if random.random() < 0.10:
            percent = NewDiscount(percent=random.choice(("5", "10", "33")), reason="Stammkunde")
            await self._ask("discount", lambda app, key: app.ringing.add_discount(sale_id, percent, key=key))
        if random.random() < 0.05:
            change = LineChange(quantity=str(random.randint(2, 5)))
            await self._ask("quantity", lambda app, key: app.ringing.change_line(sale_id, "1", change, key=key))
        if random.random() < 0.05:
            await self._ask("park", lambda app, key: app.ringing.park(sale_id, "holt Geld", key=key))
            await asyncio.sleep(random.uniform(0.1, 2))
            await self._ask("resume", lambda app, key: app.ringing.resume(sale_id, key=key))
        if random.random() < 0.04:
            await self._ask("void", lambda app, key: app.closing.void(sale_id, "kein Geld", key=key))
            return
        await self._pay(sale_id)

    async def _line(self, sale_id: str) -> None:
        random = self.world.random
        sku = random.choice(tuple(ITEMS))
        _, _, barcode, unit = ITEMS[sku]
        if unit == "kg":
            wanted = NewLine(sku=sku, quantity=f"0.{random.randint(100, 999)}")
        elif random.random() < 0.08:
            wanted = NewLine(name="Sonstiges", price=random.randint(1, 3000), tax="standard")
        elif self.scans and random.random() < 0.7:
            await self._scan(barcode)
            return
        else:
            wanted = NewLine(barcode=barcode) if random.random() < 0.5 else NewLine(sku=sku)
        await self._ask(f"line {wanted}", lambda app, key: app.ringing.add_line(sale_id, wanted, key=key))

    async def _scan(self, barcode: str) -> None:
        """Scan, look at the screen, and go on either way: a scan that was lost with the agent is a line less."""
        try:
            async with asyncio.timeout(3):
                await self.world.scanner.scan(barcode)
        except (TimeoutError, PortLost):
            wanted = NewLine(barcode=barcode)
            sale_id = (await self._view())["sale"]["id"]
            await self._ask(f"line {wanted}", lambda app, key: app.ringing.add_line(sale_id, wanted, key=key))
        else:
            await asyncio.sleep(0.1)

    async def _pay(self, sale_id: str) -> None:
        random = self.world.random
        due = (await self._view())["sale"]["due"]
        while due > 0:
            if random.random() < 0.55:
                amount = due if random.random() < 0.3 else (due // 500 + 1) * 500
                if random.random() < 0.1 and due > 200:
                    amount = due // 2 // 5 * 5
                tender = NewTender(type="cash", amount=max(amount, 5))
            else:
                amount = due // 2 if random.random() < 0.1 and due > 1 else due
                tender = NewTender(type="card", amount=amount, reference=f"Beleg {random.randint(1, 9999):04d}")
            due = await self._tender(sale_id, tender)
        reply = await self._ask("complete", lambda app, key: app.closing.complete(sale_id, key=key))
        body = self.ledger.told(reply.body)
        self.receipts.append(body["receipt_number"])
        self.cash += sum(tender["amount"] for tender in body["tenders"] if tender["type"] == "cash") - body["change"]
        await self._shut()

    async def _tender(self, sale_id: str, tender: NewTender) -> int:
        """Take money, and return what is due then."""
        try:
            reply = await self._ask(
                f"tender {tender}", lambda app, key: app.ringing.add_tender(sale_id, tender, key=key)
            )
        except Problem as problem:  # a scan came late and the amount is not what is due any more
            self.world.note("tender refused", problem.code)
            return int((await self._view())["sale"]["due"])
        return int(reply.body["due"])

    async def _refund(self) -> None:
        random = self.world.random
        turn = self.world.counts["refunds"] % KINDS_OF_RETURNS
        if turn == 0:
            await self._take_back_without_receipt()
            return
        sale = random.choice(self.ledger.sales)
        lines = None
        if random.random() < 0.6:
            line = random.choice(sale["lines"])
            lines = [RefundLine(line=line["id"], quantity="1" if line["unit"] == "each" else None)]
        if turn == 1:
            await self._exchange(TakeBack(receipt_number=sale["receipt_number"], lines=lines, tender="card"))
            return
        how = RefundTender(type="card" if self.cash < sale["total"] else random.choice(("cash", "card")))
        wanted = NewRefund(
            receipt_number=sale["receipt_number"], till=self.till, lines=lines, tender=how, reason="gefällt nicht"
        )
        try:
            reply = await self._ask("refund", lambda app, key: app.closing.refund(wanted, key=key))
        except Problem as problem:
            if problem.code not in GONE_MEANWHILE:
                raise
            return
        body = self.ledger.told(reply.body)
        self.receipts.append(body["receipt_number"])
        self.cash -= sum(tender["amount"] for tender in body["tenders"] if tender["type"] == "cash")
        await self._shut()

    async def _take_back_without_receipt(self) -> None:
        item = RefundItem(sku=self.world.random.choice([sku for sku, item in ITEMS.items() if item[3] == "each"]))
        wanted = NewRefund(items=[item], till=self.till, tender=RefundTender(type="card"), reason="ohne Bon")
        try:
            reply = await self._ask("refund without receipt", lambda app, key: app.closing.refund(wanted, key=key))
        except Problem as problem:
            self._send_away(problem)
            return
        self.receipts.append(self.ledger.told(reply.body)["receipt_number"])

    async def _exchange(self, back: TakeBack) -> None:
        """Take goods back for others, which may cost more or less."""
        try:
            opened = await self._ask("open", lambda app, key: app.ringing.open_sale(self.till, key=key))
            sale_id = opened.body["id"]
            await self._ask(
                f"take back {back}", lambda app, key: app.counters.own.returns.take_back(sale_id, back, key=key)
            )
        except Problem as problem:
            if problem.code not in GONE_MEANWHILE:
                self._send_away(problem)
            return
        await self._line(sale_id)
        sale = (await self._view())["sale"]
        if not sale["lines"]:  # the scan was lost
            await self._ask("void", lambda app, key: app.closing.void(sale_id, None, key=key))
            return
        try:
            await self._pay(sale_id)
        except Problem as problem:
            if problem.code not in (*GONE_MEANWHILE, "exchange-changed"):
                raise
            await self._ask("keep goods", lambda app, key: app.counters.own.returns.keep_goods(sale_id, key=key))
            await self._pay(sale_id)

    def _send_away(self, problem: Problem) -> None:
        """Begin nothing new while the disk is full, which must have been planted. Raises any other `Problem`."""
        if problem.code != "disk-full" or not self.world.planted:
            raise problem
        self.world.counts["sent away"] += 1

    async def _shut(self, money_s: float = MONEY_S) -> None:
        """Put the money away and push the drawer shut, if it opened."""
        await asyncio.sleep(money_s)
        printer = self.world.printers[self.printer]
        if printer.drawer_open:
            printer.close_drawer()

    async def _clear(self) -> None:
        """Give up what is still open in the evening: a scan that came after the last sale."""
        sale = (await self._view())["sale"]
        if sale is not None:
            await self._ask("void", lambda app, key: app.closing.void(sale["id"], "Feierabend", key=key))

    # --- asking ---

    async def _view(self) -> dict[str, Any]:
        async def view(app: App, _: Key) -> Reply:
            return Reply(200, app.tills.view(self.till))

        return (await self._ask("view", view)).body

    async def _ask(self, what: str, make: Callable[[App, Key], Awaitable[Reply]]) -> Reply:
        """Ask until there is an answer that is heard, and the same each time. Raises `Problem`."""
        world = self.world
        key = Key(self.till, str(uuid.UUID(int=world.random.getrandbits(128))), _digest(what))
        unheard: Reply | None = None
        while True:
            asked_at = world.loop.time()
            try:
                reply = await world.ask(lambda app: _exchange(app, key, make))
            except (Died, OutboxError):
                await asyncio.sleep(ASK_AGAIN_S)
                continue
            finally:
                waited_s = world.loop.time() - asked_at
                if waited_s > ANSWER_S and not world.planted:
                    world.violate(f"{self.till} waited {waited_s:.1f} s for {what}")
            if unheard is not None and what != "view" and unheard != reply:
                world.violate(f"{self.till} was told {unheard} and then {reply} for {what}")
            if world.random.random() < world.weather.unheard:
                world.counts["unheard"] += 1
                unheard = reply
                continue
            world.note(self.till, what, reply.status)
            if reply.status >= 400:
                raise Problem(reply.status, reply.body["code"], reply.body["detail"])
            return reply


async def _exchange(app: App, key: Key, make: Callable[[App, Key], Awaitable[Reply]]) -> Reply:
    """Answer as `agent.api.exchange` does: a refusal is kept under its key, too."""
    kept = app.journal.answer(key)
    if kept is not None:
        return kept[0]
    try:
        return await make(app, key)
    except Problem as problem:
        reply = Reply(problem.status, problem.document())
        if problem.status >= 500:  # not now; it may well be done later
            return reply
        await app.journal.keep_answer(key, reply, "2026-01-05T08:00:00+00:00")
        return reply


def _digest(what: str) -> str:
    return hashlib.blake2b(what.encode(), digest_size=16).hexdigest()
