"""A catalogue file, CSV, as rows: every row either in order or named with all that is wrong in it. Pure.

Columns, in any order: sku, name, price, tax, barcode, category, unit, stock, min_age, track, deposit, deposit_tax.
The first three are required. Source of the syntax: RFC 4180, with `,` or `;` between cells (a spreadsheet's, by
country).
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from itertools import chain
from typing import TYPE_CHECKING

from outbox import gtin, money
from outbox.item import (
    BARCODE_CHARS_MAX,
    BARCODES_MAX,
    CATEGORY_CHARS_MAX,
    MIN_AGE_MAX,
    NAME_CHARS_MAX,
    SKU_CHARS_MAX,
    TRACKS,
    UNITS,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

COLUMNS = (
    "sku", "name", "price", "tax", "barcode", "category", "unit", "stock", "min_age", "track", "deposit", "deposit_tax"
)  # fmt: skip
REQUIRED = COLUMNS[:3]
LINE_BYTES_MAX = 64 * 1024  # all cells at their limits are under 10 KiB; more is no catalogue
ROWS_MAX = 1_000_000  # the largest hypermarket lists some 200,000; more is the wrong file
FOUND_CHARS_MAX = 60  # of a wrong cell; enough to recognise it

_UTF8 = "save the file as UTF-8 (in Excel: Save as, CSV UTF-8) and import it again"
_DECIMAL = re.compile(r"-?\d{1,12}(\.\d{1,6})?", re.ASCII)
_SPOILT = re.compile(r"\d([.,]\d+)?E\+\d+", re.ASCII | re.IGNORECASE)
_ONE_COMMA_MAX_PLACES = 2  # with three decimals, 1,250 could be either


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong in one place of the file. `line` counts from 1; `column` is None for a whole row."""

    line: int
    column: str | None
    found: str
    fix: str
    sku: str | None = None  # of the row, where that much could be read

    def __str__(self) -> str:
        column = f", {self.column}" if self.column else ""
        return f"line {self.line}{column}: found {self.found}; {self.fix}"


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row in order. `given` names the columns the file has: what it lacks is left as it is."""

    line: int
    given: frozenset[str]
    sku: str
    name: str
    price: int  # minor units
    tax: str | None = None
    category: str | None = None
    unit: str = "each"
    stock: Decimal | None = None
    barcodes: tuple[str, ...] = ()  # as they are stored
    min_age: int | None = None
    track: str | None = None
    deposit: int | None = None  # minor units
    deposit_tax: str | None = None


def read_csv(lines: Iterable[bytes], *, currency: str, taxes: Collection[str]) -> Iterator[CsvRow | RowProblem]:
    """Read a file given as its lines, each with its ending. Raises nothing; what is wrong is among the rows."""
    text = _Text(lines)
    first = next((line for line in text if line.strip(" \t\r\n,;")), "")
    delimiter = ";" if first.count(";") > first.count(",") else ","
    records = _records(first, text, delimiter)
    start, header = next(records, (1, []))
    if header == []:
        yield text.problem or RowProblem(1, None, "an empty file", f"begin it with a line {','.join(COLUMNS)}")
        return
    columns = [cell.strip().casefold() for cell in header or ()]
    wrong = list(_header(columns, start)) if header else [_unmatched_quotes(start)]
    rows = 0
    for start, cells in records if not wrong else ():
        if cells is None:
            yield _unmatched_quotes(start)
        elif rows == ROWS_MAX:
            yield RowProblem(start, None, f"more than {ROWS_MAX} rows", "import the items in several files")
            return
        else:
            rows += 1
            yield from _Cells(start, columns, cells, currency, delimiter).row(taxes)
    yield from wrong
    if text.problem:
        yield text.problem
    elif not rows and not wrong:
        yield RowProblem(start + 1, None, "no row after the header", "add a line for each item")


def _records(first: str, text: _Text, delimiter: str) -> Iterator[tuple[int, list[str] | None]]:
    """Yield each row that is not blank with the line it begins on; None where its quotes do not match."""
    skipped = text.line - 1
    reader = csv.reader(chain([first], text), delimiter=delimiter, strict=True)
    while True:
        start = reader.line_num + skipped + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield start, None
        else:
            if any(cell.strip() for cell in cells):
                yield start, cells


def _unmatched_quotes(line: int) -> RowProblem:
    return RowProblem(line, None, "quotes that do not match", 'close each " and double those within')


class _Text:
    """The file's lines as text; `problem` says why they ended early."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self.line = 0
        self.problem: RowProblem | None = None
        self._lines = iter(lines)

    def __iter__(self) -> Iterator[str]:
        for raw in () if self.problem else self._lines:
            self.line += 1
            if self.line == 1 and raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
                self.problem = RowProblem(1, None, "UTF-16 text", _UTF8)
                return
            if len(raw) > LINE_BYTES_MAX:
                found = f"a line of more than {LINE_BYTES_MAX} bytes"
                self.problem = RowProblem(self.line, None, found, "write one item on each line")
                return
            try:
                yield raw.decode("utf-8-sig" if self.line == 1 else "utf-8")
            except UnicodeDecodeError as error:
                found = f"the byte 0x{raw[error.start]:02X}, which is not UTF-8"
                self.problem = RowProblem(self.line, None, found, _UTF8)
                return


