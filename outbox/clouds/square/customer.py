"""A sale's customer at Square: the one it was pulled from, or one with our id as its reference, made once.

No sale waits for its customer: what Square does not take of one is a note.
Source: Square's API description 2025-08-20, `SearchCustomersRequest`, `CreateCustomerRequest`, `Order.customer_id`.
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from outbox.clouds.square.plan import HEADERS, KEY_LIFE_S, look
from outbox.connector import Done, Idempotency, Refused, Request, Step, Unauthorized, Unclear
from outbox.ids import derived_id
from outbox.record import canonical

if TYPE_CHECKING:
    from outbox.clouds.answers import Trouble
    from outbox.connector import Answer, Fact, Outcome

NAME_CHARS_MAX = 300  # CreateCustomerRequest.given_name
NONE = ""  # the sale is for nobody that Square knows
SEARCH, MAKE = "customer", "customer-made"


def step(fact: Fact) -> Step | None:
    """Return the next request about the sale's customer, or None: there is none, or it is known."""
    customer = fact.record.body.get("customer")
    if customer is None or "customer" in fact.refs or "order" in fact.refs:
        return None
    if "customer-looked" not in fact.refs:
        if fact.customer is not None:
            return look(SEARCH, f"/v2/customers/{fact.customer}")
        wanted = {"query": {"filter": {"reference_id": {"exact": customer["id"]}}}, "limit": 1}
        return Step(SEARCH, "", Idempotency.NONE, Request("POST", "/v2/customers/search", canonical(wanted), HEADERS))
    made = {"given_name": customer["name"][:NAME_CHARS_MAX], "reference_id": customer["id"]}
    if customer.get("number"):
        made["note"] = f"Number {customer['number']}"
    # Of the customer and not of the sale: two tills that sell to one make the same. Another name is another body.
    of = canonical(made).decode()
    key = derived_id(customer["id"], of if fact.generation == 0 else f"{of}/{fact.generation}")
    frozen = canonical(made | {"idempotency_key": key})
    return Step(MAKE, key, Idempotency.KEY_REPLAY, Request("POST", "/v2/customers", frozen, HEADERS), KEY_LIFE_S)


def verdict(step: Step, fact: Fact, read: dict[str, Any] | Trouble, answer: Answer) -> Outcome:
    """Say what an answer means: a sale is never held up by its customer, but for trouble that passes."""
    if isinstance(read, Refused) or (isinstance(read, Unauthorized) and answer.status == HTTPStatus.FORBIDDEN):
        gone = step.name == SEARCH and answer.status == HTTPStatus.NOT_FOUND
        why = "they are not there any more" if gone else read.reason
        name = fact.record.body["customer"]["name"]
        return Done({"customer": NONE}, f"Square was not told that this is for {name}: {why}")
    if not isinstance(read, dict):
        return read
    if step.name == MAKE or fact.customer is not None:
        made = read.get("customer")
        found = made.get("id") if isinstance(made, dict) else None
        return Done({"customer": found}) if isinstance(found, str) else Unclear("Square's answer holds no customer")
    ours = fact.record.body["customer"]["id"]
    customers = read.get("customers")
    for one in customers if isinstance(customers, list) else ():
        if isinstance(one, dict) and one.get("reference_id") == ours and isinstance(one.get("id"), str):
            return Done({"customer": one["id"]})
    return Done({"customer-looked": "absent"})


def sighted(step: Step, fact: Fact, body: dict[str, Any], answer: Answer) -> dict[str, str]:
    """Return what a look shows of a customer that was to be made: nothing where there is none."""
    seen = verdict(replace(step, name=SEARCH), replace(fact, customer=None), body, answer)
    return dict(seen.refs) if isinstance(seen, Done) and "customer" in seen.refs else {}


def probe(fact: Fact) -> Request:
    """Return the request that looks whether the customer was made."""
    refs = {name: value for name, value in fact.refs.items() if name != "customer-looked"}
    search = step(replace(fact, refs=refs, customer=None))
    assert search is not None, "it is asked for a step about the customer"
    return search.request
