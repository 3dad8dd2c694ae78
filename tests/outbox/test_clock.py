from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from outbox import clock
from outbox.clock import JUMP_MS, Clock, Said

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)


@dataclass
class Pc:
    """A PC's two clocks, and the records written on it."""

    wall: datetime = AT
    since_boot_ms: int = 5_000_000
    boot: str = "first"
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def process(self) -> Clock:
        return Clock(lambda: self.wall, since_boot_ms=lambda: self.since_boot_ms, boot=lambda: self.boot)

    def later(self, seconds: float, *, wall: float | None = None) -> None:
        self.since_boot_ms += round(seconds * 1000)
        self.wall += timedelta(seconds=seconds if wall is None else wall)

    def booted(self) -> None:
        self.boot, self.since_boot_ms = f"after {self.boot}", 20_000

    def newest(self) -> Said | None:
        return Said.to(self.bodies[-1]) if self.bodies else None

    def stamp(self, process: Clock) -> dict[str, int | str]:
        return process.stamp(self.wall, self.newest)

    def write(self, process: Clock) -> dict[str, int | str]:
        stamp = self.stamp(process)
        self.bodies.append({"occurred_at": self.wall.isoformat(timespec="milliseconds"), "clock": stamp})
        return stamp


def jumps(stamp: dict[str, int | str]) -> dict[str, int | str]:
    return {name: value for name, value in stamp.items() if name not in ("boot", "since_boot_ms")}


@pytest.fixture
def pc() -> Pc:
    return Pc()


def test_a_clock_that_nobody_sets_is_never_said_to_have_jumped(pc: Pc) -> None:
    process = pc.process()
    for hours in range(200):  # a time service slows it down, by more than a jump in all
        assert jumps(pc.write(process)) == {}
        pc.later(3600, wall=3600 - 0.5)
        if hours % 40 == 0:
            pc.booted()
            process = pc.process()


def test_a_fact_says_what_both_clocks_said_at_its_time(pc: Pc) -> None:
    process = pc.process()
    asked_for_at = pc.wall
    pc.later(1.5)  # until the disk was ready
    assert process.stamp(asked_for_at, pc.newest) == {"boot": "first", "since_boot_ms": 5_000_000}


@pytest.mark.parametrize("by_s", [7200.0, -7200.0, -2.5, 2.5])
def test_a_clock_that_is_set_is_a_jump_on_the_first_fact_behind_it(pc: Pc, by_s: float) -> None:
    process = pc.process()
    pc.write(process)
    pc.later(60, wall=60 + by_s)
    assert jumps(pc.write(process)) == {"jumped_ms": round(by_s * 1000)}
    pc.later(60)
    assert jumps(pc.write(process)) == {}
    pc.later(60, wall=60 - by_s)  # and set right again
    assert jumps(pc.write(process)) == {"jumped_ms": round(-by_s * 1000)}


def test_less_than_a_jump_is_none(pc: Pc) -> None:
    process = pc.process()
    pc.write(process)
    pc.later(60, wall=60 + JUMP_MS / 1000)
    assert jumps(pc.write(process)) == {}


def test_a_jump_is_said_until_the_journal_has_it(pc: Pc) -> None:
    process = pc.process()
    pc.write(process)
    pc.later(1, wall=3601)
    first = pc.stamp(process)  # that change is undone, or run once more
    assert jumps(first) == {"jumped_ms": 3_600_000}
    assert pc.stamp(process) == first
    pc.write(process)
    assert jumps(pc.stamp(process)) == {}


def test_the_first_fact_of_a_process_is_held_against_the_newest_record(pc: Pc) -> None:
    pc.write(pc.process())
    pc.later(600, wall=600 - 90)
    assert jumps(pc.write(pc.process())) == {"jumped_ms": -90_000}
    pc.later(600)
    assert jumps(pc.write(pc.process())) == {}


def test_a_clock_behind_the_last_boots_newest_record_says_by_how_much(pc: Pc) -> None:
    pc.write(pc.process())
    pc.booted()
    pc.later(0, wall=-86_400)  # the battery was flat
    process = pc.process()
    assert jumps(pc.stamp(process)) == {"behind_ms": 86_400_000}
    assert jumps(pc.write(process)) == {"behind_ms": 86_400_000}
    assert jumps(pc.write(process)) == {}
    pc.booted()
    pc.later(60, wall=90_000)  # it went on; how much of it was time nobody can say
    assert jumps(pc.write(pc.process())) == {}


def test_the_first_record_of_all_and_one_without_clocks_have_nothing_to_be_held_against(pc: Pc) -> None:
    assert jumps(pc.stamp(pc.process())) == {}
    pc.bodies.append({"occurred_at": "2030-01-01T00:00:00.000+00:00"})
    assert jumps(pc.stamp(pc.process())) == {}


def test_a_jump_is_one_line_in_the_log_however_often_it_is_asked_for(pc: Pc, caplog: pytest.LogCaptureFixture) -> None:
    process = pc.process()
    pc.write(process)
    with caplog.at_level(logging.WARNING, "stillopen.clock"):
        pc.later(1, wall=3601)
        for _ in range(3):
            pc.stamp(process)
        pc.write(process)
        assert [record.getMessage().partition(" since")[0] for record in caplog.records] == [
            "This PC's clock went forward by 1:00:00"
        ]
        pc.later(1, wall=-7200)
        pc.write(process)
    assert "went back by 2:00:01" in caplog.records[-1].getMessage()
    assert len(caplog.records) == 2


def test_no_order_is_taken_from_the_newest_record_while_nothing_jumps(pc: Pc) -> None:
    process = pc.process()
    pc.write(process)

    def unasked() -> Said | None:
        raise AssertionError("a sale reads no other record")

    pc.later(60)
    process.stamp(pc.wall, unasked)


# --- the machine's own ---


def test_the_time_since_the_start_does_not_go_back_and_the_start_has_one_name() -> None:
    process = Clock()
    first, second = (process.stamp(datetime.now(UTC), lambda: None) for _ in range(2))
    assert int(second["since_boot_ms"]) >= int(first["since_boot_ms"]) - 1 > 0
    assert first["boot"] == second["boot"]
    uuid.UUID(str(first["boot"]))


def test_where_the_system_has_no_name_for_its_start_one_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(clock, "_BOOT_ID", tmp_path / "none")
    clock.boot_id.cache_clear()
    try:
        uuid.UUID(clock.boot_id())
        monkeypatch.setattr("sys.platform", "win32")
        assert clock.since_boot_ms() > 0
    finally:
        clock.boot_id.cache_clear()
