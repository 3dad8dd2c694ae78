"""The real agent killed under load, the short of it; and agents that get it wrong, which have to be found out.

The long run is `make soak KILLS=200`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.soak.mistakes import program
from tests.soak.run import Moment, Plan, soak

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.outside,
    pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX; Windows has it not"),
]

SEED = os.environ.get("STILLOPEN_SEED", "20261121")
FOUND_BY = {  # receipts_tried_again needs a kill in the middle of a receipt, which is not certain in so short a run
    "new_key_per_attempt": "the webhook has applied",
    "answers_forgotten": "were rung",
}


def test_killed_over_and_over_it_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    outcome = soak(Plan(8, SEED, life_s=1.0, sales=40), tmp_path)
    assert not outcome.violations, f"make soak SEED={SEED} KILLS=8\n" + "\n".join(outcome.violations)
    assert outcome.kills.total() == 8
    assert outcome.kills[Moment.SELLING]
    assert outcome.figures["sales acknowledged"] >= 40
    assert outcome.figures["lost answers"]
    assert outcome.figures["duplicates suppressed"]


def test_agents_that_get_it_wrong_are_found_out(tmp_path: Path) -> None:
    outcome = soak(Plan(1, SEED, sales=60, program=program(FOUND_BY)), tmp_path)
    for name, words in FOUND_BY.items():
        assert any(words in violation for violation in outcome.violations), (name, outcome.violations)


def test_a_receiver_that_drops_no_repeats_shows_double_effects(tmp_path: Path) -> None:
    outcome = soak(Plan(0, SEED, sales=40, forgets=True), tmp_path)
    assert outcome.figures["double effects"]
    assert any("the webhook has applied" in violation for violation in outcome.violations)
