"""Taking out of a text what must not leave the store: secrets, addresses that are some, what could be a card's number.

It errs on the safe side: a line that could hold a card's number loses every digit, a field named like a secret its
value, whatever that was.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from agent.card_guard import find_card_data

if TYPE_CHECKING:
    from collections.abc import Iterable

HIDDEN = "[hidden]"
CARD = "[digits hidden: they could be a card's]"
SECRET_CHARS_MIN = 4  # shorter is a word, and taking it out would take words out everywhere

_NAMED = (
    r"[\w.-]*(?:secret|token|password|passwd|passphrase|api[_-]?key|private[_-]?key|client[_-]?id|certificate|cookie)"
    r"[\w-]*"
)
_PIN = r"(?:new[_-]?|old[_-]?|wrong[_-]?)?pins?"
_NAME = re.compile(rf"(?:{_NAMED}|{_PIN}|authorization|code_verifier|phone|email|note)", re.IGNORECASE)
# A field and its value, as TOML, JSON, an HTTP header, a query or a log line writes them.
_FIELD = re.compile(
    rf"""(?P<name>\b(?:{_NAMED}|{_PIN}|authorization|code_verifier)\b["']?\s*[:=]\s*)"""
    r"""(?P<value>"(?:[^"\\]|\\.)*"|'[^']*'|(?:Bearer|Basic)\s+\S+|[^\s,;&"'{}\[\]]+)""",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)
_KEYS = re.compile(r"\b(?:whsec_|sk_live_|sk_test_|rk_live_|rk_test_|shpat_|shpss_|EAAA|cs_|ck_)[A-Za-z0-9+/=_-]{8,}")
_URL = re.compile(
    r"(?P<scheme>\b(?:https?|socks5h?)://)(?P<user>[^/\s\"'@]*@)?(?P<host>[^/\s\"'?#,)]+)(?P<rest>[^\s\"',)]*)"
)
# Of any other address: who signs in there, and with what.
_USER = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)(?P<user>[^/\s\"'@]+@)", re.IGNORECASE)
# A value over several lines, as TOML has them; one whose end was forgotten goes on to the text's.
_LINES = re.compile(
    rf"""(?P<name>\b(?:{_NAMED}|{_PIN}|authorization|code_verifier)\b["']?\s*=\s*)"""
    r"(?P<quotes>\"{3}|'{3})(?:.*?(?P=quotes)|.*)",
    re.IGNORECASE | re.DOTALL,
)
_OURS = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?")
_DIGITS = re.compile(r"\d")
_CONTACT = re.compile(rf"(?:{_PIN})\W*", re.IGNORECASE)  # as a drawer's `pin = 2` is named, too
_CONTACT_NUMBER = re.compile(r"[\"']?\d{1,2}[\"']?")  # no PIN is as short


class Redactor:
    """Knows this store's secrets, and how others look."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {form for secret in secrets for form in _forms(secret) if len(form) >= SECRET_CHARS_MIN}
        self._known = sorted(known, key=len, reverse=True)  # a secret that holds another goes first

    def text(self, text: str) -> str:
        """Return the text without what must not leave."""
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        text = _LINES.sub(_lines, text)
        return "\n".join(self._line(line) for line in text.split("\n"))

    def value(self, value: Any, name: str = "") -> Any:
        """Return a JSON value without it; `name` is the field that it is in."""
        if isinstance(value, dict):
            return {key: self.value(inside, str(key)) for key, inside in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(inside, name) for inside in value]
        if value is not None and not isinstance(value, bool) and _NAME.fullmatch(name):
            return value if _is_contact(name, str(value)) else HIDDEN
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, int) and not isinstance(value, bool) and find_card_data(str(value)):
            return CARD
        return value

    def _line(self, line: str) -> str:
        if line.startswith("{"):
            with suppress(ValueError):  # a log line of ours as JSON, or another's that holds no more than JSON
                return json.dumps(self.value(json.loads(line)), ensure_ascii=False, sort_keys=True)
        line = _USER.sub(rf"\g<scheme>{HIDDEN}@", _URL.sub(_address, line))
        line = _FIELD.sub(_field, line)
        line = _KEYS.sub(HIDDEN, _BEARER.sub(rf"\1 {HIDDEN}", line))
        return f"{_DIGITS.sub('#', line)} {CARD}" if find_card_data(line) else line


def _forms(secret: str) -> Iterable[str]:
    """Yield a secret as it may be written: plain, in an address, each of its lines, without its mark, in hex."""
    yield secret
    yield quote(secret, safe="")
    yield from (line.strip() for line in secret.splitlines() if not line.startswith("-----"))
    yield secret.removeprefix("whsec_")
    for hex_ in (secret.encode().hex(), secret.encode().hex(" ")):  # as the bytes of a line are written
        yield hex_
        yield hex_.upper()


def _lines(found: re.Match[str]) -> str:
    """Return a value over several lines with as many lines, so that an error's line is still the same."""
    return f'{found["name"]}"{HIDDEN}"' + "\n" * found[0].count("\n")


def _address(found: re.Match[str]) -> str:
    """Return an address without user, path and query: they may be the secret. This PC's own stays whole."""
    if _OURS.fullmatch(found["host"]) and not found["user"] and "?" not in found["rest"]:
        return found[0]
    rest = f"/{HIDDEN}" if found["rest"] not in ("", "/") else found["rest"]
    return f"{found['scheme']}{found['host']}{rest}"


def _is_contact(name: str, value: str) -> bool:
    return _CONTACT.fullmatch(name) is not None and _CONTACT_NUMBER.fullmatch(value) is not None


def _field(found: re.Match[str]) -> str:
    if _is_contact(found["name"], found["value"]):
        return found[0]
    quote_ = found["value"][0] if found["value"][0] in "\"'" else ""
    return f"{found['name']}{quote_}{HIDDEN}{quote_}"
