"""A few random days of every kind; and that the suite notices connectors with mistakes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.clouds.conformance.contract import moves_in_words
from tests.clouds.conformance.days import run
from tests.clouds.conformance.kinds import MODULES
from tests.clouds.conformance.mistakes import FORGETS_MS, MISTAKES, KeepsWhatIsGone, Looks
from tests.clouds.conformance.square import SquareUnderTest
from tests.clouds.conformance.weather import Weather

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tests.clouds.conformance.shop import Shop

# A busy shop whose answers are often lost, and whose looks go over more than one page.
ROUGH = replace(Weather(), customers_a_day=25, lost_after=0.1, half=0.05, kills=1.0)


@pytest.mark.parametrize("kind", sorted(MODULES))
def test_random_days_end_with_the_books_in_agreement(kind: str) -> None:
    outcome = run(kind, 2, 3)

    assert outcome.violations == ()
    assert outcome.counts["sale"] > 5


def test_a_seed_gives_the_same_days_again() -> None:
    first, again = run("square", 7, 2), run("square", 7, 2)

    assert (first.violations, first.counts) == (again.violations, again.counts)


@pytest.mark.parametrize(("mistake", "keys_live_ms", "said"), MISTAKES)
def test_a_mistake_is_noticed(mistake: Callable[[Any], Any], keys_live_ms: int | None, said: str) -> None:
    found = run("square", 1, 1, ROUGH, make=partial(_mistaken, mistake, keys_live_ms)).violations

    assert any(said in violation for violation in found), found


def test_discounts_that_are_gone_and_stay_are_noticed() -> None:
    weather = replace(ROUGH, offers=12)
    found = run("square", 1, 6, weather, make=partial(_mistaken, KeepsWhatIsGone, None)).violations

    assert any("are not the cloud's" in violation for violation in found), found


def test_a_server_that_forgets_keys_is_no_trouble_for_a_connector_that_looks() -> None:
    assert run("square", 3, 3, ROUGH, make=partial(_mistaken, Looks, FORGETS_MS)).violations == ()


def _mistaken(
    mistake: Callable[[Any], Any], keys_live_ms: int | None, shop: Shop, now: Callable[[], datetime]
) -> SquareUnderTest:
    cloud = SquareUnderTest(shop, now)
    cloud.connector = mistake(cloud.connector)
    if keys_live_ms is not None:
        cloud.square.books.key_life = timedelta(milliseconds=keys_live_ms)
        cloud.square.books.page_size = 1
    return cloud


def test_movements_are_read_out_of_notes() -> None:
    notes = ["Square's stock was not moved (24 hours only); correct it there by hand: MUG -2, APPLES +0.25"]

    assert dict(moves_in_words(notes)) == {"MUG": -2, "APPLES": pytest.approx(0.25)}
