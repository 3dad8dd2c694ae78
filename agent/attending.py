"""Attending to the customer of an open sale: notes, their age, who they are. Each replies with the sale as it is."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent import open_sales, particulars
from agent.about import AgeCheck, How, Person
from agent.exemption import end_exemption, exempt
from agent.pricing import view
from agent.staff.actions import Action
from outbox.answers import Reply

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from agent.customers import Customer
    from agent.pricing import Rules
    from agent.sale import Sale
    from agent.staff.by import By
    from agent.till import Tills
    from outbox.answers import Key

    Operation = Callable[[sqlite3.Connection, Sale, str], Sale]


async def note(tills: Tills, sale_id: str, text: str, *, printed: bool, key: Key | None) -> Reply:
    """Write a note on the whole sale; an empty one takes it off."""
    return await _change(tills, sale_id, key, lambda _, sale, __: particulars.note_sale(sale, text, printed=printed))


async def check_age(tills: Tills, sale_id: str, age: int, how: How, *, key: Key | None, by: By) -> Reply:
    """Note that somebody made sure of the customer's age. A birth date is never asked for here, nor kept."""
    who = Person(by.actor.id, by.actor.name)

    def operation(connection: sqlite3.Connection, sale: Sale, at: str) -> Sale:
        changed = particulars.check_age(sale, AgeCheck(age, how, who, at))
        done = {"age": age, "how": how.value}
        by.audit(connection, Action.AGE_CHECK, at, subject=sale.id, till=sale.till, after=done)
        return changed

    return await _change(tills, sale_id, key, operation)


async def give_customer(tills: Tills, sale_id: str, customer: Customer | None, *, key: Key | None, by: By) -> Reply:
    """Say whom the sale is for; None: nobody who is known. Whoever pays no tax pays none here, where that is allowed.

    An exemption goes with the customer it came with.
    """
    if customer is not None and customer.exempt_reason is not None:
        by.allow(Action.TAX_EXEMPT)

    def operation(connection: sqlite3.Connection, sale: Sale, at: str) -> Sale:
        changed = particulars.give_customer(sale, None if customer is None else customer.on_sale())
        if sale.about.customer is not None and sale.exemption is not None:
            changed = _taxed(connection, changed, at, tills.rules, by)
        if customer is not None and customer.exempt_reason is not None:
            changed = exempt(changed, tills.rules, reason=customer.exempt_reason, certificate=customer.certificate)
            by.audit(connection, Action.TAX_EXEMPT, at, subject=sale.id, till=sale.till, why=customer.exempt_reason)
        return changed

    return await _change(tills, sale_id, key, operation)


async def exempt_from_tax(
    tills: Tills, sale_id: str, reason: str, certificate: str | None, *, key: Key | None, by: By
) -> Reply:
    """Take every tax off the sale, for a reason."""

    def operation(connection: sqlite3.Connection, sale: Sale, at: str) -> Sale:
        changed = exempt(sale, tills.rules, reason=reason, certificate=certificate)
        by.audit(connection, Action.TAX_EXEMPT, at, subject=sale.id, till=sale.till, why=reason, after=certificate)
        return changed

    return await _change(tills, sale_id, key, operation)


async def tax_again(tills: Tills, sale_id: str, *, key: Key | None, by: By) -> Reply:
    """Tax the sale like any other."""
    return await _change(
        tills, sale_id, key, lambda connection, sale, at: _taxed(connection, sale, at, tills.rules, by)
    )


def _taxed(connection: sqlite3.Connection, sale: Sale, at: str, rules: Rules, by: By) -> Sale:
    """End a sale's exemption, where it has one; the trail keeps what it was."""
    changed = end_exemption(sale, rules)
    if sale.exemption is not None:
        was = {"reason": sale.exemption.reason, "certificate": sale.exemption.certificate}
        by.audit(connection, "exemption_ended", at, subject=sale.id, till=sale.till, before=was)
    return changed


async def _change(tills: Tills, sale_id: str, key: Key | None, operation: Operation) -> Reply:
    def change(connection: sqlite3.Connection, at: str) -> Reply:
        changed = operation(connection, tills.sale(connection, sale_id), at)
        open_sales.save(connection, changed, at)
        return Reply(HTTPStatus.OK, view(changed, tills.rules))

    return await tills.once(key, change)
