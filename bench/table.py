"""The table people read, and the same kept as JSON and Markdown, a section a bench.

A run of some benches puts their sections in the place of older ones and leaves the others: each says when
and on what it was measured.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from bench.machine import UNKNOWN
from bench.rounds import Figure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

JSON, MARKDOWN = "latest.json", "latest.md"
_HEAD = ("", "p50", "p99", "unit", "ours / it")


@dataclass(frozen=True, slots=True)
class Measured:
    """What one bench found, when (RFC 3339, UTC), of which commit, at which effort and on what."""

    at: str
    commit: str
    effort: str
    machine: Mapping[str, str]
    figures: Sequence[Figure]
    notes: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        return {
            "at": self.at,
            "commit": self.commit,
            "effort": self.effort,
            "machine": dict(self.machine),
            "figures": [figure.to_json() for figure in self.figures],
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        figures = [Figure.from_json(figure) for figure in value["figures"]]
        commit = value.get("commit", UNKNOWN)  # it was not kept before
        return cls(value["at"], commit, value["effort"], value["machine"], figures, value["notes"])


def as_text(figures: Sequence[Figure], notes: Iterable[str] = ()) -> str:
    """Return the table for a terminal."""
    rows = [_HEAD]
    for case, group in _by_case(figures).items():
        rows.append((case, "", "", "", ""))
        rows.extend((f"  {figure.role:<5}  {figure.name}", *_values(figure)) for figure in group)
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [_aligned(row, widths).rstrip() for row in rows]
    return "\n".join([*lines, *(["", *notes] if notes else [])])


def kept(folder: Path) -> dict[str, Measured]:
    """Return what was kept, by bench; nothing where there is nothing, or only what an older bench left."""
    try:
        document = json.loads((folder / JSON).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {name: Measured.from_json(section) for name, section in document.get("benches", {}).items()}


def keep(folder: Path, measured: Mapping[str, Measured], known: Iterable[str]) -> None:
    """Put these in the place of what was kept of the same benches, in the order of those that are known."""
    folder.mkdir(parents=True, exist_ok=True)
    together = kept(folder) | dict(measured)
    benches = {name: together[name] for name in known if name in together}
    document = {"benches": {name: section.to_json() for name, section in benches.items()}}
    (folder / JSON).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / MARKDOWN).write_text("\n".join(map(_markdown, benches, benches.values())), encoding="utf-8")


def _markdown(name: str, measured: Measured) -> str:
    machine = "; ".join(f"{key}: {value}" for key, value in measured.machine.items())
    lines = [
        f"## {name}",
        "",
        f"Measured {measured.at}, commit {measured.commit}, {measured.effort}, on {machine}.",
        "",
    ]
    for case, group in _by_case(measured.figures).items():
        lines += [f"**{case}**", "", "| | | p50 | p99 | | ours / it |", "| --- | --- | ---: | ---: | --- | ---: |"]
        lines += [f"| {figure.role} | {figure.name} | {' | '.join(_values(figure))} |" for figure in group]
        lines.append("")
    lines += [f"- {note}" for note in measured.notes]
    return "\n".join(lines).rstrip() + "\n"


def _by_case(figures: Iterable[Figure]) -> dict[str, list[Figure]]:
    cases: dict[str, list[Figure]] = {}
    for figure in figures:
        cases.setdefault(figure.case, []).append(figure)
    return cases


def _values(figure: Figure) -> tuple[str, str, str, str]:
    p99 = "" if figure.p99 is None else _number(figure.p99)
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    return _number(figure.p50), p99, figure.unit, ratio


def _number(value: float) -> str:
    return f"{value:,.2f}" if value < 10 else f"{value:,.0f}"


def _aligned(row: tuple[str, ...], widths: Sequence[int]) -> str:
    name, p50, p99, unit, ratio = (
        text.ljust(width) if column in {0, 3} else text.rjust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    )
    return f"{name}  {p50}  {p99}  {unit}  {ratio}"
