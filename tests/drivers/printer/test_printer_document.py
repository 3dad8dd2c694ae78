from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture

from drivers.errors import DocumentInvalid
from drivers.printer.document import (
    FEED_LINES_MAX,
    IMAGE_BYTES_MAX,
    ITEMS_MAX,
    QR,
    TEXT_CHARS_MAX,
    Align,
    Barcode,
    Cut,
    Document,
    Feed,
    Image,
    Item,
    Row,
    Rule,
    Symbology,
    Text,
    from_json,
    to_json,
)


def png(width: int = 8, height: int = 8) -> bytes:
    out = io.BytesIO()
    Picture.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()


PNG = png()
PAIRS = [
    (Text("Hi"), {"type": "text", "text": "Hi"}),
    (
        Text("Hi", Align.CENTER, bold=True, width=2, height=3),
        {"type": "text", "text": "Hi", "align": "center", "bold": True, "width": 2, "height": 3},
    ),
    (
        Row("Milk", "1,20", bold=True, width=2, height=2, indent=2),
        {"type": "row", "left": "Milk", "right": "1,20", "bold": True, "width": 2, "height": 2, "indent": 2},
    ),
    (Rule(), {"type": "rule"}),
    (Rule("="), {"type": "rule", "char": "="}),
    (
        Barcode(Symbology.EAN13, "4006381333931", height=80, text_below=False),
        {"type": "barcode", "symbology": "ean13", "data": "4006381333931", "height": 80, "text_below": False},
    ),
    (QR("https://x", size=4), {"type": "qr", "data": "https://x", "size": 4}),
    (Image(PNG), {"type": "image", "png": base64.b64encode(PNG).decode()}),
    (Feed(3), {"type": "feed", "lines": 3}),
    (Cut(), {"type": "cut"}),
]


@pytest.mark.parametrize(("item", "value"), PAIRS, ids=lambda pair: str(type(pair).__name__))
def test_pairs(item: Item, value: Any) -> None:
    assert to_json(Document((item,))) == [value]
    assert from_json([value]) == Document((item,))


WRONG: list[tuple[Any, str]] = [
    ("hello", "a list of items, not text"),
    ({"items": []}, "not an object"),
    (None, "not null"),
    (True, "not true or false"),
    (4.5, "not a number"),
    ([], "empty"),
    ([{"type": "cut"}] * (ITEMS_MAX + 1), str(ITEMS_MAX)),
    ([{"type": "cut"}, "x"], "item 2 is text"),
    ([{"type": "cut"}, []], "item 2 is a list"),
    ([{}], "item 1, type: null"),
    ([{"type": "picture"}], "item 1, type: 'picture'"),
    ([{"type": ["text"]}], "item 1, type: a list"),
    ([{"type": "text"}], "item 1 .text. lacks text"),
    ([{"type": "text", "text": 5}], "item 1 .text., text: 5"),
    ([{"type": "text", "text": "x", "size": 2}], "no key 'size'"),
    ([{"type": "cut", "feed": 1}], "no key 'feed'"),
    ([{"type": "text", "text": "x", "bold": 1}], "bold: 1"),
    ([{"type": "text", "text": "x", "width": True}], "width: True"),
    ([{"type": "text", "text": "x", "width": 9}], "width: 9"),
    ([{"type": "text", "text": "x", "width": 1.0}], "width: 1.0"),
    ([{"type": "text", "text": "x", "align": "middle"}], "align: 'middle'"),
    ([{"type": "text", "text": "x", "align": {}}], "align: an object"),
    ([{"type": "text", "text": "x" * (TEXT_CHARS_MAX + 1)}], r"text: 'xxx.*\.\.\."),
    ([{"type": "rule", "char": "=="}], "char: '=='"),
    ([{"type": "rule", "char": "\x1b"}], "char"),
    ([{"type": "barcode", "symbology": "ean13", "data": ""}], "data: ''"),
    ([{"type": "feed", "lines": FEED_LINES_MAX + 1}], "lines"),
    ([{"type": "image", "png": "!"}], "png"),
    ([{"type": "image", "png": 1}], "png"),
    ([{"type": "image", "png": base64.b64encode(b"GIF89a").decode()}], "png"),
    ([{"type": "image", "png": base64.b64encode(PNG[:20]).decode()}], "png"),
    ([{"type": "image", "png": base64.b64encode(png(2001, 2000)).decode()}], "png"),
    ([{"type": "image", "png": "A" * (IMAGE_BYTES_MAX * 2)}], "png"),
]


@pytest.mark.parametrize(("value", "words"), WRONG)
def test_what_is_wrong_is_named_with_what_to_write(value: Any, words: str) -> None:
    with pytest.raises(DocumentInvalid, match=words) as caught:
        from_json(value)
    assert caught.value.hint
    assert len(str(caught.value)) < 200


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
keys = st.sampled_from(
    ["type", "text", "left", "right", "align", "bold", "width", "char", "data", "size", "png", "lines"]
)
names = st.sampled_from(["text", "row", "rule", "barcode", "qr", "image", "feed", "cut"])
items = st.dictionaries(keys, scalars | st.lists(scalars, max_size=2), max_size=5) | st.builds(
    lambda name, rest: rest | {"type": name}, names, st.dictionaries(keys, scalars, max_size=4)
)


@settings(max_examples=200, deadline=None)
@given(st.lists(items | scalars, max_size=4) | scalars)
def test_any_json_is_a_document_or_refused(value: Any) -> None:
    try:
        document = from_json(value)
    except DocumentInvalid:
        return
    assert from_json(to_json(document)) == document
