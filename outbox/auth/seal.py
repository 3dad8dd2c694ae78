"""Sealing credentials for the disk: AES-256-GCM under a key of this PC's, or Windows' own protection.

    SealBroken            it cannot be opened
    └── WrongKey          it was sealed with a key that is not here

A sealed file says how it was sealed and with which key; both, and the cloud's name, are under the seal as well, so that
a file under another name does not open.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"stillopen credentials 1\n"
NONCE_BYTES = 12  # what GCM is made for (NIST SP 800-38D, 5.2.1.1)
KEY_ID_BYTES = 8  # tells keys apart; says nothing of them
_KEY_FROM = b"stillopen credentials key\0"
_ID_FROM = b"stillopen credentials key id\0"


class SealBroken(Exception):
    """It is not what was sealed: damaged, cut short, or of another cloud."""


class WrongKey(SealBroken):
    """It was sealed with a key that is not here."""


class Seal(Protocol):
    """One way to seal."""

    @property
    def mark(self) -> bytes:
        """Return what a file sealed so begins with, after `MAGIC`."""
        ...

    def close(self, clear: bytes, name: str) -> bytes:
        """Return what may lie on the disk; `name` is the cloud's."""
        ...

    def open(self, sealed: bytes, name: str) -> bytes:
        """Return the clear text. Raises `SealBroken`."""
        ...


@dataclass(frozen=True, slots=True)
class KeySeal:
    """AES-256-GCM. `secret` is any 16 bytes and more that nobody can guess."""

    secret: bytes = field(repr=False)
    random: Callable[[int], bytes] = os.urandom

    @property
    def mark(self) -> bytes:
        """The key's id."""
        return b"K" + hashlib.sha256(_ID_FROM + self.secret).digest()[:KEY_ID_BYTES]

    def close(self, clear: bytes, name: str) -> bytes:
        """Return nonce and sealed text."""
        nonce = self.random(NONCE_BYTES)
        return nonce + self._aes().encrypt(nonce, clear, self._around(name))

    def open(self, sealed: bytes, name: str) -> bytes:
        """Return the clear text. Raises `SealBroken`."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._aes().decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._around(name))
        except (InvalidTag, ValueError) as error:
            raise SealBroken("it does not hold what was sealed") from error

    def _aes(self) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # 25 ms, and many a store needs none

        return AESGCM(hashlib.sha256(_KEY_FROM + self.secret).digest())

    def _around(self, name: str) -> bytes:
        return MAGIC + self.mark + name.encode()


def close(clear: bytes, name: str, seal: Seal) -> bytes:
    """Return a whole file."""
    return MAGIC + seal.mark + seal.close(clear, name)


def open_with(file: bytes, name: str, seals: tuple[Seal, ...]) -> bytes:
    """Return the clear text of a file, by whichever of the seals it has. Raises `SealBroken` or `WrongKey`."""
    if not file.startswith(MAGIC):
        raise SealBroken("it is not a file of Stillopen's, or was cut short")
    for seal in seals:
        begins = MAGIC + seal.mark
        if file.startswith(begins):
            return seal.open(file[len(begins) :], name)
    raise WrongKey("it was sealed with a key that is not here")
