"""What is on the shelf, and the codes that the day scans."""

from __future__ import annotations

from agent.demo import shop

CODES = {item["sku"]: item["code"] for item in shop.shelf() if item["note"] is None}
COFFEE, TEA, RICE, MILK, OAT_DRINK = (CODES[sku] for sku in ("1001", "1002", "1004", "1010", "1011"))
BUTTER, BREAD, SOAP, BATTERIES = (CODES[sku] for sku in ("1012", "1016", "1036", "1039"))
CHEESE_342_G = shop.label("41150", 342)  # a pack as the scale labelled it
UNKNOWN, NEW = "4006381333948", "4311501659236"  # in no catalogue
GTIN_OF_SALMON = "04012345678901"


def salmon(*, lot: str, last_day: str, serial: str = "") -> str:
    """Return a GS1 code on a pack, as a scanner sends it: `last_day` is YYMMDD."""
    more = f"\x1d21{serial}" if serial else ""
    return f"]d201{GTIN_OF_SALMON}17{last_day}10{lot}{more}"
