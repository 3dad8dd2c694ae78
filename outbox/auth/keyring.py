"""`STATE/credentials/`: a file a cloud, sealed; whole or not there at all, and on the disk before anyone relies on it.

    CredentialsError      has `.hint`: the next step

The key is the systemd credential `stillopen-key` where the service is given one (or `stillopen_key`, as systemd calls a
file `key` in a folder of credentials), else `STATE/credentials.key`, which is made when it is first needed; on Windows
there is none, as Windows keeps it. A file sealed with either key opens.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from outbox.auth import credentials as credentials_
from outbox.auth import seal as seal_
from outbox.auth.seal import KeySeal, SealBroken, WrongKey
from outbox.errors import OutboxError
from outbox.folder_sync import sync_folder
from outbox.hand_over import hand_over, refuse_link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from filelock import FileLock

    from outbox.auth.credentials import Credentials
    from outbox.auth.seal import Seal

FOLDER = "credentials"
KEY_FILE = "credentials.key"
SYSTEMD_KEYS = ("stillopen-key", "stillopen_key")  # LoadCredential= or LoadCredentialEncrypted= of the service
KEY_BYTES = 32
KEY_BYTES_MIN = 16  # of a systemd credential: 128 bits, below which guessing is thinkable
FILE_BYTES_MAX = 256 * 1024  # of either: the longest tokens are under 8 KiB; more is the wrong file
REPLACE_TRIES, REPLACE_AGAIN_S = 50, 0.02  # a second in all; a reader has the file open for a millisecond
LOCK_WAIT_S = 60.0  # for another process's renewal: an exchange and a disk

_log = logging.getLogger("stillopen.clouds")


class CredentialsError(OutboxError):
    """Credentials that cannot be read or kept."""


class Keyring:
    """The credentials of the clouds of one state folder. Reading and writing block: call them on a thread."""

    def __init__(
        self,
        state: Path,
        *,
        environ: Mapping[str, str] = os.environ,
        windows: Callable[[], Seal] | None = None,  # None: as this system is
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.folder = state / FOLDER
        self.key_file = state / KEY_FILE
        self._environ = environ
        self._windows = windows
        self._random = random

    def stamp(self, name: str) -> tuple[int, int, int] | None:
        """Return what changes whenever a cloud's file does, or None: there is none. Quick: one look at the folder."""
        try:
            seen = (self.folder / name).stat()
        except OSError:
            return None
        return seen.st_mtime_ns, seen.st_size, seen.st_ino

    def read(self, name: str) -> Credentials | None:
        """Return a cloud's credentials, or None: there are none. Raises `CredentialsError`."""
        path = self.folder / name
        try:
            self._refuse_links()
            with path.open("rb") as file:
                content = file.read(FILE_BYTES_MAX)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CredentialsError(
                f"the credentials of {name} cannot be read ({error.strerror})",
                hint=f"Let the agent's user read {path}, or connect it again as that user: "
                f"stillopen cloud connect {name}",
            ) from error
        again = f"Connect it again: stillopen cloud connect {name}"
        try:
            return credentials_.from_bytes(seal_.open_with(content, name, tuple(self._seals())))
        except WrongKey as error:
            raise CredentialsError(
                f"the credentials of {name} were sealed with a key that is not here: {self.key_file} was lost or is of "
                f"another PC, or the service's own key ({SYSTEMD_KEYS[0]}) is not given to this program",
                hint=again,
            ) from error
        except (SealBroken, ValueError) as error:
            raise CredentialsError(f"the credentials of {name} are damaged: {error}", hint=again) from error

    def write(self, name: str, credentials: Credentials) -> None:
        """Keep a cloud's credentials; returns when they are on the disk. Raises `CredentialsError`."""
        try:
            self._make_folder()
            seal = next(self._seals(), None) or self._new_key()
            self._put(self.folder / name, seal_.close(credentials_.to_bytes(credentials), name, seal))
        except OSError as error:
            raise CredentialsError(
                f"the credentials of {name} cannot be kept ({error.strerror})",
                hint=f"Look at the disk's free space and at who may write in {self.folder}; "
                f"then connect it again: stillopen cloud connect {name}",
            ) from error

    def forget(self, name: str) -> bool:
        """Delete a cloud's credentials. Says whether there were any. Raises `CredentialsError`."""
        path = self.folder / name
        try:
            self._refuse_links()
            path.unlink()
            sync_folder(self.folder)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise CredentialsError(
                f"the credentials of {name} cannot be deleted ({error.strerror})", hint=f"Delete {path} by hand."
            ) from error
        return True

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Keep every other process from changing a cloud's credentials meanwhile. Raises `CredentialsError`."""
        lock = self.lock(name)
        try:
            yield
        finally:
            lock.release()

    def lock(self, name: str) -> FileLock:
        """Return that lock, taken. A process that dies lets go of it. Raises `CredentialsError`."""
        from filelock import FileLock, Timeout

        try:
            self._make_folder()
            lock = FileLock(self.folder / f".{name}.lock", timeout=LOCK_WAIT_S, thread_local=False)
            lock.acquire()
            self._hand_over(self.folder / f".{name}.lock")
        except Timeout as error:
            raise CredentialsError(
                f"the credentials of {name} are in use by another program",
                hint="Wait until `stillopen cloud` has ended elsewhere.",
            ) from error
        except OSError as error:
            raise CredentialsError(
                f"the credentials of {name} cannot be locked ({error.strerror})",
                hint=f"See who may write in {self.folder}, and do it again as that user.",
            ) from error
        return lock

    def _seals(self) -> Iterator[Seal]:
        """Yield the seals there are, the one to seal with first."""
        if self._windows is not None or sys.platform == "win32":
            from outbox.auth.dpapi import of_windows

            yield (self._windows or of_windows)()
            return
        given = self._environ.get("CREDENTIALS_DIRECTORY")
        for path in (*(Path(given) / name for name in SYSTEMD_KEYS if given), self.key_file):
            try:
                with path.open("rb") as file:
                    secret = file.read(FILE_BYTES_MAX)
            except FileNotFoundError:
                continue
            if path == self.key_file:
                _keep_private(path)
            if len(secret.strip()) < KEY_BYTES_MIN:
                raise CredentialsError(
                    f"{path} holds no key",
                    hint="Delete it, and connect the clouds again: stillopen cloud connect NAME."
                    if path == self.key_file
                    else f"Give the service {KEY_BYTES} random bytes as {path.name}.",
                )
            yield KeySeal(secret.strip())

    def _new_key(self) -> KeySeal:
        secret = self._random(KEY_BYTES).hex().encode()
        self._put(self.key_file, secret + b"\n")
        return KeySeal(secret)

    def _put(self, path: Path, content: bytes) -> None:
        """Put a file in its place, private, whole and synced."""
        fresh = path.with_name(f".{path.name}.{self._random(6).hex()}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            self._hand_over(fresh)
            _take_place(fresh, path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)

    def _make_folder(self) -> None:
        self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._refuse_links()
        self.folder.mkdir(exist_ok=True, mode=0o700)
        self._hand_over(self.folder)

    def _hand_over(self, path: Path) -> None:
        """Give what an administrator made to the state folder's owner: the service has to read it."""
        hand_over(path, self.folder.parent)

    def _refuse_links(self) -> None:
        """Raise `OSError` where root would write, delete or give away what a link of the service's leads to."""
        for path in (self.folder, self.key_file):
            refuse_link(path, self.folder.parent)


def _take_place(fresh: Path, path: Path) -> None:
    """Rename a file over another. Windows refuses while somebody reads that: a moment, and it is tried again."""
    for _ in range(REPLACE_TRIES):
        try:
            fresh.replace(path)
        except PermissionError:
            if sys.platform != "win32":
                raise
            time.sleep(REPLACE_AGAIN_S)
        else:
            return
    fresh.replace(path)


def _keep_private(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        path.chmod(0o600)
        _log.warning(
            "%s could be read by other users of this PC (mode %o) and is private again. If one of them is not to be "
            "trusted, delete it and connect the clouds again.",
            path,
            mode,
        )
