"""What an update needs of the PC it is on, and where its things are there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import agent

if TYPE_CHECKING:
    from agent.update.health import Health
    from agent.update.trial import Tried

ROOT_FILE = "update-root.json"  # the root of trust, as the package brings it


@dataclass(frozen=True, slots=True)
class Installation:
    """Where an installed agent is. `versions` is root's, and so is `own`, which everybody may read.

    `trusted` need not be there: then whoever built the package gave it none, and there are no updates.
    """

    versions: Path
    own: Path
    trusted: Path

    def root(self) -> bytes | None:
        """Return the trusted root as it was shipped, or None."""
        try:
            return self.trusted.read_bytes()
        except OSError:
            return None


LINUX = Installation(
    versions=Path("/usr/lib/stillopen"),
    own=Path("/var/lib/stillopen-update"),
    trusted=Path("/usr/share/stillopen") / ROOT_FILE,
)


def program(folder: Path) -> Path:
    """Return what starts the version in a folder, on this system's Python."""
    return folder / "stillopen.py"


def installation(package: Path = Path(agent.__file__), *, at: Installation = LINUX) -> Installation | None:
    """Return where this program is installed, or None where pip, a checkout or the like has put it."""
    version = package.resolve().parents[2]  # VERSION/common/agent/__init__.py
    if version.parent == at.versions and program(version).exists():
        return at
    return None


class Machine(Protocol):
    """The PC under an update. Everything here blocks; nothing raises but what it says."""

    def health(self) -> Health | None:
        """Ask the agent that runs how it is; None where none answers."""
        ...

    def restart(self) -> None:
        """Have the service run what `current` names, without waiting for it. Raises `UpdateRefused`."""
        ...

    def try_out(self, folder: Path, *, fresh: bool) -> Tried:
        """Have the version in a folder sell on a copy of the state, made anew or as it was left.

        Raises `UpdateRefused`.
        """
        ...

    def clear(self) -> None:
        """Take the copy away."""
        ...

    def make_ready(self, folder: Path) -> None:
        """Do what an unpacked version needs on this PC before it runs. Raises `UpdateRefused`."""
        ...
