"""Putting a configuration with its answers in place: checked where it goes, whole, the one before kept by its date."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from difflib import unified_diff
from itertools import chain, count
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
_DATES = "????-??-??T??-??-??*"


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


def judge(draft: Drafted, places: Places) -> None:
    """Raise `ConfigInvalid` or `LaneRefused` unless a draft would be in order in its place."""
    config = of_text(draft.text, places.config, need_secrets=False)
    check_backup(config, places.state)
    same_store(config, places.state)


def write(draft: Drafted, places: Places, now: datetime, *, beside_agent: bool) -> Written:
    """Check a draft in its place and put it there. Blocks. Raises `ConfigInvalid` or `LaneRefused`.

    It is judged before anything is written: `LaneUnwritable` is said of one that is in order. `beside_agent`: the agent
    that runs there will read it anew.
    """
    target = places.config
    judge(draft, places)
    there, copy = target.exists(), _free(target, now)
    with staged(draft.text, target, target) as one:
        put(one, target, places.state, kept_as=copy.name.removeprefix(target.name), beside_agent=beside_agent)
    _prune(target, copy)
    return Written(one.config, copy if there else None, one.secrets_missing)


def _free(target: Path, now: datetime) -> Path:
    """Return a name for the configuration before: its date, and a number where there is one of that second."""
    dated = target.with_name(target.name + now.strftime(_DATED))
    numbered = (dated.with_name(f"{dated.name}-{number}") for number in count(2))
    return next(path for path in chain((dated,), numbered) if not path.exists())


def _prune(target: Path, newest: Path) -> None:
    """Take the oldest copies away. `newest` stays whatever it is called: the clock may have been set back."""
    others = [path for path in target.parent.glob(f"{target.name}.{_DATES}") if path != newest]
    for old in sorted(others, key=_age)[: -(COPIES_MAX - 1)]:
        with suppress(OSError):  # one too many does no harm, and what was asked for is written
            old.unlink()


def _age(copy: Path) -> tuple[float, str]:
    """Return what puts copies in the order they were made in; one that is gone meanwhile comes first."""
    try:
        return copy.stat().st_mtime, copy.name
    except OSError:
        return 0.0, copy.name
