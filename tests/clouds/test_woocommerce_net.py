"""What goes to WooCommerce of any line ends there at the till's amount, whatever the rates; amounts in any currency."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outbox.clouds.woocommerce import net
from outbox.clouds.woocommerce.plan import fraction_text, frozen, minor, text
from outbox.money import ratio

GROSS = st.integers(0, 10**9)
PERCENT = st.decimals("0", "30", places=3).map(lambda value: Fraction(value) / 100)


def there(sent: Fraction, of: list[net.Rate], *, fee: bool, included: bool) -> Fraction:
    """Return what WooCommerce makes of an amount: it and each tax rounded by itself, a fee's taxes only."""
    kept = sent if fee else Fraction(ratio(sent.numerator, sent.denominator))
    return kept + sum(net.rounded_tax(sent * rate.of_net, included=included) for rate in of)


@given(GROSS, PERCENT, st.booleans())
@settings(max_examples=100, deadline=None)
def test_one_tax_in_the_price_always_meets_the_price_again(gross: int, share: Fraction, included: bool) -> None:  # noqa: FBT001 - hypothesis draws it
    of = [net.Rate(share, included=True)]
    sent = net.fitting(gross, of, fee=False, included=included)
    assert abs(there(sent, of, fee=False, included=included) - gross) <= (0 if included else 1)


@given(GROSS, st.lists(PERCENT, min_size=1, max_size=3), st.booleans())
@settings(max_examples=100, deadline=None)
def test_several_taxes_are_off_by_their_roundings_at_most(gross: int, shares: list[Fraction], fee: bool) -> None:  # noqa: FBT001 - likewise
    of = [net.Rate(share, included=True) for share in shares]
    sent = net.fitting(gross, of, fee=fee, included=True)
    assert abs(there(sent, of, fee=fee, included=True) - gross) <= len(of)
    assert abs(sent - net.exact(gross, of)) < 1 + len(of)


@given(GROSS, PERCENT)
@settings(max_examples=30, deadline=None)
def test_taxes_on_top_leave_the_price_as_it_is(gross: int, share: Fraction) -> None:
    assert net.fitting(gross, [net.Rate(share, included=False)], fee=False, included=False) == gross


def test_a_compound_tax_stands_on_those_before_it() -> None:
    body = {
        "prices_include_tax": False,
        "taxes": [
            {"code": "city", "rate": "10", "compound": False, "included": True},
            {"code": "state", "rate": "20", "compound": True, "included": False},
        ],
    }
    row = {"taxes": [{"code": "city", "rate": "10"}, {"code": "state", "rate": "20"}]}
    city, state = net.rates(body, row)
    assert (city.of_net, city.included) == (Fraction(1, 10), True)
    assert (state.of_net, state.included) == (Fraction(22, 100), False)


@pytest.mark.parametrize(("currency", "written"), [("EUR", "12.50"), ("JPY", "1250"), ("KWD", "1.250")])
def test_amounts_are_written_with_the_currencys_own_decimals_and_read_back(currency: str, written: str) -> None:
    assert text(1250, currency) == written
    assert minor(written, currency) == 1250


@pytest.mark.parametrize("value", [None, True, [], {}, "", "x", "NaN", "1e400", "9" * 40])
def test_what_is_no_amount_is_none(value: object) -> None:
    assert minor(value, "EUR") is None


def test_a_fraction_of_a_cent_is_written_out_and_a_number_digit_for_digit() -> None:
    assert fraction_text(Fraction(1250, 119) * 100, "EUR", 6) == "10.50420168"
    assert fraction_text(Fraction(-1, 3), "JPY", 2) == "-0.33"
    assert frozen({"b": [Decimal("8.40"), True, None], "a": "ü"}) == '{"a":"ü","b":[8.40,true,null]}'.encode()
