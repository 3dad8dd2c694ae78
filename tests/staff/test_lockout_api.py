"""Guessing at PINs, over the real API: who waits, who does not, and what a restart changes."""

from pathlib import Path
from typing import Any

from agent.app import App
from agent.config import load
from agent.door import Caller
from agent.problem import Problem
from agent.staff import people, pins
from agent.staff.actor import Role
from agent.staff.lockout import FREE_TRIES, WAIT_S_FIRST
from tests.api.shop import CONFIG, Shop
from tests.staff.cheap import cheap_pins
from tests.staff.conftest import CASHIER, MANAGER, SUPERVISOR, Page, hire, paired

WRONG = "73501948"


async def guess(page: Page, times: int, staff: str | None = None) -> dict[str, Any]:
    """Type a wrong PIN so often; the last refusal."""
    answers = [await page.sign_in(WRONG, staff) for _ in range(times)]
    last: dict[str, Any] = answers[-1].json()
    return last


async def test_a_page_waits_after_wrong_pins_and_a_name_still_works_there(shop: Shop, page: Page) -> None:
    ids = await hire(page)
    assert (await guess(page, FREE_TRIES))["code"] == "wrong-pin"
    refused = await guess(page, 1)
    assert (refused["code"], refused["retry_after_s"]) == ("wrong-pin", WAIT_S_FIRST)
    waiting = await page.sign_in(CASHIER)
    assert (waiting.status_code, waiting.json()["code"]) == (429, "locked-out")
    assert 0 < waiting.json()["retry_after_s"] <= WAIT_S_FIRST
    assert (await page.sign_in(CASHIER, ids["cashier"])).is_success
    assert (await page.sign_in(CASHIER)).json()[
        "code"
    ] == "locked-out"  # who has a PIN does not go on guessing at others'
    async with paired(shop) as other:
        assert (await other.sign_in(CASHIER)).is_success


async def test_somebody_who_is_guessed_at_waits_and_nobody_else_does(shop: Shop, page: Page) -> None:
    ids = await hire(page)
    await guess(page, FREE_TRIES + 1, ids["supervisor"])
    assert (await page.sign_in(SUPERVISOR, ids["supervisor"])).json()["code"] == "locked-out"
    assert (await page.sign_in(CASHIER, ids["cashier"])).is_success


async def test_leave_is_no_way_to_guess_on(shop: Shop, page: Page) -> None:
    await hire(page)
    await page.sign_in(CASHIER)
    for _ in range(FREE_TRIES + 1):
        await page.post("/v1/overrides", {"pin": WRONG, "action": "no_sale"})
    refused = await page.post("/v1/overrides", {"pin": SUPERVISOR, "action": "no_sale"})
    assert refused.json()["code"] == "locked-out"
    assert (await page.sign_in(SUPERVISOR)).json()["code"] == "locked-out"


async def test_another_pin_ends_the_wait_of_whose_it_is(shop: Shop, page: Page) -> None:
    ids = await hire(page)
    await guess(page, FREE_TRIES + 1, ids["cashier"])
    await shop.client.post(f"/v1/staff/{ids['cashier']}/pin", json={"pin": "664128"})
    assert (await page.sign_in("664128", ids["cashier"])).is_success


async def test_wrong_pins_are_in_the_trail_with_whose_they_should_have_been(shop: Shop, page: Page) -> None:
    ids = await hire(page)
    await page.sign_in(WRONG, ids["cashier"])
    await page.sign_in(WRONG)
    named, alone = [entry for entry in await page.trail() if entry["action"] == "wrong_pin"]
    assert (named["subject"], alone["subject"]) == (ids["cashier"], None)
    assert named["page"] == page.id
    assert WRONG not in str(await page.trail())


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


async def started(folder: Path, clock: Clock) -> tuple[App, list[str]]:
    """Start the agent, without its server; what is counted are the hashes that were made."""
    app = App(load(folder / "stillopen.toml"), folder / "state", staff_clock=clock)
    hashed: list[str] = []

    def digest(pin: str, salt: bytes, cost: pins.Cost) -> bytes:
        hashed.append(pin)
        return pins.digest(pin, salt, cost)

    app.staff.pad.digest = digest
    await app.start()
    if people.salt_of(app.journal.reader) is None:
        await cheap_pins(app)
    return app, hashed


async def tried(app: App, pin: str, page: str) -> str:
    try:
        await app.staff.sign_in(page, pin, None)
    except Problem as problem:
        return problem.code
    return "in"


async def test_a_restart_ends_no_wait_and_a_right_pin_costs_what_a_wrong_one_does(tmp_path: Path) -> None:
    (tmp_path / "stillopen.toml").write_text(CONFIG, "utf-8")
    clock = Clock(1_000)
    app, hashed = await started(tmp_path, clock)
    try:
        pairing, _ = await app.door.pairings.add("page", "till page")
        page = pairing.id
        await app.staff_changes.add("Mia", Role.MANAGER, MANAGER, by=app.staff.by(Caller(page)))
        hashed.clear()
        assert await tried(app, MANAGER, page) == "in"
        assert len(hashed) == 1
        for number in range(FREE_TRIES + 1):
            assert await tried(app, WRONG, page) == "wrong-pin"
            assert len(hashed) == 2 + number  # one for a wrong one, too
        assert await tried(app, MANAGER, page) == "locked-out"
        assert len(hashed) == FREE_TRIES + 2  # who waits is not even looked at
    finally:
        await app.stop()
    app, _ = await started(tmp_path, clock := Clock(5))
    try:
        assert await tried(app, MANAGER, page) == "locked-out"
        clock.now += WAIT_S_FIRST
        assert await tried(app, WRONG, page) == "wrong-pin"
        assert await tried(app, MANAGER, page) == "locked-out"
        clock.now += 2 * WAIT_S_FIRST
        assert await tried(app, MANAGER, page) == "in"
    finally:
        await app.stop()


async def test_whoever_stays_away_too_long_has_to_type_their_pin_again(tmp_path: Path) -> None:
    (tmp_path / "stillopen.toml").write_text(CONFIG + "[staff]\nidle_lock_min = 1\n", "utf-8")
    clock = Clock(1_000)
    app, _ = await started(tmp_path, clock)
    try:
        pairing, _ = await app.door.pairings.add("page", "till page")
        page = pairing.id
        await app.staff_changes.add("Mia", Role.MANAGER, MANAGER, by=app.staff.by(Caller(page)))
        assert await tried(app, MANAGER, page) == "in"
        clock.now += 59
        app.staff.use(page)
        clock.now += 59
        assert app.staff.by(Caller(page)).actor.name == "Mia"
        clock.now += 1
        assert app.staff.by(Caller(page)).actor.role is None
        assert app.staff.view(page)["staff"] is None
    finally:
        await app.stop()
