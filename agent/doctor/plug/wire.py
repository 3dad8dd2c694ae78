"""What two machines say to each other about a count: lines of text, each sealed with the secret they share.

The secret is shown on one screen and typed on the other, so plain TCP is enough: who does not know it can
neither tell a number nor answer for the counter. Each side gives a nonce, and a seal covers both, the
direction, the line's place and its text, so that nothing said once can be said again.

    counter     stillopen count 1 NONCE
    the other   NONCE
    the other   SEAL begin KXQR BOOT MACHINE, SEAL acked KXQR 17, SEAL end KXQR; and SEAL newest
    counter     SEAL ok KXQR 17, each; and SEAL count KXQR 17 BOOT MACHINE open
"""

from __future__ import annotations

import hmac
import re
import secrets

from agent.doctor.plug.count import Count, is_trial, is_word

GREETING = "stillopen count 1"
NONCE_BYTES = 16
SEAL_CHARS = 64  # SHA-256 in hexadecimal
LINE_BYTES_MAX = 256  # a seal, a command and two names; more is something else talking
SECRET_CHARS = 16  # of 32 letters: 80 bits, so that whoever recorded a line has nothing to try it on
NUMBER_MAX = 10**9  # a disk that sells ten thousand a second needs a day

_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"  # Crockford's base 32: none is taken for another
_NONCE = re.compile(r"[0-9a-f]{32}")
_MISREAD = str.maketrans("ILOU", "110V")


class NotSealed(Exception):
    """The line is not from whom it should be: another secret, or said before, or no line of ours."""


def new_secret() -> str:
    """Return a new secret, in groups that can be read aloud."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(SECRET_CHARS))
    return "-".join(letters[at : at + 4] for at in range(0, SECRET_CHARS, 4))


def secret_key(typed: str) -> bytes:
    """Return the key that a secret stands for, however it was typed."""
    return re.sub(r"[\s-]", "", typed).upper().translate(_MISREAD).encode()


def greeting(nonce: str) -> bytes:
    """Return the counter's first line."""
    return f"{GREETING} {nonce}\n".encode()


def nonce_of(line: bytes, *, greeted: bool) -> str:
    """Return the nonce in the counter's first line (`greeted`) or the other's. Raises `NotSealed`."""
    text = line.decode("ascii", "replace").rstrip("\n")
    nonce = text.removeprefix(f"{GREETING} ") if greeted else text
    if (greeted and not text.startswith(f"{GREETING} ")) or not _NONCE.fullmatch(nonce):
        raise NotSealed("what answers there is not `stillopen doctor --count-for-another`")
    return nonce


class Seal:
    """Seals the lines of one direction and opens them, in order. `role` is who speaks."""

    def __init__(self, key: bytes, nonces: tuple[str, str], role: str) -> None:
        self._key = key
        self._context = f"{role} {nonces[0]} {nonces[1]}"
        self._place = 0

    def close(self, text: str) -> bytes:
        """Return the line that says `text`."""
        return f"{self._next(text)} {text}\n".encode()

    def open(self, line: bytes) -> str:
        """Return what the line says. Raises `NotSealed`."""
        seal, _, text = line.decode("ascii", "replace").removesuffix("\n").partition(" ")
        if not hmac.compare_digest(seal.encode(), self._next(text).encode()):
            raise NotSealed("the other machine's secret is another one, or somebody between them changed a line")
        return text

    def _next(self, text: str) -> str:
        self._place += 1
        return hmac.new(self._key, f"{self._context} {self._place} {text}".encode(), "sha256").hexdigest()


def count_line(count: Count | None) -> str:
    """Return how the counter tells the newest trial."""
    if count is None:
        return "count none"
    return f"count {count.trial} {count.number} {count.boot} {count.machine} {'ended' if count.ended else 'open'}"


def count_of(text: str) -> Count | None:
    """Read `count_line`. Raises `NotSealed` for anything else."""
    words = text.split(" ")
    if words == ["count", "none"]:
        return None
    match words:
        case ["count", trial, number, boot, machine, ("open" | "ended") as end] if (
            is_trial(trial) and is_word(boot) and is_word(machine)
        ):
            return Count(trial, number_of(number), boot, machine, ended=end == "ended")
    raise NotSealed("the counter said something that this version does not know: use the same on both machines")


def number_of(text: str) -> int:
    """Read a number. Raises `NotSealed`."""
    if not text.isascii() or not text.isdigit() or len(text) > len(str(NUMBER_MAX)) or int(text) > NUMBER_MAX:
        raise NotSealed(f"{text!r} is no number of a sale")
    return int(text)


def new_nonce() -> str:
    """Return a nonce for one connection."""
    return secrets.token_hex(NONCE_BYTES)
