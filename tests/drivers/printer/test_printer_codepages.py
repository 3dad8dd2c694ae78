from __future__ import annotations

import logging
import subprocess
import sys
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.printer.codepages import code_page, page_names, page_numbered, printer_profile
from drivers.printer.settings import PrinterSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# facts 1.2: the same page by each vendor's own number
NUMBERS = [
    ("default", "cp858", 19),
    ("TM-T20II", "cp858", 19),
    ("TM-T88V", "cp1252", 16),
    ("TH230", "cp858", 6),
    ("TH230", "cp1252", 8),
    ("KR-306", "cp858", 14),
    ("CT-S651", "cp858", 19),
    ("TSP600", "cp858", 4),
]


@pytest.mark.parametrize(("profile", "name", "number"), NUMBERS)
def test_each_make_numbers_its_pages_itself(profile: str, name: str, number: int) -> None:
    page = code_page(name, profile)
    assert page.number == number
    assert page_numbered(number, profile).high == page.high


def test_a_number_from_the_manual_overrules_the_database() -> None:
    assert code_page("cp858", "CT-S651", 2).number == 2
    assert code_page("cp858", "TM-U220", 19).number == 19


@pytest.mark.parametrize(("name", "euro"), [("cp858", 0xD5), ("cp1252", 0x80), ("iso_8859-15", 0xA4)], ids=str)
def test_the_euro_is_where_the_page_has_it(name: str, euro: int) -> None:
    page = code_page(name, "default", 99)
    assert page.encode("€") == bytes([euro])
    assert page.decode(bytes([euro])) == "€"


FITS = [
    ("cp858", "Äpfel 5 €", "Äpfel 5 €"),
    ("cp437", "5 €", "5 EUR"),
    ("cp858", "“Ökö” \u2013 \u2018x\u2019…", "\"Ökö\" - 'x'..."),
    ("cp858", "A\u0308pfel", "Äpfel"),  # decomposed, as macOS writes it
    ("cp858", "Łódź ő", "Lódz o"),
    ("cp866", "Größe é", "Grosse e"),
    ("cp866", "Молоко", "Молоко"),
    ("cp858", "Молоко", "??????"),
    ("cp858", "ﬁ \uff21 ™ ½ ℃", "fi A (TM) ½ °C"),
    ("cp858", "日本", "??"),
    ("cp858", "a\u200bb\u00adc\u202ed", "abcd"),
    ("cp858", "a\tb\u00a0c", "a b c"),
    ("cp858", "a\r\nb\rc\nd\u2028e", "a\nb\nc\nd\ne"),
    ("cp437", "¿¡ \u00d7 ø ß", "¿¡ x o ß"),
    ("cp866", "¿", "?"),
    ("cp858", "plain", "plain"),
    ("cp858", "", ""),
]


@pytest.mark.parametrize(("name", "text", "fitted"), FITS)
def test_what_a_page_lacks_is_written_otherwise(name: str, text: str, fitted: str) -> None:
    page = code_page(name)
    assert page.fit(text) == fitted
    assert page.decode(page.encode(fitted.replace("\n", ""))) == fitted.replace("\n", "")


INJECTIONS = [
    "\x1bp\x00\x19\xfa",
    "\x10\x14\x01\x00\x08",
    "\x1b@",
    "\x1d\x56\x00",
    "\x1c",
    "\x07",
    "\x00",
    "\x7f",
    "\x9b",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_control_characters_in_names_are_not_obeyed(text: str) -> None:
    sent = code_page("cp858").encode(code_page("cp858").fit(f"Milk{text}"))
    assert sent.startswith(b"Milk")
    assert all(byte >= 0x20 and byte != 0x7F for byte in sent)


@settings(max_examples=200, deadline=None)
@given(st.text(), st.sampled_from(["cp858", "cp437", "cp866", "cp1252", "cp850"]))
def test_any_text_fits_and_shows_as_it_fitted(text: str, name: str) -> None:
    page = code_page(name)
    fitted = page.fit(text)
    assert page.fit(fitted) == fitted
    for line in fitted.split("\n"):
        sent = page.encode(line)
        assert len(sent) == len(line)
        assert all(byte >= 0x20 and byte != 0x7F for byte in sent)
        assert page.decode(sent) == line
    assert not any(unicodedata.category(c) == "Cc" for c in fitted.replace("\n", ""))


def test_a_byte_that_is_no_character_shows_as_a_question_mark() -> None:
    assert code_page("cp1252").decode(b"\x81\x07A") == "??A"


def test_a_character_of_another_page_is_never_sent_as_some_other() -> None:
    with pytest.raises(KeyError):
        code_page("cp437").encode("€")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: code_page("cp999"), "cp858"),
        (lambda: code_page("cp858", "TM-U220"), "profile 'TM-U220' has no code page"),
        (lambda: printer_profile("TM-X"), "TM-T20II"),
        (lambda: page_numbered(200), "number 200"),
        (lambda: code_page("CP1098"), "is no code page"),
        (lambda: PrinterSettings(columns=5).dialect(), "columns = 5"),
        (lambda: PrinterSettings(profile="TSP600", kanji_off=True).dialect(), "open the drawer"),
    ],
)
def test_a_wrong_setting_says_what_to_write(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_page_names_are_those_that_can_be_written() -> None:
    assert {"cp437", "cp858", "cp1252"} <= set(page_names("default"))
    for name in page_names("default"):
        assert code_page(name).high


@pytest.mark.parametrize(("columns", "dots"), [(48, 576), (42, 512), (32, 384), (30, 360)])
def test_dots_follow_from_columns(columns: int, dots: int) -> None:
    assert PrinterSettings(columns=columns).dialect().dots == dots
    assert PrinterSettings(columns=columns, dots=546).dialect().dots == 546


def test_reading_the_database_leaves_no_folder_no_log_handler_and_no_library_behind(tmp_path: Path) -> None:
    program = (
        "import logging, sys, tempfile\n"
        "from drivers.printer.codepages import code_page\n"
        "assert code_page('cp858').number == 19\n"
        "assert not logging.getLogger().handlers\n"
        "assert 'escpos.capabilities' not in sys.modules and 'PIL' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env={"TMPDIR": str(tmp_path), "PYTHONPATH": "."})
    assert not list(tmp_path.iterdir())
    assert logging.getLogger() is not None
