"""What the demo's shop is: its configuration, its secret, its shelf."""

from __future__ import annotations

import base64
import csv
import os
from importlib import resources
from typing import TYPE_CHECKING, Any

from drivers.scanner.gtin import check_digit
from outbox.money import parse_amount

if TYPE_CHECKING:
    from pathlib import Path

SECRET_BYTES = 32
CONFIG_FILE = "stillopen.toml"
SECRET_FILE = "webhook-secret.txt"  # noqa: S105 - a file's name
CURRENCY = "EUR"
COLUMNS = 48  # 80 mm paper
TILL, SCANNER, PRINTER, DRAWER, CLOUD = "till-1", "counter", "receipt", "drawer", "cloud"
SCALE = "scale"

_CONFIG = """\
# The demo's own configuration, written by `stillopen demo`; a real one looks just the same.
[store]
id = "demo"
name = "Corner Shop"
currency = "{currency}"
timezone = "Europe/Berlin"
locale = "de_DE"
prices_include_tax = true
default_tax = "standard"
receipt_header = ["Corner Shop", "Hauptstraße 1, 10115 Berlin"]
receipt_footer = ["Vielen Dank für Ihren Einkauf!"]

[[till]]
id = "{till}"
scanner = "{scanner}"
printer = "{printer}"
drawer = "{drawer}"
scale = "{scale}"

[[scanner]]
name = "{scanner}"
port = "sim://{scanner}"
templates = ["{template}"]

[[printer]]
name = "{printer}"
port = "sim://{printer}"
columns = {columns}
wait_s = 20

[[drawer]]
name = "{drawer}"
printer = "{printer}"

[[scale]]
name = "{scale}"
port = "sim://{scale}"

[[tax]]
code = "standard"
rate = "19"
name = "MwSt 19 %"

[[tax]]
code = "reduced"
rate = "7"
name = "MwSt 7 %"

[[cloud]]
name = "{cloud}"
kind = "webhook"
url = "http://127.0.0.1:{port}/records"
secret = {{ file = "{secret}" }}
"""
TEMPLATE = "20IIIIIWWWWWC"  # the scale's labels: item and grams
_LABELS = (("41150", 342), ("41150", 518))  # packs of cheese as the scale labelled them
LOOSE = {"1021": "0.870", "1022": "1.240", "1023": "0.415"}  # what lies beside the scale, in kg: fruit by its sku


def write_configuration(folder: Path, *, line_port: int) -> Path:
    """Write configuration and secret into `folder`, the secret once; return the configuration's path."""
    secret = folder / SECRET_FILE
    if not secret.exists():
        text = "whsec_" + base64.b64encode(os.urandom(SECRET_BYTES)).decode()
        with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
    config = folder / CONFIG_FILE
    text = _CONFIG.format(
        currency=CURRENCY,
        columns=COLUMNS,
        till=TILL,
        scanner=SCANNER,
        printer=PRINTER,
        drawer=DRAWER,
        scale=SCALE,
        cloud=CLOUD,
        template=TEMPLATE,
        port=line_port,
        secret=SECRET_FILE,
    )
    config.write_text(text, encoding="utf-8")
    return config


def secret_of(folder: Path) -> str:
    """Return the secret that `write_configuration` made."""
    return (folder / SECRET_FILE).read_text(encoding="utf-8").strip()


def catalogue_csv() -> str:
    """Return the sample catalogue, as a shop would import it."""
    return resources.files("agent.demo").joinpath("items.csv").read_text(encoding="utf-8")


def shelf() -> list[dict[str, Any]]:
    """Return what stands on the shelf: each item with a code to scan; what is weighed has labels of its own."""
    rows = {row["sku"]: row for row in csv.DictReader(catalogue_csv().splitlines())}
    labelled = {sku for sku, _ in _LABELS}
    items = [_on_shelf(row, row["barcode"], None) for sku, row in rows.items() if sku not in labelled]
    items += [_on_shelf(rows[sku], label(sku, grams), f"{grams} g") for sku, grams in _LABELS]
    return items


def label(item: str, grams: int) -> str:
    """Return what the scale prints on a pack: the item's number and its weight, as `TEMPLATE` says."""
    digits = f"20{item}{grams:05d}"
    return digits + check_digit(digits)


def _on_shelf(row: dict[str, str], code: str, note: str | None) -> dict[str, Any]:
    return {
        "sku": row["sku"],
        "name": row["name"],
        "price": parse_amount(row["price"], CURRENCY),
        "unit": row["unit"],
        "category": row["category"],
        "code": code,
        "note": note,
        "loose": LOOSE.get(row["sku"]),
    }
