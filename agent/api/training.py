"""Training: a till that rings, completes and prints as ever, and nothing of it counts."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.route import Route
from agent.staff.actions import Action
from agent.training import Trainee
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def begin(call: Call) -> Reply:
    """Let a till train."""
    till = call.app.tills.setup(call.path["till"]).id
    opens = bool(call.body.drawer)
    await _audit(call, till, training=True, drawer=opens)  # first: whoever is refused by a full disk does not train
    await call.app.training.begin(till, Trainee(call.by.page, opens))
    if call.app.staff.who_is(call.by.page).actor.id != call.by.actor.id:  # gone before there was anything to end
        call.app.training.end(till)
    return Reply(HTTPStatus.OK, call.app.till_view(till))


async def end(call: Call) -> Reply:
    """Let a till sell again."""
    till = call.app.tills.setup(call.path["till"]).id
    if till in call.app.training:
        call.app.training.end(till)  # first: a full disk lets nobody train on
        await _audit(call, till, training=False)
    return Reply(HTTPStatus.OK, call.app.till_view(till))


async def _audit(call: Call, till: str, **after: bool) -> None:
    at = call.app.tills.local_now().isoformat(timespec="milliseconds")
    await call.app.journal.write(
        lambda connection: call.by.audit(connection, Action.TRAINING, at, subject=till, till=till, after=after)
    )


ROUTES = (
    Route(
        "POST",
        "/v1/tills/{till}/training",
        begin,
        "Let a till train: it rings, completes and prints, and nothing counts",
        "Till",
        body="Training",
        problems=("no-such-till",),
        action=Action.TRAINING,
    ),
    Route(
        "DELETE",
        "/v1/tills/{till}/training",
        end,
        "End a till's training: the sale that was open before is there again",
        "Till",
        problems=("no-such-till",),
        action=Action.TRAINING,
    ),
)
