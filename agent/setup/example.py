"""Whether a store has been set up yet, or sells by the example that an installation begins with."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from agent.service import first_configuration

if TYPE_CHECKING:
    from agent.config import Config

STORE = ("store-1", "Our Store")  # the example's; a test holds it against the file


def is_example(text: str) -> bool:
    """Whether a configuration says no more than the example does; comments count for nothing."""
    try:
        return tomllib.loads(text) == tomllib.loads(first_configuration())
    except tomllib.TOMLDecodeError:
        return False


def needed(config: Config) -> bool:
    """Whether nobody has set this store up: the example's store, no device, no cloud."""
    hung_on = (config.scanners, config.printers, config.drawers, config.scales, config.displays, config.clouds)
    return (config.store.id, config.store.name) == STORE and not any(hung_on)
