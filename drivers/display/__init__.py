"""Customer displays: two lines of twenty characters, in three languages."""

from drivers.display.display import Display
from drivers.display.screen import Screen
from drivers.display.speech import DisplayProtocol, DisplaySettings

__all__ = ["Display", "DisplayProtocol", "DisplaySettings", "Screen"]
