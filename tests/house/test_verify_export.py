"""The auditor's verifier: it shares no code with us, and agrees with `stillopen journal verify`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from outbox import chain
from outbox.anchor import anchor
from outbox.export import exported
from outbox.journal import Journal
from outbox.record import Kind, Record, canonical, link
from tests.outbox.facts import draft, write

SCRIPT = Path(__file__).parents[2] / "scripts" / "verify_export.py"
LINES_MAX = 100


def verified(text: str, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), "-", *words], input=text.encode(), capture_output=True, check=False
    )
    return done.returncode, (done.stdout + done.stderr).decode()


@pytest.fixture
async def records(tmp_path: Path) -> list[dict[str, Any]]:
    journal = Journal(tmp_path)
    await journal.open()
    kinds = (Kind.SALE, Kind.DRAWER, Kind.SALE, Kind.REFUND, Kind.VOID, Kind.SALE)
    for number, kind in enumerate(kinds):
        await write(journal, draft(kind, till="b" if number == 2 else "till-1", note="Müller € 🙂", n=number))
    found = [exported(record) for record in chain.oldest_first(journal.reader)]
    await journal.close()
    return found


def export(records: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def test_it_is_short_enough_to_be_read_and_needs_nothing_but_python() -> None:
    text = SCRIPT.read_text("utf-8")
    assert len(text.splitlines()) < LINES_MAX
    imports = {line.split()[1] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert imports <= {"__future__", "argparse", "hashlib", "json", "re", "sys", "typing"}


def test_a_whole_export_holds(records: list[dict[str, Any]]) -> None:
    head = records[-1]["hash"]
    said = f"6 records hold; the last hash is {head}; {head} is record 6 (TILL-1-000003)\n"
    assert verified(export(records), "--head", head) == (0, said)
    assert verified("") == (0, f"0 records hold; the last hash is {'00' * 32}\n")


def test_what_was_done_to_it_is_named(records: list[dict[str, Any]]) -> None:
    changed = [dict(record) for record in records]
    changed[3]["total"] = 1
    for text, words in (
        (export(changed), "record 4 (TILL-1-000002): its content is not what was written"),
        (export(records[:2] + records[3:]), "does not follow"),
        (export(records[1:]), "does not follow"),
        (export([records[1], records[0]]), "does not follow"),
        (export(records[:2]) + "no json\n", "line 3 is no record"),
        (export(records[:2]) + "[]\n", "line 3 is no record"),
    ):
        code, said = verified(text)
        assert code == 1
        assert words in said


def test_records_missing_at_the_end_show_by_the_hash_they_should_end_at(records: list[dict[str, Any]]) -> None:
    code, said = verified(export(records[:-1]), "--head", records[-1]["hash"])
    assert code == 1
    assert f"the export ends at hash {records[-2]['hash']}, and no record in it has" in said


def test_the_anchor_on_a_receipt_names_its_record(records: list[dict[str, Any]]) -> None:
    third = bytes.fromhex(records[2]["hash"])
    for typed in (
        anchor(third),
        anchor(third).lower(),
        anchor(third).replace("-", " "),
        anchor(third).replace("-", ""),
        third.hex()[:20],
        third.hex().upper(),
    ):
        code, said = verified(export(records), "--head", typed)
        assert code == 0
        assert said.endswith(" is record 3 (B-000001)\n")
    code, said = verified(export(records[:2]), "--head", anchor(third))
    assert code == 1
    assert f"no record in it has {anchor(third)}" in said


def test_an_anchor_of_no_receipt_is_looked_for_in_itself(records: list[dict[str, Any]]) -> None:
    assert "is record 2 (drawer)" in verified(export(records), "--head", records[1]["hash"][:16])[1]


@pytest.mark.parametrize("typed", ["", "3F9A-12BC-77D0-01A", "3F9A-12BC-77D0-01AG", "0" * 65])
def test_what_is_no_hash_is_refused_before_anything_is_read(typed: str) -> None:
    code, said = verified("no json", "--head", typed)
    assert code == 2
    assert "write 16 to 64 digits" in said


async def test_the_records_of_a_journal_that_was_put_back_hold_and_no_epoch_comes_back(tmp_path: Path) -> None:
    found: list[Record] = []
    for copy in range(3):
        state = tmp_path / f"state {copy}"
        if copy:
            shutil.copytree(tmp_path / f"state {copy - 1}", state)
        journal = Journal(state)
        await journal.open()
        await write(journal, draft())
        found = list(chain.oldest_first(journal.reader))
        await journal.close()
    records = [exported(record) for record in found]
    epochs = [record["epoch"] for record in records]
    assert [record["receipt_number"] for record in records] == [f"TILL-1-{epochs[n]}{n + 1:06d}" for n in range(3)]
    assert len(set(epochs)) == 3
    assert verified(export(records))[0] == 0
    for changes, words in (
        ({"epoch": ""}, f"it goes back to epoch '' from '{epochs[1]}'"),
        ({"epoch": epochs[1]}, f"its receipt number is not of epoch '{epochs[1]}'"),
        ({"receipt_number": "TILL-1-000003"}, f"its receipt number is not of epoch '{epochs[2]}'"),
    ):
        body = {n: v for n, v in (records[2] | changes).items() if n not in ("seq", "prev_hash", "hash")}
        own_hash = link(found[1].hash, canonical(body)).hex()
        code, said = verified(export([*records[:2], records[2] | changes | {"hash": own_hash}]))
        assert code == 1
        assert words in said


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, str(SCRIPT), str(tmp_path / "none")], capture_output=True, check=False)
    assert done.returncode == 2
    assert b"cannot be read" in done.stderr
