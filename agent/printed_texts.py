"""What another program has printed: kept on the disk until it is out, so no card's number may be in it.

A code's digits may be anything, a loyalty card's among them; what people read may not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.card_guard import card_data, find_written_card
from drivers.printer.document import Raw, Row, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers.printer.document import Document


def refuse_cards(document: Document) -> None:
    """Raise `Problem` where a text of a document holds a card's number or track."""
    if any(find_written_card(text) for text in _texts(document)):
        raise card_data("document")


def _texts(document: Document) -> Iterator[str]:
    for item in document.items:
        match item:
            case Text():
                yield item.text
            case Row():
                yield from (item.left, item.right)
            case Raw():
                yield item.content.decode("ascii", "replace")  # a picture's bytes are no digits
