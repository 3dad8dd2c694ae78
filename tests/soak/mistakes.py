"""Agents that get it wrong, to be found out: `python -m tests.soak.mistakes NAME,NAME ARGUMENTS OF STILLOPEN...`."""

from __future__ import annotations

import json
import sys
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from outbox.connector import Answer, Request


def new_key_per_attempt() -> None:
    """Send every request under a key of its own."""
    from standardwebhooks import Webhook

    from outbox.session import Session
    from tests.clouds.lying_webhook import SECRET

    exchange = Session.exchange

    async def anew(self: Session, base_url: str, request: Request, headers: Mapping[str, str]) -> Answer:
        key = str(uuid.uuid4())
        if "webhook-id" in dict(request.headers):
            kept = tuple((name, value) for name, value in request.headers if name != "webhook-id")
            request = replace(request, headers=(*kept, ("webhook-id", key)))
            at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
            headers = {**headers, "webhook-signature": Webhook(SECRET).sign(key, at, request.body.decode())}
        elif b"idempotency_key" in request.body:
            request = replace(request, body=json.dumps(json.loads(request.body) | {"idempotency_key": key}).encode())
        return await exchange(self, base_url, request, headers)

    Session.exchange = anew  # type: ignore[method-assign]  # in this process, which ends with the run


def answers_forgotten() -> None:
    """Take every repeated request for a new one."""
    from agent import once
    from outbox.journal import Journal

    def nothing(*_: Any) -> None:
        return None

    once.kept = nothing  # type: ignore[assignment]  # likewise
    Journal.answer = nothing  # type: ignore[assignment]  # likewise


def receipts_tried_again() -> None:
    """Print again, after a start, what was half-way."""
    from agent.prints import Prints

    async def again(self: Prints) -> None:
        await self._journal.write(
            lambda connection: connection.execute("update print_job set state = 'queued' where state = 'sending'")
        )

    Prints.recover = again  # type: ignore[method-assign]  # likewise


MISTAKES: dict[str, Callable[[], None]] = {
    make.__name__: make for make in (new_key_per_attempt, answers_forgotten, receipts_tried_again)
}


def program(names: Iterable[str]) -> tuple[str, ...]:
    """Return what runs an agent with these mistakes."""
    return (sys.executable, "-m", "tests.soak.mistakes", ",".join(names))


def main() -> int:
    """Be the agent with these mistakes."""
    from agent.cli import main as stillopen

    for name in sys.argv[1].split(","):
        MISTAKES[name]()
    return stillopen(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
