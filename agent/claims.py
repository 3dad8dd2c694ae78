"""Claims: one front end at a time for a device, in UnifiedPOS' sense of Claim and Release.

A claim is a lease. It runs out unless it is renewed, or lasts as long as a WebSocket that names it is
open: nothing stays claimed by a tab that was closed or a program that was killed. Claims are in memory
only, since a restart of the agent breaks every WebSocket and every front end has to begin anew.

The till never asks here: a sale that is paid gets its receipt and its drawer, whoever has claimed what. Only what one
alone can have is lent for as long (`lending`): a scanner's scans, and a display.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from agent.problem import Problem, conflict, not_found
from outbox.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

LEASE_S_DEFAULT = 30  # a page in the background gets a timer once a minute at worst, and should then use a WebSocket
LEASE_S_MAX = 300  # how long a killed program may keep the others waiting
WAIT_S_MAX = 30  # for one request; whoever wants to wait longer asks again
WAITING_MAX = 16  # for one device; each is a connection, of which the server has 256, and the till needs some

_log = logging.getLogger("stillopen.claims")


@dataclass(slots=True)
class Claim:
    """One device, held by one front end. `id` is the holder's alone to name."""

    id: str
    device: str
    holder: str  # for people
    caller: str
    lease_s: float
    ends_at: float  # by the clock of `Claims`; while nothing is connected for it
    connections: int = 0
    waiting: int = 0  # others who would like to have it
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Claims:
    """Who holds which of `devices`. To be used on the event loop's thread only."""

    def __init__(
        self,
        devices: Collection[str],
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        on_change: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._devices = devices
        self._on_change = on_change  # hears the name of a device that was claimed or given back
        self._due = asyncio.Event()  # when the next lease ends may have changed
        self._clock = clock
        self._now = now
        self._held: dict[str, Claim] = {}  # by device; one that has run out may still be here

    async def claim(
        self, device: str, *, caller: str, holder: str, lease_s: float = LEASE_S_DEFAULT, wait_s: float = 0
    ) -> Claim:
        """Claim a device as soon as it is free. Raises `Problem` where it is not within `wait_s`."""
        if device not in self._devices:
            known = ", ".join(self._devices) or "none"
            raise not_found("device", f"There is no device {device!r}; the configuration has: {known}.")
        give_up_at = self._clock() + wait_s
        while (held := self.of(device)) is not None:
            left_s = give_up_at - self._clock()
            if left_s <= 0 or held.waiting >= WAITING_MAX:
                raise self._taken(held)
            if not held.connections:
                left_s = min(left_s, held.ends_at - self._clock())
            held.waiting += 1
            try:
                async with asyncio.timeout(left_s):
                    await held.ended.wait()
            except TimeoutError:
                pass  # its lease may have ended, or our patience
            finally:
                held.waiting -= 1
        claim = Claim(new_id(), device, holder, caller, lease_s, self._clock() + lease_s)
        self._held[device] = claim
        _log.info("%s has claimed %s.", holder, device)
        self._due.set()
        self._on_change(device)
        return claim

    def renew(self, claim_id: str, caller: str) -> Claim:
        """Let a claim's lease begin anew. Raises `Problem` where the caller has no such claim any more."""
        claim = self._own(claim_id, caller)
        claim.ends_at = self._clock() + claim.lease_s
        return claim

    def release(self, claim_id: str, caller: str) -> Claim:
        """End a claim. Raises `Problem` where the caller has no such claim any more."""
        claim = self._own(claim_id, caller)
        self._end(claim)
        return claim

    @contextmanager
    def connected(self, claim_id: str, caller: str) -> Iterator[None]:
        """Hold a claim for as long as the block runs, and release it with the last such block. Raises `Problem`."""
        claim = self._own(claim_id, caller)
        claim.connections += 1
        try:
            yield
        finally:
            claim.connections -= 1
            if not claim.connections:
                self._end(claim)

    def drop_caller(self, caller: str) -> None:
        """End every claim of a caller: its pairing was revoked."""
        for claim in [claim for claim in self._held.values() if claim.caller == caller]:
            self._end(claim)

    def take_back(self, claim: Claim) -> None:
        """End a claim: whoever stands at the till wants the device. Where it has ended by now, the next one stays."""
        self._end(claim)

    async def run(self) -> None:
        """End each lease when it runs out, for ever: what was lent is back then, and not when somebody asks."""
        while True:
            self._due.clear()
            ends = [claim.ends_at for claim in self.all() if not claim.connections]
            left_s = max(0.0, min(ends) - self._clock()) if ends else None
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._due.wait()

    def check(self, device: str, caller: str, claim_id: str | None) -> None:
        """Raise `Problem` unless the caller may use the device: nobody holds it, or the claim it names does."""
        if claim_id is not None and self._own(claim_id, caller).device == device:
            return
        held = self.of(device)
        if held is not None:
            raise self._taken(held)

    def must_hold(self, device: str, caller: str, claim_id: str) -> None:
        """Raise `Problem` unless that is the caller's claim of this very device."""
        if self._own(claim_id, caller).device != device:
            raise conflict("claim-needed", f"That is a claim of another device: claim {device} with POST /v1/claims.")

    def all(self) -> list[Claim]:
        """Return the claims that hold now."""
        return [claim for device in list(self._held) if (claim := self.of(device)) is not None]

    def view(self, claim: Claim) -> dict[str, Any]:
        """Return what anyone may know of a claim; `until` is null while a WebSocket holds it."""
        left = timedelta(seconds=claim.ends_at - self._clock())
        until = None if claim.connections else (self._now() + left).isoformat(timespec="seconds")
        return {"device": claim.device, "holder": claim.holder, "until": until}

    def seen(self, device: str) -> dict[str, Any] | None:
        """Return what anyone may know of a device's claim; None where nobody has claimed it."""
        claim = self.of(device)
        return None if claim is None else self.view(claim)

    def of(self, device: str) -> Claim | None:
        """Return the claim of a device that holds now."""
        claim = self._held.get(device)
        if claim is not None and not claim.connections and claim.ends_at <= self._clock():
            self._end(claim)
            return None
        return claim

    def _own(self, claim_id: str, caller: str) -> Claim:
        for claim in self.all():
            if claim.id == claim_id and claim.caller == caller:
                return claim
        raise not_found(
            "claim",
            "You hold no such claim (any more): it ran out, its WebSocket was closed, or the agent was started anew. "
            "Claim the device again with POST /v1/claims.",
        )

    def _end(self, claim: Claim) -> None:
        if self._held.get(claim.device) is claim:
            del self._held[claim.device]
            claim.ended.set()
            _log.info("%s is no longer claimed by %s.", claim.device, claim.holder)
            self._due.set()
            self._on_change(claim.device)

    def _taken(self, held: Claim) -> Problem:
        seen = self.view(held)
        until = f"until {seen['until']}" if seen["until"] else "for as long as it stays connected"
        return conflict(
            "claimed",
            f"{held.device} is claimed by {held.holder} {until}: wait for it (POST /v1/claims with wait_s), or close "
            "that front end.",
            claim=seen,
        )
