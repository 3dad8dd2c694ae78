"""A route of the local API as a value, and what its handler is given.

A route names its models; they are made when first asked for. Making them all takes longer than opening the
journal, and a till that has just been switched on is not to wait for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from agent.api.json_body import BODY_BYTES_MAX

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable, Mapping

    from pydantic import BaseModel
    from starlette.responses import Response

    from agent.app import App
    from agent.door import Caller, Sender
    from agent.staff.actions import Action
    from agent.staff.actor import Actor
    from agent.staff.by import By
    from outbox.answers import Key, Reply


@dataclass(frozen=True, slots=True)
class Call:
    """One request, understood: everything in it has been checked against its route."""

    app: App
    caller: Caller | None  # None on a public route only
    sender: Sender
    origin: str | None
    path: Mapping[str, str]  # the path's parameters
    query: Any  # the route's query model, or None where it has none
    body: Any  # the route's body model, or None where it takes none
    key: Key | None  # for the effect's own transaction
    by: By  # who asks, for the effect's record and the audit trail
    address: tuple[str, int]  # what of this PC it came in at: host and port

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self.by.actor

    async def note(self, action: Action | str, *, subject: str, after: object = None) -> None:
        """Add to the audit trail, before it is done, what has no change of the journal's to be in."""
        await self.app.journal.write(self.noting(action, subject=subject, after=after))

    def noting(
        self, action: Action | str, *, subject: str, after: object = None
    ) -> Callable[[sqlite3.Connection], None]:
        """Return what adds to the audit trail from inside the change that does it."""
        at = self.app.staff.time()
        return lambda connection: self.by.audit(connection, action, at, subject=subject, after=after)

    def must_count(self, *tills: str) -> None:
        """Raise `Problem` where whoever asks trains, or one of these tills: this is for the store's own lists."""
        shown = self.app.attendance.shown_by(self.by.page)
        self.app.training.must_not_be((*tills, *sorted(shown)), self.by.page)

    def allow(self, action: Action) -> None:
        """Raise `Problem` unless who asks may do this, for what a field of the body makes of a request."""
        self.by.allow(action)


if TYPE_CHECKING:
    Handler = Callable[[Call], Awaitable[Reply | Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one path. The server, the OpenAPI document and /docs are all made from these."""

    method: str
    path: str
    handler: Handler
    summary: str
    answer: str  # the name of the answer's shape in `answers`, or its media type where it is not JSON
    status: int = HTTPStatus.OK
    body: str | None = None  # the name of a model in `bodies`; None: no body, or no fields
    query: str | None = None  # the name of a model in `queries`; None: no parameters
    problems: tuple[str, ...] = ()  # codes of its own, beyond those any route may answer
    public: bool = False  # needs no credentials; what the gate lets through is made from this
    repeatable: bool = True  # takes an Idempotency-Key; not where the answer holds a secret
    body_bytes_max: int = BODY_BYTES_MAX
    action: Action | None = None  # what it is to those who may or may not; None: anyone who was let in

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.method not in {"GET", "HEAD"}

    @property
    def answer_model(self) -> type[BaseModel] | None:
        """The answer's shape; None where it is not JSON."""
        return None if "/" in self.answer else _model("answers", self.answer)

    @property
    def body_model(self) -> type[BaseModel] | None:
        """What the body is checked against; None where the method takes none."""
        return _model("bodies", self.body or "Nothing") if self.writes else None

    @property
    def query_model(self) -> type[BaseModel]:
        """What the query is checked against."""
        return _model("queries", self.query or "NoQuery")

    @property
    def noun(self) -> str:
        """The first word of the path, which groups routes in the documentation."""
        words = [word for word in self.path.split("/") if word and word != "v1"]
        return words[0] if words else "pages"


@cache
def _model(module: str, name: str) -> type[BaseModel]:
    return cast("type[BaseModel]", getattr(import_module(f"agent.api.{module}"), name))
