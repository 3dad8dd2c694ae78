"""Cash drawers: what opens one, what its switch says, and what that means."""

from drivers.drawer.drawer import Drawer, Lesson
from drivers.drawer.switch import Position

__all__ = ["Drawer", "Lesson", "Position"]
