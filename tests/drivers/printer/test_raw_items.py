"""Raw bytes as an item of a document."""

from collections.abc import Callable

import pytest

from drivers.errors import DocumentInvalid
from drivers.printer import star
from drivers.printer.codepages import code_page
from drivers.printer.document import QR, Cut, Document, Raw, Text, from_json, to_json
from drivers.printer.escpos import Dialect, encode

DIALECT = Dialect(code_page("cp858"), columns=48, dots=576)


def test_raw_bytes_are_an_item_of_a_document_and_what_they_set_is_set_back() -> None:
    document = Document((Text("before", bold=True), Raw(b"\x1b!\x30raw"), Text("after"), Cut()))
    assert from_json(to_json(document)) == document
    sent = encode(document, DIALECT)
    at = sent.index(b"raw")
    assert sent[at - 2 :][:5] == (b"\x1bE\x00", b"\x1b!\x30", b"raw", b"\n", b"\x1b@\x1bt\x13")


@pytest.mark.parametrize("content", ["", "é", "QQ", "A" * 800_000, 7, None])
def test_raw_bytes_are_base64_within_bounds(content: object) -> None:
    with pytest.raises(DocumentInvalid, match=r"item 1 \(raw\), content: .* will not do"):
        from_json([{"type": "raw", "content": content}])


def test_the_item_that_is_refused_is_named() -> None:
    with pytest.raises(DocumentInvalid, match=r"item 2: byte 1 of the raw bytes"):
        encode(Document((QR("x"), Raw(b"\x1bp\x00\x01\x01"))), DIALECT)


@pytest.mark.parametrize("speak", [star.encode_line, star.encode_prnt])
def test_a_star_gets_none(speak: Callable[[Document, Dialect], tuple[bytes, ...]]) -> None:
    with pytest.raises(DocumentInvalid, match="a Star's own language") as refused:
        speak(Document((Raw(b"Hi"),)), DIALECT)
    assert "document" in refused.value.hint
