"""What a disk may hold after a power cut, worked out from the recorder's log.

A disk keeps what was synced. Of what was written since, and of names made or taken away since the folder was
last synced, it may keep anything; five patterns stand for that:

    nothing   all of it is gone; files not yet in the folder are missing, deleted ones are back
    all       all of it made it
    prefix    it made it up to some moment, inside a write as likely as between two
    torn      each 512-byte sector made it or not, each name did or not, in no order
    garbage   as torn, and some of the sectors hold zeros or rubbish instead

A careless disk (`careless=True`, no "powersafe overwrite" in SQLite's words) may also damage what had been
synced: the rest of the 4096-byte block in which a write was under way, in the patterns torn and garbage.

A sync that failed leaves what it was for in doubt for good: the kernel takes its pages for written, so a later
sync that succeeds is of newer writes only, and of the pages that these touch, as ext4, XFS and NTFS do it. (Btrfs
forgets even the content of the page; there SQLite's own view of its log is wrong until the agent is restarted.)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from tests.powercut.recorder import Created, Deleted, Entry, FolderSynced, Resized, Synced, Wrote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

Image = dict[str, bytes]  # what is in the folder, by name

SECTOR_BYTES = 512  # a disk writes this much whole or not at all
BLOCK_BYTES = 4096  # what a careless disk reads, changes and writes back, and the kernel's page: SQLite's sector


class Pattern(StrEnum):
    """Which part of what was not synced the disk has kept."""

    NOTHING = "nothing"
    ALL = "all"
    PREFIX = "prefix"
    TORN = "torn"
    GARBAGE = "garbage"


@dataclass(slots=True)
class _Layer:
    """A change to a file's content that the disk may not have kept, and its number in the log."""

    number: int
    change: Wrote | Resized
    doubtful: bool  # no later sync makes it certain
    certain: bool = False


@dataclass(slots=True)
class _File:
    """A file: what is surely on the disk, and the layers above it, oldest first."""

    content: bytearray = field(default_factory=bytearray)
    layers: list[_Layer] = field(default_factory=list)

    def add(self, layer: _Layer) -> None:
        """Take a new change; a page that it touches is to be written whole, doubts and all."""
        for earlier in self.layers:
            if earlier.doubtful and _pages(earlier.change) & _pages(layer.change):
                earlier.doubtful = False
        self.layers.append(layer)

    def sync(self, *, failed: bool) -> None:
        if failed:
            self.layers = [part for layer in self.layers for part in _in_doubt(layer)]
        else:
            for layer in self.layers:
                layer.certain = layer.certain or not layer.doubtful
        while self.layers and self.layers[0].certain:
            _apply(self.content, self.layers.pop(0).change)


@dataclass(frozen=True, slots=True)
class _Renaming:
    """A name made (of a file) or taken away (None), and its number in the log."""

    number: int
    name: str
    file: _File | None


class Disk:
    """A disk that started with `image` and is led through a log, entry by entry."""

    def __init__(self, image: Image, *, careless: bool) -> None:
        self._careless = careless
        self._names = {name: _File(bytearray(content)) for name, content in image.items()}
        self._names_synced = dict(self._names)
        self._renamings: list[_Renaming] = []
        self._number = 0

    def do(self, entry: Entry) -> None:
        """Take the next entry of the log."""
        self._number += 1
        if isinstance(entry, Created):
            self._rename(entry.name, _File())
        elif isinstance(entry, Deleted):
            self._rename(entry.name, None)
        elif isinstance(entry, FolderSynced):
            self._renamings.clear()
            self._names_synced = dict(self._names)
        elif isinstance(entry, Synced):
            self._names[entry.name].sync(failed=entry.failed)
        elif isinstance(entry, Wrote | Resized):
            doubtful = isinstance(entry, Wrote) and entry.failed
            self._names[entry.name].add(_Layer(self._number, entry, doubtful))

    def _rename(self, name: str, file: _File | None) -> None:
        self._renamings.append(_Renaming(self._number, name, file))
        if file is None:
            del self._names[name]
        else:
            self._names[name] = file

    def at_rest(self) -> bool:
        """Whether everything is synced, so that every pattern comes to the same."""
        return not self._renamings and not any(file.layers for file in self._names.values())

    def after_a_cut(self, pattern: Pattern, random: Random) -> Image:
        """Return what the disk holds when the power is cut now."""
        last = self._last_kept(pattern, random)
        names = dict(self._names_synced)
        for renaming in self._renamings:
            if _is_kept(pattern, renaming.number, last, random):
                if renaming.file is None:
                    names.pop(renaming.name, None)
                else:
                    names[renaming.name] = renaming.file
        return {name: bytes(self._content(file, pattern, last, random)) for name, file in names.items()}

    def _last_kept(self, pattern: Pattern, random: Random) -> int:
        """Return the number up to which the prefix goes."""
        if pattern is not Pattern.PREFIX:
            return 0
        numbers = [renaming.number for renaming in self._renamings]
        numbers += [
            layer.number
            for file in {id(file): file for file in (*self._names_synced.values(), *self._names.values())}.values()
            for layer in file.layers
            if not layer.certain
        ]
        return random.choice([0, *numbers])

    def _content(self, file: _File, pattern: Pattern, last: int, random: Random) -> bytearray:
        content = bytearray(file.content)
        if self._careless and pattern in (Pattern.TORN, Pattern.GARBAGE):
            for layer in file.layers:
                if not layer.certain and isinstance(layer.change, Wrote) and random.random() < 1 / 2:
                    _damage_the_neighbours(content, layer.change, random)
        for layer in file.layers:
            change = layer.change
            if layer.certain:
                _apply(content, change)
            elif isinstance(change, Wrote) and pattern in (Pattern.TORN, Pattern.GARBAGE):
                for part in _torn(change, pattern, random):
                    _apply(content, part)
            elif isinstance(change, Wrote) and pattern is Pattern.PREFIX and layer.number == last:
                _apply(content, Wrote(change.name, change.offset, change.content[: random.choice(_ends(change))]))
            elif _is_kept(pattern, layer.number, last, random):
                _apply(content, change)
        return content


