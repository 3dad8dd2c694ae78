"""A sale's customer at Shopify: the one they were pulled from, or one with our id as a custom id, made once.

A custom id is a metafield of the type `id`, whose values are unique in a shop: who has it is found without the search,
which lags, and `customerSet` makes somebody by it or finds them, so that the same request, sent again or by another
till at the same moment, makes nobody twice. The shop needs its definition once; it is made where a customer is refused
for the first time. One who is there already is not written to: what the shop keeps of them is the shop's.
No sale waits for its customer: what Shopify does not take of one is a note.
Source: the schema 2026-07, `customerByIdentifier`, `customerSet`, `metafieldDefinitionCreate`; shopify.dev, "Working
with custom IDs".
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from outbox.clouds.shopify.answer import objection, payload, read
from outbox.clouds.shopify.plan import ask, inner
from outbox.clouds.shopify.plan import read as look
from outbox.clouds.shopify.queries import CUSTOMER_BY_ID, CUSTOMER_SET, DEFINE_ID
from outbox.connector import Absent, Done, Found, Idempotency, Refused, Step, Unauthorized, Unclear

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.clouds.answers import Trouble
    from outbox.connector import Answer, Fact, Outcome, Request, Sighting

NAMESPACE, KEY = "stillopen", "customer_id"  # not the app's own: another app of the same shop finds them again
NAME_CHARS_MAX = 255
NONE = ""  # the order is for nobody that Shopify knows
LOOK, MAKE, DEFINE, AGAIN = "customer", "customer-made", "customer-defined", "customer-made-2"
_MUTATION = {MAKE: "customerSet", DEFINE: "metafieldDefinitionCreate", AGAIN: "customerSet"}


def step(fact: Fact) -> Step | None:
    """Return the next request about the sale's customer, or None: there is none, or it is known."""
    customer, refs = fact.record.body.get("customer"), fact.refs
    if customer is None or fact.customer is not None or "customer" in refs:
        return None
    if "customer-looked" not in refs:
        return look(LOOK, CUSTOMER_BY_ID, {"identifier": {"customId": _custom_id(fact)}})
    if "customer-refused" not in refs:
        return _make(MAKE, fact, customer)
    if DEFINE not in refs:
        wanted = {
            "name": "Stillopen customer", "namespace": NAMESPACE, "key": KEY, "type": "id", "ownerType": "CUSTOMER",
        }  # fmt: skip
        return Step(DEFINE, "", Idempotency.UNIQUE_REJECT, ask(DEFINE_ID, {"definition": wanted}))
    return _make(AGAIN, fact, customer)


def of(fact: Fact) -> str | None:
    """Return what Shopify calls the sale's customer, or None where it knows none."""
    return fact.customer or fact.refs.get("customer") or None


def verdict(step: Step, fact: Fact, answer: Answer) -> Outcome:
    """Say what an answer means: a sale is never held up by its customer, but for trouble that passes."""
    told = read(answer, fact.now) if step.name == LOOK else payload(answer, fact.now, _MUTATION[step.name])
    if (against := objection(answer)) is not None:
        told = Refused("request", against, "")
    if isinstance(told, Refused) and step.name == LOOK:  # as where nobody has defined the custom id yet
        return Done({"customer-looked": "absent"})
    if isinstance(told, Refused) and step.name == MAKE:
        return Done({"customer-refused": told.reason})
    if step.name == DEFINE and (isinstance(told, dict) or _is_defined(told)):
        return Done({DEFINE: "yes"})
    if not isinstance(told, dict):
        return _passed(told, fact, answer)
    found = inner(told, "found" if step.name == LOOK else "customer").get("id")
    if isinstance(found, str):
        return Done({"customer": found})
    return Done({"customer-looked": "absent"}) if step.name == LOOK else Unclear("Shopify's answer holds no customer")


def probe(fact: Fact) -> Request:
    """Return the request that looks whether the customer is there."""
    return ask(CUSTOMER_BY_ID, {"identifier": {"customId": _custom_id(fact)}})


def sighting(step: Step, data: Mapping[str, Any]) -> Sighting:
    """Say what a look shows of a customer that was to be made; a definition is made again, which changes nothing."""
    found = inner(data, "found").get("id")
    return Found({"customer": found}) if isinstance(found, str) and step.name != DEFINE else Absent()


def _make(name: str, fact: Fact, customer: Mapping[str, Any]) -> Step:
    given = {"firstName": customer["name"][:NAME_CHARS_MAX]}
    if customer.get("number"):
        given["note"] = f"Number {customer['number']}"
    variables = {"identifier": {"customId": _custom_id(fact)}, "input": given}
    return Step(name, "", Idempotency.UPSERT, ask(CUSTOMER_SET, variables))


def _custom_id(fact: Fact) -> dict[str, str]:
    return {"namespace": NAMESPACE, "key": KEY, "value": fact.record.body["customer"]["id"]}


def _is_defined(trouble: Trouble) -> bool:
    """Return whether the custom id was defined before."""
    return isinstance(trouble, Refused) and trouble.code == "TAKEN"


def _passed(trouble: Trouble, fact: Fact, answer: Answer) -> Outcome:
    """Go on without the customer where Shopify does not take them, or does not let the app; wait for what passes."""
    may_not = isinstance(trouble, Unauthorized) and answer.status in (HTTPStatus.OK, HTTPStatus.FORBIDDEN)
    if isinstance(trouble, Refused) or may_not:
        name = fact.record.body["customer"]["name"]
        return Done({"customer": NONE}, f"Shopify was not told that this is for {name}: {trouble.reason}")
    return trouble