def _header(columns: Sequence[str], line: int) -> Iterator[RowProblem]:
    if len(columns) == 1 and "\t" in columns[0]:
        yield RowProblem(line, None, "tabs between the columns", "save the file with , or ; between them")
        return
    for place, column in enumerate(columns):
        if column not in COLUMNS:
            close = get_close_matches(column[:FOUND_CHARS_MAX], COLUMNS, n=1)
            meant = f'did you mean "{close[0]}"? ' if close else ""
            fix = f"{meant}the columns are {', '.join(COLUMNS)}"
            yield RowProblem(line, None, f"an unknown column {_shown(column)}", fix)
        elif column in columns[:place]:
            yield RowProblem(line, None, f"the column {column} twice", "leave one of them out")
    for column in REQUIRED:
        if column not in columns:
            yield RowProblem(line, None, f"no column {column}", f"add {column} to the first line")


class _Bad(ValueError):
    """A cell is wrong; its message is the cure."""


class _Cells:
    """Reads one row's cells."""

    def __init__(self, line: int, columns: Sequence[str], cells: Sequence[str], currency: str, delimiter: str) -> None:
        self.line = line
        self.columns = columns
        self.cells = cells
        self.currency = currency
        self.comma = delimiter == ";"  # a spreadsheet that writes ; writes 12,50 too
        self.problems: list[RowProblem] = []

    def row(self, taxes: Collection[str]) -> Iterator[CsvRow | RowProblem]:
        """Yield the row, or all that is wrong in it."""
        if len(self.cells) != len(self.columns):
            found = f"{len(self.cells)} cells where the first line has {len(self.columns)}"
            cure = 'give each column its cell, and put text with a comma or semicolon in it in "quotes"'
            yield RowProblem(self.line, None, found, cure)
            return
        text = {column: cell.strip() for column, cell in zip(self.columns, self.cells, strict=True)}
        row = CsvRow(
            line=self.line,
            given=frozenset(self.columns),
            sku=self._text(text, "sku", SKU_CHARS_MAX) or "",
            name=self._text(text, "name", NAME_CHARS_MAX) or "",
            price=self._amount(text, "price"),
            tax=self._tax(text, "tax", taxes),
            category=self._text(text, "category", CATEGORY_CHARS_MAX),
            unit=self._unit(text.get("unit", "")),
            stock=self._stock(text.get("stock", "")),
            barcodes=self._barcodes(text.get("barcode", "")),
            min_age=self._min_age(text.get("min_age", "")),
            track=self._track(text.get("track", "")),
            deposit=self._deposit(text),
            deposit_tax=self._tax(text, "deposit_tax", taxes),
        )
        if self.problems:
            yield from (replace(problem, sku=row.sku or None) for problem in self.problems)
        else:
            yield row

    def _text(self, text: dict[str, str], column: str, chars_max: int) -> str | None:
        cell = text.get(column, "")
        if not cell:
            if column in REQUIRED:
                self._note(column, "nothing", "fill it in")
            return None
        if not cell.isprintable():
            self._note(column, _shown(cell), "leave out line breaks and control characters")
        elif len(cell) > chars_max:
            self._note(column, f"{len(cell)} characters", f"write at most {chars_max}")
        return cell

    def _amount(self, text: dict[str, str], column: str) -> int:
        cell = text[column]
        example = money.format_amount(1250, self.currency)
        try:
            plain = self._decimal(cell, money.decimals(self.currency), example)
            amount = money.parse_amount(plain, self.currency)
        except _Bad as bad:
            self._note(column, _shown(cell), str(bad))
            return 0
        except ValueError as error:
            self._note(column, _shown(cell), f"write an amount like {example} ({error})")
            return 0
        if amount < 0:
            self._note(column, _shown(cell), f"write a {column} of 0 or more")
        return amount

    def _deposit(self, text: dict[str, str]) -> int | None:
        if not text.get("deposit"):
            return None
        if text.get("unit", "").casefold() == "kg":
            self._note("deposit", _shown(text["deposit"]), "leave it out: what is sold by weight has no deposit")
        return self._amount(text, "deposit")

    def _decimal(self, cell: str, places: int, example: str) -> str:
        """Return the cell as a decimal with a point. Raises `_Bad`."""
        if _DECIMAL.fullmatch(cell):
            return cell
        pointed = cell.replace(",", ".", 1)
        if _DECIMAL.fullmatch(pointed):
            decimals = len(pointed.partition(".")[2])
            if self.comma and decimals <= places <= _ONE_COMMA_MAX_PLACES:
                return pointed
            raise _Bad(f"write it with a point, like {example}")
        raise _Bad(f"write a plain number like {example}, without currency or separators" if cell else "fill it in")

    def _tax(self, text: dict[str, str], column: str, taxes: Collection[str]) -> str | None:
        code = self._text(text, column, SKU_CHARS_MAX)
        if code is not None and code not in taxes:
            close = get_close_matches(code, taxes, n=1)
            meant = f'did you mean "{close[0]}"? ' if close else ""
            known = ", ".join(sorted(taxes)) or "none yet: add [[tax]] sections to stillopen.toml"
            self._note(column, _shown(code), f"{meant}write one of the store's tax codes ({known})")
        return code

    def _unit(self, cell: str) -> str:
        unit = cell.casefold() or UNITS[0]
        if unit not in UNITS:
            self._note("unit", _shown(cell), f"write {' or '.join(UNITS)}")
        return unit

    def _stock(self, cell: str) -> Decimal | None:
        if not cell:
            return None
        try:
            return Decimal(self._decimal(cell, _ONE_COMMA_MAX_PLACES, "12 or 3.5"))
        except _Bad as bad:
            self._note("stock", _shown(cell), str(bad))
            return None

    def _min_age(self, cell: str) -> int | None:
        if not cell:
            return None
        digits = cell.lstrip("0")  # thousands of them are more than `int` takes
        if not (cell.isascii() and digits.isdigit() and len(digits) <= len(str(MIN_AGE_MAX))):
            self._note("min_age", _shown(cell), f"write whole years from 1 to {MIN_AGE_MAX}, like 18, or nothing")
            return None
        return int(digits)

    def _track(self, cell: str) -> str | None:
        track = cell.casefold() or None
        if track not in {None, *TRACKS}:
            self._note("track", _shown(cell), f"write {' or '.join(TRACKS)}, or nothing")
        return track

    def _barcodes(self, cell: str) -> tuple[str, ...]:
        codes = [code.strip() for code in cell.split("|")] if cell else []
        if len(codes) > BARCODES_MAX:
            self._note("barcode", f"{len(codes)} barcodes", f"write at most {BARCODES_MAX}")
        for code in codes:
            if cure := _barcode_cure(code):
                self._note("barcode", _shown(code), cure)
        return tuple(dict.fromkeys(gtin.barcode_key(code) for code in codes))

    def _note(self, column: str, found: str, fix: str) -> None:
        self.problems.append(RowProblem(self.line, column, found, fix))


def _barcode_cure(code: str) -> str | None:
    """Return what to do about a wrong barcode, or None for one in order."""
    if not code:
        return "leave out the extra |"
    if _SPOILT.fullmatch(code):
        return "the spreadsheet made a number of it: format the column as text and enter the code again"
    if not code.isprintable() or not code.isascii():
        return "write the code as the scanner reads it: plain letters, digits and signs"
    if len(code) > BARCODE_CHARS_MAX:
        return f"write at most {BARCODE_CHARS_MAX} characters; several codes are separated by |"
    if gtin.is_number(code) and gtin.as_gtin14(code) is None:
        return f"compare it with the package: after {code[:-1]} comes the check digit {gtin.check_digit(code[:-1])}"
    return None


def _shown(cell: str) -> str:
    visible = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in cell)
    cut = visible if len(visible) <= FOUND_CHARS_MAX else visible[: FOUND_CHARS_MAX - 1] + "…"
    return f'"{cut}"' if cut else "nothing"
