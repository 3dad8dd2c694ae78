"""A repository of releases, held against a root of trust: what TUF calls the client's workflow, by python-tuf.

It knows who may sign what, refuses what is older than what it saw before (its own folder remembers), what is mixed from
two times, and what has not been renewed. Specification: theupdateframework.github.io, version 1.0, section 5.

The trusted root comes with the package. Without one there are no updates: nothing here could tell a true one.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadHTTPError,
    ExpiredMetadataError,
    LengthOrHashMismatchError,
    RepositoryError,
    UnsignedMetadataError,
)
from tuf.ngclient.config import UpdaterConfig
from tuf.ngclient.updater import Updater

from agent.update import release as releases
from agent.update.refusal import Expired, NoRoom, NotTrusted, SourceGone, UpdateRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agent.update.release import Release
    from agent.update.sources import Source

METADATA, TARGETS = "metadata/", "targets/"
LATEST = "release.json"  # in a channel: what is newest there
_MAKER = "tell whoever makes the releases; this PC sells on"


class Repository:
    """One source, seen through the trust that is kept in `folder`. `root` is the trusted root, as shipped."""

    def __init__(
        self, source: Source, folder: Path, root: bytes, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._source = source
        self._folder = folder
        self._root = root
        self._now = now
        self._client: Updater | None = None

    def newest(self, channel: str) -> Release:
        """Return the newest release of a channel, verified. Raises `UpdateRefused`."""
        file = self._folder / f"{channel}-{LATEST}"
        self._take(f"{channel}/{LATEST}", releases.RELEASE_BYTES_MAX, file)
        found = releases.parse(file.read_bytes())
        if releases.channel(found.system, found.machine) != channel:
            raise NotTrusted(f"{channel} announces a release for {found.system} on {found.machine}", _MAKER)
        return found

    def fetch(self, release: Release, to: Path) -> None:
        """Bring a release's archive to the file `to`, verified. Raises `UpdateRefused`; then there is none."""
        try:
            self._take(release.target, releases.ARCHIVE_BYTES_MAX, to)
        except UpdateRefused:
            to.unlink(missing_ok=True)
            raise

    def target_path(self, name: str) -> str:
        """Return where in a repository the file of a target is that this has seen."""
        target = self._opened().get_targetinfo(name)
        assert target is not None, name
        folder, _, file = name.rpartition("/")
        return f"{TARGETS}{folder}/{next(iter(target.hashes.values()))}.{file}"

    def _take(self, name: str, bytes_max: int, to: Path) -> None:
        try:
            client = self._opened()
            target = client.get_targetinfo(name)
            if target is None:
                raise NotTrusted(f"the releases there have no {name}", _MAKER)
            if target.length > bytes_max:
                raise NotTrusted(f"{name} has {target.length} bytes, and may have {bytes_max}", _MAKER)
            if client.find_cached_target(target, str(to)) is None:
                client.download_target(target, str(to))
        except UpdateRefused:
            raise
        except DownloadError as error:
            raise self._not_brought(name, error) from error
        except ExpiredMetadataError as error:
            raise self._expired(error) from error
        except RepositoryError as error:
            raise NotTrusted(_why(error), _MAKER) from error
        except OSError as error:
            raise NoRoom(f"{name} could not be kept: {error}", "make room on the disk, and try again") from error

    def _opened(self) -> Updater:
        if self._client is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                client = Updater(
                    str(self._folder),
                    f"{self._source.url}{METADATA}",
                    str(self._folder),
                    f"{self._source.url}{TARGETS}",
                    fetcher=self._source,
                    config=UpdaterConfig(max_root_rotations=64, max_delegations=1),
                    bootstrap=self._root,
                )
            except RepositoryError as error:
                raise NotTrusted(
                    f"the root of trust that came with this installation is none: {error}",
                    "install the package again",
                ) from error
            client.refresh()
            self._client = client
        return self._client

    def _not_brought(self, name: str, error: DownloadError) -> UpdateRefused:
        cause = error.__cause__
        if isinstance(cause, UpdateRefused):
            return cause
        if isinstance(error, DownloadHTTPError):
            return SourceGone(
                f"{name}: {error}", "look at [update] source: it names the folder that holds `metadata` and `targets`"
            )
        return SourceGone(f"{name} could not be brought: {cause or error}", "it is tried again; the store sells on")

    def _expired(self, error: Exception) -> Expired:
        """Say what is over, since when by this PC's clock, and that the clock may be what is wrong."""
        until = expires(self._folder / "timestamp.json")
        now = self._now()
        known = "" if until is None else f", good until {until:%Y-%m-%d}"
        return Expired(
            f"what the releases say has run out ({error}{known}); this PC's clock says {now:%Y-%m-%d %H:%M} UTC",
            "if that is not the time, set this PC's clock; else have the releases renewed by whoever makes them, or "
            "bring a newer stick. This PC sells on, as it is",
        )


def expires(file: Path) -> datetime | None:
    """Return until when a file of a repository's is good, as it says itself; None where it does not."""
    try:
        text = json.loads(file.read_text(encoding="utf-8"))["signed"]["expires"]
        return datetime.fromisoformat(text)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _why(error: RepositoryError) -> str:
    match error:
        case UnsignedMetadataError():
            return f"the releases there are not signed by those whom this PC trusts: {error}"
        case BadVersionNumberError():
            return f"the releases there are older than what this PC has seen before: {error}"
        case LengthOrHashMismatchError():
            return f"what was brought is not what was signed: {error}"
    return f"the releases there do not hold: {error}"
