"""Leave: what a supervisor allows somebody else, by PIN, for one action at one page, once and soon.

In memory only: leave that outlived a restart would be one whose supervisor has walked away.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from agent.staff.actions import Action
    from agent.staff.actor import Actor

LEAVE_LIFE_S = 60  # from the PIN to the request it is for, which the page sends at once
LEAVES_MAX = 100  # that nobody has used yet; the oldest goes
TOKENS_MAX = 4  # in one request: a line may need leave for its price and for its day
TOKEN_BYTES = 24


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave that was given: by whom, for what, to whom at which page; until when, by a clock that nobody can set."""

    by: Actor
    action: Action
    to: str
    page: str
    until: float


class Overrides:
    """Leave that was given and not used yet, by the hash of its token."""

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, token: Callable[[int], str] = secrets.token_urlsafe
    ) -> None:
        self._clock = clock
        self._token = token
        self._given: dict[bytes, Leave] = {}

    def give(self, by: Actor, action: Action, *, to: Actor, page: str) -> str:
        """Give leave; returns its token, which is kept nowhere."""
        token = self._token(TOKEN_BYTES)
        while len(self._given) >= LEAVES_MAX:
            del self._given[next(iter(self._given))]
        self._given[_hash(token)] = Leave(by, action, to.id, page, self._clock() + LEAVE_LIFE_S)
        return token

    def take(self, tokens: Iterable[str], *, to: Actor, page: str) -> dict[bytes, Leave]:
        """Take what these tokens stand for, if it is this one's and still good. What goes unused is `put_back`."""
        taken = {}
        for hashed in map(_hash, tokens):
            leave = self._given.get(hashed)
            if leave is not None and (leave.to, leave.page) == (to.id, page):
                del self._given[hashed]
                if self._clock() < leave.until:
                    taken[hashed] = leave
        return taken

    def put_back(self, leaves: Mapping[bytes, Leave]) -> None:
        """Give back what was taken and not used."""
        self._given.update(leaves)

    def forget(self, page: str) -> None:
        """Forget all leave at a page: somebody else stands there now."""
        self._given = {hashed: leave for hashed, leave in self._given.items() if leave.page != page}


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
