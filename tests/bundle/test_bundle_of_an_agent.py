"""The bundle of an agent that runs: what was planted on its wires, in its sale, its staff and its log is not in it."""

from __future__ import annotations

import asyncio
import json
import logging
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from agent.bundle.parts import of_disk
from agent.bundle.redact import Redactor
from agent.bundle.traces import shareable
from agent.cli import main
from agent.logs import NOISY, json_lines
from agent.places import Places
from agent.traces import Traces
from agent.update.machine import Installation
from drivers.traced import Direction
from tests.api.shop import CONFIG, Shop, open_shop
from tests.staff.conftest import MANAGER, hire, paired

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

SECRET = "planted-in-the-environment-0001"
HOOK = "whsec_c3RpbGxvcGVuLXRlc3RzLXNlY3JldC0wMDAx"
CUSTOMER = "Grace Planted"
PIN = "8394617254"  # long enough to be nobody's number
CARD = "4111111111111111"
PLANTED = (SECRET, HOOK, CUSTOMER, PIN, CARD)
NEVER = (*PLANTED, *(word.encode().hex(" ") for word in PLANTED))
CLOUD = """
[[cloud]]
name = "hook"
kind = "webhook"
url = "http://127.0.0.1:9/hook"
secret = { file = "hook.txt" }
"""


@pytest.fixture
async def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    monkeypatch.setenv("SOME_PASSWORD", SECRET)
    (tmp_path / "hook.txt").write_text(HOOK, encoding="utf-8")
    async with open_shop(tmp_path, config=CONFIG + CLOUD) as opened:
        yield opened


@contextmanager
def logged(file: Path) -> Iterator[None]:
    """Have the log in a file, all of it, as the service has it."""
    file.parent.mkdir(parents=True)
    handler, root = logging.FileHandler(file, encoding="utf-8"), logging.getLogger()
    before = root.level
    handler.setFormatter(json_lines())
    handler.addFilter(lambda record: record.levelno > logging.INFO or not record.name.startswith(NOISY))
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        handler.close()


async def traced(shop: Shop, device: str, word: str) -> None:
    """Wait until a word went over a device's wire."""
    async with asyncio.timeout(10):
        while word not in json.dumps(shop.body(await shop.client.get(f"/v1/devices/{device}/trace"))):
            await asyncio.sleep(0.01)


async def test_nothing_that_was_planted_in_a_running_agent_is_in_it(shop: Shop, tmp_path: Path) -> None:
    log = tmp_path / "state" / "logs" / "stillopen.log"
    with logged(log):
        for device in ("receipt", "counter"):
            shop.body(await shop.client.post(f"/v1/devices/{device}/trace", json={"on": True}))
        customer = shop.body(await shop.client.post("/v1/customers", json={"name": CUSTOMER, "phone": "030 12345"}))
        sale = await shop.rung()
        at = f"/v1/sales/{sale['id']}/customer"
        shop.body(await shop.client.post(at, json={"customer": customer["id"]}))
        texts = [{"type": "text", "text": f"{CUSTOMER} {SECRET} {HOOK}"}, {"type": "cut"}]
        job = await shop.client.post("/v1/printers/receipt/jobs", json={"document": texts})
        assert job.status_code == 202, job.text
        await shop.scanner.scan(SECRET)
        await shop.scanner.scan(CARD)
        await traced(shop, "receipt", CUSTOMER)
        await traced(shop, "counter", SECRET)
        async with paired(shop) as page:
            await hire(page)
            assert not (await page.sign_in(PIN)).is_success
            assert (await page.sign_in(MANAGER)).is_success
        says = logging.getLogger("stillopen.test")
        says.warning("the cloud said %s, and %s", SECRET, HOOK)
        says.warning("card %s, pin=%s", CARD, PIN)
        assert SECRET in log.read_text(encoding="utf-8")
        texts_by_name = await asyncio.to_thread(bundle, tmp_path, shop.server.port)
    assert {"status.json", "traces/receipt.json", "traces/counter.json", "log.txt"} <= texts_by_name.keys()
    for name, text in texts_by_name.items():
        for word in NEVER:
            assert word.lower() not in text.lower(), f"{word} is in {name}"


async def test_every_check_of_the_doctor_is_in_it(shop: Shop, tmp_path: Path) -> None:
    checks = json.loads((await asyncio.to_thread(bundle, tmp_path, shop.server.port))["doctor.json"])
    named = {check["check"] for check in checks}
    assert {"configuration", "line to hook", "agent", "device receipt", "cloud hook"} <= named


def bundle(folder: Path, port: int) -> dict[str, str]:
    """Make one by the command; returns its texts by name."""
    file = folder / "bundle.zip"
    at = ["--config", str(folder / "stillopen.toml"), "--state", str(folder / "state")]
    assert main([*at, "bundle", str(file), "--port", str(port)]) == 0
    with zipfile.ZipFile(file) as found:
        return {name: found.read(name).decode() for name in found.namelist()}


def a_trace(*wire: tuple[Direction, bytes]) -> dict[str, Any]:
    traces = Traces()
    traces.turn("one", on=True)
    for direction, data in wire:
        traces.see("one", direction, data)
    return traces.view("one")


@pytest.mark.parametrize("kind", ["printer", "display", "drawer", "a kind to come"])
def test_of_a_document_its_length_and_time_are_kept_and_the_answers_whole(kind: str) -> None:
    trace = a_trace((Direction.OUT, b"\x1b@Total 4.20"), (Direction.IN, b"\x12"))
    sent, answered = shareable(trace, kind, Redactor())["wire"]
    assert sent == trace["wire"][0] | {"hex": "", "text": "", "hidden": True}
    assert (sent["bytes"], sent["at"]) == (12, trace["wire"][0]["at"])
    assert answered == trace["wire"][1]


@pytest.mark.parametrize("kind", ["scanner", "scale"])
def test_of_a_device_that_is_only_commanded_all_is_kept_but_secrets(kind: str) -> None:
    trace = a_trace((Direction.OUT, b"W\r"), (Direction.IN, b"96385074\r"), (Direction.IN, b"pin=4711\r"))
    told, read, secret = shareable(trace, kind, Redactor())["wire"]
    assert [told, read] == trace["wire"][:2]
    assert (secret["hex"], secret["text"], secret["hidden"]) == ("", "", True)


def test_a_known_secret_is_found_in_hex() -> None:
    said = Redactor([SECRET]).text(f"sent {SECRET.encode().hex(' ')} and {SECRET.encode().hex().upper()}.")
    assert said == "sent [hidden] and [hidden]."


def test_what_the_setup_and_its_errands_wrote_is_in_it(tmp_path: Path) -> None:
    home = tmp_path / "program"
    written = {
        tmp_path / "data" / "setup.log": f"Stillopen 1.1.0 is in force. {SECRET}",
        tmp_path / "data" / "state" / "host.txt": "state=running",
        home / "update" / "errand.log": "1.2.0 was not well",
        home / "service.ini": "[service]\r\nversion=1.1.0\r\n",
    }
    for file, text in written.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")
    places = Places(tmp_path / "data" / "stillopen.toml", tmp_path / "data" / "state")
    installed = Installation(home, home / "update", home / "update-root.json")
    texts = dict(of_disk(places, Redactor([SECRET]), list, installed=installed))
    assert texts["setup/setup.log"] == "Stillopen 1.1.0 is in force. [hidden]"
    for file in list(written)[1:]:
        assert texts[f"setup/{file.name}"] == written[file]
