"""Square's lists of orders, payments and refunds: what to ask for what was made in a stretch of time, page by page.

Only a `cursor` tells that there is more: a page may hold fewer than its limit. Source: Square's API description
2025-08-20, `SearchOrdersRequest`, `ListPayments`, `ListPaymentRefunds`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from outbox.clouds.square.order import SOURCE_NAME
from outbox.clouds.square.plan import HEADERS
from outbox.connector import Request
from outbox.record import canonical

ORDERS_MAX = 1000  # SearchOrders' largest page
LIST_MAX = 100  # the largest page of payments and refunds


def orders(location_id: str, since: datetime, until: datetime | None = None) -> Request:
    """Return the request for our orders that were made at a location, the oldest first; both ends count."""
    made = {"start_at": moment(since)} | ({} if until is None else {"end_at": moment(until)})
    query = {
        "filter": {
            "date_time_filter": {"created_at": made},
            "source_filter": {"source_names": [SOURCE_NAME]},
        },
        "sort": {"sort_field": "CREATED_AT", "sort_order": "ASC"},
    }
    return post("/v2/orders/search", {"location_ids": [location_id], "query": query, "limit": ORDERS_MAX})


def money(
    name: str, location_id: str, since: datetime, until: datetime | None = None, *, total: int | None = None
) -> Request:
    """Return the request for the `payments` or `refunds` of a location, whoever's, the oldest first."""
    asked = {"begin_time": moment(since), "sort_order": "ASC", "location_id": location_id, "limit": str(LIST_MAX)}
    if until is not None:
        asked["end_time"] = moment(until)
    if total is not None:
        asked["total"] = str(total)
    return Request("GET", f"/v2/{name}?{urlencode(asked)}", b"", HEADERS)


def post(path: str, body: dict[str, Any]) -> Request:
    """Return a search."""
    return Request("POST", path, canonical(body), HEADERS)


def after(request: Request, cursor: str) -> Request:
    """Return the request for a further page: the same question, and where to go on."""
    if request.method == "POST":
        return replace(request, body=canonical(json.loads(request.body) | {"cursor": cursor}))
    path, _, query = request.path.partition("?")
    return replace(request, path=f"{path}?{urlencode(dict(parse_qsl(query)) | {'cursor': cursor})}")


def moment(at: datetime) -> str:
    """Return a moment as Square takes it, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
