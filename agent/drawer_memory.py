"""`STATE/drawers.json`: which level of each drawer's switch means open, as a person has taught it."""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING

from drivers.printer.status import Level

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "drawers.json"
FILE_BYTES_MAX = 1024 * 1024  # a chain's worth of drawers; more is not this file

_log = logging.getLogger("stillopen.drawer")


def read(state: Path) -> dict[tuple[str, str], Level]:
    """Return what was taught, by the drawer's name and where it is plugged in. A file that is none is passed over."""
    path = state / FILE
    try:
        with path.open("rb") as file:
            entries = json.loads(file.read(FILE_BYTES_MAX))
        return {(str(one["drawer"]), str(one["at"])): Level(one["open"]) for one in entries}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError) as error:
        _log.warning("%s cannot be read (%s): teach the drawers again (`stillopen devices --teach NAME`).", path, error)
        return {}


def write(state: Path, taught: Mapping[tuple[str, str], Level]) -> None:
    """Keep what was taught, whole or not at all. Raises `OSError`."""
    entries = [{"drawer": name, "at": at, "open": str(level)} for (name, at), level in sorted(taught.items())]
    fresh = state / f"{FILE}.new"
    with fresh.open("wb") as file:
        file.write(json.dumps(entries, indent=1).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(state / FILE)
