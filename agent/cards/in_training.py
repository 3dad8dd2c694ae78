"""A card at the reader in training: taken at once and given back at once, with nothing sent to anybody."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from agent import once, open_sales
from agent.cards import attempt as rows
from agent.cards import on_sale
from agent.cards.attempt import Attempt, State
from agent.pricing import view
from outbox import answers
from outbox.answers import Reply
from outbox.card_reader import Card
from outbox.ids import new_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from agent.sale import Sale
    from agent.till import Tills
    from outbox.answers import Key

NOBODY = "training"  # whose reader, cloud and payment it is


async def take(tills: Tills, sale_id: str, amount: int | None, *, key: Key | None, at: str) -> Reply:
    """Take what is due, or a part of it, by a card that is nobody's. Raises `Problem`."""
    attempt_id = new_id()

    def change(connection: sqlite3.Connection) -> tuple[Attempt, Sale]:
        sale = tills.sale(connection, sale_id)
        waiting, wanted = on_sale.reserve(sale, tills.rules, attempt_id, amount)
        attempt = Attempt(
            attempt_id, sale.id, sale.till, NOBODY, NOBODY, wanted, sale.currency, at,
            state=State.TAKEN, payment=NOBODY, charged=wanted, card=Card(NOBODY, None, None),
        )  # fmt: skip
        return attempt, on_sale.take(waiting, tills.rules, attempt, NOBODY)

    return await _changed(tills, key, at, change)


async def give_back(tills: Tills, sale_id: str, attempt_id: str, *, key: Key | None, at: str) -> Reply:
    """Take the tender off again. Raises `Problem`."""

    def change(connection: sqlite3.Connection) -> tuple[Attempt, Sale]:
        attempt, sale = rows.of_sale(connection, sale_id, attempt_id), tills.sale(connection, sale_id)
        given = replace(attempt, state=State.GIVEN_BACK)
        return given, on_sale.gave_back(sale, tills.rules, attempt_id)

    return await _changed(tills, key, at, change)


async def _changed(
    tills: Tills, key: Key | None, at: str, change: Callable[[sqlite3.Connection], tuple[Attempt, Sale]]
) -> Reply:
    """Write a change, once under its key, and tell of it."""

    def whole(connection: sqlite3.Connection) -> tuple[Reply, Sale | None]:
        kept = once.kept(connection, key)
        if kept is not None:
            return kept, None
        attempt, sale = change(connection)
        open_sales.save(connection, sale, at)
        rows.save(connection, attempt, at)
        return answers.keep(connection, key, Reply(HTTPStatus.ACCEPTED, attempt.view()), at), sale

    reply, sale = await tills.journal.write(whole)
    if sale is not None:
        tills.events.publish("card", till=sale.till, payment=reply.body)
        tills.events.publish("sale", till=sale.till, sale=Reply(200, view(sale, tills.rules)))
    return reply
