"""The changes a card payment goes through on the disk: each one transaction, with what it means for its sale.

A change is made only where the attempt is still as whoever asks has seen it: a cashier may have cancelled meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from agent import open_sales
from agent.card_payment import released
from agent.cards import attempt as rows
from agent.cards import on_sale
from agent.cards.attempt import Attempt, State
from agent.pricing import view
from outbox.answers import Reply

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from datetime import datetime

    from agent.events import Publisher
    from agent.pricing import Rules
    from agent.sale import Sale
    from outbox.card_reader import Payment
    from outbox.journal import Journal


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change left: the attempt, and its sale where that changed too."""

    attempt: Attempt
    sale: Sale | None = None


class Changes:
    """Writes what becomes of card payments, and tells of it. `provider`: by cloud, what a tender calls it."""

    def __init__(
        self,
        journal: Journal,
        events: Publisher,
        rules: Rules,
        *,
        provider: Callable[[str], str],
        now: Callable[[], datetime],
    ) -> None:
        self.trouble: dict[str, str] = {}  # by attempt: why its cloud cannot be asked now
        self._journal = journal
        self._events = events
        self._rules = rules
        self._provider = provider
        self._now = now

    def find(self, attempt_id: str) -> Attempt | None:
        """Return an attempt as it is on the disk."""
        return rows.find(self._journal.reader, attempt_id)

    def view(self, attempt: Attempt) -> dict[str, Any]:
        """Return it as the local API shows it."""
        return attempt.view(self.trouble.get(attempt.id))

    async def move(self, seen: Attempt, state: State, **fields: Any) -> None:
        """Go on to another state that is still open."""
        await self._write(seen, lambda connection, at: self._kept(connection, replace(seen, state=state, **fields), at))

    async def call_off(self, seen: Attempt, ends_as: State, reason: str, hint: str | None = None) -> None:
        """Begin to make sure that it is never charged."""
        await self.move(seen, State.CALLING_OFF, ends_as=ends_as, reason=reason, hint=hint)

    async def end(self, seen: Attempt, state: State, **fields: Any) -> None:
        """Write down an end in which nothing was charged, or nothing that a sale counts."""

        def change(connection: sqlite3.Connection, at: str) -> Changed:
            attempt = replace(seen, state=state, **fields)
            sale = open_sales.find(connection, seen.sale)
            if not on_sale.waits_for(sale, seen.id):
                return self._kept(connection, attempt, at)
            assert sale is not None, "it waits"
            freed = on_sale.gave_back(sale, self._rules, seen.id) if state is State.GIVEN_BACK else released(sale)
            return self._kept(connection, attempt, at, freed)

        await self._write(seen, change)

    async def agreed(self, seen: Attempt) -> None:
        """Write down that the bank agreed: it is charged, where its sale still waits for it."""

        def change(connection: sqlite3.Connection, at: str) -> Changed:
            waits = on_sale.waits_for(open_sales.find(connection, seen.sale), seen.id)
            state = State.CAPTURING if waits and not seen.left else State.CALLING_OFF
            return self._kept(connection, replace(seen, state=state), at)

        await self._write(seen, change)

    async def charged(self, seen: Attempt, payment: Payment) -> None:
        """Make what was charged a tender of its sale, or, where that went on without it, give it back."""

        def change(connection: sqlite3.Connection, at: str) -> Changed:
            attempt = replace(seen, charged=payment.amount, card=payment.card)
            sale = open_sales.find(connection, seen.sale)
            if seen.left or sale is None or not on_sale.waits_for(sale, seen.id):
                return self._kept(connection, replace(attempt, state=State.GIVING_BACK, left=True, told=False), at)
            taken = replace(attempt, state=State.TAKEN, reason=None, hint=None)
            paid = on_sale.take(sale, self._rules, taken, self._provider(seen.cloud))
            return self._kept(connection, taken, at, paid)

        await self._write(seen, change)

    def _kept(self, connection: sqlite3.Connection, attempt: Attempt, at: str, sale: Sale | None = None) -> Changed:
        if sale is not None:
            open_sales.save(connection, sale, at)
        return Changed(rows.save(connection, attempt, at), sale)

    async def _write(self, seen: Attempt, change: Callable[[sqlite3.Connection, str], Changed]) -> None:
        at = self._now().isoformat()

        def where_unchanged(connection: sqlite3.Connection) -> Changed | None:
            return change(connection, at) if rows.find(connection, seen.id) == seen else None

        changed = await self._journal.write(where_unchanged)
        if changed is not None:
            self.tell(changed)

    def tell(self, changed: Changed) -> None:
        """Tell what has changed to everyone who listens."""
        attempt, sale = changed.attempt, changed.sale
        if not attempt.open:
            self.trouble.pop(attempt.id, None)
        self._events.publish("card", till=attempt.till, payment=self.view(attempt))
        if sale is not None:
            self._events.publish("sale", till=sale.till, sale=Reply(200, view(sale, self._rules)))

    def set_trouble(self, attempt: Attempt, trouble: str | None) -> None:
        """Keep why an attempt does not go on, or that it does; told when it is another than before."""
        if self.trouble.get(attempt.id) == trouble:
            return
        if trouble is None:
            self.trouble.pop(attempt.id, None)
        else:
            self.trouble[attempt.id] = trouble
        self._events.publish("card", till=attempt.till, payment=self.view(attempt))
