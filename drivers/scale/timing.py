"""How long a scale is given for what, in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScaleTiming:
    """Every wait of a scale's session; simulators are quicker."""

    poll_s: float = 0.2  # between two questions while somebody looks: the manuals say 0.2 to 0.5
    reply_s: float = 0.5  # for an answer; scales need 20 to 100 ms, and those in motion say so
    quiet_s: float = 0.3  # without a byte, before the next question after one that was not answered
    stall_s: float = 1.0  # for a port to take a question, which is one or two bytes
    watch_s: float = 30.0  # how long goods that were weighed, or refused again, are watched until they leave the pan


DEFAULT_TIMING = ScaleTiming()
