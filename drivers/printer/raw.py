"""Raw ESC/POS from another front end: cut into whole commands, each looked at before a printer hears it. Pure.

What passes can only print, feed and cut. A command that is not known here is refused: without its length, nobody
can say where the next one begins. Commands that ask the printer something are left out, since their answers would
be taken for those that say that a receipt was printed. Dots that look like a real-time command are mended as in
`bands.harmless`; anywhere else such bytes are refused.

Commands and lengths: Epson's ESC/POS command reference.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivers.errors import DocumentInvalid
from drivers.printer.bands import REAL_TIME, harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

TEXT_BYTES_MAX = 1024  # of text in one piece: where a line has no end, a drawer's pulse may go between two of them
TAB_STOPS_MAX = 32  # `ESC D` ends at NUL, or after so many

_TEXT = re.compile(rb"[\x00\t\r\x20-\xff]{1,%d}\n?|\n" % TEXT_BYTES_MAX)
_BLANK = b"\0\t\r "
_ESC, _FS, _GS, _DLE = b"\x1b", b"\x1c", b"\x1d", b"\x10"
_TEXT_NAME = b""


def _named(lead: bytes, *groups: tuple[str, int]) -> Iterator[tuple[bytes, int]]:
    for letters, parameters in groups:
        for letter in letters:
            yield lead + letter.encode(), parameters


_FIXED: Mapping[bytes, int] = dict(  # command to how many parameter bytes follow it
    (
        *_named(_ESC, ("@2imSv", 0), ("!aEG-M3dJeKtR {Vr=Uu", 1), ("$\\B", 2)),
        *_named(_FS, (".&", 0), ("!-CW", 1), ("Sp", 2)),
        *_named(_GS, ("!BhwHfb/TarI", 1), ("LWP", 2)),
    )
)
_COUNTED: Mapping[bytes, int] = {  # how many bytes their length has, the low one first
    **dict.fromkeys((b"\x1d(k", b"\x1d(K", b"\x1d(N", b"\x1d(L", b"\x1d(H", b"\x1c(A"), 2),
    b"\x1d8L": 4,
}
_QUESTIONS = (b"\x1da", b"\x1dr", b"\x1dI", b"\x1d(H", b"\x1bu", b"\x1bv")  # left out
_SELECT = b"\x1b="
_FEEDS = (b"\x1bd", b"\x1bJ", b"\x1b@")  # after these no text is left that was not printed (or is wanted)
_GRAPHICS = (b"\x1d(L", b"\x1d8L")
_STORE_DOTS = b"pq"  # functions 112 and 113: raster and columns
_GRAPHICS_FUNCTIONS = b"\x01\x02\x31\x32EU" + _STORE_DOTS  # density, print, print a stored one
_SYMBOL, _SYMBOL_SIZE = b"\x1d(k", b"R"  # `GS ( k` function 82 asks how large a code will be

_DRAWER = "it opens the drawer", "open it with POST /v1/tills/{till}/drawer, which keeps the reason"
_KEPT = "it changes what the printer keeps when it is off", "set the printer up with its maker's own program"
_PAGE = "page mode and macros print later, or never", "leave it out"
_REFUSED: Mapping[bytes, tuple[str, str]] = {
    b"\x1bp": _DRAWER,
    **dict.fromkeys((b"\x1d(E", b"\x1d(C", b"\x1d(M", b"\x1d(A", b"\x1cq", b"\x1cg"), _KEPT),
    **dict.fromkeys((b"\x1bL", b"\x1d:", b"\x1d^"), _PAGE),
}
_CUT_OFF = "its end is missing", "send all of it in one job"
_AT_ONCE = (
    "it holds a real-time command, which a printer obeys at once, wherever it stands",
    "leave 10 04, 10 05 and 10 14 out",
)


def commands(raw: bytes) -> tuple[bytes, ...]:
    """Return what may be sent, as whole commands. Raises `DocumentInvalid` naming the byte and the reason."""
    found: list[bytes] = []
    unprinted = False  # whether text stands in the printer's line that nothing has printed yet
    for name, command in _cut_up(raw):
        if name == _TEXT_NAME:
            unprinted = not command.endswith(b"\n") and (unprinted or bool(command.strip(_BLANK)))
        elif _asks(name, command):
            continue
        elif name in _FEEDS:
            unprinted = False
        found.append(command)
    return (*found, b"\n") if unprinted else tuple(found)


def _cut_up(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each command's name and the whole of it, its dots mended."""
    at = 0
    while at < len(raw):
        text = _TEXT.match(raw, at)
        if text is not None:
            yield _TEXT_NAME, text[0]
            at = text.end()
            continue
        name, size, dots_at = _extent(raw, at)
        command = raw[at : at + size]
        if len(command) < size:
            raise _no(raw, at, *_CUT_OFF)
        if dots_at:
            command = command[:dots_at] + harmless(command[dots_at:])
        if any(at_once in command for at_once in REAL_TIME):
            raise _no(raw, at, *_AT_ONCE)
        yield name, command
        at += size


