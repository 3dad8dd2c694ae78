import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from agent.api import json_body
from agent.api.bodies import NewLine, NewRefund, NewTender
from agent.api.findings import FOUND_CHARS_MAX, PATTERNS, hidden, invalid_request, shown
from agent.api.route import Route
from agent.api.table import ROUTES
from agent.problem import Problem


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def refused(body: bytes) -> Problem:
    with pytest.raises(Problem) as raised:
        json_body.parse(body)
    assert (raised.value.status, raised.value.code) == (400, "malformed-json")
    return raised.value


# --- reading ---


async def test_a_body_comes_in_any_number_of_parts() -> None:
    assert await json_body.read(chunks(b"{", b"", b"}"), {}) == b"{}"
    assert await json_body.read(chunks(b"x" * 10), {}, bytes_max=10) == b"x" * 10


@pytest.mark.parametrize("parts", [[b"x" * 11], [b"x" * 5, b"x" * 6], [b"x"] * 11])
async def test_a_body_past_its_limit_is_refused_however_it_comes(parts: list[bytes]) -> None:
    with pytest.raises(Problem) as raised:
        await json_body.read(chunks(*parts), {}, bytes_max=10)
    assert (raised.value.status, raised.value.code) == (413, "body-too-large")


async def test_a_declared_length_past_the_limit_is_refused_before_reading() -> None:
    async def never() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    with pytest.raises(Problem) as raised:
        await json_body.read(never(), {"content-length": "11"}, bytes_max=10)
    assert raised.value.status == 413


async def test_a_body_that_never_ends_is_given_up() -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    with pytest.raises(Problem) as raised:
        await json_body.read(slow(), {}, wait_s=0.01)
    assert (raised.value.status, raised.value.code) == (408, "body-too-slow")


@pytest.mark.parametrize(
    "declared", ["application/json", "Application/JSON; charset=UTF-8", 'application/json; charset="utf-8"']
)
def test_json_says_that_it_is(declared: str) -> None:
    json_body.check_media_type({"content-type": declared})


@pytest.mark.parametrize(
    "declared", ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
def test_anything_else_is_not_taken_for_json(declared: str) -> None:
    with pytest.raises(Problem) as raised:
        json_body.check_media_type({"content-type": declared})
    assert (raised.value.status, raised.value.code) == (415, "not-json")


# --- parsing ---


def test_no_body_is_an_empty_object() -> None:
    assert json_body.parse(b"") == json_body.parse(b"{}") == {}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "line 1, column 2"),
        (b"[]", "must be an object"),
        (b"1", "must be an object"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1e999}', "larger than any number"),
        (b'{"a": 99999999999999999999}', "20 digits"),
        (b'{"a": ' + b"9" * 5000 + b"}", "5000 digits"),
        (b'{"a": 1, "b": 2, "a": 3}', "'a' is there twice"),
        (b'{"x": {"4111111111111111": 1, "4111111111111111": 1}}', "not shown"),
        (b"\xff", "not UTF-8 at byte 0"),
        (b'\xef\xbb\xbf{"a": 1}', "line 1"),
        (b'{"a": "\\ud800"}', "lone surrogate"),
        (b'{"\\udfff": 1}', "lone surrogate"),
        (b'{"a":' * 17 + b"1" + b"}" * 17, "16 levels"),
        (b'{"a":' + b"[" * 60_000, "16 levels"),
        (b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}", "16 levels"),
    ],
)
def test_what_json_cannot_mean_is_refused_with_its_place(body: bytes, said: str) -> None:
    assert said in refused(body).detail


def test_the_deepest_allowed_is_allowed() -> None:
    body = b'{"a":' * 15 + b"1" + b"}" * 15
    assert json_body.parse(body) == json.loads(body)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(st.characters(codec="utf-8")), JSON, max_size=4))
def test_plain_json_is_read_as_it_is_meant(value: dict[str, object]) -> None:
    assert json_body.parse(json.dumps(value).encode()) == value


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='{}[]":,\\u0dD8aeN1-.', max_size=80).map(str.encode))
def test_any_bytes_are_an_object_or_a_problem(body: bytes) -> None:
    with suppress(Problem):
        assert isinstance(json_body.parse(body), dict)


# --- what is wrong, field by field ---


