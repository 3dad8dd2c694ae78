"""Setting the store up on the page: read, tried as a draft, written, and taken anew."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from agent.api.route import Route
from agent.door import LOCAL
from agent.staff.actions import Action
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def view(call: Call) -> Reply:
    """Return what stands in the configuration, and whether who asks may change it."""
    return Reply(HTTPStatus.OK, await call.app.setup.view() | {"may": _is_local(call) or call.by.may(Action.SETTINGS)})


async def draft(call: Call) -> Reply:
    """Return the lines that would change."""
    return Reply(HTTPStatus.OK, await call.app.setup.draft(_answers(call)))


async def save(call: Call) -> Reply:
    """Write the answers."""
    _allow(call)
    answers = _answers(call)
    await call.app.setup.must_be_in_order(answers)
    await call.note(Action.SETTINGS, subject="setup", after=answers)
    return Reply(HTTPStatus.OK, await call.app.setup.save(answers))


async def restart(call: Call) -> Reply:
    """Begin anew with the configuration as it is now."""
    _allow(call)
    await call.app.setup.must_start_again()
    await call.note(Action.SETTINGS, subject="restart")
    call.app.setup.start_again()
    return Reply(HTTPStatus.ACCEPTED, {"restarting": True})


def _allow(call: Call) -> None:
    """Raise `Problem` unless who asks may: somebody of that role, or whoever may read STATE/api-token."""
    if not _is_local(call):
        call.allow(Action.SETTINGS)


def _is_local(call: Call) -> bool:
    return call.caller is not None and call.caller.id == LOCAL


def _answers(call: Call) -> dict[str, Any]:
    answers: dict[str, Any] = call.body.model_dump(exclude_unset=True)
    return {name: answer for name, answer in answers.items() if answer}


ROUTES = (
    Route(
        "GET",
        "/v1/setup",
        view,
        "What stands in the configuration, what this PC proposes, and whether anybody has set the store up yet",
        "Setup",
        problems=("setup-unreadable",),
    ),
    Route(
        "POST",
        "/v1/setup/draft",
        draft,
        "The lines of the configuration that these answers would change; nothing is written",
        "SetupChange",
        body="SetupAnswers",
        problems=("setup-by-hand", "setup-unreadable", "card-data"),
    ),
    Route(
        "PUT",
        "/v1/setup",
        save,
        "Write answers into the configuration, the one before kept beside it; in force after a restart",
        "SetupChange",
        body="SetupAnswers",
        problems=("not-allowed", "setup-by-hand", "setup-unreadable", "setup-invalid", "setup-refused", "card-data"),
    ),
    Route(
        "POST",
        "/v1/setup/restart",
        restart,
        "Have the agent take its configuration anew; an open sale is there again afterwards",
        "SetupRestart",
        status=202,
        problems=("not-allowed", "restart-by-hand", "setup-unreadable"),
    ),
)
