"""What is known of updates on this PC, on its disk: one file for what has settled, one for what is under way.

`under-way.json` is written before a step that a power cut could leave half done, and taken away once `state.json`
says how it ended. So whoever starts next knows: no such file, and nothing is half done.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from agent.update.release import is_version
from outbox.folder_sync import sync_folder

if TYPE_CHECKING:
    from pathlib import Path

STATE, UNDER_WAY = "state.json", "under-way.json"
REFUSED_MAX = 20  # versions that are remembered as left or refused; older ones are behind what runs

Did = Literal["staged", "installed", "went_back", "refused", "not_now", "interrupted"]


@dataclass(frozen=True, slots=True)
class Ending:
    """How the newest work ended, or what was asked for came to nothing. `at` is RFC 3339; `hint` the next step.

    `version` is empty where it was not known yet; `not_now`: somebody was at a till, and it is asked for again.
    """

    did: Did
    version: str
    at: str
    why: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Staged:
    """A version that lies beside the one that runs, and has sold on a copy of this store's own state."""

    version: str
    folder: str
    opened_s: float  # how long it took to open the copy: what it may take at the switch
    notes: str = ""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What is being done. `number` is this work's own; `before` and `folder` are folders of versions."""

    number: int
    doing: Literal["staging", "switching"]
    version: str
    folder: str
    before: str
    since: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """What has settled. `settled` is the number of the newest work that ended; `before`: the folder to go back to."""

    settled: int = 0
    before: str | None = None
    staged: Staged | None = None
    last: Ending | None = None
    refused: dict[str, str] = field(default_factory=dict)  # version: why it is not tried again by itself
    interrupted: dict[str, int] = field(default_factory=dict)  # version: how often the power went, or the like

    def refuse(self, version: str, why: str) -> Ledger:
        """Return it with one more version that is not tried again by itself."""
        kept = {**{one: said for one, said in self.refused.items() if one != version}, version: why}
        return replace(self, refused=dict(list(kept.items())[-REFUSED_MAX:]))


def read(folder: Path) -> Ledger:
    """Return what has settled. A file that is not there, or half there, says nothing: then nothing is known."""
    raw = _read(folder / STATE)
    try:
        return Ledger(
            settled=int(raw["settled"]),
            before=_folder(raw["before"]),
            staged=None if raw["staged"] is None else Staged(**raw["staged"]),
            last=None if raw["last"] is None else Ending(**raw["last"]),
            refused={str(version): str(why) for version, why in raw["refused"].items()},
            interrupted={str(version): int(count) for version, count in raw["interrupted"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return Ledger()


def under_way(folder: Path) -> UnderWay | None:
    """Return what was begun and has not settled, or None."""
    raw = _read(folder / UNDER_WAY)
    try:
        found = UnderWay(**raw)
    except TypeError:
        return None
    return None if found.number <= read(folder).settled else found


def begin(folder: Path, work: UnderWay) -> None:
    """Write down what is about to be done; it is on the disk when this returns. Raises `OSError`."""
    _write(folder / UNDER_WAY, asdict(work))


def settle(folder: Path, ledger: Ledger) -> None:
    """Write down what has settled, then that nothing is under way. Raises `OSError`."""
    _write(folder / STATE, asdict(ledger))
    (folder / UNDER_WAY).unlink(missing_ok=True)
    sync_folder(folder)


def next_number(folder: Path) -> int:
    """Return a number for a piece of work, above all before it."""
    raw = _read(folder / UNDER_WAY)
    begun = raw.get("number", 0)
    return max(read(folder).settled, begun if isinstance(begun, int) else 0) + 1


def _folder(name: Any) -> str | None:
    return name if isinstance(name, str) and is_version(name) else None


def _read(file: Path) -> dict[str, Any]:
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return raw if isinstance(raw, dict) else {}


def _write(file: Path, value: dict[str, Any]) -> None:
    made = file.with_suffix(".new")
    with made.open("w", encoding="utf-8") as to:
        json.dump(value, to, ensure_ascii=False)
        to.flush()
        os.fsync(to.fileno())
    made.chmod(0o644)  # the agent reads how it went, and whoever helps
    made.replace(file)
    sync_folder(file.parent)
