"""The store's own list of customers, on the journal's disk: it knows them with no line, and forgets whom it is told to.

A sale keeps of a customer what its receipt shows: name and number. Everything else stands here alone, and is gone
when the customer is removed; what the store must keep by law is in its records.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from agent import entry, once
from agent.about import SaleCustomer
from agent.problem import conflict, not_found
from outbox import answers
from outbox.answers import Reply
from outbox.ids import new_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from agent.staff.by import By
    from outbox.answers import Key
    from outbox.journal import Journal

NAME_CHARS_MAX = 100  # two lines of a receipt
CONTACT_CHARS_MAX = 254  # an e-mail address (RFC 5321); no phone number is longer
NUMBER_CHARS_MAX = 40  # of a customer card; it is printed on one line
WORDS_MAX = 8  # of a search; more narrow nothing further

_FIELDS = ("name", "phone", "email", "number", "exempt_reason", "certificate")
_SELECT = f"select id, {', '.join(_FIELDS)} from customer"


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who buys here. `exempt_reason`: why they pay no tax, None where they do; `certificate` proves it."""

    id: str
    name: str
    phone: str | None = None
    email: str | None = None
    number: str | None = None  # of their card, or in the store's books; unique
    exempt_reason: str | None = None
    certificate: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the customer as the local API shows it."""
        return {"id": self.id, **{name: getattr(self, name) for name in _FIELDS}}

    def on_sale(self) -> SaleCustomer:
        """Return what a sale keeps of it."""
        return SaleCustomer(self.id, self.name, self.number)

    def look_up(self) -> str:
        """Return what a search looks into: everything that names them, and the phone number's digits alone."""
        digits = "".join(char for char in self.phone or "" if char.isdigit())
        return " ".join(part.casefold() for part in (self.name, self.phone, digits, self.email, self.number) if part)


def checked(customer: Customer) -> Customer:
    """Return it with its texts as they are kept. Raises `Problem`."""
    limits = dict.fromkeys(("phone", "email"), CONTACT_CHARS_MAX) | {"number": NUMBER_CHARS_MAX}
    limits |= {"exempt_reason": entry.REASON_CHARS_MAX, "certificate": NUMBER_CHARS_MAX}
    texts = {name: entry.text_or_none(name, getattr(customer, name), chars_max=most) for name, most in limits.items()}
    return Customer(customer.id, entry.text("name", customer.name, chars_max=NAME_CHARS_MAX), **texts)


def find(connection: sqlite3.Connection, customer_id: str) -> Customer:
    """Return a customer. Raises `Problem`."""
    row = connection.execute(f"{_SELECT} where id = ?", (customer_id,)).fetchone()
    if row is None:
        raise not_found(
            "customer",
            "The list has no such customer (any more): search it by name, or add them with POST /v1/customers.",
        )
    return Customer(*row)


class Customers:
    """The list. Every change is one change of the journal's file, with who made it in the audit trail."""

    def __init__(self, journal: Journal, now: Callable[[], datetime]) -> None:
        self._journal = journal
        self._now = now

    def view(self, customer_id: str) -> Customer:
        """Return a customer. Raises `Problem`."""
        return find(self._journal.reader, customer_id)

    def search(self, text: str, limit: int) -> list[Customer]:
        """Return those who have every word of `text` somewhere in name, number, phone or e-mail, by name."""
        words = text.casefold().split()[:WORDS_MAX]
        where = " and ".join("instr(look_up, ?) > 0" for _ in words) or "true"
        rows = self._journal.reader.execute(f"{_SELECT} where {where} order by name, id limit ?", (*words, limit))
        return [Customer(*row) for row in rows]

    async def create(self, wanted: Mapping[str, Any], *, key: Key | None, by: By) -> Reply:
        """Add a customer. Raises `Problem`."""
        customer = checked(Customer(new_id(), **wanted))

        def change(connection: sqlite3.Connection, at: str) -> Reply:
            _write(connection, customer, at)
            by.audit(connection, "customer_add", at, subject=customer.id)
            return Reply(HTTPStatus.CREATED, customer.to_json())

        return await self._once(key, change)

    async def change(self, customer_id: str, wanted: Mapping[str, Any], *, key: Key | None, by: By) -> Reply:
        """Change the fields that are given; None empties one. Raises `Problem`."""

        def change(connection: sqlite3.Connection, at: str) -> Reply:
            customer = checked(replace(find(connection, customer_id), **wanted))
            _write(connection, customer, at)
            _keep_from_pulls(connection, customer_id, wanted)
            by.audit(connection, "customer_change", at, subject=customer.id, after=sorted(wanted))
            return Reply(HTTPStatus.OK, customer.to_json())

        return await self._once(key, change)

    async def remove(self, customer_id: str, *, key: Key | None, by: By) -> Reply:
        """Forget a customer: the list, and the answers kept for repeats, know nothing of them any more."""

        def change(connection: sqlite3.Connection, at: str) -> Reply:
            find(connection, customer_id)
            connection.execute(
                "insert or ignore into customer_forgotten select source, remote_id from customer "
                "where id = ? and source is not null",
                (customer_id,),
            )
            connection.execute("delete from customer where id = ?", (customer_id,))
            begins = f'{{"id":"{customer_id}","name":'  # an answer that tells of this customer, and of no sale
            connection.execute("delete from answer where substr(body, 1, ?) = ?", (len(begins), begins))
            by.audit(connection, "customer_remove", at, subject=customer_id)
            return Reply(HTTPStatus.OK, {"id": customer_id, "removed": True})

        return await self._once(key, change)

    async def _once(self, key: Key | None, change: Callable[[sqlite3.Connection, str], Reply]) -> Reply:
        at = self._now().isoformat()

        def whole(connection: sqlite3.Connection) -> Reply:
            kept = once.kept(connection, key)
            return kept if kept is not None else answers.keep(connection, key, change(connection, at), at)

        return await self._journal.write(whole)


def _keep_from_pulls(connection: sqlite3.Connection, customer_id: str, fields: Iterable[str]) -> None:
    """Remember which fields of a customer that a cloud gave were changed here: no pull changes them back."""
    row = connection.execute("select edited from customer where id = ? and source is not null", (customer_id,))
    for (edited,) in row.fetchall():
        names = sorted({*json.loads(edited or "[]"), *fields})
        connection.execute("update customer set edited = ? where id = ?", (json.dumps(names), customer_id))


def _write(connection: sqlite3.Connection, customer: Customer, at: str) -> None:
    if customer.number is not None:
        other = connection.execute(
            "select name from customer where number = ? and id <> ?", (customer.number, customer.id)
        ).fetchone()
        if other is not None:
            raise conflict(
                "customer-number-taken",
                f"The number {customer.number} is {other[0]}'s: take that customer, or give another number.",
            )
    values = {"id": customer.id, **{name: getattr(customer, name) for name in _FIELDS}}
    values |= {"look_up": customer.look_up(), "at": at}
    connection.execute(
        f"insert into customer(id, {', '.join(_FIELDS)}, look_up, made_at) "
        f"values (:id, {', '.join(f':{name}' for name in _FIELDS)}, :look_up, :at) on conflict(id) do update set "
        f"{', '.join(f'{name} = excluded.{name}' for name in _FIELDS)}, look_up = excluded.look_up",
        values,
    )
