"""The campaign, in short: no crash, no wrong item, every refusal says what to do."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.scans.campaign import run, stocked
from tests.scans.frames import MAKERS
from tests.scans.goods import owners

if TYPE_CHECKING:
    from pathlib import Path

FRAMES = 5_000


async def test_frames_whole_and_harmed_ring_what_they_say_or_are_refused_with_a_next_step(tmp_path: Path) -> None:
    catalogue = await stocked(tmp_path)
    try:
        found = run(catalogue, FRAMES, seed=3)
    finally:
        await catalogue.close()
    assert found.violations == []
    # Every way out is taken: a campaign that only refuses proves nothing.
    assert found.outcomes["rung"] > FRAMES / 5
    refused = {"check_digit", "length", "gs1", "verifier", "two_codes", "noise", "add_on_alone", "no-such-barcode"}
    assert refused | {"two-items", "expired"} <= found.outcomes.keys()


def test_the_oracle_knows_every_whole_frame() -> None:
    dice = random.Random(1)
    for maker in MAKERS[:-1] * 30:
        made = maker(dice)
        assert made.due is not None
        assert made.due.problem or made.due.sku in owners(made.data, made.code_ids), made


def test_the_oracle_finds_nothing_in_noise() -> None:
    dice = random.Random(1)
    assert not any(owners(dice.randbytes(20)) for _ in range(500))
