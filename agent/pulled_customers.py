"""Customers pulled from clouds, on the store's own list.

What was changed here stays as it is here; whom the store was told to forget does not come back; and nobody who was
added here, or changed here, is removed because a cloud has them no more. What exempts from tax is never a cloud's word.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from agent.customers import CONTACT_CHARS_MAX, NAME_CHARS_MAX, NUMBER_CHARS_MAX, Customer
from outbox.catalogue_feeds import Swept, older, too_many
from outbox.ids import new_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from outbox.feeds import PulledCustomer
    from outbox.journal import Journal

_FIELDS = {
    "name": NAME_CHARS_MAX,
    "phone": CONTACT_CHARS_MAX,
    "email": CONTACT_CHARS_MAX,
    "number": NUMBER_CHARS_MAX,
}


class PulledCustomers:
    """The list, for a pull: a page is one change of the journal's file."""

    def __init__(self, journal: Journal, now: Callable[[], datetime]) -> None:
        self._journal = journal
        self._now = now

    async def take(
        self, cloud: str, customers: Sequence[PulledCustomer], tombstones: Sequence[str], *, mark: str | None
    ) -> int:
        """Add, change and remove customers of that cloud. Applied again, it changes nothing. Returns how many."""
        if not customers and not tombstones:
            return 0
        at = self._now().isoformat()

        def change(connection: sqlite3.Connection) -> int:
            for remote_id in tombstones:
                _lose(connection, cloud, remote_id)
            return sum(_take(connection, cloud, one, mark, at) for one in customers)

        return await self._journal.write(change)

    async def sweep_off(self, cloud: str, mark: str, *, let_go: bool) -> Swept:
        """Remove what a sweep has not seen, unless it is too much; `let_go`: however much it is."""

        def change(connection: sqlite3.Connection) -> Swept:
            (known,) = connection.execute("select count(*) from customer where source = ?", (cloud,)).fetchone()
            gone = connection.execute(
                "select remote_id from customer where source = ? and mark is not ?", (cloud, mark)
            ).fetchall()
            stopped = not let_go and too_many(len(gone), known)
            for (remote_id,) in () if stopped else gone:
                _lose(connection, cloud, remote_id)
            return Swept(len(gone), known, stopped)

        return await self._journal.write(change)


def _take(connection: sqlite3.Connection, cloud: str, pulled: PulledCustomer, mark: str | None, at: str) -> bool:
    """Add or change one. Returns whether the list changed."""
    forgotten = "select 1 from customer_forgotten where source = ? and remote_id = ?"
    if connection.execute(forgotten, (cloud, pulled.remote_id)).fetchone():
        return False
    if (
        pulled.reference is not None
        and connection.execute("select 1 from customer where id = ? and source is null", (pulled.reference,)).fetchone()
    ):
        return False  # added here, and sent there with a sale
    wanted = _fields(pulled)
    if wanted is None:
        return False
    row = connection.execute(
        f"select id, version, edited, {', '.join(_FIELDS)}, exempt_reason, certificate from customer "
        "where source = ? and remote_id = ?",
        (cloud, pulled.remote_id),
    ).fetchone()
    if row is None:
        made = Customer(new_id(), **_with_free_number(connection, "", wanted))
        connection.execute(
            "insert into customer(id, name, phone, email, number, look_up, made_at, source, remote_id, version, mark) "
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(made.id, made.name, made.phone, made.email, made.number, made.look_up(), at),
                *(cloud, pulled.remote_id, pulled.version, mark),
            ),
        )
        return True
    customer_id, version, edited, *had = row
    if mark is not None:
        connection.execute("update customer set mark = ? where id = ?", (mark, customer_id))
    if older(pulled.version, version):
        return False
    before = Customer(customer_id, *had)
    kept = {name: getattr(before, name) for name in json.loads(edited or "[]") if name in _FIELDS}
    now = {**_with_free_number(connection, customer_id, wanted), **kept}
    after = Customer(customer_id, **now, exempt_reason=before.exempt_reason, certificate=before.certificate)
    connection.execute(
        "update customer set name = ?, phone = ?, email = ?, number = ?, look_up = ?, version = ? where id = ?",
        (after.name, after.phone, after.email, after.number, after.look_up(), pulled.version, customer_id),
    )
    return after != before


def _lose(connection: sqlite3.Connection, cloud: str, remote_id: str) -> None:
    """Remove whom a cloud has no more; whom somebody here has changed stays, as the store's own."""
    of = (cloud, remote_id)
    connection.execute("delete from customer where source = ? and remote_id = ? and edited is null", of)
    connection.execute(
        "update customer set source = null, remote_id = null, version = null, edited = null, mark = null "
        "where source = ? and remote_id = ?",
        of,
    )


def _fields(pulled: PulledCustomer) -> dict[str, Any] | None:
    """Return the texts as they are kept, cut to what fits; None: there is nothing to call them by."""
    texts = {name: " ".join((getattr(pulled, name) or "").split())[:most] or None for name, most in _FIELDS.items()}
    texts["name"] = texts["name"] or texts["email"] or texts["phone"] or texts["number"]
    return texts if texts["name"] else None


def _with_free_number(connection: sqlite3.Connection, customer_id: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Leave a number out that is somebody else's on the list."""
    taken = connection.execute(
        "select 1 from customer where number = ? and id <> ?", (wanted["number"], customer_id)
    ).fetchone()
    return {**wanted, "number": None} if taken else wanted
