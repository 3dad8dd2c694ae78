"""The tills, selling as fast as the agent lets them: `python -m tests.soak.tills FOLDER PORT SEED TILL...`.

Whatever they are told is written down with what they had rung: the agent is held to that afterwards.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import IO, Any

import httpx

from tests.simulate.shop import ITEMS
from tests.soak.front_end import FrontEnd, Refusal
from tests.soak.peer import obey, report, say
from tests.soak.store import PRINTERS

LINES_MAX = 4
REFUNDABLE = 40  # how far back customers bring things
NOTHING_LEFT = ("nothing-to-refund", "line-refunded", "refund-too-much")  # somebody at another till was quicker


@dataclass
class Till:
    """One till and whoever stands at it. `sold` is everybody's."""

    name: str
    front_end: FrontEnd
    chance: Random
    sold: list[dict[str, Any]]
    told: IO[str]
    counts: Counter[str] = field(default_factory=Counter)

    async def customer(self) -> None:
        """Serve one customer."""
        what = self.chance.random()
        if what < 0.12 and self.sold:
            await self._refund()
        elif what < 0.15 and self.name in PRINTERS:
            self._tell(await self.front_end.write("POST", f"/v1/tills/{self.name}/drawer", {"reason": "Wechselgeld"}))
        elif what < 0.18 and self.sold and self.name in PRINTERS:
            number = self.chance.choice(self.sold[-REFUNDABLE:])["receipt_number"]
            if number.upper().startswith(self.name.upper()):
                await self.front_end.write("POST", f"/v1/records/{number}/print")
                self.counts["copies"] += 1
        else:
            await self._sale()

    async def _sale(self) -> None:
        chance, write = self.chance, self.front_end.write
        sale = await write("POST", "/v1/sales", {"till": self.name})
        path = f"/v1/sales/{sale['id']}"
        pieces = Decimal(0)
        for _ in range(chance.randint(1, LINES_MAX)):
            wanted, quantity = self._line()
            sale = await write("POST", f"{path}/lines", wanted)
            pieces += quantity
        counted = [line for line in sale["lines"] if line["unit"] == "each"]
        if counted and chance.random() < 0.10:
            line, more = chance.choice(counted), chance.randint(2, 5)
            sale = await write("PATCH", f"{path}/lines/{line['id']}", {"quantity": str(more)})
            pieces += more - Decimal(line["quantity"])
        if chance.random() < 0.10:
            sale = await write("POST", f"{path}/discounts", {"percent": "10", "reason": "Stammkunde"})
        if chance.random() < 0.10:
            await write("POST", f"{path}/park", {"label": "holt Geld"})
            sale = await write("POST", f"{path}/resume")
            self.counts["parks"] += 1
        if chance.random() < 0.05:
            self._tell(await write("POST", f"{path}/void", {"reason": "kein Geld"}), pieces=pieces)
            return
        paid = await self._pay(path, sale["due"])
        record = await write("POST", f"{path}/complete")
        self._tell(record, pieces=pieces, paid=paid)
        self.sold.append({"receipt_number": record["receipt_number"], "lines": record["lines"]})

    def _line(self) -> tuple[dict[str, Any], Decimal]:
        """Return what to ring, and how much of it that is."""
        sku = self.chance.choice(tuple(ITEMS))
        _, _, barcode, unit = ITEMS[sku]
        if unit == "kg":
            quantity = Decimal(self.chance.randint(100, 2000)).scaleb(-3)
            return {"sku": sku, "quantity": str(quantity)}, quantity
        if self.chance.random() < 0.1:
            return {"name": "Sonstiges", "price": self.chance.randint(50, 3000), "tax": "standard"}, Decimal(1)
        return {"barcode": barcode} if self.chance.random() < 0.5 else {"sku": sku}, Decimal(1)

    async def _pay(self, path: str, due: int) -> list[int]:
        """Take tenders until nothing is due; return their amounts."""
        chance, amounts = self.chance, list[int]()
        while due > 0:
            tender: dict[str, Any]
            if chance.random() < 0.5:
                amount = max(due // 2 // 5 * 5, 5) if chance.random() < 0.15 else (due // 500 + 1) * 500
                tender = {"type": "cash", "amount": amount}
            else:
                amount = max(due // 2, 1) if chance.random() < 0.15 else due
                tender = {"type": "card", "amount": amount, "reference": f"Beleg {chance.randint(1, 9999):04d}"}
            due = (await self.front_end.write("POST", f"{path}/tenders", tender))["due"]
            amounts.append(amount)
        return amounts

    async def _refund(self) -> None:
        sale = self.chance.choice(self.sold[-REFUNDABLE:])
        wanted: dict[str, Any] = {
            "receipt_number": sale["receipt_number"],
            "till": self.name,
            "tender": {"type": self.chance.choice(("cash", "card"))},
            "reason": "gefällt nicht",
        }
        if self.chance.random() < 0.6:
            wanted["lines"] = [{"line": self.chance.choice(sale["lines"])["id"]}]
        try:
            record = await self.front_end.write("POST", "/v1/refunds", wanted)
        except Refusal as refusal:
            if refusal.code not in NOTHING_LEFT:
                raise
            self.counts["nothing left"] += 1
        else:
            self._tell(record)

    def _tell(self, record: dict[str, Any], *, pieces: Decimal | None = None, paid: list[int] | None = None) -> None:
        self.counts[f"{record['kind']}s"] += 1
        rung = {"pieces": None if pieces is None else str(pieces), "paid": paid}
        self.told.write(json.dumps({"record": record} | rung) + "\n")


async def main(folder: Path, port: int, seed: str, names: list[str]) -> None:
    """Sell until told to end; each till serves its customer first."""
    sold: list[dict[str, Any]] = []
    over = asyncio.Event()
    with (folder / "told.jsonl").open("w", encoding="utf-8") as told:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            front_end = FrontEnd(client, folder / "state" / "api-token", Random(f"{seed} keys"))
            tills = [Till(name, front_end, Random(f"{seed} {name}"), sold, told) for name in names]

            async def sell(till: Till) -> None:
                while not over.is_set():
                    try:
                        await till.customer()
                    except Refusal as refusal:
                        front_end.complaints.append(f"{till.name} did nothing wrong and was refused: {refusal}")

            def counts() -> Counter[str]:
                return sum((till.counts for till in tills), front_end.counts)

            say({})
            async with asyncio.TaskGroup() as group:
                for till in tills:
                    group.create_task(sell(till), name=till.name)
                await obey({"counts": counts})
                over.set()
    report(folder / "tills.json", {"counts": counts(), "complaints": front_end.complaints})


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]))
