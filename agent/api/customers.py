"""Customers: the store's own list."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from agent.api.route import Route
from agent.staff.actions import Action
from outbox.answers import Reply

if TYPE_CHECKING:
    from agent.api.route import Call


async def search(call: Call) -> Reply:
    """Find customers; with nothing typed, the first there are."""
    found = call.app.customers.search(call.query.q, call.query.limit)
    return Reply(HTTPStatus.OK, {"customers": [customer.to_json() for customer in found]})


async def create(call: Call) -> Reply:
    """Add a customer."""
    call.must_count()
    if call.body.exempt_reason is not None:
        call.allow(Action.TAX_EXEMPT)
    return await call.app.customers.create(call.body.model_dump(), key=call.key, by=call.by)


async def view(call: Call) -> Reply:
    """Return a customer."""
    return Reply(HTTPStatus.OK, call.app.customers.view(call.path["customer"]).to_json())


async def change(call: Call) -> Reply:
    """Change what is known of a customer."""
    call.must_count()
    wanted = call.body.model_dump(exclude_unset=True)
    if wanted.keys() & {"exempt_reason", "certificate"}:
        call.allow(Action.TAX_EXEMPT)
    return await call.app.customers.change(call.path["customer"], wanted, key=call.key, by=call.by)


async def remove(call: Call) -> Reply:
    """Forget a customer."""
    call.must_count()
    return await call.app.customers.remove(call.path["customer"], key=call.key, by=call.by)


ROUTES = (
    Route(
        "GET",
        "/v1/customers",
        search,
        "Find customers as one types",
        "Customers",
        query="CustomersQuery",
        action=Action.SELL,  # reading, too: it is about people
    ),
    Route(
        "POST",
        "/v1/customers",
        create,
        "Add a customer",
        "Customer",
        status=201,
        body="NewCustomer",
        problems=("till-trains", "customer-number-taken", "card-data"),
        action=Action.SELL,
    ),
    Route(
        "GET",
        "/v1/customers/{customer}",
        view,
        "A customer",
        "Customer",
        problems=("no-such-customer",),
        action=Action.SELL,
    ),
    Route(
        "PATCH",
        "/v1/customers/{customer}",
        change,
        "Change what is known of a customer",
        "Customer",
        body="CustomerChange",
        problems=("till-trains", "no-such-customer", "customer-number-taken", "card-data"),
        action=Action.SELL,
    ),
    Route(
        "DELETE",
        "/v1/customers/{customer}",
        remove,
        "Forget a customer; records keep the name and number that their receipts show",
        "Removed",
        problems=("till-trains", "no-such-customer"),
        action=Action.CUSTOMER_REMOVE,
    ),
)
