"""Check digits and the fourteen digits, by worked examples and against biip."""

import biip.gtin
import biip.upc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outbox.gtin import as_gtin14, barcode_key, check_digit


@pytest.mark.parametrize(
    ("code", "gtin14"),
    [
        ("4006381333931", "04006381333931"),
        ("4006381333932", None),
        ("012345678905", "00012345678905"),
        ("0012345678905", "00012345678905"),
        ("96385074", "00000096385074"),
        ("04252614", "00042100005264"),  # UPC-E: 0 4 2 100005 26 4
        ("01234565", "00000001234565"),  # also UPC-E; EAN-8 comes first
        ("00783493", None),
        ("09506000134352", "09506000134352"),
        ("24252613", None),  # UPC-E has number systems 0 and 1 only
        ("", None),
        ("123", None),
        ("\uff11234567\uff10", None),  # digits, but not ASCII
        ("ABCDEFGH", None),
    ],
)
def test_codes(code: str, gtin14: str | None) -> None:
    assert as_gtin14(code) == gtin14
    assert barcode_key(code) == (gtin14 or code)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from("01"), st.text("0123456789", min_size=6, max_size=6))
def test_biip_agrees_on_upc_e(system: str, digits: str) -> None:
    read = 0
    for last in "0123456789":
        code = f"{system}{digits}{last}"
        try:
            upc_a = biip.upc.Upc.parse(code).as_upc_a()
        except biip.ParseError:
            continue
        read += 1
        is_ean_8 = check_digit(code[:-1]) == last
        assert as_gtin14(code) == (code if is_ean_8 else upc_a).zfill(14)
    assert read == 1


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789", min_size=7, max_size=13).filter(lambda text: len(text) in {7, 11, 12, 13}))
def test_biip_agrees(digits: str) -> None:
    code = digits + check_digit(digits)
    parsed = biip.gtin.Gtin.parse(code)
    assert parsed.as_gtin_14() == as_gtin14(code)
