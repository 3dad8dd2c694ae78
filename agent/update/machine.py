"""What an update needs of the PC it is on, and where its things are there."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import agent
from agent.update.refusal import UpdateRefused

if TYPE_CHECKING:
    from agent.update.health import Health
    from agent.update.trial import Tried

ROOT_FILE = "update-root.json"  # the root of trust, as the package brings it


@dataclass(frozen=True, slots=True)
class Installation:
    """Where an installed agent is. `versions` is root's, and so is `own`, which everybody may read.

    `trusted` need not be there: then whoever built the package gave it none, and there are no updates. `program` starts
    the version that this process runs.
    """

    versions: Path
    own: Path
    trusted: Path
    program: Path = Path("stillopen.py")

    def must_trust(self) -> bytes:
        """Return the trusted root as it was shipped. Raises `UpdateRefused` where there is none."""
        try:
            return self.trusted.read_bytes()
        except OSError as error:
            raise UpdateRefused(
                "this package was built with no root of trust, so that no release can be told from a forged one",
                "install newer packages by hand; packaging/updates/README.md says how a package gets a root",
            ) from error


def on_windows(programs: Path) -> Installation:
    """Return where the Windows installer puts it, below `%ProgramFiles%`, where administrators alone write."""
    folder = programs / "Stillopen"
    return Installation(folder, folder / "update", folder / ROOT_FILE)


LINUX = Installation(
    versions=Path("/usr/lib/stillopen"),
    own=Path("/var/lib/stillopen-update"),
    trusted=Path("/usr/share/stillopen") / ROOT_FILE,
)


def program(folder: Path) -> Path:
    """Return what starts the version in a folder, on this system's Python."""
    return folder / "stillopen.py"


def here() -> Installation:
    """Return where an installer of this system puts it."""
    if sys.platform == "win32":
        return on_windows(Path(os.environ.get("PROGRAMFILES", r"C:\Program Files")))
    return LINUX


def installation(package: Path = Path(agent.__file__), *, at: Installation | None = None) -> Installation | None:
    """Return where this program is installed, or None where pip, a checkout or the like has put it."""
    at = at or here()
    version = package.resolve().parents[2]  # VERSION/common/agent/__init__.py; on Windows VERSION/program/agent/...
    if version.parent == at.versions and program(version).exists():
        return replace(at, program=program(version))
    return None


class Machine(Protocol):
    """The PC under an update. Everything here blocks; nothing raises but what it says."""

    def health(self) -> Health | None:
        """Ask the agent that runs how it is; None where none answers."""
        ...

    def must_not_sell(self) -> None:
        """Raise `NotNow` where an agent runs that does not answer, `NotFit` where none could be asked by its port."""
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
