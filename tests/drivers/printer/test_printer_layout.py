from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.printer.document import Align, Row, Rule, Text
from drivers.printer.layout import Line, columns_of, lay_out, wrap


def texts(item: Text | Row | Rule, columns: int) -> list[str]:
    return [line.text for line in lay_out(item, columns)]


CASES = [
    (Row("Milk", "1.20"), 16, ["Milk        1.20"]),
    (Row("Milk", "1.20", indent=2), 16, ["  Milk      1.20"]),
    (Row("Fresh full milk", "1.20"), 16, ["Fresh full  1.20", "milk"]),
    (Row("Fresh full milk", "1.20", indent=1), 16, [" Fresh full 1.20", " milk"]),
    (Row("A long name here", "1.234.567,89"), 16, ["A long name here", "    1.234.567,89"]),
    (Row("", "1.20"), 8, ["    1.20"]),
    (Row("Milk", ""), 8, ["Milk"]),
    (Row("SUM", "12.50", width=2), 20, ["SUM  12.50"]),
    (Row("SUM", "1234567.50", width=2), 16, ["SUM   1234567.50"]),  # too wide doubled: printed single
    (Row("x", "12345678901234567890"), 16, ["x", "1234567890123456", "7890"]),  # wider than the paper itself
    (Row("", "12345678901234567890"), 16, ["1234567890123456", "7890"]),
    (Row("a", "1\n2"), 8, ["a    1 2"]),
    (Row("Milk", "1.20", indent=99), 8, ["    Milk", "    1.20"]),
    (Text("one two three"), 8, ["one two", "three"]),
    (Text("one two three", width=2), 16, ["one two", "three"]),
    (Text("Donaudampfschiff"), 6, ["Donaud", "ampfsc", "hiff"]),
    (Text("a Donaudampf"), 6, ["a", "Donaud", "ampf"]),
    (Text("a\n\nb"), 8, ["a", "", "b"]),
    (Text(""), 8, [""]),
    (Text("x  y"), 8, ["x  y"]),
    (Text("日本語"), 4, ["日本", "語"]),
    (Text("日本"), 1, ["日", "本"]),
    (Rule("="), 5, ["====="]),
    (Rule("日"), 5, ["日日"]),
    (Rule("\u0301"), 3, ["\u0301\u0301\u0301"]),
]


@pytest.mark.parametrize(("item", "columns", "expected"), CASES)
def test_lines(item: Text | Row | Rule, columns: int, expected: list[str]) -> None:
    assert texts(item, columns) == expected


def test_style_goes_along() -> None:
    assert lay_out(Text("x", Align.RIGHT, bold=True, width=2, height=3), 8) == (
        Line("x", Align.RIGHT, bold=True, width=2, height=3),
    )


def test_columns() -> None:
    assert [columns_of(t) for t in ("ab", "日", "e\u0301", "\u200b", "\uff21", "")] == [2, 2, 1, 0, 2, 0]


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=60), st.text(max_size=12), st.sampled_from([16, 32, 42, 48]), st.integers(1, 4), st.integers(0, 9)
)
def test_nothing_is_wider_than_the_paper_and_nothing_is_lost(
    left: str, right: str, columns: int, width: int, indent: int
) -> None:
    for item in (Row(left, right, width=width, indent=indent), Text(left, width=width)):
        lines = lay_out(item, columns)
        assert all(columns_of(line.text) * line.width <= columns for line in lines)
        assert all("\n" not in line.text for line in lines)
        shown = "".join("".join(line.text for line in lines).split())
        for wanted in (left, right) if isinstance(item, Row) else (left,):
            assert sum(c in shown for c in "".join(wanted.split())) == len("".join(wanted.split()))
    price = " ".join(right.split())
    if price and columns_of(right.replace("\n", " ").strip()) <= columns:
        assert any(right.replace("\n", " ").strip() in line.text for line in lay_out(Row(left, right), columns))


def test_wrap_keeps_the_spaces_that_fit() -> None:
    assert wrap("  a  b", 8) == ["  a  b"]
