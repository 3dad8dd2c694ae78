"""Changing who works here: each change with its line in the audit trail, and in force at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agent import entry, once
from agent.staff import lockout, people
from agent.staff.people import Person
from outbox import answers
from outbox.answers import Reply
from outbox.ids import new_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from agent.staff.actor import Role
    from agent.staff.by import By
    from agent.staff.staff import Staff
    from outbox.answers import Key
    from outbox.journal import Journal

STAFF_NAME_CHARS_MAX = 40  # one line of the narrowest receipt, with room for "Served by"


class Changes:
    """Adds, changes and removes people."""

    def __init__(self, journal: Journal, staff: Staff) -> None:
        self._journal = journal
        self._staff = staff

    async def add(self, name: str, role: Role, pin: str, *, by: By) -> Reply:
        """Add somebody with their first PIN. Raises `Problem`."""
        hashed = await self._staff.pad.hash_new(pin)
        person = Person(new_id(), entry.text("name", name, chars_max=STAFF_NAME_CHARS_MAX), role, hashed)
        at = self._staff.time()

        def change(connection: sqlite3.Connection) -> Reply:
            people.add(connection, person, at)
            by.audit(connection, "staff_added", at, subject=person.id, after=person.view())
            return Reply(201, {"staff": person.view()})

        return await self._write(change)

    async def change(self, person_id: str, name: str | None, role: Role | None, *, key: Key | None, by: By) -> Reply:
        """Give somebody another name or role. Raises `Problem`."""
        new_name = None if name is None else entry.text("name", name, chars_max=STAFF_NAME_CHARS_MAX)
        at = self._staff.time()

        def change(connection: sqlite3.Connection) -> Reply:
            kept = once.kept(connection, key)
            if kept is not None:
                return kept
            now = _active(connection, person_id)
            now = replace(now, name=new_name or now.name, role=role or now.role)
            before = people.change(connection, now)
            by.audit(connection, "staff_changed", at, subject=now.id, before=before.view(), after=now.view())
            return answers.keep(connection, key, Reply(200, {"staff": now.view()}), at)

        return await self._write(change)

    async def set_pin(self, person_id: str, pin: str, *, by: By) -> Reply:
        """Give somebody another PIN; their wrong tries are forgotten, and they are signed out. Raises `Problem`."""
        hashed = await self._staff.pad.hash_new(pin)
        at = self._staff.time()

        def change(connection: sqlite3.Connection) -> Reply:
            now = replace(_active(connection, person_id), pin=hashed)
            people.change(connection, now)
            lockout.write(connection, f"staff:{now.id}", None)
            by.audit(connection, "pin_set", at, subject=now.id)
            return Reply(200, {"staff": now.view()})

        reply = await self._write(change)
        self._staff.lockouts.put(f"staff:{person_id}", None)
        await self._staff.end(self._staff.signed_in_at(person_id), "pin_set")
        return reply

    async def remove(self, person_id: str, *, key: Key | None, by: By) -> Reply:
        """Let somebody go: signed out everywhere, their PIN forgotten, their name kept. Raises `Problem`."""
        at = self._staff.time()

        def change(connection: sqlite3.Connection) -> Reply:
            kept = once.kept(connection, key)
            if kept is not None:
                return kept
            before = people.change(connection, replace(_active(connection, person_id), pin=None))
            by.audit(connection, "staff_removed", at, subject=before.id, before=before.view())
            return answers.keep(connection, key, Reply(200, {"staff": before.view()}), at)

        reply = await self._write(change)
        await self._staff.end(self._staff.signed_in_at(person_id), "staff_removed")
        return reply

    async def _write(self, change: Callable[[sqlite3.Connection], Reply]) -> Reply:
        reply = await self._journal.write(change)
        self._staff.changed()
        return reply


def _active(connection: sqlite3.Connection, person_id: str) -> Person:
    person = people.all_of(connection).get(person_id)
    if person is None or not person.active:
        raise people.no_such_person(person_id)
    return person
