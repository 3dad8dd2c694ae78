"""Tokens as a cloud gave them: an access token, what renews it, and when both run out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

LIFE_S_MAX = 10 * 365 * 86_400  # ten years; a number beyond is no life of a token
LONG_S = 86_400.0  # a token that lives longer is renewed after a quarter of its life: days are left to mend what fails
LONG_PART, SHORT_PART = 0.75, 1 / 6  # of its life that is left when it is renewed


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a cloud gave. Times are by the cloud's clock; None: it did not say, so it does not run out."""

    access: str
    refresh: str | None = None
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    got_at: datetime | None = None
    ahead_s: float = 0.0  # the cloud's clock before this PC's, when they came
    scopes: tuple[str, ...] = ()

    def left_s(self, now: datetime) -> float | None:
        """Return for how long the access token is good, by the cloud's clock as it was when it came; None: for ever."""
        if self.expires_at is None:
            return None
        return (self.expires_at - now).total_seconds() - self.ahead_s

    def is_due(self, now: datetime) -> bool:
        """Return whether to renew it now, while it is good: early where it lives for long."""
        left = self.left_s(now)
        if left is None:
            return False
        if self.got_at is None:
            return left <= 0
        life = left + (now - self.got_at).total_seconds()
        return left <= life * (LONG_PART if life > LONG_S else SHORT_PART)

    def __repr__(self) -> str:
        """Return words without the tokens: it may end up in a traceback."""
        return f"Tokens(expires_at={self.expires_at}, refresh={'yes' if self.refresh else 'no'})"


def runs_out(in_s: Any, at: Any, said: datetime) -> datetime | None:
    """Return when something runs out: in so many seconds from `said`, or at a moment; None: nothing legible says so."""
    if isinstance(in_s, str) and in_s.isascii() and in_s.isdigit():
        in_s = float(in_s[:12])
    if isinstance(in_s, int | float) and not isinstance(in_s, bool) and 0 <= in_s <= LIFE_S_MAX:
        return said + timedelta(seconds=float(in_s))
    try:
        moment = datetime.fromisoformat(at)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def to_fields(tokens: Tokens) -> dict[str, Any]:
    """Return tokens as JSON has them."""
    return {
        "access": tokens.access,
        "refresh": tokens.refresh,
        "expires_at": _iso(tokens.expires_at),
        "refresh_expires_at": _iso(tokens.refresh_expires_at),
        "got_at": _iso(tokens.got_at),
        "ahead_s": tokens.ahead_s,
        "scopes": list(tokens.scopes),
    }


def from_fields(fields: dict[str, Any]) -> Tokens:
    """Return the tokens that `to_fields` was given. Raises `KeyError`, `TypeError` or `ValueError`: they are not."""
    return Tokens(
        fields["access"],
        fields["refresh"],
        _moment(fields["expires_at"]),
        _moment(fields["refresh_expires_at"]),
        _moment(fields["got_at"]),
        float(fields["ahead_s"]),
        tuple(fields["scopes"]),
    )


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
