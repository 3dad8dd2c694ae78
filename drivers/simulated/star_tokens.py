"""Star Line Mode and StarPRNT read as a printer reads them: bytes cut into commands. Pure.

Knows the length of every command of "STAR Line Mode Command Specifications", chapter 3, that a receipt is made of;
one it does not know is a token of two bytes, and its parameters print. A visit to raster mode is one token.
"""

from __future__ import annotations

from drivers.simulated.printer_tokens import TEXT, Token

_ESC = 0x1B
_RS, _GS = 0x1E, 0x1D

# What follows ESC, ESC RS and ESC GS: command letter to how many parameter bytes follow it.
_AFTER_ESC = {ord(letter): count for letters, count in (
    ("@EF4501MP:g", 0), ("-_aJIzdRWhClQ/ \x06", 1), ("is\x07", 2),
) for letter in letters}  # fmt: skip
_AFTER_RS = {ord(letter): 1 for letter in "aEFdrCc"}
_AFTER_GS = {ord("t"): 1, ord("a"): 1, ord("A"): 2, ord("R"): 2, 0x03: 3}
_BAND_ROWS = 24  # of `ESC k`, whose bytes lie in rows
_QR_SETTINGS = b"S"
RASTER_MODE = b"\x1b*rA"
_RASTER_END = b"\x1b*rB"
# What stays set from one receipt to the next until `ESC @` or a power cut.
STAR_SETTINGS = frozenset((*(b"\x1b" + letter for letter in (b"E", b"F", b"i")), b"\x1b\x1da", b"\x1b\x1dt"))
CONTROLS = frozenset(b"\n\r\0\x07\x17\x18\x19\x1a\x1c\x05\x0e\x14")
_NAMES = (
    {TEXT, RASTER_MODE, b"\x1bb", b"\x1bX", b"\x1bk", b"\x1b\x1dS", b"\x1b\x1dyS", b"\x1b\x1dyD", b"\x1b\x1dyP"}
    | {bytes((byte,)) for byte in CONTROLS}
    | {bytes((_ESC, letter)) for letter in _AFTER_ESC}
    | {bytes((_ESC, _RS, letter)) for letter in _AFTER_RS}
    | {bytes((_ESC, _GS, letter)) for letter in _AFTER_GS}
)


def known(token: Token) -> bool:
    """Return whether a Star knows this command."""
    return token.name in _NAMES


def first_star_token(stream: bytes | bytearray) -> Token | None:
    """Return what the stream begins with, or None where that is not there as a whole yet."""
    if not stream:
        return None
    if stream[0] >= 0x20:  # noqa: PLR2004 - where control characters end
        end = next((at for at, byte in enumerate(stream) if byte < 0x20), len(stream))  # noqa: PLR2004
        return Token(TEXT, bytes(stream[:end]), end)
    if stream[0] != _ESC:
        return Token(bytes(stream[:1]), b"", 1)
    if len(stream) == 1:
        return None
    name_size, size = _extent(stream)
    if size is None or len(stream) < size:
        return None
    return Token(bytes(stream[:name_size]), bytes(stream[name_size:size]), size)


def _extent(stream: bytes | bytearray) -> tuple[int, int | None]:
    """Return how long the name is, and how long the whole command; None: more bytes must come to tell."""
    letter = stream[1]
    if letter in _AFTER_ESC:
        return 2, 2 + _AFTER_ESC[letter]
    if letter == ord("b"):  # a barcode's text ends in RS
        end = stream.find(_RS, 6)
        return 2, end + 1 if end >= 0 else None
    if letter == ord("X"):
        count = _number(stream, 2)
        return 2, None if count is None else 4 + 3 * count
    if letter == ord("k"):
        count = _number(stream, 2)
        return 2, None if count is None else 4 + _BAND_ROWS * count
    if letter not in (_RS, _GS, ord("*")):
        return 2, 2
    if len(stream) < 3:  # noqa: PLR2004 - the letter after RS, GS or *
        return 3, None
    if letter == _RS:
        return 3, 3 + _AFTER_RS.get(stream[2], 0)
    if letter == _GS:
        return _gs(stream)
    return 4, _raster_mode(stream)


def _gs(stream: bytes | bytearray) -> tuple[int, int | None]:
    third = stream[2]
    if third == ord("S"):
        across, down = _number(stream, 4), _number(stream, 6)
        return 3, None if across is None or down is None else 9 + across * down
    if third != ord("y"):
        return 3, 3 + _AFTER_GS.get(third, 0)
    if len(stream) < 4:  # noqa: PLR2004 - S, D or P
        return 4, None
    if stream[3] == ord("D"):
        count = _number(stream, 6)
        return 4, None if count is None else 8 + count
    return 4, 6 if stream[3] in _QR_SETTINGS else 4


def _raster_mode(stream: bytes | bytearray) -> int | None:
    """Return where raster mode is left again: only rows and settings may stand in it."""
    if len(stream) < len(RASTER_MODE):
        return None
    if stream[: len(RASTER_MODE)] != RASTER_MODE:
        return len(RASTER_MODE)  # such as leaving a mode it is not in: nothing
    at = len(RASTER_MODE)
    while at < len(stream):
        if stream[at] == ord("b"):
            count = _number(stream, at + 1)
            if count is None:
                return None
            at += 3 + count
        elif stream[at : at + 4] == _RASTER_END:
            return at + 4
        elif stream[at] == _ESC:
            end = stream.find(0, at)
            if end < 0:
                return None
            at = end + 1
        else:
            at += 1
    return None


def raster_rows(token: Token) -> list[bytes]:
    """Return the rows of dots of a visit to raster mode."""
    args, rows, at = token.args, [], 0
    while at < len(args):
        if args[at] == ord("b"):
            count = int.from_bytes(args[at + 1 : at + 3], "little")
            rows.append(args[at + 3 : at + 3 + count])
            at += 3 + count
        elif args[at : at + 4] == _RASTER_END:
            break
        else:
            at = args.index(0, at) + 1 if args[at] == _ESC else at + 1
    return rows


def _number(stream: bytes | bytearray, at: int) -> int | None:
    raw = stream[at : at + 2]
    return int.from_bytes(raw, "little") if len(raw) == 2 else None  # noqa: PLR2004 - two bytes, the low one first
