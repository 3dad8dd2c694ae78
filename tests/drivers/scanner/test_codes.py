"""Every code a store meets, as scanners send it: numbers, add-ons, books, AIM identifiers and their traps."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.scanner.bookland import as_isbn, isbn_of, issn_of
from drivers.scanner.code_ids import CodeIds
from drivers.scanner.decode import decode
from drivers.scanner.embedded import parse_template
from drivers.scanner.gtin import check_digit
from drivers.scanner.parity import parity_of, with_parity_bits
from drivers.scanner.scan import Reason, Refusal, Scan
from drivers.scanner.symbology import Symbology

GS = "\x1d"
FUZZ = settings(max_examples=100, deadline=None)
DIGITS = "0123456789"


def scan(text: str, *, code_ids: CodeIds = CodeIds.AIM, template: str | None = None) -> Scan:
    outcome = decode(text.encode(), [parse_template(template)] if template else (), code_ids=code_ids.table)
    assert isinstance(outcome, Scan), outcome
    return outcome


def reason(text: str | bytes, *, code_ids: CodeIds = CodeIds.AIM) -> Reason:
    outcome = decode(text if isinstance(text, bytes) else text.encode(), code_ids=code_ids.table)
    assert isinstance(outcome, Refusal), outcome
    assert outcome.hint
    return outcome.reason


# --- the vectors of the field, one by one ---


def test_an_ean_13_with_and_without_its_identifier_is_one_gtin_and_never_ai_400() -> None:
    for text in ("]E04006381333931", "4006381333931"):
        assert scan(text).gtin == "04006381333931"
        assert scan(text).gs1 == {}


def test_a_wrong_check_digit_is_refused() -> None:
    assert reason("4006381333932") is Reason.CHECK_DIGIT


def test_a_upc_a_is_one_gtin_with_twelve_digits_and_with_thirteen() -> None:
    for text in ("]E0012345678905", "012345678905", "0012345678905"):
        assert scan(text).gtin == "00012345678905"


def test_an_ean_8() -> None:
    assert scan("]E496385074").gtin == "00000096385074"


def test_a_upc_e_is_the_upc_a_it_stands_for() -> None:
    for outcome in (
        scan("]E004252614"),
        scan("04252614"),
        scan("E04252614", code_ids=CodeIds.HONEYWELL),
        scan("E04252614", code_ids=CodeIds.DATALOGIC),
    ):
        assert outcome.gtin == "00042100005264"


def test_eight_digits_that_nobody_named_are_two_rivals() -> None:
    outcome = scan("01234565")
    assert outcome.gtin is None
    assert outcome.rivals == ("00000001234565", "00012345000065")
    assert scan("A01234565", code_ids=CodeIds.ZEBRA).rivals == outcome.rivals  # its A is any EAN or UPC
    assert scan("]E401234565").gtin == "00000001234565"
    assert scan("]E001234565").gtin == "00012345000065"
    assert scan("04252614").rivals == ()


def test_a_gs1_128_with_expiry_lot_and_serial() -> None:
    outcome = scan("]C101095060001343521715052610ABC123" + GS + "21987")
    assert outcome.gs1 == {"01": "09506000134352", "17": "150526", "10": "ABC123", "21": "987"}
    assert outcome.expiry == date(2015, 5, 26)


def test_a_databar_with_weight_and_a_date_of_the_last_century() -> None:
    outcome = scan("]e00109506000134352310300123417991231")
    assert (outcome.gtin, outcome.weight, outcome.expiry) == (
        "09506000134352",
        Decimal("1.234"),
        date(1999, 12, 31),
    )


def test_a_separator_does_not_belong_in_what_people_write() -> None:
    for text in (
        "(01)095060001343" + GS + "52(10)A",
        "(01)09506000134352(10)A" + GS + "B",
        "(01)09506000134352(10)A B",
    ):
        assert scan(text).candidates == (text,)
    assert scan("(01)09506000134352(10)A" + GS).gtin == "09506000134352"
    assert scan("(01) 09506000134352 (10)A").gs1["10"] == "A"


def test_a_line_end_does_not_belong_in_a_digital_link() -> None:
    for text in ("https://id.gs1.org/01/09506000134352/10/A\nB", "https://id.gs1.org/01/0950600013 4352"):
        assert scan(text).candidates == (text,)


def test_a_lot_at_the_end_of_a_gs1_message() -> None:
    assert scan("]d2010950600013435210X").gs1["10"] == "X"
    assert scan(GS + "010950600013435210A").gs1["10"] == "A"


@pytest.mark.parametrize("identifier", ["", "]Q1", "]d1", "]z0"])
def test_a_digital_link(identifier: str) -> None:
    outcome = scan(f"{identifier}https://id.gs1.org/01/09506000134352/10/ABC?17=150526")
    assert outcome.gs1 == {"01": "09506000134352", "10": "ABC", "17": "150526"}


def test_a_digital_link_of_a_maker_with_a_short_gtin_and_an_escaped_lot() -> None:
    outcome = scan("]Q1https://shop.example/p/01/9506000134352/10/AB%2FC/21/7?3103=000195")
    assert outcome.gtin == "09506000134352"
    assert (outcome.gs1["10"], outcome.gs1["21"], outcome.weight) == ("AB/C", "7", Decimal("0.195"))


def test_labels_by_the_rules_of_sweden_and_of_britain() -> None:
    assert scan("2311223123451", template="23IIIIIXWWWWC").weight == Decimal("2.345")
    assert scan("2011223112348", template="20IIIIIXPPPPC").price == 1234
    refused = decode(b"2011223112348", [parse_template("20IIIIIVPPPPC")])
    assert isinstance(refused, Refusal)
    assert refused.reason is Reason.VERIFIER


def test_an_add_on_under_one_identifier_is_split_off_first() -> None:
    outcome = scan("]E3400638133393105")
    assert (outcome.gtin, outcome.add_on, outcome.text) == ("04006381333931", "05", "4006381333931")


def test_a_book_and_a_magazine() -> None:
    assert scan("9783161484100").isbn == "9783161484100"
    assert scan("9783161484100").gs1 == {}  # and no AI 97
    magazine = scan("9770378595002")
    assert magazine.issn == "0378-5955"
    assert magazine.candidates == ("09770378595002", "0378-5955", "9770378595002")


def test_two_identifiers_in_one_frame() -> None:
    outcome = scan("]E0012345678950]E112")
    assert (outcome.gtin, outcome.add_on) == ("00012345678950", "12")
    outcome = scan("]E449123562]E212345")
    assert (outcome.gtin, outcome.add_on) == ("00000049123562", "12345")
    outcome = scan("]E00012345678905]E110")
    assert (outcome.gtin, outcome.add_on) == ("00012345678905", "10")


# --- more ways to send an add-on ---


@pytest.mark.parametrize(
    ("text", "gtin", "add_on"),
    [
        ("]E1400638133393105", "04006381333931", "05"),  # Datalogic D8330
        ("]E2400638133393112345", "04006381333931", "12345"),
        ("]E59638507405", "00000096385074", "05"),
        ("]E69638507412345", "00000096385074", "12345"),
        ("]E49638507412345", "00000096385074", "12345"),
        ("]E30425261405", "00042100005264", "05"),
        ("]E30425261412345", "00042100005264", "12345"),
        ("977037859500205", "09770378595002", "05"),
        ("978316148410051299", "09783161484100", "51299"),
    ],
)
def test_an_add_on_is_split_off_wherever_it_stands(text: str, gtin: str, add_on: str) -> None:
    outcome = scan(text)
    assert outcome.gtin == gtin
    assert outcome.add_on == add_on


def test_an_add_on_that_may_as_well_belong_to_the_number_is_refused() -> None:
    number = next(
        text
        for tail in range(100_000)
        if (text := f"04252614{tail:05d}") and check_digit(text[:-1]) == text[-1]  # a UPC-E and 5, or an EAN-13
    )
    assert reason("]E3" + number) is Reason.AMBIGUOUS


def test_fifteen_digits_of_anything_else_are_a_number_of_the_stores_own() -> None:
    assert scan("400638133393105").candidates == ("400638133393105",)
    assert scan("977037859500205").candidates[0] == "977037859500205"


# --- books ---


@pytest.mark.parametrize("text", ["316148410X", "3-16-148410-X", "978-3-16-148410-0", "978 3 16 148410 0"])
def test_an_isbn_as_it_is_printed_is_the_books_barcode(text: str) -> None:
    assert "09783161484100" in scan(text).candidates
    assert scan(text).candidates[0] == text  # the store may have a number of its own like that


def test_an_isbn_as_zebra_and_datalogic_send_it() -> None:
    assert scan("]X0080442957X").isbn == "9780804429573"
    assert scan("]X0316148410X").gtin == "09783161484100"
    assert scan("]X09783161484100").isbn == "9783161484100"
    assert scan("L316148410X", code_ids=CodeIds.ZEBRA).isbn == "9783161484100"
    assert scan("]X03161484100").candidates == ("3161484100",)


def test_printed_music_is_no_isbn() -> None:
    body = "979026000043"
    assert scan(body + check_digit(body)).isbn is None
    assert isbn_of("0" + "9791234567896") == "9791234567896"
    assert as_isbn("4006381333931") is None
    assert as_isbn("9783161484101") is None


@FUZZ
@given(st.text(DIGITS, min_size=7, max_size=7), st.text(DIGITS, min_size=2, max_size=2))
def test_an_issn_is_the_same_for_every_issue(digits: str, variant: str) -> None:
    body = f"977{digits}{variant}"
    issn = issn_of("0" + body + check_digit(body))
    assert issn is not None
    plain = issn.replace("-", "")
    total = sum((8 - place) * (10 if char == "X" else int(char)) for place, char in enumerate(plain))
    assert total % 11 == 0
    assert plain[:7] == digits


@FUZZ
@given(st.text(DIGITS, min_size=9, max_size=9), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_in_an_isbn_of_ten_is_noticed(digits: str, place: int, by: int) -> None:
    check = next(c for c in "0123456789X" if as_isbn(digits + c))
    wrong = digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :]
    assert as_isbn(wrong + check) is None


# --- identifiers ---


@pytest.mark.parametrize(
    ("text", "symbology"),
    [("]B0x", Symbology.OTHER), ("]J0x", Symbology.DOTCODE), ("]Q2x", Symbology.QR), ("]C2x", Symbology.CODE128)],
)
def test_identifiers_of_what_is_no_shops_goods_are_taken_off(text: str, symbology: Symbology) -> None:
    outcome = scan(text)
    assert outcome.symbology is symbology
    assert outcome.candidates == ("x",)


def test_an_itf_14_whose_check_digit_the_scanner_kept_gets_it_back() -> None:
    assert scan("]I31400638133393").gtin == "14006381333938"
    assert scan("]I114006381333938").gtin == "14006381333938"


def test_a_part_of_an_itf_14_is_no_product() -> None:
    assert scan("]I0012345678905").candidates == ("012345678905",)  # a UPC-A's digits, and no UPC-A
    assert scan("]I096385074").candidates == ("96385074",)


def test_a_label_is_only_read_in_what_scales_print() -> None:
    assert scan("]C02311223123451", template="23IIIIIXWWWWC").weight is None
    assert scan("]E02311223123451", template="23IIIIIXWWWWC").weight == Decimal("2.345")


def test_a_label_of_zeros_was_never_weighed() -> None:
    body = "201122300000"
    outcome = scan(body + check_digit(body), template="20IIIIIWWWWWC")
    assert outcome.weight is None
    assert outcome.candidates[-1] == "11223"
    assert scan("]e001095060001343523103000000").weight is None
    assert scan("]e00109506000134352392000").price is None
    assert scan("]e0010950600013435230000").quantity is None


def test_two_articles_in_one_frame_are_refused() -> None:
    assert reason("]E04006381333931]E04006381333931") is Reason.TWO_CODES
    assert reason("]E04006381333931]E496385074") is Reason.TWO_CODES
    assert reason("]E04006381333931]C10109506000134352") is Reason.TWO_CODES
    assert reason("]C101095060001343520104006381333931") is Reason.TWO_CODES
    assert reason("01095060001343520104006381333931") is Reason.TWO_CODES
    assert scan("]E04006381333931]e00104006381333931").gtin == "04006381333931"


def test_a_composites_date_weight_and_lot_are_the_articles() -> None:
    outcome = scan("]E04006381333931]e117150526310300123410ABC")
    assert outcome.gtin == "04006381333931"
    assert outcome.expiry == date(2015, 5, 26)
    assert outcome.weight == Decimal("1.234")
    assert outcome.gs1["10"] == "ABC"


@pytest.mark.parametrize(
    ("fields", "last"),
    [
        ("16280101", date(2028, 1, 1)),
        ("1728020216280101", date(2028, 1, 1)),
        ("1528030317280202", date(2028, 2, 2)),
        ("15280303", date(2028, 3, 3)),
        ("70032801011200", date(2028, 1, 1)),
        ("11200101", None),  # when it was made
    ],
)
def test_the_last_day_is_the_earliest_of_sell_by_and_use_by(fields: str, last: date | None) -> None:
    assert scan("]C10109506000134352" + fields).expiry == last


# --- the makers' own identifiers ---


@pytest.mark.parametrize(
    ("code_ids", "text", "gtin", "symbology"),
    [
        (CodeIds.DATALOGIC, "F4006381333931", "04006381333931", Symbology.EAN13),
        (CodeIds.DATALOGIC, "FF96385074", "00000096385074", Symbology.EAN8),
        (CodeIds.DATALOGIC, "A012345678905", "00012345678905", Symbology.UPC_A),
        (CodeIds.DATALOGIC, "i14006381333938", "14006381333938", Symbology.ITF),
        (CodeIds.DATALOGIC, "P]C10109506000134352", "09506000134352", Symbology.GS1_128),
        (CodeIds.HONEYWELL, "d4006381333931", "04006381333931", Symbology.EAN13),
        (CodeIds.HONEYWELL, "D96385074", "00000096385074", Symbology.EAN8),
        (CodeIds.HONEYWELL, "c012345678905", "00012345678905", Symbology.UPC_A),
        (CodeIds.HONEYWELL, "}010950600013435210A", "09506000134352", Symbology.DATABAR),
        (CodeIds.ZEBRA, "A4006381333931", "04006381333931", Symbology.EAN_UPC),
        (CodeIds.ZEBRA, "A96385074", "00000096385074", Symbology.EAN_UPC),
        (CodeIds.ZEBRA, "P0G010950600013435210A", "09506000134352", Symbology.GS1_DATA_MATRIX),
        (CodeIds.ZEBRA, "D14006381333938", "14006381333938", Symbology.CODE128),
        (CodeIds.ZEBRA, "]E04006381333931", "04006381333931", Symbology.EAN13),
        (CodeIds.HONEYWELL, "4006381333931", "04006381333931", None),
    ],
)
def test_a_makers_identifier_says_what_it_is(
    code_ids: CodeIds, text: str, gtin: str, symbology: Symbology | None
) -> None:
    outcome = scan(text, code_ids=code_ids)
    assert outcome.gtin == gtin
    assert outcome.symbology is symbology


def test_two_identifiers_that_contradict_each_other_are_refused() -> None:
    assert reason("A]I114006381333938", code_ids=CodeIds.ZEBRA) is Reason.LENGTH


def test_a_label_has_no_add_on() -> None:
    assert decode(b"]E22967890043730", [parse_template("29IIIIIQQQQQC")]).raw == "]E22967890043730"
    assert isinstance(decode(b"]E22967890043730", [parse_template("29IIIIIQQQQQC")]), Refusal)


def test_a_makers_identifier_is_only_one_where_it_is_configured() -> None:
    assert scan("F4006381333931").candidates == ("F4006381333931",)
    assert reason("F4006381333932", code_ids=CodeIds.DATALOGIC) is Reason.CHECK_DIGIT
    assert reason("F", code_ids=CodeIds.DATALOGIC) is Reason.EMPTY
    assert scan("F400638133393105", code_ids=CodeIds.DATALOGIC).add_on == "05"


# --- the line ---


def test_either_parity_is_named() -> None:
    for parity, mode in (("E", "mode=7E1"), ("O", "mode=7O1")):
        outcome = decode(with_parity_bits(b"4006381333931", parity))  # type: ignore[arg-type]  # a Literal in a loop
        assert isinstance(outcome, Refusal)
        assert outcome.reason is Reason.PARITY
        assert mode in outcome.hint
    assert parity_of(b"4006381333931") is None
    assert parity_of(b"\xe4\xf6\xfc\xdf1") is None


@pytest.mark.parametrize("raw", [b"40063\x0081333931", b"\x9c\x8e123", b"\x1b[A", b"abc\x7f"])
def test_what_no_barcode_holds_is_noise(raw: bytes) -> None:
    assert reason(raw) is Reason.NOISE
