"""What each route touches: the one table of what a pairing with limits can reach, and by which grant.

A route that is not here is closed to them: it shows or changes the store as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent import open_sales, print_jobs
from agent.permits import ITEMS, TILL
from outbox import chain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agent.api.route import Call, Route
    from agent.door import Caller

    Touch = Callable[[Call], tuple[str, ...]]


def must_be_open(route: Route, caller: Caller | None) -> None:
    """Raise `Problem` where the caller's pairing has limits, and the route is closed to all that have."""
    if caller is not None and caller.permit is not None and not route.public:
        caller.permit.check(() if (route.method, route.path) in TOUCHES else None)


def must_be_permitted(route: Route, call: Call) -> None:
    """Raise `Problem` where the caller's pairing has limits, and what the request touches is beyond them."""
    touch = TOUCHES.get((route.method, route.path))
    if touch is not None and call.caller is not None and call.caller.permit is not None:
        call.caller.permit.check(touch(call))


def _nothing(_: Call) -> tuple[str, ...]:
    return ()  # the caller's own claims; and lists, which hold what it may use


def _items(_: Call) -> tuple[str, ...]:
    return (ITEMS,)


def _device(call: Call) -> tuple[str, ...]:
    return (_named(call, call.path["device"]),)


def _claimed(call: Call) -> tuple[str, ...]:
    return (_named(call, call.body.device),)


def _printer(call: Call) -> tuple[str, ...]:
    return (f"printer:{call.path['printer']}",)


def _display(call: Call) -> tuple[str, ...]:
    return (f"display:{call.path['display']}",)


def _job(call: Call) -> tuple[str, ...]:
    job = print_jobs.find(call.app.journal.reader, call.path["job"])  # front ends' jobs are none of training's
    return ("printer" if job is None else f"printer:{job.printer}",)


def _till(call: Call) -> tuple[str, ...]:
    return (f"{TILL}:{call.path['till']}",)


def _opened(call: Call) -> tuple[str, ...]:
    return (f"{TILL}:{call.body.till}",)


def _tills_drawer(call: Call) -> tuple[str, ...]:
    return (f"drawer:{call.app.tills.setup(call.path['till']).drawer or ''}",)


def _tills_scale(call: Call) -> tuple[str, ...]:
    return (f"scale:{call.app.tills.setup(call.path['till']).scale or ''}",)


def _sale(call: Call) -> tuple[str, ...]:
    reader = call.app.counters.of_sale(call.path["sale"]).journal.reader
    sale = open_sales.find(reader, call.path["sale"]) or chain.by_id(reader, call.path["sale"])
    return (TILL if sale is None else f"{TILL}:{sale.till}",)


def _receipt(call: Call) -> tuple[str, ...]:
    number = call.path["receipt_number"]
    record = chain.by_receipt_number(call.app.counters.of_receipt(number).journal.reader, number)
    return (TILL if record is None else f"{TILL}:{record.till}",)


def _named(call: Call, name: str) -> str:
    return f"{call.app.devices.kinds.get(name, 'device')}:{name}"


TOUCHES: Mapping[tuple[str, str], Touch] = {
    ("GET", "/v1/devices"): _nothing,
    ("POST", "/v1/devices/{device}/test"): _device,
    ("POST", "/v1/devices/{device}/zero"): _device,
    ("POST", "/v1/devices/{device}/tare"): _device,
    ("POST", "/v1/devices/{device}/clear-tare"): _device,
    ("GET", "/v1/claims"): _nothing,
    ("POST", "/v1/claims"): _claimed,
    ("POST", "/v1/claims/{claim}/renew"): _nothing,
    ("DELETE", "/v1/claims/{claim}"): _nothing,
    ("POST", "/v1/printers/{printer}/jobs"): _printer,
    ("GET", "/v1/jobs/{job}"): _job,
    ("POST", "/v1/jobs/{job}/print"): _job,
    ("POST", "/v1/displays/{display}/show"): _display,
    ("POST", "/v1/tills/{till}/drawer"): _tills_drawer,
    ("POST", "/v1/tills/{till}/weigh"): _tills_scale,
    ("GET", "/v1/tills/{till}"): _till,
    ("POST", "/v1/tills/{till}/scan"): _till,
    ("GET", "/v1/tills/{till}/parked"): _till,
    ("POST", "/v1/sales"): _opened,
    ("GET", "/v1/sales/{sale}"): _sale,
    ("PATCH", "/v1/sales/{sale}"): _sale,
    ("POST", "/v1/sales/{sale}/age"): _sale,
    ("POST", "/v1/sales/{sale}/lines"): _sale,
    ("PATCH", "/v1/sales/{sale}/lines/{line}"): _sale,
    ("DELETE", "/v1/sales/{sale}/lines/{line}"): _sale,
    ("POST", "/v1/sales/{sale}/discounts"): _sale,
    ("DELETE", "/v1/sales/{sale}/discounts/{discount}"): _sale,
    ("POST", "/v1/sales/{sale}/tenders"): _sale,
    ("DELETE", "/v1/sales/{sale}/tenders/{tender}"): _sale,
    ("POST", "/v1/sales/{sale}/card-payments"): _sale,
    ("GET", "/v1/sales/{sale}/card-payments/{payment}"): _sale,
    ("DELETE", "/v1/sales/{sale}/card-payments/{payment}"): _sale,
    ("POST", "/v1/sales/{sale}/card-payments/{payment}/leave"): _sale,
    ("POST", "/v1/sales/{sale}/card-payments/{payment}/told"): _sale,
    ("POST", "/v1/sales/{sale}/complete"): _sale,
    ("POST", "/v1/sales/{sale}/park"): _sale,
    ("POST", "/v1/sales/{sale}/resume"): _sale,
    ("POST", "/v1/sales/{sale}/void"): _sale,
    ("GET", "/v1/records/{receipt_number}"): _receipt,
    ("POST", "/v1/records/{receipt_number}/print"): _receipt,
    ("GET", "/v1/items"): _items,
    ("GET", "/v1/items/{sku:path}"): _items,
    ("GET", "/v1/categories"): _items,
    ("GET", "/v1/discounts"): _items,
    ("GET", "/v1/barcodes/{code:path}"): _items,
}
