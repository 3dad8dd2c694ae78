from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.card_guard import find_card_data, find_written_card, refuse_card_data
from agent.problem import Problem

# The networks' published test numbers: they pass every check and belong to nobody.
CARDS = {
    "visa": "4111111111111111",
    "visa 13": "4222222222222",
    "mastercard": "5555555555554444",
    "mastercard 2": "2223003122003222",
    "amex": "378282246310005",
    "discover": "6011111111111117",
    "diners": "30569309025904",
    "jcb": "3530111333300000",
    "unionpay": "6200000000000005",
    "maestro": "6759649826438453",
    "visa 19": "4000000000000000006",
}


@pytest.mark.parametrize("number", CARDS.values(), ids=CARDS)
def test_a_card_number_is_found_however_it_is_written(number: str) -> None:
    assert find_card_data(number)
    assert find_card_data(f"paid with {number} thanks")
    assert find_card_data(" ".join(number[at : at + 4] for at in range(0, len(number), 4)))
    assert find_card_data("-".join(number[at : at + 4] for at in range(0, len(number), 4)))
    assert find_card_data(f"slip 12 {number} 0427")
    assert find_card_data("".join(chr(0xFF10 + int(digit)) for digit in number)), "full-width digits"
    assert find_card_data("".join(chr(0x0660 + int(digit)) for digit in number)), "Arabic-Indic digits"


@pytest.mark.parametrize(
    "track",
    [
        "%B4111111111111112^DOE/JANE^27121010000000000?",
        "B1234567890123456^X",
        ";4111111111111112=27121010000?",
        "4111111111111112D27121010000",
    ],
)
def test_a_magnetic_track_is_found_even_with_a_wrong_check_digit(track: str) -> None:
    assert find_card_data(f"x {track}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "slip 0042",
        "4111111111111112",  # the check digit is wrong
        "1111111111111117",  # Luhn holds, but no issuer begins with 1
        "**** **** **** 1111",
        "+49 170 1234567",
        "2026-11-20 14:05:33 1234",
        "12345678901234567894",  # 20 digits are no card number
        "411111111111",
        "order 99 of 2026, table 4",
        "2221000000000000000",
    ],
)
def test_what_is_no_card_number_passes(text: str) -> None:
    assert not find_card_data(text)


def test_a_product_number_that_looks_like_an_old_visa_passes() -> None:
    assert not find_card_data("4006381333931"), "its EAN check digit is right, its Luhn digit is wrong"
    assert not find_card_data("4006381333023"), "both are right"
    assert find_card_data("4006381333023 4111111111111111")


def test_the_refusal_says_what_to_write_and_never_repeats_the_number() -> None:
    with pytest.raises(Problem) as refusal:
        refuse_card_data("reference", "card 4111 1111 1111 1111")
    assert refusal.value.status == 422
    assert refusal.value.code == "card-data"
    assert "slip" in refusal.value.detail
    assert "4111" not in str(refusal.value.document())
    refuse_card_data("reference", "slip 0042")


@given(
    st.sampled_from(sorted(CARDS.values())),
    st.text(alphabet="abc xyz,:", max_size=20),
    st.text(alphabet="abc xyz,:", max_size=20),
    st.sampled_from(["", " ", "-", ".", " - ", "\u00a0", "\u2013", "\u2212", "\u200b", "\u00ad"]),
    st.integers(1, 7),
)
@settings(max_examples=200, deadline=None)
def test_no_words_around_and_no_separators_within_hide_a_card_number(
    number: str, before: str, after: str, separator: str, size: int
) -> None:
    groups = [number[at : at + size] for at in range(0, len(number), size)]
    assert find_card_data(before + separator.join(groups) + after)


@pytest.mark.parametrize("between", ["/", "_", ", ", "*", ":", " | ", "    ", ") ("])
@pytest.mark.parametrize("number", ["4111111111111111", "378282246310005"])
def test_in_a_cards_own_groups_nothing_between_hides_it(number: str, between: str) -> None:
    sizes = (4, 4, 4, 4) if len(number) == 16 else (4, 6, 5)
    groups = [number[sum(sizes[:at]) : sum(sizes[: at + 1])] for at in range(len(sizes))]
    assert find_card_data(f"paid {between.join(groups)} thanks")
    assert find_written_card(between.join(groups))


@pytest.mark.parametrize(
    "text",
    [
        "+49 151 12345678", "+49 (0)30 94739147", "+44 (0)20 7946 1234", "+49 30 1234567 / +49 171 7654321",
        "60,11, 24,04, 25,38, 19,99, 41,20, 10,00", "423.51 / 383.15 / 41.20 / 55.10", "08:30-12:30 / 15:00-20:30",
        "slip 3114 21.11.26 / 1533 / 74,95",
    ],
)  # fmt: skip
def test_phones_amounts_and_hours_are_no_card_number_whatever_their_digits(text: str) -> None:
    digits = [at for at, char in enumerate(text) if char.isdigit()]
    for seed in range(300):  # any digits but the first two of each text, one in ten of which Luhn would take
        chance = Random(seed)
        chars = list(text)
        for at in digits[2:]:
            chars[at] = str(chance.randrange(10))
        assert not find_card_data("".join(chars)), "".join(chars)
        assert not find_written_card("".join(chars)), "".join(chars)


@pytest.mark.parametrize("more", ["0427", "123", "0427123", "2704"])
def test_an_expiry_or_a_code_typed_on_hides_no_card_number(more: str) -> None:
    assert find_card_data(f"4111111111111111{more}")
    assert find_card_data(f"4111 1111 1111 1111 {more}")
    assert find_written_card(f"4111111111111111{more}")
    assert not find_card_data(f"4111111111111112{more}")


@pytest.mark.parametrize(
    "text",
    ["41.20 13.00 5.10 11.11 11.11 11.11", "51,20 12,50 30,00 41,30", "4 x 1.25  5.00", "4006381333931", "4111 1111"],
)
def test_the_amounts_of_a_receipt_are_no_card_number(text: str) -> None:
    assert not find_written_card(text)


@pytest.mark.parametrize("number", CARDS.values(), ids=CARDS)
def test_a_card_number_on_a_receipt_is_found_as_cards_are_written(number: str) -> None:
    assert find_written_card(f"VISA {number} 12.50") is (len(number) > 13)  # a till's own numbers have thirteen
    for gap in " -":
        assert len(number) != 16 or find_written_card(gap.join(number[at : at + 4] for at in range(0, 16, 4)))
    assert len(number) != 15 or find_written_card(f"{number[:4]} {number[4:10]} {number[10:]}")
    assert find_written_card(";4111111111111112=27121010000?")


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_gets_an_answer(text: str) -> None:
    assert find_card_data(text) in {True, False}
