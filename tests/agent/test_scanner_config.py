"""`[[scanner]]` sections: which keys belong to which port, and a tone from a scanner whose family was named."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from agent.config import load
from agent.config.problems import ConfigInvalid
from agent.events import Events
from agent.tones import Tones
from drivers.device import DeviceState
from drivers.ports import open_port
from drivers.scanner.commands import Family
from drivers.scanner.scanner import Scanner
from drivers.scanner.wedge_layouts import LayoutName
from drivers.simulated.bench import Bench
from drivers.simulated.scanner import SimulatedScanner

if TYPE_CHECKING:
    from pathlib import Path

    from agent.config import Config

WAIT_S = 10.0
REST = """
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"
[[till]]
id = "till-1"
scanner = "s"
"""


def loaded(folder: Path, keys: str) -> Config:
    file = folder / "stillopen.toml"
    file.write_text(f'{REST}[[scanner]]\nname = "s"\n{keys}\n', "utf-8")
    return load(file)


def test_what_goes_together(tmp_path: Path) -> None:
    [one] = loaded(tmp_path, 'port = "serial://COM3"').scanners
    assert (one.family, one.keyboard) == (None, LayoutName.US)
    [one] = loaded(tmp_path, 'port = "serial://COM3"\nfamily = "cipherlab"').scanners
    assert one.family is Family.CIPHERLAB
    [one] = loaded(tmp_path, 'port = "hid://0c2e:0b81?page=8c"\nfamily = "hid_pos"').scanners
    assert one.family is Family.HID_POS
    [one] = loaded(tmp_path, 'port = "evdev:///dev/input/by-id/x-event-kbd"\nkeyboard = "de"').scanners
    assert one.keyboard is LayoutName.DE


@pytest.mark.parametrize(
    ("keys", "key", "words"),
    [
        ('port = "usb://04b8:0e15"', "port", "USB-COM or HID-POS"),
        ('port = "spool://Receipts"', "port", "USB-COM or HID-POS"),
        ('port = "serial://COM3"\nkeyboard = "de"', "keyboard", "evdev://"),
        ('port = "evdev:///dev/input/x"\nkeyboard = "xx"', "keyboard", '"us", "uk"'),
        ('port = "hid://0c2e:0b81"\nsuffix = "cr"', "suffix", "leave suffix out"),
        ('port = "hid://0c2e:0b81"\nfamily = "datalogic"', "family", '"hid_pos"'),
        ('port = "serial://COM3"\nfamily = "hid_pos"', "family", '"datalogic" or "cipherlab"'),
        ('port = "evdev:///dev/input/x"\nfamily = "datalogic"', "family", "leave family out"),
        ('port = "serial://COM3"\nfamily = "acme"', "family", '"cipherlab"'),
    ],
)
def test_what_to_write_instead(tmp_path: Path, keys: str, key: str, words: str) -> None:
    with pytest.raises(ConfigInvalid) as invalid:
        loaded(tmp_path, keys)
    problems = [problem for problem in invalid.value.problems if problem.key == f'[[scanner]] 1 "s" → {key}']
    assert problems, [problem.key for problem in invalid.value.problems]
    assert any(words in str(problem.fix) for problem in problems)


@pytest.mark.parametrize("kind", ["printer", "drawer"])
def test_a_wedge_is_neither_a_printer_nor_a_drawer(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ConfigInvalid) as invalid:
        loaded(tmp_path, f'port = "serial://COM3"\n[[{kind}]]\nname = "x"\nport = "evdev:///dev/input/x"')
    assert any("for scanners that type" in str(problem.found) for problem in invalid.value.problems)


@pytest.mark.parametrize(
    ("family", "heard"), [('family = "cipherlab"', b"E"), ('family = "datalogic"', b"EF"), ("", b"")]
)
async def test_a_tone_for_a_scan_that_was_not_rung(tmp_path: Path, family: str, heard: bytes) -> None:
    config = loaded(tmp_path, f'port = "sim://s"\n{family}')
    peer, bench, events = SimulatedScanner(), Bench(), Events()
    bench.add("s", peer)
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    scanner = Scanner(
        "s", lambda: open_port("sim://s", bench=bench), lambda _: None, family=config.scanners[0].family, sleep=pause
    )
    tones = Tones(config, {"s": scanner})
    events.follow(tones.heard)
    tasks = [asyncio.create_task(work) for work in (scanner.run(), *(work for _, work in tones.tasks()))]
    async with asyncio.timeout(WAIT_S):
        while scanner.view.state is not DeviceState.READY or not peer.heard.startswith(heard[:1]):
            await asyncio.sleep(0.005)
        events.publish("scan", till="till-1", text="1", symbology=None, item={"sku": "1"}, problem=None)
        events.publish("scan", till="till-2", text="2", symbology=None, item=None, problem={"code": "x"})
        events.publish("scan", till="till-1", text="3", symbology=None, item=None, problem={"code": "x"})
        await scanner_idle(peer, len(heard))
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await bench.close()
    assert bytes(peer.heard).startswith(heard)
    if not family:
        assert peer.heard == b""


async def scanner_idle(peer: SimulatedScanner, count: int) -> None:
    while len(peer.heard) < count:
        await asyncio.sleep(0.005)
    for _ in range(5):
        await asyncio.sleep(0)
