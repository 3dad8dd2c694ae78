"""What no section can know alone: names that must exist, be unique, or agree with another section.

Each check takes the file as parsed, of any shape: what is not of the right shape is reported elsewhere
and passed over here, so that all that is wrong is said at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.config.amounts import amounts
from agent.config.card_readers import card_readers
from agent.config.drawers import drawers
from agent.config.printers import printers
from agent.config.problems import Finding, did_you_mean, shown
from agent.config.scales import scales_and_displays
from agent.config.scanners import scanners
from agent.config.tables import named
from agent.config.taxes import taxes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

from agent.config.problems import Loc

_REFERENCES = (
    ("till", "scanner", "scanner"),
    ("till", "printer", "printer"),
    ("till", "drawer", "drawer"),
    ("till", "scale", "scale"),
    ("till", "display", "display"),
    ("drawer", "printer", "printer"),
    ("display", "printer", "printer"),
)
_DEVICES = ("scanner", "printer", "drawer", "scale", "display")


def crosscheck(raw: dict[str, Any], folder: Path) -> Iterator[Finding]:
    """Yield what does not fit together. Relative paths start from `folder`."""
    yield from _references(raw)
    yield from _unique(named(raw, "till", "id"), "till ids")
    yield from _unique([each for kind in _DEVICES for each in named(raw, kind, "name")], "device names")
    yield from _unique(named(raw, "tax", "code"), "tax codes")
    yield from _unique(named(raw, "cloud", "name"), "cloud names")
    yield from _shared(raw, "scanner", "a scan rings on one till")
    yield from _shared(raw, "display", "a display shows one sale")
    yield from _default_tax(raw)
    yield from amounts(raw)
    yield from taxes(raw)
    yield from printers(raw, folder)
    yield from drawers(raw)
    yield from scanners(raw)
    yield from scales_and_displays(raw)
    yield from card_readers(raw)


def _references(raw: dict[str, Any]) -> Iterator[Finding]:
    for section, key, kind in _REFERENCES:
        names = [name for _, name in named(raw, kind, "name")]
        for loc, name in named(raw, section, key):
            if name not in names:
                known = f"there are: {', '.join(names)}" if names else "there is none yet"
                yield Finding(
                    loc,
                    f"{shown(name)}, the name of no {kind}",
                    f"{did_you_mean(name, names)}write the name of a [[{kind}]] section ({known})",
                )


def _unique(named: list[tuple[Loc, str]], what: str) -> Iterator[Finding]:
    first: dict[str, Loc] = {}
    for loc, name in named:
        earlier = first.setdefault(name.casefold(), loc)
        if earlier is not loc:
            where = f"[[{earlier[0]}]] {int(earlier[1]) + 1}"
            yield Finding(
                loc,
                f"{shown(name)} a second time",
                f"write another one: {what} are unique, capitals or not, and {where} has it",
            )


def _shared(raw: dict[str, Any], kind: str, why: str) -> Iterator[Finding]:
    first: dict[str, Loc] = {}
    for loc, name in named(raw, "till", kind):
        earlier = first.setdefault(name, loc)
        if earlier is not loc:
            yield Finding(
                loc,
                f"{shown(name)}, the {kind} of [[till]] {int(earlier[1]) + 1} too",
                f"give each till its own {kind}: {why}",
            )


def _default_tax(raw: dict[str, Any]) -> Iterator[Finding]:
    store = raw.get("store")
    code = store.get("default_tax") if isinstance(store, dict) else None
    codes = [code for _, code in named(raw, "tax", "code")]
    if isinstance(code, str) and code not in codes:
        yield Finding(
            ("store", "default_tax"),
            f"{shown(code)}, the code of no tax",
            f"{did_you_mean(code, codes)}write the code of a [[tax]] section",
        )
