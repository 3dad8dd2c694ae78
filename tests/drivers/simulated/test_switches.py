"""Every switch: it can be put into each of its positions, says so, and is found by name."""

from __future__ import annotations

import pytest

from drivers.printer.settings import DialectName
from drivers.simulated.cable import Cable
from drivers.simulated.printer import SimulatedPrinter
from drivers.simulated.star import simulated_printer
from drivers.simulated.switches import SWITCHES, Counter, make_well, positions, read_command

EVERY = [f"{switch.name} {position}" for switch in SWITCHES.values() for position in switch.positions]


def counter(dialect: DialectName = DialectName.ESCPOS) -> Counter:
    machine = simulated_printer(dialect, 48)
    return Counter(machine, Cable(machine))


@pytest.mark.parametrize("dialect", list(DialectName))
@pytest.mark.parametrize("text", EVERY)
def test_a_switch_is_where_it_was_put_and_comes_back(text: str, dialect: DialectName) -> None:
    it = counter(dialect)
    well = positions(it)
    assert set(well.values()) == {switch.positions[0] for switch in SWITCHES.values()}
    command = read_command(f"  {text.replace(' ', '   ')} ")
    assert str(command) == text
    command.do(it)
    assert positions(it) == well | {command.switch.name: command.position}
    make_well(it)
    assert positions(it) == well


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "there are: paper, cover"),
        ("papr out", "there are: paper, cover"),
        ("paper", "paper is one of: in, low, out"),
        ("paper open", "not 'open'"),
        ("paper out now", "paper is one of"),
    ],
)
def test_what_is_no_command_names_what_there_is(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_command(text)


def test_a_switch_put_where_it_is_changes_nothing_that_came_out() -> None:
    it = counter()
    it.machine.preload(b"\x1b@one\n\x1dV\x00")
    for text in EVERY:
        read_command(text).do(it)
        make_well(it)
    assert [receipt.text for receipt in it.machine.receipts] == [b"one\n"]
    assert it.machine.kicks == []


def test_the_first_position_puts_nothing_in_the_printers_way() -> None:
    machine = SimulatedPrinter()
    it = Counter(machine, Cable(machine))
    for switch in SWITCHES.values():
        switch.put(it, switch.positions[0])
    machine.preload(b"\x1b@one\n\x1dV\x00")
    assert machine.cuts == 1
