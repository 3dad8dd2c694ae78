"""A request's body: read with a limit and a patience, then parsed as the JSON the API takes.

Stricter than `json.loads`: one object, no duplicate keys, no NaN, no half characters, no depth that
only an attacker needs. What cannot be said in JSON's own terms is refused here, so that no later code
meets it.
"""

from __future__ import annotations

import asyncio
import json
import math
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn

from agent.api.findings import hidden
from agent.problem import Problem

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Mapping

BODY_BYTES_MAX = 64 * 1024  # the largest sale's request is under 4 KB
PRINT_JOB_BYTES_MAX = 1024 * 1024  # a document with a logo as base64 is under 100 KB
BODY_WAIT_S = 10.0  # for all of it; a local program sends it at once
DEPTH_MAX = 16  # a print job has four levels
INTEGER_DIGITS_MAX = 19  # what 64 bits hold: more is a number in the wrong field


async def read(
    chunks: AsyncIterable[bytes],
    headers: Mapping[str, str],
    *,
    bytes_max: int = BODY_BYTES_MAX,
    wait_s: float = BODY_WAIT_S,
) -> bytes:
    """Return the whole body. Raises `Problem` (413, 408) as soon as it is clear that it must."""
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > bytes_max:
        raise _too_large(bytes_max)
    body = bytearray()
    try:
        async with asyncio.timeout(wait_s):
            async for chunk in chunks:
                if len(body) + len(chunk) > bytes_max:
                    raise _too_large(bytes_max)
                body += chunk
    except TimeoutError:
        raise Problem(
            HTTPStatus.REQUEST_TIMEOUT,
            "body-too-slow",
            f"the body did not arrive within {wait_s:g} seconds; send it whole, then ask again",
        ) from None
    return bytes(body)


def check_media_type(headers: Mapping[str, str]) -> None:
    """Raise `Problem` unless the body says that it is JSON: a page cannot send that without being asked for."""
    declared = headers.get("content-type", "")
    media_type, _, parameters = declared.partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if media_type.strip().lower() == "application/json" and charset in {"", "charset=utf-8"}:
        return
    raise Problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "not-json",
        f"send the body as JSON with `Content-Type: application/json`, not {declared[:80]!r}",
    )


def parse(body: bytes) -> dict[str, Any]:
    """Return the body's JSON object; an empty body is an empty object. Raises `Problem` (400)."""
    if not body:
        return {}
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed(f"it is not UTF-8 at byte {error.start}") from None
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_fraction,
        )
    except json.JSONDecodeError as error:
        raise _malformed(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise _malformed(f"it is nested more than {DEPTH_MAX} levels deep") from None
    if not isinstance(value, dict):
        raise _malformed("it must be an object, such as {}")
    _check(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _malformed(f"the field {hidden(name)[:40]!r} is there twice")
            seen.add(name)
    return value


def _no_constant(name: str) -> NoReturn:
    raise _malformed(f"{name} is no JSON number")


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > INTEGER_DIGITS_MAX:
        raise _malformed(f"a number of {len(digits)} digits is larger than any the agent takes")
    return int(digits)


def _fraction(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _malformed(f"{digits[:20]} is larger than any number the agent takes")
    return value


def _check(value: dict[str, Any]) -> None:
    """Refuse what JSON can say and nothing here can hold: great depth, half a surrogate pair."""
    level: list[Any] = [value]
    for _ in range(DEPTH_MAX):
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                for name in one:
                    _check_text(name)
                inner.extend(one.values())
            elif isinstance(one, list):
                inner.extend(one)
            elif isinstance(one, str):
                _check_text(one)
        level = inner
        if not level:
            return
    raise _malformed(f"it is nested more than {DEPTH_MAX} levels deep")


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _malformed("a text in it holds half a character (a lone surrogate)") from None


def _malformed(what: str) -> Problem:
    return Problem(
        HTTPStatus.BAD_REQUEST, "malformed-json", f"the body cannot be read as JSON: {what}; nothing was done"
    )


def _too_large(bytes_max: int) -> Problem:
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body-too-large",
        f"the body is larger than the {bytes_max} bytes this request may have; send less at once",
    )