def _in_doubt(layer: _Layer) -> Iterator[_Layer]:
    """Yield a layer as a failed sync leaves it: page by page, since page by page the doubt may be lifted."""
    change = layer.change
    if layer.certain or layer.doubtful or isinstance(change, Resized):
        yield layer
        return
    for start, end in _pieces(change, BLOCK_BYTES):
        part = Wrote(change.name, change.offset + start, change.content[start:end])
        yield _Layer(layer.number, part, doubtful=True)


def _pages(change: Wrote | Resized) -> set[int]:
    if isinstance(change, Resized):
        return set()
    return {(change.offset + start) // BLOCK_BYTES for start, _ in _pieces(change, BLOCK_BYTES)}


def _is_kept(pattern: Pattern, number: int, last: int, random: Random) -> bool:
    match pattern:
        case Pattern.NOTHING:
            return False
        case Pattern.ALL:
            return True
        case Pattern.PREFIX:
            return number <= last
        case Pattern.TORN | Pattern.GARBAGE:
            return random.random() < 1 / 2


def _apply(content: bytearray, change: Wrote | Resized) -> None:
    size = change.size if isinstance(change, Resized) else change.offset
    if len(content) < size:
        content.extend(bytes(size - len(content)))
    if isinstance(change, Resized):
        del content[size:]
    else:
        content[size : size + len(change.content)] = change.content


def _pieces(write: Wrote, size: int) -> Iterator[tuple[int, int]]:
    """Yield where each sector's (or page's) part of a write begins and ends, counted from the write's own start."""
    start = 0
    while start < len(write.content):
        end = min(len(write.content), start + size - (write.offset + start) % size)
        yield start, end
        start = end


def _ends(write: Wrote) -> list[int]:
    return [end for _, end in _pieces(write, SECTOR_BYTES)]


def _torn(write: Wrote, pattern: Pattern, random: Random) -> Iterator[Wrote]:
    """Yield the sectors of a write that made it, as what they made it."""
    fates = random.getrandbits(2 * (len(write.content) // SECTOR_BYTES + 2))  # two bits a sector
    for start, end in _pieces(write, SECTOR_BYTES):
        fate, fates = fates & (1 if pattern is Pattern.TORN else 3), fates >> 2
        if fate == 0:
            continue
        if fate == 1:
            part = write.content[start:end]
        else:
            part = bytes(end - start) if fate == 2 else random.randbytes(end - start)
        yield Wrote(write.name, write.offset + start, part)


def _damage_the_neighbours(content: bytearray, write: Wrote, random: Random) -> None:
    """Spoil what lies beside a write in its first and its last block, as far as the file goes."""
    end = write.offset + len(write.content)
    before = range(write.offset // BLOCK_BYTES * BLOCK_BYTES, write.offset)
    behind = range(end, -(-end // BLOCK_BYTES) * BLOCK_BYTES)
    for beside in (before, behind):
        reach = range(beside.start, min(beside.stop, len(content)))
        if reach:
            content[reach.start : reach.stop] = random.randbytes(len(reach))
