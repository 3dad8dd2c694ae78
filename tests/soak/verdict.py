"""What everybody saw, held against each other: the tills, the journal, the clouds, the paper. Pure.

Nothing here asks the agent what it thinks of itself, but where its word is what is judged (`printed`, `opened`).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.soak.receiver import digest

Record = dict[str, Any]
_LAST_DIGITS = re.compile(r"[0-9]+$")
_PLACE = ("seq", "prev_hash", "hash")  # what an export says of a record's place, beside its body


@dataclass(frozen=True)
class Evidence:
    """Everything there is at the end of a run."""

    told: list[dict[str, Any]]  # record, pieces, paid: what a till was told, and what it had rung
    journal: list[Record]  # as exported, oldest first
    hook: dict[str, Any]
    square: dict[str, Any]
    drift: dict[str, int]  # by record: by how much the agent says that Square's total is another
    parked: list[tuple[str, str, str]]  # cloud, record id, what the cloud had against it
    papers: dict[str, Any]  # by printer: originals, copies, pulses
    prints: list[tuple[str, str, str]]  # printer, receipt number, how it ended; copies left out
    kicks: list[tuple[str, str]]  # printer, how it ended


@dataclass
class Verdict:
    """What does not hold, in words, and the two figures that are to be 0."""

    violations: list[str] = field(default_factory=list)
    double_effects: int = 0
    order_violations: int = 0


def judge(evidence: Evidence) -> Verdict:
    """Hold everything against everything."""
    verdict = Verdict()
    _told(evidence, verdict)
    _numbers(evidence, verdict)
    _refunds(evidence, verdict)
    _hook(evidence, verdict)
    _square_sales(evidence, verdict)
    _square_refunds(evidence, verdict)
    for cloud, record_id, why in evidence.parked:  # what these tills sell, both clouds take
        verdict.violations.append(f"{record_id} is parked at {cloud}: {why}")
    _paper(evidence, verdict)
    _drawers(evidence, verdict)
    return verdict


def body_of(record: Record) -> Record:
    """Return the fact itself, as everybody outside is told it."""
    return {name: value for name, value in record.items() if name not in _PLACE}


def _told(evidence: Evidence, verdict: Verdict) -> None:
    """What was told is in the journal once and just so, and what is in the journal was told."""
    by_id = {record["id"]: body_of(record) for record in evidence.journal}
    if len(by_id) != len(evidence.journal):
        verdict.violations.append("a record is in the journal twice")
    told = Counter(told["record"]["id"] for told in evidence.told)
    for one in evidence.told:
        record = {name: value for name, value in one["record"].items() if name != "print"}
        name = f"{record['kind']} {record['receipt_number'] or record['id']}"
        if told[record["id"]] > 1:
            verdict.violations.append(f"{name} was told as the answer to two requests")
        if record["id"] not in by_id:
            verdict.violations.append(f"{name} was told and is not in the journal")
        elif by_id[record["id"]] != record:
            verdict.violations.append(f"{name} was told and is another in the journal")
        pieces = sum((Decimal(line["quantity"]) for line in record.get("lines", ())), Decimal(0))
        if one["pieces"] is not None and pieces != Decimal(one["pieces"]):
            verdict.violations.append(f"{name} holds {pieces} pieces, and {one['pieces']} were rung")
        if one["paid"] is not None and one["paid"] != [tender["amount"] for tender in record["tenders"]]:
            verdict.violations.append(f"{name} holds {record['tenders']}, and {one['paid']} was taken")
    for record in evidence.journal:
        follows = record.get("automatic", False)  # a shift that opened by itself, for a sale that was told
        follows |= record["kind"] == "drawer" and record["for"] is not None  # its sale or refund was told
        if record["id"] not in told and not follows:
            verdict.violations.append(f"{record['kind']} {record['id']} is in the journal, and nobody was told of it")


def _numbers(evidence: Evidence, verdict: Verdict) -> None:
    seqs: Counter[str] = Counter()
    receipts: Counter[str] = Counter()
    for record in evidence.journal:
        till, number = record["till"], record["receipt_number"]
        if record["till_seq"] != seqs[till] + 1:
            verdict.violations.append(f"{till} goes from {seqs[till]} to {record['till_seq']}")
        seqs[till] = record["till_seq"]
        if number is not None:
            digits = _LAST_DIGITS.search(number)
            assert digits is not None, number
            if int(digits[0]) != receipts[till] + 1:
                verdict.violations.append(f"{till} goes from receipt {receipts[till]} to {number}")
            receipts[till] = int(digits[0])


def _refunds(evidence: Evidence, verdict: Verdict) -> None:
    given_back: Counter[str] = Counter()
    for refund in evidence.journal:
        if refund["kind"] == "refund":
            given_back[refund["original"]["id"]] += refund["paid"]
    for sale in evidence.journal:
        if sale["kind"] == "sale" and given_back[sale["id"]] > sale["total"] + sale["rounding"]:
            verdict.violations.append(f"{sale['receipt_number']} has been given back more than it was")


def _hook(evidence: Evidence, verdict: Verdict) -> None:
    hook = evidence.hook
    wanted = {record["id"]: digest(body_of(record)) for record in evidence.journal}
    if hook["turned_away"]:
        verdict.violations.append(f"the webhook accepted no signature of {hook['turned_away'][:3]}")
    for record_id in sorted(wanted.keys() ^ hook["effects"].keys()):
        where = "journal" if record_id in wanted else "webhook"
        verdict.violations.append(f"{record_id} is in the {where} only")
    for record_id, times in hook["effects"].items():
        if times > 1:
            verdict.double_effects += times - 1
            verdict.violations.append(f"the webhook has applied {record_id} {times} times")
        elif record_id in wanted and hook["digests"][record_id] != wanted[record_id]:
            verdict.violations.append(f"{record_id} at the webhook is another than in the journal")
    _order("the webhook", [(till, seq) for till, seq, _ in hook["order"]], verdict)
    place = {record_id: at for at, (_, _, record_id) in enumerate(hook["order"])}
    for refund in evidence.journal:
        if refund["kind"] == "refund" and place.get(refund["id"], 0) < place.get(refund["original"]["id"], 0):
            verdict.violations.append(f"the webhook had refund {refund['receipt_number']} before its sale")


def _order(cloud: str, applied: list[tuple[str, int]], verdict: Verdict) -> None:
    newest: Counter[str] = Counter()
    for till, seq in applied:
        if seq < newest[till]:
            verdict.order_violations += 1
            verdict.violations.append(f"{cloud} had record {newest[till]} of {till} before its {seq}")
        newest[till] = max(newest[till], seq)


def _square_sales(evidence: Evidence, verdict: Verdict) -> None:
    """Each sale is one order, paid, of the till's total."""
    orders: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for order in evidence.square["orders"]:
        orders[order["record"]].append(order)
    paid: Counter[str] = Counter()
    for order_id, amount in evidence.square["payments"]:
        paid[order_id] += amount
    places: dict[str, tuple[str, int]] = {}
    for sale in (record for record in evidence.journal if record["kind"] == "sale"):
        places[sale["id"]] = sale["till"], sale["till_seq"]
        found = orders.pop(sale["id"], [])
        verdict.double_effects += max(0, len(found) - 1)
        total = sale["total"] + sale["rounding"] + evidence.drift.get(sale["id"], 0)
        booked = [(order["state"], order["total"], paid[order["id"]]) for order in found]
        if booked != [("COMPLETED", total, total)]:
            verdict.violations.append(f"Square has {sale['receipt_number']} of {total} as {booked}")
    if orders:
        verdict.violations.append(f"Square has sales that the journal has not: {sorted(orders)[:3]}")
    first = {order["record"]: None for order in evidence.square["orders"]}  # a second one is not late, but double
    _order("Square", [places[record_id] for record_id in first if record_id in places], verdict)


