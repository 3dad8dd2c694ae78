"""Pydantic's errors as findings: what was found and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from agent.config.kinds import FIX, as_toml
from agent.config.problems import Finding, did_you_mean, shown
from agent.config.sections import Section

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pydantic import ValidationError
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from agent.config.problems import Loc


def findings(
    error: ValidationError,
    model: type[BaseModel],
    *,
    within: Loc = (),
    more_keys: Collection[str] = (),
    hidden: Collection[str] = (),
) -> Iterator[Finding]:
    """Translate an error of `model`, which read the table at `within`.

    `more_keys` are allowed beside the model's own; nothing of the keys in `hidden` is ever shown.
    """
    details = error.errors(include_url=False)
    for detail in details:
        loc = detail["loc"]
        if detail["type"] == "too_short" and any(other["loc"][: len(loc)] == loc != other["loc"] for other in details):
            continue  # pydantic counts only the elements that are in order
        if loc and loc[0] in hidden:
            yield Finding(within + loc, "a value that does not fit (not shown)", _hidden_fix(detail))
        else:
            yield _finding(detail, loc, model, within, more_keys)


def _finding(
    detail: ErrorDetails, loc: Loc, model: type[BaseModel], within: Loc, more_keys: Collection[str]
) -> Finding:
    keys, field = _lookup(model, loc)
    if detail["type"] == "extra_forbidden":
        known = [*keys, *more_keys] if len(loc) == 1 else keys
        word = str(loc[-1])
        place = "section" if not within and len(loc) == 1 else "key"
        return Finding(
            within + loc,
            f"an unknown {place} {shown(word)}",
            f"{did_you_mean(word, known)}known here: {', '.join(known)}",
        )
    found = "nothing" if detail["type"] == "missing" else shown(detail["input"])
    return Finding(within + loc, found, _fix(detail, loc, field, model))


def _fix(detail: ErrorDetails, loc: Loc, field: FieldInfo | None, model: type[BaseModel]) -> str:
    if detail["type"] == FIX:
        return detail["msg"]
    if not issubclass(model, Section):  # a cloud's own: its descriptions say what a key is, not what to write
        meaning = f": {field.description}" if field and field.description else ""
        if detail["type"] == "missing":
            return f"add the key {loc[-1]}{meaning} (CONFIGURATION.md has an example)"
        return f"write what fits {loc[-1]}{meaning}; {_words(detail)}"
    if field is None or not field.description:
        return _words(detail)
    if not field.examples:
        return f"write {field.description}"
    key = next(part for part in reversed(loc) if isinstance(part, str))
    return f"write {field.description}, like {key} = {as_toml(field.examples[0])}"


def _hidden_fix(detail: ErrorDetails) -> str:
    """Return pydantic's words unless they repeat the secret."""
    value = detail["input"]
    text = value.get_secret_value() if hasattr(value, "get_secret_value") else value
    if isinstance(text, str) and text and text in detail["msg"]:
        return "put the secret there exactly as the cloud shows it"
    return _words(detail)


def _words(detail: ErrorDetails) -> str:
    """Return a model's own words without pydantic's `Value error, ` before them."""
    raised = detail.get("ctx", {}).get("error")
    return str(raised) if isinstance(raised, ValueError) else detail["msg"]


def _lookup(model: type[BaseModel], loc: Loc) -> tuple[list[str], FieldInfo | None]:
    """Return the keys allowed beside the one at `loc`, and its own field if it has one."""
    table: type[BaseModel] | None = model
    field: FieldInfo | None = None
    for part in loc:
        if isinstance(part, int) or table is None:
            continue
        keys = list(table.model_fields)
        field = table.model_fields.get(part)
        if part == loc[-1]:
            return keys, field
        table = _model_in(field.annotation) if field else None
    return list(table.model_fields) if table else [], field


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Find the model a field holds, alone or in a tuple."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        if found := _model_in(inner):
            return found
    return None
