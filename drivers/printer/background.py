"""Work that goes on while a block runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Coroutine


class Background:
    """Runs a coroutine while the block runs, and ends it with the block; its own mistake is raised there."""

    def __init__(self, work: Coroutine[None, None, None]) -> None:
        self._work = work

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._work)

    async def __aexit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})  # unlike awaiting it, this does not mistake our own end for its end
        mistake = None if self._task.cancelled() else self._task.exception()
        if mistake is not None and not isinstance(error, asyncio.CancelledError):  # whoever ends us must end us
            raise mistake
