"""When a feed is gone through, and whose word on an item stands above another cloud's."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.config import CloudConfig
from agent.pulling import names_above, sweep_due

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def test_it_is_due_once_a_night_and_after_a_night_switched_off() -> None:
    four = time(4)
    assert sweep_due(None, at("2026-11-21T12:00"), four)
    assert sweep_due("2026-11-20T12:00:00+01:00", at("2026-11-21T04:00"), four)
    assert not sweep_due("2026-11-20T12:00:00+01:00", at("2026-11-21T03:59"), four)
    assert not sweep_due("2026-11-21T04:00:30+01:00", at("2026-11-21T12:00"), four)
    assert sweep_due("2026-11-18T04:00:30+01:00", at("2026-11-21T08:00"), four), "it was off for nights"
    assert sweep_due("2031-01-01T04:00:30+01:00", at("2026-11-21T08:00"), four), "the clock was ahead then"
    assert not sweep_due("2026-11-21T03:30:00+00:00", at("2026-11-21T08:00"), four), "in UTC it is the same moment"


@settings(max_examples=100, deadline=None)
@given(
    swept=st.datetimes(datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2026-12-31")),
    later_h=st.floats(0, 100),
    hour=st.integers(0, 23),
)
def test_a_day_never_goes_by_without_one_and_none_comes_twice(swept: datetime, later_h: float, hour: int) -> None:
    before = swept.replace(tzinfo=BERLIN)
    now = before + timedelta(hours=later_h)
    due = sweep_due(before.isoformat(), now, time(hour))
    if later_h > 26:  # a day, and an hour for the clocks that are put back
        assert due
    assert not sweep_due(now.isoformat(), now, time(hour))


def test_the_first_cloud_in_the_configuration_stands_above_the_others() -> None:
    clouds = [CloudConfig(name, "webhook", None) for name in ("a", "b", "c")]
    assert names_above("a", clouds) == ()
    assert names_above("c", clouds) == ("a", "b")
