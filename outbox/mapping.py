"""Whether the configuration fits the system itself: what a kind of cloud can be asked, and what the answers show.

`stillopen cloud check NAME` asks, and prints what was found with the lines that are missing in the configuration. A
kind takes part by a function `checks(settings, store, declared) -> Checks` in its module: pure, like its connector.
The first question is the smallest call that needs the credentials; `stillopen cloud connect NAME` asks it alone, to
see that they are accepted. Whether the cloud's clock agrees with this PC's is seen from any answer, for every kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from outbox.connector import Answer, Request


class Level(StrEnum):
    """How much a finding matters."""

    GOOD = "good"  # it fits
    NOTE = "note"  # nothing is wrong, and a person should know
    WRONG = "wrong"  # something will not work, or not as meant: the command exits 1


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was seen. `text` is for a person, and says what to do where something is wrong."""

    level: Level
    text: str
    proposal: str = ""  # lines for this cloud's [[cloud]] section, as TOML; "" where none would help


@dataclass(frozen=True, slots=True)
class DeclaredTax:
    """A tax as `stillopen.toml` has it; `rate` in percent."""

    code: str
    name: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Declared:
    """What the store says of itself that a cloud may have words of its own for. `StoreFacts` has the rest."""

    taxes: tuple[DeclaredTax, ...] = ()
    tenders: tuple[str, ...] = ()  # the till's tender types: "cash", "card" and so on


@dataclass(frozen=True, slots=True)
class Question:
    """A request that changes nothing at the cloud, and the name by which its answer is told apart."""

    name: str
    request: Request


class Checks(Protocol):
    """What a kind of cloud can be asked about its mapping."""

    def questions(self) -> Sequence[Question]:
        """Return what to ask, in order; the first is the smallest call that needs the credentials."""
        ...

    def findings(self, name: str, answer: Answer) -> Sequence[Finding | Question]:
        """Read the answer to a question, whatever it is: also a refusal, and what is no answer at all.

        A `Question` among the findings is asked next: the next page, or what only this answer shows how to ask.
        """
        ...
