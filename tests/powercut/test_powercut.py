"""Power cuts, the short proof: some thousand disks, and agents that get it wrong and must be found out.

The long one is `make powercut IMAGES=100000`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.powercut.campaign import workplace
from tests.powercut.life import Tally, findings, record
from tests.powercut.mutations import MUTATIONS, SOUND, Mutation
from tests.powercut.promises import Owed
from tests.powercut.recover import new_journal
from tests.powercut.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.powercut.invariants import Fault

SEED = 2
IMAGES = 3_500  # on each kind of disk
MUTATION_IMAGES_MAX = 6_000  # most are found within some hundred; where one is not, that many will not do either
MUTATION_SEEDS = 3  # where a log's frames lie, and what a cut can tear, is each seed's own
SOUND_IMAGES = 500  # in these the mutations beside them are found several times over


@pytest.fixture
def work() -> Iterator[Path]:
    with workplace() as folder:
        yield folder


@pytest.mark.parametrize(
    "careless",
    [
        pytest.param(False, id="a careful disk"),
        pytest.param(True, id="a careless disk"),
    ],
)
def test_no_cut_loses_what_was_told_or_leaves_anything_in_part(work: Path, *, careless: bool) -> None:
    tally = Tally()
    found = next(findings(SEED, work, tally, subject=Subject(careless=careless), images_max=IMAGES), None)
    assert found is None, f"make powercut SEED={SEED} OP={found.operation}: {found}"
    assert tally.images == IMAGES
    assert tally.sales > 2


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_an_agent_that_gets_it_wrong_is_found_out(mutation: Mutation, work: Path) -> None:
    def faults() -> Iterator[Fault]:
        for seed in mutation.seeds or range(SEED, SEED + MUTATION_SEEDS):
            folder = work / str(seed)
            folder.mkdir()
            for finding in findings(seed, folder, Tally(), subject=mutation.subject, images_max=MUTATION_IMAGES_MAX):
                for violation in finding.violations:
                    yield violation.fault

    assert mutation.found_by in faults()


@pytest.mark.parametrize("name", SOUND)
def test_what_is_as_sound_as_the_agent_passes(name: str, work: Path) -> None:
    assert not list(findings(SEED, work, Tally(), subject=SOUND[name], images_max=SOUND_IMAGES))


def test_the_same_seed_does_the_same_write_by_write(tmp_path: Path) -> None:
    logs = []
    for folder in (tmp_path / "one", tmp_path / "other"):
        folder.mkdir()
        logs.append([repr(entry) for entry in record({}, Owed(new_journal()), folder, 1, Subject(), 0)])
    assert logs[0] == logs[1]
