"""What a simulated printer is, what is wrong with it, and what comes out of it: values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from drivers.simulated.printer_tokens import TEXT, Token

if TYPE_CHECKING:
    from collections.abc import Iterable

RESET = b"\x1b@"
# What stays set from one receipt to the next until `ESC @` or a power cut.
SETTINGS = frozenset(
    (
        *(b"\x1b" + letter for letter in (b"t", b"a", b"E", b"G", b"-", b"M", b"!", b"3", b"2")),
        *(b"\x1d" + letter for letter in (b"!", b"B", b"h", b"w", b"H", b"f")),
        *(b"\x1c.", b"\x1c&"),
    )
)
_WHITE = SETTINGS | {RESET, b"\n", b"\r", b"\x1bd", b"\x1bJ"}  # feeds, and what only sets something


class DrawerKind(StrEnum):
    """What hangs on the drawer connector."""

    NORMAL = "normal"  # its switch pulls pin 3 low when it is open
    REVERSED = "reversed"
    JAMMED = "jammed"  # the pulse comes and nothing moves
    ABSENT = "absent"  # pin 3 is high for ever


@dataclass(frozen=True, slots=True)
class Model:
    """What kind of printer it is."""

    columns: int = 48
    dots: int = 576
    profile: str = "default"  # how it numbers its code pages
    process_ids: bool = True  # whether it knows `GS ( H`; one that does not prints the parameters
    fences: bool = True  # whether it answers `GS r`
    reports: bool = True  # whether it knows `GS a`
    answers: bool = True  # False: one-way
    real_time_pulse: bool = True  # whether it obeys `DLE DC4 1`
    chinese: bool = False  # pairs up bytes of 80h and above until it is told not to
    names: tuple[bytes, bytes, bytes, bytes] = (b"1.00", b"STILLOPEN", b"SIM-80", b"00000001")  # GS I 65..68


@dataclass(slots=True)
class Oddities:
    """What is wrong with its answers, and with how it takes bytes."""

    silent: bool = False  # takes everything, answers nothing
    late_status_s: float = 0.0  # `DLE EOT` is answered so much later
    xoff_in_reports: bool = False  # an XOFF stands within the four bytes
    report_before_answers: bool = False  # an automatic report comes just before every answer
    only_latest_id: bool = False  # of several process ids in its buffer it reports the last
    display_first: bool = False  # switched on, it lets the display hear first, as some are set to
    overruns: bool = False  # throws away what its full buffer has no room for, as with no flow control


@dataclass(frozen=True, slots=True)
class Condition:
    """How it is, as far as its status can say."""

    pin_high: bool
    offline: bool
    cover_open: bool
    paper_out: bool
    paper_low: bool
    cutter_stuck: bool
    overheated: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came out up to a cut, and the settings that were in force before its first command."""

    tokens: tuple[Token, ...]
    before: tuple[Token, ...] = ()

    @property
    def shows(self) -> bool:
        """Whether anything is on it but white."""
        return any(token.name not in _WHITE for token in self.tokens)

    @property
    def text(self) -> bytes:
        """The text bytes on it, in order, with a line feed for each."""
        return b"".join(
            token.args if token.name == TEXT else b"\n" for token in self.tokens if token.name in (TEXT, b"\n")
        )


def in_force(tokens: Iterable[Token], settings: frozenset[bytes]) -> tuple[Token, ...]:
    """Return the settings in force after these commands, in the order they were made."""
    found: dict[bytes, Token] = {}
    for token in tokens:
        if token.name == RESET:
            found.clear()
        elif token.name in settings:
            found.pop(token.name, None)
            found[token.name] = token
    return tuple(found.values())
