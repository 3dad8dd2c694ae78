"""The agent's user brings a release into the state folder, verified: a repository of its own for root to verify again.

    STATE/update/trust/       what this PC has seen of the releases before
    STATE/update/fetched/     metadata/ and targets/ of the newest one: put in place whole, by a rename

It runs in a process of its own (`stillopen update fetch`): a slow server or a large file is nothing to the agent.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from agent.update import release as releases
from agent.update.refusal import NoRoom
from agent.update.request import FETCHED, FOLDER
from agent.update.trust import METADATA, Repository
from agent.update.versions import free_bytes, must_have_room

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agent.update.release import Release
    from agent.update.sources import Source

TRUST = "trust"


def folder_of(state: Path) -> Path:
    """Return the folder of updates in a state folder, made where there is none."""
    folder = state / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def newest(source: Source, state: Path, root: bytes) -> Release:
    """Return what is newest for this PC, whether it fits or not. Raises `UpdateRefused`."""
    return Repository(source, folder_of(state) / TRUST, root).newest(releases.channel(*releases.this_pc()))


def bring(
    source: Source, state: Path, root: bytes, running: str, *, free: Callable[[Path], int] = free_bytes
) -> Release:
    """Bring the newest release, if it fits this PC, and say which it is. Raises `UpdateRefused`."""
    folder = folder_of(state)
    repository = Repository(source, folder / TRUST, root)
    channel = releases.channel(*releases.this_pc())
    release = repository.newest(channel)
    releases.must_fit(release, running)
    there, made = folder / FETCHED, folder / f"{FETCHED}.new"
    archive = repository.target_path(release.target)
    try:
        made.mkdir(exist_ok=True)
        (made / archive).parent.mkdir(parents=True, exist_ok=True)
        if (there / archive).exists() and not (made / archive).exists():
            (there / archive).rename(made / archive)  # it is the same: its name is its sum
        must_have_room(free(folder), releases.ARCHIVE_BYTES_MAX // 4, "fetching a version")
        repository.fetch(release, made / archive)
        announced = repository.target_path(f"{channel}/release.json")
        (made / announced).write_bytes((folder / TRUST / f"{channel}-release.json").read_bytes())
        _metadata(folder / TRUST, made / METADATA)
        shutil.rmtree(there, ignore_errors=True)
        made.rename(there)
    except OSError as error:
        raise NoRoom(
            f"{release.version} could not be kept: {error}", "make room on the disk; it is tried again"
        ) from error
    return release


def _metadata(trust: Path, to: Path) -> None:
    """Copy what was verified, under the names that a repository has it by."""
    to.mkdir(exist_ok=True)
    for file in (trust / "root_history").glob("*.root.json"):
        shutil.copyfile(file, to / file.name)
    shutil.copyfile(trust / "timestamp.json", to / "timestamp.json")
    for role in ("snapshot", "targets"):
        version = json.loads((trust / f"{role}.json").read_text(encoding="utf-8"))["signed"]["version"]
        shutil.copyfile(trust / f"{role}.json", to / f"{int(version)}.{role}.json")
