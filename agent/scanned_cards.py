"""Whether what a scanner read may be a card's number or track: then nobody who listens gets it, nor a trace."""

from __future__ import annotations

import re

from agent.card_guard import find_card_bytes, find_card_data
from drivers.scanner.scan import Reason, Refusal, Scan

_ARTICLE = re.compile(r"(?:\][A-Za-z]\d)?(?:\d{8}|\d{12,14})\Z")  # as long as an article's number is


def may_be_a_card(scan: Scan | Refusal) -> bool:
    """Say so of a scan, or of what was refused as one. An article's number is none, nor one that was misread."""
    if isinstance(scan, Scan):
        return scan.gtin is None and (find_card_data(scan.text) or find_card_data(scan.raw))
    if scan.reason is Reason.CHECK_DIGIT and _ARTICLE.match(scan.raw):
        return False
    return scan.reason is Reason.CARD or find_card_bytes(scan.raw.encode("latin-1", "replace"))
