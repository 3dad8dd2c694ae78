"""The disk that power cuts are tried on: it must forget what a disk may forget, and keep what it may not."""

from __future__ import annotations

from random import Random

import pytest

from tests.powercut.disk import BLOCK_BYTES, SECTOR_BYTES, Disk, Image, Pattern
from tests.powercut.recorder import Created, Deleted, Entry, FolderSynced, Resized, Synced, Wrote

OLD = bytes([1]) * BLOCK_BYTES
NEW = bytes([2]) * BLOCK_BYTES
TRIES = 50


def after(*log: Entry, start: Image | None = None, careless: bool = False) -> Disk:
    disk = Disk({"f": OLD} if start is None else start, careless=careless)
    for entry in log:
        disk.do(entry)
    return disk


def images(disk: Disk, pattern: Pattern) -> list[Image]:
    return [disk.after_a_cut(pattern, Random(n)) for n in range(TRIES)]


@pytest.mark.parametrize("pattern", Pattern)
def test_what_was_synced_stays_whatever_happens(pattern: Pattern) -> None:
    disk = after(Wrote("f", 0, NEW), Synced("f"))
    assert disk.at_rest()
    assert images(disk, pattern) == [{"f": NEW}] * TRIES


def test_what_was_not_synced_may_all_go_or_all_stay() -> None:
    disk = after(Wrote("f", 0, NEW), Resized("f", 10))
    assert not disk.at_rest()
    assert disk.after_a_cut(Pattern.NOTHING, Random(0)) == {"f": OLD}
    assert disk.after_a_cut(Pattern.ALL, Random(0)) == {"f": NEW[:10]}


def test_a_prefix_ends_between_two_writes_or_inside_one() -> None:
    disk = after(Wrote("f", 0, NEW), Wrote("f", BLOCK_BYTES, NEW))
    lengths = {len(image["f"].rstrip(OLD[:1])) for image in images(disk, Pattern.PREFIX)}
    assert {0, BLOCK_BYTES + SECTOR_BYTES, 2 * BLOCK_BYTES} <= lengths
    assert all(length % SECTOR_BYTES == 0 for length in lengths)


def test_a_torn_write_is_old_or_new_by_the_sector() -> None:
    seen = set()
    for image in images(after(Wrote("f", 0, NEW)), Pattern.TORN):
        for start in range(0, BLOCK_BYTES, SECTOR_BYTES):
            sector = image["f"][start : start + SECTOR_BYTES]
            assert sector in (OLD[:SECTOR_BYTES], NEW[:SECTOR_BYTES])
            seen.add((start, sector))
    assert len(seen) == 2 * BLOCK_BYTES // SECTOR_BYTES


def test_garbage_has_sectors_that_are_neither_old_nor_new() -> None:
    found = images(after(Wrote("f", 0, NEW)), Pattern.GARBAGE)
    assert any(bytes(SECTOR_BYTES) in image["f"] for image in found)
    assert any(set(image["f"]) - {0, 1, 2} for image in found)


@pytest.mark.parametrize("careless", [False, True])
def test_only_a_careless_disk_damages_what_lies_beside_a_write(*, careless: bool) -> None:
    disk = after(Wrote("f", 100, b"new"), careless=careless)
    beside = {image["f"][:100] + image["f"][103:] for image in images(disk, Pattern.TORN)}
    assert (beside != {OLD[:100] + OLD[103:]}) is careless


def test_a_name_is_there_for_sure_only_when_its_folder_was_synced() -> None:
    made = (Created("g"), Wrote("g", 0, NEW), Synced("g"))
    assert after(*made).after_a_cut(Pattern.NOTHING, Random(0)) == {"f": OLD}
    assert after(*made, FolderSynced()).after_a_cut(Pattern.NOTHING, Random(0)) == {"f": OLD, "g": NEW}
    assert after(Deleted("f")).after_a_cut(Pattern.NOTHING, Random(0)) == {"f": OLD}
    assert after(Deleted("f"), FolderSynced()).after_a_cut(Pattern.NOTHING, Random(0)) == {}
    assert after(Deleted("f"), Created("f"), Synced("f")).after_a_cut(Pattern.NOTHING, Random(0)) == {"f": OLD}


def test_what_a_failed_sync_was_for_stays_in_doubt_until_its_page_is_written_again() -> None:
    failed = (Wrote("f", 0, NEW), Synced("f", failed=True), Synced("f"))
    assert after(*failed).after_a_cut(Pattern.NOTHING, Random(0)) == {"f": OLD}
    assert after(*failed).after_a_cut(Pattern.ALL, Random(0)) == {"f": NEW}
    again = after(*failed, Wrote("f", 5, b"!"), Synced("f"))
    assert images(again, Pattern.NOTHING) == [{"f": NEW[:5] + b"!" + NEW[6:]}] * TRIES
    elsewhere = after(*failed, Wrote("f", BLOCK_BYTES, NEW), Synced("f"))
    assert elsewhere.after_a_cut(Pattern.NOTHING, Random(0)) == {"f": OLD + NEW}


def test_a_write_that_failed_may_be_there_or_not_even_after_a_sync() -> None:
    disk = after(Wrote("f", 0, NEW, failed=True), Synced("f"))
    assert disk.after_a_cut(Pattern.NOTHING, Random(0)) == {"f": OLD}
    assert disk.after_a_cut(Pattern.ALL, Random(0)) == {"f": NEW}
