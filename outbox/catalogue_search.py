"""What a cashier types, as an FTS5 query. Pure."""

from __future__ import annotations

import unicodedata

QUERY_CHARS_MAX = 100  # of what was typed; an item's name is rarely longer than 60
TOKENS_MAX = 8  # more words narrow nothing further
TOKEN_CHARS_MIN = 2  # below two letters a search is 20 ms on a million items and helps nobody

_DIACRITICS = range(0x300, 0x332)  # combining marks that unicode61 drops from both sides
_SPLITTERS = (range(0x19B0, 0x19CA), range(0x1CF2, 0x1CF4))  # letters since; FTS5's tables call them marks


def fts_query(text: str) -> str | None:
    """Return the query for every word of `text` as a prefix, or None where it has no word of two letters.

    Words are split as FTS5's unicode61 does, so that each is one token: with `detail=column` a quoted
    word that falls into two would be a phrase, which FTS5 refuses.
    """
    tokens: list[str] = []
    word = ""
    for char in unicodedata.normalize("NFC", text[:QUERY_CHARS_MAX]) + " ":
        if ord(char) in _DIACRITICS:
            continue
        if _in_token(char):
            word += char
            continue
        if len(word) >= TOKEN_CHARS_MIN:
            tokens.append(word)
        word = ""
    return " ".join(f'"{token}"*' for token in tokens[:TOKENS_MAX]) or None


def _in_token(char: str) -> bool:
    category = unicodedata.category(char)
    return (category[0] in "LN" or category == "Co") and not any(ord(char) in block for block in _SPLITTERS)
