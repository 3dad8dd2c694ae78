from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scripts import side_by_side

ROOT = Path(__file__).parents[2]


def test_each_test_is_run_by_one_of_the_two() -> None:
    waiting, others = side_by_side.lanes(["-x"])
    assert waiting[0] == others[0] == "-x"
    assert others[1:] == [*(f"--ignore={room}" for room in waiting[1:]), "tests"]
    assert all((ROOT / room).is_dir() for room in waiting[1:])


@pytest.mark.parametrize(("ends", "code"), [((0, 0), 0), ((1, 0), 1), ((0, 2), 2)])
def test_it_is_well_where_both_are(ends: tuple[int, int], code: int, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    first, second = ([sys.executable, "-c", f"print('lane {at}', end=''); exit({end})"] for at, end in enumerate(ends))
    assert side_by_side.both(first, second) == code
    assert capfdbinary.readouterr().out == b"lane 1lane 0"
