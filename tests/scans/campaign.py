"""Frames by the million, through the framer, the decoder, the catalogue and the basket; under a seed."""

from __future__ import annotations

import random
import re
from collections import Counter as Tally
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from agent import basket, lookup
from agent.pricing import Rules
from agent.problem import Problem
from drivers.scanner import decode
from drivers.scanner.code_ids import CodeIds
from drivers.scanner.embedded import parse_template
from drivers.scanner.framing import Framer
from drivers.scanner.scan import Refusal, Scan
from outbox.catalogue import Catalogue
from tests.scans.frames import MAKERS, Made, mutated
from tests.scans.goods import GOODS, TEMPLATES, TODAY, owners, weight_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agent.sale import Line

MUTATED = 0.5  # of all frames
TOLD_EVERY = 50_000
VIOLATIONS_MAX = 20  # then nobody reads on
RULES = Rules("EUR", prices_include_tax=True)
READ_BY = [parse_template(text) for text in TEMPLATES]
LATER = 100.0  # seconds after the port was opened
# What a person can do next; every refusal holds one of these.
STEPS = re.compile("scan|type|set |switch|weigh|check |cover|ring |add |take it|write|give|cards are", re.IGNORECASE)


@dataclass
class Found:
    """What came of some frames."""

    outcomes: Tally[str] = field(default_factory=Tally)
    violations: list[str] = field(default_factory=list)


async def stocked(folder: Path) -> Catalogue:
    """Return a catalogue with the campaign's goods."""
    catalogue = Catalogue(folder)
    await catalogue.open()
    rows = [f"{i.sku},{i.sku.title()},{i.price // 100}.00,{'|'.join(i.barcodes)},{i.unit}" for i in GOODS.values()]
    result = await catalogue.import_csv(
        "\n".join(["sku,name,price,barcode,unit", *rows]) + "\n", currency="EUR", taxes=set()
    )
    assert result.ok, result.to_json()
    return catalogue


def run(catalogue: Catalogue, frames: int, seed: int, told: Callable[[int], None] = lambda _: None) -> Found:
    """Scan so many frames. The same seed makes the same frames."""
    dice = random.Random(seed)
    found = Found()
    for number in range(frames):
        made = dice.choice(MAKERS)(dice)
        if dice.random() < MUTATED:
            made = mutated(made, dice)
        violation = _scanned(catalogue, made, dice, found)
        if violation:
            found.violations.append(f"seed {seed}, frame {number}, {made.data!r}: {violation}")
            if len(found.violations) >= VIOLATIONS_MAX:
                break
        if number % TOLD_EVERY == TOLD_EVERY - 1:
            told(number + 1)
    return found


def _scanned(catalogue: Catalogue, made: Made, dice: random.Random, found: Found) -> str | None:
    frames = _framed(made.data, dice)
    if made.due is not None and frames != [made.data]:
        return f"it came out of the framer as {frames}"
    for data in frames:
        try:
            violation = _judged(catalogue, made, data, found)
        except Exception as error:  # noqa: BLE001 - that nothing is raised is what is tried here
            return f"it raised {error!r}"
        if violation:
            return violation
    return None


def _framed(data: bytes, dice: random.Random) -> list[bytes]:
    """Send the frame in pieces, as a line does, with what scanners put around it."""
    stream = dice.choice([b"", b"", b"\x00", b"\xff\x00", b"\x02"]) + data + dice.choice([b"\r", b"\r\n"])
    framer, cut = Framer(), dice.randrange(len(stream))
    return [frame.data for piece in (stream[:cut], stream[cut:]) for frame in framer.feed(piece, LATER)]


def _judged(catalogue: Catalogue, made: Made, data: bytes, found: Found) -> str | None:
    outcome = decode.decode(data, READ_BY, code_ids=CodeIds(made.code_ids or "aim").table)
    try:
        line = _rung(catalogue, outcome)
    except Problem as problem:
        found.outcomes[_reason(outcome, problem)] += 1
        if not STEPS.search(problem.detail):
            return f"its refusal names no next step: {problem.detail}"
        if made.due is not None and problem.code != made.due.problem:
            return f"it was refused ({problem.detail}), and is {made.due.sku}"
        return None
    found.outcomes["rung"] += 1
    assert isinstance(outcome, Scan)
    if line.sku not in owners(data, made.code_ids):
        return f"it rang {line.sku}"
    if made.due is not None:
        return _differs(made, outcome, line)
    return _made_up(outcome, line)


def _rung(catalogue: Catalogue, outcome: Scan | Refusal) -> Line:
    read = lookup.by_scan(catalogue, outcome)
    sale = basket.new_sale(RULES, id="sale", till="till-1", opened_at="2028-06-15T12:00:00+02:00")
    sale = basket.add_product(
        sale,
        RULES,
        read.product,
        quantity=read.quantity,
        label_price=read.label_price,
        barcode=read.scan.text,
        marks=read.marks(TODAY, None),
    )
    return sale.lines[0]


def _reason(outcome: Scan | Refusal, problem: Problem) -> str:
    return str(outcome.reason) if isinstance(outcome, Refusal) else problem.code


def _differs(made: Made, scan: Scan, line: Line) -> str | None:
    due = made.due
    assert due is not None
    if due.problem is not None:
        return f"it was rung, and had to be refused: {due.problem}"
    price = GOODS[due.sku].price if due.price is None else due.price
    wanted = (due.sku, due.quantity, price, due.lot, due.serial, due.expiry, due.add_on)
    got = (line.sku, line.quantity, line.price, line.gs1.get("10"), line.gs1.get("21"), line.expiry, scan.add_on)
    return None if got == wanted else f"it is {wanted}, and rang {got}"


def _made_up(scan: Scan, line: Line) -> str | None:
    """Say what stands on the line of a harmed frame that the frame does not say."""
    text = scan.raw
    if scan.weight is not None and scan.weight not in weight_of(text):
        return f"it weighs {scan.weight}"
    if line.quantity != 1 and scan.weight is None and f"{int(line.quantity)}" not in text:
        return f"it counts {line.quantity}"
    if scan.price is not None and f"{scan.price}" not in text:
        return f"it costs {scan.price}"
    # The item's own number may stand there with fewer zeros, and is judged by `owners`.
    if any(value not in text and "%" not in text for ai, value in line.gs1.items() if ai != "01"):
        return f"it says {dict(line.gs1)}"
    if line.expiry is not None and f"{line.expiry:%y%m}" not in text:
        return f"it lasts until {line.expiry}"
    if line.expiry is not None and line.expiry < TODAY:
        return f"it was sold after {line.expiry}"
    return None if line.quantity > Decimal(0) and line.price >= 0 else f"{line.quantity} at {line.price}"
