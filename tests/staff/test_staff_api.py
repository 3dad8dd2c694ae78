"""Who works here and who acts, over the real API: set-up, switching, roles, leave, and whose name is on a record."""

import json
from pathlib import Path

from tests.api.shop import APPLE, CONFIG, Shop, browser, open_shop
from tests.staff.conftest import CASHIER, MANAGER, STRICT, SUPERVISOR, TECH, Page, hire, paired


async def test_until_somebody_is_set_up_a_paired_page_may_do_everything(shop: Shop, page: Page) -> None:
    seen = await page.get("/v1/sign-in")
    assert seen["staff_set_up"] is False
    assert seen["staff"] is None
    assert all(seen["may"].values())
    assert (await page.post("/v1/tills/till-1/drawer", {"reason": "change"})).is_success
    local = shop.body(await shop.client.get("/v1/sign-in"))
    assert (local["acts_as"]["role"], local["may"]["sell"], local["may"]["staff"]) == ("cashier", True, False)


async def test_the_first_is_a_manager_and_there_is_no_page_without_a_pin_then(shop: Shop, page: Page) -> None:
    refused = await page.post("/v1/staff", {"name": "Kim", "role": "cashier", "pin": CASHIER})
    assert refused.json()["code"] == "manager-needed"
    await hire(page)
    assert (await page.client.request("DELETE", "/v1/sign-in")).is_success
    refused = await page.post("/v1/tills/till-1/scan", {"data": APPLE})
    assert (refused.status_code, refused.json()["code"]) == (403, "sign-in-needed")
    assert (await page.get("/v1/tills/till-1"))["id"] == "till-1"  # looking is not acting
    assert shop.body(await shop.client.post("/v1/tills/till-1/scan", json={"data": APPLE}))["total"] == 50


async def test_another_page_hears_that_it_needs_a_pin_now(shop: Shop, page: Page) -> None:
    async with paired(shop) as other, shop.events() as listener:
        await hire(page)
        told = json.loads(await listener.recv())
        assert (told["type"], told["page"], told["staff"]) == ("staff", "", None)
        assert (await other.get("/v1/sign-in"))["acts_as"]["role"] is None


async def test_a_program_without_staff_of_its_own_goes_on_as_before(shop: Shop, page: Page) -> None:
    await hire(page)
    record = await shop.sold()
    assert record["cashier"] == {"id": "local", "name": "this PC"}
    refused = await shop.client.post("/v1/sign-in", json={"pin": MANAGER})
    assert (refused.status_code, refused.json()["code"]) == (409, "acts-as-itself")
    refused = await shop.client.post("/v1/staff", json={"name": "Eve", "role": "manager", "pin": "918273"})
    assert refused.json()["code"] == "not-allowed"


async def test_a_switch_takes_a_pin_alone_and_leaves_the_sale_as_it_is(shop: Shop, page: Page) -> None:
    ids = await hire(page)
    assert (await page.sign_in(CASHIER)).json()["staff"]["name"] == "Kim"
    sale = (await page.post("/v1/tills/till-1/scan", {"data": APPLE})).json()
    assert (await page.sign_in(SUPERVISOR)).json()["staff"] == {
        "id": ids["supervisor"],
        "name": "Sol",
        "role": "supervisor",
    }
    assert (await page.get("/v1/tills/till-1"))["sale"]["id"] == sale["id"]
    await page.post(f"/v1/sales/{sale['id']}/tenders", {"type": "cash", "amount": 50})
    record = (await page.post(f"/v1/sales/{sale['id']}/complete")).json()
    assert record["cashier"] == {"id": ids["supervisor"], "name": "Sol"}
    assert "authorized_by" not in record


async def test_a_name_beside_the_pin_has_to_be_whose_it_is(shop: Shop, page: Page) -> None:
    ids = await hire(page)
    assert (await page.sign_in(CASHIER, ids["cashier"])).is_success
    assert (await page.sign_in(CASHIER, ids["supervisor"])).json()["code"] == "wrong-pin"
    assert (await page.sign_in(CASHIER, "nobody")).json()["code"] == "no-such-staff"


async def test_a_reload_and_a_restart_leave_who_was_there(tmp_path: Path) -> None:
    async with open_shop(tmp_path, config=CONFIG + STRICT) as shop, paired(shop) as page:
        await hire(page)
        await page.sign_in(CASHIER)
        (secret,) = page.client.cookies.values()
    async with (
        open_shop(tmp_path, config=CONFIG + STRICT) as shop,
        browser(headers={"Cookie": f"stillopen-{shop.server.port}={secret}"}) as client,
    ):
        seen = shop.body(await client.get(f"{shop.own}/v1/sign-in"))
    assert seen["staff"]["name"] == "Kim"


