"""`[shift]`: its defaults, what it takes, and what is said of what it cannot take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.config import ConfigInvalid, load

if TYPE_CHECKING:
    from pathlib import Path

STORE = '[store]\nid = "s"\nname = "Shop"\ncurrency = "{}"\ntimezone = "Europe/Berlin"\n[[till]]\nid = "till-1"\n'


def written(folder: Path, more: str, currency: str = "EUR") -> Path:
    file = folder / "stillopen.toml"
    file.write_text(STORE.format(currency) + more, "utf-8")
    return file


def test_where_nothing_is_said_nothing_is_asked(tmp_path: Path) -> None:
    shift = load(written(tmp_path, "")).shift
    assert (shift.count_float, shift.blind_count, shift.reason_above, shift.denominations) == (False, True, None, ())
    assert not shift.count_needed


@pytest.mark.parametrize(
    ("currency", "line", "key", "words"),
    [
        ("EUR", 'reason_above = "5.001"', "reason_above", "more than the 2 decimals EUR has"),
        ("EUR", "reason_above = 5", "reason_above", "write it in quotes"),
        ("JPY", 'denominations = ["1000", "0.5"]', "denominations → 2", "more than the 0 decimals JPY has"),
        ("EUR", 'denominations = ["0.00"]', "denominations → 1", "what it is worth"),
        ("EUR", 'denominations = "10"', "denominations", "a list of at most"),
        ("EUR", "count_float = 1", "count_float", "true or false"),
        ("EUR", 'count_needed = "yes"', "count_needed", "true or false"),
        ("EUR", "counted = true", "counted", "known here: count_float, blind_count, count_needed"),
    ],
)
def test_what_cannot_be_is_named_with_its_cure(tmp_path: Path, currency: str, line: str, key: str, words: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load(written(tmp_path, f"[shift]\n{line}\n", currency))
    (problem,) = caught.value.problems
    assert problem.key == f"[shift] → {key}"
    assert words in problem.fix
