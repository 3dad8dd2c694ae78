"""`stillopen reconcile`: a day's receipts against what each cloud has in its own books; with or without an agent."""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

from agent.cli import out
from agent.cli.cloud_names import configured
from outbox import reconcile, schema
from outbox.journal import FILE
from outbox.money import format_amount

if TYPE_CHECKING:
    from agent.config import CloudConfig, Config
    from agent.places import Places
    from agent.reconciling import CloudDay
    from outbox.books import Entry
    from outbox.reconcile import Compared, TillDay
    from outbox.record import Record

_WORDS = {
    reconcile.Verdict.MATCHES: "matches",
    reconcile.Verdict.TAKEN: "taken",
    reconcile.Verdict.DIFFERS: "DIFFERS",
    reconcile.Verdict.MISSING: "MISSING",
    reconcile.Verdict.UNFINISHED: "UNFINISHED",
    reconcile.Verdict.CANCELLED: "CANCELLED",
    reconcile.Verdict.DOUBLED: "DOUBLED",
    reconcile.Verdict.REWRITTEN: "REWRITTEN",
    reconcile.Verdict.BY_HAND: "by hand",
    reconcile.Verdict.WAITING: "waiting",
    reconcile.Verdict.PARKED: "PARKED",
    reconcile.Verdict.NEVER_QUEUED: "not queued",
    reconcile.Verdict.NOT_COMPARED: "not compared",
}
_WIDTH = max(map(len, _WORDS.values()))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("--day", type=_day, metavar="YYYY-MM-DD", help="which (default: the newest receipt's)")
    parser.add_argument("--cloud", metavar="NAME", help="only this cloud")
    parser.add_argument("--all", action="store_true", help="list the receipts that match, too")
    parser.add_argument("--json", action="store_true", help="the answer as JSON, for programs")


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day: write it like 2026-11-20") from None


def run(args: argparse.Namespace, places: Places) -> int:
    """Compare, and say what was found (exit 1: something does not match, or could not be compared)."""
    from agent.config import load

    if args.cloud is None:
        config = load(places.config, need_secrets=False)
        clouds = config.clouds
    else:
        config, one = configured(places, args.cloud)
        clouds = (one,)
    with schema.reading(places.state / FILE) as reader:
        day = args.day or reconcile.newest_day(reader)
        records = [] if day is None else reconcile.receipts(reader, day)
        tills = reconcile.by_till(reader, records)
        compared = asyncio.run(_compared(config, places, clouds, reader, records)) if records else []
    if args.json:
        out.say_json(_told(day, config.store.currency, tills, compared, everything=args.all))
    elif day is None:
        out.say("there is no receipt yet")
    else:
        _say_tills(day, config.store.currency, tills)
        if not clouds:
            out.say("no cloud is configured: there is nothing to compare with")
        for cloud in compared:
            _say_cloud(cloud, config.store.currency, everything=args.all)
    good = all(cloud.is_good for cloud in compared) and not any(till.gaps for till in tills)
    return out.OK if good else out.FAILED


async def _compared(
    config: Config, places: Places, clouds: tuple[CloudConfig, ...], reader: Any, records: list[Record]
) -> list[CloudDay]:
    from agent.reconciling import reconciled
    from outbox.auth.keyring import Keyring

    keyring = Keyring(places.state)
    return [await reconciled(cloud, config, keyring, reader, records) for cloud in clouds]


# --- for a person ---


def _say_tills(day: str, currency: str, tills: list[TillDay]) -> None:
    out.say(f"{day}: {_count(sum(till.receipts for till in tills), 'receipt')}")
    for till in tills:
        numbers = "no number missing" if not till.gaps else f"MISSING: {', '.join(till.gaps)}"
        sums = f"sales {format_amount(till.sales, currency)} {currency}"
        if till.refunds:
            sums += f", refunds {format_amount(till.refunds, currency)} {currency}"
        out.say(f"  {till.till}: {till.first} to {till.last}, {_count(till.receipts, 'receipt')}, {numbers}; {sums}")


def _say_cloud(day: CloudDay, currency: str, *, everything: bool) -> None:
    good = sum(one.is_good for one in day.receipts)
    said = f"{day.cloud}: {good} of {_count(len(day.receipts), 'receipt')}"
    said += " match" if day.askable else " taken, by its answers then: this kind cannot be asked what it has"
    if day.there is not None:
        here, there = (f"{format_amount(amount, currency)} {currency}" for amount in (day.here, day.there))
        said += f"; {here} here and there" if here == there else f"; {here} here, {there} there"
    out.say(said)
    if day.trouble:
        out.say(f"  not heard to the end: {day.trouble}")
        if day.hint:
            out.say(f"  next: {day.hint}")
    for one in day.receipts:
        if everything or not one.is_good:
            _say_receipt(one)
    for entry in day.strangers:
        amount = "" if entry.total is None or entry.currency is None else format_amount(entry.total, entry.currency)
        out.say(
            f"  {entry.receipt_number}  UNKNOWN HERE  {amount}  {entry.remote_id} there: of no record in this journal"
        )
    if day.others:
        out.say(f"  {day.others} more of that time there that no till of this agent has rung")


def _say_receipt(one: Compared) -> None:
    record = one.expected.record
    amount = format_amount(one.expected.due, record.body["currency"])
    ids = f"  ({', '.join(one.remote_ids)})" if one.remote_ids else ""
    why = f"  {one.why}" if one.why else ""
    kind = "" if record.kind == "sale" else f"  {record.kind}"
    out.say(f"  {record.receipt_number}{kind}  {_WORDS[one.verdict]:<{_WIDTH}}  {amount}{why}{ids}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


# --- for a program ---


def _told(
    day: str | None, currency: str, tills: list[TillDay], compared: list[CloudDay], *, everything: bool
) -> dict[str, Any]:
    return {
        "day": day,
        "currency": currency,
        "tills": [
            {
                "till": till.till,
                "first": till.first,
                "last": till.last,
                "receipts": till.receipts,
                "sales": till.sales,
                "refunds": till.refunds,
                "missing_numbers": list(till.gaps),
            }
            for till in tills
        ],
        "clouds": [_cloud_told(cloud, everything=everything) for cloud in compared],
    }


def _cloud_told(day: CloudDay, *, everything: bool) -> dict[str, Any]:
    return {
        "cloud": day.cloud,
        "can_be_asked": day.askable,
        "trouble": day.trouble or None,
        "hint": day.hint or None,
        "here": day.here,
        "there": day.there,
        "counts": dict(sorted(Counter(str(one.verdict) for one in day.receipts).items())),
        "receipts": [_receipt_told(one) for one in day.receipts if everything or not one.is_good],
        "unknown_here": [_stranger_told(entry) for entry in day.strangers],
        "others": day.others,
    }


def _receipt_told(one: Compared) -> dict[str, Any]:
    record = one.expected.record
    return {
        "receipt_number": record.receipt_number,
        "id": record.id,
        "kind": str(record.kind),
        "verdict": str(one.verdict),
        "due": one.expected.due,
        "there": one.there,
        "remote_ids": list(one.remote_ids),
        "why": one.why or None,
    }


def _stranger_told(entry: Entry) -> dict[str, Any]:
    return {
        "receipt_number": entry.receipt_number,
        "id": entry.record_id,
        "remote_id": entry.remote_id,
        "total": entry.total,
        "currency": entry.currency,
    }
