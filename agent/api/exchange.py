"""One request from its route to its answer: read, recognise a repeat, check, call the handler, answer.

An `Idempotency-Key` stands for one request of one caller. Its answer is kept with the effect, in the
effect's own transaction; a refusal is kept here. So a repeat gets the same answer, after a restart as
well, and a repeat that overtakes its first waits for it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from starlette.responses import Response

from agent.api import json_body
from agent.api.findings import invalid_request
from agent.api.refusals import json_response, problem_of
from agent.api.route import Call
from agent.api.touches import must_be_open, must_be_permitted
from agent.card_guard import find_card_data
from agent.door import not_paired
from agent.problem import Problem
from agent.staff.overrides import TOKENS_MAX
from outbox.answers import Key, Reply
from outbox.errors import OutboxError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pydantic import BaseModel
    from starlette.requests import Request

    from agent.api.route import Route
    from agent.app import App
    from agent.door import Caller
    from agent.staff.by import By

KEY_CHARS_MAX = 255  # what other APIs take; a UUID has 36
_KEY = re.compile(rf"[\x21-\x7e]{{1,{KEY_CHARS_MAX}}}")
# These say "not like this" or "not now", so the same request may well be answered otherwise later.
_NOT_FINAL = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)

_log = logging.getLogger("stillopen.api")


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class _Turn:
    """Requests with one key: one holds the lock, the others wait for its answer."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    asking: int = 0


class Exchange:
    """Answers requests for `app`."""

    def __init__(self, app: App, *, now: Callable[[], datetime] = _utc_now) -> None:
        self._app = app
        self._now = now
        self._turns: dict[tuple[str, str], _Turn] = {}

    async def answer(self, route: Route, request: Request) -> Response:
        """Answer a request on its route. Raises whatever the handler raises, for the gate to put into words."""
        caller: Caller | None = request.scope["state"].get("caller")
        if caller is None and not route.public:  # the gate asks first; this holds should it ever forget
            raise not_paired()
        if not route.writes:
            return _response(await self._call(route, request, caller, b"", None))
        body = await json_body.read(request.stream(), request.headers, bytes_max=route.body_bytes_max)
        if body:
            json_body.check_media_type(request.headers)
        key = _key(route, request, caller, body)
        if key is None:
            return _response(await self._call(route, request, caller, body, None))
        async with self._alone(key):
            return await self._answer_once(route, request, caller, body, key)

    async def _answer_once(
        self, route: Route, request: Request, caller: Caller | None, body: bytes, key: Key
    ) -> Response:
        kept = self._app.journal.answer(key)
        if kept is not None:
            reply, same = kept
            if not same:
                raise Problem(
                    HTTPStatus.UNPROCESSABLE_ENTITY,
                    "idempotency-key-reused",
                    "this Idempotency-Key was used for another request; use a new key for a new request and the "
                    "old one only to repeat the old request, byte for byte",
                )
            return json_response(reply.status, reply.text, {"Idempotency-Replayed": "true"})
        try:
            answer = await self._call(route, request, caller, body, key)
        except Exception as error:
            problem = problem_of(error)
            if _final(problem.status):
                await self._keep(key, Reply(problem.status, problem.document()))
            raise problem from error
        if isinstance(answer, Reply) and _final(answer.status) and not answer.kept:
            await self._keep(key, answer)  # an effect without a transaction of its own: a test print, a refusal
        return _response(answer)

    async def _call(
        self, route: Route, request: Request, caller: Caller | None, body: bytes, key: Key | None
    ) -> Reply | Response:
        must_be_open(route, caller)
        by = self._app.staff.by(caller, _tokens(request.headers.get("stillopen-override")))
        refused = True
        try:
            answer = await self._handle(route, request, caller, body, key, by)
            refused = isinstance(answer, Reply) and answer.status >= HTTPStatus.BAD_REQUEST
        except Exception as error:
            refused = problem_of(error).status < HTTPStatus.INTERNAL_SERVER_ERROR
            raise
        finally:
            self._app.staff.put_back(by, refused=refused)  # unclear: it may have been done, so the leave is used up
        if route.writes:
            self._app.staff.use(by.page)
        return answer

    async def _handle(
        self, route: Route, request: Request, caller: Caller | None, body: bytes, key: Key | None, by: By
    ) -> Reply | Response:
        if route.action is not None:
            by.allow(route.action)
        model = route.body_model
        call = Call(
            app=self._app,
            caller=caller,
            sender=request.scope["state"]["sender"],
            origin=request.headers.get("origin"),
            path=request.path_params,
            query=_query(route, request),
            body=None if model is None else _checked(model, json_body.parse(body), "body"),
            key=key,
            by=by,
            address=request.scope["server"],
        )
        must_be_permitted(route, call)
        return await route.handler(call)

    async def _keep(self, key: Key, reply: Reply) -> None:
        """Keep a reply that changed nothing in the journal. Should that fail, a repeat is simply asked anew.

        A refusal that names what may be a card's number (an id, a path) is not kept: a repeat is refused anew.
        """
        if reply.status >= HTTPStatus.BAD_REQUEST and find_card_data(reply.text):
            return
        try:
            await self._app.journal.keep_answer(key, reply, self._now().isoformat(timespec="milliseconds"))
        except OutboxError as error:
            _log.warning("The answer to a request could not be kept for a repeat: %s. %s", error, error.hint)

    @asynccontextmanager
    async def _alone(self, key: Key) -> AsyncIterator[None]:
        """Let one request of a key through at a time."""
        name = (key.caller, key.key)
        turn = self._turns.setdefault(name, _Turn())
        turn.asking += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.asking -= 1
            if not turn.asking:
                del self._turns[name]


def _key(route: Route, request: Request, caller: Caller | None, body: bytes) -> Key | None:
    given = request.headers.get("idempotency-key")
    if given is None or caller is None or not route.repeatable:
        return None
    if not _KEY.fullmatch(given):
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            "invalid-idempotency-key",
            f"an Idempotency-Key is 1 to {KEY_CHARS_MAX} visible ASCII characters, such as a new UUID a request",
        )
    digest = hashlib.sha256()
    for part in (request.method.encode(), request.scope["raw_path"], request.scope["query_string"], body):
        digest.update(len(part).to_bytes(8, "big") + part)
    return Key(caller.id, given, digest.hexdigest())


def _tokens(header: str | None) -> list[str]:
    """Return the tokens of leave in a `Stillopen-Override` header."""
    return [] if header is None else [token.strip() for token in header.split(",", TOKENS_MAX)[:TOKENS_MAX]]


def _query(route: Route, request: Request) -> Any:
    given = request.query_params.multi_items()
    values = dict(given)
    if len(values) != len(given):
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid-request",
            "a parameter is in the query twice; give each once",
        )
    if not values and route.query is None:
        return None  # so that no model is made for /healthz: who watches over processes asks first
    return _checked(route.query_model, values, "query")


def _checked(model: type[BaseModel], value: dict[str, Any], where: str) -> BaseModel:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise invalid_request(error, model, where=where) from None


def _final(status: int) -> bool:
    return status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _NOT_FINAL


def _response(answer: Reply | Response) -> Response:
    return answer if isinstance(answer, Response) else json_response(answer.status, answer.text)
