from decimal import ROUND_DOWN, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outbox.money import (
    AMOUNT_CHARS_MAX,
    AMOUNT_MAX,
    Rounding,
    allocate,
    apportion,
    decimals,
    format_amount,
    parse_amount,
    percent_of,
    ratio,
    round_half_up,
    times,
    to_increment,
)

amounts = st.integers(-AMOUNT_MAX, AMOUNT_MAX)
currencies = st.sampled_from(["EUR", "USD", "JPY", "KWD"])
rates = st.decimals("0", "100", places=4)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.50", "EUR", 1250),
        ("12.5", "EUR", 1250),
        (" 12 ", "EUR", 1200),
        ("12.", "EUR", 1200),
        ("-0.01", "EUR", -1),
        ("+3", "EUR", 300),
        ("12", "JPY", 12),
        ("12.0", "JPY", 12),
        ("1.234", "KWD", 1234),
        ("12.500000", "EUR", 1250),
        ("10000000000", "EUR", AMOUNT_MAX),
    ],
)
def test_a_plain_decimal_is_read_as_minor_units(text: str, currency: str, minor: int) -> None:
    assert parse_amount(text, currency) == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ".",
        "-",
        ".5",
        "abc",
        "12,50",
        "1e3",
        "1e999999",
        "1_000",
        "NaN",
        "Infinity",
        "١٢",
        "1 000",
        "--1",
        "€5",
        "0" * (AMOUNT_CHARS_MAX + 1),
        "1.00\n2",
    ],
)
def test_what_is_not_plainly_written_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an amount; write it like 12\.50"):
        parse_amount(text, "EUR")


def test_a_refusal_does_not_repeat_a_novel() -> None:
    with pytest.raises(ValueError, match="is not an amount") as refusal:
        parse_amount("9" * 100_000, "EUR")
    assert len(str(refusal.value)) < 100


@pytest.mark.parametrize(("text", "currency"), [("1.005", "EUR"), ("1.5", "JPY"), ("1.0001", "KWD")])
def test_more_decimals_than_the_currency_has_are_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match="more than the"):
        parse_amount(text, currency)


@pytest.mark.parametrize("text", ["10000000000.01", "-10000000000.01"])
def test_more_than_a_till_takes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="larger than any amount"):
        parse_amount(text, "EUR")


@given(amounts, currencies)
@settings(max_examples=200, deadline=None)
def test_an_amount_written_is_read_back(amount: int, currency: str) -> None:
    text = format_amount(amount, currency)
    assert parse_amount(text, currency) == amount
    assert len(text.partition(".")[2]) == decimals(currency)


def test_an_amount_is_written_in_the_given_manner() -> None:
    assert format_amount(-123456789, "EUR", point=",", group=".") == "-1.234.567,89"
    assert format_amount(5, "EUR") == "0.05"
    assert format_amount(-5, "KWD") == "-0.005"
    assert format_amount(1234, "JPY", group=",") == "1,234"


@pytest.mark.parametrize(("value", "rounded"), [("0.5", 1), ("-0.5", -1), ("1.4999", 1), ("2.5", 3), ("-2.5", -3)])
def test_halves_go_away_from_zero(value: str, rounded: int) -> None:
    assert round_half_up(Decimal(value)) == rounded


def test_worked_examples() -> None:
    assert times(1299, Decimal("1.234")) == 1603  # 1602.966
    assert times(25, Decimal("0.5")) == 13  # 12.5
    assert percent_of(1005, Decimal(10)) == 101  # 100.5
    assert percent_of(1999, Decimal("7.7")) == 154  # 153.923
    assert ratio(1190 * 19, 119) == 190
    assert ratio(100 * 7, 107) == 7  # 6.542
    assert to_increment(1002, 5) == 1000
    assert to_increment(1003, 5) == 1005
    assert to_increment(1025, 50) == 1050
    assert to_increment(-1003, 5) == -1005
    assert to_increment(1003, 1) == 1003


@given(amounts, rates)
@settings(max_examples=200, deadline=None)
def test_a_percentage_is_the_nearest_minor_unit(amount: int, rate: Decimal) -> None:
    assert abs(percent_of(amount, rate) * 100 - Decimal(amount) * rate) <= 50


@given(amounts, st.integers(1, 10**6), st.sampled_from(Rounding))
@settings(max_examples=200, deadline=None)
def test_a_fraction_is_rounded_as_decimal_rounds_it(numerator: int, denominator: int, rounding: Rounding) -> None:
    exact = Context(prec=60, traps=[]).divide(Decimal(numerator), Decimal(denominator))
    names = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "half_down": ROUND_HALF_DOWN, "down": ROUND_DOWN}
    assert ratio(numerator, denominator, rounding) == int(exact.to_integral_value(names[rounding]))


@pytest.mark.parametrize(
    ("halves", "up", "even", "down"), [(1, 1, 0, 0), (3, 2, 2, 1), (5, 3, 2, 2), (-1, -1, 0, 0), (-3, -2, -2, -1)]
)
def test_halves_go_where_the_law_sends_them(halves: int, up: int, even: int, down: int) -> None:
    assert ratio(halves, 2) == up
    assert ratio(halves, 2, Rounding.HALF_EVEN) == even
    assert ratio(halves, 2, Rounding.HALF_DOWN) == down


@given(st.lists(amounts, min_size=1, max_size=40), st.integers(1, 10**6), st.sampled_from(Rounding))
@settings(max_examples=200, deadline=None)
def test_shares_of_either_sign_sum_to_what_they_were_rounded_to(
    exact: list[int], denominator: int, rounding: Rounding
) -> None:
    whole = ratio(sum(exact), denominator, rounding)
    parts = apportion(whole, exact, denominator)
    assert sum(parts) == whole
    assert all(abs(part * denominator - each) < denominator for part, each in zip(parts, exact, strict=True))


@given(amounts, st.integers(1, 1000))
@settings(max_examples=200, deadline=None)
def test_coins_are_the_nearest(amount: int, coin: int) -> None:
    rounded = to_increment(amount, coin)
    assert rounded % coin == 0
    assert 2 * abs(rounded - amount) <= coin


@given(amounts, st.lists(st.integers(0, AMOUNT_MAX), min_size=1, max_size=40))
@settings(max_examples=200, deadline=None)
def test_the_parts_of_a_split_sum_to_the_whole(amount: int, weights: list[int]) -> None:
    parts = allocate(amount, weights)
    assert sum(parts) == amount
    effective = weights if any(weights) else [1] * len(weights)
    total = sum(effective)
    for part, weight in zip(parts, effective, strict=True):
        assert abs(part * total - amount * weight) < total
        if abs(amount) <= total:
            assert abs(part) <= weight


def test_the_unit_left_over_goes_to_the_largest_remainder_then_to_the_first() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(10, [1, 2, 4]) == [1, 3, 6]  # 1.43, 2.86, 5.71: the second and the third were cut most
    assert allocate(-100, [1, 1, 1]) == [-34, -33, -33]
    assert allocate(3, [0, 0]) == [2, 1]


def test_a_split_over_nothing_or_by_less_is_refused() -> None:
    assert allocate(0, []) == []
    with pytest.raises(ValueError, match="over nothing"):
        allocate(1, [])
    with pytest.raises(ValueError, match="negative weight"):
        allocate(10, [3, -1])
