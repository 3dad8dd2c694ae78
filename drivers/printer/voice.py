"""What one printer is spoken to in: its dialect, and all that its bytes depend on."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from drivers.printer.dialects import DIALECTS
from drivers.printer.unwritten import NOTHING, Unwritten, unwritten
from drivers.printer.written import draws

if TYPE_CHECKING:
    from drivers.printer.dialects import Speaker
    from drivers.printer.document import Document
    from drivers.printer.escpos import Dialect, Fence, Job
    from drivers.printer.settings import PrinterSettings


class Voice:
    """The bytes of one printer's documents."""

    def __init__(self, settings: PrinterSettings) -> None:
        self.settings = settings

    @property
    def speaker(self) -> Speaker:
        """What its dialect's entry in the table is."""
        return DIALECTS[self.settings.speaks]

    def check(self, document: Document) -> None:
        """Raise `DocumentInvalid` where the document could not be printed."""
        self.speaker.encode(document, replace(self._dialect, lettering=None))  # nothing else can go wrong in a text

    async def encode(self, document: Document) -> tuple[tuple[bytes, ...], Unwritten]:
        """Return the document's commands, and what they leave as `?`.

        Pictures are made on a thread of their own, text takes under 1 ms.

        Raises `DocumentInvalid`.
        """
        if not draws(document, self._dialect):
            return self.speaker.encode(document, self._dialect), NOTHING
        thread = ThreadPoolExecutor(max_workers=1)
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, self._drawn, document)
        finally:
            thread.shutdown(wait=False)

    def job(self, commands: tuple[bytes, ...], fences: tuple[Fence, Fence]) -> Job:
        """Put a document's commands between two fences."""
        return self.speaker.job(commands, self._dialect, *fences)

    def _drawn(self, document: Document) -> tuple[tuple[bytes, ...], Unwritten]:
        return self.speaker.encode(document, self._dialect), unwritten(document, self._dialect)

    @cached_property
    def _dialect(self) -> Dialect:
        return self.settings.dialect()
