"""OAuth 1.0a signatures (RFC 5849), HMAC-SHA1 and HMAC-SHA256: pure.

One-legged, as WooCommerce takes it over plain http, there is no token: its secret counts as empty. HMAC-SHA256 is not
in the RFC; it is HMAC-SHA1 with the other hash, as WooCommerce, Magento and NetSuite have it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

_DEFAULT_PORTS = {"http": 80, "https": 443}

Pairs = list[tuple[str, str]]


class Method(StrEnum):
    """How it is signed, by its name on the wire."""

    HMAC_SHA1 = "HMAC-SHA1"
    HMAC_SHA256 = "HMAC-SHA256"


_HASHES = {Method.HMAC_SHA1: hashlib.sha1, Method.HMAC_SHA256: hashlib.sha256}


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs. `token` stays empty where there is one leg."""

    key: str
    secret: str = field(repr=False)
    token: str = ""
    token_secret: str = field(default="", repr=False)
    method: Method = Method.HMAC_SHA256
    realm: str | None = None  # in the header form only; it is not signed

    def header(self, verb: str, url: str, *, nonce: str, timestamp: int, form: Iterable[tuple[str, str]] = ()) -> str:
        """Return the value of the `Authorization` header (3.5.1). `form` is a form-encoded body's fields."""
        own = self._own(nonce, timestamp)
        signed = [*own, ("oauth_signature", self._signature(verb, url, [*own, *form]))]
        parts = [f'{name}="{_escaped(value)}"' for name, value in signed]
        if self.realm is not None:
            parts.insert(0, f'realm="{self.realm}"')
        return "OAuth " + ", ".join(parts)

    def query(self, verb: str, url: str, *, nonce: str, timestamp: int) -> str:
        """Return what to add to the URL's query (3.5.3), without a leading `?` or `&`."""
        own = self._own(nonce, timestamp)
        signed = [*own, ("oauth_signature", self._signature(verb, url, own))]
        return "&".join(f"{name}={_escaped(value)}" for name, value in signed)

    def _own(self, nonce: str, timestamp: int) -> Pairs:
        return [
            ("oauth_consumer_key", self.key),
            *([("oauth_token", self.token)] if self.token else []),
            ("oauth_signature_method", str(self.method)),
            ("oauth_timestamp", str(timestamp)),
            ("oauth_nonce", nonce),
            ("oauth_version", "1.0"),
        ]

    def _signature(self, verb: str, url: str, fields: Pairs) -> str:
        text = base_string(verb, url, fields)
        key = f"{_escaped(self.secret)}&{_escaped(self.token_secret)}"
        digest = hmac.new(key.encode(), text.encode(), _HASHES[self.method]).digest()
        return base64.b64encode(digest).decode()


def base_string(verb: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """Return what is signed (3.4.1). `fields` are those of the header and of a form; the URL's own are added."""
    query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    pairs = sorted((_escaped(name), _escaped(value)) for name, value in [*query, *fields])
    normal = "&".join(f"{name}={value}" for name, value in pairs)
    return "&".join((verb.upper(), _escaped(_base_uri(url)), _escaped(normal)))


def _base_uri(url: str) -> str:
    """Return the URL with its host in lower case and without a default port, query and fragment (3.4.1.2)."""
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    if parts.port is not None and parts.port != _DEFAULT_PORTS.get(scheme):
        host += f":{parts.port}"
    return f"{scheme}://{host}{parts.path or '/'}"


def _escaped(text: str) -> str:
    """Percent-encode as 3.6 asks: everything but letters, digits, and - . _ ~."""
    return quote(text, safe="-._~")
