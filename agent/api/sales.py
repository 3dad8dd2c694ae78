"""Sales: opening one, changing it, taking money, and closing it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def create(call: Call) -> Reply:
    """Open a sale on a till."""
    return await call.app.ringing.open_sale(call.body.till, key=call.key)


async def view(call: Call) -> Reply:
    """Return a sale as it is now."""
    return Reply(HTTPStatus.OK, call.app.tills.view_sale(call.path["sale"]))


async def add_line(call: Call) -> Reply:
    """Add a line."""
    return await call.app.ringing.add_line(call.path["sale"], call.body, key=call.key)


async def change_line(call: Call) -> Reply:
    """Change a line's quantity or price."""
    return await call.app.ringing.change_line(call.path["sale"], call.path["line"], call.body, key=call.key)


async def remove_line(call: Call) -> Reply:
    """Take a line out."""
    return await call.app.ringing.remove_line(call.path["sale"], call.path["line"], key=call.key)


async def add_discount(call: Call) -> Reply:
    """Give a discount."""
    return await call.app.ringing.add_discount(call.path["sale"], call.body, key=call.key)


async def remove_discount(call: Call) -> Reply:
    """Take a discount back."""
    return await call.app.ringing.remove_discount(call.path["sale"], call.path["discount"], key=call.key)


async def add_tender(call: Call) -> Reply:
    """Take money."""
    return await call.app.ringing.add_tender(call.path["sale"], call.body, key=call.key)


async def remove_tender(call: Call) -> Reply:
    """Give money back before the sale is complete."""
    return await call.app.ringing.remove_tender(call.path["sale"], call.path["tender"], key=call.key)


async def complete(call: Call) -> Reply:
    """Make the sale a fact; answers after the fsync."""
    return await call.app.closing.complete(call.path["sale"], key=call.key)


async def park(call: Call) -> Reply:
    """Put the sale aside."""
    return await call.app.ringing.park(call.path["sale"], call.body.label, key=call.key)


async def resume(call: Call) -> Reply:
    """Take a parked sale up again."""
    return await call.app.ringing.resume(call.path["sale"], key=call.key)


async def void(call: Call) -> Reply:
    """Give the sale up."""
    return await call.app.closing.void(call.path["sale"], call.body.reason, key=call.key)


async def refund(call: Call) -> Reply:
    """Take back a completed sale, or a part of it."""
    return await call.app.closing.refund(call.body, key=call.key)
