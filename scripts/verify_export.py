"""Verify a journal's export with nothing but Python: `python verify_export.py FILE.jsonl` (or - for standard input).

It shares no code with Stillopen, so that an auditor need not trust it. An export holds one record a line. A
record's hash is SHA-256 over the hash before it (32 bytes; zeros before the first) and the record's canonical
JSON: keys sorted, no spaces, UTF-8, without `seq`, `prev_hash` and `hash`. Exits 0 when all hold, 1 at the first
that does not, 2 when the file cannot be read. `--head HASH` also looks for the record with that hash, and says which
one it is: without it, records missing at the end do not show. What is printed on receipts and closing reports is the
hash's first 16 digits, `3F9A-12BC-77D0-01AB`: so many or more will do, in either case, with blanks and dashes or none.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from typing import Any, TextIO

Fields = dict[str, Any]
Counts = dict[tuple[str, str], int]  # the last number, and the last receipt, of each till


def check(lines: TextIO, wanted: str = "") -> tuple[int, str, str, str | None]:
    """Return how many records hold, the last good hash, whose hash begins as wanted, and what is wrong next."""
    head, count, found = "00" * 32, 0, ""
    counts: Counts = {}
    epochs: list[str] = []
    for line in lines:
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            given = {name: record.pop(name) for name in ("seq", "prev_hash", "hash")}
            fault = _fault(record, given, head, counts, epochs)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return count, head, found, f"line {count + 1} is no record of an export: {error!r}"
        name = f"record {given['seq']} ({record.get('receipt_number') or record.get('kind')})"
        if fault is not None:
            return count, head, found, f"{name}: {fault}"
        head, count = given["hash"], count + 1
        if wanted and head.startswith(wanted):
            found = f"; {wanted} is {name}"
    return count, head, found, None


def _fault(record: Fields, given: Fields, head: str, counts: Counts, epochs: list[str]) -> str | None:
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
    before = counts.get((till, "number"), 0)
    if record["till_seq"] != before + 1:
        return f"till {till} goes from number {before} to {record['till_seq']}"
    counts[till, "number"] = record["till_seq"]
    if record["receipt_number"] is not None:
        # An epoch's letters stand before the count, which goes on: TILL-1-000123, TILL-1-KX000124.
        count = record["receipt_number"].rpartition("-")[2]
        letters = count.rstrip("0123456789")
        number = int(count[len(letters) :])
        before = counts.get((till, "receipt"), 0)
        if number != before + 1:
            return f"till {till} goes from receipt {before} to {number}"
        if letters != epoch:
            return f"its receipt number is not of epoch {epoch!r}"
        counts[till, "receipt"] = number
    return None


def main() -> int:
    """Read the file named on the command line."""
    parser = argparse.ArgumentParser(description="Verify an export made by `stillopen journal export`.")
    parser.add_argument("file", help="the export, or - for standard input")
    parser.add_argument("--head", help="16 or more digits of a hash that is to be in it, as on a receipt")
    args = parser.parse_args()
    wanted = re.sub(r"[\s-]", "", args.head or "").lower()
    if args.head is not None and not re.fullmatch(r"[0-9a-f]{16,64}", wanted):
        parser.error(f"--head {args.head!r} is no hash: write 16 to 64 digits, 0-9 and A-F, as on a receipt")
    try:
        with sys.stdin if args.file == "-" else open(args.file, encoding="utf-8") as lines:  # noqa: PTH123 - plain
            count, head, found, fault = check(lines, wanted)
    except (OSError, UnicodeDecodeError) as error:
        print(f"{args.file} cannot be read: {error}", file=sys.stderr)
        return 2
    if fault is None and wanted and not found:
        fault = f"the export ends at hash {head}, and no record in it has {args.head}: it was left out, or changed"
    held = f"{count} records hold"
    print(f"{held}; the last hash is {head}{found}" if fault is None else f"{held}, then: {fault}")
    return 0 if fault is None else 1


if __name__ == "__main__":
    sys.exit(main())
