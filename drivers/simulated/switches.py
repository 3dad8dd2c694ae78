"""Every fault of a simulated printer as a switch with named positions, the first of them being "well".

A command is a switch and a position: `paper out`, `cover open`, `power off`. People type them, scripts list them, and
the demo page has a button for each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from drivers.simulated.printer_model import DrawerKind, Model
from drivers.simulated.star import SimulatedStar
from drivers.simulated.wire import Faults

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivers.simulated.cable import Cable
    from drivers.simulated.printer import SimulatedPrinter

LATE_STATUS_S = 0.8  # more than the half second that hosts wait for `DLE EOT`
SLOW_S = 0.05  # before each piece that arrives: a device server on a bad radio link
LOSS = 0.02  # of the bytes: a loose connector
LYING_NAMES = (b"1.00", b"EPOSN", b"TM-T88V", b"00000000")  # what a clone answers
_PICTURE_HEAD = b"\x1dv0\0\x48\x00\xc8\x00"  # 576 by 200 dots, none of which came
_STAR_PICTURE_HEAD = b"\x1b*rAb\x48\x00"


@dataclass(frozen=True, slots=True)
class Counter:
    """What stands on it: a printer, and the cable to it."""

    machine: SimulatedPrinter
    cable: Cable


@dataclass(frozen=True, slots=True)
class Switch:
    """One thing that can be wrong. `put` puts it in a position, `at` says which it is in."""

    name: str
    positions: tuple[str, ...]
    put: Callable[[Counter, str], None]
    at: Callable[[Counter], str]


@dataclass(frozen=True, slots=True)
class Command:
    """A switch and where to put it."""

    switch: Switch
    position: str

    def __str__(self) -> str:
        return f"{self.switch.name} {self.position}"

    def do(self, counter: Counter) -> None:
        """Put the switch there."""
        self.switch.put(counter, self.position)


def read_command(text: str) -> Command:
    """Read `paper out`. Raises `ValueError`, whose words name what there is."""
    name, _, position = " ".join(text.split()).partition(" ")
    switch = SWITCHES.get(name)
    if switch is None:
        raise ValueError(f"there is no switch {name!r}; there are: {', '.join(SWITCHES)}")
    if position not in switch.positions:
        raise ValueError(f"{name} is one of: {', '.join(switch.positions)}; not {position!r}")
    return Command(switch, position)


def positions(counter: Counter) -> dict[str, str]:
    """Return every switch's position."""
    return {name: switch.at(counter) for name, switch in SWITCHES.items()}


def make_well(counter: Counter) -> None:
    """Put every switch that is not there into its first position."""
    for switch in SWITCHES.values():
        if switch.at(counter) != switch.positions[0]:
            switch.put(counter, switch.positions[0])


# --- paper, cover, power ---


def _put_paper(counter: Counter, position: str) -> None:
    machine = counter.machine
    if position == "out":
        machine.run_out_of_paper()
        return
    machine.load_paper()
    if position == "low":
        machine.set_paper_low()


def _paper(counter: Counter) -> str:
    return "out" if counter.machine.paper_out else "low" if counter.machine.paper_low else "in"


def _put_cover(counter: Counter, position: str) -> None:
    (counter.machine.open_cover if position == "open" else counter.machine.close_cover)()


def _put_power(counter: Counter, position: str) -> None:
    if (position == "on") is not counter.machine.powered:
        (counter.machine.power_on if position == "on" else counter.machine.cut_power)()


def _put_cutter(counter: Counter, position: str) -> None:
    counter.machine.jam_at_cut = position == "jams"
    counter.machine.set_cutter(stuck=position == "stuck")


def _cutter(counter: Counter) -> str:
    return "stuck" if counter.machine.cutter_stuck else "jams" if counter.machine.jam_at_cut else "free"


def _put_pace(counter: Counter, position: str) -> None:
    if position == "held":
        counter.machine.held = True
    else:
        counter.machine.release()


def _put_leftover(counter: Counter, position: str) -> None:
    if position == "picture":
        star = isinstance(counter.machine, SimulatedStar)
        counter.machine.preload(_STAR_PICTURE_HEAD if star else _PICTURE_HEAD)
    else:
        counter.machine.forget_buffer()


# --- what it answers ---


def _put_voice(counter: Counter, position: str) -> None:
    counter.machine.oddities.silent = position == "silent"
    counter.machine.model = replace(counter.machine.model, answers=position != "one-way")


def _voice(counter: Counter) -> str:
    return "silent" if counter.machine.oddities.silent else "speaks" if counter.machine.model.answers else "one-way"


def _put_reports(counter: Counter, position: str) -> None:
    oddities = counter.machine.oddities
    oddities.xoff_in_reports = position == "xoff"
    oddities.report_before_answers = position == "between"
    counter.machine.model = replace(counter.machine.model, reports=position != "none")


