"""Verify a journal's export with nothing but Python: `python verify_export.py FILE.jsonl` (or - for standard input).

It shares no code with Stillopen, so that an auditor need not trust it. An export holds one record a line. A
record's hash is SHA-256 over the hash before it (32 bytes; zeros before the first) and the record's canonical
JSON: keys sorted, no spaces, UTF-8, without `seq`, `prev_hash` and `hash`. Exits 0 when all hold, 1 at the first
that does not, 2 when the file cannot be read. `--head HASH` also checks that the export ends at that hash, such
as the one printed on a day's closing report: without it, records missing at the end do not show.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from typing import Any, TextIO


def check(lines: TextIO) -> tuple[int, str, str | None]:
    """Return how many records hold, the last good hash in hex, and what is wrong with the next one, or None."""
    head, count = "00" * 32, 0
    numbers: dict[str, int] = {}
    receipts: dict[str, int] = {}
    epochs: list[str] = []
    for line in lines:
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            given = {name: record.pop(name) for name in ("seq", "prev_hash", "hash")}
            fault = _fault(record, given, head, numbers, receipts, epochs)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return count, head, f"line {count + 1} is no record of an export: {error!r}"
        if fault is not None:
            return count, head, f"record {given['seq']} ({record.get('receipt_number') or record.get('kind')}): {fault}"
        head, count = given["hash"], count + 1
    return count, head, None


def _fault(
    record: dict[str, Any],
    given: dict[str, Any],
    head: str,
    numbers: dict[str, int],
    receipts: dict[str, int],
    epochs: list[str],
) -> str | None:
    if given["prev_hash"] != head:
        return "it does not follow the record before it: one was removed, added or changed"
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    if hashlib.sha256(bytes.fromhex(head) + canonical).hexdigest() != given["hash"]:
        return "its content is not what was written"
    till, epoch = record["till"], record.get("epoch", "")
    if epoch not in epochs:
        epochs.append(epoch)
    elif epoch != epochs[-1]:
        return f"it goes back to epoch {epoch!r} from {epochs[-1]!r}"
    if record["till_seq"] != numbers.get(till, 0) + 1:
        return f"till {till} goes from number {numbers.get(till, 0)} to {record['till_seq']}"
    numbers[till] = record["till_seq"]
    if record["receipt_number"] is not None:
        # An epoch's letters stand before the count, which goes on: TILL-1-000123, TILL-1-KX000124.
        count = record["receipt_number"].rpartition("-")[2]
        letters = count.rstrip("0123456789")
        number = int(count[len(letters) :])
        if number != receipts.get(till, 0) + 1:
            return f"till {till} goes from receipt {receipts.get(till, 0)} to {number}"
        if letters != epoch:
            return f"its receipt number is not of epoch {epoch!r}"
        receipts[till] = number
    return None


def main() -> int:
    """Read the file named on the command line."""
    parser = argparse.ArgumentParser(description="Verify an export made by `stillopen journal export`.")
    parser.add_argument("file", help="the export, or - for standard input")
    parser.add_argument("--head", help="the hash it must end at, in hex")
    args = parser.parse_args()
    try:
        if args.file == "-":
            count, head, fault = check(sys.stdin)
        else:
            with open(args.file, encoding="utf-8") as lines:  # noqa: PTH123 - as plain as it gets
                count, head, fault = check(lines)
    except (OSError, UnicodeDecodeError) as error:
        print(f"{args.file} cannot be read: {error}", file=sys.stderr)
        return 2
    if fault is None and args.head is not None and args.head.lower() != head:
        fault = f"the export ends at hash {head}, not at {args.head}"
    print(f"{count} records hold; the last hash is {head}" if fault is None else f"{count} records hold, then: {fault}")
    return 0 if fault is None else 1


if __name__ == "__main__":
    sys.exit(main())
