"""What this PC knows about where it stands: its time zone, its language, its country's money. None: it does not say."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ZONES = re.compile(r"zoneinfo/(?:posix/|right/)?([A-Za-z_]+(?:/[A-Za-z0-9_+-]+){0,2})$")
_LOCALE = re.compile(r"([a-z]{2,3})(?:[_-]([A-Z]{2}))?")
_ZONE_CHARS_MAX = 128  # the longest name in the database has 32
_LOCALE_CHARS_MAX = 85  # LOCALE_NAME_MAX_LENGTH of winnls.h

_EURO = "AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MC ME MT NL PT SI SK SM VA XK"
_MONEY = dict.fromkeys(_EURO.split(), "EUR") | {
    "AE": "AED", "AR": "ARS", "AU": "AUD", "BR": "BRL", "CA": "CAD", "CH": "CHF", "CL": "CLP", "CN": "CNY",
    "CO": "COP", "CZ": "CZK", "DK": "DKK", "EG": "EGP", "GB": "GBP", "HK": "HKD", "HU": "HUF", "ID": "IDR",
    "IL": "ILS", "IN": "INR", "IS": "ISK", "JP": "JPY", "KE": "KES", "KR": "KRW", "LI": "CHF", "MA": "MAD",
    "MX": "MXN", "MY": "MYR", "NG": "NGN", "NO": "NOK", "NZ": "NZD", "PE": "PEN", "PH": "PHP", "PL": "PLN",
    "RO": "RON", "RS": "RSD", "SA": "SAR", "SE": "SEK", "SG": "SGD", "TH": "THB", "TR": "TRY", "TW": "TWD",
    "UA": "UAH", "US": "USD", "VN": "VND", "ZA": "ZAR",
}  # fmt: skip
_TAX_ON_TOP = frozenset({"US", "CA"})  # where a shelf's price is without the tax


@dataclass(frozen=True, slots=True)
class Proposed:
    """What may stand in `[store]` here."""

    timezone: str | None
    locale: str | None

    @property
    def country(self) -> str | None:
        """The country of the locale, two letters."""
        return None if self.locale is None or "_" not in self.locale else self.locale.partition("_")[2]

    @property
    def currency(self) -> str | None:
        """Its country's."""
        return _MONEY.get(self.country or "")

    @property
    def prices_include_tax(self) -> bool | None:
        """Whether a shelf's prices hold the tax there."""
        return None if self.country is None else self.country not in _TAX_ON_TOP


def of_this_pc(
    environ: Mapping[str, str] = os.environ, *, root: Path = Path("/"), platform: str = sys.platform
) -> Proposed:
    """Ask this system."""
    if platform == "win32":
        return Proposed(_windows_zone(), locale_of(_windows_locale()))
    said = next((environ[name] for name in ("LC_ALL", "LC_MONETARY", "LANG") if environ.get(name)), None)
    return Proposed(_linux_zone(environ, root), locale_of(said))


def locale_of(text: str | None) -> str | None:
    """Return `de_DE` of what a system calls it: de_DE.UTF-8, de-DE; None of C and of what is none."""
    found = None if text is None else _LOCALE.match(text)
    if found is None or not found[1].islower() or text in {"C", "POSIX"}:
        return None
    return found[1] if found[2] is None else f"{found[1]}_{found[2]}"


def _linux_zone(environ: Mapping[str, str], root: Path) -> str | None:
    named = environ.get("TZ", "").removeprefix(":")
    if "/" in named and not named.startswith("/"):
        return named
    try:
        found = _ZONES.search(str((root / "etc/localtime").readlink()))
        if found is not None:
            return found[1]
    except OSError:
        pass  # a file of its own, or none: the next one has the name
    try:
        text = (root / "etc/timezone").read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return text or None


def _windows_zone() -> str | None:
    """Ask Windows' own ICU (since Windows 10, 1903), which knows the IANA name of Windows' zone."""
    import ctypes

    try:
        icu = ctypes.CDLL("icu.dll")
        name, error = ctypes.create_unicode_buffer(_ZONE_CHARS_MAX), ctypes.c_int(0)
        length = icu.ucal_getDefaultTimeZone(name, _ZONE_CHARS_MAX, ctypes.byref(error))
    except (OSError, AttributeError):
        return None
    return name.value if error.value <= 0 and 0 < length < _ZONE_CHARS_MAX else None


def _windows_locale() -> str | None:
    import ctypes

    name = ctypes.create_unicode_buffer(_LOCALE_CHARS_MAX)
    kernel = getattr(ctypes, "windll", None)
    if kernel is None or not kernel.kernel32.GetUserDefaultLocaleName(name, _LOCALE_CHARS_MAX):
        return None
    return name.value