def _reports(counter: Counter) -> str:
    oddities = counter.machine.oddities
    if not counter.machine.model.reports:
        return "none"
    return "xoff" if oddities.xoff_in_reports else "between" if oddities.report_before_answers else "plain"


def _put_ids(counter: Counter, position: str) -> None:
    counter.machine.oddities.only_latest_id = position == "latest"
    counter.machine.model = replace(counter.machine.model, process_ids=position != "none")


def _ids(counter: Counter) -> str:
    if not counter.machine.model.process_ids:
        return "none"
    return "latest" if counter.machine.oddities.only_latest_id else "each"


def _oddity(name: str, attribute: str, choices: Mapping[str, Any]) -> Switch:
    """Return a switch that is one attribute of the printer's oddities."""

    def put(counter: Counter, position: str) -> None:
        setattr(counter.machine.oddities, attribute, choices[position])

    return Switch(
        name, tuple(choices), put, lambda counter: _chosen(choices, getattr(counter.machine.oddities, attribute))
    )


def _kind(name: str, attribute: str, choices: Mapping[str, Any]) -> Switch:
    """Return a switch that is one attribute of what kind of printer it is."""

    def put(counter: Counter, position: str) -> None:
        changed: dict[str, Any] = {attribute: choices[position]}
        counter.machine.model = replace(counter.machine.model, **changed)

    return Switch(
        name, tuple(choices), put, lambda counter: _chosen(choices, getattr(counter.machine.model, attribute))
    )


def _chosen(choices: Mapping[str, Any], value: Any) -> str:
    """Return the position that stands for a value; one that none stands for is as made, so the first."""
    return next((position for position, each in choices.items() if each == value), next(iter(choices)))


# --- the drawer and the cable ---


def _put_tray(counter: Counter, position: str) -> None:
    (counter.machine.open_drawer if position == "open" else counter.machine.close_drawer)()


_CABLES = {
    "whole": (Faults(), Faults()),
    "bytewise": (Faults(byte_at_a_time=True),) * 2,
    "slow": (Faults(delay_s=SLOW_S),) * 2,
    "lossy": (Faults(loss=LOSS),) * 2,
    "stalled": (Faults(stall_after=0), Faults()),
}


def _put_cable(counter: Counter, position: str) -> None:
    if position == "pulled":
        counter.cable.unplug()
        return
    counter.cable.set_faults(*_CABLES[position])
    if not counter.cable.plugged:
        counter.cable.plug()


def _cable(counter: Counter) -> str:
    return _chosen(_CABLES, counter.cable.faults) if counter.cable.plugged else "pulled"


SWITCHES = {switch.name: switch for switch in (
    Switch("paper", ("in", "low", "out"), _put_paper, _paper),
    Switch("cover", ("shut", "open"), _put_cover, lambda it: "open" if it.machine.cover_open else "shut"),
    Switch("power", ("on", "off"), _put_power, lambda it: "on" if it.machine.powered else "off"),
    Switch("cutter", ("free", "jams", "stuck"), _put_cutter, _cutter),
    Switch("head", ("cool", "hot"), lambda it, to: it.machine.set_head(overheated=to == "hot"),
           lambda it: "hot" if it.machine.overheated else "cool"),
    Switch("pace", ("quick", "held"), _put_pace, lambda it: "held" if it.machine.held else "quick"),
    _oddity("buffer", "overruns", {"waits": False, "loses": True}),
    Switch("leftover", ("none", "picture"), _put_leftover,
           lambda it: "picture" if it.machine.in_picture else "none"),
    Switch("voice", ("speaks", "silent", "one-way"), _put_voice, _voice),
    _oddity("status", "late_status_s", {"prompt": 0.0, "late": LATE_STATUS_S}),
    Switch("reports", ("plain", "between", "xoff", "none"), _put_reports, _reports),
    Switch("ids", ("each", "latest", "none"), _put_ids, _ids),
    _kind("fences", "fences", {"answered": True, "ignored": False}),
    _kind("names", "names", {"honest": Model().names, "lying": LYING_NAMES}),
    _kind("pulse", "real_time_pulse", {"obeyed": True, "ignored": False}),
    _kind("letters", "chinese", {"western": False, "chinese": True}),
    Switch("drawer", tuple(map(str, DrawerKind)), lambda it, to: it.machine.hang(DrawerKind(to)),
           lambda it: str(it.machine.drawer)),
    Switch("tray", ("shut", "open"), _put_tray, lambda it: "open" if it.machine.drawer_open else "shut"),
    Switch("cable", (*_CABLES, "pulled"), _put_cable, _cable),
)}  # fmt: skip  # a table reads better a switch a line
