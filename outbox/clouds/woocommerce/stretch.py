"""Lists of what was made at the shop in a stretch of time, page by page, the oldest first: its orders and its refunds.

A list moves while it is read, so that places in it slip; the stretch moves instead, to when the last one read was made.
Times go up in UTC without an offset: WordPress would turn one into the shop's own time, and compare that with UTC.
Source: the routes of a running WooCommerce 9.4.3; WordPress' `WP_Date_Query::build_mysql_datetime`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from outbox.clouds.woocommerce.plan import read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.connector import Request

PAGE = 100  # the most that WooCommerce lists at once
SECOND = timedelta(seconds=1)  # WooCommerce keeps no less
_FORM = "%Y-%m-%dT%H:%M:%S"


def made(path: str, after: datetime | None, before: datetime | None = None, **narrowed: str) -> Request:
    """Return the request for the first page of what was made between two moments, neither of them included."""
    asked = narrowed | {"orderby": "date", "order": "asc", "per_page": str(PAGE)}
    for name, moment in (("after", after), ("before", before)):
        if moment is not None:
            asked |= {name: moment.astimezone(UTC).strftime(_FORM), "dates_are_gmt": "true"}
    return read(f"{path}?{urlencode(asked)}")


def behind(asked: Request, last: datetime | None, count: int) -> Request:
    """Return the request for what comes behind a page of `count` that `asked` brought.

    It begins with the second in which the page's last one was made, so that nothing slips by; where the page is all of
    one second, or that moment is not known (None), it goes on by place.
    """
    query = parameters(asked)
    place, after = int(query.pop("offset", "0")), query.get("after")
    if last is not None and (after is None or last - SECOND > datetime.fromisoformat(after).replace(tzinfo=UTC)):
        query |= {"after": (last - SECOND).strftime(_FORM), "dates_are_gmt": "true"}
    else:
        query["offset"] = str(place + count)
    return read(f"{urlsplit(asked.path).path}?{urlencode(query)}")


def parameters(asked: Request) -> dict[str, str]:
    """Return what a request asks for."""
    return dict(parse_qsl(urlsplit(asked.path).query))


def place_of(asked: Request) -> int:
    """Return how many of a list stand before the page that a request asks for."""
    return int(parameters(asked).get("offset", "0"))


def made_at(value: Mapping[str, Any]) -> datetime | None:
    """Return when something in an answer was made; None where it does not say."""
    try:
        return datetime.fromisoformat(str(value.get("date_created_gmt"))).replace(tzinfo=UTC)
    except ValueError:
        return None
