"""The configuration that an agent goes by: as it is on the disk, or the one before while that is not in order."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from agent.config.backup import check_backup
from agent.config.load import load
from agent.config.problems import ConfigInvalid

if TYPE_CHECKING:
    from agent.config.sections import Config
    from agent.places import Places

_log = logging.getLogger("stillopen.config")


def in_order(places: Places) -> Config:
    """Read the configuration for an agent. Raises `ConfigInvalid`."""
    config = load(places.config, need_secrets=False)  # a store opens without its clouds; their records wait
    check_backup(config, places.state)
    return config


def taken_up(before: Config, places: Places) -> Config:
    """Return the configuration to begin anew with; `before` where the one that is there now would stop a store."""
    try:
        return in_order(places)
    except ConfigInvalid as invalid:
        _log.error(
            "The store goes on with the configuration it had; the one on the disk is not in order: %s. Mend it "
            "(stillopen check names every line), and start the agent again.",
            "; ".join(str(problem) for problem in invalid.problems),
        )
        return before
