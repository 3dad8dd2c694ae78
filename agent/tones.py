"""A scanner whose family is known sounds its not-on-file tone when what was scanned was not rung."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from drivers.errors import DeviceError
from drivers.scanner.commands import Command

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Mapping

    from agent.config import Config
    from drivers.scanner.scanner import Scanner

_log = logging.getLogger("stillopen.till")


class Tones:
    """Hears of scans; scanners with no `family` are told nothing and have no task here."""

    def __init__(self, config: Config, scanners: Mapping[str, Scanner]) -> None:
        self._scanners = {
            till.id: scanners[each.name]
            for till in config.tills
            for each in config.scanners
            if each.name == till.scanner and each.family is not None
        }
        # Not a queue: a tone for a scan of a minute ago would be heard as one for the next.
        self._refused = {till: asyncio.Event() for till in self._scanners}

    def heard(self, event: str, fields: Mapping[str, Any]) -> None:
        """Take an event of the agent's."""
        refused = self._refused.get(fields.get("till", "")) if event == "scan" else None
        if refused is not None and fields["problem"] is not None:
            refused.set()

    def tasks(self) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
        """Yield what is to run, with its name."""
        for till in self._scanners:
            yield f"tones {till}", self._run(till)

    async def _run(self, till: str) -> None:
        scanner, refused = self._scanners[till], self._refused[till]
        while True:
            await refused.wait()
            refused.clear()
            try:
                await scanner.tell(Command.NOT_ON_FILE)
            except DeviceError as error:  # the page tells it, too; the scanner's own trouble is its own news
                _log.debug("Scanner %s sounded no tone: %s", scanner.name, error)
