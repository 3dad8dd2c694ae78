"""Where copies of the journal may go: never into the state folder, whose loss they are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.config.problems import ConfigInvalid, ConfigProblem, shown

if TYPE_CHECKING:
    from pathlib import Path

    from agent.config.sections import Config


def check_backup(config: Config, state: Path) -> None:
    """Raise `ConfigInvalid` where `[backup] folder` is the state folder or in it."""
    if config.backup is None:
        return
    folder = config.backup.folder.resolve()
    if folder.is_relative_to(state.resolve()):
        raise ConfigInvalid(
            [
                ConfigProblem(
                    config.file,
                    None,
                    "[backup] → folder",
                    f"{shown(str(folder))}, which is in the state folder {state}",
                    'write a folder on another disk, like folder = "/media/usb/stillopen"',
                )
            ]
        )
