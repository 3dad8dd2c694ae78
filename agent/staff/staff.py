"""The store's staff as the agent holds it: who acts when a request comes in, and who is signed in where."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from agent.door import LOCAL as LOCAL_CALLER
from agent.pairings import OWN_PAGE
from agent.problem import Problem, conflict
from agent.staff import people, pins, sign_ins
from agent.staff.actions import DEFAULTS, Action, Rule
from agent.staff.actor import LOCAL, NOBODY, Actor, Role
from agent.staff.by import By
from agent.staff.lockout import Lockouts
from agent.staff.overrides import LEAVE_LIFE_S, Overrides
from agent.staff.pin_pad import PinPad
from agent.staff.sign_ins import SignIns
from outbox.errors import OutboxError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from agent.door import Caller
    from agent.events import Events
    from agent.pairings import Pairing, Pairings
    from agent.staff.overrides import Leave
    from agent.staff.people import Person
    from agent.staff.pin_pad import Digest
    from outbox.journal import Journal

IDLE_LOOK_S = 5.0  # how much longer than its time a page may show somebody as signed in; it may do nothing by then

_log = logging.getLogger("stillopen.staff")


class Staff:
    """Who works here, and who is where."""

    def __init__(
        self,
        journal: Journal,
        events: Events,
        pairings: Pairings,
        *,
        rules: Mapping[Action, Rule] = DEFAULTS,
        idle_lock_s: float = 0,
        discount_limit: Decimal = Decimal(100),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        digest: Digest = pins.digest,
    ) -> None:
        self.rules = rules
        self._discount_limit = discount_limit
        self._journal = journal
        self._events = events
        self._pairings = pairings
        self._now = now
        self._sleep = sleep
        self.lockouts = Lockouts(clock=clock)
        self.pad = PinPad(journal, self.lockouts, digest=digest)
        self._sign_ins = SignIns(idle_lock_s, clock=clock)
        self._overrides = Overrides(clock=clock)
        self._people: Mapping[str, Person] = MappingProxyType({})

    def load(self) -> None:
        """Read what is on the disk: the journal was opened, or opened again."""
        self.load_people()
        self.lockouts.load(self._journal.reader)
        self._sign_ins.load(self._journal.reader)

    def load_people(self) -> None:
        """Read who works here."""
        self._people = people.all_of(self._journal.reader)

    def changed(self) -> None:
        """Who works here was changed: read it, and have every page look who may do what there now."""
        self.load_people()
        self._events.publish("staff", page="", staff=None)

    @property
    def set_up(self) -> bool:
        """Whether anybody works here. Until then whoever is at a paired page may do everything."""
        return any(person.active for person in self._people.values())

    def active(self) -> list[Person]:
        """Return who works here, by name."""
        return [person for person in self._people.values() if person.active]

    def who(self, text: str) -> str:
        """Return the id of whom a name or an id means, or the role that it is. Raises `Problem`."""
        if text.lower() in set(Role):
            return text.lower()
        for person in self.active():
            if text in (person.id, person.name):
                return person.id
        raise people.no_such_person(text)

    def time(self) -> str:
        """Return the time as the audit trail has it."""
        return self._now().isoformat(timespec="milliseconds")

    # --- who acts ---

    def by(self, caller: Caller | None, tokens: Sequence[str] = ()) -> By:
        """Return who asks for something and what they may do; leave that came as `tokens` is theirs for now."""
        page = NOBODY.id if caller is None else caller.id
        actor = self._actor(page)
        taken = self._overrides.take(tokens, to=actor, page=page) if tokens else {}
        return self._by(actor, page, taken)

    def who_is(self, page: str) -> By:
        """Return who is at a page and what they may do, with no leave."""
        return self._by(self._actor(page), page, {})

    def _by(self, actor: Actor, page: str, leaves: Mapping[bytes, Leave]) -> By:
        return By(
            actor,
            page=page,
            rules=self.rules,
            leaves=leaves,
            discount_limit=self._discount_limit,
            alone=not self.set_up,
        )

    def put_back(self, by: By, *, refused: bool) -> None:
        """Take back the leave that a request did not use; all of it where the request was refused."""
        leaves = by.leaves if refused else by.unused()
        if leaves:
            self._overrides.put_back(leaves)

    def _actor(self, page: str) -> Actor:
        if page == LOCAL_CALLER:
            return LOCAL
        pairing = self._pairings.by_id(page)
        if pairing is None:
            return NOBODY
        signed_in = self._sign_ins.at(page)
        if signed_in is not None:
            return self._people[signed_in.person].actor
        return self._standing(pairing)

    def _standing(self, pairing: Pairing) -> Actor:
        """Return who a paired front end is while nobody has signed in there."""
        acts_as = pairing.acts_as
        if acts_as is not None and acts_as in self._people:
            return self._people[acts_as].actor
        if acts_as is not None:
            return Actor(pairing.id, pairing.name, Role(acts_as) if acts_as in set(Role) else None)
        if pairing.origin != OWN_PAGE:
            return Actor(pairing.id, pairing.name, Role.CASHIER)
        return Actor(pairing.id, pairing.name, None if self.set_up else Role.MANAGER)

    # --- signing in and out ---

    def view(self, page: str) -> dict[str, Any]:
        """Return who acts at a page, and what they may do there."""
        actor, signed_in = self._actor(page), self._sign_ins.at(page)
        return {
            "page": page,
            "staff_set_up": self.set_up,
            "staff": None if signed_in is None else self._people[signed_in.person].view(),
            "since": None if signed_in is None else signed_in.since,
            "acts_as": {**actor.named(), "role": actor.role},
            "idle_lock_s": int(self._sign_ins.idle_s),
            "may": {str(action): rule.allows(actor.role) for action, rule in self.rules.items()},
        }

    def use(self, page: str) -> None:
        """Somebody did something at a page: the time until it is locked begins anew."""
        self._sign_ins.use(page)

    async def sign_in(self, page: str, pin: str, named: str | None) -> dict[str, Any]:
        """Sign somebody in at a page; whoever was there goes. Raises `Problem`."""
        if page == LOCAL_CALLER:
            raise conflict(
                "acts-as-itself",
                "The token of STATE/api-token acts as a cashier of its own: pair this front end with a code of "
                "`stillopen pair`, and sign in there.",
            )
        pairing = self._pairings.by_id(page)
        if pairing is not None and pairing.acts_as is not None:
            raise conflict(
                "acts-as-itself",
                "This front end was paired to act as one person or role at all times: nobody signs in here. For one "
                "thing somebody who may gives leave by PIN (POST /v1/overrides); to sign in, pair it anew with a code "
                "of `stillopen pair` without --as.",
            )
        at, asks = self.time(), self._actor(page)
        self._check_works_here(named)

        def change(connection: sqlite3.Connection, person: Person) -> Person:
            sign_ins.begin(connection, page, person.id, at)
            By(person.actor, page=page).audit(connection, "sign_in", at, before=asks.named())
            return person

        person = await self.pad.typed(pin, self._people, at=at, page=page, asks=asks, named=named, then=change)
        self._overrides.forget(page)
        self._sign_ins.put(page, person.id, at)
        self._tell(page)
        return self.view(page)

    async def sign_out(self, page: str, why: str) -> dict[str, Any]:
        """Lock a page; its sales stay as they are."""
        found = self._sign_ins.at(page)
        if found is not None:
            await self.end([(page, found.person)], why)
        return self.view(page)

    async def end(self, pages: Sequence[tuple[str, str]], why: str) -> None:
        """End sign-ins, each a page and who is signed in there."""
        if not pages:
            return
        at = self.time()

        def change(connection: sqlite3.Connection) -> None:
            for page, person in pages:
                sign_ins.end(connection, page, person)
                By(self._people[person].actor, page=page).audit(connection, "sign_out", at, why=why)

        await self._journal.write(change)
        for page, person in pages:
            self._overrides.forget(page)
            self._sign_ins.drop(page, person)
            self._tell(page)

    def signed_in_at(self, person: str) -> list[tuple[str, str]]:
        """Return where somebody is signed in, as `end` takes it."""
        return [(page, person) for page in self._sign_ins.pages_of(person)]

    def signed_in_on(self, page: str) -> list[tuple[str, str]]:
        """Return who is signed in at a page, as `end` takes it."""
        found = self._sign_ins.at(page)
        return [] if found is None else [(page, found.person)]

    async def lock_idle(self) -> None:
        """Lock the pages where nobody has done anything for too long, for ever."""
        while True:
            await self._sleep(IDLE_LOOK_S)
            idle = self._sign_ins.idle()
            if idle:
                try:
                    await self.end(idle, "idle")
                except OutboxError as error:  # they may do nothing there all the same
                    _log.debug("Pages whose time is over are locked later: %s", error)

    def _tell(self, page: str) -> None:
        found = self._sign_ins.at(page)
        staff = None if found is None else self._people[found.person].view()
        self._events.publish("staff", page=page, staff=staff)

    def _check_works_here(self, named: str | None) -> None:
        if named is not None and (named not in self._people or not self._people[named].active):
            raise people.no_such_person(named)

    # --- leave ---

    async def allow(self, page: str, pin: str, action: Action, named: str | None) -> dict[str, Any]:
        """Have somebody who may do it give whoever is at a page leave to do it once, by PIN. Raises `Problem`."""
        at, asks = self.time(), self._actor(page)
        self._check_works_here(named)
        rule = self.rules[action]

        def change(connection: sqlite3.Connection, person: Person) -> Person:
            allowed = rule.allows(person.role)
            By(person.actor, page=page).audit(
                connection, "override" if allowed else "override_refused", at, subject=action, after=asks.named()
            )
            return person

        person = await self.pad.typed(pin, self._people, at=at, page=page, asks=asks, named=named, then=change)
        if not rule.allows(person.role):
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "not-allowed",
                f"{rule.words} needs a {rule.least}, and {person.name} is a {person.role}: ask one",
                action=str(action),
                role=str(rule.least),
            )
        token = self._overrides.give(person.actor, action, to=asks, page=page)
        return {
            "override": token,
            "action": action,
            "expires_in_s": LEAVE_LIFE_S,
            "authorized_by": person.actor.named(),
        }
