from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent import basket, checkout, discounts, words
from agent.basket import Product
from agent.marks import Marks
from agent.pricing import Rules
from agent.receipt import ReceiptStore, receipt_document
from agent.refund import Want, plan_refund
from agent.sale import Sale, TaxRate, Unit
from drivers.printer.codepages import code_page
from drivers.printer.document import Align, Barcode, Cut, Document, Image, Row, Rule, Symbology, Text
from drivers.printer.escpos import Dialect, encode
from drivers.printer.layout import columns_of, lay_out

TAXES = {
    "s": TaxRate("s", "MwSt 19 %", Decimal(19)),
    "r": TaxRate("r", "MwSt", Decimal(7)),
}
RULES = Rules("EUR", prices_include_tax=True, cash_rounding=5, taxes=TAXES, default_tax="s")
GERMAN = ReceiptStore(
    name="Eckladen",
    header=("Eckladen", "Hauptstraße 1"),
    footer=("Vielen Dank!",),
    locale="de_DE",
    timezone=ZoneInfo("Europe/Berlin"),
)
AMERICAN = ReceiptStore(name="Corner Shop", header=(), footer=(), locale="en_US", timezone=ZoneInfo("America/New_York"))


def placed(fields: dict[str, Any], number: str = "T1-000007") -> dict[str, Any]:
    """Add what the journal adds."""
    place = {"id": "sale-1", "till": "till-1", "receipt_number": number, "occurred_at": "2026-11-20T14:05:33+01:00"}
    return fields | place


def german_sale() -> dict[str, Any]:
    sale = basket.new_sale(RULES, id="sale-1", till="till-1", opened_at="2026-11-20T14:05:33+01:00")
    sale = basket.add_product(
        sale, RULES, Product("c", "Kaffee Crema 500 g ganze Bohne aus Äthiopien", 599), quantity="2"
    )
    sale = basket.add_product(sale, RULES, Product("k", "Äpfel Elstar", 399, "r", Unit.KG), quantity="1.234")
    sale = basket.add_product(sale, RULES, Product("p", "Käse", 1999, "r", Unit.KG), label_price=534)
    sale = basket.add_open_item(sale, RULES, name="Rad", price=123456)
    sale = basket.override_price(sale, RULES, "2", 299, "Druckstelle")
    sale = discounts.add_discount(sale, RULES, amount=100, line="1")
    sale = discounts.add_discount(sale, RULES, percent="12.5", line="3")
    sale = discounts.add_discount(sale, RULES, percent="10")
    sale = checkout.add_tender(sale, RULES, type="card", amount=100_000, reference="slip 0042")
    sale = checkout.add_tender(sale, RULES, type="cash", amount=40_000)
    return placed(checkout.complete(sale, RULES))


def american_sale() -> dict[str, Any]:
    rules = Rules("USD", prices_include_tax=False, taxes={"ca": TaxRate("ca", "Sales tax", Decimal("8.25"))})
    sale = basket.new_sale(rules, id="sale-1", till="till-1", opened_at="2026-11-20T14:05:33+01:00")
    sale = basket.add_product(sale, rules, Product("m", "Mug", 1299, "ca"))
    sale = checkout.add_tender(sale, rules, type="cash", amount=2000)
    return placed(checkout.complete(sale, rules))


def printed(document: Document, columns: int) -> list[str]:
    """Return the lines of text as they stand on the paper; a barcode, a cut and the like are left out."""
    lines = []
    for item in document.items:
        if isinstance(item, Text | Row | Rule):
            for line in lay_out(item, columns):
                room = columns // line.width
                assert columns_of(line.text) <= room
                lines.append(line.text.center(room).rstrip() if line.align is Align.CENTER else line.text)
    return lines


def test_a_german_receipt_on_the_narrowest_paper() -> None:
    document = receipt_document(german_sale(), GERMAN, copy=False)
    assert printed(document, 32) == [
        "            Eckladen",
        "         Hauptstraße 1",
        "Bon                    T1-000007",
        "Kasse till-1    20.11.2026 14:05",
        "--------------------------------",
        "Kaffee Crema 500 g    A    11,98",
        "ganze Bohne aus",
        "Äthiopien",
        "  2 x 5,99",
        "  Rabatt                   -1,00",
        "Äpfel Elstar          B     3,69",
        "  1,234 kg x 2,99",
        "  statt 3,99",
        "Käse                  B     5,34",
        "  Rabatt 12,5%             -0,67",
        "Rad                   A 1.234,56",
        "--------------------------------",
        "Zwischensumme           1.253,90",
        "Rabatt 10%               -125,39",
        "Summe 1.128,51 €",  # in double width it fills the line
        "Rundung                    -0,01",
        "Zu zahlen               1.128,50",
        "Karte                   1.000,00",
        "  an eigenem Terminal",
        "  slip 0042",
        "Bar                       400,00",
        "Rückgeld                  271,50",
        "--------------------------------",
        "A MwSt 19 %               178,98",  # 1120.99 x 19/119
        "  netto 942,01",
        "B MwSt 7% (netto 7,03)      0,49",
        "          Vielen Dank!",
    ]


