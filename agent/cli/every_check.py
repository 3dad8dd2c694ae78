"""Every check of the doctor, for the commands that show them: of this PC, of its lines, of the agent that runs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agent.cli import out
from agent.cli.running import RunningAgent

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from agent.config import Config
    from agent.doctor.finding import Finding
    from agent.places import Places

LINES_S = 60.0  # of all lines together: each is given 10 s for its own, and a name server that hangs some more


def every_check(places: Places, port: int | None) -> list[Finding]:
    """Look at everything, as far as this user may. `port`: the agent's, if not as `[api]` has it. Blocks."""
    from agent.doctor import whole

    status = _status(places, port)
    running = None if isinstance(status, out.CommandError) else str(status["version"])
    findings, config = whole.of_this_pc(places, datetime.now(UTC), running=running)
    if config is not None:
        findings += asyncio.run(_of_lines(config, places.state))
    findings += _of_agent(config, status)
    return findings


def _status(places: Places, port: int | None) -> dict[str, Any] | out.CommandError:
    """Return what the running agent says of itself, or why it cannot be asked."""
    from agent.config import ConfigInvalid

    try:
        return RunningAgent.find(places, port).ask("GET", "/v1/status")
    except ConfigInvalid:
        return out.CommandError("where it listens is in the configuration", hint="mend it: stillopen check")
    except out.CommandError as error:
        return error


async def _of_lines(config: Config, state: Path) -> list[Finding]:
    from agent.doctor import on_line
    from agent.doctor.finding import not_known

    try:
        async with asyncio.timeout(LINES_S):
            return await on_line.all_of(config, state, held=_held(config, state))
    except TimeoutError:
        return [not_known("lines", f"they were not all looked at in {LINES_S:g} s", "look at the store's internet")]


def _of_agent(config: Config | None, status: dict[str, Any] | out.CommandError) -> Iterable[Finding]:
    from agent.doctor import of_agent

    if isinstance(status, out.CommandError):
        return of_agent.not_running(config, str(status), status.hint)
    return of_agent.running(status)


def _held(config: Config, state: Path) -> set[str]:
    """Return the clouds that somebody holds offline; a journal that cannot be read holds all of them."""
    from agent.line.offline import held_in
    from outbox import schema
    from outbox.errors import JournalMissing, JournalUnavailable
    from outbox.journal import FILE

    names = {cloud.name for cloud in config.clouds}
    try:
        with schema.reading(state / FILE) as reader:
            return {name for name in names if held_in(reader, name) is not None}
    except JournalMissing:
        return set()
    except JournalUnavailable:
        return names
