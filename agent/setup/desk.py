"""The set-up as a page asks for it: what is configured, what is answered, written by the agent, and taken anew."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from agent.config.in_force import in_order
from agent.config.problems import ConfigInvalid
from agent.places import CONFIG_NAME, Places, service_folders
from agent.problem import Problem, conflict
from agent.setup.example import needed
from agent.setup.kept import KEPT, forget, keep, waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from agent.config import Config
    from agent.config.lane import LaneRefused
    from agent.setup.write import Drafted

_SECTIONS = ("till", "tax", "scanner", "printer", "drawer", "scale", "display")
_STORE = ("id", "name", "currency", "timezone", "locale", "prices_include_tax", "receipt_header", "receipt_footer")


class SetupDesk:
    """The set-up of a running agent. `restarts`: whoever runs it begins anew once `again` is set."""

    def __init__(self, config: Config, state: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._config = config
        self._places = Places(config.file, state)
        self._now = now
        self._one = asyncio.Lock()
        self.again = asyncio.Event()
        self.restarts = False

    @property
    def needed(self) -> bool:
        """Whether nobody has set this store up yet."""
        return needed(self._config)

    async def view(self) -> dict[str, Any]:
        """Return what stands in the configuration, what this PC proposes, and whether it is what the agent goes by."""
        return await asyncio.to_thread(self._view)

    async def draft(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Return the lines that would change. Raises `Problem`."""
        return _answer(await asyncio.to_thread(self._drafted, answers), self.restarts)

    async def must_be_in_order(self, answers: Mapping[str, Any]) -> None:
        """Raise `Problem` unless the answers would make a configuration that can be used."""
        await asyncio.to_thread(self._judge, answers)

    async def save(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Write the answers into the configuration; the agent goes by them after its next start. Raises `Problem`."""
        async with self._one:
            return await asyncio.to_thread(self._save, answers)

    async def must_start_again(self) -> None:
        """Raise `Problem` unless the agent would be there again: somebody starts it, and its file is in order."""
        if not self.restarts:
            raise conflict("restart-by-hand", f"nothing starts this agent again by itself: {how_to_restart()}")
        try:
            await asyncio.to_thread(in_order, self._places)
        except ConfigInvalid as invalid:
            raise _unreadable(invalid) from invalid

    def start_again(self) -> None:
        """Have the agent take its configuration anew."""
        self.again.set()

    def _view(self) -> dict[str, Any]:
        import tomllib

        from agent.setup.proposed import of_this_pc
        from agent.setup.write import present

        try:
            there = present(self._places.config)
        except ConfigInvalid as invalid:
            raise _unreadable(invalid) from invalid
        waits = waiting(self._places.state, there)
        raw = tomllib.loads(there if waits is None else waits)
        here, store = of_this_pc(), raw.get("store", {})
        return {
            "needed": self.needed and waits is None,
            "store": {key: store.get(key) for key in _STORE},
            **{f"{name}s" if name != "tax" else "taxes": raw.get(name, []) for name in _SECTIONS},
            "proposed": {
                "timezone": here.timezone,
                "locale": here.locale,
                "currency": here.currency,
                "prices_include_tax": here.prices_include_tax,
            },
            "clouds": [{"name": cloud["name"], "kind": cloud["kind"]} for cloud in raw.get("cloud", [])],
            "config": str(self._places.config),
            "writable": _writable(self._places.config),
            "restarts": self.restarts,
            "next": None if waits is None else self._by_administrator(self._places.state / KEPT),
        }

    def _drafted(self, answers: Mapping[str, Any]) -> Drafted:
        from agent.setup.edit import EditRefused
        from agent.setup.write import drafted

        try:
            return drafted(self._places.config, answers, state=self._places.state)
        except ConfigInvalid as invalid:
            raise _unreadable(invalid) from invalid
        except EditRefused as error:
            raise conflict("setup-by-hand", f"{error}: {error.hint}") from error

    def _judge(self, answers: Mapping[str, Any]) -> None:
        from agent.config.lane import LaneRefused
        from agent.setup.write import judge

        try:
            judge(self._drafted(answers), self._places)
        except ConfigInvalid as invalid:
            raise _invalid(invalid) from invalid
        except LaneRefused as error:
            raise _refused(error) from error

    def _save(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        from agent.config.lane import LaneRefused, LaneUnwritable
        from agent.setup.write import write

        draft = self._drafted(answers)
        if not draft.changes:  # nor of what waited: it was asked for otherwise now
            forget(self._places.state)
            return _answer(draft, self.restarts)
        try:
            written = write(draft, self._places, self._now(), beside_agent=True)
        except ConfigInvalid as invalid:
            raise _invalid(invalid) from invalid
        except LaneUnwritable as error:
            return _answer(draft, self.restarts) | self._keep(draft, str(error))
        except LaneRefused as error:
            raise _refused(error) from error
        forget(self._places.state)
        return _answer(draft, self.restarts) | {
            "written": True,
            "kept": None if written.copy is None else str(written.copy),
            "next": None if self.restarts else how_to_restart(),
        }

    def _keep(self, draft: Drafted, why: str) -> dict[str, Any]:
        """Keep what was answered where the agent may write, and say how it becomes the configuration."""
        from agent.config.lane import not_written

        try:
            kept = keep(self._places.state, draft.text, draft.upon)
        except OSError as error:
            raise _refused(not_written(self._places.state / KEPT, error)) from error
        return {"next": f"{why}. {self._by_administrator(kept)}"}

    def _by_administrator(self, kept: Path) -> str:
        taken = f"stillopen config import {kept} --take-up{self._where()}"
        return f"As an administrator: {taken}" if os.name == "nt" else f"sudo {taken}"

    def _where(self) -> str:
        """Return the options without which a command would look elsewhere than here."""
        service = service_folders()
        if (self._places.config, self._places.state) == (service.config / CONFIG_NAME, service.state):
            return ""
        return f' --config "{self._places.config}" --state "{self._places.state}"'


def how_to_restart() -> str:
    """Return what a person does so that the agent reads its configuration again."""
    return "stop it (Ctrl-C) and start it again, or restart its service" + (
        "" if os.name == "nt" else ": sudo systemctl restart stillopen"
    )


def _answer(draft: Drafted, restarts: bool) -> dict[str, Any]:  # noqa: FBT001 - a fact that is passed on
    return {
        "written": False,
        "changes": list(draft.changes),
        "comments_gone": list(draft.gone),
        "kept": None,
        "restarts": restarts,
        "next": None,
    }


def _unreadable(invalid: ConfigInvalid) -> Problem:
    """Say that somebody has changed the file by hand since the start, and that it is not in order now."""
    return conflict("setup-unreadable", f"the configuration is not in order as it is now: {invalid.problems[0]}")


def _invalid(invalid: ConfigInvalid) -> Problem:
    first, *more = invalid.problems
    others = f" (and {len(more)} more, see errors)" if more else ""
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "setup-invalid",
        f"{first.key or first.file.name}: found {first.found}; {first.fix}{others}",
        errors=[{"field": one.key, "found": one.found, "expected": one.fix} for one in invalid.problems],
    )


def _refused(error: LaneRefused) -> Problem:
    from agent.config.lane import LaneFull

    if isinstance(error, LaneFull):
        return Problem(HTTPStatus.INSUFFICIENT_STORAGE, "disk-full", f"{error}: {error.hint}")
    return conflict("setup-refused", f"{error}: {error.hint}")


def _writable(config: Path) -> bool:
    try:
        config.open("r+b").close()  # nothing is changed by it; of a Windows' access lists `os.access` knows nothing
    except OSError:
        return False
    return os.access(config.parent, os.W_OK)