def test_a_magazines_issue_stands_below_it_and_a_books_suggested_price_nowhere() -> None:
    sale = basket.new_sale(RULES, id="sale-1", till="till-1", opened_at="2026-11-20T14:05:33+01:00")
    for name, barcode, add_on in (("Blatt", "9770378595002", "05"), ("Roman", "9783161484100", "51299")):
        sale = basket.add_product(sale, RULES, Product(name, name, 490), barcode=barcode, marks=Marks(add_on=add_on))
    sale = checkout.add_tender(sale, RULES, type="cash", amount=1000)
    lines = printed(receipt_document(placed(checkout.complete(sale, RULES)), GERMAN, copy=False), 32)
    at = lines.index("Blatt                       4,90")
    assert lines[at + 1 : at + 4] == ["  Ausgabe 05", "Roman                       4,90", "-" * 32]


def test_an_american_receipt_adds_its_tax_before_the_total() -> None:
    document = receipt_document(american_sale(), AMERICAN, copy=False)
    assert printed(document, 42) == [
        "               Corner Shop",
        "Receipt                          T1-000007",
        "Till till-1            11/20/2026 08:05 AM",
        "-" * 42,
        "Mug                                  12.99",
        "-" * 42,
        "Subtotal                             12.99",
        "Sales tax 8.25% (net 12.99)           1.07",
        "Total          $14.06",
        "Cash                                 20.00",
        "Change                                5.94",
    ]


def refund_of(sale: dict[str, Any], want: Want) -> dict[str, Any]:
    return placed(plan_refund(sale, [], want, RULES), "T1-000008") | {"id": "refund-1"}


def test_a_refund_says_so_and_of_which_receipt() -> None:
    refund = refund_of(german_sale(), Want("cash", (("1", "1"), ("2", None)), reason="schimmlig"))
    lines = printed(receipt_document(refund, GERMAN, copy=False), 32)
    assert lines[2:] == [
        "           ERSTATTUNG",
        "Zu Bon                 T1-000007",
        "Grund: schimmlig",
        "Bon                    T1-000008",
        "Kasse till-1    20.11.2026 14:05",
        "--------------------------------",
        "Kaffee Crema 500 g ganze  A 5,99",
        "Bohne aus Äthiopien",
        "  Rabatt                   -0,50",
        "Äpfel Elstar              B 3,69",
        "  1,234 kg x 2,99",
        "--------------------------------",
        "Zwischensumme               9,18",
        "Rabatt                     -0,92",
        "Summe     8,26 €",
        "Rundung                    -0,01",
        "Ausgezahlt                  8,25",
        "Bar                         8,25",
        "--------------------------------",
        "A MwSt 19 % (netto 4,15)    0,79",
        "B MwSt 7% (netto 3,10)      0,22",
        "          Vielen Dank!",
    ]


def test_a_refund_with_no_reason_and_no_discount_has_no_line_for_them() -> None:
    sale = basket.new_sale(RULES, id="sale-1", till="till-1", opened_at="2026-11-20T14:05:33+01:00")
    sale = basket.add_product(sale, RULES, Product("m", "Tasse", 500))
    sale = checkout.add_tender(sale, RULES, type="cash", amount=500)
    refund = refund_of(placed(checkout.complete(sale, RULES)), Want("card"))
    text = "\n".join(printed(receipt_document(refund, GERMAN, copy=False), 42))
    assert not any(word in text for word in ("Rabatt", "Grund", "Rundung", "Rückgeld", "Zwischensumme"))
    assert "Tasse                                 5,00" in text, "one rate for all needs no letters"


@pytest.mark.parametrize("store", [GERMAN, AMERICAN])
def test_a_copy_says_so_top_and_bottom_and_a_first_print_nowhere(store: ReceiptStore) -> None:
    items = receipt_document(american_sale(), store, copy=True, logo=b"png").items
    first, last = items[0], items[-2]
    assert isinstance(first, Text)
    assert first == last
    assert "COPY" in first.text
    assert not any("COPY" in line for line in printed(receipt_document(american_sale(), store, copy=False), 32))


def test_the_logo_comes_first_and_the_scannable_number_last() -> None:
    items = receipt_document(american_sale(), AMERICAN, copy=False, logo=b"png").items
    assert items[0] == Image(b"png")
    assert items[-2:] == (Barcode(Symbology.CODE128, "T1-000007"), Cut())


def test_a_number_no_barcode_holds_is_printed_in_words_only() -> None:
    document = receipt_document(american_sale() | {"receipt_number": "Tür-1"}, AMERICAN, copy=False)
    assert not any(isinstance(item, Barcode) for item in document.items)
    assert any("Tür-1" in line for line in printed(document, 48))


@pytest.mark.parametrize("number", ["T1-000007", "a-till-with-the-longest-name-there-can-be-000007"])
@pytest.mark.parametrize(("columns", "dots"), [(32, 384), (42, 512), (48, 576)])
def test_a_receipt_can_be_told_to_a_printer(number: str, columns: int, dots: int) -> None:
    dialect = Dialect(code_page("cp858"), columns, dots)
    for store in (GERMAN, AMERICAN):
        document = receipt_document(german_sale() | {"receipt_number": number}, store, copy=True)
        sent = b"".join(encode(document, dialect))
        assert number.encode() in sent.replace(b"\n", b""), "a long one is wrapped, never cut off"
        assert ("1.128,51 €" if store is GERMAN else "€1,128.51").encode("cp858") in sent


