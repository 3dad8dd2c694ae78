"""What a record says of time: the store's date and offset, over changes of both, and of the PC's clock."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from outbox import chain
from tests.agent.store import CONFIG, Clock, opened

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Set(Clock):
    """The time, which stands where it was set."""

    at: datetime = datetime(2026, 11, 20, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at + self.ahead


async def sold_at(folder: Path, *times: str, config: str = CONFIG) -> list[dict[str, Any]]:
    """Sell at each of these times, in UTC, and return the records."""
    clock = Set()
    records = []
    async with opened(folder, config=config, clock=clock) as shop:
        for at in times:
            clock.at = datetime.fromisoformat(at).replace(tzinfo=UTC)
            records.append(await shop.sold("TEA"))
        assert chain.verify(shop.app.journal.reader).broken is None
    return records


def said(record: dict[str, Any]) -> tuple[str, str]:
    return record["occurred_at"], record["business_date"]


async def test_the_hour_that_comes_twice_is_told_apart_by_its_offset(tmp_path: Path) -> None:
    records = await sold_at(tmp_path, "2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T23:30")
    assert [said(record) for record in records] == [
        ("2026-10-25T02:30:00.000+02:00", "2026-10-25"),
        ("2026-10-25T02:30:00.000+01:00", "2026-10-25"),
        ("2026-10-26T00:30:00.000+01:00", "2026-10-26"),
    ]


async def test_the_hour_that_is_left_out_is_left_out(tmp_path: Path) -> None:
    records = await sold_at(tmp_path, "2026-03-29T00:59:59.999", "2026-03-29T01:00")
    assert [said(record) for record in records] == [
        ("2026-03-29T01:59:59.999+01:00", "2026-03-29"),
        ("2026-03-29T03:00:00.000+02:00", "2026-03-29"),
    ]


@pytest.mark.parametrize(
    ("timezone", "occurred_at", "date"),
    [
        ("Asia/Kathmandu", "2026-11-21T01:15:00.000+05:45", "2026-11-21"),
        ("America/St_Johns", "2026-11-20T16:00:00.000-03:30", "2026-11-20"),
        ("Pacific/Kiritimati", "2026-11-21T09:30:00.000+14:00", "2026-11-21"),
    ],
)
async def test_another_timezone_in_the_configuration_is_in_force_from_the_next_record(
    tmp_path: Path, timezone: str, occurred_at: str, date: str
) -> None:
    (before,) = await sold_at(tmp_path, "2026-11-20T19:00")
    (after,) = await sold_at(tmp_path, "2026-11-20T19:30", config=CONFIG.replace("Europe/Berlin", timezone))
    assert said(before) == ("2026-11-20T20:00:00.000+01:00", "2026-11-20")
    assert said(after) == (occurred_at, date)
    assert [record["receipt_number"] for record in (before, after)] == ["TILL-1-000001", "TILL-1-000002"]


async def test_a_clock_that_is_set_is_told_by_the_next_record_of_a_sale_and_by_no_other(tmp_path: Path) -> None:
    async with opened(tmp_path) as shop:
        await shop.sold("TEA")
        shop.clock.forward(days=-3)
        await shop.sold("TEA")
        records = [record.body for record in chain.oldest_first(shop.app.journal.reader)]
        away = [record["clock"].get("jumped_ms") for record in records]
    assert [record["kind"] for record in records] == ["shift_open", *["sale", "drawer"] * 2]
    assert away == [None, None, None, pytest.approx(-3 * 86_400_000, abs=1000), None]
    assert [record["till_seq"] for record in records] == [1, 2, 3, 4, 5]  # no order is taken from it


async def test_a_copied_folder_says_so_in_the_status_and_its_receipts_can_be_given_back(tmp_path: Path) -> None:
    original, copy = tmp_path / "original", tmp_path / "copy"
    original.mkdir()
    async with opened(original) as shop:
        before = await shop.sold("TEA")
        assert shop.app.status()["notices"] == []
    shutil.copytree(original, copy)
    async with opened(copy) as shop:
        record = await shop.sold("TEA")
        (notice,) = shop.app.status()["notices"]
        number = f"TILL-1-{record['epoch']}000002"
        assert record["receipt_number"] == number
        assert notice["code"] == "new-epoch"
        assert f"letters {record['epoch']}" in notice["detail"]
        assert datetime.now(UTC) - datetime.fromisoformat(notice["since"]) < timedelta(hours=1)
        assert shop.app.records.get(number.lower())["id"] == record["id"]
        assert shop.app.records.get(before["receipt_number"])["epoch"] == ""
