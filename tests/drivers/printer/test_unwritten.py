"""Letters that come out as `?`: which they are, said once for each script, with what to do."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.printer.document import Cut, Document, Row, Rule, Text
from drivers.printer.escpos import encode
from drivers.printer.lettering import Lettering
from drivers.printer.settings import MissingCharacters, PrinterSettings
from drivers.printer.typefaces import Typefaces, own_font
from drivers.printer.unwritten import NOTHING, SHOWN_MAX, Missing, Unwritten, script, unwritten

if TYPE_CHECKING:
    from tests.drivers.printer.lane import Lanes

OURS = Typefaces((own_font(),), folders=())
PLAIN = PrinterSettings().dialect()
LATIN = replace(PLAIN, lettering=Lettering(OURS))
UNSHAPED = replace(PLAIN, lettering=Lettering(OURS, shapes=lambda: False))
TEA = "茶"  # in no font that every Stillopen has
SHORTHAND = "\N{DUPLOYAN LETTER P}"  # in none of the fonts that are looked for by name, whatever this PC has


def lacked(*items: Text | Row | Rule, dialect: object = LATIN) -> Unwritten:
    return unwritten(Document((*items, Cut())), dialect)  # type: ignore[arg-type]  # one of the dialects above


def test_what_the_page_or_a_font_has_is_written() -> None:
    assert lacked(Text("Käse, ő, Чай, ελ"), Row("naïve", "5,99 €"), Rule()) == NOTHING


def test_what_no_font_has_is_told_from_what_cannot_be_put_in_order() -> None:
    assert lacked(Text(f"Чай {TEA}"), Row("a", "\N{THAI CHARACTER KO KAI}")) == Unwritten(
        frozenset((TEA, "\N{THAI CHARACTER KO KAI}"))
    )
    arabic = "\N{ARABIC LETTER BEH}\N{ARABIC LETTER ALEF}"
    assert lacked(Row(arabic, TEA), dialect=UNSHAPED) == Unwritten(frozenset(TEA), frozenset(arabic))


def test_who_wants_no_pictures_of_letters_is_told_of_none() -> None:
    plain = PrinterSettings(missing_characters=MissingCharacters.SUBSTITUTE).dialect()
    assert lacked(Text(TEA), dialect=plain) == NOTHING


@given(st.text(st.characters(codec="utf-8"), max_size=12))
@settings(max_examples=100, deadline=None)
def test_nothing_is_lacking_that_is_printed_and_nothing_printed_as_a_question_mark_is_kept_quiet(text: str) -> None:
    commands = b"".join(encode(Document((Text(text), Cut())), LATIN))
    missing = lacked(Text(text))
    if missing.no_order or (missing.no_font and not LATIN.page.lacks(text) - missing.no_font):
        assert b"?" in commands  # nothing of the item was drawn
    elif missing == NOTHING and LATIN.page.lacks(text):
        assert b"\x1dv0" in commands  # all of it was


@pytest.mark.parametrize(
    ("character", "name"),
    [(TEA, "CJK"), ("\N{THAI CHARACTER KO KAI}", "Thai"), ("\N{THAI DIGIT ONE}", "Thai"), ("☕", "symbols")],
)
def test_scripts_have_names(character: str, name: str) -> None:
    assert script(character) == name


def test_each_script_is_said_once_with_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    missing = Missing("receipt")
    with caplog.at_level(logging.DEBUG):
        assert not missing.notices
        assert not missing.heard(NOTHING)
        assert missing.heard(Unwritten(frozenset(TEA)))
        assert not missing.heard(Unwritten(frozenset("水火木金土日")))
        assert missing.heard(Unwritten(no_order=frozenset("\N{ARABIC LETTER BEH}")))
    fonts, order = missing.notices
    assert "CJK" in fonts.detail
    assert "fonts-noto-cjk" in fonts.hint
    assert "font_file" in fonts.hint
    assert fonts.detail.count("CJK") == 1
    assert len([letter for letter in fonts.detail if letter > "\u3000"]) == SHOWN_MAX
    assert "libfribidi" in order.hint
    assert [record.levelname for record in caplog.records] == ["WARNING", "DEBUG", "WARNING", "WARNING"]
    assert "printer receipt" in caplog.text


async def test_a_printer_says_what_it_could_not_write_and_prints_all_the_same(
    lane: Lanes, caplog: pytest.LogCaptureFixture
) -> None:
    there = await lane(settings=PrinterSettings())
    assert not there.printer.notices
    told = len(there.statuses)
    receipt = Document((Text(f"Tea {SHORTHAND}"), Cut()))
    await there.print(receipt)
    await there.print(receipt)
    (notice,) = there.printer.notices
    assert notice.code == "unwritten-letters"
    assert "Duployan" in notice.detail
    assert len(there.statuses) > told
    assert [record.levelname for record in caplog.records if "printed as ?" in record.message] == ["WARNING"]
    assert len(there.machine.receipts) == 2
