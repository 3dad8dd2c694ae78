"""Kinds of cloud that other packages bring: entry points of the group `stillopen.clouds`, beside the built-in table.

    KindBroken            a package offers the kind, and it cannot be used

A package's entry point has the kind's name and leads to a `CloudKind`. It is loaded when a configuration names it and
not before: what else is installed costs the start nothing. A built-in kind's name is never given to a package.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pydantic import BaseModel

from outbox.capabilities import Capabilities
from outbox.clouds import KINDS, CloudKind

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "stillopen.clouds"
WORDS_MAX = 200  # of a package's own error; a person reads no more


class KindBroken(Exception):
    """A package offers the kind, and it cannot be used; the message says which package and why."""


@cache
def find(name: str) -> CloudKind | None:
    """Return the kind of that name, built in or of a package, or None: there is none. Raises `KindBroken`."""
    if name in KINDS:
        return KINDS[name]
    found = next((point for point in _offered() if point.name == name), None)
    if found is None:
        return None
    package = found.dist.name if found.dist is not None else found.value
    try:
        return _sound(name, found.load())
    except Exception as error:  # a package may raise whatever it likes; the store goes on without its cloud
        why = f"{type(error).__name__}: {error}"[:WORDS_MAX]
        raise KindBroken(f"the package {package} brings the kind {name!r} and cannot be used ({why})") from error


def kind_of(name: str) -> CloudKind:
    """Return the kind of a cloud whose section was read. Raises `KindBroken`."""
    found = find(name)
    assert found is not None, "the configuration was read, and refuses kinds there are not"
    return found


def names() -> tuple[str, ...]:
    """Return every kind there is, by name."""
    return tuple(sorted({*KINDS, *(point.name for point in _offered())}))


def _offered() -> tuple[EntryPoint, ...]:
    from importlib.metadata import entry_points  # a tenth of the start, and most stores need none

    return tuple(entry_points(group=GROUP))


def _sound(name: str, kind: object) -> CloudKind:
    if not isinstance(kind, CloudKind):
        raise TypeError(f"its entry point leads to no CloudKind, but to {type(kind).__name__}")
    if kind.name != name:
        raise ValueError(f"its entry point is called {name!r} and its kind {kind.name!r}")
    if not issubclass(kind.settings(), BaseModel):
        raise TypeError("its Settings are no pydantic model")
    if not isinstance(kind.capabilities(), Capabilities):
        raise TypeError("its CAPABILITIES are no Capabilities")
    return kind
