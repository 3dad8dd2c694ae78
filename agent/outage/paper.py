"""The outage card as a printed document: for beside the till, while the page may be elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from agent import words
from agent.outage.words import words as card_words
from drivers.printer.document import Align, Cut, Document, Feed, Item, Row, Rule, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo

INDENT = 2  # columns, for what belongs to the line above


def paper(card: Mapping[str, Any], *, store: str, locale: str, timezone: tzinfo) -> Document:
    """Return the document of a card that `card.card` made."""
    return Document(tuple(_Paper(card, locale, timezone).items(store)))


class _Paper:
    """One card on its way to paper."""

    def __init__(self, card: Mapping[str, Any], locale: str, timezone: tzinfo) -> None:
        self.card = card
        self.words = card_words(locale)
        self.locale = locale
        self.timezone = timezone

    def items(self, store: str) -> Iterator[Item]:
        """Return what to print, top to bottom."""
        yield Text(store, Align.CENTER, bold=True)
        yield Text(self.words["title"], Align.CENTER, bold=True, height=2)
        yield Row(self.words["as_of"], self.time(self.card["at"]))
        yield Feed()
        yield Text(self.words[f"state.{self.card['state']}"], bold=True)
        yield Rule()
        for lamp in ("network", "internet"):
            yield Row(self.words[lamp], self.words[f"lamp.{self.card[lamp]['state']}"])
        for cloud in self.card["clouds"]:
            yield from self.cloud(cloud)
        yield from self.works()
        yield from self.refuse()
        yield Rule()
        yield Text(self.words["risk"])
        yield Feed()
        yield Cut()

    def cloud(self, cloud: Mapping[str, Any]) -> Iterator[Item]:
        """Return what is known of a cloud and waits for it."""
        lamp = cloud["lamp"]["state"] if cloud["configured"] else "gone"
        yield Row(cloud["name"], self.words[f"lamp.{lamp}"], bold=True)
        yield Row(self.words["waiting"], str(cloud["waiting"]), indent=INDENT)
        if cloud["oldest_waiting"] is not None:
            yield Row(self.words["oldest"], self.time(cloud["oldest_waiting"]), indent=INDENT)
        if cloud["parked"]:
            yield Row(self.words["parked"], str(cloud["parked"]), indent=INDENT)
        yield Row(self.words["answered"], self.time(cloud["answered_at"]), indent=INDENT)
        if not cloud["configured"]:
            yield Text(f"{' ' * INDENT}{self.words['gone']}")
        elif cloud["offline"] is not None:
            held = cloud["offline"]
            yield Text(f"{' ' * INDENT}{self.words['by']} {held['who']}: {held['reason']}")

    def works(self) -> Iterator[Item]:
        """Return what goes on with no line."""
        if self.card["works"]:
            yield Rule()
            yield Text(self.words["works"], bold=True)
        for code in self.card["works"]:
            yield Text(f"+ {self.words[f'works.{code}']}")

    def refuse(self) -> Iterator[Item]:
        """Return what cannot be taken, why, and what to say."""
        if not self.card["refuse"]:
            return
        yield Rule()
        yield Text(self.words["refuse"], bold=True)
        for refused in self.card["refuse"]:
            tender, why = self.words[f"tender.{refused['tender']}"], self.words[f"why.{refused['why']}"]
            yield Text(f"- {tender}: {why}")
        yield Text(self.words["say"])

    def time(self, text: str | None) -> str:
        """Write a time as the store does."""
        if text is None:
            return self.words["never"]
        return words.time_text(datetime.fromisoformat(text).astimezone(self.timezone), self.locale)
