"""One lane's configuration taken to another PC: its ids changed, checked where it goes, and put there whole.

LaneRefused             has `.hint`: the next step
├── LaneUnwritable      who asks may not change the configuration
└── LaneFull            there is no room for it
"""

from __future__ import annotations

import errno
import os
import re
import tomllib
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agent.config.lines import key_lines
from agent.config.load import CONFIG_BYTES_MAX, load
from agent.config.problems import ConfigInvalid, ConfigProblem
from agent.service import by_hand
from outbox import chain, schema
from outbox.errors import JournalMissing, JournalUnavailable, OutboxError, StateInUse
from outbox.folder_sync import sync_folder
from outbox.journal import FILE, LOCK, hold

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.config.sections import Config

BEFORE = ".before"  # what stood there until the last import
_STAGED = ".new"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)  # of the disk, or for this user on it
_MODE = 0o640  # the service's group reads it, nobody else: what hangs on this PC is nobody's business
_WRITTEN_ID = re.compile(r"""^([ \t]*(?:id|"id"|'id')[ \t]*=[ \t]*)("[^"\\]*"|'[^']*')""")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # no more than goes into a TOML string and a receipt as it is


class LaneRefused(Exception):
    """A configuration cannot be taken over. `hint` is the next step."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class LaneUnwritable(LaneRefused):
    """Whoever asks may not write where the configuration is."""


class LaneFull(LaneRefused):
    """The disk has no room for it."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A configuration that was checked for its place: its text there, and the secrets that are not there yet."""

    text: str
    config: Config
    secrets_missing: tuple[ConfigProblem, ...]


def of_lane(text: str, *, till: str | None = None, store_id: str | None = None) -> str:
    """Return the text with another store's id, and another id for its only till. Raises `LaneRefused`. Pure."""
    raw = tomllib.loads(text)
    if store_id is not None:
        text = _with_id(text, ("store", "id"), str(raw.get("store", {}).get("id", "")), store_id)
    if till is not None:
        tills = raw.get("till", [])
        if not isinstance(tills, list) or len(tills) != 1:
            raise LaneRefused("it is not one till's: --till does not say which of them", hint="change the ids in it")
        text = _with_id(text, ("till", 0, "id"), str(tills[0].get("id", "")), till)
    return text


def _with_id(text: str, loc: tuple[str | int, ...], old: str, new: str) -> str:
    if not _ID.fullmatch(new):
        raise LaneRefused(f"{new!r} is no id", hint="letters, digits, - . and _, like till-2")
    line = key_lines(text).get(loc)
    lines = text.split("\n")
    changed, count = ("", 0) if line is None else _WRITTEN_ID.subn(rf'\g<1>"{new}"', lines[line - 1])
    if line is None or not count:
        raise LaneRefused(f"where it says {old!r} is not plain to see", hint=f'write id = "{new}" there by hand')
    lines[line - 1] = changed
    if old != new and _named_elsewhere(lines, old, but=line - 1):
        raise LaneRefused(f"{old!r} stands in more places than one", hint=f"change it to {new!r} there by hand")
    return "\n".join(lines)


def _named_elsewhere(lines: list[str], old: str, *, but: int) -> bool:
    """Whether a word stands in any other line, comments apart: it may be a key or a value that means the same till."""
    word = re.compile(rf"(?<![\w.-]){re.escape(old)}(?![\w.-])")
    return any(word.search(line.partition("#")[0]) for at, line in enumerate(lines) if at != but)


def read(file: Path) -> str:
    """Return a file's text. Raises `LaneRefused`."""
    try:
        with file.open("rb") as opened:
            content = opened.read(CONFIG_BYTES_MAX + 1)
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise LaneRefused(f"{file} cannot be read: {error.strerror}", hint="name the file to import") from error
    except UnicodeDecodeError as error:
        raise LaneRefused(f"{file} is not UTF-8", hint="save it as UTF-8") from error
    if len(content) > CONFIG_BYTES_MAX:
        raise LaneRefused(f"{file} is more than {CONFIG_BYTES_MAX // 1024} KiB", hint="name the file to import")
    return text


