"""What was answered, put into the configuration that is there: nothing else in it changes. Pure.

Answers have the shape of `stillopen.toml` itself, with no more in them than was answered. A section of several
(`[[printer]]`) is known by its name; one that is not there is added. Nothing is taken out but a key that is answered
with None.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from agent.setup.edit import Edited, EditRefused, with_section, with_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.config.problems import Loc

NAMED_BY = {"till": "id", "tax": "code"}  # what else there are several of is known by its `name`

Answers = dict[str, Any]


def composed(text: str, answers: Mapping[str, Any], *, anew: bool = False) -> Edited:
    """Return the configuration with the answers in it. Raises `EditRefused`.

    `anew`: it is only the example, so the first `[[till]]` that is answered is its till, whatever it is called.
    """
    gone: list[str] = []
    for name, answer in answers.items():
        if isinstance(answer, list):
            for place, one in enumerate(answer):
                text = _one_of(text, name, one, place if anew else None, gone)
        else:
            text = _table(text, name, (name,), answer, gone)
    return Edited(text, tuple(gone))


def _one_of(text: str, name: str, answer: Mapping[str, Any], place: int | None, gone: list[str]) -> str:
    there = tomllib.loads(text).get(name, [])
    if not isinstance(there, list):
        raise EditRefused(f"[{name}] is one table, and there may be several", hint=f"write it as [[{name}]]")
    key = NAMED_BY.get(name, "name")
    index = next(
        (at for at, table in enumerate(there) if isinstance(table, dict) and table.get(key) == answer.get(key)), None
    )
    if index is None and place is not None and place < len(there):
        index = place
    if index is None:
        return with_section(text, name, answer, array=True).text
    return _table(text, name, (name, index), answer, gone)


def _table(text: str, name: str, table: Loc, answer: Mapping[str, Any], gone: list[str]) -> str:
    there: Any = tomllib.loads(text)
    if name not in there:
        return with_section(text, name, answer, array=False).text
    for step in table:
        there = there[step]
    for key, value in answer.items():
        if there.get(key) == _listed(value):
            continue
        edited = with_value(text, (*table, key), value)
        text = edited.text
        gone += edited.gone
    return text


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
