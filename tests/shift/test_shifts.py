"""Shifts at a whole agent: opened by hand and by themselves, money that moves with no sale, counts, and Zs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from agent.api.bodies import CloseShift, MoveCash, NewRefund, NewShift, NewTender, RefundTender
from agent.api.bodies.shifts import Pieces
from agent.problem import Problem
from agent.staff.actor import Actor, Role
from agent.staff.by import By
from outbox import chain
from outbox.answers import Key
from tests.agent.store import CONFIG, Shop, opened

if TYPE_CHECKING:
    from pathlib import Path

ANNA = By(Actor("anna", "Anna", Role.CASHIER), page="page-1")
SUE = By(Actor("sue", "Sue", Role.SUPERVISOR), page="page-1")


def records(shop: Shop, *kinds: str) -> list[dict[str, Any]]:
    return [one.body for one in chain.oldest_first(shop.app.journal.reader) if one.kind in kinds]


async def moved(shop: Shop, direction: Any, amount: int, *, by: By = SUE, till: str = "till-1") -> dict[str, Any]:
    wanted = MoveCash(till=till, direction=direction, amount=amount, reason="bakery")
    return (await shop.app.shifts.move(wanted, key=None, by=by)).body


async def closed(shop: Shop, counted: int | None, *, till: str = "till-1", **more: Any) -> dict[str, Any]:
    return (await shop.app.shifts.close(CloseShift(till=till, counted=counted, **more), key=None, by=ANNA)).body


def kicked(shop: Shop, times: int) -> bool:
    return len([one for one in shop.told("drawer") if one["record_id"]]) == times


async def test_a_shift_opens_by_itself_before_the_first_sale_with_what_the_last_count_left(shop: Shop) -> None:
    sale = await shop.sold("MUG")
    opening = records(shop, "shift_open")[0]
    assert (opening["automatic"], opening["float"], opening["till_seq"]) == (True, 0, 1)
    assert sale["shift"] == opening["id"]
    told = (await shop.until(lambda: shop.told("shift")))[0]
    assert told["shift"]["id"] == opening["id"]
    assert shop.app.tills.view("till-1")["shift"]["automatic"]
    z = await closed(shop, 1250, left=1000)
    assert (z["over"], z["left"], z["z_number"], z["automatic"]) == (0, 1000, 1, True)
    assert shop.app.tills.view("till-1")["shift"] is None
    again = await shop.sold("TEA")
    opening = records(shop, "shift_open")[1]
    assert (opening["float"], again["shift"]) == (1000, opening["id"])


async def test_a_refund_and_a_movement_open_one_too_and_a_drawer_alone_does_not(shop: Shop) -> None:
    await shop.app.closing.no_sale("till-1", "change", key=None)
    assert not records(shop, "shift_open")
    cash = await moved(shop, "in", 500)
    assert records(shop, "shift_open")[0]["id"] == cash["shift"]
    await closed(shop, 500)
    sale = await shop.sold("MUG", till="till-2")
    wanted = NewRefund(receipt_number=sale["receipt_number"], till="till-1", tender=RefundTender(type="cash"))
    refund = (await shop.app.closing.refund(wanted, key=None)).body
    assert refund["shift"] == records(shop, "shift_open")[-1]["id"]
    assert refund["drawer_short"] == 1250 - 500  # what the last count left is all that should be there


async def test_where_the_float_is_counted_no_money_is_taken_before_and_what_is_rung_stays(tmp_path: Path) -> None:
    async with opened(tmp_path, config=CONFIG + "[shift]\ncount_float = true\n") as shop:
        sale = await shop.sale("MUG")
        cash = NewTender(type="cash", amount=2000)
        for refused in (
            shop.app.ringing.add_tender(sale["id"], cash, key=None),
            moved(shop, "out", 100),
        ):
            with pytest.raises(Problem, match="count its float") as caught:
                await refused
            assert caught.value.code == "shift-needed"
        assert shop.app.tills.view("till-1")["sale"]["lines"] == sale["lines"]
        count = [Pieces(value=5000, pieces=1), Pieces(value=200, pieces=10), Pieces(value=50, pieces=0)]
        opening = (await shop.app.shifts.open(NewShift(till="till-1", count=count), key=None, by=ANNA)).body
        assert (opening["float"], opening["automatic"], opening["cashier"]["name"]) == (7000, False, "Anna")
        await shop.app.ringing.add_tender(sale["id"], cash, key=None)
        with pytest.raises(Problem, match="Money was taken"):
            await closed(shop, 7000)
        done = (await shop.app.closing.complete(sale["id"], key=None)).body
        assert done["shift"] == opening["id"]
        assert (await closed(shop, 7000 + 1250))["over"] == 0


async def test_money_in_and_out_and_to_the_safe_is_in_the_figures_and_opens_the_drawer(shop: Shop) -> None:
    await shop.connected()
    await shop.app.shifts.open(NewShift(till="till-1", float=10_000), key=None)
    for place, (direction, amount) in enumerate((("in", 500), ("out", 2_000), ("drop", 5_000))):
        record = await moved(shop, direction, amount)
        assert (record["direction"], record["drawer_short"], record["cashier"]["name"]) == (direction, 0, "Sue")
        await shop.until(partial(kicked, shop, place + 1))
        shop.printer.close_drawer()
    report = shop.app.shift_reports.report("till-1")
    assert (report["paid_in_total"], report["paid_out_total"], report["drops_total"]) == (500, 2_000, 5_000)
    assert report["expected_cash"] == 3_500
    assert report["no_sales"] == 0  # the drawer opened for each, and none was without a reason of its own
    assert [one["for"] for one in records(shop, "drawer")] == [one["id"] for one in records(shop, "cash")]
    short = await moved(shop, "out", 4_000)
    assert short["drawer_short"] == 500
    assert shop.app.shift_reports.report("till-1")["expected_cash"] == -500


async def test_a_movement_and_a_closing_asked_twice_under_one_key_are_one(tmp_path: Path) -> None:
    async def ask(shop: Shop) -> list[Any]:
        wanted = MoveCash(till="till-1", direction="out", amount=100, reason="bakery")
        cash = await shop.app.shifts.move(wanted, key=Key("local", "cash", "x"))
        z = await shop.app.shifts.close(CloseShift(till="till-1", counted=0), key=Key("local", "close", "x"))
        return [cash, z]

    async with opened(tmp_path) as shop:
        first = await ask(shop)
        assert await ask(shop) == first
    async with opened(tmp_path) as shop:
        assert await ask(shop) == first
        assert len(records(shop, "cash")) == len(records(shop, "shift_close")) == 1


async def test_z_numbers_count_per_till_and_an_x_changes_nothing(shop: Shop) -> None:
    for till in ("till-1", "till-2", "till-1"):
        await shop.sold("MUG", till=till)
        before = chain.newest(shop.app.journal.reader, 1)[0].seq
        assert shop.app.shift_reports.report(till)["sales"] == 1
        assert chain.newest(shop.app.journal.reader, 1)[0].seq == before
        await closed(shop, None, till=till)
    zs = shop.app.shift_reports.list(limit=10)["shifts"]
    assert [(one["till"], one["z_number"]) for one in zs] == [("till-1", 2), ("till-2", 1), ("till-1", 1)]
    page = shop.app.shift_reports.list(limit=1, till="till-1")
    assert [one["z_number"] for one in page["shifts"]] == [2]
    rest = shop.app.shift_reports.list(limit=10, till="till-1", before=page["next"])
    assert ([one["z_number"] for one in rest["shifts"]], rest["next"]) == ([1], None)
    assert shop.app.shift_reports.get(zs[1]["id"]) == zs[1]
    with pytest.raises(Problem, match="No closed shift"):
        shop.app.shift_reports.get(zs[1]["opened"])
    assert chain.verify(shop.app.journal.reader).broken is None


async def test_over_and_short_above_the_limit_need_a_reason_and_each_count_is_kept(tmp_path: Path) -> None:
    async with opened(tmp_path, config=CONFIG + '[shift]\nreason_above = "0.50"\n') as shop:
        await shop.sold("MUG")
        with pytest.raises(Problem, match=r"off by more than 0\.50 EUR") as caught:
            await closed(shop, 1000)
        assert "2.50" not in caught.value.detail
        assert "12.50" not in caught.value.detail  # what should be there is not given away
        assert not records(shop, "shift_close")
        trail = [row[0] for row in shop.app.journal.reader.execute("select body from audit order by seq")]
        assert '"counted":1000' in trail[-1]
        z = await closed(shop, 1000, reason="gave back too much")
        assert (z["over"], z["reason"]) == (-250, "gave back too much")
    async with opened(tmp_path, config=CONFIG) as shop:
        await shop.sold("TEA")
        z = await closed(shop, 0)
        assert (z["over"], z["reason"]) == (-320 - 1000, None)  # the float is what was left


async def test_where_a_count_is_needed_no_shift_closes_without_one(tmp_path: Path) -> None:
    async with opened(tmp_path, config=CONFIG + "[shift]\ncount_needed = true\n") as shop:
        assert shop.app.shift_reports.current("till-1")["count_needed"]
        await shop.sold("MUG")
        with pytest.raises(Problem, match="count the drawer"):
            await closed(shop, None)
        assert not records(shop, "shift_close")
        assert (await closed(shop, None, count=[Pieces(value=1000, pieces=1)]))["over"] == -250


async def test_what_is_parked_is_counted_in_the_z_and_stays_parked(shop: Shop) -> None:
    await shop.sold("MUG")
    sale = await shop.sale("TEA")
    await shop.app.ringing.park(sale["id"], None, key=None)
    assert shop.app.shift_reports.report("till-1", ANNA)["parked"] == 1
    z = await closed(shop, 1250)
    assert (z["parked"], z["sales"]) == (1, 1)
    assert [one["id"] for one in shop.app.tills.parked("till-1")] == [sale["id"]]
    await shop.sold("TEA", till="till-2")
    assert (await closed(shop, 320, till="till-2"))["parked"] == 0


async def test_who_counts_blind_is_told_no_figure_and_a_supervisor_is(shop: Shop) -> None:
    await shop.sold("MUG")
    await shop.sold("TEA", card=True)
    seen = shop.app.shift_reports.report("till-1", ANNA)
    assert (seen["blind"], seen["sales"], seen["expected_cash"], seen["tenders"]) == (True, 2, None, [])
    assert not {"1250", "320", "1570"} & {str(value) for value in seen.values()}
    with pytest.raises(Problem, match="needs a supervisor"):
        shop.app.shift_reports.allow_figures(ANNA)
    with pytest.raises(Problem, match="needs a supervisor"):
        await shop.app.shift_reports.print_report("till-1", key=None, by=ANNA)
    assert shop.app.shift_reports.report("till-1", SUE)["expected_cash"] == 1250
    current = shop.app.shift_reports.current("till-1")
    assert current["denominations"][:2] == [50_000, 20_000]
    assert not {"1250", "1570"} & {str(value) for value in current.values()}


async def test_tills_that_share_a_drawer_are_counted_together(tmp_path: Path) -> None:
    config = CONFIG.replace('id = "till-2"', 'id = "till-2"\ndrawer = "drawer"')
    async with opened(tmp_path, config=config) as shop:
        await shop.app.shifts.open(NewShift(till="till-1", float=1000), key=None)
        await shop.sold("MUG")
        await shop.sold("TEA", till="till-2")
        report = shop.app.shift_reports.report("till-1")
        assert (report["expected_cash"], report["drawer_expected"]) == (2250, 2570)
        assert shop.app.shift_reports.current("till-1")["drawer_shared_with"] == ["till-2"]
        z = await closed(shop, 2560)
        assert (z["over"], z["left"]) == (-10, 2240)  # till-2's 3.20 are not till-1's to leave
        with pytest.raises(Problem, match=r"Only 3\.20 EUR"):
            await closed(shop, 2560, till="till-2", left=400)
        z = await closed(shop, 2560, till="till-2")
        assert (z["over"], z["left"], z["drawer_expected"]) == (0, 320, 2560)


async def test_what_nobody_counted_in_a_shared_drawer_is_still_there(tmp_path: Path) -> None:
    config = CONFIG.replace('id = "till-2"', 'id = "till-2"\ndrawer = "drawer"')
    async with opened(tmp_path, config=config) as shop:
        await shop.sold("MUG")
        await shop.sold("TEA", till="till-2")
        assert (await closed(shop, None))["left"] == 1250
        assert (await closed(shop, 1570, till="till-2"))["over"] == 0


async def test_a_shift_left_open_over_midnight_is_said_and_closes_on_its_day(shop: Shop) -> None:
    await shop.sold("MUG")
    opened_on = records(shop, "shift_open")[0]["business_date"]
    assert not shop.app.tills.view("till-1")["shift"]["left_open"]
    shop.clock.forward(days=2)
    assert shop.app.tills.view("till-1")["shift"]["left_open"]
    await shop.sold("TEA")
    assert len(records(shop, "shift_open")) == 1  # nothing closed it behind anybody's back
    z = await closed(shop, None)
    assert (z["sales"], z["business_date"] > opened_on) == (2, True)


async def test_a_count_has_each_value_once_and_agrees_with_its_sum(shop: Shop) -> None:
    await shop.sold("MUG")
    twice = [Pieces(value=100, pieces=1), Pieces(value=100, pieces=2)]
    with pytest.raises(Problem, match="counted twice"):
        await closed(shop, None, count=twice)
    pieces = [Pieces(value=1000, pieces=1), Pieces(value=50, pieces=5)]
    with pytest.raises(Problem, match="another amount"):
        await closed(shop, 1000, count=pieces)
    z = await closed(shop, None, count=pieces)
    assert (z["counted"], z["over"]) == (1250, 0)
    assert z["count"] == [{"value": 1000, "pieces": 1}, {"value": 50, "pieces": 5}]


async def test_figures_are_there_after_a_restart_in_mid_shift(tmp_path: Path) -> None:
    async with opened(tmp_path) as shop:
        await shop.sold("MUG")
        await moved(shop, "out", 200)
    async with opened(tmp_path) as shop:
        await shop.sold("TEA")
        report = shop.app.shift_reports.report("till-1")
        assert (report["sales"], report["expected_cash"]) == (2, 1250 + 320 - 200)
