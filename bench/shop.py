"""The shop that is measured: its configuration, its shelf, and sales made by the till's own operations."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from agent import basket, checkout
from agent.pricing import Rules, price
from agent.sale import TaxRate
from drivers.scanner.gtin import check_digit
from outbox.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from agent.sale import Sale

ITEMS = 1_000  # on the shelf; scanned one after the other, so that none comes twice within the duplicate window
AT = "2026-11-20T10:00:00.000+01:00"
SECRET = "whsec_c3RpbGxvcGVuLWJlbmNoLXNlY3JldC0wMDAx"  # noqa: S105 - known to both ends of this bench only
RULES = Rules(
    currency="EUR",
    prices_include_tax=True,
    cash_rounding=1,
    taxes={
        "standard": TaxRate("standard", "MwSt 19 %", Decimal(19)),
        "reduced": TaxRate("reduced", "MwSt 7 %", Decimal(7)),
    },
    default_tax="standard",
)
_NAMES = ("Whole milk 1 l", "Rye bread 750 g", "Apples, Elstar", "Mineral water 1.5 l", "Batteries AA, 4")
_NAMES_DE = ("Müsli mit Nüssen", "Öl, kaltgepreßt 0,5 l", "Käse gerieben", "Gutschein 10 € übrig", "Äpfel, süß")


def configuration(
    *,
    tills: int = 1,
    scanners: Sequence[str] = (),
    printer: str | None = None,
    webhook: str | None = None,
    batch: int = 1,
    port: int = 0,
    copies: Path | None = None,
) -> str:
    """Return a `stillopen.toml`; scanners and printer are port URLs, a scanner a till; webhook is the receiver's.

    `copies` is the folder for copies of the journal, of which the newest is kept.
    """
    parts = [
        '[store]\nid = "bench"\nname = "Bench"\ncurrency = "EUR"\ntimezone = "Europe/Berlin"\nlocale = "de_DE"',
        'default_tax = "standard"',
        f"[api]\nport = {port}\n",
        '[[tax]]\ncode = "standard"\nrate = "19"\nname = "MwSt 19 %"\n',
        '[[tax]]\ncode = "reduced"\nrate = "7"\nname = "MwSt 7 %"\n',
    ]
    for number in range(1, max(tills, len(scanners)) + 1):
        parts.append(f'[[till]]\nid = "till-{number}"\n' + ('printer = "receipt"\n' if printer else ""))
        if number <= len(scanners):
            parts.append(f'scanner = "counter-{number}"\n')
    for number, url in enumerate(scanners, 1):
        parts.append(f'[[scanner]]\nname = "counter-{number}"\nport = "{url}"\n')
    if printer:
        parts.append(f'[[printer]]\nname = "receipt"\nport = "{printer}"\nfence = "none"\n')
    if webhook:
        parts.append('[[cloud]]\nname = "cloud"\nkind = "webhook"\n')
        parts.append(f'url = "{webhook}"\nsecret = {{ file = "secret.txt" }}\n')
        if batch > 1:
            parts.append(f"batch = {batch}\n")
    if copies is not None:
        parts.append(f'[backup]\nfolder = "{copies.as_posix()}"\nkeep = 1\n')
    return "\n".join(parts)


def write_configuration(folder: Path, text: str) -> Path:
    """Write the configuration, and the secret beside it; return its path."""
    secret = folder / "secret.txt"
    secret.write_text(SECRET, encoding="utf-8")
    secret.chmod(0o600)
    file = folder / "stillopen.toml"
    file.write_text(text, encoding="utf-8")
    return file


@cache
def barcodes() -> list[str]:
    """Return the EAN-13 of every item, in the order of the shelf."""
    return [digits + check_digit(digits) for digits in (f"2740{number:08d}" for number in range(ITEMS))]


def catalogue_csv() -> str:
    """Return the shelf as a catalogue file."""
    lines = ["sku,name,price,tax,barcode"]
    lines += [
        f'{1000 + number},"{_NAMES[number % len(_NAMES)]}",{1 + number % 9}.{number % 90 + 10},reduced,{code}'
        for number, code in enumerate(barcodes())
    ]
    return "\n".join(lines) + "\n"


def paid_sale(till: str, lines: int, *, german: bool = False) -> Sale:
    """Return a sale of so many lines, ready to complete, paid by card."""
    sale = basket.new_sale(RULES, id=new_id(), till=till, opened_at=AT)
    names = _NAMES_DE if german else _NAMES
    codes = barcodes()
    for number in range(lines):
        tax = "reduced" if number % 2 else "standard"
        product = basket.Product(f"{1000 + number}", names[number % len(names)], 199 + number, tax)
        sale = basket.add_product(sale, RULES, product, quantity=str(1 + number % 3), barcode=codes[number], merge=True)
    due = price(sale, RULES).settlement.due
    return checkout.add_tender(sale, RULES, type="card", amount=due, reference="slip 0042")


def record_body(lines: int, *, german: bool = False) -> dict[str, Any]:
    """Return the body of such a sale's record, as the journal makes it."""
    sale = paid_sale("till-1", lines, german=german)
    return checkout.complete(sale, RULES) | {
        "store": "bench",
        "id": sale.id,
        "till": "till-1",
        "till_seq": 42,
        "receipt_number": "TILL-1-000042",
        "occurred_at": AT,
        "business_date": AT[:10],
    }
