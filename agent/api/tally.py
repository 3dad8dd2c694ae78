"""What has happened since the agent started, counted from its events: for `/metrics`."""

from __future__ import annotations

from collections import Counter
from typing import Any


class Tally:
    """Counts. `hear` is to be given to `Events.listen`."""

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.records: Counter[str] = Counter()
        self.prints: Counter[str] = Counter()

    def hear(self, event: dict[str, Any]) -> None:
        """Count one event."""
        self.events[event["type"]] += 1
        if event["type"] == "record":
            self.records[event["record"]["kind"]] += 1
        elif event["type"] == "print" and event["state"] != "pending":
            self.prints[event["state"]] += 1
