"""Where the agent keeps its things on this PC: the configuration file and the state folder."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG_NAME = "stillopen.toml"


@dataclass(frozen=True, slots=True)
class Places:
    """The configuration file and the state folder; neither need exist. `looked` is where the file was sought."""

    config: Path
    state: Path
    looked: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Folders:
    """A pair of folders that belong together."""

    config: Path
    state: Path


def service_folders(platform: str = sys.platform) -> Folders:
    """Return where an installed service keeps its configuration and its state."""
    if platform == "win32":
        import platformdirs

        program_data = platformdirs.site_config_path("Stillopen", appauthor=False)
        return Folders(program_data, program_data / "state")
    return Folders(Path("/etc/stillopen"), Path("/var/lib/stillopen"))


def user_folders() -> Folders:
    """Return where the agent keeps its things when a person runs it without installing a service."""
    import platformdirs  # not where the service runs: its folders are known

    return Folders(
        platformdirs.user_config_path("stillopen", appauthor=False),
        platformdirs.user_state_path("stillopen", appauthor=False),
    )


def find(
    config: str | None = None,
    state: str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    service: Folders | None = None,
    user: Folders | None = None,
) -> Places:
    """Decide by option, then STILLOPEN_CONFIG and STILLOPEN_STATE, then the service's place, then the user's.

    The service's folders are used where its configuration is; configuration and state go together.
    """
    named_config = config or environ.get("STILLOPEN_CONFIG")
    named_state = state or environ.get("STILLOPEN_STATE")
    if named_config and named_state:
        file = Path(named_config).absolute()
        return Places(file, Path(named_state).absolute(), looked=(file,))
    service = service or service_folders()
    installed = _exists(service.config / CONFIG_NAME)
    user = user or user_folders()
    folders = service if installed else user
    file = Path(named_config) if named_config else folders.config / CONFIG_NAME
    return Places(
        config=file.absolute(),
        state=(Path(named_state) if named_state else folders.state).absolute(),
        looked=(file.absolute(),) if named_config else (service.config / CONFIG_NAME, user.config / CONFIG_NAME),
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:  # a folder of the service that this user may not look into is there all the same
        return True
