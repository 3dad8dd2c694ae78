"""Text that no code page holds, as a picture: the right letters in the right columns, and no byte that is obeyed."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture
from PIL import ImageChops, ImageDraw

from drivers.printer import bands as bands_of
from drivers.printer import star
from drivers.printer.bands import REAL_TIME, bands
from drivers.printer.document import Align, CodePages, Cut, Document, Feed, Image, Item, Row, Rule, Text
from drivers.printer.escpos import SLICE_BYTES, Dialect, Fence, FenceKind, encode, job
from drivers.printer.layout import Line
from drivers.printer.lettering import LINES_CACHED, Grid, Lettering, runs_rightward
from drivers.printer.raster import PICTURES_CACHED, Raster
from drivers.printer.settings import DialectName, MissingCharacters, PrinterSettings
from drivers.printer.typefaces import Typefaces, own_font, shapes, system_folders
from drivers.printer.written import draws, written
from drivers.simulated.picture import MARGIN, TOOTH
from drivers.simulated.printer import Model, SimulatedPrinter
from drivers.simulated.printer_tokens import first_token
from drivers.simulated.star import SimulatedStar, StarModel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.drivers.printer.lane import Lanes

OURS = (own_font(),)  # what every Stillopen has, whatever else this PC has
ONLY_OURS = Lettering(Typefaces(OURS, folders=()))
LATIN = replace(PrinterSettings().dialect(), lettering=ONLY_OURS)
CYRILLIC = replace(PrinterSettings(code_page="cp866").dialect(), lettering=ONLY_OURS)
FENCE = Fence(FenceKind.NONE, 1)
LEFT, TOP, LINE = TOOTH + MARGIN, 2 * TOOTH + MARGIN, 30  # where the print area begins, and a line, in dots

needs_shaping = pytest.mark.skipif(not shapes(), reason="this system has no libfribidi, so nothing is shaped")


def printed(dialect: Dialect, *items: Item) -> Picture.Image:
    """Return the print area of what a simulated printer made of it."""
    made = job(encode(Document((*items, Cut())), dialect), dialect, FENCE, FENCE)
    printer = SimulatedPrinter(Model(dialect.columns, dialect.dots))
    printer.preload(made.opening + b"".join(made.slices))
    return area(printer, dialect)


def area(printer: SimulatedPrinter, dialect: Dialect) -> Picture.Image:
    picture = Picture.open(io.BytesIO(printer.picture(printer.receipts[-1]))).convert("L")
    return picture.crop((LEFT, TOP, LEFT + dialect.dots, picture.height - TOP))


def ink_of(picture: Picture.Image) -> tuple[int, int, int, int]:
    box = ImageChops.invert(picture).getbbox()
    assert box
    return box


def is_picture(dialect: Dialect, item: Text | Row | Rule) -> bool:
    return any(isinstance(line, Raster) for line in written(item, dialect))


# --- when ---

DRAWN = [Text("Молоко"), Row("Молоко", "89,90"), Row("Milk", "5 ж")]
WRITTEN: list[Text | Row | Rule] = [
    Text("Milk"),
    Text("Äpfel 5 € “ő”"),  # the page has it, or something like it
    Text("\x1b\x10\x04"),
    Text("\U00013000"),  # a hieroglyph, in no font here: `?`, as before
    Rule("ж"),
]


@pytest.mark.parametrize("item", DRAWN)
def test_what_would_be_a_question_mark_is_drawn(item: Text | Row) -> None:
    assert is_picture(LATIN, item)


@pytest.mark.parametrize("item", WRITTEN)
def test_what_the_page_has_or_no_font_has_is_text(item: Text | Row | Rule) -> None:
    assert not is_picture(LATIN, item)


def test_what_no_font_has_is_a_question_mark_within_the_picture() -> None:
    assert ONLY_OURS.readable("Ж\U00013000\nx") == "Ж?\nx"


def test_it_can_be_switched_off() -> None:
    off = PrinterSettings(missing_characters=MissingCharacters.SUBSTITUTE).dialect()
    assert encode(Document((Text("Молоко"),)), off) == (b"??????\n",)
    assert PrinterSettings().dialect().lettering is not None


def test_with_no_font_at_all_nothing_changes(tmp_path: Path) -> None:
    dialect = replace(LATIN, lettering=Lettering(Typefaces((tmp_path / "gone.ttf",), folders=())))
    assert encode(Document((Text("Молоко 1 l"),)), dialect) == (b"?????? 1 l\n",)


def test_a_document_says_beforehand_whether_it_takes_long() -> None:
    assert not draws(Document((Text("Milk"), Rule("ж"), Feed())), LATIN)
    assert draws(Document((Text("Молоко"),)), LATIN)
    assert draws(Document((Row("x", "ж"),)), LATIN)
    assert draws(Document((Image(b""),)), LATIN)
    assert draws(Document((CodePages(),)), LATIN)


# --- where ---


PLACES: list[Text | Row] = [
    Text("Молоко 3,2 %"),
    Text("Молоко", Align.CENTER),
    Text("Молоко", Align.RIGHT, bold=True),
    Text("Молоко", width=2, height=2),
    Text("Длинное название товара, которое не помещается в одну строку чека"),
    Row("Молоко 3,2 %", "89,90"),
    Row("Длинное название товара, которое не помещается в строку", "1 189,90", indent=2),
    Row("ИТОГО", "189,90", bold=True, width=2, height=2),
    Row("", "цена"),
]


@pytest.mark.parametrize("item", PLACES)
@pytest.mark.parametrize("columns", [48, 42, 32, 30])
def test_a_drawn_line_stands_where_the_printers_own_letters_would(item: Text | Row, columns: int) -> None:
    def on(dialect: Dialect) -> Picture.Image:
        grid = PrinterSettings(columns=columns).dialect()
        return printed(replace(dialect, columns=columns, dots=grid.dots), item)

    text, drawn = on(CYRILLIC), on(LATIN)
    assert is_picture(LATIN, item)
    assert not is_picture(CYRILLIC, item)
    assert drawn.size == text.size
    for ours, theirs in zip(ink_of(drawn), ink_of(text), strict=True):
        assert abs(ours - theirs) <= 3 * item.height
    differs = ImageChops.difference(text, drawn).histogram()[255]
    black = text.histogram()[0]
    assert differs < black * (0.6 if item.width > 1 else 0.35)  # the strokes' edges; another place would be twice


def test_wide_letters_take_two_columns_each() -> None:
    picture = printed(LATIN, Row("☕☕Ж", "1"))
    cells = [picture.crop((12 * at, 0, 12 * at + 12, LINE)).histogram()[0] for at in range(6)]
    assert all(cells[:5])
    assert not cells[5]


def test_a_letter_too_wide_for_its_column_is_squeezed_not_cut() -> None:
    narrow = Grid(dots=96, column=6, height=24)
    raster = ONLY_OURS.draw(Line("ЩЩЩЩ"), narrow)
    assert raster.stride * 8 <= 24


def test_an_accent_goes_on_its_letter() -> None:
    with_accent = ONLY_OURS.draw(Line("ы\u0301"), Grid(576, 12, 24))
    assert with_accent.stride * 8 <= 16
    assert with_accent.rows != ONLY_OURS.draw(Line("ы"), Grid(576, 12, 24)).rows


def test_an_accent_that_no_font_has_with_its_letter_is_left_out() -> None:
    grid = Grid(576, 12, 24)
    assert ONLY_OURS.draw(Line("ы\u0489"), grid) == ONLY_OURS.draw(Line("ы"), grid)


def test_joiners_show_nothing() -> None:
    grid = Grid(576, 12, 24)
    assert ONLY_OURS.draw(Line("Ж\u200dЖ"), grid) == ONLY_OURS.draw(Line("ЖЖ"), grid)


def test_an_empty_line_is_as_tall_as_any() -> None:
    drawn = printed(LATIN, Text("Ж\n\nЖ"))
    assert ink_of(drawn)[3] > 2 * LINE
    assert not drawn.crop((0, LINE, 576, 2 * LINE)).histogram()[0]


# --- right to left ---


@needs_shaping
def test_arabic_is_joined_and_runs_from_the_right() -> None:
    word = "حليب"
    shaped = ONLY_OURS.draw(Line(word), Grid(576, 12, 24), rightward=False)
    letters = [ONLY_OURS.draw(Line(letter), Grid(576, 12, 24), rightward=False) for letter in word]
    assert runs_rightward("Milk") and not runs_rightward(f"1 {word} Milk")  # noqa: PT018 - the two sides of one rule
    dots = Picture.frombytes("1", (shaped.stride * 8, shaped.height), shaped.rows).convert("L")
    columns = [dots.crop((x, 0, x + 1, dots.height)).getbbox() for x in range(dots.width)]
    first, last = next(x for x, ink in enumerate(columns) if ink), max(x for x, ink in enumerate(columns) if ink)
    assert all(columns[first:last])  # joined: no gap between these four letters
    assert shaped.rows not in [letter.rows for letter in letters]
    half = dots.crop((0, 0, dots.width // 2, dots.height)), dots.crop((dots.width // 2, 0, dots.width, dots.height))
    reversed_word = ONLY_OURS.draw(Line(word[::-1]), Grid(576, 12, 24), rightward=False)
    assert half[0].tobytes() != half[1].tobytes()
    assert reversed_word.rows != shaped.rows


@needs_shaping
def test_a_right_to_left_name_stays_left_of_its_price() -> None:
    for item in (Row("حليب 2", "1,20 €"), Row("حليب 2", "1,20 €", indent=4)):
        picture = printed(LATIN, item)
        left, _, right, _ = ink_of(picture.crop((0, 0, 480, LINE)))
        assert 12 * item.indent <= left < 12 * item.indent + 12
        assert right < 240
        price = printed(LATIN, Row("", "1,20 €")).crop((480, 0, 576, 24))
        assert ImageChops.difference(picture.crop((480, 0, 576, 24)), price).histogram()[255] < 120


@needs_shaping
def test_a_right_part_is_ordered_by_itself() -> None:
    picture, alone = printed(LATIN, Row("Milk", "ريال 5")), printed(LATIN, Row("", "ريال 5"))
    ends = (456, 0, 576, LINE)
    assert picture.crop(ends).tobytes() == alone.crop(ends).tobytes()


@needs_shaping
@pytest.mark.parametrize(("align", "low", "high"), [("left", 0, 12), ("center", 230, 300), ("right", 480, 576)])
def test_a_right_to_left_text_stands_where_its_item_says(align: str, low: int, high: int) -> None:
    left, *_ = ink_of(printed(LATIN, Text("شكرا", Align(align))))
    assert low <= left <= high


@needs_shaping
def test_a_number_in_a_right_to_left_text_reads_from_the_left_and_stands_behind_its_word() -> None:
    grid = Grid(576, 12, 24)
    both = ONLY_OURS.draw(Line("حليب 25"), grid, rightward=False)
    number = ONLY_OURS.draw(Line("25"), grid)
    picture = Picture.frombytes("1", (both.stride * 8, both.height), both.rows).convert("L")
    alone = Picture.frombytes("1", (number.stride * 8, number.height), number.rows).convert("L")
    differs = ImageChops.difference(picture.crop((0, 0, 24, 24)), alone.crop((0, 0, 24, 24))).histogram()[255]
    assert differs < alone.histogram()[255] * 0.4


def test_where_letters_cannot_be_ordered_such_a_text_is_not_drawn_in_the_wrong_order() -> None:
    plain = Lettering(Typefaces(OURS, folders=()), shapes=lambda: False)
    assert plain.readable("Milk حليب") is None
    assert plain.readable("Молоко") == "Молоко"
    dialect = replace(LATIN, lettering=plain)
    assert encode(Document((Text("حليب 2"),)), dialect) == (b"???? 2\n",)
    assert encode(Document((Row("Молоко", "حليب"),)), dialect)[0].startswith(b"?????? ")
    assert is_picture(dialect, Row("Молоко", "2"))


# --- fonts ---


def test_the_configured_font_goes_before_the_others(tmp_path: Path) -> None:
    mine = tmp_path / "mine.ttf"
    mine.write_bytes(own_font().read_bytes())
    face = Typefaces((mine, own_font()), folders=()).for_character("Ж")
    assert face
    assert face.path == mine


def test_fonts_of_this_pc_are_found_by_name_and_what_is_none_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "truetype"
    folder.mkdir()
    (folder / "DEJAVUSANS.TTF").write_bytes(own_font().read_bytes())
    (folder / "tahoma.ttf").write_bytes(b"no font")
    (folder / "unknown.ttf").write_bytes(own_font().read_bytes())
    faces = Typefaces((folder / "tahoma.ttf",), folders=(tmp_path / "none", tmp_path))
    for face in (faces.for_character("Ж"), faces.for_all("Жx")):
        assert face
        assert face.path == folder / "DEJAVUSANS.TTF"
    assert faces.for_character("\U00013000") is None
    assert all(folder.is_absolute() for folder in system_folders())


# --- bytes ---

letters = st.text(
    st.sampled_from("Жжыщ☕ĳ₽ حليب2x€\x10\x04\x1c\x19\n") | st.characters(exclude_categories=["Cs"]), max_size=30
)
items = st.builds(
    Text, letters, st.sampled_from(Align), st.booleans(), st.integers(1, 3), st.integers(1, 3)
) | st.builds(Row, letters, letters, st.booleans(), st.integers(1, 3), st.integers(1, 3), st.integers(0, 9))


@settings(max_examples=60, deadline=None)
@given(items, st.sampled_from([48, 42, 32, 30, 17]))
def test_drawn_text_holds_no_real_time_command_and_fits_the_paper(item: Text | Row, columns: int) -> None:
    grid = PrinterSettings(columns=columns).dialect()
    dialect = replace(LATIN, columns=columns, dots=grid.dots)
    stream = b"".join(encode(Document((item,)), dialect))
    assert not any(command in stream for command in REAL_TIME)
    while stream:
        token = first_token(stream)
        assert token
        assert token.size <= SLICE_BYTES
        if token.name == b"\x1dv0":
            assert int.from_bytes(token.args[1:3], "little") * 8 <= dialect.dots
        stream = stream[token.size :]
    for write in (star.encode_line, star.encode_prnt):
        assert not star.REAL_TIME.intersection(b"".join(write(Document((item,)), dialect)))


@pytest.mark.parametrize("speaks", [DialectName.STAR_LINE, DialectName.STARPRNT])
def test_a_star_draws_the_same_and_opens_no_drawer(speaks: DialectName) -> None:
    document = Document((*PLACES, Cut()))
    write = star.encode_line if speaks is DialectName.STAR_LINE else star.encode_prnt
    dialect = replace(PrinterSettings(speaks=speaks).dialect(), lettering=ONLY_OURS)
    fence = Fence(FenceKind.NONE, 1)
    made = star.job(write(document, dialect), dialect, fence, fence)
    printer = SimulatedStar(StarModel())
    printer.preload(made.opening + b"".join(made.slices))
    assert printer.kicks == []
    theirs = area(printer, dialect)
    ours = printed(LATIN, *PLACES)
    difference = ImageChops.difference(ours.crop((0, 0, 576, 300)), theirs.crop((0, 0, 576, 300)))
    assert difference.histogram()[255] < 200  # a dot here and there: bytes that are obeyed differ between the two


async def test_it_is_printed_and_the_printer_says_so(lane: Lanes) -> None:
    shop = await lane(settings=PrinterSettings())
    outcome = await shop.print(Document((Row("Молоко", "89,90"), Cut())))
    assert str(outcome.result) == "printed"
    shop.printer.check(Document((Row("Молоко", "89,90"), Cut())))
    assert any(token.name == b"\x1dv0" for token in shop.machine.receipts[0].tokens)


# --- pictures and lines that come again ---


def png(shade: int) -> bytes:
    image = Picture.new("L", (64, 16), 255)
    ImageDraw.Draw(image).rectangle((0, 0, shade, 15), fill=0)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_a_logo_is_encoded_once_for_each_paper_and_few_are_kept() -> None:
    bands_of.picture.cache_clear()
    logo = Document((Image(png(9)),))
    wide, narrow = PrinterSettings().dialect(), PrinterSettings(columns=32).dialect()
    first = encode(logo, wide)
    assert encode(Document((Image(png(9)),)), wide) == first  # by its content, not by which object it is
    encode(logo, narrow)
    assert (bands_of.picture.cache_info().hits, bands_of.picture.cache_info().misses) == (1, 2)
    for shade in range(20, 30):
        encode(Document((Image(png(shade)),)), wide)
    assert bands_of.picture.cache_info().currsize == PICTURES_CACHED


def test_a_line_is_drawn_once_and_few_are_kept() -> None:
    lettering = Lettering(Typefaces(OURS, folders=()))
    dialect = replace(LATIN, lettering=lettering)
    for _ in range(3):
        encode(Document((Row("Молоко", "89,90"),)), dialect)
    assert lettering.draw.cache_info().misses == 1
    for number in range(LINES_CACHED + 5):
        encode(Document((Text(f"Ж{number}"),)), dialect)
    assert lettering.draw.cache_info().currsize == LINES_CACHED


def test_dots_of_a_real_time_command_in_a_drawn_band_are_broken() -> None:
    sent = b"".join(bands(Raster(4, b"\x10\x04\x10\x14" * 300)))
    assert not any(command in sent for command in REAL_TIME)
