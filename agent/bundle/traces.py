"""What of a device's trace may leave the store: how the line behaves, and never what was sold, or to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.bundle.redact import Redactor

# Kinds to which nothing goes but commands; what goes to any other is a document: a receipt, a total, a customer's name.
_TOLD_COMMANDS = {"scanner", "scale"}
_NOTHING: dict[str, Any] = {"hex": "", "text": "", "hidden": True}
_UNREAD: dict[str, Any] = {"raw": "", "hex": "", "text": "", "gtin": None, "gs1": {}}


def shareable(trace: dict[str, Any], kind: str, redactor: Redactor) -> dict[str, Any]:
    """Return a trace, shaped as the API answers it: of documents direction, count and time, of the rest no secret."""
    value: dict[str, Any] = redactor.value(trace | {"wire": [], "scans": []})
    value["wire"] = [_entry(entry, kind, redactor) for entry in trace["wire"]]
    value["scans"] = [_shown(scan, _UNREAD, redactor) for scan in trace["scans"]]
    return value


def _entry(entry: dict[str, Any], kind: str, redactor: Redactor) -> dict[str, Any]:
    if entry["direction"] == "out" and kind not in _TOLD_COMMANDS:
        return entry | _NOTHING
    return _shown(entry, _NOTHING, redactor)


def _shown(entry: dict[str, Any], hidden: dict[str, Any], redactor: Redactor) -> dict[str, Any]:
    """Return what was on the wire, or that it was hidden: plainly written, its bytes would not be left standing."""
    said = bytes.fromhex(entry["hex"]).decode("latin-1")
    if redactor.text(said) != said:
        return entry | hidden
    value: dict[str, Any] = redactor.value(entry)
    return value | {"hex": entry["hex"]}  # judged by what it means: many a plain word's digits could be a card's
