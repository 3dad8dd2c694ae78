"""A route of the local API as a value, and what its handler is given."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from agent.api.json_body import BODY_BYTES_MAX
from agent.api.queries import NoQuery

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from pydantic import BaseModel
    from starlette.responses import Response

    from agent.api.queries import Query
    from agent.app import App
    from agent.door import Caller, Sender
    from outbox.answers import Key, Reply


@dataclass(frozen=True, slots=True)
class Call:
    """One request, understood: everything in it has been checked against its route."""

    app: App
    caller: Caller | None  # None on a public route only
    sender: Sender
    origin: str | None
    path: Mapping[str, str]  # the path's parameters
    query: Any  # the route's query model
    body: Any  # the route's body model, or None where it takes none
    key: Key | None  # for the effect's own transaction


if TYPE_CHECKING:
    Handler = Callable[[Call], Awaitable[Reply | Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one path. The server, the OpenAPI document and /docs are all made from these."""

    method: str
    path: str
    handler: Handler
    summary: str
    answer: type[BaseModel] | str  # the answer's shape, or its media type where it is not JSON
    status: int = HTTPStatus.OK
    body: type[BaseModel] | None = None
    query: type[Query] = NoQuery
    problems: tuple[str, ...] = ()  # codes of its own, beyond those any route may answer
    public: bool = False  # needs no credentials; what the gate lets through is made from this
    repeatable: bool = True  # takes an Idempotency-Key; not where the answer holds a secret
    body_bytes_max: int = BODY_BYTES_MAX

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.method not in {"GET", "HEAD"}

    @property
    def noun(self) -> str:
        """The first word of the path, which groups routes in the documentation."""
        words = [word for word in self.path.split("/") if word and word != "v1"]
        return words[0] if words else "pages"
