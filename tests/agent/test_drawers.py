"""A drawer in the whole agent: opened by a sale, taught over the API, remembered, and told of when it is left open."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from agent import drawer_memory
from agent.cli import teaching
from agent.cli.out import CommandError
from drivers.printer.status import Level
from drivers.simulated.drawer import SimulatedSerialDrawer
from tests.api.shop import CONFIG, Shop, open_shop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from agent.cli.running import RunningAgent

WAIT_S = 15.0
OWN_PORT = CONFIG.replace(
    'name = "drawer"\nprinter = "receipt"', 'name = "drawer"\nport = "sim://box"\npower = "own"\nleft_open_s = 1'
)


@asynccontextmanager
async def shop_with(box: SimulatedSerialDrawer, folder: Path, config: str = OWN_PORT) -> AsyncIterator[Shop]:
    async with open_shop(folder, config=config, devices={"box": box}) as shop:
        await until(shop, lambda one: one["state"] == "ready" and one["switch"]["level"] is not None)
        yield shop


async def drawer(shop: Shop) -> dict[str, Any]:
    answer = shop.body(await shop.client.get("/v1/devices"))
    return next(one for one in answer["devices"] if one["kind"] == "drawer")


async def until(shop: Shop, true: Any) -> dict[str, Any]:
    """Wait for the drawer to show something in /v1/devices."""
    async with asyncio.timeout(WAIT_S):
        while not true(one := await drawer(shop)):
            await asyncio.sleep(0.01)
    return one


async def teach(shop: Shop, box: SimulatedSerialDrawer) -> dict[str, Any]:
    first = shop.body(await shop.client.post("/v1/devices/drawer/teach", json={"position": "closed"}))
    assert (first["then"], first["open_level"]) == ("open", None)
    assert "Open the drawer" in first["next"]
    box.turn_key()
    answer = shop.body(await shop.client.post("/v1/devices/drawer/teach", json={"position": "open"}))
    box.push()
    return answer


async def test_it_is_taught_and_remembered_for_its_place(tmp_path: Path) -> None:
    box = SimulatedSerialDrawer()
    async with shop_with(box, tmp_path) as shop:
        switch = (await drawer(shop))["switch"]
        assert (switch["position"], switch["level"], switch["open_level"]) == (None, "high", None)
        answer = await teach(shop, box)
        assert (answer["device"], answer["then"], answer["open_level"]) == ("drawer", None, "low")
        await until(shop, lambda one: one["switch"]["position"] == "closed")
    async with shop_with(box, tmp_path) as shop:
        assert (await drawer(shop))["switch"]["position"] == "closed"
    other = OWN_PORT.replace("sim://box", "sim://other")
    async with open_shop(tmp_path, config=other, devices={"other": box}) as shop:
        one = await until(shop, lambda one: one["switch"]["level"] is not None)
        assert one["switch"]["position"] is None  # another place, perhaps another cable


async def test_a_sale_opens_it_and_one_left_open_is_told_of_and_closed_again(tmp_path: Path) -> None:
    box = SimulatedSerialDrawer()
    async with shop_with(box, tmp_path) as shop:
        await teach(shop, box)
        await until(shop, lambda one: one["switch"]["position"] == "closed")
        told = shop.app.events.subscribe("test")
        await shop.sold()
        states = []
        async with asyncio.timeout(WAIT_S):
            while "closed" not in states:
                event = json.loads(await told.next())
                if event["type"] == "drawer":
                    assert event["drawer"] == "drawer"
                    states.append(event["state"])
                    assert (event["record_id"] is not None) == (event["state"] == "opened")
                if states[-1:] == ["left_open"] and box.is_open:
                    assert (await drawer(shop))["switch"]["left_open"]
                    box.push()
        assert states == ["opened", "left_open", "closed"]
        assert box.told == 1
        assert not (await drawer(shop))["switch"]["left_open"]
        figures = (await shop.client.get("/metrics")).text
        assert 'stillopen_drawer_openings_total{outcome="opened"} 1' in figures
        assert "left_open" not in figures
        shop.app.events.unsubscribe(told)


async def test_lessons_that_end_together_are_all_kept(tmp_path: Path) -> None:
    names = [f"drawer-{number}" for number in range(6)]
    boxes = {name: SimulatedSerialDrawer() for name in names}
    sections = "".join(f'[[drawer]]\nname = "{name}"\nport = "sim://{name}"\npower = "own"\n\n' for name in names)
    async with open_shop(tmp_path, config=CONFIG + sections, devices=boxes) as shop:

        async def all_taught(position: str) -> list[int]:
            paths = [f"/v1/devices/{name}/teach" for name in names]
            posts = (shop.client.post(path, json={"position": position}) for path in paths)
            return [answer.status_code for answer in await asyncio.gather(*posts)]

        async with asyncio.timeout(WAIT_S):
            while set(await all_taught("closed")) != {200}:  # until each is connected
                await asyncio.sleep(0.01)
        for box in boxes.values():
            box.turn_key()
        assert set(await all_taught("open")) == {200}
        assert {name for name, _ in drawer_memory.read(tmp_path / "state")} == set(names)


async def test_what_cannot_be_taught_says_what_to_do(tmp_path: Path) -> None:
    box = SimulatedSerialDrawer()
    async with shop_with(box, tmp_path) as shop:
        post = shop.client.post
        box.no_switch = True
        assert (await post("/v1/devices/drawer/teach", json={"position": "closed"})).status_code == 200
        refused = (await post("/v1/devices/drawer/teach", json={"position": "open"})).json()
        assert refused["code"] == "drawer-not-taught"
        assert "cable" in refused["detail"]
        unknown = await post("/v1/devices/receipt/teach", json={"position": "open"})
        assert unknown.json()["code"] == "no-such-device"
        assert (await post("/v1/devices/drawer/teach", json={"position": "ajar"})).status_code == 422
        (tmp_path / "state" / f"{drawer_memory.FILE}.new").mkdir()
        box.no_switch = False
        assert (await post("/v1/devices/drawer/teach", json={"position": "closed"})).status_code == 200
        box.turn_key()
        kept = (await post("/v1/devices/drawer/teach", json={"position": "open"})).json()
        assert "holds until the agent stops" in kept["detail"]


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"drawer": "drawer", "at": "x", "open": "wide"}]', '{"a": 1}'])
def test_a_file_that_is_none_is_passed_over_with_the_next_step(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert drawer_memory.read(tmp_path) == {}
    assert not caplog.records
    (tmp_path / drawer_memory.FILE).write_text(text, "utf-8")
    with caplog.at_level(logging.WARNING):
        assert drawer_memory.read(tmp_path) == {}
    assert "devices --teach" in caplog.text


def test_what_was_taught_is_kept(tmp_path: Path) -> None:
    taught = {("a", "receipt pin 2"): Level.LOW, ("b", "serial://COM3"): Level.HIGH}
    drawer_memory.write(tmp_path, taught)
    assert drawer_memory.read(tmp_path) == taught


class Answers:
    """A running agent, as far as the command asks it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []

    def ask(self, method: str, path: str, body: Any) -> dict[str, Any]:
        self.asked.append((method, path, body["position"]))
        return {"open_level": "low" if body["position"] == "open" else None}


def test_the_command_guides_through_both_positions(capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []
    agent: Any = Answers()

    def wait_for_enter(words: str) -> str:
        said.append(words)
        return ""

    assert teaching.teach("front drawer", agent, wait_for_enter=wait_for_enter) == 0
    path = "/v1/devices/front%20drawer/teach"
    assert agent.asked == [("POST", path, "closed"), ("POST", path, "open")]
    assert "Close drawer front drawer" in said[0]
    assert "says low" in capsys.readouterr().out


def test_the_command_needs_somebody_at_the_drawer() -> None:
    agent: RunningAgent = Answers()  # type: ignore[assignment]  # it is not asked

    def nobody(_: str) -> str:
        raise EOFError

    with pytest.raises(CommandError) as refused:
        teaching.teach("drawer", agent, wait_for_enter=nobody)
    assert "standing at the drawer" in refused.value.hint
