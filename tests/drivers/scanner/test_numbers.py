"""Check digits, UPC-E, verifiers and templates, held against an independent implementation."""

from __future__ import annotations

from decimal import Decimal

import pytest
from biip.checksums import gs1_price_weight_check_digit, gs1_standard_check_digit
from biip.upc import Upc
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.errors import TemplateInvalid
from drivers.scanner.embedded import parse_template, read_label, verifier
from drivers.scanner.gtin import check_digit, gtin14, has_check_digit, is_digits, upc_e_to_upc_a

FUZZ = settings(max_examples=150, deadline=None)
DIGITS = "0123456789"


@FUZZ
@given(st.text(DIGITS, min_size=1, max_size=17))
def test_check_digits_agree_with_another_implementation(digits: str) -> None:
    assert check_digit(digits) == str(gs1_standard_check_digit(digits))
    assert has_check_digit(digits + check_digit(digits))


@FUZZ
@given(st.sampled_from([7, 11, 12, 13]).flatmap(lambda n: st.text(DIGITS, min_size=n, max_size=n)))
def test_one_wrong_digit_is_always_noticed(digits: str) -> None:
    code = digits + check_digit(digits)
    assert gtin14(code) == code.zfill(14)
    for place in range(len(code)):
        wrong = code[:place] + str((int(code[place]) + 1) % 10) + code[place + 1 :]
        assert gtin14(wrong) is None


@FUZZ
@given(st.sampled_from("01"), st.text(DIGITS, min_size=6, max_size=6))
def test_upc_e_agrees_with_another_implementation(system: str, digits: str) -> None:
    expanded = Upc.parse(system + digits).as_upc_a()
    assert upc_e_to_upc_a(system + digits + expanded[-1]) == expanded
    assert upc_e_to_upc_a(system + digits + str((int(expanded[-1]) + 1) % 10)) is None


@pytest.mark.parametrize("text", ["", "1234567", "21234565", "0123456X", "\u0660" * 8])
def test_what_is_no_upc_e(text: str) -> None:
    assert upc_e_to_upc_a(text) is None


def test_other_scripts_digits_are_no_digits() -> None:
    assert not is_digits("\u0664\u0660")
    assert not is_digits("\u00b2")
    assert not is_digits("")
    assert gtin14("\u0664" * 13) is None
    assert gtin14("123") is None


@FUZZ
@given(st.sampled_from([4, 5]).flatmap(lambda n: st.text(DIGITS, min_size=n, max_size=n)))
def test_verifiers_agree_with_another_implementation(digits: str) -> None:
    assert verifier(digits) == str(gs1_price_weight_check_digit(digits))


@FUZZ
@given(st.text(DIGITS, min_size=5, max_size=5), st.integers(0, 99_999))
def test_a_label_gives_back_what_was_printed_on_it(item: str, grams: int) -> None:
    body = f"20{item}{grams:05d}"
    label = read_label(body + check_digit(body), parse_template("20IIIIIWWWWWC"))
    assert label is not None
    assert label.weight == (Decimal(grams) / 1000 or None)  # of zeros alone: not weighed
    assert label.keys[-2:] == (f"20{item}", item)
    assert gtin14(label.keys[0]) == label.keys[0]


@FUZZ
@given(st.text(DIGITS, min_size=5, max_size=5), st.integers(0, 9_999))
def test_a_guarded_label_is_guarded(item: str, cents: int) -> None:
    template = parse_template("21iiiiivppppc")
    price = f"{cents:04d}"
    for guard in DIGITS:
        body = f"21{item}{guard}{price}"
        label = read_label(body + check_digit(body), template)
        assert label is not None
        assert label.price == (cents or None)
        assert label.guarded is (guard == verifier(price))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20IIIIIWWWW",
        "IIIIIIIWWWWWC",
        "20IIIIIWWWWCW",
        "20IIIIIWWWWWCC",
        "20IIIIIIIIIIC",
        "20WWWWWWWWWWC",
        "20IIIWWWIIWWC",
        "20IIIIIWWPPPC",
        "20IIIIVVWWWWC",
        "20IIIIIIVWWWC",
        "20IIIIIZWWWWC",
        "hello",
    ],
)
def test_what_is_no_template_says_what_to_write(text: str) -> None:
    with pytest.raises(TemplateInvalid) as invalid:
        parse_template(text)
    assert invalid.value.hint
    assert isinstance(invalid.value, ValueError)


def test_a_template_of_twelve_places_is_one_of_thirteen() -> None:
    assert parse_template(" 2iiiiixqqqqc ").layout == "02IIIIIXQQQQC"


def test_a_label_of_another_length_or_beginning_is_none_of_these() -> None:
    template = parse_template("20IIIIIWWWWWC")
    for text in ("", "123", "4006381333931", "20123450123450", "20123450X2345", "2012345012340"):
        assert read_label(text, template) is None
