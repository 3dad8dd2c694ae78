"""`stillopen doctor --pull-the-plug` from outside: killed with -9 while it sells, and compared.

A kill is no power cut, and the command says so; what is held and what is lost is found out all the same. For the
verdict after a real cut the counter's lines are given another start of the machine (see also `make plug`).
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agent.doctor.plug import count

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

pytestmark = [
    pytest.mark.outside,
    pytest.mark.skipif(not Path("/dev", "shm").is_dir(), reason="needs kill -9 and a second file system"),
]

COMMAND = Path(sys.executable).with_name("stillopen")
SOLD = 20  # before the kill
WAIT_S = 60


@pytest.fixture
def state() -> Iterator[Path]:
    """Return a state folder on another file system than the counter's file, which is in `tmp_path`."""
    with tempfile.TemporaryDirectory(dir=Path("/dev", "shm")) as folder:
        yield Path(folder)


@pytest.fixture
def file(tmp_path: Path, state: Path) -> Path:
    if tmp_path.stat().st_dev == state.stat().st_dev:
        pytest.skip("temporary files are in memory here: there is no second file system")
    return tmp_path / "count"


async def started(state: Path, *words: str, typed: str = "") -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(str(COMMAND), "doctor", "--state", str(state), *words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(typed.encode())
    process.stdin.close()
    return process


async def ended(process: asyncio.subprocess.Process) -> tuple[int, str, str]:
    async with asyncio.timeout(WAIT_S):
        said, trouble = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode(), trouble.decode()


async def run(state: Path, *words: str, typed: str = "") -> tuple[int, str, str]:
    return await ended(await started(state, *words, typed=typed))


async def killed(process: asyncio.subprocess.Process) -> None:
    process.kill()
    await process.communicate()
    assert process.returncode == -signal.SIGKILL


async def sold(process: asyncio.subprocess.Process, file: Path, more_than: int) -> None:
    """Wait until the counter's newest trial has so many."""
    async with asyncio.timeout(WAIT_S):
        while True:
            assert process.returncode is None, await process.communicate()
            with suppress(FileNotFoundError):
                counts = count.read(file.read_bytes())
                if counts and not counts[-1].ended and counts[-1].number > more_than:
                    return
            await asyncio.sleep(0.05)


def started_anew(file: Path) -> None:
    """Make the counter's newest trial one of an earlier start of this machine."""
    content = file.read_bytes()
    file_id, counts = count.file_id_of(content), count.read(content)
    assert file_id is not None
    made = count.heading(file_id)
    for one in counts:
        assert one.machine is not None
        made += count.begun(file_id, one.trial, "an-earlier-start", one.machine)
        made += count.acknowledged(file_id, one.trial, 1, one.number)
    file.write_bytes(made)


async def test_killed_while_it_sells_nothing_is_lost_and_a_kill_is_no_cut(state: Path, file: Path) -> None:
    there = ("--pull-the-plug", "--counter", str(file))
    process = await started(state, *there)
    await sold(process, file, SOLD)
    await killed(process)
    code, said, trouble = await run(state, *there)  # before it was compared
    assert code == 1, said
    assert "was not compared yet" in trouble
    code, said, trouble = await run(state, *there, "--after", "--json")
    found = json.loads(said)
    assert (code, found["outcome"], found["lost"]) == (1, "nothing", 0)
    assert found["acknowledged"] > SOLD
    assert "was not started anew" in found["why"]
    assert "nothing was proved" in trouble
    code, said, trouble = await run(state, *there, "--after")
    assert code == 1
    assert "compared already" in trouble
    assert [one.ended for one in count.read(file.read_bytes())] == [True]
    assert sorted(path.name for path in (state / "pull-the-plug").iterdir()) == ["agent.lock", "result.json"]


async def test_after_another_start_of_the_machine_it_is_held_and_adds_up(state: Path, file: Path) -> None:
    there = ("--pull-the-plug", "--counter", str(file))
    for cuts in (1, 2):
        process = await started(state, *there)
        await sold(process, file, SOLD)
        await killed(process)
        started_anew(file)
        code, said, trouble = await run(state, *there, "--after", "--json")
        found = json.loads(said)
        assert (code, found["outcome"], trouble) == (0, "held", "")
        assert found["there"] == found["acknowledged"] > SOLD
        assert found["sums"]["cuts"] == cuts
    assert [one.ended for one in count.read(file.read_bytes())][-1]
    assert "2 cuts, " in (await run(state))[1]


async def test_sales_that_are_gone_are_named_with_what_to_do(state: Path, file: Path) -> None:
    there = ("--pull-the-plug", "--counter", str(file))
    process = await started(state, *there)
    await sold(process, file, 2)
    (folder,) = (path for path in (state / "pull-the-plug").iterdir() if path.is_dir())
    shutil.copytree(folder, state / "early")  # what a disk that lies still has
    there_already = count.read(file.read_bytes())[-1].number  # however long the copying took
    await sold(process, file, there_already + SOLD * 5)
    await killed(process)
    for path in folder.iterdir():
        path.unlink()
    for path in (state / "early").iterdir():
        shutil.copy(path, folder)
    code, said, trouble = await run(state, *there, "--after")
    assert code == 1
    assert "THIS DISK LOSES SALES: " in said
    assert "write cache off" in trouble
    assert "power-loss protection" in trouble
    assert folder.is_dir()
    code, said, _ = await run(state, "--json")
    checks = {check["check"]: check for check in json.loads(said)["checks"]}
    assert (code, checks["power cuts"]["state"]) == (1, "failed")
    code, said, _ = await run(state, "--pull-the-plug", "--clean", "--json")
    assert (code, json.loads(said)) == (0, {"removed": [folder.name]})
    assert not folder.exists()
    assert (state / "pull-the-plug" / "result.json").exists()


async def test_a_trial_that_nobody_cut_proves_nothing_and_leaves_nothing(state: Path, file: Path) -> None:
    code, said, trouble = await run(state, "--pull-the-plug", "--counter", str(file), "--minutes", "0.01", "--json")
    assert code == 1
    answer = json.loads(said)
    assert (answer["proved"], answer["acknowledged"] > 0) == (False, True)
    assert "nothing was proved" in trouble
    (one,) = count.read(file.read_bytes())
    assert (one.number, one.ended) == (answer["acknowledged"], True)
    assert [path for path in (state / "pull-the-plug").iterdir() if path.is_dir()] == []
    code, said, _ = await run(state, "--pull-the-plug", "--after", "--counter", str(file), "--json")
    found = json.loads(said)
    assert (code, found["outcome"]) == (1, "nothing")
    assert "ended in order" in found["why"]


async def test_the_power_button_is_no_cut(state: Path, file: Path) -> None:
    """A PC that shuts down in order ends its programs first."""
    process = await started(state, "--pull-the-plug", "--counter", str(file))
    await sold(process, file, SOLD)
    process.terminate()
    code, said, trouble = await ended(process)
    assert code == 1
    assert "nobody pulled the plug" in trouble
    assert "Pull the power cable out of the wall" in said
    assert count.read(file.read_bytes())[-1].ended


@asynccontextmanager
async def counting() -> AsyncIterator[tuple[dict[str, Any], asyncio.subprocess.Process]]:
    process = await asyncio.create_subprocess_exec(
        *(str(COMMAND), "doctor", "--count-for-another", "--port", "0", "--json"), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield json.loads(await process.stdout.readline()), process
    finally:
        process.terminate()
        await process.communicate()
        assert process.returncode == 0


async def test_another_machine_counts(state: Path) -> None:
    async with counting() as (says, process):
        assert process.stdout is not None
        where = f"127.0.0.1:{says['port']}"
        there = ("--pull-the-plug", "--counter", where)
        code, _, trouble = await run(state, *there, typed="0000-0000-0000-0000\n")
        assert (code, "secret" in trouble) == (1, True)
        assert says["secret"] not in trouble
        seller = await started(state, *there, typed=says["secret"] + "\n")
        async with asyncio.timeout(WAIT_S):
            counted: dict[str, Any] = {"acknowledged": 0}
            while counted["acknowledged"] <= SOLD:
                counted = json.loads(await process.stdout.readline())
        await killed(seller)
        code, said, _ = await run(state, *there, "--after", "--json", typed=says["secret"].lower() + "\n")
        found = json.loads(said)
        assert (code, found["outcome"], found["trial"]) == (1, "nothing", counted["trial"])
        assert found["there"] == found["acknowledged"] >= counted["acknowledged"]
        code, _, trouble = await run(state, *there)
        assert (code, "no answer was given" in trouble) == (2, True)


async def test_the_screen_counts(state: Path) -> None:
    process = await started(state, "--pull-the-plug")
    assert process.stdout is not None
    shown: list[str] = []
    async with asyncio.timeout(WAIT_S):
        while sum(count.is_trial(line) for line in shown) < 3:
            shown.append((await process.stdout.readline()).decode().strip())
    await killed(process)
    assert any("weakest" in line for line in shown)
    (name,) = {line for line in shown if count.is_trial(line)}
    code, _, trouble = await run(state, "--pull-the-plug", "--after", "--seen", "nonsense")
    assert (code, 'write --seen "KXQR 12,345"' in trouble) == (2, True)
    code, said, _ = await run(state, "--pull-the-plug", "--after", "--json", typed=f"{name.lower()} 1\n")
    assert (code, json.loads(said)["outcome"], json.loads(said)["acknowledged"]) == (1, "nothing", 1)


async def test_a_counter_on_the_disk_under_test_is_refused(state: Path) -> None:
    code, _, trouble = await run(state, "--pull-the-plug", "--counter", str(state / "count"))
    assert (code, "on the same disk" in trouble, "USB stick" in trouble) == (1, True, True)
    assert not (state / "count").exists()


async def test_two_trials_at_once_and_no_state_folder(state: Path, file: Path) -> None:
    process = await started(state, "--pull-the-plug", "--counter", str(file))
    await sold(process, file, 0)
    code, _, trouble = await run(state, "--pull-the-plug", "--counter", str(file))
    assert (code, "is running here" in trouble) == (1, True)
    await killed(process)
    code, _, trouble = await run(state / "gone", "--pull-the-plug")
    assert (code, "no state folder" in trouble) == (1, True)
    assert not (state / "gone").exists()
    assert os.listdir(state) == ["pull-the-plug"]  # noqa: PTH208 - names are what is compared
