"""The two clouds in a process of their own: `python -m tests.soak.clouds REPORT SEED [forgets]`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from tests.clouds.lying_square import LyingSquare
from tests.clouds.lying_square_books import Books
from tests.clouds.serving import serving
from tests.simulate.clouds import bodies_unjudged
from tests.soak.peer import obey, report, say
from tests.soak.receiver import Receiver
from tests.soak.weather import FAIR, Weather

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.clouds.lying_square_books import Object


class CountingBooks(Books):
    """Square's books, which also say how often a key came again."""

    repeats = 0

    def once(self, path: str, body: Object, act: Callable[[Object], Object]) -> Object:
        made = len(self.keys)
        answer = super().once(path, body, act)
        self.repeats += len(self.keys) == made
        return answer


def square_report(square: LyingSquare) -> dict[str, Any]:
    """Return what Square has booked, in the order it was made."""
    books = square.books
    return {
        "orders": [
            {
                "id": order["id"],
                "record": order["metadata"]["stillopen_id"],
                "state": order["state"],
                "total": order["total_money"]["amount"],
            }
            for order in books.orders.values()
        ],
        "payments": [[one["order_id"], one["amount_money"]["amount"]] for one in books.payments.values()],
        "refunds": [[str(one["reason"]), one["amount_money"]["amount"]] for one in books.refunds.values()],
        "requests": len(square.requests),
        "repeats": books.repeats if isinstance(books, CountingBooks) else 0,
    }


async def main(file: Path, seed: str, *, forgets: bool) -> None:
    """Serve until told to end."""
    bodies_unjudged()
    receiver, square = Receiver(forgets), LyingSquare(books=CountingBooks())
    lines = {"hook": Weather(receiver, Random(f"{seed} hook")), "square": Weather(square, Random(f"{seed} square"))}

    def calm() -> dict[str, int]:
        for line in lines.values():
            line.shares = FAIR
        return counts()

    def counts() -> dict[str, int]:
        return {"hook": receiver.posts, "square": len(square.requests)}

    async with serving(lines["hook"]) as hook_url, serving(lines["square"]) as square_url:
        say({"hook": hook_url, "square": square_url, "token": square.token, "location": square.books.location_id})
        await obey({"calm": calm, "counts": counts})
    weather = {name: line.counts for name, line in lines.items()}
    report(file, {"hook": receiver.report(), "square": square_report(square), "weather": weather})


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], forgets="forgets" in sys.argv[3:]))
