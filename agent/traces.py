"""What goes over a device's wire, for a person who looks: asked for, bounded, in memory, never with card data."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from agent.card_guard import find_card_bytes
from agent.scanned_cards import may_be_a_card
from drivers.scanner.scan import Scan
from drivers.traced import Direction

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.scanner.scan import Refusal


ENTRIES_MAX = 200  # of each device; a page shows no more
BYTES_SHOWN_MAX = 256  # of one read or write: the head of a picture says that it is one
SCANS_MAX = 20  # the last ones of each scanner
LIFE = timedelta(minutes=15)  # one that was forgotten ends by itself
CARD_TAIL_BYTES = 128  # a card's number may come in several reads; a magnetic track has up to 79 characters

_LINE_ENDS = (b"\r", b"\n")


@dataclass(slots=True)
class _Entry:
    at: datetime
    direction: Direction
    count: int
    data: bytes  # the first `BYTES_SHOWN_MAX`; empty where it was hidden
    hidden: bool = False


@dataclass(slots=True)
class _Trace:
    until: datetime
    entries: deque[_Entry] = field(default_factory=lambda: deque(maxlen=ENTRIES_MAX))
    scans: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=SCANS_MAX))
    tails: dict[Direction, bytes] = field(default_factory=dict)
    hiding: set[Direction] = field(default_factory=set)  # until the line that held card data has ended


class Traces:
    """The traces of this store's devices, by name. A device whose trace is off costs one look in a dictionary."""

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._on: dict[str, _Trace] = {}

    def turn(self, device: str, *, on: bool) -> None:
        """Begin a device's trace (anew), or end it and forget it."""
        if on:
            self._on[device] = _Trace(self._now() + LIFE)
        else:
            self._on.pop(device, None)

    def see(self, device: str, direction: Direction, data: bytes) -> None:
        """Keep what went over the wire. Never raises."""
        trace = self._running(device)
        if trace is None or not data:
            return
        entry = _Entry(self._now(), direction, len(data), data[:BYTES_SHOWN_MAX])
        trace.entries.append(entry)
        together = trace.tails.get(direction, b"") + data
        trace.tails[direction] = together[-CARD_TAIL_BYTES:]
        if direction in trace.hiding or find_card_bytes(together):
            _hide(trace, direction)
            if data.endswith(_LINE_ENDS):
                trace.hiding.discard(direction)
            else:
                trace.hiding.add(direction)

    def scanned(self, device: str, outcome: Scan | Refusal) -> None:
        """Keep what a scanner's frame turned out to be. Never raises."""
        trace = self._running(device)
        if trace is None:
            return
        raw = outcome.raw
        if may_be_a_card(outcome):
            raw = ""
            _hide(trace, Direction.IN)
        said: dict[str, Any] = {
            "at": self._now().isoformat(),
            "raw": raw,
            "hex": raw.encode("latin-1", "replace").hex(" "),
        }
        if isinstance(outcome, Scan):
            said |= {
                "text": outcome.text if raw else "",
                "symbology": None if outcome.symbology is None else str(outcome.symbology),
                "gtin": outcome.gtin if raw else None,
                "gs1": dict(outcome.gs1) if raw else {},
                "refused": None,
                "hint": None,
            }
        else:
            said |= {"text": "", "symbology": None, "gtin": None, "gs1": {}}
            said |= {"refused": str(outcome.reason), "hint": outcome.hint}
        trace.scans.append(said)

    def view(self, device: str) -> dict[str, Any]:
        """Return a device's trace as JSON values, the oldest first."""
        trace = self._running(device)
        if trace is None:
            return {"device": device, "on": False, "until": None, "wire": [], "scans": []}
        return {
            "device": device,
            "on": True,
            "until": trace.until.isoformat(),
            "wire": [_as_json(entry) for entry in trace.entries],
            "scans": list(trace.scans),
        }

    def _running(self, device: str) -> _Trace | None:
        trace = self._on.get(device)
        if trace is not None and self._now() >= trace.until:
            del self._on[device]
            return None
        return trace


def _hide(trace: _Trace, direction: Direction) -> None:
    """Forget what the wire said in this direction, as far back as a card's number can have begun."""
    reach = CARD_TAIL_BYTES
    for entry in reversed(trace.entries):
        if entry.direction is not direction:
            continue
        entry.data, entry.hidden = b"", True
        reach -= entry.count
        if reach <= 0:
            break
    trace.tails[direction] = b""


def _as_json(entry: _Entry) -> dict[str, Any]:
    text = entry.data.decode("latin-1")
    return {
        "at": entry.at.isoformat(),
        "direction": str(entry.direction),
        "bytes": entry.count,
        "hex": entry.data.hex(" "),
        "text": "".join(char if char.isascii() and char.isprintable() else "." for char in text),
        "hidden": entry.hidden,
    }
