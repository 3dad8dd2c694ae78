"""The store that is simulated: its configuration, its items, and the morning it first opens."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.simulate.clouds import HOOK, SQUARE

EPOCH = datetime(2026, 1, 5, 8, tzinfo=UTC)
PRINTERS = ("receipt", "second")
_CONFIG = f"""
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"
locale = "de_DE"
default_tax = "standard"
cash_rounding = "0.05"
[[till]]
id = "till-1"
scanner = "counter"
printer = "receipt"
drawer = "drawer"
[[till]]
id = "till-2"
printer = "second"
drawer = "drawer-2"
[[scanner]]
name = "counter"
port = "sim://counter"
[[printer]]
name = "receipt"
port = "sim://receipt"
fence = "gs_h"
wait_s = 60
[[printer]]
name = "second"
port = "sim://second"
fence = "gs_r"
wait_s = 60
[[drawer]]
name = "drawer"
printer = "receipt"
[[drawer]]
name = "drawer-2"
printer = "second"
[[tax]]
code = "standard"
rate = "19"
[[tax]]
code = "reduced"
rate = "7"
[[cloud]]
name = "hook"
kind = "webhook"
url = "{HOOK}"
batch = BATCH
secret = {{ env = "HOOK" }}
[[cloud]]
name = "square"
kind = "square"
base_url = "{SQUARE}"
location_id = "L1"
token = {{ env = "SQUARE" }}
"""


def config_text(batch: int) -> str:
    """Return the configuration, with so many records in a webhook's request."""
    return _CONFIG.replace("BATCH", str(batch))


ITEMS = {  # sku: price, tax, barcode, unit
    "MUG": (1250, "standard", "4006381333931", "each"),
    "TEA": (320, "reduced", "96385074", "each"),
    "PEN": (199, "standard", "4006381333900", "each"),
    "BREAD": (333, "reduced", "4006381333917", "each"),
    "APPLES": (299, "reduced", "4006381333924", "kg"),
}
SQUARE_SELLS = ("MUG", "TEA", "PEN")
