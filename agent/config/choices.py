"""What a person may choose where the driver knows kinds: each of them, or that the printer is asked."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from drivers.printer.escpos import FenceKind
from drivers.printer.settings import DialectName

if TYPE_CHECKING:
    from drivers.scale.reading import Unit


class DialectChoice(StrEnum):
    """A printer's `dialect`."""

    AUTO = "auto"
    ESCPOS = "escpos"
    STAR_LINE = "star_line"
    STARPRNT = "starprnt"

    @property
    def speaks(self) -> DialectName:
        """The dialect; of `AUTO`, what its other settings are checked for."""
        return DialectName.ESCPOS if self is DialectChoice.AUTO else DialectName(self)


class ScaleUnit(StrEnum):
    """A scale's `unit`: what prices a weight go by is the kilogram in any case."""

    KG = "kg"
    LB = "lb"

    @property
    def shown(self) -> Unit:
        """The unit that the scale shows."""
        from drivers.scale.reading import Unit  # only for stores that have a scale

        return Unit(self)


class FenceChoice(StrEnum):
    """A printer's `fence`."""

    AUTO = "auto"
    GS_R = "gs_r"
    GS_H = "gs_h"
    ETB = "etb"
    NONE = "none"

    @property
    def kind(self) -> FenceKind | None:
        """The fence; None for `AUTO`."""
        return None if self is FenceChoice.AUTO else FenceKind(self)
