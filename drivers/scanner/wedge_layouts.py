# ruff: noqa: RUF001 - the keyboards have an acute accent, and it is no other character
"""Keyboard layouts: what a key types, by the country that a wedge scanner is set to.

Keys are Linux' numbers (input-event-codes.h), which follow the place on the keyboard and not the letter on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# The 48 keys that differ from country to country, row by row: the first row begins with the key left of 1, the third
# ends with the one left of Enter, the fourth begins with the one right of the left Shift (which US keyboards lack).
_PLACES = (41, *range(2, 14), *range(16, 28), *range(30, 41), 43, 86, *range(44, 54))

KEYPAD = dict(zip((82, 79, 80, 81, 75, 76, 77, 71, 72, 73, 83, 74, 78, 55, 98), "0123456789.-+*/", strict=True))
SPACE = 57


class LayoutName(StrEnum):
    """The countries a scanner may be set to."""

    US = "us"
    UK = "uk"
    DE = "de"  # and Austria
    FR = "fr"
    IT = "it"
    ES = "es"
    SE = "se"  # and Finland


@dataclass(frozen=True, slots=True)
class Layout:
    """What each key types: alone, with Shift, with AltGr. `dead`: these wait for a space to be themselves."""

    plain: dict[int, str]
    shift: dict[int, str]
    altgr: dict[int, str]
    dead: frozenset[str] = frozenset()


def _layout(plain: str, shift: str, altgr: dict[int, str] | None = None, dead: str = "") -> Layout:
    """`plain` and `shift` name all places; a blank is a place that types nothing."""
    return Layout(_by_place(plain), _by_place(shift), altgr or {}, frozenset(dead))


def _by_place(characters: str) -> dict[int, str]:
    return {place: one for place, one in zip(_PLACES, characters, strict=True) if one != " "} | {SPACE: " "}


LAYOUTS = {
    LayoutName.US: _layout(
        "`1234567890-=qwertyuiop[]asdfghjkl;'\\<zxcvbnm,./",
        '~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"|>ZXCVBNM<>?',
    ),
    LayoutName.UK: _layout(
        "`1234567890-=qwertyuiop[]asdfghjkl;'#\\zxcvbnm,./",
        '¬!"£$%^&*()_+QWERTYUIOP{}ASDFGHJKL:@~|ZXCVBNM<>?',
        {5: "€"},
    ),
    LayoutName.DE: _layout(
        "^1234567890ß´qwertzuiopü+asdfghjklöä#<yxcvbnm,.-",
        "°!\"§$%&/()=?`QWERTZUIOPÜ*ASDFGHJKLÖÄ'>YXCVBNM;:_",
        {3: "²", 4: "³", 8: "{", 9: "[", 10: "]", 11: "}", 12: "\\", 16: "@", 18: "€", 27: "~", 86: "|", 50: "µ"},
        "^´`",
    ),
    LayoutName.FR: _layout(
        "²&é\"'(-è_çà)=azertyuiop^$qsdfghjklmù*<wxcvbn,;:!",
        " 1234567890°+AZERTYUIOP¨£QSDFGHJKLM%µ>WXCVBN?./§",
        {3: "~", 4: "#", 5: "{", 6: "[", 7: "|", 8: "`", 9: "\\", 10: "^", 11: "@", 12: "]", 13: "}", 18: "€"},
        "^¨~`",
    ),
    LayoutName.IT: _layout(
        "\\1234567890'ìqwertyuiopè+asdfghjklòàù<zxcvbnm,.-",
        '|!"£$%&/()=?^QWERTYUIOPé*ASDFGHJKLç°§>ZXCVBNM;:_',
        {18: "€", 26: "[", 27: "]", 39: "@", 40: "#"},
    ),
    LayoutName.ES: _layout(
        "º1234567890'¡qwertyuiop`+asdfghjklñ´ç<zxcvbnm,.-",
        'ª!"·$%&/()=?¿QWERTYUIOP^*ASDFGHJKLÑ¨Ç>ZXCVBNM;:_',
        {41: "\\", 2: "|", 3: "@", 4: "#", 5: "~", 18: "€", 26: "[", 27: "]", 40: "{", 43: "}"},
        "`´^¨~",
    ),
    LayoutName.SE: _layout(
        "§1234567890+´qwertyuiopå¨asdfghjklöä'<zxcvbnm,.-",
        '½!"#¤%&/()=?`QWERTYUIOPÅ^ASDFGHJKLÖÄ*>ZXCVBNM;:_',
        {3: "@", 4: "£", 5: "$", 8: "{", 9: "[", 10: "]", 11: "}", 12: "\\", 18: "€", 27: "~", 86: "|"},
        "´`¨^~",
    ),
}
