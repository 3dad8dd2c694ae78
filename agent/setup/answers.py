"""Answers from a file: `stillopen.toml`'s own shape, as much of it as is answered, and how the rest is to go.

[setup]
devices = "found"          # take what is plugged in and known for certain; else "listed": only what stands here
try = ["receipt"]          # these devices, at the end
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from agent.config.findings import findings
from agent.config.lines import key_lines, line_of
from agent.config.load import judged, read_toml
from agent.config.problems import ConfigInvalid, ConfigProblem, Finding
from agent.setup.compose import NAMED_BY, composed
from agent.setup.edit import EditRefused
from agent.setup.example import is_example
from agent.setup.plugs import is_sure, names_in, sections_for
from agent.setup.section import SetupSection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from agent.config.problems import Loc


@dataclass(frozen=True, slots=True)
class Given:
    """What a file answers. `tries` are the devices to try at the end."""

    sections: dict[str, Any]
    takes_found: bool
    tries: tuple[str, ...]
    present: dict[str, Any]

    def with_found(self, devices: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the sections with those of what is plugged in and known for certain, each at a till without one."""
        made = {name: list(value) if isinstance(value, list) else value for name, value in self.sections.items()}
        tills = made.get("till") or [{"id": till["id"]} for till in self.present.get("till", [])]
        tills = [dict(till) for till in tills]
        there = {till["id"]: till for till in self.present.get("till", [])}
        for one in devices:
            for kind, section in sections_for(one, [*names_in(made), *names_in(self.present)]) if is_sure(one) else ():
                made.setdefault(kind, []).append(section)
                free = (till for till in tills if kind not in till and kind not in there.get(till["id"], {}))
                till = next(free, None)
                if till is not None:
                    till[kind] = section["name"]
                    made["till"] = tills
        return made


def read_answers(file: Path, present: str, folder: Path) -> Given:
    """Read a file of answers to what is configured. Raises `ConfigInvalid`, by the lines of that file."""
    text, raw = read_toml(file)
    own = raw.pop("setup", {})
    wrong: list[Finding] = []
    try:
        given = SetupSection.model_validate(own)
    except ValidationError as error:
        wrong += findings(error, SetupSection, within=("setup",))
        given = SetupSection()
    anew = is_example(present)
    try:
        made = tomllib.loads(composed(present, raw, anew=anew).text)
    except EditRefused as error:
        wrong.append(Finding((next(iter(raw), "setup"),), str(error), error.hint))
    else:
        _, found = judged(made, folder)
        wrong += [Finding(_in_answers(one.loc, made, raw), one.found, one.fix) for one in found]
    if wrong:
        lines = key_lines(text)
        raise ConfigInvalid(
            [ConfigProblem(file, line_of(one.loc, lines), _shown(one.loc), one.found, one.fix) for one in wrong]
        )
    return Given(raw, given.devices == "found", given.tries, tomllib.loads(present))


def _in_answers(loc: Loc, made: Mapping[str, Any], raw: Mapping[str, Any]) -> Loc:
    """Return where in the answers stands what is wrong in what they make: there, sections may be fewer."""
    section = str(loc[0])
    if len(loc) < 2 or not isinstance(loc[1], int) or not isinstance(raw.get(section), list):  # noqa: PLR2004 - [[x]] n
        return loc
    key = NAMED_BY.get(section, "name")
    name = made[section][loc[1]].get(key)
    at = next((at for at, one in enumerate(raw[section]) if one.get(key) == name), None)
    return loc if at is None else (section, at, *loc[2:])


def _shown(loc: Loc) -> str:
    return " → ".join(str(step + 1) if isinstance(step, int) else step for step in loc)
