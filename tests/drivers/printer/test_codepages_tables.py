"""Every number of every make's table, and the test page that shows a person which one is right."""

from __future__ import annotations

import io

import pytest
from PIL import Image as Picture

from drivers.printer.codepage_tables import CodePageTable, pages_of
from drivers.printer.codepages import code_page, numbers_of, tidy
from drivers.printer.document import Align, CodePages, Cut, Document, Text, from_json, to_json
from drivers.printer.escpos import Fence, FenceKind, encode, job
from drivers.printer.settings import DialectName, PrinterSettings
from drivers.printer.star import encode_line, encode_prnt
from drivers.simulated.printer import SimulatedPrinter
from drivers.simulated.printer_tokens import first_token

PAGES = ("cp437", "cp850", "cp858", "cp1252", "cp852", "cp866", "cp1250", "cp1251", "cp857", "iso_8859-15")
TABLES = """
epson         0  2 19 16 18 17 45 46 13 40
epson_legacy  0  2 19 16 18 17  -  -  -  -
bixolon       0  2 19 16 18 17 47 28 37  -
citizen       0  -  2 16  6  7  -  -  8  -
hp            0  1  6  8  2  7  - 13 12  -
wincor        0  1  6  8  2  7 17  - 12  -
fujitsu       0  2 19 16 18 17  -  -  8  -
pos_5890      0  2 19 16 18 17 72 23 61  -
xprinter      0  2 19 16 18 17  - 23  -  -
rongta        0  2 19 16 18  7 30  6 29 44
mpt_ii        0  2  -  -  -  7  -  6  -  -
star          1  -  4 32  5 10 33 34 12  -
"""
ROWS = [line.split() for line in TABLES.strip().splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_make_has_its_own_numbers(row: list[str]) -> None:
    table, numbers = CodePageTable(row[0]), row[1:]
    for page, number in zip(PAGES, numbers, strict=True):
        if number == "-":
            with pytest.raises(ValueError, match="or give its number from the printer's manual"):
                code_page(page, table=table)
        else:
            assert code_page(page, table=table).number == int(number)
            assert code_page(page, table=table).high == code_page(page, number=99).high


def test_there_is_a_row_for_every_table() -> None:
    assert {row[0] for row in ROWS} == set(CodePageTable)


@pytest.mark.parametrize("table", CodePageTable)
def test_the_printer_is_told_the_number_of_its_table(table: CodePageTable) -> None:
    star = table is CodePageTable.STAR
    speaks = DialectName.STAR_LINE if star else DialectName.ESCPOS
    page = next(iter(pages_of(table)))
    dialect = PrinterSettings(code_page=page, code_page_table=table, speaks=speaks).dialect()
    assert dialect.page.number == pages_of(table)[page]


def test_a_number_from_the_manual_overrules_the_table() -> None:
    settings = PrinterSettings(code_page_table=CodePageTable.CITIZEN, code_page_number=19)
    assert settings.dialect().page.number == 19


def test_a_page_that_is_none_is_answered_with_the_tables_own() -> None:
    with pytest.raises(ValueError, match=r"write one of cp437, cp850, cp866, cp1251$"):
        code_page("cp999", table=CodePageTable.MPT_II)


@pytest.mark.parametrize(
    ("speaks", "table"),
    [
        (DialectName.ESCPOS, CodePageTable.STAR),
        (DialectName.STAR_LINE, CodePageTable.EPSON),
        (DialectName.STARPRNT, CodePageTable.XPRINTER),
    ],
)
def test_a_table_of_another_dialect_is_refused(speaks: DialectName, table: CodePageTable) -> None:
    with pytest.raises(ValueError, match="numbers no pages of the dialect"):
        PrinterSettings(speaks=speaks, code_page_table=table).dialect()


# --- the test page ---


@pytest.mark.parametrize("name", PAGES)
def test_the_test_page_tries_every_number_a_make_has(name: str) -> None:
    page = code_page(name, number=99)
    tried = numbers_of(page, star=False)
    for table in set(CodePageTable) - {CodePageTable.STAR}:
        assert pages_of(table).get(name, 99) in tried
    assert list(tried) == sorted(set(tried))
    assert pages_of(CodePageTable.STAR).get(name, 99) in numbers_of(page, star=True)


@pytest.mark.parametrize("name", PAGES)
def test_a_sample_is_of_the_page_and_tells_it_from_others(name: str) -> None:
    page = code_page(name, number=99)
    sample = page.sample()
    assert len(sample) >= 10
    assert page.fit(sample) == sample
    others = [code_page(other, number=1) for other in PAGES if code_page(other, number=1).high != page.high]
    assert all(other.decode(page.encode(sample)) != sample for other in others)


def test_each_line_of_the_test_page_begins_in_another_page_and_the_page_in_force_comes_back() -> None:
    dialect = PrinterSettings().dialect()
    said = b"".join(encode(Document((Text("x", Align.CENTER), CodePages(), Text("€", Align.CENTER))), dialect))
    sample = dialect.page.encode(dialect.page.sample())
    assert b"\x1bt\x00\x1bt\x13  19 " + sample + b" <- now\n" in said
    assert b"\x1bt\x00\x1bt\x02   2 " + sample + b"\n" in said
    assert said.endswith(b"\x1bt\x13\x1ba\x01\xd5\n")
    assert b"\x1dv0" in said  # what it should read, as a picture


def test_where_the_plain_page_is_looked_for_another_goes_before() -> None:
    said = b"".join(encode(Document((CodePages(),)), PrinterSettings(code_page="cp437").dialect()))
    assert b"\x1bt\x02\x1bt\x00   0 " in said


@pytest.mark.parametrize("write", [encode_line, encode_prnt])
def test_a_star_is_asked_by_stars_numbers_in_its_own_words(write: object) -> None:
    assert callable(write)
    dialect = PrinterSettings(speaks=DialectName.STAR_LINE).dialect()
    said = b"".join(write(Document((CodePages(),)), dialect))
    assert b"\x1b\x1dt\x01\x1b\x1dt\x04   4 " in said
    assert b"\x1bt" not in said
    assert said.endswith(b"\x1b\x1dt\x04")


def test_on_paper_only_the_right_number_reads_as_the_picture_above_it() -> None:
    dialect = PrinterSettings().dialect()
    fence = Fence(FenceKind.NONE, 1)
    made = job(encode(Document((CodePages(), Cut())), dialect), dialect, fence, fence)
    printer = SimulatedPrinter()
    printer.preload(made.opening + b"".join(made.slices))
    picture = Picture.open(io.BytesIO(printer.picture(printer.receipts[0]))).convert("L")
    left, top, line = 40, 48, 30  # the paper's edge and margin, and how tall a line is
    samples = [
        picture.crop((left + 5 * 12, top + line * n, left + 19 * 12, top + line * n + 24)).tobytes()
        for n in range(1, 2 + len(numbers_of(dialect.page, star=False)))
    ]
    right = 1 + numbers_of(dialect.page, star=False).index(19)
    likeness = [sum(a == b for a, b in zip(samples[0], sample, strict=True)) for sample in samples[1:]]
    assert max(likeness) == likeness[right - 1] > 0.97 * len(samples[0])
    assert sorted(likeness)[-2] < likeness[right - 1]


def test_the_test_page_is_an_item_of_a_document() -> None:
    document = from_json([{"type": "code_pages"}])
    assert document == Document((CodePages(),))
    assert to_json(document) == [{"type": "code_pages"}]


def test_commands_of_the_test_page_are_whole() -> None:
    for command in encode(Document((CodePages(),)), PrinterSettings().dialect()):
        left = command
        while left:
            token = first_token(left)
            assert token
            left = left[token.size :]


# --- what a page lacks ---

LACKS = [
    ("Milk 1 l", ""),
    ("€ ő ﬁ ½ “x” ¿?", ""),  # written otherwise
    ("日本 Ж", "日本Ж"),
    ("😀", "😀"),
    ("a\x1bb\x10\x04\u202e", ""),  # no character, nothing to draw
    ("\ue000\ufdd0", ""),
]


@pytest.mark.parametrize(("text", "lacking"), LACKS)
def test_what_a_page_lacks_in_any_form(text: str, lacking: str) -> None:
    assert code_page("cp858").lacks(text) == frozenset(lacking)


def test_a_tidy_text_holds_nothing_to_obey_and_keeps_its_joiners() -> None:
    assert tidy("a\x1bp\r\nb\u00a0c\u202e\u200d☕\ufe0f\ud800e\u0301") == "a?p\nb c\u200d☕?é"
