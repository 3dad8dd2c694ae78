"""A script of faults: what happens to a simulated printer, step after step.

[[step]]
after_receipts = 1      # or after_s, or after_bytes: counted from the step before, the first from the start
do = "paper out"

[[step]]
after_s = 5
do = "paper in"
"""

from __future__ import annotations

import asyncio
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from drivers.simulated.switches import Command, read_command

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from drivers.simulated.switches import Counter

STEPS_MAX = 1000  # more is a program, and has the simulator's own methods
SECONDS_MAX = 86_400.0  # a day
COUNT_MAX = 1_000_000_000  # bytes or receipts; more is never reached
_WAITS = ("after_s", "after_bytes", "after_receipts")
_KEYS = {*_WAITS, "do"}


@dataclass(frozen=True, slots=True)
class Step:
    """When, counted from the step before, and what. One of the three waits is not 0, or none is."""

    command: Command
    after_s: float = 0.0
    after_bytes: int = 0
    after_receipts: int = 0


class ScriptInvalid(ValueError):
    """This is no script; the words say where, and what to write."""


def read_script(text: str) -> tuple[Step, ...]:
    """Read a script. Raises `ScriptInvalid`."""
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScriptInvalid(f"it is no TOML: {error}") from error
    steps = value.get("step")
    if set(value) != {"step"} or not isinstance(steps, list) or not 0 < len(steps) <= STEPS_MAX:
        raise ScriptInvalid(f"write one to {STEPS_MAX} tables [[step]], and nothing beside them")
    return tuple(_step(number, step) for number, step in enumerate(steps, 1))


def _step(number: int, step: Any) -> Step:
    if not isinstance(step, dict) or set(step) - _KEYS or not isinstance(step.get("do"), str):
        raise ScriptInvalid(f'step {number}: write do = "paper out", and perhaps one of {", ".join(_WAITS)}')
    waits = [key for key in _WAITS if key in step]
    if len(waits) > 1:
        raise ScriptInvalid(f"step {number}: write one of {' and '.join(waits)}, and the other as a step of its own")
    try:
        command = read_command(step["do"])
    except ValueError as error:
        raise ScriptInvalid(f"step {number}: {error}") from error
    for key in waits:
        _check(number, key, step[key])
    return Step(command, **{key: step[key] for key in waits})


def _check(number: int, key: str, value: Any) -> None:
    if key == "after_s":
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= SECONDS_MAX:
            raise ScriptInvalid(f"step {number}: after_s is seconds, from 0 to {SECONDS_MAX:g}")
    elif not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= COUNT_MAX:
        raise ScriptInvalid(f"step {number}: {key} is a whole number from 1 to {COUNT_MAX}")


def shipped_scripts() -> dict[str, str]:
    """Return the scripts that come with this package: name to text."""
    folder = resources.files("drivers.simulated").joinpath("scripts")
    found = {each.name: each.read_text(encoding="utf-8") for each in folder.iterdir() if each.name.endswith(".toml")}
    return {name.removesuffix(".toml"): text for name, text in sorted(found.items())}


async def play(
    steps: tuple[Step, ...],
    counter: Counter,
    *,
    on_step: Callable[[Command], None] = lambda _: None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Do every step in its turn; one that waits for a byte or a receipt happens exactly there."""
    milestones = counter.machine.milestones
    for step in steps:
        done = asyncio.Event()

        def act(step: Step = step, done: asyncio.Event = done) -> None:
            step.command.do(counter)
            on_step(step.command)
            done.set()

        if step.after_bytes:
            forget = milestones.after_bytes(step.after_bytes, act)
        elif step.after_receipts:
            forget = milestones.after_receipts(step.after_receipts, act)
        else:
            await sleep(step.after_s)
            act()
            continue
        try:
            await done.wait()
        finally:
            forget()