def _extent(raw: bytes, at: int) -> tuple[bytes, int, int]:
    """Return the name of the command that begins at `at`, its size, and where in it dots begin (0: it has none)."""
    lead, two, three = raw[at : at + 1], raw[at : at + 2], raw[at : at + 3]
    refused = _AT_ONCE if lead == _DLE else _REFUSED.get(two) or _REFUSED.get(three)
    if refused is None and two == lead and lead in (_ESC, _FS, _GS):
        refused = _CUT_OFF
    if refused is None and two == _SELECT and not _number(raw, at + 2, 1) & 1:
        refused = "it makes the printer deaf to what follows", "leave it out"
    if refused is not None:
        raise _no(raw, at, *refused)
    if two in _FIXED:
        return two, 2 + _FIXED[two], 0
    if three in _COUNTED:
        return _of_counted(raw, at, three)
    size, dots_at = _SHAPED[two](raw, at) if two in _SHAPED else (0, 0)
    if not size:
        raise _no(raw, at, "it is not known here, so nobody can say what follows", "leave it out, or send a document")
    return two, size, dots_at


def _of_counted(raw: bytes, at: int, name: bytes) -> tuple[bytes, int, int]:
    size, width = _counted(raw, at, _COUNTED[name]), _COUNTED[name]
    function = raw[at + 4 + width : at + 5 + width]
    if name not in _GRAPHICS:
        return name, size, 0
    if function and function not in _GRAPHICS_FUNCTIONS:
        raise _no(raw, at, *_KEPT)
    # after the length: m, fn, tone, two scales, colour, width and height of two bytes each
    return name, size, 3 + width + 10 if function and function in _STORE_DOTS else 0


def _asks(name: bytes, command: bytes) -> bool:
    """Return whether a whole command makes the printer answer."""
    return name in _QUESTIONS or (name == _SYMBOL and command[6:7] == _SYMBOL_SIZE)


def _column_image(raw: bytes, at: int) -> tuple[int, int]:
    """`ESC *`: modes 32 and 33 have 24 dots a column, the others 8."""
    tall = _number(raw, at + 2, 1) in (32, 33)
    return 5 + _number(raw, at + 3, 2) * (3 if tall else 1), 5


def _tab_stops(raw: bytes, at: int) -> tuple[int, int]:
    end = raw.find(0, at + 2, at + 2 + TAB_STOPS_MAX + 1)
    return (end + 1 - at if end >= 0 else 2 + TAB_STOPS_MAX), 0


def _cut(raw: bytes, at: int) -> tuple[int, int]:
    """`GS V`: functions A to D have a distance."""
    return (4 if _number(raw, at + 2, 1) >= ord("A") else 3), 0


def _barcode(raw: bytes, at: int) -> tuple[int, int]:
    kind = _number(raw, at + 2, 1)
    if kind >= ord("A"):  # form B: a length and the text
        return 4 + _number(raw, at + 3, 1), 0
    if kind > 6:  # noqa: PLR2004 - form A ends at CODABAR
        return 0, 0
    end = raw.find(0, at + 3)  # form A: the text and NUL
    return (end if end >= 0 else len(raw)) + 1 - at, 0


def _raster(raw: bytes, at: int) -> tuple[int, int]:
    if raw[at + 2 : at + 3] not in (b"", b"0"):
        return 0, 0
    return 8 + _number(raw, at + 4, 2) * _number(raw, at + 6, 2), 8


def _stored_image(raw: bytes, at: int) -> tuple[int, int]:
    """`GS *`: bytes across, and eights of dots down; kept until it is switched off."""
    return 4 + _number(raw, at + 2, 1) * _number(raw, at + 3, 1) * 8, 4


_SHAPED: Mapping[bytes, Callable[[bytes, int], tuple[int, int]]] = {  # size (0: no such command), where dots begin
    b"\x1b*": _column_image,
    b"\x1bD": _tab_stops,
    b"\x1dV": _cut,
    b"\x1dk": _barcode,
    b"\x1dv": _raster,
    b"\x1d*": _stored_image,
}


def _counted(raw: bytes, at: int, width: int) -> int:
    return 3 + width + _number(raw, at + 3, width)


def _number(raw: bytes, at: int, width: int) -> int:
    """Return a number, the low byte first. Of one that is cut off, whatever: the command then is, too."""
    return int.from_bytes(raw[at : at + width], "little")


def _no(raw: bytes, at: int, why: str, hint: str) -> DocumentInvalid:
    return DocumentInvalid(f"byte {at + 1} of the raw bytes ({raw[at : at + 3].hex(' ')}): {why}", hint=hint)