def problem_for(model: type[NewLine] | type[NewTender] | type[NewRefund], value: object) -> Problem:
    with pytest.raises(ValidationError) as raised:
        model.model_validate(value)
    return invalid_request(raised.value, model, where="body")


def test_every_fault_is_named_at_once() -> None:
    problem = problem_for(NewLine, {"sku": 5, "quantity": "two", "pric": 500, "price": 5.5})
    assert (problem.status, problem.code) == (422, "invalid-request")
    assert problem.extra["errors"] == [
        {"field": "sku", "found": "5", "expected": "text in quotes (quantities and rates too)"},
        {
            "field": "price",
            "found": "5.5",
            "expected": "a whole number without quotes or decimals (money: minor units, 12.50 is 1250)",
        },
        {"field": "quantity", "found": '"two"', "expected": 'a decimal number as text, such as "2" or "0.350"'},
        {"field": "pric", "found": "an unknown field", "expected": "price (did you mean that?)"},
    ]
    assert "and 3 more" in problem.detail


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, "exactly one of barcode, sku, or name with price"),
        ({"barcode": "1", "sku": "2"}, "not barcode and sku together"),
        ({"name": "Bag"}, "needs a price"),
        ({"name": "Bag", "price": 1, "price_reason": "x"}, "no price to override"),
        ({"sku": "1", "tax": "standard"}, "comes from the catalogue"),
        ({"sku": "1", "price": 100}, "needs a price_reason"),
        ({"sku": "1", "price_reason": "x"}, "needs the price"),
        ({"sku": "1", "expired_reason": "x"}, "only a barcode"),
        ({"sku": ""}, "at least 1"),
        ({"sku": "a" * 257}, "at most 256"),
        ({"name": "a\x1bb", "price": 1}, "without control characters"),
        ({"name": "Bag", "price": -1}, "at least 0"),
        ({"name": "Bag", "price": True}, "whole number"),
        ({"name": "Bag", "price": 10**13}, "at most 1000000000000"),
        ({"sku": "1", "quantity": "1e3"}, "decimal number"),
        ({"sku": "1", "quantity": "-1"}, "decimal number"),
        ({"sku": "1", "quantity": "٣"}, "decimal number"),
        ({"sku": "1", "quantity": "1\n"}, "decimal number"),
    ],
)
def test_a_line_says_one_thing_and_says_it_right(value: object, expected: str) -> None:
    (finding,) = problem_for(NewLine, value).extra["errors"]
    assert expected in finding["expected"]


def test_a_fault_within_a_list_has_its_place() -> None:
    value = {"receipt_number": "T-1", "lines": [{"line": "1"}, {"quantity": "1", "x": 1}], "tender": {"type": "gold"}}
    findings = problem_for(NewRefund, value).extra["errors"]
    assert [(one["field"], one["found"]) for one in findings] == [
        ("lines[1].line", "nothing"),
        ("lines[1].x", "an unknown field"),
        ("tender.type", '"gold"'),
    ]
    assert findings[2]["expected"] == "one of 'cash' or 'card'"


@pytest.mark.parametrize(
    "reference", [4111111111111111, {"a": "4111 1111 1111 1111"}, ["4111-1111-1111-1111"], "4111111111111111" * 10]
)
def test_what_could_be_a_card_number_is_never_shown(reference: object) -> None:
    problem = problem_for(NewTender, {"type": "card", "amount": 1, "reference": reference})
    assert "1111" not in json.dumps(problem.document())
    assert problem.extra["errors"][0]["field"] == "reference"


def test_a_field_named_like_a_card_is_not_shown_either() -> None:
    problem = problem_for(NewTender, {"type": "cash", "amount": 1, "4111111111111111": 1})
    assert "1111" not in json.dumps(problem.document())


def test_long_values_are_cut() -> None:
    assert len(shown("x" * 500)) == FOUND_CHARS_MAX + 1
    assert hidden("slip 0042, 12.50") == "slip 0042, 12.50"


def patterns(schema: object) -> set[str]:
    if isinstance(schema, list):
        return set().union(*map(patterns, schema))
    if not isinstance(schema, dict):
        return set()
    own = {schema["pattern"]} if isinstance(schema.get("pattern"), str) else set()
    return own.union(*map(patterns, schema.values()))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_pattern_has_words(route: Route) -> None:
    models = [model for model in (route.body_model, route.query_model) if model is not None]
    assert patterns([model.model_json_schema() for model in models]) <= PATTERNS.keys()