def _square_refunds(evidence: Evidence, verdict: Verdict) -> None:
    """Each refund came to what was given back; its parts each have a reason of their own."""
    refunds = evidence.square["refunds"]
    refunded: Counter[str] = Counter()
    for reason, amount in refunds:
        refunded[reason.rpartition(" ")[2]] += amount
    for reason, times in Counter(reason for reason, _ in refunds).items():
        if times > 1:
            verdict.double_effects += times - 1
            verdict.violations.append(f"Square has given {reason} back {times} times")
    for refund in (record for record in evidence.journal if record["kind"] == "refund"):
        wanted = refund["paid"] + evidence.drift.get(refund["id"], 0)
        if (found := refunded.pop(refund["id"], 0)) != wanted:
            verdict.violations.append(f"Square has given {found} back for {refund['receipt_number']}, not {wanted}")
    if refunded:
        verdict.violations.append(f"Square has refunds that the journal has not: {sorted(refunded)[:3]}")


def _paper(evidence: Evidence, verdict: Verdict) -> None:
    """No receipt is on paper twice without COPY, and what is said of each is what there is."""
    for printer, number, ended in evidence.prints:
        times = evidence.papers[printer]["originals"].get(number, 0)
        if times > 1 or (ended == "printed" and times != 1) or (ended == "not_printed" and times):
            verdict.violations.append(f"{number} is {ended}, and {times} times on the paper of {printer}")
    jobs = Counter((printer, number) for printer, number, _ in evidence.prints)
    for (_, number), times in jobs.items():
        if times > 1:
            verdict.violations.append(f"{number} has {times} print jobs")
    for printer, paper in evidence.papers.items():
        for number in paper["originals"]:
            if (printer, number) not in jobs:
                verdict.violations.append(f"{number} is on the paper of {printer}, and no job says so")


def _drawers(evidence: Evidence, verdict: Verdict) -> None:
    """No drawer had more pulses than openings that can have sent one, nor fewer than opened it."""
    ended = Counter(evidence.kicks)
    for printer, paper in evidence.papers.items():
        opened, unknown = ended[printer, "opened"], ended[printer, "unknown"]
        if not opened <= paper["pulses"] <= opened + unknown:
            verdict.violations.append(f"{printer}: {paper['pulses']} pulses, {opened} opened, {unknown} unknown")
    for printer, state in ended:
        if state == "sending":
            verdict.violations.append(f"{printer}: an opening was never brought to its end")
    openings = sum(record["kind"] == "drawer" for record in evidence.journal)
    if openings != len(evidence.kicks):
        verdict.violations.append(f"{openings} openings in the journal and {len(evidence.kicks)} kicks")
