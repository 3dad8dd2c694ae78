"""From a keyboard's events, as Linux' evdev has them, to what was typed. Pure.

Source: linux/input.h (`struct input_event`), Documentation/input/event-codes.rst (SYN_DROPPED).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from drivers.scanner.wedge_layouts import KEYPAD, LAYOUTS, LayoutName

if TYPE_CHECKING:
    from drivers.scanner.wedge_layouts import Layout

EVENT = struct.Struct("@llHHi")  # seconds, microseconds, type, code, value
EV_SYN, EV_KEY = 0x00, 0x01
SYN_REPORT, SYN_DROPPED = 0, 3
UP, DOWN = 0, 1  # of a key; 2 is a repeat, which no scanner means

ENTER, KEYPAD_ENTER, TAB, CAPS_LOCK = 28, 96, 15, 58
LEFT_SHIFT, RIGHT_SHIFT, LEFT_CTRL, RIGHT_CTRL, LEFT_ALT, ALTGR = 42, 54, 29, 97, 56, 100
_MODIFIERS = frozenset({LEFT_SHIFT, RIGHT_SHIFT, LEFT_CTRL, RIGHT_CTRL, LEFT_ALT, ALTGR})
_ENDS = {ENTER: "\r", KEYPAD_ENTER: "\r", TAB: "\t"}
_ALT_DIGITS_MAX = 4  # Alt and 0029 is the longest that scanners send


class KeyReader:
    """Turns events into text, the same however they are split over `feed`s.

    Control characters come as Ctrl with a key (Ctrl+] is GS) or as Alt with digits of the keypad (Alt+029).
    """

    def __init__(self, layout: Layout = LAYOUTS[LayoutName.US]) -> None:
        self._layout = layout
        self._bytes = bytearray()
        self._held: set[int] = set()  # modifiers
        self._caps = False
        self._alt_digits = ""
        self._dead = False  # the last character waits for a space
        self._dropping = False  # up to the next report, events are of no use

    def feed(self, data: bytes) -> list[bytes | None]:
        """Return what was typed, in UTF-8; None: here the system lost events."""
        self._bytes += data
        whole = len(self._bytes) // EVENT.size * EVENT.size
        pieces: list[bytes | None] = []
        text = ""
        for _, _, kind, code, value in EVENT.iter_unpack(bytes(self._bytes[:whole])):
            if kind == EV_SYN and code == SYN_DROPPED:
                pieces += [text.encode(), None]
                text = ""
                self._forget()
            elif kind == EV_SYN and code == SYN_REPORT:
                self._dropping = False
            elif kind == EV_KEY and not self._dropping:
                text += self._key(code, value)
        del self._bytes[:whole]
        return [piece for piece in (*pieces, text.encode()) if piece != b""]

    def _forget(self) -> None:
        """Let go of everything: a modifier whose release was lost would spell every later code wrongly."""
        self._dropping = True
        self._held.clear()
        self._alt_digits = ""
        self._caps = self._dead = False

    def _key(self, code: int, value: int) -> str:
        if code in _MODIFIERS:
            return self._modifier(code, value)
        if value != DOWN:
            return ""
        if code == CAPS_LOCK:
            self._caps = not self._caps
            return ""
        if code in _ENDS:
            return _ENDS[code]
        if LEFT_ALT in self._held and code in KEYPAD:
            self._alt_digits = (self._alt_digits + KEYPAD[code])[:_ALT_DIGITS_MAX]
            return ""
        return self._character(code)

    def _modifier(self, code: int, value: int) -> str:
        if value == DOWN:
            self._held.add(code)
        elif value == UP:
            self._held.discard(code)
            if code == LEFT_ALT and self._alt_digits:
                digits, self._alt_digits = self._alt_digits, ""
                return _by_number(digits)
        return ""

    def _character(self, code: int) -> str:
        if code in KEYPAD:
            return KEYPAD[code]
        layout, ctrl = self._layout, bool(self._held & {LEFT_CTRL, RIGHT_CTRL})
        if ALTGR in self._held or (ctrl and LEFT_ALT in self._held):  # Windows' other way to type AltGr
            typed = layout.altgr.get(code, "")
        elif ctrl:
            return _control(layout, code)
        else:
            shift = bool(self._held & {LEFT_SHIFT, RIGHT_SHIFT})
            typed = (layout.shift if shift else layout.plain).get(code, "")
            typed = typed.swapcase() if self._caps and len(typed.swapcase()) == 1 else typed
        waited, self._dead = self._dead, typed in layout.dead
        return "" if waited and typed == " " else typed


def _control(layout: Layout, code: int) -> str:
    """Return the control character of a key with Ctrl: by its letter, else by its place on a US keyboard."""
    for plain in (layout.plain, LAYOUTS[LayoutName.US].plain):
        letter = plain.get(code, "").upper()
        if len(letter) == 1 and "@" <= letter <= "_":
            return chr(ord(letter) - ord("@"))
    return ""


def _by_number(digits: str) -> str:
    """Return what Windows types for Alt and digits: by its own code page with a 0 before them, else by DOS'."""
    if not digits.isdecimal():
        return ""
    number = int(digits)
    if number < 0x20 or number > 0xFF:  # noqa: PLR2004 - control characters, and beyond a byte
        return chr(number)
    return bytes([number]).decode("cp1252" if digits.startswith("0") else "cp437", errors="replace")
