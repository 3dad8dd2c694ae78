"""The hours in which a store may be updated, in its own time. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_SPAN = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Hours:
    """From `begin` until `end`; over midnight where `end` is the earlier one."""

    begin: time
    end: time

    def opened(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when the hours that hold at `now` began, in the store's time, or None where none hold."""
        local = now.astimezone(zone)
        for day in (local.date(), local.date() - timedelta(days=1)):
            begin = datetime.combine(day, self.begin, zone)
            until = datetime.combine(day + timedelta(days=self.end <= self.begin), self.end, zone)
            if begin <= local < until:
                return begin
        return None

    def __str__(self) -> str:
        return f"{self.begin:%H:%M}-{self.end:%H:%M}"


def parse(text: str) -> Hours:
    """Read hours as `"03:00-05:00"`. Raises `ValueError`."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError('write when it begins and ends, like "03:00-05:00"')
    hour, minute, to_hour, to_minute = map(int, found.groups())
    hours = Hours(time(hour, minute), time(to_hour, to_minute))
    if hours.begin == hours.end:
        raise ValueError('the end is the beginning; for any time write "00:00-23:59"')
    return hours
