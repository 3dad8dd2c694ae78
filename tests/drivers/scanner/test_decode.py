"""What a frame's bytes mean: the vectors of the field, the traps of the library, and noise."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.scanner.decode import decode
from drivers.scanner.embedded import parse_template
from drivers.scanner.parity import with_parity_bits
from drivers.scanner.scan import Reason, Refusal, Scan
from drivers.scanner.symbology import Symbology

GS = "\x1d"
FUZZ = settings(max_examples=150, deadline=None)


def scan(text: str, *templates: str, price_decimals: int = 2) -> Scan:
    read_by = [parse_template(template) for template in templates]
    outcome = decode(text.encode(), read_by, price_decimals=price_decimals)
    assert isinstance(outcome, Scan), outcome
    assert outcome.raw == text
    return outcome


def refusal(text: str, *templates: str) -> Refusal:
    outcome = decode(text.encode(), [parse_template(template) for template in templates])
    assert isinstance(outcome, Refusal), outcome
    assert outcome.hint
    return outcome


@pytest.mark.parametrize(
    ("text", "gtin", "symbology"),
    [
        ("]E04006381333931", "04006381333931", Symbology.EAN13),
        ("4006381333931", "04006381333931", None),
        ("]E0012345678905", "00012345678905", Symbology.EAN13),
        ("012345678905", "00012345678905", None),
        ("0012345678905", "00012345678905", None),
        ("]E00012345678905", "00012345678905", Symbology.EAN13),
        ("]E496385074", "00000096385074", Symbology.EAN8),
        ("]E004252614", "00042100005264", Symbology.EAN13),
        ("9783161484100", "09783161484100", None),
        ("9770378595002", "09770378595002", None),
        ("]C04006381333931", "04006381333931", Symbology.CODE128),
        ("]I114006381333938", "14006381333938", Symbology.ITF),
        ("14006381333938", "14006381333938", None),
    ],
)
def test_a_product_code_is_one_gtin_however_it_is_sent(text: str, gtin: str, symbology: Symbology | None) -> None:
    outcome = scan(text)
    assert outcome.gtin == gtin
    assert outcome.candidates[0] == gtin
    assert outcome.symbology is symbology
    assert outcome.gs1 == {}
    assert outcome.candidates[-1] == outcome.text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("4006381333932", Reason.CHECK_DIGIT),
        ("]E04006381333932", Reason.CHECK_DIGIT),
        ("]E496385075", Reason.CHECK_DIGIT),
        ("012345678904", Reason.CHECK_DIGIT),
        ("14006381333939", Reason.CHECK_DIGIT),
        ("]E004252615", Reason.CHECK_DIGIT),
        ("]E0123", Reason.LENGTH),
        ("]E0400638133393A", Reason.LENGTH),
        ("]E4123", Reason.LENGTH),
        ("]E4ABCDEFGH", Reason.LENGTH),
        ("]E112", Reason.ADD_ON_ALONE),
        ("]E212345", Reason.ADD_ON_ALONE),
        ("]C1", Reason.EMPTY),
        ("]Q0", Reason.EMPTY),
        ("]C1hello", Reason.GS1),
        ("]C10109506000134353", Reason.GS1),  # the GTIN's check digit
        ("]d201095060001343\u0665\u0662", Reason.GS1),  # other scripts' digits
        ("", Reason.EMPTY),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_reason(text: str, reason: Reason) -> None:
    outcome = refusal(text)
    assert outcome.reason is reason
    assert outcome.raw == text


def test_eight_digits_with_no_identifier_may_be_two_products() -> None:
    outcome = scan("01234565")
    assert outcome.gtin is None
    assert outcome.candidates == ("00000001234565", "00012345000065", "01234565")


def test_eight_digits_that_are_only_one_product() -> None:
    assert scan("96385074").gtin == "00000096385074"
    assert scan("04252614").candidates == ("00042100005264", "04252614")


def test_eight_digits_of_the_stores_own_are_looked_up_as_they_are() -> None:
    assert scan("12345678").candidates == ("12345678",)
    outcome = scan("]C096385074")  # by chance with an EAN-8's check digit
    assert outcome.gtin is None
    assert outcome.candidates == ("96385074",)


@pytest.mark.parametrize("text", ["]C1", "]e0", "]d2", "]Q3", "]J1", GS, ""])
def test_gs1_element_strings_under_every_announcement(text: str) -> None:
    outcome = scan(f"{text}0109506000134352" + "1715052610ABC123" + GS + "21987")
    assert outcome.gs1 == {"01": "09506000134352", "17": "150526", "10": "ABC123", "21": "987"}
    assert outcome.gtin == "09506000134352"
    assert outcome.candidates[0] == "09506000134352"
    assert outcome.expiry == date(2015, 5, 26)


def test_gs1_weight_and_a_date_of_the_last_century() -> None:
    outcome = scan("]e00109506000134352310300123417991231")
    assert outcome.weight == Decimal("1.234")
    assert outcome.expiry == date(1999, 12, 31)
    assert outcome.symbology is Symbology.DATABAR


def test_gs1_lot_at_the_end() -> None:
    assert scan("]d2010950600013435210X").gs1 == {"01": "09506000134352", "10": "X"}
    assert scan(GS + "010950600013435210A").gs1 == {"01": "09506000134352", "10": "A"}
    assert scan("]d2010950600013435210X" + GS).gs1["10"] == "X"


def test_gs1_day_zero_is_the_months_last_and_best_before_serves_too() -> None:
    assert scan("]C1010950600013435217280200").expiry == date(2028, 2, 29)
    assert scan("]C1010950600013435215280615").expiry == date(2028, 6, 15)
    assert scan("]C1010950600013435215000000").expiry is None


def test_gs1_price_and_count() -> None:
    assert scan("]e0010950600013435239221299").price == 1299
    assert scan("]e001095060001343523922" + "5").price == 5  # the library reads tenths
    assert scan("]e0010950600013435239231299").price is None  # finer than the currency
    assert scan("]e0010950600013435239231299", price_decimals=3).price == 1299
    assert scan("]e0010950600013435239221299", price_decimals=0).price is None
    assert scan("]e001095060001343523012").quantity == 12
    assert scan("]e00109506000134352393297812").price is None  # names a currency, maybe not the store's


def test_gs1_with_no_product_is_looked_up_as_it_is() -> None:
    outcome = scan("]C100106141412345678908")
    assert outcome.gtin is None
    assert outcome.candidates == ("00106141412345678908",)


@pytest.mark.parametrize("prefix", ["", "]Q1", "]d1"])
def test_a_digital_link_is_gs1(prefix: str) -> None:
    outcome = scan(f"{prefix}https://id.gs1.org/01/09506000134352/10/ABC?17=150526")
    assert outcome.gs1 == {"01": "09506000134352", "10": "ABC", "17": "150526"}
    assert outcome.gtin == "09506000134352"


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/",
        "https://example.com/01/nonsense",
        "https://[::1/01/09506000134352",
        "http://example.com/01/09506000134353",
        "https://ex\u00e4mple.com/01/09506000134352",
        "hello",
        "\x1dhello",
        "(hello)",
        "01095060001343531",  # long enough, and its check digit is wrong
        "0109506000134352\u00e4",
        "]Z0hello",
        "]",
        "]E",
    ],
)
def test_other_text_is_looked_up_as_it_is(text: str) -> None:
    outcome = scan(text)
    assert outcome.candidates == (text,)
    assert outcome.gtin is None
    assert outcome.gs1 == {}


def test_gs1_as_people_write_it() -> None:
    assert scan("(01)09506000134352(10)ABC").gs1 == {"01": "09506000134352", "10": "ABC"}


@pytest.mark.parametrize(
    ("text", "gtin", "add_on"),
    [
        ("]E3400638133393105", "04006381333931", "05"),
        ("]E3400638133393112345", "04006381333931", "12345"),
        ("]E301234567890505", "00012345678905", "05"),
        ("]E34006381333931", "04006381333931", None),
        ("]E0012345678950]E112", "00012345678950", "12"),
        ("]E04006381333931]E212345", "04006381333931", "12345"),
        ("]E496385074]E112", "00000096385074", "12"),
    ],
)
def test_add_ons_are_split_off(text: str, gtin: str, add_on: str | None) -> None:
    outcome = scan(text)
    assert outcome.gtin == gtin
    assert outcome.add_on == add_on
    assert outcome.text.zfill(14) == gtin


def test_a_composite_tells_both_parts() -> None:
    outcome = scan("]E04006381333931]e010ABC")
    assert outcome.gtin == "04006381333931"
    assert outcome.gs1 == {"10": "ABC"}
    assert scan("]E04006381333931]C1nonsense").gs1 == {}


def test_an_identifier_inside_content_is_content() -> None:
    assert scan("]Q1see ]E112").text == "see ]E112"


def test_gs_inside_is_not_stripped() -> None:
    assert scan("]C0abc" + GS).text == "abc" + GS


SWEDISH = "23IIIIIXWWWWC"


def test_weight_in_a_label() -> None:
    outcome = scan("2311223123451", SWEDISH)
    assert outcome.weight == Decimal("2.345")
    assert outcome.candidates == ("02311223000004", "2311223", "11223")
    assert outcome.gtin is None
    assert outcome.price is None
    assert scan("]E02311223123451", SWEDISH).weight == Decimal("2.345")


def test_price_in_a_label_and_the_guard_another_country_would_refuse() -> None:
    assert scan("2011223112348", "20IIIIIXPPPPC").price == 1234
    assert refusal("2011223112348", "20IIIIIVPPPPC").reason is Reason.VERIFIER
    assert scan("2011223112348", "20IIIIIVPPPPC", "20IIIIIXPPPPC").price == 1234


def test_count_in_a_label_and_no_check_digit() -> None:
    assert scan("2912345000127", "29IIIIIQQQQQC").quantity == 12
    assert scan("2412345678901", "24IIIIIPPPPPP").price == 678901


def test_a_label_with_a_wrong_check_digit_is_refused() -> None:
    assert refusal("2311223123452", SWEDISH).reason is Reason.CHECK_DIGIT


def test_a_upc_label_is_read_with_and_without_its_leading_zero() -> None:
    template = "2IIIIIVPPPPC"
    body = "2123456" + "1234"
    for check in "0123456789":
        outcome = decode((body + check).encode(), [parse_template(template)])
        if isinstance(outcome, Scan) or outcome.reason is Reason.VERIFIER:
            assert decode(b"]E00" + (body + check).encode(), [parse_template(template)]).raw.startswith("]E00")
            assert type(decode(b"0" + (body + check).encode(), [parse_template(template)])) is type(outcome)
            break
    else:
        pytest.fail("no check digit fits")


def test_another_stores_label_is_a_product_like_any() -> None:
    assert scan("2311223123451").gtin == "02311223123451"
    assert scan("4006381333931", SWEDISH).gtin == "04006381333931"
    assert scan("hello", SWEDISH).candidates == ("hello",)


@pytest.mark.parametrize(
    "track",
    [
        "%B4111111111111111^DOE/JOHN^25121010000000000000?",
        "%B4111 1111 1111 1111^DOE/JOHN^2512?",
        ";4111111111111111=25121010000000000000?",
        "%B4111111111111111^DOE/JOHN^2512?;4111111111111111=2512?",
        "\x02;4111111111111111=2512?",
    ],
)
def test_a_card_is_refused_and_nothing_of_it_kept(track: str) -> None:
    for raw in (track.encode(), with_parity_bits(track.encode())):
        outcome = decode(raw)
        assert isinstance(outcome, Refusal)
        assert outcome.reason is Reason.CARD
        assert outcome.raw == ""
        assert "4111" not in repr(outcome)


def test_seven_bits_with_parity_are_named() -> None:
    outcome = decode(with_parity_bits(b"4006381333931"))
    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.PARITY
    assert "mode=7E1" in outcome.hint


def test_text_of_eight_bits_is_no_parity() -> None:
    assert scan("caf\u00e9").text == "caf\u00e9"
    latin = decode(b"caf\xe9")
    assert isinstance(latin, Scan)
    assert latin.text == "caf\u00e9"
    assert scan("\u00cd\u00cd\u00cd").text == "\u00cd\u00cd\u00cd"  # even bits, and UTF-8


LIKELY = st.one_of(
    st.binary(max_size=80),
    st.text(max_size=60).map(str.encode),
    st.tuples(
        st.sampled_from(
            [
                "",
                "]E0",
                "]E3",
                "]E4",
                "]C1",
                "]e0",
                "]d2",
                "]Q1",
                "]Q3",
                "]C0",
                GS,
                "01",
                "(01)",
                "https://x/01/",
                "%B",
                ";",
            ]
        ),
        st.text("0123456789", max_size=40),
        st.sampled_from(["", GS, "]E1", "]C1", "^", "=", "A", "\u00e9", "?17="]),
        st.text("0123456789ABC" + GS, max_size=30),
    ).map(lambda parts: "".join(parts).encode()),
)
TEMPLATES = [parse_template(text) for text in ("20IIIIIWWWWWC", "21IIIIIVPPPPC", "2IIIIIQQQQQC")]


@FUZZ
@given(LIKELY)
@example(b"]Q0")
@example(b"]C18008")
@example(b"]C17003")
@example(b"]C1310")
@example(b"]C1\x1d\x1d")
@example(b"(99)")
@example(b"http://[")
@example(b"]C1392299999999999999999999")
def test_nothing_a_scanner_sends_raises(raw: bytes) -> None:
    outcome = decode(raw, TEMPLATES)
    assert isinstance(outcome, Scan | Refusal)
    if isinstance(outcome, Scan):
        assert outcome.candidates
        assert all(outcome.candidates)
        assert outcome.gtin is None or (len(outcome.gtin) == 14 and outcome.gtin in outcome.candidates)
    else:
        assert outcome.hint
