"""`STATE/api-token`: the secret by which programs of this PC prove that they may call the local API."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import secrets
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILE = "api-token"
TOKEN_BYTES = 32  # 256 bits: guessing is hopeless, so wrong tokens need no counting
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,128}")

_log = logging.getLogger("stillopen.door")


def read(state: Path) -> str | None:
    """Return the token, or None where there is none yet or the file does not hold one. Raises `OSError`."""
    try:
        text = (state / FILE).read_text("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    return text if _TOKEN.fullmatch(text) else None


def read_or_make(state: Path, *, secret: Callable[[int], str] = secrets.token_urlsafe) -> str:
    """Return the token; make it, readable by the agent's user alone, where there is none. Raises `OSError`."""
    path = state / FILE
    token = read(state)
    if token is not None:
        _keep_private(path)
        return token
    if path.exists():
        _log.warning("%s did not hold a token and was made anew: programs must read it again.", path)
    return renew(state, secret=secret)


def renew(state: Path, *, secret: Callable[[int], str] = secrets.token_urlsafe) -> str:
    """Make a new token in the place of the one before, and return it. Raises `OSError`."""
    path = state / FILE
    token = secret(TOKEN_BYTES)
    fresh = path.with_name(f"{FILE}.{secret(6)}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(token + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    return token


def digest(token: str) -> bytes:
    """Return what is kept of a token to know it by."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _keep_private(path: Path) -> None:
    if os.name == "nt":  # there the folder's access list, set by the installer, says who may read
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        path.chmod(0o600)
        _log.warning(
            "%s could be read by other users of this PC (mode %o) and is private again. If one of them is not to "
            "be trusted, delete the file and start the agent again: a new token is made.",
            path,
            mode,
        )
