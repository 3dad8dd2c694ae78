"""Questions to somebody at a terminal: a proposal that Enter takes, a step back, more words, and an end at any time.

NotTaken      an answer that will not do; it is asked for again
Back          the question before, please
Ended         the input ended: nobody is there
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[[], str]  # a line with its end; nothing at the end of the input
    Say = Callable[[str], None]

BACK, MORE = "<", "?"
HOW = "Enter takes what stands in [brackets], < goes back, ? says more."
_YES, _NO = frozenset({"y", "yes"}), frozenset({"n", "no"})


class NotTaken(Exception):
    """The answer will not do; its words say what would."""


class Back(Exception):
    """Whoever answers wants the question before."""


class Ended(Exception):
    """The input ended before the questions did."""


class Dialogue:
    """One person who answers. `read` blocks for a line, `say` shows one."""

    def __init__(self, read: Read, say: Say) -> None:
        self._read = read
        self.say = say

    def ask(
        self, question: str, proposal: str = "", *, more: str = "", check: Callable[[str], None] | None = None
    ) -> str:
        """Return the answer, or the proposal. `check` raises `NotTaken`. Raises `Back` or `Ended`."""
        while True:
            self.say(f"{question} [{proposal}]" if proposal else question)
            line = self._read()
            if not line:
                raise Ended
            answer = line.strip()
            if answer == BACK:
                raise Back
            if answer == MORE:
                self.say(f"  {more or HOW}")
                continue
            try:
                if check is not None:
                    check(answer or proposal)
            except NotTaken as error:
                self.say(f"  {error}")
                continue
            return answer or proposal

    def agrees(self, question: str, *, proposal: bool = True, more: str = "") -> bool:
        """Return whether the answer was yes. Raises `Back` or `Ended`."""
        return self.ask(f"{question} (y/n)", "y" if proposal else "n", more=more, check=_yes_or_no).lower() in _YES

    def chooses(self, question: str, choices: tuple[str, ...], *, proposal: str = "", more: str = "") -> str:
        """Return one of `choices`, or `proposal`, which need be none of them. Raises `Back` or `Ended`."""

        def known(answer: str) -> None:
            if answer != proposal and answer not in choices:
                raise NotTaken(f"one of: {', '.join(choices)}")

        return self.ask(f"{question} ({', '.join(choices)})", proposal, more=more, check=known)


def steps(one_by_one: list[Callable[[], None]]) -> None:
    """Do each; one that raises `Back` has the one before done again."""
    at = 0
    while at < len(one_by_one):
        try:
            one_by_one[at]()
        except Back:
            at = max(at - 1, 0)
        else:
            at += 1


def _yes_or_no(answer: str) -> None:
    if answer.lower() not in _YES | _NO:
        raise NotTaken("y or n")
