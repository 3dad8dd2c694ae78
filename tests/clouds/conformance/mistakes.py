"""Connectors with a mistake each, around a real one: the suite has to notice every one of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from outbox.connector import Absent, Complete, Done, Fact, Found, LookOn, Step
from outbox.feeds import Page
from outbox.record import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from outbox.connector import Answer, Connector, Outcome, Refused, Retry, Sighting, Unauthorized
    from outbox.feeds import Feed


class Mistaken:
    """A connector that passes everything on."""

    def __init__(self, real: Connector) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class TrustsKeysForEver(Mistaken):
    """It sends again under its key, however old that is: a lost answer before a long outage becomes a double."""

    def next_step(self, fact: Fact) -> Step | Complete | Refused:
        coming = self._real.next_step(fact)
        return replace(coming, key_life_s=None) if isinstance(coming, Step) else coming


class DropsATender(Mistaken):
    """It books several tenders as the first."""

    def _one(self, fact: Fact) -> Fact:
        body = fact.record.body
        if fact.record.kind is not Kind.SALE or len(body["tenders"]) < 2:
            return fact
        whole = body["tenders"][0] | {"amount": sum(tender["amount"] for tender in body["tenders"])}
        return replace(fact, record=replace(fact.record, body=body | {"tenders": [whole]}))

    def next_step(self, fact: Fact) -> Step | Complete | Refused:
        return self._real.next_step(self._one(fact))

    def verdict(self, step: Step, fact: Fact, answer: Answer) -> Outcome:
        return self._real.verdict(step, self._one(fact), answer)


class Looks(Mistaken):
    """It looks after every lost answer; that is none, and what the next two do."""

    def next_step(self, fact: Fact) -> Step | Complete | Refused:
        coming = self._real.next_step(fact)
        return replace(coming, key_life_s=0.001) if isinstance(coming, Step) else coming


class TrustsAnyHit(Looks):
    """It takes whatever a look finds for its own."""

    def sighting(self, step: Step, fact: Fact, answer: Answer) -> Sighting:
        seen = self._real.sighting(step, fact, answer)
        orders = answer.json().get("orders") or []
        if step.name == "order" and orders and not isinstance(seen, Found):
            order = orders[0]
            total, version = order["total_money"]["amount"], str(order["version"])
            return Found({"order": order["id"], "version-0": version, "total-0": str(total), "tax-0": "0"})
        return seen


class LooksAtOnePage(Looks):
    """It takes the first page of a look for all there is."""

    def sighting(self, step: Step, fact: Fact, answer: Answer) -> Sighting:
        seen = self._real.sighting(step, fact, answer)
        return Absent() if isinstance(seen, LookOn) else seen


class BelievesAStatus(Mistaken):
    """It takes 200 for done, whatever the answer holds."""

    def verdict(self, step: Step, fact: Fact, answer: Answer) -> Outcome:
        told = self._real.verdict(step, fact, answer)
        if answer.status == 200 and step.name.startswith("refund"):
            return Done({step.name: "R", step.name.replace("refund", "refunded"): "0"})
        return told


class SaysNothing(Mistaken):
    """It keeps what the cloud could not take to itself."""

    def next_step(self, fact: Fact) -> Step | Complete | Refused:
        coming = self._real.next_step(fact)
        return Complete(coming.remote_id, coming.drift) if isinstance(coming, Complete) else coming


class KeepsWhatIsGone(Mistaken):
    """It passes no deletions on."""

    def page(self, feed: Feed, cursor: str | None, answer: Answer) -> Page | Retry | Unauthorized | Refused:
        page = self._real.page(feed, cursor, answer)
        return replace(page, tombstones=()) if isinstance(page, Page) else page


FORGETS_MS = 50  # a key's life at a server that forgets at once

# The mistake, how long the server keeps keys (None: as long as the connector was told), and what the suite says of it.
MISTAKES: tuple[tuple[Callable[[Any], Any], int | None, str], ...] = (
    (TrustsKeysForEver, FORGETS_MS, "is there 2 times"),
    (DropsATender, None, "it was paid by"),
    (TrustsAnyHit, FORGETS_MS, "is not delivered: sale"),
    (LooksAtOnePage, FORGETS_MS, "is there 2 times"),
    (BelievesAStatus, None, "and the drift says"),
    (SaysNothing, None, "and no note says so"),
)
