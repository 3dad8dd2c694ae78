"""Shifts over the API: every shape as /docs promises it, who may what, and CSV that a spreadsheet opens."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from tests.api.shop import CONFIG, Shop, open_shop
from tests.api.test_api_routes import shaped
from tests.staff.conftest import CASHIER, SUPERVISOR, hire, paired

if TYPE_CHECKING:
    from pathlib import Path

CLOSE = "/v1/shifts/current/close"
DROP = {"direction": "drop", "amount": 30, "reason": "safe"}


async def test_a_shift_with_money_in_and_out_and_its_z_again(shop: Shop) -> None:
    none = shop.body(await shop.client.get("/v1/shifts/current"))
    shaped("CurrentShift", none)
    assert (none["shift"], none["left"], none["denominations"][-1]) == (None, 0, 1)
    await shop.sold()
    now = shop.body(await shop.client.get("/v1/shifts/current", params={"till": "till-1"}))
    shaped("CurrentShift", now)
    assert now["shift"]["automatic"]
    shaped("Till", shop.body(await shop.client.get("/v1/tills/till-1")))
    async with paired(shop) as page:  # nobody has a PIN: whoever is at a paired page may do everything
        cash = await page.post("/v1/shifts/current/cash", {"till": "till-1", **DROP})
        assert cash.status_code == 201
        shaped("CashRecord", cash.json())
        shaped("ShiftReport", await page.get("/v1/shifts/current/report?till=till-1"))
    refused = await shop.client.post("/v1/shifts/current/cash", json={"till": "till-1", **DROP})
    assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
    x = await shop.client.get("/v1/shifts/current/report.csv", params={"till": "till-1"})
    assert x.headers["content-type"].startswith("text/csv")
    rows = {(row["section"], row["name"]): row["amount"] for row in csv.DictReader(io.StringIO(x.text))}
    assert (rows["total", "drops"], rows["drawer", "expected_cash"]) == ("0.30", "0.20")
    shaped("Job", shop.body(await shop.client.post("/v1/shifts/current/report/print", json={"till": "till-1"})))

    counted = {"till": "till-1", "counted": None, "count": [{"value": 10, "pieces": 2}], "left": 10, "print": True}
    closed = shop.body(await shop.client.post(CLOSE, json=counted))
    shaped("ShiftRecord", closed)
    assert (closed["over"], closed["left"], closed["print"]) == (0, 10, "pending")
    page_of = shop.body(await shop.client.get("/v1/shifts", params={"till": "till-1"}))
    shaped("ClosedShifts", page_of)
    path = f"/v1/shifts/{page_of['shifts'][0]['id']}"
    z = shop.body(await shop.client.get(path))
    shaped("ClosedShift", z)
    assert (z["id"], z["anchor"]) == (closed["id"], closed["anchor"])
    sheet = await shop.client.get(f"{path}/report.csv")
    assert 'filename="till-1-z1.csv"' in sheet.headers["content-disposition"]
    copy = await shop.client.post(f"{path}/print")
    assert (copy.status_code, copy.json()["copy"]) == (202, True)
    for missing in (f"/v1/shifts/{cash.json()['id']}", "/v1/shifts/none/report.csv"):
        answer = await shop.client.get(missing)
        assert (answer.status_code, answer.json()["code"]) == (404, "no-such-shift")


async def test_a_cashier_counts_blind_and_a_supervisor_does_not(tmp_path: Path) -> None:
    async with open_shop(tmp_path, config=CONFIG) as shop, paired(shop) as page:
        await hire(page)
        await shop.sold()
        await page.sign_in(CASHIER)
        report = await page.get("/v1/shifts/current/report?till=till-1")
        shaped("ShiftReport", report)
        assert (report["blind"], report["expected_cash"], report["sales"]) == (True, None, 1)
        refused = await page.client.get("/v1/shifts/current/report.csv?till=till-1")
        assert (refused.status_code, refused.json()["action"]) == (403, "expected_cash")
        moved = await page.post("/v1/shifts/current/cash", {"till": "till-1", **DROP})
        assert (moved.status_code, moved.json()["action"]) == (403, "safe_drop")
        leave = await page.post("/v1/overrides", {"pin": SUPERVISOR, "action": "safe_drop"})
        headers = {"Stillopen-Override": leave.json()["override"]}
        moved = await page.post("/v1/shifts/current/cash", {"till": "till-1", **DROP}, **headers)
        assert (moved.json()["cashier"]["name"], moved.json()["authorized_by"]["name"]) == ("Kim", "Sol")
        z = (await page.post(CLOSE, {"till": "till-1", "counted": 20})).json()
        assert (z["over"], z["expected_cash"], z["cashier"]["name"]) == (0, 20, "Kim")
        await page.sign_in(SUPERVISOR)
        await shop.sold()
        assert (await page.get("/v1/shifts/current/report?till=till-1"))["expected_cash"] == 20 + 50