async def test_leave_is_for_one_action_at_one_page_once(shop: Shop, page: Page) -> None:
    ids = await hire(page)
    await page.sign_in(CASHIER)
    drawer, reason = "/v1/tills/till-1/drawer", {"reason": "change"}
    refused = (await page.post(drawer, reason, **{"Idempotency-Key": "a"})).json()
    assert (refused["code"], refused["action"], refused["role"]) == ("not-allowed", "no_sale", "supervisor")

    refused = (await page.post("/v1/overrides", {"pin": CASHIER, "action": "no_sale"})).json()
    assert refused["code"] == "not-allowed"
    leave = (await page.post("/v1/overrides", {"pin": SUPERVISOR, "action": "no_sale"})).json()
    assert leave["authorized_by"] == {"id": ids["supervisor"], "name": "Sol"}
    token = leave["override"]

    wrong_action = await page.post(
        "/v1/staff", {"name": "Ann", "role": "cashier", "pin": "926381"}, **{"Stillopen-Override": token}
    )
    assert wrong_action.json()["code"] == "not-allowed"
    async with paired(shop) as other:
        await other.sign_in(CASHIER)
        assert (await other.post(drawer, reason, **{"Stillopen-Override": token})).json()["code"] == "not-allowed"
    unknown_till = await page.post("/v1/tills/till-9/drawer", reason, **{"Stillopen-Override": token})
    assert unknown_till.status_code == 404  # refused for another reason: the leave is still there

    headers = {"Stillopen-Override": token, "Idempotency-Key": "a"}
    record = (await page.post(drawer, reason, **headers)).json()
    assert record["cashier"]["name"] == "Kim"
    assert record["authorized_by"]["name"] == "Sol"
    assert (await page.post(drawer, reason, **headers)).json() == record  # a repeat is the same, and needs no leave
    again = await page.post(drawer, reason, **{"Stillopen-Override": token, "Idempotency-Key": "b"})
    assert again.json()["code"] == "not-allowed"
    await page.sign_in(MANAGER)
    told = [(entry["action"], entry["actor"]["name"]) for entry in await page.trail()]
    assert ("override_refused", "Kim") in told
    assert ("override", "Sol") in told
    entry = next(entry for entry in await page.trail() if entry["action"] == "no_sale")
    assert entry["actor"]["name"] == "Kim"
    assert entry["authorized_by"]["name"] == "Sol"
    assert (entry["why"], entry["page"], entry["till"]) == ("change", page.id, "till-1")


async def test_leave_ends_with_whoever_it_was_given_to(shop: Shop, page: Page) -> None:
    await hire(page)
    await page.sign_in(CASHIER)
    token = (await page.post("/v1/overrides", {"pin": SUPERVISOR, "action": "no_sale"})).json()["override"]
    await page.sign_in(TECH)
    await page.sign_in(CASHIER)
    refused = await page.post("/v1/tills/till-1/drawer", {"reason": "change"}, **{"Stillopen-Override": token})
    assert refused.json()["code"] == "not-allowed"


async def test_a_repeat_keeps_who_did_it_first(shop: Shop, page: Page) -> None:
    ids = await hire(page)
    await page.sign_in(SUPERVISOR)
    first = await page.post("/v1/tills/till-1/drawer", {"reason": "change"}, **{"Idempotency-Key": "one"})
    await page.sign_in(MANAGER)
    again = await page.post("/v1/tills/till-1/drawer", {"reason": "change"}, **{"Idempotency-Key": "one"})
    assert again.text == first.text
    assert again.json()["cashier"]["id"] == ids["supervisor"]


async def test_a_tech_tests_devices_and_rings_nothing(shop: Shop, page: Page) -> None:
    await hire(page)
    await page.sign_in(TECH)
    assert (await page.post("/v1/devices/receipt/test")).is_success
    assert (await page.post("/v1/tills/till-1/scan", {"data": APPLE})).json()["code"] == "not-allowed"


