"""Commands about a store that has sold: the journal, the outbox, a cloud, the ports; with no agent running."""

from __future__ import annotations

import json
import shutil
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from agent.api.bodies import NewLine, NewTender
from agent.app import App
from agent.cli import main
from agent.config import load
from outbox import anchor, deliveries
from outbox.record import GENESIS, link
from tests.clouds.lying_square import LyingSquare
from tests.clouds.serving import serving

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"
[[till]]
id = "till-1"
[[tax]]
code = "standard"
rate = "19"
[[cloud]]
name = "hook"
kind = "webhook"
url = "http://127.0.0.1:9/hook"
secret = { file = "secret" }
"""
SALES = 3
RECORDS = 1 + SALES  # the shift that opened by itself with the first


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """Return a folder with a configuration and the state of a store that sold and could not deliver."""
    (tmp_path / "secret").write_text("whsec_c3RpbGxvcGVuLXRlc3Qtc2VjcmV0LTAwMDE=")
    file = tmp_path / "stillopen.toml"
    file.write_text(CONFIG)
    async with App(load(file), tmp_path / "state") as app:
        for number in range(SALES):
            sale = (await app.ringing.open_sale("till-1", key=None)).body["id"]
            line = NewLine(name=f"Thing {number} für 1 €", price=100, tax="standard")
            await app.ringing.add_line(sale, line, key=None)
            await app.ringing.add_tender(sale, NewTender(type="card", amount=100), key=None)
            await app.closing.complete(sale, key=None)
        await app.journal.write(lambda tx: deliveries.parked(tx, 3, "400", "no such thing", "mend it there"))
    return tmp_path


def run(folder: Path, *words: str) -> int:
    return main(["--config", str(folder / "stillopen.toml"), "--state", str(folder / "state"), *words])


def test_verify_says_that_it_holds(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "journal", "verify") == 0
    assert f"{RECORDS} records hold" in capsys.readouterr().out
    assert run(folder, "journal", "verify", "--json") == 0
    assert json.loads(capsys.readouterr().out)["records"] == RECORDS


def test_verify_names_the_first_record_that_does_not(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    connection = sqlite3.connect(folder / "state" / "journal.db")
    connection.executescript(
        "drop trigger record_no_update; update record set body = replace(body, '\"total\":100', '\"total\":1') "
        "where seq = 3"
    )
    connection.close()
    assert run(folder, "journal", "verify") == 1
    said = capsys.readouterr().err
    assert "record 3 (receipt TILL-1-000002) does not hold" in said
    assert "next: " in said
    assert run(folder, "journal", "verify", "--json") == 1
    assert json.loads(capsys.readouterr().out)["broken"]["seq"] == 3


def test_a_receipt_finds_its_record_and_says_when_the_journal_was_rewritten(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "journal", "export") == 0
    second = json.loads(capsys.readouterr().out.splitlines()[2])
    on_paper = anchor.anchor(bytes.fromhex(second["hash"]))
    assert run(folder, "journal", "verify", "--anchor", on_paper, "--anchor", second["hash"]) == 0
    assert "is record 3 (receipt TILL-1-000002)" in capsys.readouterr().out
    connection = sqlite3.connect(folder / "state" / "journal.db")
    head = GENESIS  # somebody with the whole file, who knows how it is made
    connection.execute("drop trigger record_no_update")
    for seq, body in connection.execute("select seq, body from record order by seq").fetchall():
        changed = body.replace('"total":100', '"total":10')
        previous, head = head, link(head, changed.encode())
        connection.execute(
            "update record set body = ?, prev_hash = ?, hash = ? where seq = ?", (changed, previous, head, seq)
        )
    connection.commit()
    connection.close()
    assert run(folder, "journal", "verify") == 0  # the chain alone cannot show it
    assert run(folder, "journal", "verify", "--anchor", on_paper) == 1
    assert "the journal was rewritten" in capsys.readouterr().err
    assert run(folder, "journal", "verify", "--json", "--anchor", on_paper) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], said["anchors"]) == (False, {anchor.parse(on_paper): None})
    assert run(folder, "journal", "verify", "--anchor", "TILL-1-000002") == 2
    assert "as on a receipt" in capsys.readouterr().err


def test_export_is_a_record_a_line_oldest_first(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "journal", "export") == 0
    _, *records = everything = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["receipt_number"] for record in records] == [f"TILL-1-{n:06d}" for n in (1, 2, 3)]
    assert records[1]["prev_hash"] == records[0]["hash"]
    assert records[0]["lines"][0]["name"] == "Thing 0 für 1 €"
    file = folder / "all.jsonl"
    assert run(folder, "journal", "export", str(file)) == 0
    assert [json.loads(line) for line in file.read_text("utf-8").splitlines()] == everything
    assert run(folder, "journal", "export", str(file)) == 1
    assert "is there already" in capsys.readouterr().err
    assert run(folder, "journal", "export", str(folder / "none" / "x")) == 1


def test_a_backup_is_a_whole_journal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = folder / "restored"
    copy.mkdir()
    assert run(folder, "journal", "backup", str(copy / "journal.db")) == 0
    assert run(folder, "journal", "backup", str(copy / "journal.db")) == 1
    assert run(folder, "journal", "backup", str(folder / "none" / "journal.db")) == 1
    capsys.readouterr()
    assert main(["--state", str(copy), "journal", "verify"]) == 0
    assert f"{RECORDS} records hold" in capsys.readouterr().out
    (copy / "journal.db-wal").write_bytes(b"the log of the journal that was here before")
    assert main(["--state", str(copy), "journal", "verify"]) == 1
    assert "the log of another journal next: start the agent once" in " ".join(capsys.readouterr().err.split())


def test_the_outbox_as_programs_read_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "outbox", "status", "--json") == 0
    cloud = json.loads(capsys.readouterr().out)["clouds"]["hook"]
    assert set(cloud) == {"waiting", "sending", "delivered", "parked", "oldest_waiting", "last_error"}
    assert (cloud["waiting"] + cloud["sending"], cloud["parked"], cloud["delivered"]) == (RECORDS - 1, 1, 0)
    assert cloud["oldest_waiting"] is not None
    assert run(folder, "outbox", "list", "--only", "parked", "--json") == 0
    (parked,) = json.loads(capsys.readouterr().out)["deliveries"]
    assert (parked["id"], parked["receipt_number"], parked["hint"]) == (3, "TILL-1-000002", "mend it there")
    assert run(folder, "outbox", "show", "3", "--json") == 0
    assert json.loads(capsys.readouterr().out)["last_error"] == "no such thing"
    assert run(folder, "outbox", "export", "--cloud", "hook") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["state"] == "parked", line["record"]["receipt_number"]) for line in lines] == [
        (False, None),
        (False, "TILL-1-000001"),
        (True, "TILL-1-000002"),
        (False, "TILL-1-000003"),
    ]


def test_the_outbox_as_people_read_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, said in (
        (("status",), "outbox list --cloud hook --only parked"),
        (("list",), "next: mend it there"),
        (("list", "--limit", "2"), "TILL-1-000001"),
        (("show", "3"), "no such thing"),
    ):
        assert run(folder, "outbox", *words) == 0
        assert said in capsys.readouterr().out
    assert run(folder, "outbox", "show", "99") == 1
    assert "no delivery 99" in capsys.readouterr().err


def test_retry_needs_the_agent_and_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "outbox", "retry", "3", "--port", "1") == 1
    said = capsys.readouterr().err
    assert "no agent answers" in said
    assert "next: start it" in said


@pytest.mark.parametrize("words", [("journal", "verify"), ("outbox", "status")])
def test_where_there_is_no_journal_the_next_step_is_named(
    tmp_path: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, *words) == 1
    assert "Start the agent once" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("journal", "verify"), ("journal", "export"), ("outbox", "list")])
def test_a_damaged_journal_is_a_clear_error(
    folder: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("journal.db-wal", "journal.db-shm"):
        (folder / "state" / name).unlink(missing_ok=True)
    path = folder / "state" / "journal.db"
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    assert run(folder, *words) == 1
    assert "damaged" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("journal",), ("outbox", "nonsense"), ("cloud", "pull"), ("outbox", "show", "x")])
def test_wrong_usage_is_exit_code_2(folder: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, *words) == 2
    assert "usage: " in capsys.readouterr().err


async def test_a_cloud_is_pulled_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    square = LyingSquare()
    square.sell("I1", "V1", "MUG", 1250)
    async with serving(square) as url:
        (tmp_path / "token").write_text(square.token)
        (tmp_path / "stillopen.toml").write_text(
            CONFIG.partition("[[cloud]]")[0]
            + f'[[cloud]]\nname = "sq"\nkind = "square"\nbase_url = "{url}"\nlocation_id = "L1"\n'
            + 'token = { file = "token" }\n'
        )
        code, said = await in_thread(tmp_path, capsys, "cloud", "pull", "sq", "--json")
        assert (code, json.loads(said)["items"]) == (0, 1), said
        code, said = await in_thread(tmp_path, capsys, "catalogue", "show", "MUG", "--json")
        assert json.loads(said)["price"] == 1250
        (tmp_path / "token").write_text("another")
        code, said = await in_thread(tmp_path, capsys, "cloud", "pull", "sq")
        assert code == 1
        code, said = await in_thread(tmp_path, capsys, "cloud", "pull", "nope")
        assert code == 2


async def in_thread(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Run a command beside the test's own loop, which serves the cloud."""
    import asyncio

    code = await asyncio.to_thread(run, folder, *words)
    return code, capsys.readouterr().out


def test_the_ports_of_this_pc_with_their_lines(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from serial.tools import list_ports, list_ports_common

    port = list_ports_common.ListPortInfo("/dev/ttyACM7", skip_link_detection=True)
    port.vid, port.pid, port.serial_number, port.description = 0x05F9, 0x4204, "SN1", "A scanner"

    def plugged() -> list[Any]:
        return [port]

    monkeypatch.setattr(list_ports, "comports", plugged)
    assert run(folder, "devices", "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)["devices"]
    assert (found["usb"], found["description"]) == ("05f9:4204", "A scanner")
    assert 'port = "serial:///dev/ttyACM7?baud=9600"' in found["configuration"]
    assert run(folder, "devices") == 0
    monkeypatch.setattr(list_ports, "comports", list)
    assert run(folder, "devices") == 0
    assert "Nothing was found" in capsys.readouterr().out


def test_a_second_agent_on_one_state_folder_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from outbox.journal import hold

    lock = hold(folder / "state")
    try:
        assert run(folder, "run", "--port", "0", "--log", "error") == 1
        assert "another agent is running" in capsys.readouterr().err
    finally:
        lock.release()
    shutil.rmtree(folder / "state")
