"""The store of the soak: four tills that sell, two of them with a printer and a drawer, and two clouds."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from tests.clouds.lying_webhook import SECRET
from tests.simulate.shop import ITEMS

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

TILLS = ("till-1", "till-2", "till-3", "till-4")
PRINTERS = {"till-1": "receipt", "till-2": "second"}  # by till
PORTS = range(20_000, 32_000)  # below what Linux lends to callers: with the agent down, a caller may get its own port
PRINT_WAIT_S = 30  # receipts pile up where an agent lives for seconds; older ones are given up, as is their right

_STORE = """
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"
locale = "de_DE"
default_tax = "standard"
cash_rounding = "0.05"
[api]
port = {port}
[[tax]]
code = "standard"
rate = "19"
[[tax]]
code = "reduced"
rate = "7"
[[cloud]]
name = "hook"
kind = "webhook"
url = "{hook}/hook"
secret = {{ file = "secret" }}
{batch}
[[cloud]]
name = "square"
kind = "square"
base_url = "{square}"
token = {{ file = "token" }}
location_id = "{location}"
"""
_TILL = """
[[till]]
id = "{till}"
"""
_TILL_WITH_PRINTER = """
[[till]]
id = "{till}"
printer = "{printer}"
drawer = "{printer}-drawer"
[[printer]]
name = "{printer}"
port = "{url}"
fence = "{fence}"
wait_s = {wait_s}
[[drawer]]
name = "{printer}-drawer"
printer = "{printer}"
"""


def write(folder: Path, clouds: dict[str, Any], printers: dict[str, str], *, port: int, batch: int) -> None:
    """Write the store's files: configuration, secrets, items."""
    text = _STORE.format(
        port=port,
        hook=clouds["hook"],
        square=clouds["square"],
        location=clouds["location"],
        batch=f"batch = {batch}" if batch > 1 else "",
    )
    for till in TILLS:
        printer = PRINTERS.get(till)
        if printer is None:
            text += _TILL.format(till=till)
        else:
            fence = "gs_h" if till == TILLS[0] else "gs_r"
            text += _TILL_WITH_PRINTER.format(
                till=till, printer=printer, url=printers[printer], fence=fence, wait_s=PRINT_WAIT_S
            )
    (folder / "stillopen.toml").write_text(text, encoding="utf-8")
    (folder / "secret").write_text(SECRET, encoding="ascii")
    (folder / "token").write_text(clouds["token"], encoding="ascii")
    rows = [
        f"{sku},{sku.title()},{price // 100}.{price % 100:02d},{tax},{barcode},{unit}"
        for sku, (price, tax, barcode, unit) in ITEMS.items()
    ]
    (folder / "items.csv").write_text("\n".join(["sku,name,price,tax,barcode,unit", *rows, ""]), encoding="utf-8")


def free_port(chance: Random) -> int:
    """Return a port that nobody has and that the system gives to nobody."""
    while True:
        port = chance.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
