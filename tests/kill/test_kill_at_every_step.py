"""`kill -9` at every step of completing a sale: nothing is lost and nothing is doubled.

The printer and the cloud are outside the process that is killed, on real sockets, and remember what they
were told. Every step is tried in turn, until a run gets through unharmed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from drivers.simulated.bench import serve_tcp
from drivers.simulated.printer import Model, SimulatedPrinter
from tests.clouds.lying_webhook import SECRET, LyingWebhook
from tests.clouds.serving import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the runs are forks, which Windows has not")

# Every step is tried with STILLOPEN_KILL_EVERY=1; the gate tries every so many, beginning at another each time.
EVERY = int(os.environ.get("STILLOPEN_KILL_EVERY", "6"))
ROOT = Path(__file__).parents[2]

CONFIG = """
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"
[[till]]
id = "till-1"
printer = "receipt"
drawer = "drawer"
[[printer]]
name = "receipt"
port = "{printer}"
fence = "gs_h"
[[drawer]]
name = "drawer"
printer = "receipt"
[[tax]]
code = "standard"
rate = "19"
[[cloud]]
name = "cloud"
kind = "webhook"
url = "{cloud}/hook"
secret = {{ file = "secret" }}
"""


class Zygote:
    """The process whose forks are killed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, **told: Any) -> list[dict[str, Any]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(told).encode() + b"\n")
        answers: list[dict[str, Any]] = []
        while not answers or "exit" not in answers[-1]:
            line = await self._process.stdout.readline()
            assert line, "the zygote ended"
            answers.append(json.loads(line))
        return answers


@contextlib.asynccontextmanager
async def zygote(script: str = "zygote.py") -> AsyncIterator[Zygote]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name(script)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield Zygote(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


@pytest.mark.parametrize("kind", ["loop", "sql"])
async def test_kill_9_at_every_step_loses_and_doubles_nothing(tmp_path: Path, kind: str) -> None:
    printer = SimulatedPrinter(Model())
    cloud = LyingWebhook()
    (tmp_path / "secret").write_text(SECRET)
    async with await serve_tcp(printer) as served, serving(cloud) as url, zygote() as process:
        config = tmp_path / "stillopen.toml"
        config.write_text(CONFIG.format(printer=served.url, cloud=url))
        at, unharmed, ends = 1 + int.from_bytes(os.urandom(1)) % EVERY, 0, []
        while unharmed < 2:  # the number of steps differs a little from run to run
            printer.receipts.clear()
            printer.kicks.clear()
            printer.close_drawer()
            cloud.records.clear()
            state = str(tmp_path / f"state-{at}")
            run = await process.ask(do="sell", config=str(config), state=state, kind=kind, at=at)
            told = [answer["told"] for answer in run if "told" in answer]
            killed = run[-1]["exit"] == -9
            assert killed or run[-1]["exit"] == 0, run
            unharmed = 0 if killed else unharmed + 1
            found, end = await process.ask(do="recover", config=str(config), state=state)
            assert end == {"exit": 0}, found
            check(f"step {at}", found, told, killed=killed, printer=printer, cloud=cloud)
            ends.append((found["in_journal_before"], found["print"]))
            at += EVERY
    assert ends[-1] == (True, "printed")
    assert len(ends) > 2, "some run was killed"


def check(
    step: str,
    found: dict[str, Any],
    told: list[str],
    *,
    killed: bool,
    printer: SimulatedPrinter,
    cloud: LyingWebhook,
) -> None:
    kinds = [(record["kind"], record["receipt_number"]) for record in found["records"]]
    assert kinds == [("shift_open", None), ("sale", "TILL-1-000001"), ("drawer", None)], step  # once in the journal
    assert found["reply"] == 200, step
    assert found["holds"], step
    assert found["open_sales"] == 0, step
    assert not told or (told == ["TILL-1-000001"] and found["in_journal_before"]), step  # told: on the disk
    assert {record["id"]: record for record in found["records"]} == cloud.records, step  # once in the cloud, whole
    assert found["parked"] == 0, step
    on_paper = [receipt.text.count(b"TILL-1-000001") for receipt in printer.receipts]
    assert len(on_paper) <= 1, step  # never twice
    assert not any(b"COPY" in receipt.text for receipt in printer.receipts), step
    if found["print"] == "printed":
        assert len(on_paper) == 1, step
    else:
        assert (found["print"], killed) == ("unknown", True), step
    assert len(printer.kicks) <= 1, step
    if found["kicks"] == ["opened"]:
        assert len(printer.kicks) == 1, step
    else:
        assert (found["kicks"], killed) == (["unknown"], True), step
