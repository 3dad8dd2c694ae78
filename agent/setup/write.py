"""Putting a configuration with its answers in place: checked where it goes, whole, the one before kept by its date."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

from agent.config.backup import check_backup
from agent.config.lane import put, same_store, staged
from agent.config.load import load, of_text, read_toml
from agent.service import first_configuration
from agent.setup.compose import composed
from agent.setup.example import is_example
from agent.setup.kept import waiting

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from agent.config import Config
    from agent.config.problems import ConfigProblem
    from agent.places import Places

COPIES_MAX = 20  # of earlier configurations; who sets a store up more often does not look for the first one
_DATED = ".%Y-%m-%dT%H-%M-%S"  # Windows takes no colon in a name
_DATES = "????-??-??T??-??-??"


@dataclass(frozen=True, slots=True)
class Drafted:
    """The configuration as it would be: its text, the lines that change, and comments that go with their values.

    `upon` is the text that stands there now.
    """

    text: str
    upon: str
    changes: tuple[str, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """A configuration in its place. `copy` is the one before, None where there was none."""

    config: Config
    copy: Path | None
    secrets_missing: tuple[ConfigProblem, ...]


def present(target: Path) -> str:
    """Return the configuration that is there, or the example where there is none. Raises `ConfigInvalid`."""
    if not target.exists():
        return first_configuration()
    load(target, need_secrets=False)
    return read_toml(target)[0]


def drafted(target: Path, answers: Mapping[str, Any], *, state: Path | None = None) -> Drafted:
    """Return what the answers make of the configuration. Raises `EditRefused` or `ConfigInvalid`.

    `state`: what was answered before and waits there to be taken up is in it, too.
    """
    upon = present(target)
    there = upon if target.exists() else ""
    before = (None if state is None else waiting(state, upon)) or upon
    made = composed(before, answers, anew=is_example(before))
    changes = tuple(unified_diff(there.split("\n"), made.text.split("\n"), "now", "then", n=1, lineterm=""))
    return Drafted(made.text, upon, changes, made.gone)


def write(draft: Drafted, places: Places, now: datetime, *, beside_agent: bool) -> Written:
    """Check a draft in its place and put it there. Blocks. Raises `ConfigInvalid` or `LaneRefused`.

    It is judged before anything is written: `LaneUnwritable` is said of one that is in order. `beside_agent`: the agent
    that runs there will read it anew.
    """
    target = places.config
    judged = of_text(draft.text, target, need_secrets=False)
    check_backup(judged, places.state)
    same_store(judged, places.state)
    kept_as = now.strftime(_DATED)
    there = target.exists()
    with staged(draft.text, target, target) as one:
        put(one, target, places.state, kept_as=kept_as, beside_agent=beside_agent)
    for old in sorted(target.parent.glob(f"{target.name}.{_DATES}"))[:-COPIES_MAX]:
        old.unlink(missing_ok=True)
    return Written(one.config, target.with_name(target.name + kept_as) if there else None, one.secrets_missing)
