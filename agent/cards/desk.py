"""Cards at the till: begun, cancelled, left behind and followed, whoever asks and whatever happens in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from agent import once, open_sales
from agent.card_payment import released
from agent.cards import attempt as rows
from agent.cards import in_training, on_sale
from agent.cards.attempt import Attempt, State
from agent.cards.changes import Changed, Changes
from agent.cards.follow import Pace
from agent.cards.following import Following
from agent.problem import conflict
from agent.staff.actions import Action
from agent.staff.by import OF_ITSELF
from outbox import answers
from outbox.answers import Reply
from outbox.ids import new_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable, Mapping

    from agent.events import Publisher
    from agent.sale import Sale
    from agent.staff.by import By
    from agent.till import Tills
    from outbox.answers import Key
    from outbox.card_reader import CardReaders
    from outbox.connector import Answer, Request
    from outbox.journal import Journal

KEPT = timedelta(days=90)  # an ended payment is looked up while a customer may still ask; its sale's record stays
FORGET_MAX = 20  # of those in one change


class Cards:
    """The store's card payments at readers. `readers`: by cloud, what its code says of them."""

    def __init__(
        self,
        journal: Journal,
        events: Publisher,
        tills: Tills,
        readers: Mapping[str, CardReaders],
        call: Callable[[str, Request], Awaitable[Answer]],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pace: Pace | None = None,
    ) -> None:
        self._journal = journal
        self._tills = tills
        self._readers = readers
        self._now = now
        self._changes = Changes(journal, events, tills.rules, provider=lambda cloud: readers[cloud].provider, now=now)
        self._following = Following(journal, self._changes, readers, call, now=now, pace=pace or Pace())

    @property
    def providers(self) -> Mapping[str, str]:
        """By type of tender, the cloud that takes it: for the outage card."""
        taking = [name for name, readers in self._readers.items() if readers.by_till]
        return MappingProxyType({"card_reader": taking[0]} if taking else {})

    def reader_of(self, till: str) -> tuple[str, str]:
        """Return the cloud and the reader of a till. Raises `Problem` where it has none."""
        for cloud, readers in self._readers.items():
            if till in readers.by_till:
                return cloud, readers.by_till[till]
        raise conflict(
            "no-card-reader",
            f"Till {till} has no card reader: name one in `readers` of a [[cloud]] that takes cards, or take the card "
            "on a terminal of its own.",
        )

    def till_view(self, till: str) -> dict[str, Any] | None:
        """Return what a till's page shows of cards: its reader, what is under way, what a person is to be told."""
        reader = self._journal.reader
        told = [self._changes.view(attempt) for attempt in rows.untold(reader, till)]
        under_way = [attempt for attempt in rows.at_till(reader, till) if not attempt.left]
        left = [attempt for attempt in rows.at_till(reader, till) if attempt.left]
        has = next((cloud for cloud, readers in self._readers.items() if till in readers.by_till), None)
        if has is None and not (told or left or under_way):
            return None
        return {
            "cloud": has,
            "payment": self._changes.view(under_way[0]) if under_way else None,
            "left": [self._changes.view(attempt) for attempt in left],
            "ended": told,
        }

    # --- what a cashier does ---

    async def begin(self, sale_id: str, amount: int | None, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Ask for a card at the till's reader, for what is due or a part of it."""
        attempt_id, at = new_id(), self._now()

        def change(connection: sqlite3.Connection) -> tuple[Reply, Changed | None]:
            sale = self._tills.sale(connection, sale_id)
            cloud, reader = self.reader_of(sale.till)
            self._tills.must_have_shift(connection, sale.till)
            waiting, wanted = on_sale.reserve(sale, self._tills.rules, attempt_id, amount)
            fault = self._readers[cloud].amount_fault(wanted)
            if fault is not None:
                raise conflict("card-amount", f"{fault}.")
            self._must_be_free(connection, cloud, reader)
            attempt = Attempt(
                attempt_id, sale.id, sale.till, cloud, reader, wanted, sale.currency, at.isoformat(), by=by.actor.name
            )
            rows.forget(connection, (at - KEPT).isoformat(), FORGET_MAX)
            open_sales.save(connection, waiting, at.isoformat())
            return Reply(HTTPStatus.ACCEPTED, attempt.view()), Changed(
                rows.save(connection, attempt, at.isoformat()), waiting
            )

        self._following.begins(attempt_id)
        try:
            reply = await self._once(key, change)
        except BaseException:
            self._following.begins_not(attempt_id)
            raise
        if reply.body["id"] != attempt_id:  # it was asked for before
            self._following.begins_not(attempt_id)
        return reply

    async def train(self, sale_id: str, amount: int | None, *, key: Key | None, tills: Tills) -> Reply:
        """Take a card in training: nothing is sent, and it is taken at once."""
        return await in_training.take(tills, sale_id, amount, key=key, at=self._now().isoformat())

    async def train_back(self, sale_id: str, attempt_id: str, *, key: Key | None, tills: Tills) -> Reply:
        """Give a card that was taken in training its money back: at once, too. Raises `Problem`."""
        return await in_training.give_back(tills, sale_id, attempt_id, key=key, at=self._now().isoformat())

    def view(self, sale_id: str, attempt_id: str, tills: Tills | None = None) -> dict[str, Any]:
        """Return a card payment of a sale, which may be at one of training's `tills`. Raises `Problem`."""
        return self._changes.view(rows.of_sale((tills or self._tills).journal.reader, sale_id, attempt_id))

    async def cancel(self, sale_id: str, attempt_id: str, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Call a payment off, or give a charged card its money back while the sale is open."""
        at = self._now().isoformat()

        def change(connection: sqlite3.Connection) -> tuple[Reply, Changed | None]:
            attempt = rows.of_sale(connection, sale_id, attempt_id)
            sale = open_sales.find(connection, attempt.sale)
            if attempt.state is State.CAPTURING:
                raise conflict(
                    "card-payment-ending", "The card is being charged at this moment: cancel it once it is taken."
                )
            if attempt.state is State.TAKEN:
                if sale is None:
                    raise conflict("sale-closed", "This sale is closed: refund it by its receipt, on the same card.")
                by.audit(connection, Action.CARD_GIVE_BACK, at, subject=sale.id, till=sale.till, after=attempt.charged)
                changed = Changed(replace(attempt, state=State.GIVING_BACK), on_sale.give_back(sale, attempt.id))
            elif attempt.state is State.CREATING:  # no reader was told: nothing can be charged
                changed = _off(attempt, sale)
            elif attempt.state in (State.HANDING, State.AT_READER):
                changed = Changed(replace(attempt, state=State.CALLING_OFF, ends_as=State.CANCELLED))
            else:
                return Reply(HTTPStatus.ACCEPTED, self._changes.view(attempt)), None
            return Reply(HTTPStatus.ACCEPTED, self._changes.view(changed.attempt)), _saved(connection, changed, at)

        return await self._once(key, change)

    async def leave(self, sale_id: str, attempt_id: str, *, key: Key | None, by: By = OF_ITSELF) -> Reply:
        """Go on with the sale though nobody knows yet whether the card was charged: if it was, it is given back."""
        at = self._now().isoformat()

        def change(connection: sqlite3.Connection) -> tuple[Reply, Changed | None]:
            attempt = rows.of_sale(connection, sale_id, attempt_id)
            if not attempt.open:
                return Reply(HTTPStatus.OK, self._changes.view(attempt)), None
            sale = open_sales.find(connection, attempt.sale)
            by.audit(connection, Action.CARD_LEAVE, at, subject=attempt.sale, till=attempt.till, after=attempt.amount)
            if attempt.state is State.CREATING:
                changed = _off(attempt, sale)
            else:
                giving = attempt.state is State.GIVING_BACK
                left = replace(attempt, left=True, told=False, state=State.GIVING_BACK if giving else State.CALLING_OFF)
                freed = None
                if sale is not None and on_sale.waits_for(sale, attempt.id):
                    freed = on_sale.gave_back(sale, self._tills.rules, attempt.id)
                changed = Changed(left, freed)
            return Reply(HTTPStatus.OK, self._changes.view(changed.attempt)), _saved(connection, changed, at)

        return await self._once(key, change)

    async def told(self, sale_id: str, attempt_id: str, *, key: Key | None) -> Reply:
        """Note that a person has read how a payment ended that its sale went on without."""
        at = self._now().isoformat()

        def change(connection: sqlite3.Connection) -> tuple[Reply, Changed | None]:
            attempt = rows.of_sale(connection, sale_id, attempt_id)
            if attempt.open:
                raise conflict("card-payment-open", "Its end is not known yet: it is told here as soon as it is.")
            done = Changed(replace(attempt, told=True))
            return Reply(HTTPStatus.OK, self._changes.view(done.attempt)), _saved(connection, done, at)

        return await self._once(key, change)

    async def run(self) -> None:
        """Follow every payment whose end is not known, for ever."""
        await self._following.run()

    def look_again(self) -> None:
        """Follow on whatever is open on the disk, which was opened again."""
        self._following.look_again()

    async def recover(self) -> None:
        """After a start: what a journal that was put back knows of payments is not gone by; a person looks them up."""

        def change(connection: sqlite3.Connection) -> None:
            at = self._now().isoformat()
            for attempt in rows.open_ones(connection):
                if rows.of_another_epoch(connection, attempt.id):
                    _put_back(connection, attempt, at)

        await self._journal.write(change)

    # --- the parts these share ---

    async def _once(
        self, key: Key | None, change: Callable[[sqlite3.Connection], tuple[Reply, Changed | None]]
    ) -> Reply:
        """Make a change and keep its reply, or return the one this request was given before; tell, and go on."""
        at = self._now().isoformat()

        def whole(connection: sqlite3.Connection) -> tuple[Reply, Changed | None]:
            kept = once.kept(connection, key)
            if kept is not None:
                return kept, None
            reply, changed = change(connection)
            return answers.keep(connection, key, reply, at), changed

        reply, changed = await self._journal.write(whole)
        if changed is not None:
            self._changes.tell(changed)
            if changed.attempt.open:
                self._following.wake(changed.attempt.id)
        return reply

    def _must_be_free(self, connection: sqlite3.Connection, cloud: str, reader: str) -> None:
        for other in rows.open_ones(connection):
            if (other.cloud, other.reader) == (cloud, reader) and not other.left:
                raise conflict(
                    "reader-busy",
                    f"Till {other.till} is using the card reader: wait for it, or take another tender.",
                    till=other.till,
                )


def _saved(connection: sqlite3.Connection, changed: Changed, at: str) -> Changed:
    if changed.sale is not None:
        open_sales.save(connection, changed.sale, at)
    rows.save(connection, changed.attempt, at)
    return changed


def _off(attempt: Attempt, sale: Sale | None) -> Changed:
    """Return the end of a payment that no reader was told of."""
    waits = sale is not None and on_sale.waits_for(sale, attempt.id)
    return Changed(replace(attempt, state=State.CANCELLED), released(sale) if waits and sale is not None else None)


def _put_back(connection: sqlite3.Connection, attempt: Attempt, at: str) -> None:
    sale = open_sales.current(connection, attempt.till)
    if sale is not None and on_sale.waits_for(sale, attempt.id):
        open_sales.save(connection, released(sale), at)
    reason = "this journal was put back, or copied, while the payment was under way"
    hint = f"Look up payment {attempt.payment or attempt.id} at {attempt.cloud}: whether it was charged, and for what."
    rows.save(connection, replace(attempt, state=State.UNKNOWN, told=False, reason=reason, hint=hint), at)
