"""ESC/POS read as a printer reads it: bytes cut into commands. Pure, and ignorant of what they print.

Knows the length of every command of the ESC/POS core, so that nothing inside a picture is taken for a
command. Like a printer, it has no way back: a wrong length makes it swallow or print what follows.
"""

from __future__ import annotations

from dataclasses import dataclass

_ESC, _FS, _GS, _DLE = 0x1B, 0x1C, 0x1D, 0x10
TAB_STOPS_MAX = 32  # `ESC D` ends at NUL, or after so many

# Command letter to how many parameter bytes follow it.
_FIXED: dict[int, dict[int, int]] = {
    _ESC: {ord(letter): count for letters, count in (
        ("@2imLSv", 0), ("!aEG-M3dJeKtR {VrTUuc=", 1), ("$\\B", 2), ("p", 3), ("W", 8),
    ) for letter in letters} | {ord("c"): 2},
    _FS: {ord(letter): count for letters, count in ((".&", 0), ("!-CW", 1), ("pS", 2)) for letter in letters},
    _GS: {ord(letter): count for letters, count in (
        (":", 0), ("!BhwHfraI/bjEzT", 1), ("LWP$\\", 2), ("^", 3),
    ) for letter in letters},
}  # fmt: skip
_DLE_DC4 = {0x01: 2, 0x02: 2, 0x03: 6, 0x07: 1, 0x08: 7}  # function to how many bytes follow it


@dataclass(frozen=True, slots=True)
class Token:
    """A run of text, one control character, or one command: `name` is its lead and letters, `args` the rest."""

    name: bytes
    args: bytes
    size: int  # bytes in the stream


TEXT = b"text"


def first_token(stream: bytes | bytearray) -> Token | None:
    """Return what the stream begins with, or None where that is not there as a whole yet."""
    if not stream:
        return None
    lead = stream[0]
    if lead >= 0x20:  # noqa: PLR2004 - where control characters end
        end = next((at for at, byte in enumerate(stream) if byte < 0x20), len(stream))  # noqa: PLR2004
        return Token(TEXT, bytes(stream[:end]), end)
    if lead not in (_ESC, _FS, _GS, _DLE):
        return Token(bytes([lead]), b"", 1)
    if len(stream) == 1:
        return None
    name_size, size = _extent(stream)
    if size is None or len(stream) < size:
        return None
    return Token(bytes(stream[:name_size]), bytes(stream[name_size:size]), size)


def _extent(stream: bytes | bytearray) -> tuple[int, int | None]:
    """Return how long the name is, and how long the whole command; None: more bytes must come to tell."""
    lead, letter = stream[0], stream[1]
    if lead == _DLE:
        return _dle(stream)
    if letter in _FIXED[lead]:
        return 2, 2 + _FIXED[lead][letter]
    if letter == ord("("):  # a function letter, then a length of two bytes
        return 3, _counted(stream, at=3, width=2)
    if lead == _ESC and letter == ord("*"):
        columns = _number(stream, 3, 2)
        bytes_each = 3 if len(stream) > 2 and stream[2] >= 32 else 1  # noqa: PLR2004 - modes 32, 33: 24 dots
        return 2, None if columns is None else 5 + columns * bytes_each
    if lead == _ESC and letter == ord("D"):
        end = stream.find(0, 2, 2 + TAB_STOPS_MAX + 1)
        return 2, end + 1 if end >= 0 else None if len(stream) < 2 + TAB_STOPS_MAX else 2 + TAB_STOPS_MAX
    if lead == _GS:
        return _gs(stream, letter)
    return 2, 2  # unknown: its parameters, if any, will print


def _gs(stream: bytes | bytearray, letter: int) -> tuple[int, int | None]:
    third = stream[2] if len(stream) > 2 else None  # noqa: PLR2004 - lead and letter come before it
    match chr(letter):
        case "V":  # cut: functions A to D have a distance
            return 2, None if third is None else 4 if third >= ord("A") else 3
        case "k":
            return 2, _barcode(stream, third)
        case "v":
            across, down = _number(stream, 4, 2), _number(stream, 6, 2)
            return 3, None if across is None or down is None else 8 + across * down
        case "8":
            return 3, _counted(stream, at=3, width=4)
        case "*":
            down = _number(stream, 3, 1)
            return 2, None if third is None or down is None else 4 + third * down * 8
        case _:
            return 2, 2


def _barcode(stream: bytes | bytearray, kind: int | None) -> int | None:
    if kind is None:
        return None
    if kind >= 65:  # noqa: PLR2004 - form B: a length and the text
        return _counted(stream, at=3, width=1)
    end = stream.find(0, 3)  # form A: the text and NUL
    return end + 1 if end >= 0 else None


def _dle(stream: bytes | bytearray) -> tuple[int, int | None]:
    third = stream[2] if len(stream) > 2 else None  # noqa: PLR2004 - as above
    if stream[1] == 0x04:  # noqa: PLR2004 - EOT: ink, peeler and interface status have a second number
        return 2, None if third is None else 4 if third in (7, 8, 0x12) else 3
    if stream[1] == 0x05:  # noqa: PLR2004 - ENQ
        return 2, 3
    if stream[1] == 0x14:  # noqa: PLR2004 - DC4
        return 2, None if third is None else 3 + _DLE_DC4.get(third, 0)
    return 1, 1


def _counted(stream: bytes | bytearray, *, at: int, width: int) -> int | None:
    count = _number(stream, at, width)
    return None if count is None else at + width + count


def _number(stream: bytes | bytearray, at: int, width: int) -> int | None:
    raw = stream[at : at + width]
    return int.from_bytes(raw, "little") if len(raw) == width else None
