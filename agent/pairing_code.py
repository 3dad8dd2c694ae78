"""The six digits by which a front end is let in: shown on this PC, typed there, good once."""

from __future__ import annotations

import hmac
import secrets
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

CODE_DIGITS = 6
CODE_LIFE_S = 600  # time to walk to the other end of the shop
WRONG_TRIES_MAX = 5  # of a million codes: one chance in 200,000 for whoever guesses


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code was made for: the front end's name, whom it acts as (a role, one of the staff; None: itself).

    `allow` is what it may use, as `permits` has it; None: everything.
    """

    name: str
    acts_as: str | None = None
    allow: tuple[str, ...] | None = None


@dataclass(slots=True)
class _Open:
    code: str
    grant: Grant
    until: float
    wrong: int = 0


def _digits() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


class PairingCode:
    """The one code that is open now, if any. In memory only: a restart closes it."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, digits: Callable[[], str] = _digits) -> None:
        self._clock = clock
        self._digits = digits
        self._open: _Open | None = None

    def make(self, name: str = "", acts_as: str | None = None, allow: tuple[str, ...] | None = None) -> str:
        """Open a new code for the front end `name`; an earlier one is void from now on."""
        self._open = _Open(self._digits(), Grant(name, acts_as, allow), self._clock() + CODE_LIFE_S)
        return self._open.code

    def use(self, code: str) -> Grant:
        """Spend the code; returns what it was made for. Raises `Problem` when it is not the open one."""
        opened = self._open
        if opened is None or self._clock() >= opened.until:
            self._open = None
            raise _refused(
                "no-pairing-code",
                f"no code is open: run `stillopen pair` on the agent's PC and type its code within "
                f"{CODE_LIFE_S // 60} minutes",
            )
        if hmac.compare_digest(opened.code.encode(), code.encode()):
            self._open = None
            return opened.grant
        opened.wrong += 1
        left = WRONG_TRIES_MAX - opened.wrong
        if left:
            raise _refused(
                "wrong-pairing-code", f"that is not the code; {left} more wrong tries make it void", left=left
            )
        self._open = None
        raise _refused(
            "wrong-pairing-code",
            f"that is not the code, and after {WRONG_TRIES_MAX} wrong tries it is void: run `stillopen pair` again",
            left=0,
        )


def _refused(code: str, detail: str, **extra: int) -> Problem:
    return Problem(HTTPStatus.FORBIDDEN, code, detail, **extra)
