"""What is wrong with a request, field by field, in words for whoever wrote the front end.

A value found is shown short, and never when it could be a card's number: a refusal is logged and kept.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from agent.card_guard import find_card_data
from agent.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

FOUND_CHARS_MAX = 60
FINDINGS_MAX = 50  # more help nobody; a list of a thousand bad lines has one cause
_SECRET = frozenset({"pin"})  # fields whose value is shown to nobody
_LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){11,}")  # card numbers have at least 12 digits, whatever stands between

# pydantic's names for what went wrong, in our words. {…} are its own context.
_EXPECTED = {
    "missing": "a value; this field is required",
    "int_type": "a whole number without quotes or decimals (money: minor units, 12.50 is 1250)",
    "int_parsing": "a whole number",
    "string_type": "text in quotes (quantities and rates too)",
    "string_too_short": "text of at least {min_length} character(s)",
    "string_too_long": "text of at most {max_length} characters",
    "too_short": "a list of at least {min_length} entries",
    "too_long": "a list of at most {max_length} entries",
    "greater_than": "a number greater than {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than_equal": "a number of at most {le}",
    "literal_error": "one of {expected}",
    "enum": "one of {expected}",
    "list_type": "a list [...]",
    "dict_type": "an object {{...}}",
    "model_type": "an object {{...}}",
    "bool_type": "true or false",
}
# a pattern's own text helps nobody
PATTERNS = {
    r"^[0-9]+(\.[0-9]+)?$": 'a decimal number as text, such as "2" or "0.350"',
    r"^[0-9]{6}$": "six digits",
    r"^[A-Za-z0-9_-]{22,64}$": "22 to 64 letters, digits, - or _",
    r"^[a-z]+(:[A-Za-z0-9._-]+)?$": "a kind of device or thing, or one of it by name, such as scanner:counter",
    r"^[^\x00-\x1f\x7f]*$": "plain text without control characters",
}


def invalid_request(error: ValidationError, model: type[BaseModel], *, where: str) -> Problem:
    """Return the problem that names everything pydantic found at once; `where` is "body" or "query"."""
    details = error.errors(include_url=False)
    findings = [_finding(detail, model) for detail in details[:FINDINGS_MAX]]
    first = findings[0]
    more = f" (and {len(details) - 1} more, see errors)" if len(details) > 1 else ""
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-request",
        f"the {where} is not what this takes: {first['field'] or 'it'} should be {first['expected']}"
        f"{more}; mend it and send it again, see /docs",
        errors=findings,
    )


def _finding(detail: ErrorDetails, model: type[BaseModel]) -> dict[str, str]:
    field = hidden(_path(detail["loc"]))
    kind = detail["type"]
    if kind == "extra_forbidden":
        return {"field": field, "found": "an unknown field", "expected": _known(detail["loc"], model)}
    found = "nothing" if kind == "missing" else "(not shown)" if field in _SECRET else shown(detail["input"])
    return {"field": field, "found": found, "expected": _expected(kind, detail)}


def _expected(kind: str, detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(context["pattern"], f"text like {context['pattern']}")
    template = _EXPECTED.get(kind)
    if template is None:
        return detail["msg"]
    return template.format(**context)


def _known(location: tuple[int | str, ...], model: type[BaseModel]) -> str:
    name = str(location[-1])
    if len(location) > 1:  # of an object within the body; /docs shows which fields it has
        return "only the fields that /docs shows"
    fields = list(model.model_fields)
    from difflib import get_close_matches  # not for requests that are right

    near = get_close_matches(name, fields, n=1)
    if near:
        return f"{near[0]} (did you mean that?)"
    return "one of " + ", ".join(fields) if fields else "no fields at all"


def _path(location: Iterable[int | str]) -> str:
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def shown(value: Any) -> str:
    """Return a value as JSON, cut short, without anything that could be a card's number."""
    text = hidden(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= FOUND_CHARS_MAX else text[:FOUND_CHARS_MAX] + "…"


def hidden(text: str) -> str:
    """Return the text with every long number in it left out, and all of it where it still could be a card's."""
    short = _LONG_NUMBER.sub("(a long number, not shown)", text)
    return "(not shown)" if find_card_data(short) else short
