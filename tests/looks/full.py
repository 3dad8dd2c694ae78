"""The till page of a large store: 500 quick keys on as many pages as fit, long names, many lines, a float to count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.looks.stage import LONG_NAME, TILL

if TYPE_CHECKING:
    from tests.looks.stage import Stage

KEYS, KEYS_OF_PAGE = 500, 100
LINES = 100
FLOAT = "[shift]\ncount_float = true\n"


async def float_asked(stage: Stage) -> None:
    """Before the first sale."""
    await stage.there("[data-key=choice-pieces]")


async def many_keys(stage: Stage) -> None:
    await _filled(stage)


async def many_keys_arranged(stage: Stage) -> None:
    await _filled(stage)
    await stage.key("g", alt=True)
    await stage.there("[data-key=add-page]")


async def many_lines(stage: Stage) -> None:
    await _filled(stage)
    await stage.ask("POST", "/v1/sales", {"till": "till-1"})
    for number in range(LINES):
        await stage.of_sale("POST", "/lines", {"sku": f"K{number}", "quantity": "120"})
    await stage.drawn()


async def many_lines_paid(stage: Stage) -> None:
    """Its receipt, looked at again, and its refund."""
    await _filled(stage)
    await stage.ask("POST", "/v1/sales", {"till": "till-1"})
    for number in range(LINES):
        await stage.of_sale("POST", "/lines", {"sku": f"K{number}"})
    sale = await stage.sale()
    assert sale is not None
    await stage.of_sale("POST", "/tenders", {"type": "cash", "amount": sale["due"]})
    record = await stage.of_sale("POST", "/complete")
    await stage.load("")
    await stage.page.wedge(record["receipt_number"])
    await stage.page.click("[data-key=all]")
    await stage.page.until("document.querySelector('.panel .outcome').textContent.length > 3")


async def _filled(stage: Stage) -> None:
    """Fill shelf and keys, and open the shift, once."""
    if (await stage.ask("GET", f"{TILL}/keys"))["scope"] != "catalogue":
        return
    rows = ["sku,name,price,tax,category"]
    rows += [f'K{n},"{LONG_NAME if n % 7 == 3 else f"Article {n}"}",{n + 1}.99,standard,G{n % 9}' for n in range(KEYS)]
    taxes = {tax.code for tax in stage.shop.app.config.taxes}
    assert (await stage.shop.app.catalogue.import_csv("\n".join(rows), currency="EUR", taxes=taxes)).ok
    pages = [
        {
            "title": f"Page of keys {first // KEYS_OF_PAGE + 1}",
            "colour": first // KEYS_OF_PAGE % 8,
            "keys": [{"at": at, "sku": f"K{first + at}"} for at in range(KEYS_OF_PAGE)],
        }
        for first in range(0, KEYS, KEYS_OF_PAGE)
    ]
    await stage.ask_as_page("PUT", f"{TILL}/keys", {"scope": "store", "revision": 0, "pages": pages})
    await stage.ask("POST", "/v1/shifts", {"till": "till-1", "float": 15000})
    await stage.load("")
    await stage.page.until("document.querySelectorAll('.key').length > 90")


FULL = (float_asked, many_keys, many_keys_arranged, many_lines, many_lines_paid)
