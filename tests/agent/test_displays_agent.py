"""A customer display in the whole agent: what the customer sees from the first line to the next customer."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from agent.displays import Follower, Stage, baud_of, record_screen, sale_screen
from drivers.display import Display, DisplayProtocol, DisplaySettings, Screen
from drivers.simulated.bench import Bench
from drivers.simulated.display import SimulatedDisplay
from tests.api.shop import APPLE, CONFIG, MILK, Shop, open_shop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

WAIT_S = 15.0
WITH_DISPLAY = CONFIG.replace('drawer = "drawer"\n\n[[till]]', 'drawer = "drawer"\ndisplay = "front"\n\n[[till]]') + (
    '\n[[display]]\nname = "front"\nport = "sim://front"\nidle = ["Welcome", "Corner Shop"]\n'
)
IDLE = ("      Welcome", "    Corner Shop")


@asynccontextmanager
async def shop_with(box: SimulatedDisplay, folder: Path) -> AsyncIterator[Shop]:
    async with open_shop(folder, config=WITH_DISPLAY, devices={"front": box}) as shop:
        yield shop


async def sees(box: SimulatedDisplay, upper: str, lower: str) -> None:
    async with asyncio.timeout(WAIT_S):
        while box.text != (upper, lower):
            await asyncio.sleep(0.005)


async def test_the_customer_sees_each_line_the_total_and_the_change(tmp_path: Path) -> None:
    box = SimulatedDisplay()
    async with shop_with(box, tmp_path) as shop:
        await sees(box, *IDLE)
        await shop.rung(APPLE)
        await sees(box, "Apple           0.50", "Total           0.50")
        await shop.rung(MILK)
        await sees(box, 'Milk "fresh", 1 1.19', "Total           1.69")
        sale = await shop.rung(APPLE)
        await sees(box, "2x Apple        1.00", "Total           2.19")
        paid = f"/v1/sales/{sale['id']}/tenders"
        shop.body(await shop.client.post(paid, json={"type": "cash", "amount": 200}))
        await sees(box, "Total           2.19", "To pay          0.19")
        shop.body(await shop.client.post(paid, json={"type": "cash", "amount": 100}))
        await sees(box, "Total           2.19", "Change          0.81")
        record = shop.body(await shop.client.post(f"/v1/sales/{sale['id']}/complete"))
        await sees(box, "Total           2.19", "Change          0.81")
        refund = {"receipt_number": record["receipt_number"], "tender": {"type": "cash"}}
        shop.body(await shop.client.post("/v1/refunds", json=refund))
        await sees(box, "       REFUND", "Paid back       2.19")
        parked = await shop.rung(MILK)
        await sees(box, 'Milk "fresh", 1 1.19', "Total           1.19")
        shop.body(await shop.client.post(f"/v1/sales/{parked['id']}/park", json={}))
        await sees(box, *IDLE)
        voided = await shop.rung(MILK)
        await sees(box, 'Milk "fresh", 1 1.19', "Total           1.19")
        shop.body(await shop.client.post(f"/v1/sales/{voided['id']}/void", json={}))
        await sees(box, *IDLE)
        await shop.rung(APPLE, till="till-2")  # another till's sale
        tested = shop.body(await shop.client.post("/v1/devices/front/test"))
        assert tested["shows"] == list(IDLE)
        devices = shop.body(await shop.client.get("/v1/devices"))["devices"]
        assert [one["state"] for one in devices if one["kind"] == "display"] == ["ready"]


async def test_a_restart_in_mid_sale_shows_the_sale_again(tmp_path: Path) -> None:
    async with shop_with(SimulatedDisplay(), tmp_path) as shop:
        await shop.rung(APPLE)
    box = SimulatedDisplay()
    async with shop_with(box, tmp_path):
        await sees(box, "Apple           0.50", "Total           0.50")


async def test_a_display_on_the_printer_follows_the_sale_between_the_receipts(tmp_path: Path) -> None:
    box = SimulatedDisplay(DisplayProtocol.ESCPOS)
    config = WITH_DISPLAY.replace('port = "sim://front"', 'printer = "receipt"')
    async with open_shop(tmp_path, config=config) as shop:
        shop.printer.display = box
        await sees(box, *IDLE)
        await shop.rung(APPLE)
        await sees(box, "Apple           0.50", "Total           0.50")
        record = await shop.sold()
        async with asyncio.timeout(WAIT_S):
            while record["print"] != "printed":
                await asyncio.sleep(0.01)
                record = shop.body(await shop.client.get(f"/v1/records/{record['receipt_number']}"))
        await sees(box, "Total           1.00", "Change          0.00")
        views = {one["name"]: one for one in shop.body(await shop.client.get("/v1/devices"))["devices"]}
        assert (views["front"]["port"], views["front"]["state"]) == ("receipt", "ready")
    assert "Welcome" not in shop.printer.text(shop.printer.receipts[-1])


def a_line(number: str, **others: Any) -> dict[str, Any]:
    return {"id": number, "name": f"Item {number}", "quantity": "1", "unit": "each", "total": 100} | others


def a_sale(*lines: dict[str, Any], **others: Any) -> dict[str, Any]:
    total = sum(line["total"] for line in lines)
    return {
        "id": "s", "state": "open", "currency": "EUR", "lines": list(lines), "total": total, "rounding": 0,
        "tenders": [], "due": total, "change": 0, "kind": "sale",
    } | others  # fmt: skip


def test_the_line_that_changed_is_the_one_that_is_shown() -> None:
    one, two = a_line("1"), a_line("2")
    more = a_line("1", quantity="3", total=300)
    assert sale_screen(a_sale(one, two), None, "en").upper == "Item 2          1.00"
    assert sale_screen(a_sale(more, two), a_sale(one, two), "de_DE") == Screen(
        "3x Item 1       3,00", "Summe           4,00"
    )
    assert sale_screen(a_sale(one), a_sale(one, two), "en").upper == "Item 1          1.00"  # one was taken out
    weighed = a_line("1", quantity="0.35", unit="kg", total=105)
    assert sale_screen(a_sale(weighed), a_sale(weighed, id="t"), "de_DE").upper == "0,35kg Item 1   1,05"
    assert record_screen(a_sale(one), "en").lower == "Change          0.00"


def test_an_exchange_shows_what_is_still_to_pay_or_what_is_paid_out() -> None:
    lines, back = (a_line("1", total=800),), {"credit": 300, "credited": 300, "paid_out": 0}
    assert sale_screen(a_sale(*lines, taken_back=back), None, "en").lower == "Total           5.00"
    over = {"credit": 1000, "credited": 800, "paid_out": 200}
    assert sale_screen(a_sale(*lines, taken_back=over), None, "en") == Screen(
        "Total           0.00", "Paid back       2.00"
    )
    tender = {"type": "exchange", "amount": 800}
    done = a_sale(*lines, tenders=[tender], exchange={"credit": 1000, "paid_out": 200})
    assert record_screen(done, "en") == Screen("Total           0.00", "Paid back       2.00")
    paid = a_sale(*lines, tenders=[tender | {"amount": 300}], exchange={"credit": 300, "paid_out": 0}, change=0)
    assert record_screen(paid, "en") == Screen("Total           5.00", "Change          0.00")


async def test_the_change_gives_way_to_the_idle_text_unless_somebody_is_served() -> None:
    idle = Screen("idle")
    display = Display("front", Bench().open, DisplaySettings())  # type: ignore[arg-type]  # it is never connected here
    follower = Follower(Stage(display, idle), "en", 0.02)
    running = asyncio.create_task(follower.run())
    follower.record(a_sale(a_line("1")))
    follower.sale(a_sale(a_line("1"), state="completed"))
    follower.sale(None)
    assert display.screen.lower == "Change          0.00"
    async with asyncio.timeout(WAIT_S):
        while display.screen != idle:
            await asyncio.sleep(0.005)
    follower.record(a_sale(a_line("1")))
    await asyncio.sleep(0)
    follower.sale(a_sale(a_line("2")))
    await asyncio.sleep(0.06)
    assert display.screen.upper == "Item 2          1.00"
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def test_a_wire_is_as_fast_as_its_port_says() -> None:
    assert baud_of("serial:///dev/ttyS0?baud=2400") == 2400
    assert baud_of("tcp://192.168.1.9:4001") == 9600
