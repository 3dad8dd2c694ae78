"""What root does of what the agent asked for: once, with how it ended in the ledger."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.update import fetch, ledger, request
from agent.update.ledger import Ending
from agent.update.refusal import NotNow, UpdateRefused
from agent.update.request import FETCHED, FOLDER, Asked
from agent.update.sources import Folder
from agent.update.trust import Repository
from agent.update.versions import version_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agent.update.installer import Installer
    from agent.update.ledger import Ledger
    from agent.update.machine import Installation

BUSY_TRIES, BUSY_S = 60, 10.0  # whoever came to a till meanwhile is served; after ten minutes the agent asks again

_log = logging.getLogger("stillopen.update")


def do(
    installer: Installer,
    state: Path,
    place: Installation,
    *,
    asked: Asked | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Do what the agent's user asks for in the state folder; how it ended is in the ledger, and what is refused logged.

    `asked`: whoever runs this has taken it from there already, as the Windows host does; then this alone is done.
    """
    one = asked if asked is not None else _next(state)
    while one is not None:
        settled = ledger.read(place.own).settled
        ending = _do(one, installer, state, place, sleep)
        known = ledger.read(place.own)
        if (
            ending is not None and known.settled == settled
        ):  # it was not begun: whoever asked waits for its end all the same
            last = replace(ending, version=ending.version or _aim(one, known), at=now().isoformat())
            ledger.settle(place.own, replace(known, settled=ledger.next_number(place.own), last=last))
        one = _next(state) if asked is None else None


def _do(
    asked: Asked, installer: Installer, state: Path, place: Installation, sleep: Callable[[float], None]
) -> Ending | None:
    """Do it, and return how it ended, for where the installer had nothing to begin."""
    try:
        match asked:
            case Asked.STAGE:
                source = Folder(state / FOLDER / FETCHED, place.own)
                staged = installer.stage(Repository(source, place.own / fetch.TRUST, place.must_trust()))
                return Ending("staged", staged.version, "", "it lay ready before")
            case Asked.APPLY:
                _between_sales(installer.apply, sleep)
            case Asked.BACK:
                _between_sales(installer.back, sleep)
    except UpdateRefused as error:
        _log.warning("%s: %s. %s", asked, error, error.hint)
        return Ending("not_now" if isinstance(error, NotNow) else "refused", "", "", str(error), error.hint)
    return None


def _aim(asked: Asked, known: Ledger) -> str:
    """Return the version that was asked for, or nothing where that is not known yet."""
    match asked:
        case Asked.APPLY:
            return "" if known.staged is None else known.staged.version
        case Asked.BACK:
            return "" if known.before is None else version_of(known.before)
        case _:
            return ""


def _next(state: Path) -> Asked | None:
    return request.take(state) if request.is_asked(state) else None


def _between_sales(switch: Callable[[], None], sleep: Callable[[float], None]) -> None:
    for _ in range(BUSY_TRIES):
        try:
            return switch()
        except NotNow:
            sleep(BUSY_S)
    return switch()
