"""A table of dialects: everything that differs between them is one of these entries' parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.printer import escpos, pulse, star
from drivers.printer.session import Session
from drivers.printer.settings import DialectName
from drivers.printer.star_session import StarLineSession, StarSession

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivers.printer.document import Document
    from drivers.printer.escpos import Dialect, Fence, Job


@dataclass(frozen=True, slots=True)
class Speaker:
    """How one dialect says things, and how a conversation in it is held."""

    encode: Callable[[Document, Dialect], tuple[bytes, ...]]
    job: Callable[[tuple[bytes, ...], Dialect, Fence, Fence], Job]
    pulse: pulse.Pulse
    session: type[Session]
    long_pulses: bool = False  # whether a pulse may be of 200 ms, whatever it is set to


DIALECTS: Mapping[DialectName, Speaker] = {
    DialectName.ESCPOS: Speaker(escpos.encode, escpos.job, pulse.pulse, Session),
    DialectName.STAR_LINE: Speaker(star.encode_line, star.job, star.pulse, StarLineSession, long_pulses=True),
    DialectName.STARPRNT: Speaker(star.encode_prnt, star.job, star.pulse, StarSession, long_pulses=True),
}
