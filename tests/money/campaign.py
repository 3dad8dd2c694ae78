"""Baskets by the thousand, each rung, paid and given back in parts, and judged at every step."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from agent.pricing import view
from agent.problem import Problem
from agent.refund import remaining
from agent.sale import Sale
from outbox.record import canonical
from tests.money.baskets import REFUNDS_MAX, complete, give_back, pay, ring
from tests.money.oracle import sale_faults
from tests.money.oracle_refunds import refund_faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOLD_EVERY = 10_000  # baskets
FAULTS_MAX = 20  # more say nothing new


@dataclass(slots=True)
class Found:
    """What a campaign did, and what did not hold."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def run(baskets: int, seed: int, say: Callable[[str], None] = lambda _: None, *, faults_max: int = FAULTS_MAX) -> Found:
    """Try `baskets` of them, until `faults_max` are found; each has a seed of its own, by which it is one again."""
    found = Found()
    for number in range(baskets):
        found.faults += (f"basket {seed}/{number}: {fault}" for fault in one(Random(f"{seed}/{number}"), found.counts))
        if len(found.faults) >= faults_max:
            break
        if (number + 1) % TOLD_EVERY == 0:
            say(f"{number + 1} baskets")
    return found


def one(random: Random, counts: Counter[str]) -> Iterator[str]:
    """Yield what is wrong with one basket."""
    rung = ring(random)
    counts["baskets"] += 1
    counts["lines"] += len(rung.sale.lines)
    counts["deposits"] += sum(line.deposit_of is not None for line in rung.sale.lines)
    counts["empties"] += sum(line.empties for line in rung.sale.lines)
    counts["discounts"] += len(rung.sale.discounts)
    counts["exempt"] += rung.asked.exempt
    for sale in pay(random, rung):
        yield from sale_faults(rung.asked, rung.law, view(sale, rung.rules))
    if Sale.from_json(rung.sale.to_json()) != rung.sale:
        yield "the basket does not survive its row"
    counts["tenders"] += len(rung.sale.tenders)
    record = complete(rung)
    canonical(record)
    counts["taxes"] += len(record["taxes"])
    counts["paid out"] += record["total"] < 0
    counts["rounded"] += record["rounding"] != 0
    refunds: list[dict[str, object]] = []
    while any(left > 0 for left in remaining(record, refunds).values()):
        if len(refunds) == REFUNDS_MAX:
            yield "something is left after all came back"
            break
        try:
            refunds.append(give_back(random, rung, record, refunds))
        except Problem as refusal:
            yield f"a refund was refused: {refusal.detail}"
            break
        canonical(refunds[-1])
        yield from refund_faults(rung.law, record, refunds)
    counts["refunds"] += len(refunds)
