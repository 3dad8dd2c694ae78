"""The proof that this is the agent: for programs that are about to send the token of STATE/api-token."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.route import Route
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def prove(call: Call) -> Reply:
    """Return what only a holder of the token can make. It says nothing of the token, so anyone may ask."""
    return Reply(HTTPStatus.OK, {"proof": call.app.door.prove(call.query.nonce, call.address)})


ROUTES = (
    Route(
        "GET",
        "/v1/proof",
        prove,
        "The proof that this agent knows the token of STATE/api-token, before you send it",
        "Proof",
        query="ProofQuery",
        public=True,
    ),
)
