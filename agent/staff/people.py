"""The people who work in the store, as they are on the disk. Who leaves stays in it, without a PIN."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.problem import conflict, not_found
from agent.staff.actor import Actor, Role
from agent.staff.pins import COST, SALT_BYTES, Cost

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

STAFF_MAX = 500  # of one store at a time; more is an import gone wrong


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works here. `pin` is its hash; None: not any more."""

    id: str
    name: str
    role: Role
    pin: bytes | None

    @property
    def active(self) -> bool:
        """Whether they still work here."""
        return self.pin is not None

    @property
    def actor(self) -> Actor:
        """Who they are when they act; somebody who has left may do nothing."""
        return Actor(self.id, self.name, self.role if self.active else None)

    def view(self) -> dict[str, str]:
        """Return what others see of them."""
        return {"id": self.id, "name": self.name, "role": str(self.role)}


def all_of(connection: sqlite3.Connection) -> dict[str, Person]:
    """Return everyone, also who has left, by id; in the order of their names."""
    rows = connection.execute("select id, name, role, pin from staff order by name, id")
    return {row[0]: Person(row[0], row[1], Role(row[2]), row[3]) for row in rows}


def salt_of(connection: sqlite3.Connection) -> tuple[bytes, Cost] | None:
    """Return what PINs are hashed with here; None before the first was set."""
    row = connection.execute("select salt, memory_kib, passes, lanes from pin_salt").fetchone()
    return None if row is None else (row[0], Cost(*row[1:]))


def make_salt(
    connection: sqlite3.Connection, *, random: Callable[[int], bytes] = secrets.token_bytes
) -> tuple[bytes, Cost]:
    """Return what PINs are hashed with, made now where there is none yet; from inside a change."""
    kept = salt_of(connection)
    if kept is not None:
        return kept
    salt = random(SALT_BYTES)
    connection.execute(
        "insert into pin_salt(one, salt, memory_kib, passes, lanes) values (1, ?, ?, ?, ?)",
        (salt, COST.memory_kib, COST.passes, COST.lanes),
    )
    return salt, COST


def add(connection: sqlite3.Connection, person: Person, at: str) -> None:
    """Add somebody, from inside a change. Raises `Problem`: the first is a manager; names and PINs are one's own."""
    active = _active(connection)
    if not active and person.role is not Role.MANAGER:
        raise conflict("manager-needed", "The first of the staff has to be a manager, who then adds the others.")
    if len(active) >= STAFF_MAX:
        raise conflict("too-many-staff", f"{STAFF_MAX} people work here, as many as there may be: remove some first.")
    _check_own(active, person)
    connection.execute(
        "insert into staff(id, name, role, pin, made_at) values (?, ?, ?, ?, ?)",
        (person.id, person.name, str(person.role), person.pin, at),
    )


def change(connection: sqlite3.Connection, person: Person) -> Person:
    """Write somebody as they are now, from inside a change; returns them as they were. Raises `Problem`."""
    active = _active(connection)
    before = active.pop(person.id, None)
    if before is None:
        raise no_such_person(person.id)
    _check_own(active, person)
    if before.role is Role.MANAGER and (person.role is not Role.MANAGER or not person.active):
        _check_manager_left(active)
    connection.execute(
        "update staff set name = ?, role = ?, pin = ? where id = ?",
        (person.name, str(person.role), person.pin, person.id),
    )
    return before


def is_known(connection: sqlite3.Connection, staff_id: str) -> bool:
    """Say whether somebody of that id works here, or has."""
    return connection.execute("select 1 from staff where id = ?", (staff_id,)).fetchone() is not None


def no_such_person(person: str) -> Exception:
    """Nobody of that id works here."""
    return not_found("staff", f"Nobody with the id {person!r} works here: GET /v1/staff lists everyone.")


def _active(connection: sqlite3.Connection) -> dict[str, Person]:
    return {person.id: person for person in all_of(connection).values() if person.active}


def _check_own(others: dict[str, Person], person: Person) -> None:
    for other in others.values():
        if other.id != person.id and other.name.casefold() == person.name.casefold():
            raise conflict("name-taken", f"Somebody called {other.name} works here: tell the two apart by name.")
        if person.pin is not None and other.pin == person.pin:
            raise conflict("pin-taken", "That PIN cannot be used: choose another.")


def _check_manager_left(others: dict[str, Person]) -> None:
    if others and not any(other.role is Role.MANAGER for other in others.values()):
        raise conflict("manager-needed", "This is the last manager here: make somebody else a manager first.")
