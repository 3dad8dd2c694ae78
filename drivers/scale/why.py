"""Why there is no weight, in words: what is the matter, and the next step."""

from __future__ import annotations

from drivers.errors import NotWeighed
from drivers.scale.reading import State

SILENT, SAME, LOST = "silent", "same", "lost"

_WHY = {
    State.ZERO: ("nothing lies on it", "Put the goods on the scale and weigh again."),
    State.MOTION: ("it does not come to rest", "Let go of the goods, look that nothing touches the pan, weigh again."),
    State.OVER: ("more lies on it than it can weigh", "Take some off, and weigh in parts."),
    State.UNDER: ("it shows less than zero", "Clear the pan and set it to zero."),
    State.NOT_READY: ("it is not ready", "Wait until its own display shows a weight, then weigh again."),
    State.FAULT: ("it reports a fault of its own", "Clear the pan, switch it off and on, and look at its display."),
    State.REFUSED: ("it does not know the command", "Look whether `protocol` in stillopen.toml is what it is set to."),
    State.WRONG_UNIT: (
        "it shows another unit than is configured",
        "Press its unit key. If the shop sells by what it shows, write that as `unit` of its [[scale]].",
    ),
    State.PARITY: (
        "it sends seven bits and parity, and its port expects eight bits",
        "Write its port with ?mode=7E1, such as serial:///dev/ttyUSB0?baud=9600&mode=7E1.",
    ),
    SILENT: (
        "it does not answer",
        "Look at its power and cable, and whether `protocol`, baud rate and mode (often 7E1) are what it is set to.",
    ),
    SAME: (
        "this weight was rung already, and the pan has not been seen empty since",
        "Lift the goods off and put them back.",
    ),
}


def not_weighed(name: str, reason: str) -> NotWeighed:
    """Return the error for a reason: a `State`, `silent` or `same`, which is what a pan unchanged all along says."""
    reason = SAME if reason == State.UNCHANGED else reason
    what, hint = _WHY[reason]
    return NotWeighed(f"scale {name}: {what}", hint=hint, reason=str(reason))
