"""What is alike in every kind's reading of answers: what is not the cloud's own, and what trouble means for whom."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from outbox.connector import Refused, Retry, Unauthorized, Unclear, Unknown
from outbox.retry_after import asked_to_wait

if TYPE_CHECKING:
    from datetime import datetime

    from outbox.connector import Answer

Trouble = Retry | Unauthorized | Refused | Unclear


def json_object(answer: Answer) -> dict[str, Any] | None:
    """Return the body as a JSON object, None where it is not one (half an answer is not an empty one)."""
    try:
        value = json.loads(answer.body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def not_theirs(answer: Answer, now: datetime | None, who: str) -> Retry | Unclear:
    """Say what an answer without a success means that is not the cloud's: somebody on the line gave it."""
    said = f"something answered {answer.status} that is not {who}"
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.REQUEST_TIMEOUT:
        return Unclear(f"{said}, or {who} in trouble", asked_to_wait(answer, now))
    return Retry(f"{said}: check base_url, a proxy, or a login page of the line", asked_to_wait(answer, now))


def is_success(answer: Answer) -> bool:
    """Return whether the status is one of success; what the answer holds is not looked at."""
    return HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES


def unknown(trouble: Trouble, who: str) -> Unknown | Unauthorized:
    """Return what trouble means for a look: it proves nothing."""
    if isinstance(trouble, Unauthorized):
        return trouble
    if isinstance(trouble, Refused):
        return Unknown(f"{who} refused the look itself: {trouble.reason}")
    return Unknown(trouble.reason, trouble.after_s)


def of_pull(trouble: Trouble) -> Retry | Unauthorized | Refused:
    """Return what trouble means for a pull: what only reads can be asked again, whatever became of it."""
    return Retry(trouble.reason, trouble.after_s) if isinstance(trouble, Unclear) else trouble
