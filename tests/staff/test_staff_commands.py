"""`stillopen staff`, `stillopen audit` and `stillopen journal verify` beside a running shop."""

import asyncio
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agent.cli import main
from tests.api.shop import Shop
from tests.staff.conftest import SUPERVISOR, Page, hire

NEW = "664128"


async def ran(folder: Path, shop: Shop, *words: str) -> int:
    """Run a command as a person on the PC would, while the agent goes on."""
    port = ("--port", str(shop.server.port)) if words[0] in {"staff", "pair"} else ()
    places = ("--config", str(folder / "stillopen.toml"), "--state", str(folder / "state"))
    return await asyncio.to_thread(main, [*words, *port, *places])


async def test_staff_is_listed_and_a_forgotten_pin_set(
    shop: Shop, page: Page, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await ran(tmp_path, shop, "staff", "list") == 0
    assert "nobody is set up" in capsys.readouterr().out
    ids = await hire(page)
    assert await ran(tmp_path, shop, "staff", "list", "--json") == 0
    assert {one["id"] for one in json.loads(capsys.readouterr().out)["staff"]} == set(ids.values())

    monkeypatch.setattr("sys.stdin", io.StringIO(NEW + "\n"))
    assert await ran(tmp_path, shop, "staff", "pin", "Sol") == 0
    said = capsys.readouterr()
    assert "Sol has another PIN" in said.out
    assert NEW not in said.out + said.err
    assert (await page.sign_in(SUPERVISOR)).json()["code"] == "wrong-pin"
    assert (await page.sign_in(NEW)).json()["staff"]["name"] == "Sol"

    monkeypatch.setattr("sys.stdin", io.StringIO("1234\n"))
    assert await ran(tmp_path, shop, "staff", "pin", "Sol") == 1
    assert "choose another" in capsys.readouterr().err
    assert await ran(tmp_path, shop, "staff", "pin", "Nobody") == 1
    assert "nobody called Nobody works here" in capsys.readouterr().err


async def test_a_front_end_is_paired_as_somebody(
    shop: Shop, page: Page, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = await hire(page)
    assert await ran(tmp_path, shop, "pair", "--as", "Sol", "--json") == 0
    code = json.loads(capsys.readouterr().out)["code"]
    paired = shop.body(await shop.stranger.post("/v1/pairings", json={"code": code}))
    assert paired["pairing"]["acts_as"] == ids["supervisor"]


async def test_the_trail_is_exported_and_a_change_to_it_found(
    shop: Shop, page: Page, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await hire(page)
    assert await ran(tmp_path, shop, "audit", "export") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["action"] for line in lines] == ["pairing_added", "staff_added", "sign_in", *["staff_added"] * 3]
    assert await ran(tmp_path, shop, "audit", "export", str(tmp_path / "trail.jsonl")) == 0
    assert len((tmp_path / "trail.jsonl").read_text("utf-8").splitlines()) == len(lines)
    assert await ran(tmp_path, shop, "audit", "export", str(tmp_path / "trail.jsonl")) == 1
    assert "is there already" in capsys.readouterr().err

    assert await ran(tmp_path, shop, "journal", "verify", "--json") == 0
    assert json.loads(capsys.readouterr().out)["audit"]["entries"] == len(lines)
    with closing(sqlite3.connect(tmp_path / "state" / "journal.db")) as file, file:
        file.execute("drop trigger audit_no_update")
        file.execute("update audit set body = replace(body, 'Mia', 'Eve') where seq = 2")
    assert await ran(tmp_path, shop, "journal", "verify") == 1
    assert "entry 2 of the audit trail does not hold" in capsys.readouterr().err
