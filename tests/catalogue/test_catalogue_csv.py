"""A CSV file becomes rows, or says row by row what is wrong."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outbox import catalogue_csv
from outbox.catalogue_csv import COLUMNS, LINE_BYTES_MAX, CsvRow, RowProblem, read_csv
from outbox.gtin import check_digit

TAXES = ("standard", "reduced")


def read(content: str | bytes, currency: str = "EUR") -> list[CsvRow | RowProblem]:
    raw = content.encode() if isinstance(content, str) else content
    return list(read_csv(raw.splitlines(keepends=True), currency=currency, taxes=TAXES))


def row(content: str | bytes, currency: str = "EUR") -> CsvRow:
    (only,) = read(content, currency)
    assert isinstance(only, CsvRow), str(only)
    return only


def problem(content: str | bytes, currency: str = "EUR") -> RowProblem:
    (only,) = read(content, currency)
    assert isinstance(only, RowProblem), str(only)
    return only


def test_a_whole_row() -> None:
    assert row(
        "sku,name,price,tax,barcode,category,unit,stock,min_age,track,deposit,deposit_tax\n"
        'APPLE,"Apple, red",2.49,reduced,4006381333931|96385074|X-1,Fruit,kg,12.5,18,Lot,,reduced\n'
    ) == CsvRow(
        line=2,
        given=frozenset(COLUMNS),
        sku="APPLE",
        name="Apple, red",
        price=249,
        tax="reduced",
        category="Fruit",
        unit="kg",
        stock=Decimal("12.5"),
        barcodes=("04006381333931", "00000096385074", "X-1"),
        min_age=18,
        track="lot",
        deposit_tax="reduced",
    )


def test_a_deposit_is_an_amount_by_the_piece() -> None:
    given = row("sku,name,price,deposit,deposit_tax\nCOLA,Cola,1,0.25,reduced\n")
    assert (given.deposit, given.deposit_tax) == (25, "reduced")
    assert row("sku,name,price,deposit\nCOLA,Cola,1,\n").deposit is None


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ("x,,each", "deposit", "plain number"),
        ("-0.25,,each", "deposit", "0 or more"),
        ("0.25,nope,each", "deposit_tax", "tax codes"),
        ("0.25,,kg", "deposit", "by weight"),
    ],
)
def test_a_deposit_that_cannot_be_charged_is_named(cells: str, column: str, words: str) -> None:
    wrong = problem(f"sku,name,price,deposit,deposit_tax,unit\nCOLA,Cola,1,{cells}\n")
    assert wrong.column == column
    assert words in wrong.fix


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("min_age", "0"),
        ("min_age", "100"),
        ("min_age", "9" * 5_000),  # more digits than `int` takes
        ("min_age", "18.5"),
        ("min_age", "٣"),
        ("track", "imei"),
    ],
)
def test_an_age_or_a_track_that_cannot_be_asked_for_is_named(column: str, cell: str) -> None:
    wrong = problem(f"sku,name,price,{column}\nA,Mug,1,{cell}\n")
    assert (wrong.line, wrong.column, wrong.sku) == (2, column, "A")


@pytest.mark.parametrize(
    "content",
    [
        "name,price,sku\nMug,1,A\n",
        "\ufeffsku,name,price\nA,Mug,1\n",
        "sku;name;price\nA;Mug;1\n",
        " SKU , Name ,PRICE\r\n A , Mug , 1 \r\n",
        "\n\nsku,name,price\n\n,,\nA,Mug,1",
        "sku,name,price\rA,Mug,1\r",
        'sku,"name",price\n"A",Mug,"1"\n',
    ],
)
def test_the_same_row_in_many_manners(content: str) -> None:
    found = row(content)
    assert (found.sku, found.name, found.price) == ("A", "Mug", 100)
    assert found.given == {"sku", "name", "price"}


@pytest.mark.parametrize(
    ("cell", "currency", "price"),
    [("12.50", "EUR", 1250), ("0", "EUR", 0), ("12", "JPY", 12), ("1.250", "BHD", 1250), ("12.5", "EUR", 1250)],
)
def test_prices(cell: str, currency: str, price: int) -> None:
    assert row(f"sku,name,price\nA,Mug,{cell}\n", currency).price == price


def test_a_spreadsheet_that_writes_semicolons_writes_commas_in_numbers() -> None:
    found = row("sku;name;price;stock\nA;Mug;12,50;3,5\n")
    assert (found.price, found.stock) == (1250, Decimal("3.5"))


@pytest.mark.parametrize(
    ("content", "currency"),
    [
        ('sku,name,price\nA,Mug,"12,50"\n', "EUR"),
        ("sku;name;price\nA;Mug;1,250\n", "EUR"),
        ("sku;name;price\nA;Mug;1,250\n", "BHD"),
        ("sku;name;price\nA;Mug;1,2\n", "JPY"),
    ],
)
def test_a_comma_that_could_mean_two_things_is_asked_about(content: str, currency: str) -> None:
    found = problem(content, currency)
    assert (found.line, found.column) == (2, "price")
    assert "with a point" in found.fix


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("price", "", "fill it in"),
        ("price", "free", "without currency"),
        ("price", "€5", "without currency"),
        ("price", "1e3", "without currency"),
        ("price", "-1", "0 or more"),
        ("price", "1.005", "decimals"),
        ("price", "99999999999.99", "larger"),
        ("price", "NaN", "without currency"),
        ("sku", "", "fill it in"),
        ("sku", "x" * 65, "at most 64"),
        ("name", "", "fill it in"),
        ("name", "x" * 201, "at most 200"),
        ("name", "a\x00b", "control"),
        ("name", '"a\nb"', "line breaks"),
        ("category", "x" * 101, "at most 100"),
        ("tax", "standrad", 'did you mean "standard"?'),
        ("unit", "box", "each or kg"),
        ("stock", "many", "plain number"),
        ("barcode", "4006381333932", "check digit 1"),
        ("barcode", "96385075", "check digit 4"),
        ("barcode", "012345678904", "check digit 5"),
        ("barcode", "10012345678903", "check digit 2"),
        ("barcode", "4.00638E+12", "as text"),
        ("barcode", "a|", "extra |"),
        ("barcode", "ü", "as the scanner reads it"),
        ("barcode", "x" * 129, "at most 128"),
        ("barcode", "|".join(map(str, range(51))), "at most 50"),
    ],
)
def test_a_wrong_cell_is_named_with_its_cure(column: str, cell: str, words: str) -> None:
    cells = {"sku": "A", "name": "Mug", "price": "1"} | {column: cell}
    found = problem(f"{','.join(cells)}\n{','.join(cells.values())}\n")
    assert (found.line, found.column) == (2, column)
    assert words in found.fix


def test_everything_wrong_in_every_row() -> None:
    found = read("sku,name,price,unit\n,,x,box\nA,Mug,1,each\nB,,1,kg\n")
    assert [(one.line, one.column) for one in found if isinstance(one, RowProblem)] == [
        (2, "sku"),
        (2, "name"),
        (2, "price"),
        (2, "unit"),
        (4, "name"),
    ]
    assert [one.sku for one in found if isinstance(one, CsvRow)] == ["A"]


@pytest.mark.parametrize(
    ("content", "line", "found", "words"),
    [
        (b"", 1, "empty file", "begin it"),
        (b"\n \n", 1, "empty file", "begin it"),
        (b";;\n,\n", 1, "empty file", "begin it"),
        (b'""', 1, "empty file", "begin it"),
        (b"sku,name,price\n", 2, "no row", "add a line"),
        (b"sku,name,price\n,,\n\n", 2, "no row", "add a line"),
        (b"sku,name\nA,Mug\n", 1, "no column price", "add price"),
        (b"sku,name,price,barcodes\nA,Mug,1,\n", 1, "unknown column", 'did you mean "barcode"?'),
        (b"sku,name,price,sku\nA,Mug,1,B\n", 1, "sku twice", "leave one"),
        (b"sku\tname\tprice\nA\tMug\t1\n", 1, "tabs", ", or ;"),
        (b"A,Mug,12.50\n", 1, "unknown column", "the columns are"),
        ("sku,name,price\nA,Käse,1\n".encode("cp1252"), 2, "0xE4", "CSV UTF-8"),
        ("sku,name,price\nA,Mug,1\n".encode("utf-16"), 1, "UTF-16", "CSV UTF-8"),
        (b"\xff", 1, "0xFF", "CSV UTF-8"),
        (b"sku,name,price\nA,Mug\n", 2, "2 cells", "quotes"),
        (b"sku,name,price\nA,Mug,1,2\n", 2, "4 cells", "quotes"),
        (b'sku,name,price\nA,"Mug"x,1\n', 2, "quotes", "close"),
        (b'sku,name,price\nA,"Mug,1\nB,x,1\n', 2, "quotes", "close"),
        (b'sku,"name,price\n', 1, "quotes", "close"),
        (b"sku,name,price\nA," + b"x" * LINE_BYTES_MAX + b",1\n", 2, "bytes", "one item on each line"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole(content: bytes, line: int, found: str, words: str) -> None:
    first = next(one for one in read(content) if isinstance(one, RowProblem))
    assert (first.line, first.column) == (line, None)
    assert found in first.found
    assert words in first.fix
    assert str(first).startswith(f"line {line}: ")


def test_a_row_with_unmatched_quotes_does_not_hide_the_next() -> None:
    found = read(b'sku,name,price\nA,"a"b,1\nB,Mug,1\nC,,1\n')
    assert [one.line for one in found] == [2, 3, 4]


def test_more_rows_than_any_store_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue_csv, "ROWS_MAX", 2)
    *rows, last = read("sku,name,price\n" + "".join(f"{i},Mug,1\n" for i in range(5)))
    assert len(rows) == 2
    assert isinstance(last, RowProblem)
    assert "several files" in last.fix


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda tail: b"sku,name,price,barcode,stock\n" + tail))
def test_no_bytes_make_it_fail(content: bytes) -> None:
    for one in read(content):
        if isinstance(one, CsvRow):
            assert one.sku
            assert one.price >= 0
        else:
            assert one.found
            assert one.fix


WORD = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)
CODE = st.text("0123456789", min_size=7, max_size=13).filter(lambda text: len(text) in {7, 11, 12, 13})


@settings(max_examples=150, deadline=None)
@given(
    sku=WORD,
    name=WORD,
    price=st.integers(0, 10**9),
    codes=st.lists(CODE.map(lambda code: code + check_digit(code)), max_size=3),
    delimiter=st.sampled_from(",;"),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    columns=st.permutations(("sku", "name", "price", "barcode")),
    bom=st.sampled_from(["", "\ufeff"]),
)
def test_what_a_spreadsheet_writes_is_read_back(
    sku: str,
    name: str,
    price: int,
    codes: list[str],
    delimiter: str,
    ending: str,
    columns: list[str],
    bom: str,
) -> None:
    cells: dict[str, Any] = {
        "sku": sku,
        "name": name,
        "price": f"{price // 100}.{price % 100:02}",
        "barcode": "|".join(codes),
    }
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, delimiter=delimiter, lineterminator=ending)
    writer.writeheader()
    writer.writerow(cells)
    found = row((bom + text.getvalue()).encode())
    assert (found.sku, found.name, found.price) == (sku, name, price)
    assert found.barcodes == tuple(dict.fromkeys(code.zfill(14) for code in codes))
