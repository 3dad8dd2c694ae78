"""What root does of what the agent asked for: once, and with what it says in the log of the unit."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from agent.update import fetch, request
from agent.update.refusal import NotNow, UpdateRefused
from agent.update.request import FETCHED, FOLDER, Asked
from agent.update.sources import Folder
from agent.update.trust import Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agent.update.installer import Installer
    from agent.update.machine import Installation

BUSY_TRIES, BUSY_S = 60, 10.0  # whoever came to a till meanwhile is served; after ten minutes it is asked for again

_log = logging.getLogger("stillopen.update")


def do(
    installer: Installer,
    state: Path,
    place: Installation,
    *,
    asked: Asked | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Do what the agent's user asks for in the state folder; what is refused is in the ledger, and logged.

    `asked`: whoever runs this has taken it from there already, as the Windows host does; then this alone is done.
    """
    if asked is not None:
        _do(asked, installer, state, place, sleep)
        return
    while (one := _next(state)) is not None:
        _do(one, installer, state, place, sleep)


def _do(asked: Asked, installer: Installer, state: Path, place: Installation, sleep: Callable[[float], None]) -> None:
    try:
        match asked:
            case Asked.STAGE:
                source = Folder(state / FOLDER / FETCHED, place.own)
                installer.stage(Repository(source, place.own / fetch.TRUST, place.must_trust()))
            case Asked.APPLY:
                _between_sales(installer.apply, sleep)
            case Asked.BACK:
                _between_sales(installer.back, sleep)
    except UpdateRefused as error:
        _log.warning("%s: %s. %s", asked, error, error.hint)


def _next(state: Path) -> Asked | None:
    return request.take(state) if request.is_asked(state) else None


def _between_sales(switch: Callable[[], None], sleep: Callable[[float], None]) -> None:
    for _ in range(BUSY_TRIES):
        try:
            return switch()
        except NotNow:
            sleep(BUSY_S)
    return switch()
