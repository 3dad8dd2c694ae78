"""`STATE/pull-the-plug/result.json`: every cut that was compared, with the disk it was on."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from agent.doctor.plug.verdict import Outcome, Sums, Verdict, add_up

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FILE = "result.json"
VERSION = 1
CUTS_MAX = 1_000  # of one disk nobody pulls the plug more often than that


class ResultsUnreadable(Exception):
    """The file is there and is not what was written."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One cut that was compared. `disk` is its model and serial number; None where the system does not say."""

    trial: str
    at: str  # RFC 3339, UTC
    counter: str
    disk: str | None
    verdict: Verdict


def read(root: Path) -> list[Cut]:
    """Return every cut, oldest first; none where there is no file. Raises `ResultsUnreadable` or `OSError`."""
    try:
        content = (root / FILE).read_text("utf-8")
    except FileNotFoundError:
        return []
    except UnicodeDecodeError as error:
        raise ResultsUnreadable(f"{root / FILE} is not text") from error
    try:
        return [_cut(one) for one in json.loads(content)["cuts"]]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ResultsUnreadable(f"{root / FILE} is not what was written there") from error


def keep(root: Path, cuts: Sequence[Cut]) -> None:
    """Write them all, whole or not at all. Raises `OSError`."""
    found = {"version": VERSION, "cuts": [_plain(cut) for cut in cuts[-CUTS_MAX:]], "sums": sums(cuts, None).as_json()}
    fresh = root / f"{FILE}.new"
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(found, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(root / FILE)


def sums(cuts: Sequence[Cut], disk: str | None) -> Sums:
    """Return what the cuts of one disk add up to; of every disk, where its name is not known."""
    return add_up([cut.verdict for cut in cuts if disk is None or cut.disk in (disk, None)])


def _plain(cut: Cut) -> dict[str, Any]:
    found = asdict(cut)
    judged: dict[str, Any] = found.pop("verdict")
    return found | judged | {"outcome": str(cut.verdict.outcome), "lost": cut.verdict.lost}


def _cut(one: dict[str, Any]) -> Cut:
    judged = Verdict(
        Outcome(one["outcome"]), int(one["acknowledged"]), int(one["there"]), int(one["under_way"]), one.get("why")
    )
    return Cut(str(one["trial"]), str(one["at"]), str(one["counter"]), one["disk"], judged)
