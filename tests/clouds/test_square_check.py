"""`cloud check` at Square, and its sample configuration."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agent.config import load
from outbox.clouds import KINDS, square
from outbox.clouds.square import Settings
from outbox.connector import Answer
from outbox.mapping import Declared, DeclaredTax, Finding, Level, Question
from tests.clouds.conftest import STORE
from tests.clouds.lying_square import TOKEN, LyingSquare
from tests.simulate.clouds import call

SAMPLE = Path(square.__file__).parent / "sample.toml"
DECLARED = Declared((DeclaredTax("standard", "VAT", Decimal(19)), DeclaredTax("reduced", "VAT", Decimal("7.0"))))


def checks(**settings: Any) -> Any:
    given = {"base_url": "http://127.0.0.1:9", "token": TOKEN, "location_id": "L1"}
    return KINDS["square"].checks(Settings.model_validate(given | settings), STORE, DECLARED)


def checked(square: LyingSquare, **settings: Any) -> list[Finding]:
    """Ask an account everything, and return what was found."""
    asks, found = checks(**settings), []
    for question in asks.questions():
        for one in asks.findings(question.name, call(square, question.request, {"authorization": f"Bearer {TOKEN}"})):
            assert not isinstance(one, Question)
            found.append(one)
    assert square.spec_faults == []
    return found


def tax(square: LyingSquare, tax_id: str, percentage: str) -> None:
    kept = {"type": "TAX", "id": tax_id, "updated_at": "2026-01-01T00:00:00Z", "tax_data": {"percentage": percentage}}
    square.catalogue.objects[tax_id] = kept


def texts(found: list[Finding], level: Level) -> str:
    return "; ".join(one.text for one in found if one.level is level)


def test_what_fits_is_said_and_what_is_missing_is_proposed(square: LyingSquare) -> None:
    tax(square, "T19", "19.0")
    tax(square, "T7", "7")
    unit = {"measurement_unit": {"weight_unit": "METRIC_KILOGRAM"}, "precision": 3}
    square.catalogue.objects["UKG"] = {
        "type": "MEASUREMENT_UNIT", "id": "UKG", "updated_at": "2026-01-01T00:00:00Z", "measurement_unit_data": unit,
    }  # fmt: skip
    found = checked(square)

    assert texts(found, Level.WRONG) == ""
    assert "its currency is the store's, EUR" in texts(found, Level.GOOD)
    assert [one.proposal for one in found if one.proposal] == [
        'taxes = { standard = "T19", reduced = "T7" }',
        'kilograms = ["UKG"]',
    ]
    mapped = checked(square, taxes={"standard": "T19", "reduced": "T7"}, kilograms=["UKG"])
    assert [one.level for one in mapped] == [Level.GOOD] * 3


def test_a_rate_that_is_there_twice_or_not_at_all_is_for_a_person(square: LyingSquare) -> None:
    tax(square, "A", "19")
    tax(square, "B", "19")
    square.catalogue.objects["ODD"] = {"type": "TAX", "id": "ODD", "updated_at": "2026-01-01T00:00:00Z"}
    said = texts(checked(square), Level.NOTE)

    assert "standard: Square has 2 taxes of 19 %" in said
    assert "reduced: Square has no tax of 7.0 %" in said


def test_what_is_wrong_is_named(square: LyingSquare) -> None:
    square.scopes = ["ORDERS_READ", "PAYMENTS_READ", "CUSTOMERS_READ"]
    square.location = {"status": "INACTIVE", "currency": "USD"}
    said = texts(checked(square, taxes={"standard": "T1+T2"}, kilograms=["U"]), Level.WRONG)

    for words in ("not active", "USD", "ORDERS_WRITE", "no tax T1, T2", "no unit U"):
        assert words in said
    assert "CUSTOMERS" not in texts(checked(square, customers="none"), Level.WRONG)


@pytest.mark.parametrize("name", ["location", "permissions", "objects"])
def test_what_is_no_answer_is_said_so(name: str) -> None:
    (one,) = checks().findings(name, Answer(502, {}, b"<html>"))
    assert one.level is Level.WRONG
    for body in (b"{}", b'{"location": 1, "scopes": 1, "objects": [1, {"id": 2}]}'):
        assert all(isinstance(found, Finding) for found in checks().findings(name, Answer(200, {}, body)))


def test_the_sample_configuration_is_one() -> None:
    config = load(SAMPLE, environ={"SQUARE_TOKEN": TOKEN})
    (cloud,) = config.clouds

    assert isinstance(cloud.settings, Settings)
    assert cloud.settings.customers == "both"
    assert (cloud.pull_every_s, cloud.sweep_at.isoformat()) == (600, "04:30:00")