async def test_a_front_end_acts_as_somebody(shop: Shop, page: Page) -> None:
    ids = await hire(page)
    async with paired(shop, acts_as="Sol") as as_sol, paired(shop, acts_as="manager") as as_manager:
        seen = await as_sol.get("/v1/sign-in")
        assert (seen["acts_as"]["id"], seen["staff"]) == (ids["supervisor"], None)
        assert (await as_sol.post("/v1/tills/till-1/drawer", {"reason": "change"})).json()["cashier"]["name"] == "Sol"
        assert (await as_manager.get("/v1/sign-in"))["may"]["staff"] is True
        assert (await as_manager.client.request("DELETE", f"/v1/staff/{ids['supervisor']}")).is_success
        refused = await as_sol.post("/v1/tills/till-1/drawer", {"reason": "change"})
        assert refused.json()["code"] == "sign-in-needed"
    unknown = await shop.client.post("/v1/pairing-codes", json={"acts_as": "Nobody"})
    assert unknown.json()["code"] == "no-such-staff"


async def test_whoever_leaves_is_out_at_once_and_their_pin_is_free(page: Page, shop: Shop) -> None:
    ids = await hire(page)
    async with paired(shop) as other:
        await other.sign_in(CASHIER)
        assert (await page.client.request("DELETE", f"/v1/staff/{ids['cashier']}")).is_success
        refused = await other.post("/v1/tills/till-1/scan", {"data": APPLE})
        assert refused.json()["code"] == "sign-in-needed"
        assert (await other.sign_in(CASHIER)).json()["code"] == "wrong-pin"
    again = await page.post("/v1/staff", {"name": "Kim", "role": "cashier", "pin": CASHIER})
    assert again.status_code == 201
    assert again.json()["staff"]["id"] != ids["cashier"]


async def test_the_last_manager_stays_one_while_anybody_is_left(shop: Shop, page: Page) -> None:
    ids = await hire(page)
    manager = f"/v1/staff/{ids['manager']}"
    assert (await page.client.request("DELETE", manager)).json()["code"] == "manager-needed"
    assert (await page.client.patch(manager, json={"role": "cashier"})).json()["code"] == "manager-needed"
    for role in ("supervisor", "cashier", "tech"):
        assert (await page.client.request("DELETE", f"/v1/staff/{ids[role]}")).is_success
    assert (await page.client.request("DELETE", manager)).is_success  # a shop of one, which needs no PINs
    assert (await page.get("/v1/sign-in"))["staff_set_up"] is False


async def test_names_and_pins_are_one_persons_own(shop: Shop, page: Page) -> None:
    ids = await hire(page)
    for body, code in (
        ({"name": "kim", "role": "cashier", "pin": "926381"}, "name-taken"),
        ({"name": "Ann", "role": "cashier", "pin": CASHIER}, "pin-taken"),
        ({"name": "Ann", "role": "cashier", "pin": "1234"}, "pin-too-easy"),
        ({"name": "Ann", "role": "cashier", "pin": "73"}, "pin"),
    ):
        refused = await page.post("/v1/staff", body)
        assert refused.json()["code"] == code
        assert body["pin"] not in refused.text
    changed = await page.client.patch(f"/v1/staff/{ids['cashier']}", json={"name": "Kim B.", "role": "supervisor"})
    assert changed.json()["staff"] == {"id": ids["cashier"], "name": "Kim B.", "role": "supervisor"}


async def test_whoever_has_the_pcs_own_rights_sets_a_forgotten_pin(shop: Shop, page: Page) -> None:
    ids = await hire(page)
    path = f"/v1/staff/{ids['manager']}/pin"
    assert shop.body(await shop.client.post(path, json={"pin": "664128"}))["staff"]["name"] == "Mia"
    assert (await page.get("/v1/sign-in"))["staff"] is None  # signed out by it
    assert (await page.sign_in(MANAGER)).json()["code"] == "wrong-pin"
    assert (await page.sign_in("664128")).is_success
    await page.sign_in(CASHIER)
    assert (await page.post(path, {"pin": "555123"})).json()["code"] == "not-allowed"


async def test_a_pin_is_in_no_answer_no_log_no_event_and_nowhere_on_the_disk(
    shop: Shop, page: Page, tmp_path: Path, caplog: object
) -> None:
    await hire(page)
    await page.sign_in("73501948")  # wrong
    for body in ({"pin": 73501948}, {"pin": "73501948" * 9}, {"pin": ["73501948"]}, {"pin": "73501948", "staf": "x"}):
        assert "73501948" not in (await page.post("/v1/sign-in", body)).text
    await page.client.request("DELETE", "/v1/sign-in")
    assert "73501948" not in str(getattr(caplog, "text", ""))
    for file in (tmp_path / "state").rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not any(pin.encode() in content for pin in ("73501948", MANAGER, SUPERVISOR, TECH))
