"""`stillopen devices --teach NAME`: what a drawer's switch says closed and open, shown to the running agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from agent.cli import out

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.cli.running import RunningAgent

_STEPS = {
    "closed": "Close drawer {name}, then press Enter.",
    "open": "Now open it with its key, then press Enter.",
}


def teach(name: str, agent: RunningAgent, *, wait_for_enter: Callable[[str], str] = input) -> int:
    """Guide a person through both positions."""
    answer: dict[str, Any] = {}
    for position, words in _STEPS.items():
        try:
            wait_for_enter(words.format(name=name) + " ")
        except EOFError as error:
            raise out.CommandError(
                "nobody is there to move the drawer", hint="run this where you can type, standing at the drawer"
            ) from error
        answer = agent.ask("POST", f"/v1/devices/{quote(name, safe='')}/teach", {"position": position})
    out.say(f"Learned: drawer {name} is open when its switch says {answer['open_level']}. Close it again.")
    return out.OK
