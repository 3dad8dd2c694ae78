"""What can be taken for a sale, and what each needs for it: the one table that refusals and the outage card read.

Cash needs nothing, and a card on a terminal of its own nothing of ours. What a cloud has to agree to (a card through
a reader of ours, a gift card, points) needs a cloud that takes it, and a line to that cloud.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from agent.line.verdict import State
from agent.problem import conflict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.problem import Problem

INSTEAD = "Take cash, or a card on a terminal of its own with its slip number"


class Why(StrEnum):
    """Why something cannot be taken now."""

    NO_CLOUD = "no_cloud"  # no cloud here takes it, line or no line
    NO_LINE = "no_line"  # its cloud cannot be asked now


@dataclass(frozen=True, slots=True)
class TenderKind:
    """A type of tender, what a person calls it, and whether a cloud has to agree to it."""

    type: str
    words: str
    needs_cloud: bool


KINDS = (
    TenderKind("cash", "cash", needs_cloud=False),
    TenderKind("card", "a card on a terminal of its own", needs_cloud=False),
    TenderKind("card_reader", "a card through a reader of the till's", needs_cloud=True),
    TenderKind("gift_card", "a gift card", needs_cloud=True),
    TenderKind("points", "points", needs_cloud=True),
)
BY_TYPE = {kind.type: kind for kind in KINDS}


def trouble_with(kind: TenderKind, providers: Mapping[str, str], lamps: Mapping[str, str]) -> Why | None:
    """Return why it cannot be taken now, or None. `lamps`: by cloud, what its lamp says."""
    if not kind.needs_cloud:
        return None
    cloud = providers.get(kind.type)
    if cloud is None:
        return Why.NO_CLOUD
    return None if lamps.get(cloud) == State.UP else Why.NO_LINE


def refusal(type_: str, providers: Mapping[str, str], lamps: Mapping[str, str]) -> Problem | None:
    """Return why a tender is refused now, in one line with what can be taken instead; None where it is not."""
    kind = BY_TYPE.get(type_)
    why = None if kind is None else trouble_with(kind, providers, lamps)
    if kind is None or why is None:
        return None
    words = kind.words[0].upper() + kind.words[1:]
    said = "no cloud of this store takes it" if why is Why.NO_CLOUD else f"{providers[type_]} cannot be asked now"
    return conflict("tender-unavailable", f"{words} cannot be taken: {said}. {INSTEAD}.", tender=type_, why=str(why))
