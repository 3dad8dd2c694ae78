"""The table people read, and the same as JSON and Markdown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from bench.rounds import Figure

_HEAD = ("", "p50", "p99", "unit", "ours / it")


def as_text(figures: Sequence[Figure], notes: Iterable[str] = ()) -> str:
    """Return the table for a terminal."""
    rows = [_HEAD]
    for case, group in _by_case(figures).items():
        rows.append((case, "", "", "", ""))
        rows.extend((f"  {figure.role:<5}  {figure.name}", *_values(figure)) for figure in group)
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [_aligned(row, widths).rstrip() for row in rows]
    return "\n".join([*lines, *(["", *notes] if notes else [])])


def write(folder: Path, machine: Mapping[str, str], figures: Sequence[Figure], notes: Sequence[str]) -> None:
    """Write `latest.json` and `latest.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {"machine": dict(machine), "figures": [figure.to_json() for figure in figures], "notes": list(notes)}
    (folder / "latest.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "latest.md").write_text(_markdown(machine, figures, notes), encoding="utf-8")


def _markdown(machine: Mapping[str, str], figures: Sequence[Figure], notes: Sequence[str]) -> str:
    lines = ["Measured on " + "; ".join(f"{name}: {value}" for name, value in machine.items()) + ".", ""]
    for case, group in _by_case(figures).items():
        lines += [f"**{case}**", "", "| | | p50 | p99 | | ours / it |", "| --- | --- | ---: | ---: | --- | ---: |"]
        lines += [f"| {figure.role} | {figure.name} | {' | '.join(_values(figure))} |" for figure in group]
        lines.append("")
    lines += [f"- {note}" for note in notes]
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