@contextmanager
def staged(text: str, target: Path, shown_as: Path) -> Iterator[Staged]:
    """Write the text beside its place, have it read there as the agent will, and take it away at the end.

    Raises `ConfigInvalid`, whose problems stand in `shown_as`, or `LaneRefused`.
    """
    beside = target.with_name(target.name + _STAGED)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(beside, text, like=target)
    except OSError as error:
        with suppress(OSError):  # what is in the way may be no file at all
            beside.unlink()
        raise not_written(target, error) from error
    try:
        config = _read_as_agent(beside, shown_as)
        yield Staged(text, config, _secrets_missing(beside, shown_as))
    finally:
        beside.unlink(missing_ok=True)


def put(one: Staged, target: Path, state: Path, *, kept_as: str = BEFORE, beside_agent: bool = False) -> None:
    """Put a checked configuration in its place, whole, and keep the one before beside it. Raises `LaneRefused`.

    Not under a running agent, which goes by what it read, but for who has it read it anew (`beside_agent`); and not
    where the journal's records are another store's. `kept_as` is what the name of the one before ends with.
    """
    with nullcontext() if beside_agent else _no_agent(state):
        same_store(one.config, state)
        beside, copy = target.with_name(target.name + _STAGED), target.with_name(target.name + kept_as)
        try:
            if target.exists():
                _write(copy, target.read_text("utf-8"), like=target)
            os.replace(beside, target)  # noqa: PTH105 - the call whose promise (whole, or not at all) this rests on
        except OSError as error:
            copy.unlink(missing_ok=True)
            raise not_written(target, error) from error
        sync_folder(target.parent)


def not_written(target: Path, error: OSError) -> LaneRefused:
    """Return what it means that a file could not be written."""
    if error.errno in _NO_ROOM:
        return LaneFull(f"{target} cannot be written: the disk is full", hint="free some space, and do it again")
    hint = "run this as who may change the configuration: with sudo, or as an administrator"
    return LaneUnwritable(f"{target} cannot be written: {error.strerror}", hint=hint)


def _read_as_agent(beside: Path, shown_as: Path) -> Config:
    try:
        return replace(load(beside, need_secrets=False), file=shown_as)
    except ConfigInvalid as invalid:
        raise ConfigInvalid([replace(problem, file=shown_as) for problem in invalid.problems]) from None


def _secrets_missing(beside: Path, shown_as: Path) -> tuple[ConfigProblem, ...]:
    try:
        load(beside)
    except ConfigInvalid as invalid:
        return tuple(replace(problem, file=shown_as) for problem in invalid.problems)
    return ()


@contextmanager
def _no_agent(state: Path) -> Iterator[None]:
    """Hold the state folder meanwhile, where there is one. Raises `LaneRefused` where an agent has it."""
    if not (state / LOCK).exists():
        yield
        return
    try:
        lock = hold(state)
    except StateInUse as error:
        hint = f"stop it first ({by_hand.STOP}), then start it again"
        raise LaneRefused(str(error), hint=hint) from error
    except OutboxError as error:
        raise LaneRefused(str(error), hint=error.hint) from error
    try:
        yield
    finally:
        lock.release()


def same_store(config: Config, state: Path) -> None:
    """Compare the store with the one whose records are there. Raises `LaneRefused`."""
    try:
        with schema.reading(state / FILE) as reader:
            newest = chain.newest(reader, 1)
    except JournalMissing:
        return
    except JournalUnavailable as error:
        raise LaneRefused(str(error), hint=error.hint) from error
    if not newest:
        return
    body, store = newest[0].body, config.store
    if (body["store"], body.get("currency", store.currency)) != (store.id, store.currency):
        raise LaneRefused(
            f"{state} holds records of {body['store']}, and this is {store.id} in {store.currency}",
            hint="keep that store's id and currency (--store-id), or name another state folder with --state",
        )


def _write(path: Path, text: str, *, like: Path) -> None:
    """Write a file that is on the disk when this returns, with the owner and rights of the one it stands for."""
    path.unlink(missing_ok=True)
    seen = like.stat() if like.exists() else None
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE if seen is None else seen.st_mode & 0o777)
    with os.fdopen(number, "wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    if os.name == "posix" and os.geteuid() == 0:
        owner = (0, like.parent.stat().st_gid) if seen is None else (seen.st_uid, seen.st_gid)
        os.chown(path, *owner)
