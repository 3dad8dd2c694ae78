"""`python -m drivers.simulated`: a stand-in printer that another program dials, prints on and breaks."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from drivers.errors import PortError
from drivers.ports.open import open_port
from drivers.printer.settings import DialectName
from drivers.simulated import program
from drivers.simulated.__main__ import main
from drivers.simulated.program import Program, Wanted
from drivers.simulated.script import read_script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from typing import Any

    from drivers.port import Port

RECEIPT = b"\x1b@\x1bt\x13Caf\x82 5,00 \xd5\n\x1dV\x42\x00\x1dr\x01"
STAR_RECEIPT = b"\x1b@\x1b\x1dt\x04Caf\x82\n\x1bd\x02"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")


@dataclass
class Running:
    """The program in this process: what it said, and a hand on its keyboard."""

    said: list[str] = field(default_factory=list)
    keyboard: int = -1

    def type(self, line: str) -> None:
        os.write(self.keyboard, f"{line}\n".encode())

    async def hears(self, text: str, *, times: int = 1) -> str:
        """Return the line it says with `text` in it, once it has been said so often."""
        async with asyncio.timeout(10):
            while len(found := [line for line in self.said if text in line]) < times:
                await asyncio.sleep(0.005)
        return found[-1]

    async def dial(self, *, times: int = 1) -> Port:
        return await open_port((await self.hears("printer at ", times=times)).removeprefix("printer at "))


@pytest.fixture
async def start(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    tasks: list[asyncio.Task[None]] = []
    keyboards: list[int] = []

    async def go(**wanted: Any) -> Running:
        keys, keyboard = os.pipe()
        keyboards.append(keyboard)
        monkeypatch.setattr(sys, "stdin", stdin := os.fdopen(keys))
        running = Running(keyboard=keyboard)
        made = Wanted(**{"dialect": DialectName.ESCPOS, "tcp": ("127.0.0.1", 0), **wanted})

        async def run() -> None:
            with stdin:
                await Program(made, running.said.append).run()

        tasks.append(asyncio.create_task(run()))
        return running

    yield go
    for keyboard in keyboards:
        os.close(keyboard)  # the end of its input ends it
    async with asyncio.timeout(10):
        await asyncio.gather(*tasks)
    await asyncio.get_running_loop().shutdown_default_executor()


async def lost(port: Port) -> None:
    async with asyncio.timeout(10):
        with contextlib.suppress(PortError):
            while True:
                await port.read()
    await port.close()


async def test_each_cut_receipt_is_a_picture_and_a_text(start: Any, tmp_path: Path) -> None:
    (tmp_path / "receipt-0007.png").write_bytes(b"of yesterday")
    it = await start(paper=tmp_path)
    port = await it.dial()
    await port.write(RECEIPT, timeout_s=2)
    assert await port.read() == b"\0"
    assert await it.hears("receipt 8") == f"receipt 8: {tmp_path / 'receipt-0008.png'}"
    assert (tmp_path / "receipt-0008.txt").read_text(encoding="utf-8") == "Café 5,00 €\n"
    with Image.open(tmp_path / "receipt-0008.png") as picture:
        assert picture.width > 576
    assert (tmp_path / "receipt-0007.png").read_bytes() == b"of yesterday"
    await port.close()


async def test_a_star_is_written_out_likewise(start: Any, tmp_path: Path) -> None:
    it = await start(dialect=DialectName.STAR_LINE, paper=tmp_path, columns=32, dots=384)
    port = await it.dial()
    await port.write(STAR_RECEIPT, timeout_s=2)
    await it.hears("receipt 1")
    assert (tmp_path / "receipt-0001.txt").read_text(encoding="utf-8") == "Café\n"
    await port.close()


async def test_what_was_never_cut_is_torn_off_at_the_end_and_by_command(start: Any, tmp_path: Path) -> None:
    it = await start(paper=tmp_path)
    port = await it.dial()
    await port.write(b"one\n\x1dr\x01", timeout_s=2)
    await port.read()
    it.type("tear")
    await it.hears("receipt 1")
    await port.write(b"two\n\x1dr\x01", timeout_s=2)
    await port.read()
    await port.close()
    it.type("end")
    await it.hears("receipt 2")
    assert [(tmp_path / f"receipt-000{n}.txt").read_text() for n in (1, 2)] == ["one\n", "two\n"]


async def test_typed_switches_are_felt_by_whoever_is_connected(start: Any) -> None:
    it = await start()
    port = await it.dial()
    it.type("papr out")
    await it.hears("there is no switch 'papr'")
    it.type("state")
    await it.hears("paper     in")
    it.type("help")
    await it.hears("whole, bytewise, slow, lossy, stalled, pulled")
    it.type("")
    it.type("paper out")
    it.type("state")
    await it.hears("paper     out")
    await port.write(b"\x10\x04\x04", timeout_s=2)
    assert await port.read() == b"\x7e"
    await port.write(b"\x10\x14\x01\x00\x01", timeout_s=2)
    await it.hears("drawer pulse on pin 2")
    await it.hears("drawer open")
    it.type("tray shut")
    await it.hears("drawer shut")
    await port.close()


@pytest.mark.parametrize("how", [("power off", "power on"), ("cable pulled", "cable whole")])
async def test_without_power_or_cable_nobody_gets_in_and_then_it_is_where_it_was(
    start: Any, how: tuple[str, str]
) -> None:
    it = await start()
    port = await it.dial()
    url = port.url
    it.type(how[0])
    await lost(port)
    await it.hears("printer gone")
    with pytest.raises(PortError):
        await open_port(url)
    it.type(how[1])
    port = await it.dial(times=2)
    assert port.url == url
    await port.close()


async def test_a_script_is_played_while_somebody_prints(start: Any) -> None:
    it = await start(
        steps=read_script('[[step]]\nafter_receipts = 1\ndo = "paper out"\n[[step]]\nafter_s = 0\ndo = "paper low"')
    )
    port = await it.dial()
    await port.write(RECEIPT, timeout_s=2)
    await it.hears("script: paper out")
    await it.hears("script: paper low")
    await it.hears("the script is through")
    await port.close()


@POSIX
async def test_a_serial_port_comes_back_under_the_name_that_stays(start: Any, tmp_path: Path) -> None:
    link = tmp_path / "printer"
    it = await start(tcp=None, link=link)
    await it.hears("printer at serial:///dev/")
    port = await open_port(f"serial://{link}")
    await port.write(RECEIPT, timeout_s=2)
    await it.hears("receipt 1")
    it.type("power off")
    await lost(port)
    it.type("power on")
    await it.hears("printer at", times=2)
    port = await open_port(f"serial://{link}")
    await port.write(RECEIPT, timeout_s=2)
    await it.hears("receipt 2")
    await port.close()
    it.type("end")
    async with asyncio.timeout(10):
        while link.is_symlink():
            await asyncio.sleep(0.005)


@POSIX
@pytest.mark.outside
def test_from_outside_it_ends_cleanly_by_signal_and_by_the_end_of_its_input(tmp_path: Path) -> None:
    for end in (signal.SIGINT, signal.SIGTERM, None):
        process = subprocess.Popen(
            [sys.executable, "-m", "drivers.simulated", "printer", "--tcp", "0", "--paper", str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "printer at" in line:
                break
        assert re.search(r"printer at tcp://127\.0\.0\.1:\d+\n", said), said
        if end is not None:
            process.send_signal(end)
        _, complaints = process.communicate(timeout=20)
        assert (process.returncode, complaints) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["printer", "--tcp", "x"], 2, "a port is a number"),
        (["printer", "--tcp", "70000"], 2, "a port is a number"),
        (["printer"], 2, "one of the arguments --tcp --pty is required"),
        ([], 2, "required"),
        (["printer", "--tcp", "0", "--script", "no-such"], 2, "name a file, or one of: bad-morning"),
        (["printer", "--tcp", "0", "--paper", "FILE/below"], 1, "name another port or folder"),
        (["printer", "--tcp", "0", "--script", "FILE"], 2, "mend it there"),
        (["printer", "--help"], 0, ""),
    ],
)
def test_what_is_wrong_is_said_with_the_next_step(
    arguments: list[str], code: int, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("no script")
    arguments = [argument.replace("FILE", str(tmp_path / "file")) for argument in arguments]
    try:
        ended = main(arguments)
    except SystemExit as by_argparse:
        ended = by_argparse.code  # type: ignore[assignment]  # argparse exits with a number
    assert ended == code
    assert words in capsys.readouterr().err


async def test_an_address_that_is_taken_ends_it(start: Any) -> None:
    it = await start()
    port = int((await it.hears("printer at")).rpartition(":")[2])
    with pytest.raises(OSError, match="address already in use"):
        await program.run(Wanted(DialectName.ESCPOS, tcp=("127.0.0.1", port), commands=False), lambda _: None)
