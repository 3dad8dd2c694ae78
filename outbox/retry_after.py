"""`Retry-After` (RFC 9110, section 10.2.3): how long a cloud asks to be left alone."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outbox.connector import Answer

RETRY_AFTER_MAX_S = 3600.0  # longer is a mistake or a misread clock; asking again once an hour harms nobody

_ANY_TIME = datetime.min.replace(tzinfo=UTC)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds a `Retry-After` value asks for, from `now`; None where it is absent or unreadable."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return RETRY_AFTER_MAX_S if len(value) > 9 else min(float(value), RETRY_AFTER_MAX_S)  # noqa: PLR2004 - digits
    moment = http_date(value)
    if moment is None:
        return None
    return min(max((moment - now).total_seconds(), 0.0), RETRY_AFTER_MAX_S)


def asked_to_wait(answer: Answer, now: datetime | None) -> float | None:
    """Return the seconds an answer asks to wait. A date is read by the answer's own clock where it shows one."""
    said = http_date(answer.headers.get("date", "")) or now
    value = answer.headers.get("retry-after")
    if said is None:  # no clock to read a date by; seconds need none
        return None if value is None or http_date(value) else parse_retry_after(value, _ANY_TIME)
    return parse_retry_after(value, said)


def http_date(text: str) -> datetime | None:
    """Return the moment an HTTP date names, or None where it is none."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
