r"""The browsers' rule for pages that call this PC: the store's other front ends (`[api] origins`) are let through.

Chrome (from 142) and Edge ask before a page from elsewhere may call a program on the PC, and a cashier who says no has
no printer. An administrator's policy answers for good: a list of origins in the registry, in values named 1, 2, 3. The
list is everybody's. So what was added here is noted, and nothing else is ever taken away.

Sources: the policies LocalNetworkAccessAllowedForUrls (Chrome 139, Edge 140) and LoopbackNetworkAllowedForUrls (146,
this PC alone and not the shop's network) at chromeenterprise.google and learn.microsoft.com/deployedge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from agent.service.refusal import ServiceRefused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from agent.service.linux import Run

BROWSERS = {"Chrome": r"HKLM\SOFTWARE\Policies\Google\Chrome", "Edge": r"HKLM\SOFTWARE\Policies\Microsoft\Edge"}
POLICIES = ("LoopbackNetworkAllowedForUrls", "LocalNetworkAccessAllowedForUrls")  # the first from 146 on; both are kept
NOTES = r"HKLM\SOFTWARE\Stillopen\Browsers"
_VALUE = re.compile(r"^[ \t]+(\S.*?)[ \t]+REG_SZ[ \t]*(.*?)[ \t\r]*$", re.MULTILINE)


def values(said: str) -> dict[str, str]:
    """Return the text values in what `reg query` says of a key."""
    return dict(_VALUE.findall(said))


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be done to one list: values that go, values that are added, and notes that are out of date."""

    gone: tuple[str, ...]
    added: dict[str, str]
    forgotten: tuple[str, ...]


def changes(there: Mapping[str, str], ours: Mapping[str, str], wanted: Sequence[str]) -> Changes:
    """Return what puts every wanted origin on the list. Values by name; `ours`: the notes of what was added before.

    A value that somebody has written over since is theirs.
    """
    mine = {name for name, origin in ours.items() if there.get(name) == origin}
    gone = tuple(sorted(name for name in mine if there[name] not in wanted))
    stays = {name: origin for name, origin in there.items() if name not in gone}
    free = (str(number) for number in count(1) if str(number) not in stays)
    added = {next(free): origin for origin in dict.fromkeys(wanted) if origin not in stays.values()}
    return Changes(gone, added, tuple(sorted(set(ours) - (mine - set(gone)) - set(added))))


def allow(origins: Sequence[str], *, run: Run) -> list[str]:
    """Let pages of these origins call this PC, and of no others that were let through by this before.

    Returns what was done, a line each. Raises `ServiceRefused`.
    """
    done = []
    for browser, policies in BROWSERS.items():
        for policy in POLICIES:
            told = _list(rf"{policies}\{policy}", rf"{NOTES}\{browser}\{policy}", origins, run)
            done += [f"{browser}: {line}" for line in told]
    return list(dict.fromkeys(done))  # each browser has two lists, and a person one question


def _list(key: str, notes: str, origins: Sequence[str], run: Run) -> Iterator[str]:
    there = _read(key, run)
    todo = changes(there, _read(notes, run), origins)
    for name in todo.gone:
        _must(run, "reg", "delete", key, "/v", name, "/f")
        yield f"pages of {there[name]} may not call this PC any more without asking"
    for name in todo.forgotten:
        _must(run, "reg", "delete", notes, "/v", name, "/f")
    for name, origin in todo.added.items():
        for at in (notes, key):  # noted first: what is half done can be taken back
            _must(run, "reg", "add", at, "/v", name, "/t", "REG_SZ", "/d", origin, "/f")
        yield f"pages of {origin} may call this PC"


def _read(key: str, run: Run) -> dict[str, str]:
    done = run(["reg", "query", key])
    return values(done.stdout) if done.returncode == 0 else {}  # a key that is not there has none


def _must(run: Run, *command: str) -> None:
    done = run(command)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise ServiceRefused(
            f"{' '.join(command[:3])} failed: {said[0] if said else done.returncode}",
            "run this in a window that was opened as an administrator",
        )
