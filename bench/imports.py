"""What `stillopen run` imports before it answers, as `python -X importtime` tells it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TOP = 10
NEEDLESS = ("escpos", "PIL", "biip", "hypothesis", "pytest", "qrcode", "barcode", "rich")

_LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \|( +)(\S+)")


@dataclass(frozen=True, slots=True)
class Import:
    """One module: its own time, and who imported it, outermost first."""

    name: str
    own_us: int
    chain: tuple[str, ...]


def read(report: str) -> list[Import]:
    """Read the interpreter's report; a module stands below those that it imported, indented less."""
    found: list[Import] = []
    above: list[tuple[int, str]] = []  # importers of what comes next when read from the end
    for line in reversed(report.splitlines()):
        match = _LINE.search(line)
        if match is None:
            continue
        own, _, indent, name = match.groups()
        while above and above[-1][0] >= len(indent):
            above.pop()
        found.append(Import(name, int(own), tuple(importer for _, importer in above)))
        above.append((len(indent), name))
    return found[::-1]


def notes(imports: Sequence[Import]) -> list[str]:
    """Return the heaviest packages, and by which way those came that nothing needs at the start."""
    packages: dict[str, int] = defaultdict(int)
    for one in imports:
        packages[one.name.partition(".")[0]] += one.own_us
    heaviest = sorted(packages.items(), key=lambda item: -item[1])[:TOP]
    total = sum(packages.values())
    said = [
        f"imports at the start: {len(imports)} modules, {total / 1e3:.0f} ms while being watched; by package, in ms: "
        + ", ".join(f"{name} {own / 1e3:.0f}" for name, own in heaviest)
    ]
    return said + [
        f"imported at the start, and not needed there: {way} ({packages[package] / 1e3:.1f} ms)"
        for package, way in _needless(imports).items()
    ]


def _needless(imports: Iterable[Import]) -> dict[str, str]:
    ways: dict[str, str] = {}
    for one in imports:
        package = one.name.partition(".")[0]
        if package in NEEDLESS:
            ways.setdefault(package, " > ".join((*one.chain, one.name)))
    return ways