@pytest.mark.parametrize("columns", [32, 42, 48])
@pytest.mark.parametrize(("make", "store"), [(german_sale, GERMAN), (american_sale, AMERICAN)])
def test_every_amount_ends_at_the_papers_edge(columns: int, make: Any, store: ReceiptStore) -> None:
    for item in receipt_document(make(), store, copy=True).items:
        if isinstance(item, Row):
            lines = lay_out(item, columns)
            room = columns // lines[0].width
            assert any(line.text.endswith(item.right) and columns_of(line.text) == room for line in lines)


def test_a_total_too_long_for_double_width_is_double_in_height_only() -> None:
    sale = german_sale() | {"total": 123_456_789}
    (total,) = [
        item for item in receipt_document(sale, GERMAN, copy=False).items if isinstance(item, Row) and item.height == 2
    ]
    assert (total.right, total.width) == ("1.234.567,89 €", 1)


def test_an_empty_sale_never_was_but_a_free_one_prints() -> None:
    sale: Sale = basket.new_sale(RULES, id="sale-1", till="till-1", opened_at="2026-11-20T14:05:33+01:00")
    sale = basket.add_open_item(sale, Rules("EUR", prices_include_tax=True), name="Flyer", price=0)
    lines = printed(receipt_document(placed(checkout.complete(sale, RULES)), GERMAN, copy=False), 32)
    assert "Flyer                       0,00" in lines
    assert "Summe     0,00 €" in lines


def test_untaxed_lines_among_taxed_ones_have_no_letter() -> None:
    untaxed = Rules("EUR", prices_include_tax=True, taxes=TAXES)
    sale = basket.new_sale(untaxed, id="sale-1", till="till-1", opened_at="2026-11-20T14:05:33+01:00")
    sale = basket.add_product(sale, untaxed, Product("m", "Tasse", 500, "s"))
    sale = basket.add_product(sale, untaxed, Product("b", "Briefmarke", 95))
    sale = checkout.add_tender(sale, untaxed, type="card", amount=595)
    lines = printed(receipt_document(placed(checkout.complete(sale, untaxed)), GERMAN, copy=False), 32)
    assert "Tasse                     A 5,00" in lines
    assert "Briefmarke                  0,95" in lines


# --- a locale's manner ---


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "text"),
    [
        (123456, "EUR", "de_DE", "1.234,56 €"),
        (123456, "EUR", "de", "1.234,56 €"),
        (123456, "EUR", "fr_FR", "1 234,56 €"),
        (-123456, "EUR", "nl_NL", "-€ 1.234,56"),
        (123456, "EUR", "en_IE", "€1,234.56"),
        (-500, "USD", "en_US", "-$5.00"),
        (500, "GBP", "en_GB", "£5.00"),
        (500, "CAD", "en_CA", "$5.00"),
        (500, "USD", "en_CA", "USD 5.00"),
        (500, "CAD", "en_US", "CAD 5.00"),
        (500, "USD", "de_DE", "5,00 $"),
        (123456, "CHF", "de_CH", "CHF 1'234.56"),
        (123456, "JPY", "ja_JP", "JPY 123,456"),
        (1234567, "KWD", "ar_KW", "1,234.567 KWD"),
        (123456, "MXN", "es_MX", "MXN 1,234.56"),
        (123456, "SEK", "sv_SE", "1 234,56 SEK"),
        (5, "EUR", "xx", "0.05 €"),
    ],
)
def test_money_is_written_as_the_locale_does(amount: int, currency: str, locale: str, text: str) -> None:
    assert words.money_text(amount, currency, locale) == text


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("de_AT", "20.11.2026 14:05"),
        ("en_US", "11/20/2026 02:05 PM"),
        ("en_GB", "20/11/2026 14:05"),
        ("fr_CA", "2026-11-20 14:05"),
        ("en", "2026-11-20 14:05"),
        ("sv_SE", "2026-11-20 14:05"),
    ],
)
def test_times_are_written_as_the_locale_does(locale: str, text: str) -> None:
    assert words.time_text(datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC), locale) == text


def test_a_language_without_words_gets_english_ones() -> None:
    assert words.words("fi_FI") == words.words("en_US")
    assert words.words("de_CH").total == "Summe"
    assert words.decimal_in("fi_FI", "1.25") == "1,25"


@pytest.mark.parametrize("store", [GERMAN, AMERICAN])
def test_what_the_journal_holds_is_on_the_receipt_above_its_barcode(store: ReceiptStore) -> None:
    document = receipt_document(german_sale(), store, copy=False, anchor="3F9A-12BC-77D0-01AB")
    assert printed(document, 32)[-1] == "Journal      3F9A-12BC-77D0-01AB"
    assert [type(item).__name__ for item in document.items[-4:]] == ["Row", "Feed", "Barcode", "Cut"]
